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
    a_model_with_an_adapter_is_a_model_of_its_own(&place);
    let table = std::fs::read_to_string(place.at("out/curve.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 6, "{table}");
    assert!(place.at("out/curve.svg").is_file() && place.at("out/curve.png").is_file());
    // The same command finds it complete; another one may not go on with it.
    let again = sft(&place, &words).with_code(0);
    assert!(again.stdout.contains("6 steps; loss"), "{again}");
    let other = sft(&place, &["-o", "out"]);
    other.with_code(1).saying(&["other examples"]);
}

/// Base and adapter in one run, by their names; the run remembers both files and goes on with both.
fn a_model_with_an_adapter_is_a_model_of_its_own(place: &Workplace) {
    let models = ["toy.gguf", "toy.gguf+out/best", "toy.gguf+out/best=0.5"];
    let words = ["bench", "perplexity"];
    let more = ["--text", "text.txt", "-o", "runs", "-t", "1"];
    std::fs::write(place.at("text.txt"), "say 3\n3 is said\n".repeat(40)).unwrap();
    let ended = place.whet(&[&words[..], &models, &more].concat());
    let told = ended.with_code(0).stdout;
    for word in ["toy+best=0.5", "adapter of", "times 0.5"] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    let run = place.only_run("runs");
    let header = run.json("run.json");
    let of = |at: usize| &header["models"][at]["adapter"];
    assert!(of(0).is_null());
    assert_eq!(of(1)["sha256"], of(2)["sha256"]);
    assert_eq!(of(2)["scale"], 0.5);
    let folder = run.path().display().to_string();
    let again = place.whet(&["bench", "--resume", &folder]);
    assert!(again.with_code(0).stdout.contains("toy+best=0.5"));
    let file = "out/best/adapter.gguf";
    let aside = place.at("aside.gguf");
    std::fs::rename(place.at(file), &aside).unwrap();
    place.toy("out/best/adapter", 8);
    let other = place.whet(&["bench", "--resume", &folder]);
    other.with_code(2).saying(&["adapter.gguf"]);
    std::fs::rename(&aside, place.at(file)).unwrap();
    let twice = [
        "generate",
        "toy.gguf+out/best",
        "-p",
        "x",
        "--adapter",
        file,
    ];
    place
        .whet(&twice)
        .with_code(2)
        .saying(&["would be a second one"]);
    let base = [
        "train",
        "sft",
        "toy.gguf+out/best",
        "rows.jsonl",
        "-o",
        "more",
    ];
    place.whet(&base).with_code(2);
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
