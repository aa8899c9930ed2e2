//! Folders that lack something, contradict themselves or mean another model.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use model::{Error, Options, Precision, Tokens, import};
use tempfile::TempDir;

/// A copy of a fixture's folder that may be spoiled, and a folder for results.
struct Place {
    folder: TempDir,
    options: Options<'static>,
}

impl Place {
    fn of(fixture: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let from = here.join("tests/golden").join(fixture);
        std::fs::create_dir(folder.path().join("model")).unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = folder.path().join("model").join(entry.file_name());
            std::fs::copy(entry.path(), to).unwrap();
        }
        let options = Options {
            precision: Precision::F16,
            name: None,
            tokens: Tokens::Own,
            pre: None,
        };
        Self { folder, options }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join("model").join(name)
    }

    fn import(&self) -> Result<Vec<u8>, Error> {
        let to = self.folder.path().join("out/model.gguf");
        let from = self.folder.path().join("model");
        let imported = import(
            &from,
            &to,
            &self.options,
            &mut |_| ControlFlow::Continue(()),
        );
        if imported.is_err() {
            let left = std::fs::read_dir(self.folder.path().join("out")).unwrap();
            assert_eq!(left.count(), 0, "nothing half-written remains");
        }
        imported.map(|_imported| {
            let bytes = std::fs::read(&to).unwrap();
            std::fs::remove_file(&to).unwrap();
            bytes
        })
    }

    #[track_caller]
    fn refuses(&self, words: &[&str]) {
        let said = self.import().unwrap_err().to_string();
        for word in words {
            assert!(said.contains(word), "`{word}` is missing in: {said}");
        }
    }

    /// Replaces a piece of a text file that has to be there.
    fn edit(&self, name: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.at(name)).unwrap();
        assert!(text.contains(old), "{name} has no {old}");
        std::fs::write(self.at(name), text.replace(old, new)).unwrap();
    }
}

/// Replaces a piece of a safetensors header by one of the same length.
fn edit_header(path: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = std::fs::read(path).unwrap();
    let found = bytes
        .windows(old.len())
        .position(|part| part == old.as_bytes());
    let at = found.expect("the piece is in the header");
    bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn the_same_folder_gives_the_same_bytes() {
    for fixture in ["llama", "llama3", "qwen2"] {
        let place = Place::of(fixture);
        assert_eq!(place.import().unwrap(), place.import().unwrap());
    }
}

#[test]
fn a_missing_file_is_named_with_what_to_do() {
    for (file, words) in [
        ("config.json", ["config.json", "give a folder"]),
        ("tokenizer.json", ["tokenizer.json", "give a folder"]),
        ("model.safetensors", ["model.safetensors", "give a folder"]),
    ] {
        let place = Place::of("qwen2");
        std::fs::remove_file(place.at(file)).unwrap();
        place.refuses(&words);
    }
    let place = Place::of("qwen2");
    std::fs::rename(place.at("model.safetensors"), place.at("pytorch_model.bin")).unwrap();
    place.refuses(&["pytorch_model.bin", "safe_serialization"]);
    std::fs::rename(place.at("pytorch_model.bin"), place.at("model.safetensors")).unwrap();
    std::fs::rename(place.at("tokenizer.json"), place.at("tokenizer.model")).unwrap();
    place.refuses(&["tokenizer.model", "save_pretrained"]);
}

#[test]
fn a_missing_or_wandering_shard_is_refused() {
    let place = Place::of("llama");
    std::fs::remove_file(place.at("model-00002-of-00002.safetensors")).unwrap();
    place.refuses(&["model-00002-of-00002.safetensors", "missing shard"]);
    for elsewhere in ["../model-00002-of-00002.safetensors", "/etc/passwd", ""] {
        let place = Place::of("llama");
        let index = "model.safetensors.index.json";
        place.edit(index, "model-00002-of-00002.safetensors", elsewhere);
        place.refuses(&["model.safetensors.index.json", "no file of the same folder"]);
    }
    let place = Place::of("llama");
    let (first, second) = ("model-00001-of-00002", "model-00002-of-00002");
    place.edit("model.safetensors.index.json", first, second);
    place.refuses(&["model.safetensors.index.json", "no such tensor"]);
}

#[test]
fn a_safetensors_file_cut_anywhere_is_refused() {
    let place = Place::of("qwen2");
    let path = place.at("model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    for part in 0..40 {
        let cut = part * whole.len() / 40;
        std::fs::write(&path, &whole[..cut]).unwrap();
        place.refuses(&["model.safetensors", "damaged"]);
    }
    std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
    place.refuses(&["model.safetensors", "describes"]);
}

#[test]
fn a_flipped_byte_of_a_header_is_an_error_or_harmless() {
    let place = Place::of("qwen2");
    let path = place.at("model.safetensors");
    let whole = std::fs::read(&path).unwrap();
    let expected = place.import().unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    for turn in 0..300 {
        let mut bytes = whole.clone();
        bytes[turn * 7919 % header] ^= [0x01, 0x80, 0xff, 0x10][turn % 4];
        std::fs::write(&path, bytes).unwrap();
        match place.import() {
            Ok(imported) => assert_eq!(imported.len(), expected.len(), "turn {turn}"),
            Err(error) => assert!(error.to_string().contains("model"), "{error}"),
        }
    }
}

#[test]
fn shapes_types_and_names_have_to_fit_the_configuration() {
    let place = Place::of("qwen2");
    let path = place.at("model.safetensors");
    edit_header(&path, "model.norm.weight", "model.norm.wright");
    place.refuses(&["model.norm.weight", "has no"]);
    edit_header(&path, "model.norm.wright", "model.norm.weight");
    edit_header(&path, "[64,32]", "[32,64]");
    place.refuses(&["mlp.", "shape", "promises"]);
    edit_header(&path, "[32,64]", "[64,32]");
    place.edit(
        "config.json",
        "\"num_key_value_heads\": 2",
        "\"num_key_value_heads\": 4",
    );
    place.refuses(&["k_proj", "promises"]);
}

#[test]
fn a_tensor_that_nobody_asks_for_means_another_model() {
    let place = Place::of("qwen2");
    place.edit(
        "config.json",
        "\"Qwen2ForCausalLM\"",
        "\"LlamaForCausalLM\"",
    );
    // Llama takes the biases, too; a further layer is what no configuration of one layer explains.
    place.import().unwrap();
    let place = Place::of("llama");
    place.edit(
        "config.json",
        "\"num_hidden_layers\": 2",
        "\"num_hidden_layers\": 1",
    );
    place.refuses(&["model.layers.1.", "another model"]);
}

#[test]
fn weights_that_are_no_numbers_are_refused_with_their_place() {
    let place = Place::of("llama3");
    let path = place.at("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 4;
    for (value, words) in [
        (f32::NAN, ["NaN", "earlier checkpoint"]),
        (1e9, ["1000000000", "take f32"]),
    ] {
        // The last tensor of the file is a norm, which stays f32; the first is the token table.
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let mut spoiled = bytes.clone();
        spoiled[header + 40..header + 44].copy_from_slice(&value.to_le_bytes());
        std::fs::write(&path, spoiled).unwrap();
        place.refuses(&words);
        place.refuses(&["value 10"]);
    }
    bytes[at..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    place.refuses(&["inf", "earlier checkpoint"]);
}

#[test]
fn a_tokenizer_that_would_be_applied_differently_is_refused() {
    for (fixture, old, new, word) in [
        ("qwen2", r"|\\p{N}|", r"|\\p{N}+|", "--pre"),
        (
            "qwen2",
            r#""type":"BPE""#,
            r#""type":"WordPiece""#,
            "WordPiece",
        ),
        (
            "qwen2",
            r#""end_of_word_suffix":null"#,
            r#""end_of_word_suffix":"</w>""#,
            "marks parts",
        ),
        (
            "qwen2",
            r#""merges":[["#,
            r#""merges":[["Ġ","nothing"],["#,
            "no token",
        ),
        ("qwen2", r#""id":309"#, r#""id":320"#, "320 rows"),
        ("qwen2", r#""id":309"#, r#""id":7"#, "share the id 7"),
        (
            "qwen2",
            r#"{"type":"NFC"}"#,
            r#"{"type":"Lowercase"}"#,
            "changes text",
        ),
        ("llama", "<0x41>", "<0x4x>", "<0x41>"),
        (
            "llama",
            r#""prepend":"▁""#,
            r#""prepend":"x""#,
            "changes text",
        ),
        (
            "llama",
            r#""merges":[["▁","▁"],"#,
            r#""merges":["#,
            "SentencePiece",
        ),
    ] {
        let place = Place::of(fixture);
        place.edit("tokenizer.json", old, new);
        place.refuses(&["tokenizer.json", word]);
    }
}

#[test]
fn a_rule_that_is_named_by_the_user_is_taken() {
    let mut place = Place::of("qwen2");
    place.edit("tokenizer.json", r"|\\p{N}|", r"|\\p{N}+|");
    place.options.pre = Some("gpt-2");
    place.import().unwrap();
}

#[test]
fn text_files_that_are_none_are_damaged() {
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        let place = Place::of("qwen2");
        for bytes in [&b""[..], b"{", b"[]", b"\xff\xfe", b"null"] {
            std::fs::write(place.at(file), bytes).unwrap();
            place.refuses(&[file]);
        }
    }
}
