//! `whet train`: an adapter is trained, loaded, and its training goes on; bad input is refused by name.

use crate::workplace::{Ended, Workplace};

const ROW: &str = "{\"prompt\":\"say it\",\"response\":\"it is said\"}\n";

fn rows(place: &Workplace, text: &str) {
    std::fs::write(place.at("rows.jsonl"), text).unwrap();
}

fn sft(place: &Workplace, words: &[&str]) -> Ended {
    let common = ["train", "sft", "toy.gguf", "rows.jsonl", "--rank", "2"];
    place.whet(&[&common, words].concat())
}

#[test]
fn a_trained_adapter_is_named_loads_and_changes_what_is_written() {
    let place = Workplace::new();
    let many: String = (0..12)
        .map(|i| format!("{{\"prompt\":\"say {i}\",\"response\":\"{i} is said\"}}\n"))
        .collect();
    rows(&place, &many);
    let words = ["-o", "out", "--learning-rate", "0.02", "--held-out", "0.2"];
    let ended = sft(&place, &words).with_code(0);
    let ended = ended.saying(&["12 examples", "learnt"]);
    assert!(ended.stdout.contains("6 steps; loss"), "{ended}");
    let file = ended.stdout.lines().last().unwrap().to_owned();
    assert_eq!(file, "out/best/adapter.gguf");
    let said = |more: &[&str]| {
        let words = ["generate", "toy.gguf", "-p", "say 3", "-n", "20", "-t", "1"];
        place.whet(&[&words, more].concat()).with_code(0).stdout
    };
    assert_ne!(said(&["--adapter", &file]), said(&[]));
    let table = std::fs::read_to_string(place.at("out/curve.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 6, "{table}");
    assert!(place.at("out/curve.svg").is_file() && place.at("out/curve.png").is_file());
    // The same command finds it complete; another one may not go on with it.
    let again = sft(&place, &words).with_code(0);
    assert!(again.stdout.contains("6 steps; loss"), "{again}");
    let other = sft(&place, &["-o", "out"]);
    other.with_code(1).saying(&["other examples"]);
}

#[test]
fn faults_of_the_examples_are_named_by_line_before_anything_is_made() {
    let place = Workplace::new();
    rows(
        &place,
        &format!("{ROW}{{\"prompt\":\"p\",\"response\":\"\"}}\nnonsense\n"),
    );
    let ended = sft(&place, &["-o", "out"]).with_code(2);
    ended.saying(&["rows.jsonl: line 2: its response is empty; line 3: "]);
    rows(&place, "{\"prompt\":\"p\"}\n");
    let ended = sft(&place, &["-o", "out"]).with_code(2);
    ended.saying(&["line 1", "nothing to learn"]);
    rows(&place, ROW);
    let ended = sft(&place, &["-o", "out", "--longest", "5"]).with_code(2);
    ended.saying(&["all 1 examples", "more than 5 tokens"]);
    assert!(!place.at("out").exists());
}

#[test]
fn settings_that_cannot_be_are_wrong_usage() {
    let place = Workplace::new();
    rows(&place, ROW);
    for (words, said) in [
        (&["--rank", "0"][..], "its rank is 0"),
        (&["--rank", "200"], "its rank is 200"),
        (&["--targets", "qkv"], "no target is called qkv"),
        (&["--learning-rate", "0"], "learning_rate is 0"),
        (&["--epochs", "0"], "epochs must be at least 1"),
        (&["--alpha", "-1"], "alpha is -1"),
    ] {
        let common = ["train", "sft", "toy.gguf", "rows.jsonl"];
        let ended = place.whet(&[&common, words].concat());
        ended.with_code(2).saying(&[said]);
    }
    let ended = place.whet(&["train", "sft", "toy.gguf", "none.jsonl"]);
    ended.with_code(2).saying(&["none.jsonl"]);
}
