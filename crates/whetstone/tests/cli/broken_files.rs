//! Model files that are cut, flipped, or something else: a sentence and an exit code, never a signal.

use crate::workplace::{Ended, Workplace};

/// The end of metadata and tensor table in the toy's file: its last tensor is `output_norm.weight`.
fn table_end(bytes: &[u8]) -> usize {
    let last = b"output_norm.weight";
    let found = bytes.windows(last.len()).rposition(|part| part == last);
    found.unwrap() + last.len() + 4 + 8 + 4 + 8
}

fn generate(place: &Workplace, file: &str) -> Ended {
    place.whet(&["generate", file, "-p", "hi", "-n", "2", "-t", "1"])
}

/// Ended by itself, and if with an error, then with a sentence that names the file.
#[track_caller]
fn assert_decent(ended: &Ended, file: &str, what: &str) {
    assert!(ended.signal.is_none(), "{what}: {ended}");
    assert!(matches!(ended.code, Some(0..=2)), "{what}: {ended}");
    if ended.code != Some(0) {
        let said = &ended.stderr;
        assert!(said.contains(file), "{what}: {ended}");
        assert!(said.starts_with("whet: "), "{what}: {ended}");
    }
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let place = Workplace::new();
    let whole = std::fs::read(place.at("toy.gguf")).unwrap();
    let table = table_end(&whole);
    let in_table = (0..10).map(|part| part * table / 10);
    let in_weights = (0..10).map(|part| table + part * (whole.len() - table) / 10);
    let edges = [3, 4, 8, 23, 24, 25, table - 1, whole.len() - 1];
    for cut in in_table.chain(in_weights).chain(edges) {
        std::fs::write(place.at("cut.gguf"), &whole[..cut]).unwrap();
        let ended = generate(&place, "cut.gguf");
        assert_decent(&ended, "cut.gguf", &format!("cut at {cut}"));
        assert_ne!(ended.code, Some(0), "cut at {cut}: {ended}");
    }
}

#[test]
fn flipped_bytes_before_the_weights_never_end_the_program_by_a_signal() {
    let place = Workplace::new();
    let whole = std::fs::read(place.at("toy.gguf")).unwrap();
    let table = table_end(&whole);
    // 7919 is a prime that does not divide the length, so the places spread over the whole table.
    for turn in 0..240 {
        let at = turn * 7919 % table;
        let flip = [0x01, 0x80, 0xff, 0x10][turn % 4];
        let mut bytes = whole.clone();
        bytes[at] ^= flip;
        std::fs::write(place.at("flipped.gguf"), &bytes).unwrap();
        let ended = generate(&place, "flipped.gguf");
        assert_decent(&ended, "flipped.gguf", &format!("byte {at} ^ {flip:#x}"));
    }
}

#[test]
fn two_equal_tokens_are_an_error_and_no_abort() {
    let ended = with_bytes(b"<0xB8>", b"<0xB9>");
    assert!(matches!(ended.code, Some(1 | 2)), "{ended}");
    ended.saying(&["patched.gguf", "<0xB9>", "twice"]);
}

#[test]
fn a_byte_that_no_token_spells_is_an_error_and_no_abort() {
    let ended = with_bytes(b"<0xB8>", b"<0xb8>");
    assert!(matches!(ended.code, Some(1 | 2)), "{ended}");
    ended.saying(&["patched.gguf", "0xb8"]);
}

#[test]
fn a_context_length_of_all_ones_is_no_panic() {
    let key = b"llama.context_length\x04\0\0\0";
    let ended = with_bytes(
        &[&key[..], &512_u32.to_le_bytes()].concat(),
        &[&key[..], &u32::MAX.to_le_bytes()].concat(),
    );
    assert_decent(&ended, "patched.gguf", "all bits of the context length");
}

#[test]
fn an_unknown_architecture_is_named() {
    let ended = with_bytes(
        b"\x05\0\0\0\0\0\0\0llama\x0c",
        b"\x05\0\0\0\0\0\0\0lemma\x0c",
    );
    assert!(matches!(ended.code, Some(1 | 2)), "{ended}");
    assert!(ended.stderr.contains("lemma"), "{ended}");
}

/// `generate` on the toy after one replacement in its file.
fn with_bytes(old: &[u8], new: &[u8]) -> Ended {
    assert_eq!(old.len(), new.len());
    let place = Workplace::new();
    let mut bytes = std::fs::read(place.at("toy.gguf")).unwrap();
    let found = bytes.windows(old.len()).position(|part| part == old);
    let at = found.expect("the bytes to be replaced are in the toy");
    bytes[at..at + new.len()].copy_from_slice(new);
    std::fs::write(place.at("patched.gguf"), &bytes).unwrap();
    generate(&place, "patched.gguf")
}

#[test]
fn what_is_no_gguf_file_is_wrong_usage_of_every_command_that_takes_a_model() {
    let place = Workplace::new();
    let rows = "{\"prompt\":\"a\",\"completion\":\"b\"}\n";
    std::fs::write(place.at("rows.jsonl"), rows).unwrap();
    let recipe = "version: 2\nname: r\nmodels: {student: ./other.gguf}\ntargets:\n  - {name: a, benchmarks: [{id: b, models: [student], config: {type: latency}}]}\n";
    std::fs::write(place.at("r.yml"), recipe).unwrap();
    for (bytes, word) in [
        (&b""[..], "other.gguf"),
        (b"<!doctype html>", "GGUF"),
        (&[0; 4096], "GGUF"),
    ] {
        std::fs::write(place.at("other.gguf"), bytes).unwrap();
        for words in [
            &["generate", "other.gguf", "-p", "x"][..],
            &["bench", "other.gguf", "--preset", "smoke", "-t", "1"],
            &[
                "bench",
                "toy.gguf",
                "other.gguf",
                "--preset",
                "smoke",
                "-t",
                "1",
            ],
            &["bench", "spec", "other.gguf", "--draft", "toy.gguf"],
            &["bench", "spec", "toy.gguf", "--draft", "other.gguf"],
            &["train", "sft", "other.gguf", "rows.jsonl"],
            &[
                "train",
                "raft",
                "other.gguf",
                "--suite",
                "cpp-demo",
                "--held-out",
                "rust-demo",
            ],
            &["collect", "other.gguf", "--draft", "toy.gguf"],
            &[
                "sample",
                "generate",
                "other.gguf",
                "--suite",
                "cpp-demo",
                "-o",
                "s.jsonl",
            ],
            &["models", "show", "other.gguf"],
            &["models", "quantize", "other.gguf", "--to", "q4_0"],
            &["models", "import", "other.gguf"],
            &["check", "r.yml"],
            &["run", "r.yml"],
        ] {
            let ended = place.whet(words).with_code(2);
            let word = if words[1] == "import" {
                "other.gguf"
            } else {
                word
            };
            assert!(ended.stderr.contains(word), "{words:?}: {ended}");
        }
    }
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_file_that_is_no_adapter_is_refused() {
    let place = Workplace::new();
    std::fs::write(place.at("lora.gguf"), b"nothing").unwrap();
    for word in ["lora.gguf", "lora.gguf=0.5", "toy.gguf"] {
        let words = [
            "generate",
            "toy.gguf",
            "-p",
            "x",
            "-t",
            "1",
            "--adapter",
            word,
        ];
        let ended = place.whet(&words);
        let ended = ended.with_code(2);
        let file = word.split('=').next().unwrap();
        assert!(ended.stderr.contains(file), "{ended}");
    }
}
