//! `whet models import`, `make` and `quantize`: a file that is whole, or none and a sentence.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use gguf::{Gguf, ModelFacts};

use crate::workplace::{Ended, Workplace, send, watch};

fn fixture(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.join("../model/tests/golden").join(name)
}

fn import(place: &Workplace, name: &str, words: &[&str]) -> Ended {
    let from = fixture(name);
    place.whet(&[&["models", "import", from.to_str().unwrap()], words].concat())
}

/// Files of the workplace, hidden ones included, without those that every workplace has.
fn files(place: &Workplace) -> Vec<String> {
    let entries = std::fs::read_dir(place.at("")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|n| n != "toy.gguf" && n != "cache").collect();
    names.sort();
    names
}

/// `sha256  path` on stdout, which `sha256sum --check` understands.
#[track_caller]
fn assert_sum(ended: &Ended, place: &Workplace, file: &str) {
    let (sum, path) = ended.stdout.trim().split_once("  ").unwrap();
    assert_eq!(path, file, "{ended}");
    assert_eq!(sum, hub::sha256_file(&place.at(file)).unwrap(), "{ended}");
}

#[test]
fn an_imported_folder_is_a_model_that_writes() {
    let place = Workplace::new();
    let ended = import(&place, "qwen2", &[]).with_code(0);
    assert_sum(&ended, &place, "qwen2-f16.gguf");
    let ended = ended.saying(&["qwen2", "parameters", "tensors f16"]);
    assert!(!ended.stderr.contains('\u{1b}'), "{ended}");
    let words = [
        "generate",
        "qwen2-f16.gguf",
        "-t",
        "1",
        "-n",
        "4",
        "-p",
        "def f",
    ];
    place.whet(&words).with_code(0);
    let shown = place
        .whet(&["models", "show", "qwen2-f16.gguf"])
        .with_code(0);
    assert!(shown.stdout.contains("gpt2 (qwen2)"), "{shown}");
}

#[test]
fn a_checkpoint_needs_to_be_told_its_tokenizer() {
    let place = Workplace::new();
    let ended = import(&place, "smallcoder.pt", &[]).with_code(2);
    ended.saying(&["smallcoder.pt", "--tokenizer FOLDER", "--tokenizer bytes"]);
    assert!(files(&place).is_empty());
    let words = ["--tokenizer", "bytes", "--type", "q8_0"];
    let ended = import(&place, "smallcoder.pt", &words).with_code(0);
    assert_sum(&ended, &place, "smallcoder-q8_0.gguf");
    ended.saying(&["SmallCoder-Test", "quality cannot"]);
    let folder = fixture("llama");
    let words = ["--tokenizer", folder.to_str().unwrap(), "-o", "with.gguf"];
    import(&place, "smallcoder.pt", &words).with_code(0);
    let facts = ModelFacts::of(&Gguf::open(place.at("with.gguf")).unwrap()).unwrap();
    assert_eq!(
        facts.vocabulary,
        Some(288),
        "rows of the model, not of the tokenizer"
    );
}

#[test]
fn a_file_that_is_there_is_kept_unless_force_is_given() {
    let place = Workplace::new();
    std::fs::write(place.at("qwen2-f16.gguf"), b"mine").unwrap();
    let ended = import(&place, "qwen2", &[]).with_code(2);
    ended.saying(&["qwen2-f16.gguf", "exists", "--force"]);
    assert_eq!(std::fs::read(place.at("qwen2-f16.gguf")).unwrap(), b"mine");
    import(&place, "qwen2", &["--force"]).with_code(0);
    Gguf::open(place.at("qwen2-f16.gguf")).unwrap();
    let ended = import(&place, "qwen2", &["-o", "none/q.gguf"]).with_code(2);
    ended.saying(&["none/q.gguf", "folder does not exist"]);
    place
        .whet(&["models", "quantize", "qwen2-f16.gguf", "--to", "f16"])
        .with_code(2);
}

#[test]
fn what_cannot_be_imported_is_told_with_its_cause() {
    let place = Workplace::new();
    let ended = place.whet(&["models", "import", "missing"]).with_code(2);
    ended.saying(&["missing", "no such file"]);
    let ended = place.whet(&["models", "import", "toy.gguf"]).with_code(2);
    ended.saying(&["toy.gguf", "GGUF file already"]);
    std::fs::create_dir(place.at("empty")).unwrap();
    let ended = place.whet(&["models", "import", "empty"]).with_code(2);
    ended.saying(&["empty", "config.json"]);
    std::fs::remove_dir(place.at("empty")).unwrap();
    let ended = place
        .whet(&["models", "make", "smallcoder-huge"])
        .with_code(2);
    ended.saying(&["smallcoder-huge", "smallcoder-medium-lc"]);
    assert!(files(&place).is_empty());
}

#[test]
fn quantizing_names_the_file_after_its_new_type() {
    let place = Workplace::new();
    import(&place, "llama", &["--type", "f32"]).with_code(0);
    for to in ["f16", "q8_0", "q4_0", "q4_k_m"] {
        let words = [
            "models",
            "quantize",
            "llama-f32.gguf",
            "-t",
            "1",
            "--to",
            to,
        ];
        let ended = place.whet(&words).with_code(0);
        // Rows of 32 fill no blocks of 256.
        let is_said = ended.stderr.contains("no multiple of 256");
        assert_eq!(is_said, to == "q4_k_m", "{to}: {ended}");
        let name = format!("llama-{to}.gguf");
        assert_sum(&ended, &place, &name);
        let words = ["generate", &name, "-t", "1", "-n", "2", "-p", "x"];
        place.whet(&words).with_code(0);
    }
}

#[test]
fn quantizing_again_has_to_be_asked_for_and_is_said() {
    let place = Workplace::new();
    let words = ["models", "quantize", "toy.gguf", "-t", "1", "--to", "q4_0"];
    let ended = place.whet(&words).with_code(2);
    ended.saying(&[
        "toy.gguf",
        "quantised already",
        "q8_0",
        "--allow-requantize",
    ]);
    assert!(files(&place).is_empty());
    let ended = place.whet(&[&words[..], &["--allow-requantize"]].concat());
    ended.with_code(0).saying(&["two rounding errors"]);
    assert_eq!(files(&place), ["toy-q4_0.gguf"]);
}

/// `whet` in a shell that lets no file grow beyond a few kilobytes, as a full disk does.
fn short_of_disk(place: &Workplace, words: &[&str]) -> Ended {
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let whet = place.command(words);
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", script]).arg(whet.get_program());
    shell.args(whet.get_args()).current_dir(place.at(""));
    shell
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ended::of(shell.spawn().unwrap())
}

#[test]
fn a_disk_that_is_full_is_told_and_nothing_remains() {
    let place = Workplace::new();
    let qwen = fixture("qwen2");
    let qwen = qwen.to_str().unwrap();
    for (words, file) in [
        (
            &["models", "make", "smallcoder-tiny"][..],
            "smallcoder-tiny-untrained-f16.gguf",
        ),
        (
            &["models", "import", qwen, "--type", "f32"],
            "qwen2-f32.gguf",
        ),
        (
            &[
                "models",
                "quantize",
                "toy.gguf",
                "--to",
                "f16",
                "--allow-requantize",
                "-t",
                "1",
            ],
            "toy.gguf",
        ),
    ] {
        short_of_disk(&place, words).with_code(1).saying(&[file]);
        assert!(files(&place).is_empty(), "{:?}", files(&place));
    }
}

#[test]
fn an_interrupt_leaves_no_file() {
    let place = Workplace::new();
    let words = ["models", "make", "smallcoder-medium", "--type", "q4_0"];
    let mut child = place.interruptible(&words).spawn().unwrap();
    let part = watch(&mut child, || {
        files(&place)
            .into_iter()
            .find(|name| name.ends_with(".part"))
    });
    assert!(part.is_some(), "it is written beside its place");
    send("INT", child.id());
    let ended = Ended::of(child).with_code(130);
    ended.saying(&["nothing was written"]);
    assert!(files(&place).is_empty(), "{:?}", files(&place));
}
