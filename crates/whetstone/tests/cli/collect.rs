//! `whet collect`: where a draft would have said something else.

use crate::workplace::{Ended, Workplace};

/// A toy, and another one with the same tokens and other weights.
fn two_toys() -> Workplace {
    let place = Workplace::new();
    gguf::toy::write(place.at("other.gguf"), 11).unwrap();
    place
}

fn collect(place: &Workplace, draft: &str, more: &[&str]) -> Ended {
    let words = [
        "collect", "toy.gguf", "--draft", draft, "-m", "12", "-t", "1", "-o", "out",
    ];
    place.whet(&[&words[..], more].concat())
}

fn lines(place: &Workplace, name: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(place.at("out").join(name)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn differences_are_written_down_and_the_same_command_goes_on() {
    let place = two_toys();
    let ended = collect(&place, "other.gguf", &["-p", "say it", "-p", "count"]).with_code(0);
    assert!(ended.stdout.starts_with("2 prompts, "), "{ended}");
    let failures = lines(&place, "failures.jsonl");
    assert_eq!(
        failures.len(),
        2,
        "two random models agree nowhere for long"
    );
    let first = &failures[0]["disagreements"][0];
    assert_eq!(first["target_logits"].as_array().unwrap().len(), 10);
    assert_ne!(first["draft_token"], first["target_token"]);
    // One more prompt: only that one is asked.
    collect(
        &place,
        "other.gguf",
        &["-p", "say it", "-p", "count", "-p", "third"],
    )
    .with_code(0);
    let all = lines(&place, "collected.jsonl");
    let prompts: Vec<&str> = all
        .iter()
        .map(|one| one["prompt"].as_str().unwrap())
        .collect();
    assert_eq!(prompts, ["say it", "count", "third"]);
}

#[test]
fn a_prompt_of_the_command_line_is_asked_as_it_stands() {
    let place = two_toys();
    let asked = ["Fix:\ndef f():\n  return 1", "#include <map>"];
    let words = ["-p", asked[0], "-p", asked[1]];
    let ended = collect(&place, "other.gguf", &words).with_code(0);
    assert!(ended.stdout.starts_with("2 prompts, "), "{ended}");
    let all = lines(&place, "collected.jsonl");
    let prompts: Vec<&str> = all
        .iter()
        .map(|one| one["prompt"].as_str().unwrap())
        .collect();
    assert_eq!(prompts, asked);
    collect(&place, "other.gguf", &["-p", " "])
        .with_code(2)
        .saying(&["no prompt"]);
}

/// Gives the toy a chat template, of no more bytes than its own, that refuses one prompt.
fn refuse_a_prompt(place: &Workplace) {
    let path = place.at("toy.gguf");
    let mut file = std::fs::read(&path).unwrap();
    let find = |file: &[u8], text: &[u8]| file.windows(text.len()).position(|at| at == text);
    let from = find(&file, b"{% for turn in messages").unwrap();
    let last = b"{% if add_generation_prompt %}";
    let until = from + find(&file[from..], last).unwrap() + last.len();
    let text = "{% if messages[0]['content'] == 'no' %}{{ raise_exception('no') }}{% endif %}{% if true %}";
    let padded = format!("{text:<width$}", width = until - from);
    file.splice(from..until, padded.into_bytes());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, file).unwrap();
}

#[test]
fn a_prompt_that_fails_is_named_and_the_others_are_collected() {
    let place = two_toys();
    refuse_a_prompt(&place);
    collect(&place, "other.gguf", &["-p", "no", "-p", "count"])
        .with_code(0)
        .saying(&["p-1 is left out"]);
    assert_eq!(lines(&place, "failures.jsonl").len(), 1);
    assert_eq!(lines(&place, "collected.jsonl")[0]["prompt"], "count");
    // Where none is left, it is an error.
    let ended = collect(&place, "other.gguf", &["-p", "no"]);
    assert_ne!(ended.code, Some(0), "{ended}");
    ended.saying(&["no prompt could be collected"]);
}

#[test]
fn more_than_a_model_was_trained_for_is_said() {
    let place = two_toys();
    let long = "word ".repeat(1000);
    let ended = collect(&place, "other.gguf", &["-p", &long]);
    ended.saying(&["toy was trained for", "other was trained for"]);
}

#[test]
fn a_model_agrees_with_itself() {
    let place = two_toys();
    collect(&place, "toy.gguf", &["--limit", "2"]).with_code(0);
    assert_eq!(lines(&place, "replay_buffer.jsonl").len(), 2);
    assert!(lines(&place, "failures.jsonl").is_empty());
    assert_eq!(lines(&place, "collected.jsonl")[0]["acceptance_rate"], 1.0);
}

#[test]
fn a_missing_file_and_an_empty_one_are_wrong_usage() {
    let place = two_toys();
    collect(&place, "other.gguf", &["-f", "none.txt"])
        .with_code(2)
        .saying(&["none.txt"]);
    std::fs::write(place.at("empty.txt"), "# nothing\n").unwrap();
    collect(&place, "other.gguf", &["-f", "empty.txt"])
        .with_code(2)
        .saying(&["no prompt"]);
}

/// Collected, trained on, and taken as the draft's adapter: the three lines of the help.
#[test]
fn a_draft_learns_what_its_target_would_have_said() {
    let place = two_toys();
    let prompts = ["-p", "say it", "-p", "count", "-p", "more", "-p", "less"];
    collect(&place, "other.gguf", &prompts).with_code(0);
    let words = [
        "train",
        "sft",
        "other.gguf",
        "out",
        "-o",
        "data/checkpoints",
        "--held-out",
        "0",
    ];
    let how = ["--epochs", "40", "--learning-rate", "0.01", "--rank", "8"];
    let ended = place.whet(&[&words[..], &how].concat()).with_code(0);
    assert!(
        ended
            .stdout
            .ends_with("data/checkpoints/final/adapter.gguf\n"),
        "{ended}"
    );
    // The same answers, asked of the draft with what it learnt.
    let rate = |draft: &str, to: &str| -> f64 {
        let words = [
            "collect", "toy.gguf", "--draft", draft, "-m", "12", "-t", "1", "-o", to,
        ];
        place.whet(&[&words[..], &prompts].concat()).with_code(0);
        let text = std::fs::read_to_string(place.at(to).join("rate_tracker.json")).unwrap();
        let tracker: serde_json::Value = serde_json::from_str(&text).unwrap();
        tracker["mean"].as_f64().unwrap()
    };
    let (before, after) = (rate("other.gguf", "out"), rate("other.gguf+final", "after"));
    assert!(after > before + 0.2, "{before} and then {after}");
    // The suite's own files are trained on as well, and what others collected is not.
    let more = ["--max-steps", "1", "-o", "one"];
    let failures = ["train", "sft", "other.gguf", "out/failures.jsonl"];
    place
        .whet(&[&failures[..], &more].concat())
        .with_code(0)
        .saying(&["4 examples"]);
    let line = r#"{"prompt":"p","prompt_tokens":[1],"text":"x","tokens":[5]}"#;
    std::fs::write(place.at("foreign.jsonl"), line).unwrap();
    let foreign = place.whet(&["train", "sft", "other.gguf", "foreign.jsonl", "-o", "two"]);
    foreign
        .with_code(2)
        .saying(&["line 1", "models with other tokens"]);
    let checked = place
        .whet(&["data", "check", "out/failures.jsonl"])
        .with_code(0);
    assert!(checked.stdout.contains("4 × collected"), "{checked}");
    let spec = "bench spec toy.gguf --draft other.gguf -a final -l 1 -m 8 -t 1 --draft-length 2";
    let words = format!("{spec} --modes draft,draft_lora");
    let words: Vec<&str> = words.split(' ').collect();
    let spec = place.whet(&words).with_code(0);
    assert!(spec.stdout.contains("draft_lora"));
    let added = added_bytes(&place);
    assert!(
        added["draft_lora"] > added["draft"],
        "the adapter takes memory too: {added:?}"
    );
}

/// What each way of guessing of the only run needs beside the target.
fn added_bytes(place: &Workplace) -> std::collections::BTreeMap<String, u64> {
    let runs = std::fs::read_dir(place.at("runs")).unwrap();
    let files = runs.map(|run| run.unwrap().path().join("measurements.jsonl"));
    let text: String = files
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .collect();
    text.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["metric"] == "added_bytes")
        .map(|line| {
            let mode = line["conditions"]["mode"].as_str().unwrap().to_owned();
            (mode, line["values"][0].as_f64().unwrap() as u64)
        })
        .collect()
}
