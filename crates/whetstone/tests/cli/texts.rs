//! `whet bench perplexity` and `divergence` on the toy: protocols, texts of the user's, refusals, and kills.

use crate::workplace::{Ended, Workplace};

/// Small enough for the toy's context.
const SMALL: [&str; 4] = ["--context", "16", "--threads", "1"];

fn whet(place: &Workplace, words: &[&str]) -> Ended {
    place.whet(&[&["bench"], words, &SMALL].concat())
}

fn words(n: usize) -> String {
    (0..n).map(|i| format!("word{} ", i * i % 17)).collect()
}

#[test]
fn each_protocol_has_its_name_and_its_number() {
    let place = Workplace::new();
    std::fs::write(place.at("text.txt"), words(60)).unwrap();
    for (i, (name, number)) in [
        ("llama-cpp", "p1"),
        ("gptq", "p2"),
        ("sliding", "p3"),
        ("lm-eval", "p4"),
    ]
    .into_iter()
    .enumerate()
    {
        for (word, runs) in [(name, format!("a{i}")), (number, format!("b{i}"))] {
            let words = [
                "perplexity",
                "toy.gguf",
                "--protocol",
                word,
                "--text",
                "text.txt",
                "-o",
                &runs,
            ];
            let ended = whet(&place, &words).with_code(0);
            assert!(
                ended.stdout.contains(name) && ended.stdout.contains("SHA-256"),
                "{ended}"
            );
        }
        let report = |runs: String| place.only_run(&runs).timeless_report();
        assert_eq!(report(format!("a{i}")), report(format!("b{i}")), "{name}");
    }
}

#[test]
fn a_run_killed_between_chunks_ends_like_one_that_was_not() {
    let place = Workplace::new();
    std::fs::write(place.at("text.txt"), words(400)).unwrap();
    let plan = [
        "perplexity",
        "toy.gguf",
        "--protocol",
        "p1",
        "--text",
        "text.txt",
        "-q",
    ];
    whet(&place, &[&plan[..], &["-o", "whole"]].concat()).with_code(0);
    let words = [&["bench"], &plan[..], &SMALL].concat();
    let run = place.killed(&words, "killed", ("progress.jsonl", 3));
    place
        .whet(&["bench", "--resume", run.path().to_str().unwrap()])
        .with_code(0);
    let whole = place.only_run("whole");
    assert_eq!(run.timeless_report(), whole.timeless_report());
    std::fs::write(place.at("text.txt"), "another text").unwrap();
    let changed = place
        .whet(&["bench", "--resume", run.path().to_str().unwrap()])
        .with_code(2);
    changed.saying(&["not the text that this run began with", "start a new run"]);
}

#[test]
fn texts_that_cannot_be_scored_are_wrong_usage_before_the_run_folder_is_made() {
    let place = Workplace::new();
    std::fs::write(place.at("empty.txt"), "\n").unwrap();
    std::fs::write(place.at("short.txt"), "one").unwrap();
    std::fs::write(place.at("broken.txt"), b"ab\xff").unwrap();
    std::fs::write(place.at("pages.jsonl"), "{\"page\": \"one\"}\n").unwrap();
    std::fs::write(place.at("ids.npy"), b"\x93NUMPY").unwrap();
    for (text, said) in [
        ("nowhere.txt", "no such file"),
        ("empty.txt", "nothing in it"),
        ("short.txt", "needs 16"),
        ("broken.txt", "no UTF-8"),
        ("pages.jsonl", "--field may be page"),
        ("ids.npy", "ends within its header"),
    ] {
        for benchmark in [
            &["perplexity", "toy.gguf", "--protocol", "gptq"][..],
            &["divergence", "toy.gguf", "--cache", "q8_0"],
        ] {
            let words = [benchmark, &["--text", text]].concat();
            whet(&place, &words).with_code(2).saying(&[said, text]);
        }
    }
    let long = [
        "bench",
        "perplexity",
        "toy.gguf",
        "--protocol",
        "p1",
        "--context",
        "99999999",
    ];
    place
        .whet(&long)
        .with_code(2)
        .saying(&["longer than the", "smaller --context"]);
    let stride = [
        "bench",
        "perplexity",
        "toy.gguf",
        "--protocol",
        "p1",
        "--stride",
        "5",
    ];
    place
        .whet(&stride)
        .with_code(2)
        .saying(&["--protocol sliding and rows alone"]);
    let cache = ["bench", "divergence", "toy.gguf", "--cache", "q9"];
    place.whet(&cache).with_code(2).saying(&["q9"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_model_differs_from_itself_in_nothing_and_from_another_in_something() {
    let place = Workplace::new();
    place.toy("other", 8);
    std::fs::copy(place.at("toy.gguf"), place.at("twin.gguf")).unwrap();
    let words = [
        "divergence",
        "toy.gguf",
        "twin.gguf",
        "other.gguf",
        "--limit-chunks",
        "4",
        "--text",
        "prose",
    ];
    let ended = whet(&place, &words).with_code(0);
    assert!(ended.stdout.contains("KL divergence"), "{ended}");
    let report = place.only_run("runs").json("report.json");
    let rows = report["sections"][0]["rows"].as_array().unwrap();
    let row = |metric: &str| rows.iter().find(|row| row["metric"] == metric).unwrap();
    let value = |metric: &str, model: usize| row(metric)["cells"][model]["value"].clone();
    assert!(value("kl_mean_nats", 0).is_null(), "the reference");
    assert_eq!(value("kl_mean_nats", 1), 0.0);
    assert_eq!(value("same_top_share", 1), 1.0);
    assert!(value("kl_mean_nats", 2).as_f64().unwrap() > 0.0);
}

#[test]
fn a_reference_alone_is_wrong_usage() {
    let place = Workplace::new();
    whet(&place, &["divergence", "toy.gguf"])
        .with_code(2)
        .saying(&["--cache q8_0,q4_0"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}
