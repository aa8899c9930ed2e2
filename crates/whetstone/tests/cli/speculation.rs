//! `whet bench spec` on toy models, and the suite's name and words for it.

use serde_json::Value;

use crate::workplace::Workplace;

const FAST: [&str; 8] = [
    "-l",
    "2",
    "-m",
    "12",
    "--threads",
    "1",
    "--draft-length",
    "2",
];

#[test]
fn a_target_with_a_draft_becomes_a_report_and_the_json_of_the_suite() {
    let place = Workplace::new();
    place.toy("draft", 8);
    let words = [
        "benchmark-suite",
        "toy.gguf",
        "--draft",
        "draft.gguf",
        "-n",
        "2",
        "-o",
        "out.json",
    ];
    let ended = place.whet(&[&words[..], &FAST].concat()).with_code(0);
    assert!(
        ended.stderr.contains("phase with an adapter is skipped"),
        "{}",
        ended.stderr
    );
    let asked = "Asking 2 prompts (1 code, 1 edit), answers of up to 12 tokens, 2 iterations by each of: target, draft";
    assert!(ended.stderr.contains(asked), "{}", ended.stderr);
    for said in [
        "speculation",
        "equality: all 20 answers",
        "forecast:",
        "hybrid",
    ] {
        assert!(ended.stdout.contains(said), "{said}: {}", ended.stdout);
    }
    let suite: Value =
        serde_json::from_slice(&std::fs::read(place.at("out.json")).unwrap()).unwrap();
    assert_eq!(suite["metadata"]["num_prompts"], 2);
    assert_eq!(suite["metadata"]["iterations"], 2);
    assert!(suite["metadata"]["adapter_path"].is_null());
    for mode in [
        "target_only",
        "spec_base",
        "adaptive",
        "ngram",
        "suffix",
        "hybrid",
    ] {
        let summary = &suite["summary"][mode];
        assert_eq!(summary["num_prompts"], 4, "{mode}: runs, as in the suite");
        assert!(summary["avg_tokens_per_second"].as_f64().unwrap() > 0.0);
        assert_eq!(
            summary["avg_acceptance_rate"].is_null(),
            mode == "target_only"
        );
        assert!(
            suite["per_prompt"][0][mode]["time_to_last_token"]
                .as_f64()
                .unwrap()
                > 0.0
        );
    }
    assert_eq!(
        suite["per_prompt"][0]["prompt"]
            .as_str()
            .unwrap()
            .chars()
            .count(),
        60
    );
    let made = ["speculation.csv", "speculation.svg", "hardware.csv"];
    for file in made.into_iter().chain(["report.html", "report.md"]) {
        assert!(place.only_run("runs").0.join(file).is_file(), "{file}");
    }
}

#[test]
fn a_file_that_cannot_be_written_in_the_end_is_refused_in_the_beginning() {
    let place = Workplace::new();
    let words = ["bench", "spec", "toy.gguf", "-o", "nowhere/out.json"];
    let ended = place.whet(&words).with_code(2);
    ended.saying(&["its folder does not exist"]);
    assert!(place.runs("runs").is_empty());
}

#[test]
fn without_a_draft_only_what_needs_none_is_measured() {
    let place = Workplace::new();
    std::fs::write(place.at("own.txt"), "# mine\nSay ab ab ab\n").unwrap();
    let words = [
        "bench",
        "spec",
        "toy.gguf",
        "-f",
        "own.txt",
        "-m",
        "8",
        "-t",
        "1",
        "--dry-run",
    ];
    let plan = place.whet(&words).with_code(0).json();
    let modes = &plan["speculation"]["modes"];
    assert_eq!(*modes, serde_json::json!(["target", "ngram", "suffix"]));
    let ended = place.whet(&words[..9]).with_code(0);
    assert!(!ended.stdout.contains("forecast:"), "{}", ended.stdout);
}

#[test]
fn a_missing_adapter_skips_its_phase_and_names_those_that_exist() {
    let place = Workplace::new();
    place.toy("draft", 8);
    std::fs::create_dir_all(place.at("data/checkpoints")).unwrap();
    std::fs::write(place.at("data/checkpoints/final.gguf"), b"x").unwrap();
    let words = [
        "bench",
        "spec",
        "toy.gguf",
        "--draft",
        "draft.gguf",
        "-a",
        "best",
    ];
    let ended = place.whet(&[&words[..], &FAST].concat()).with_code(0);
    for said in ["no adapter best", "final.gguf", "whet train sft"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert!(
        ended.stdout.contains("skipped, draft with adapter"),
        "{}",
        ended.stdout
    );
    // One that is there and is no adapter is another matter.
    let words = [
        "bench",
        "spec",
        "toy.gguf",
        "--draft",
        "draft.gguf",
        "-a",
        "final",
    ];
    let ended = place.whet(&[&words[..], &FAST].concat());
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("final.gguf"), "{}", ended.stderr);
}

#[test]
fn wrong_words_are_refused_before_a_model_is_loaded() {
    let place = Workplace::new();
    for (words, why) in [
        (
            &["--modes", "psychic"][..],
            "no way of guessing is called psychic",
        ),
        (&["--modes", "hybrid"], "--draft"),
        (&["-m", "0"], "--max-tokens must be at least 1"),
        (&["-n", "0"], "--iterations must be at least 1"),
        (&["-l", "0"], "--limit must be at least 1"),
        (&["-f", "nowhere.txt"], "nowhere.txt"),
    ] {
        let ended = place.whet(&[&["bench", "spec", "missing.gguf"], words].concat());
        assert_eq!(ended.code, Some(2), "{words:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(why), "{why}: {}", ended.stderr);
    }
}

/// As kill -9 leaves it: the last answers are not there, one of them in part, and nothing is derived or ended.
fn cut(folder: &std::path::Path, n_kept: usize) {
    let file = folder.join("answers.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let half = &lines[n_kept][..lines[n_kept].len() / 2];
    std::fs::write(&file, lines[..n_kept].concat() + half).unwrap();
    let progress = folder.join("progress.jsonl");
    let text = std::fs::read_to_string(&progress).unwrap();
    let kept: String = text
        .split_inclusive('\n')
        .filter(|line| !line.contains("ended"))
        .collect();
    std::fs::write(&progress, kept).unwrap();
}

#[test]
fn an_interrupted_run_goes_on_by_the_word_of_every_benchmark() {
    let place = Workplace::new();
    place.toy("draft", 8);
    let words = ["bench", "spec", "toy.gguf", "--draft", "draft.gguf"];
    place.whet(&[&words[..], &FAST].concat()).with_code(0);
    let run = place.only_run("runs");
    let texts = || -> Vec<String> {
        let answers = ledger::read(run.path()).unwrap().answers;
        let mut texts: Vec<String> = answers
            .iter()
            .map(|a| format!("{} {} {}", a.prompt, a.mode, a.text))
            .collect();
        texts.sort();
        texts
    };
    let before = texts();
    let complete = place.whet(&["bench", "--resume"]).with_code(0);
    assert!(
        complete.stderr.contains("is complete"),
        "{}",
        complete.stderr
    );
    cut(run.path(), 8);
    let ended = place.whet(&["bench", "--resume"]).with_code(0);
    assert!(
        ended.stderr.contains("which has 8 answers"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("equality: all 10 answers"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("was interrupted after 1 of 2 turns"),
        "{}",
        ended.stdout
    );
    assert_eq!(texts(), before);
}

#[test]
fn a_run_that_goes_on_writes_the_json_that_it_was_asked_for() {
    let place = Workplace::new();
    let words = ["bench", "spec", "toy.gguf", "-o", "out.json"];
    place.whet(&[&words[..], &FAST].concat()).with_code(0);
    let prompts = || -> Value {
        let bytes = std::fs::read(place.at("out.json")).unwrap();
        let suite: Value = serde_json::from_slice(&bytes).unwrap();
        suite["metadata"]["num_prompts"].clone()
    };
    assert_eq!(prompts(), 2);
    std::fs::write(place.at("out.json"), "stale").unwrap();
    cut(place.only_run("runs").path(), 3);
    place.whet(&["bench", "--resume"]).with_code(0);
    assert_eq!(prompts(), 2);
    std::fs::remove_file(place.at("out.json")).unwrap();
    place.whet(&["bench", "--resume"]).with_code(0);
    assert_eq!(prompts(), 2, "also of a run that is complete");
}

#[test]
fn where_only_a_missing_adapter_was_asked_for_its_phase_is_skipped() {
    let place = Workplace::new();
    place.toy("draft", 8);
    let words = ["bench", "spec", "toy.gguf", "--draft", "draft.gguf"];
    let modes = ["-a", "best", "--modes", "draft_lora"];
    let ended = place.whet(&[&words[..], &modes, &FAST].concat());
    ended.with_code(0).saying(&[
        "phase with an adapter is skipped",
        "no adapter best",
        "whet train sft",
    ]);
}

#[test]
fn a_run_does_not_go_on_with_another_draft() {
    let place = Workplace::new();
    place.toy("draft", 8);
    let words = ["bench", "spec", "toy.gguf", "--draft", "draft.gguf"];
    place.whet(&[&words[..], &FAST].concat()).with_code(0);
    cut(place.only_run("runs").path(), 3);
    place.toy("draft", 9);
    let ended = place.whet(&["bench", "--resume"]).with_code(2);
    assert!(
        ended.stderr.contains("draft.gguf is not the file"),
        "{}",
        ended.stderr
    );
}

/// A training of a few steps whose adapter is written to `NAME.gguf`.
fn adapter(place: &Workplace, base: &str, name: &str) {
    let row = |i| format!("{{\"prompt\":\"say {i}\",\"response\":\"{i} is said\"}}\n");
    let rows: String = (0..12).map(row).collect();
    std::fs::write(place.at("rows.jsonl"), rows).unwrap();
    let words = ["train", "sft", base, "rows.jsonl", "--rank", "2", "-o"];
    let folder = format!("trained/{name}");
    place
        .whet(&[&words[..], &[&folder, "--learning-rate", "0.1"]].concat())
        .with_code(0);
    let file = format!("{folder}/final/adapter.gguf");
    std::fs::copy(place.at(&file), place.at(&format!("{name}.gguf"))).unwrap();
}

#[test]
fn an_adapter_that_nobody_named_and_that_does_not_fit_skips_its_phase_and_a_named_one_is_refused() {
    let place = Workplace::new();
    place.toy("draft", 8);
    // It says that it is of this draft, and cannot be laid over it.
    let mut broken = gguf::Writer::new();
    broken.set("general.type", "adapter").unwrap();
    broken.set("general.architecture", "another").unwrap();
    broken.set("general.base_model.0.name", "draft").unwrap();
    std::fs::create_dir_all(place.at("data/checkpoints")).unwrap();
    broken
        .write(place.at("data/checkpoints/best.gguf"))
        .unwrap();
    let words = ["bench", "spec", "toy.gguf", "--draft", "draft.gguf"];
    let ended = place.whet(&[&words[..], &FAST].concat()).with_code(0);
    for said in ["phase with an adapter is skipped", "best.gguf"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert!(
        ended.stdout.contains("skipped, draft with adapter"),
        "{}",
        ended.stdout
    );
    place
        .whet(&[&words[..], &["-a", "best"], &FAST].concat())
        .with_code(2)
        .saying(&["best.gguf"]);
    // That of another model is not even tried.
    place.toy("other", 9);
    let words = ["bench", "spec", "toy.gguf", "--draft", "other.gguf"];
    let ended = place.whet(&[&words[..], &FAST].concat()).with_code(0);
    assert!(
        ended.stderr.contains("was trained on other"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_run_goes_on_with_the_adapters_of_target_draft_and_phase_and_with_no_others() {
    let place = Workplace::new();
    place.toy("draft", 8);
    adapter(&place, "toy.gguf", "sharp");
    adapter(&place, "draft.gguf", "blunt");
    let target = "toy.gguf+sharp.gguf";
    let words = ["bench", "spec", target, "--draft", "draft.gguf", "-a"];
    place
        .whet(&[&words[..], &["blunt.gguf"], &FAST].concat())
        .with_code(0);
    let run = place.only_run("runs");
    let answers = || {
        let mut answers = ledger::read(run.path()).unwrap().answers;
        answers.sort_by_key(|a| (a.prompt.clone(), a.mode.clone()));
        answers
            .into_iter()
            .map(|a| (a.mode, a.tokens))
            .collect::<Vec<_>>()
    };
    let before = answers();
    // The first of two turns of seven stays.
    cut(run.path(), 8);
    let ended = place.whet(&["bench", "--resume"]).with_code(0);
    assert!(
        ended.stdout.contains("equality: all 12 answers"),
        "{}",
        ended.stdout
    );
    assert_eq!(answers(), before, "the target still has its adapter");
    for (changed, other) in [("sharp", "blunt"), ("blunt", "sharp")] {
        cut(run.path(), 8);
        let kept = std::fs::read(place.at(&format!("{changed}.gguf"))).unwrap();
        let [from, to] = [other, changed].map(|name| place.at(&format!("{name}.gguf")));
        std::fs::copy(from, &to).unwrap();
        let ended = place.whet(&["bench", "--resume"]).with_code(2);
        ended.saying(&[&format!("{changed}.gguf is not the file")]);
        std::fs::write(to, kept).unwrap();
    }
}
