//! Values that mean something else here: a checkpoint, a published model, a file of results.

use std::path::Path;

/// Why a value cannot be taken, and what comes nearest.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) nearest: Nearest,
}

/// What comes nearest to a value.
#[derive(Debug)]
pub(super) enum Nearest {
    /// Words in its place.
    Words(Vec<String>),
    /// Another line, which has to come first.
    Line(Vec<String>),
}

type Turned = Result<Vec<String>, Refusal>;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn refuse(why: String, nearest: &[&str]) -> Turned {
    Err(Refusal {
        why,
        nearest: Nearest::Words(words(nearest)),
    })
}

/// Models of the catalogue that stand nearest to published ones, and in what they differ.
const PUBLISHED: [(&str, &str, &str); 9] = [
    (
        "codellama-7b",
        "qwen2.5-coder-1.5b",
        "the catalogue has no CodeLlama",
    ),
    (
        "codegen-350m",
        "gemma-3-270m",
        "llama.cpp does not run CodeGen",
    ),
    (
        "starcoder-1b",
        "qwen2.5-coder-0.5b",
        "the catalogue has no StarCoder",
    ),
    (
        "Qwen/Qwen2.5-Coder-0.5B",
        "qwen2.5-coder-0.5b",
        "the catalogue has its instruct model",
    ),
    (
        "Qwen/Qwen2.5-Coder-1.5B",
        "qwen2.5-coder-1.5b",
        "the catalogue has its instruct model",
    ),
    (
        "Qwen/Qwen2.5-Coder-3B",
        "qwen2.5-coder-1.5b",
        "the catalogue has no model of this size",
    ),
    (
        "Qwen/Qwen2.5-Coder-7B",
        "qwen2.5-coder-1.5b",
        "the catalogue has no model of this size",
    ),
    (
        "Qwen/Qwen2.5-Coder-3B-Instruct",
        "qwen2.5-coder-1.5b",
        "the catalogue has no model of this size",
    ),
    (
        "Qwen/Qwen2.5-Coder-7B-Instruct",
        "qwen2.5-coder-1.5b",
        "the catalogue has no model of this size",
    ),
];

/// Published names of the catalogue's own models.
const SAME: [(&str, &str); 3] = [
    ("Qwen/Qwen2.5-Coder-0.5B-Instruct", "qwen2.5-coder-0.5b"),
    ("Qwen/Qwen2.5-Coder-1.5B-Instruct", "qwen2.5-coder-1.5b"),
    ("HuggingFaceTB/SmolLM2-135M-Instruct", "smollm2-135m"),
];

/// A model by its published name, a name of the catalogue, or a file.
pub(super) fn model(value: &str) -> Turned {
    if let Some((_, ours)) = SAME.iter().find(|(theirs, _)| *theirs == value) {
        return Ok(words(&[ours]));
    }
    match PUBLISHED.iter().find(|(theirs, _, _)| *theirs == value) {
        Some((_, ours, why)) => refuse(
            format!("{value} cannot be named here: {why}; another model stands in the hint"),
            &[ours],
        ),
        None => Ok(words(&[value])),
    }
}

/// The same behind its flag.
pub(super) fn named_model(value: &str) -> Turned {
    let behind = |words: Vec<String>| [vec!["--model".to_owned()], words].concat();
    match model(value) {
        Ok(words) => Ok(behind(words)),
        Err(Refusal {
            why,
            nearest: Nearest::Words(words),
        }) => Err(Refusal {
            why,
            nearest: Nearest::Words(behind(words)),
        }),
        Err(other) => Err(other),
    }
}

/// A checkpoint of SmallCoder: a model file, or what has to become one.
pub(super) fn checkpoint(value: &str) -> Turned {
    if !is_torch(value) {
        return model(value);
    }
    let file = Path::new(value).with_extension("gguf");
    let file = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let line = [
        "models",
        "import",
        value,
        "--tokenizer",
        "./CodeLlama-7b-hf",
        "-o",
        &file,
    ];
    Err(Refusal {
        why: format!(
            "{value} is a checkpoint of PyTorch, and is converted first, with the folder of its tokenizer; then say --checkpoint {file}"
        ),
        nearest: Nearest::Line(words(&line)),
    })
}

fn is_torch(value: &str) -> bool {
    let ending = Path::new(value).extension();
    ending.is_some_and(|ending| ["pt", "pth", "bin"].iter().any(|known| ending == *known))
}

/// What a RAFT run begins with there: an adapter over a base model. Here it is a model.
pub(super) fn beginning(value: &str) -> Turned {
    let is_file = value.ends_with(".gguf");
    if is_file || !value.contains('/') {
        return model(value);
    }
    refuse(
        format!(
            "{value} is an adapter, and RAFT begins with a model here: fold it in with `whet adapters export ADAPTER.gguf --model MODEL --to merged`"
        ),
        &["qwen2.5-coder-0.5b"],
    )
}

/// A folder for both files of SmallCoder's benchmark, beside the run.
pub(super) fn results_folder(value: &str) -> Turned {
    let folder = value.trim_end_matches('/');
    let json = format!("smallcoder={folder}/benchmark_results_{{stamp}}.json");
    let page = format!("smallcoder-md={folder}/benchmark_comparison_{{stamp}}.md");
    Ok(words(&[
        "--output", value, "--export", &json, "--export", &page,
    ]))
}

/// A file for the results of SmallCoder's shapes, or a folder of runs.
pub(super) fn variants_file(value: &str) -> Turned {
    results(value, "smallcoder-variants")
}

/// A file for the results of halo-forge's `benchmark run`, or a folder of runs.
pub(super) fn halo_file(value: &str) -> Turned {
    results(value, "halo-forge")
}

fn results(value: &str, format: &str) -> Turned {
    Ok(match value.ends_with(".json") {
        true => words(&["--export", &format!("{format}={value}")]),
        false => words(&["--output", value]),
    })
}

/// Where collected rows go: a folder of several files, and not one file.
pub(super) fn collected(value: &str) -> Turned {
    match value.strip_suffix(".jsonl") {
        None => Ok(words(&["--output", value])),
        Some(folder) => refuse(
            format!(
                "--output {value}: what is collected goes into a folder, as {folder}/collected.jsonl and three more"
            ),
            &["--output", folder],
        ),
    }
}

/// A data set that rows are made of.
pub(super) fn dataset(value: &str) -> Turned {
    let Some(language) = value.strip_prefix("codeforces") else {
        return match value {
            "mbpp" => refuse(
                "mbpp is not fetched; give its file, mbpp.jsonl for instance".to_owned(),
                &["mbpp.jsonl"],
            ),
            other => Ok(words(&[other])),
        };
    };
    let language = match language.trim_start_matches('_') {
        "python" => "python",
        "rust" => "rust",
        _ => "cpp",
    };
    refuse(
        format!(
            "{value} is not fetched; give a file of its answers, such as codeforces-cots.jsonl"
        ),
        &["codeforces-cots.jsonl", "--language", language],
    )
}
