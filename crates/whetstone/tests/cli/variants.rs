//! `whet bench variants`: shapes, the files they need, and one of them measured for real.

use serde_json::{Value, json};

use crate::workplace::Workplace;

fn plan(words: &[&str]) -> Value {
    let words = [&["bench", "variants"], words, &["--dry-run"]].concat();
    Workplace::new().whet(&words).with_code(0).json()
}

fn models(plan: &Value) -> Vec<&str> {
    let shapes = plan["variants"]["shapes"].as_array().unwrap().iter();
    shapes
        .map(|shape| shape["model"].as_str().unwrap())
        .collect()
}

#[test]
fn the_six_shapes_are_listed_with_their_exact_sizes() {
    let listed = Workplace::new()
        .whet(&["bench", "variants", "--list"])
        .with_code(0);
    for word in ["100092672", "193936320", "303654528", "8192"] {
        assert!(listed.stdout.contains(word), "{word}: {listed}");
    }
    assert_eq!(listed.stdout.lines().count(), 7);
}

#[test]
fn what_is_measured_stands_in_the_plan_and_nothing_is_written_for_it() {
    let usual = plan(&[]);
    assert_eq!(models(&usual).len(), 3 * 2, "{usual}");
    assert!(usual["code"].is_null(), "random weights are asked nothing");
    let all = plan(&["--all", "--precision", "f16"]);
    assert_eq!(models(&all).len(), 6);
    let long = &all["variants"]["shapes"][5];
    assert_eq!(
        (&long["long"], &long["context"]),
        (&json!(true), &json!(8192))
    );
    let one = plan(&["SmallCoder-Tiny", "smallcoder-tiny", "--precision", "q4_0"]);
    assert_eq!(models(&one), ["smallcoder-tiny-untrained-q4_0"]);
}

#[test]
fn words_that_name_nothing_are_refused_with_what_there_is() {
    let place = Workplace::new();
    let refused = |words: &[&str], why: &[&str]| {
        let words = [&["bench", "variants"], words, &["--yes"]].concat();
        place.whet(&words).with_code(2).saying(why);
    };
    refused(
        &["smallcoder-huge"],
        &["smallcoder-huge", "smallcoder-medium-lc"],
    );
    refused(&["--context", "8"], &["--context"]);
    refused(
        &["--checkpoints", "nowhere"],
        &["nowhere", "no such folder"],
    );
    refused(&["--tokenizer", "bytes"], &["--checkpoints"]);
    assert!(place.runs("cache/made").is_empty(), "nothing was made");
}

#[test]
fn trained_weights_need_their_tokenizer_and_must_be_of_their_shape() {
    let place = Workplace::new();
    let from = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../model/tests/golden/smallcoder.pt"
    );
    std::fs::create_dir(place.at("trained")).unwrap();
    std::fs::copy(from, place.at("trained/pretrained_smallcoder_tiny.pt")).unwrap();
    let words = [
        "bench",
        "variants",
        "smallcoder-tiny",
        "--checkpoints",
        "trained",
        "--yes",
    ];
    place
        .whet(&words)
        .with_code(2)
        .saying(&["smallcoder-tiny", "--tokenizer FOLDER"]);
    let words = [&words[..], &["--tokenizer", "bytes", "--precision", "f16"]].concat();
    let ended = place.whet(&words).with_code(2);
    ended.saying(&[
        "pretrained_smallcoder_tiny.pt",
        "SmallCoder-Tiny has 100092672 in 12",
    ]);
    assert!(
        place.runs("cache/made").is_empty(),
        "what does not fit does not stay"
    );
}

#[test]
fn a_shape_is_made_measured_and_deleted_and_everything_says_that_it_knows_nothing() {
    let place = Workplace::new();
    let words = "bench variants smallcoder-tiny --precision q4_0 --context 64 --generate-tokens 8 --repeats 2 --threads 1";
    let words: Vec<&str> = words.split_whitespace().collect();
    let unasked = place.whet(&words).with_code(2);
    unasked.saying(&["MB of files would be written", "--yes"]);
    let ended = place.whet(&[&words[..], &["--yes"]].concat()).with_code(0);
    for word in [
        "Tiny q4_0",
        "untrained",
        "untrained: the weights are random",
        "8 GiB",
    ] {
        assert!(ended.stdout.contains(word), "{word}: {ended}");
    }
    ended.saying(&["Deleted 1 file with made weights"]);
    assert!(place.runs("cache/made").is_empty());
    let run = place.only_run("runs");
    let model = &run.json("run.json")["models"][0];
    assert_eq!(model["facts"]["untrained"], json!(true));
    assert_eq!(model["sha256"].as_str().unwrap().len(), 64);
    let looks = run.records("hardware.jsonl");
    let is_its = |look: &&Value| {
        look["model"] == "smallcoder-tiny-untrained-q4_0" && look["phase"] == "variants"
    };
    assert!(looks.iter().filter(is_its).count() > 0, "{looks:?}");
    for name in [
        "variants.csv",
        "variants_values.csv",
        "variants_memory_speed.png",
    ] {
        assert!(run.path().join(name).is_file(), "{name}");
    }
    assert!(!run.path().join("variants_speed_quality.png").exists());
    let report = run.text("report.md");
    assert!(
        report.contains("untrained") && report.contains("Standard"),
        "{report}"
    );
    // A run that is complete needs no weights, and so asks for none.
    let again = place.whet(&["bench", "--resume"]).with_code(0);
    again.saying(&["is complete"]);
    // What a full disk left under the name of a file is no file.
    let made = place.at("cache/made");
    std::fs::write(
        made.join("smallcoder-tiny-untrained-q4_0-seed42.gguf"),
        "GGUF",
    )
    .unwrap();
    let unasked = place.whet(&words).with_code(2);
    unasked.saying(&["MB of files would be written", "--yes"]);
}

#[test]
fn a_folder_as_pretraining_writes_it_is_found_like_a_checkpoint() {
    let place = Workplace::new();
    let folder = place.at("trained/pretrained_smallcoder_tiny");
    std::fs::create_dir_all(&folder).unwrap();
    let words = [
        "bench",
        "variants",
        "smallcoder-tiny",
        "--checkpoints",
        "trained",
    ];
    let words = [
        &words[..],
        &["--tokenizer", "bytes", "--precision", "q8_0", "--dry-run"],
    ]
    .concat();
    let model = |plan: Value| models(&plan).join(" ");
    let plan = place.whet(&words).with_code(0).json();
    assert_eq!(model(plan), "smallcoder-tiny-untrained-q8_0");
    std::fs::write(folder.join("config.json"), "{}").unwrap();
    let plan = place.whet(&words).with_code(0).json();
    assert_eq!(model(plan), "smallcoder-tiny-trained-q8_0");
}
