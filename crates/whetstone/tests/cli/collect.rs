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
