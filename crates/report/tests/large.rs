//! The page of a run of many answers: it stays small, and everything is in it.

#![allow(clippy::unwrap_used, reason = "a test stops where something is wrong")]

#[allow(dead_code, reason = "each test file uses its own part of the fixture")]
mod fixture;
#[path = "fixture/large.rs"]
mod large;

use std::io::Read;

use ledger::Run;
use report::Scorecard;
use serde_json::Value;

fn page(run: &Run) -> String {
    report::html::page(run, &Scorecard::of(run), &[]).unwrap()
}

/// The JSON of every packed block, the heads first.
fn unpacked(page: &str) -> Vec<Value> {
    let templates = page.split("<template").skip(1);
    let texts = templates.map(|rest| {
        let (_, text) = rest.split_once('>').unwrap();
        text.split_once('<').unwrap().0
    });
    texts.map(unpack).collect()
}

fn unpack(text: &str) -> Value {
    let bytes = base64(text);
    let mut json = String::new();
    flate2::read::GzDecoder::new(&bytes[..])
        .read_to_string(&mut json)
        .unwrap();
    serde_json::from_str(&json).unwrap()
}

fn base64(text: &str) -> Vec<u8> {
    let place = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} is no base64"),
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').collect();
    let decoded = letters.chunks(4).flat_map(|four| {
        let word = four
            .iter()
            .fold(0u32, |word, letter| word << 6 | u32::from(place(*letter)));
        let word = word << (6 * (4 - four.len()));
        word.to_be_bytes()[1..four.len()].to_vec()
    });
    decoded.collect()
}

#[test]
fn ten_thousand_answers_stay_under_twenty_megabytes_and_none_is_lost() {
    let run = large::run(10_000);
    assert_eq!(run.attempts.len(), 10_000);
    let written: usize = run.attempts.iter().map(|attempt| attempt.text.len()).sum();
    assert!(
        written > 12_000_000,
        "answers as long as a model's: {written}"
    );
    let page = page(&run);
    assert!(page.len() < 20_000_000, "{}", page.len());
    let blocks = unpacked(&page);
    assert_eq!(blocks[0].as_array().unwrap().len(), 10_000);
    let (tasks, blocks) = blocks.split_last().unwrap();
    let tasks = tasks.as_array().unwrap();
    assert_eq!(tasks.len(), 625, "each problem's text once");
    let asked = run.header.suites[1].problems[624].prompt.as_deref();
    assert_eq!(tasks[624][2].as_str(), asked);
    let bodies: Vec<&Value> = blocks[1..]
        .iter()
        .flat_map(|block| block.as_array().unwrap())
        .collect();
    assert_eq!(bodies.len(), 10_000);
    for (attempt, body) in run.attempts.iter().zip(bodies) {
        assert_eq!(body[4], attempt.text.as_str());
    }
}

#[test]
fn a_thousand_answers_are_markup_and_more_are_packed() {
    let mut run = large::run(1008);
    let many = page(&run);
    assert_eq!(many.matches("<details class=\"sample\"").count(), 0);
    assert_eq!(
        many.matches("<template").count(),
        13,
        "heads, ten full blocks and one, and what was asked"
    );
    assert!(many.contains("1008 of 1008") && many.contains("<noscript>"));
    run.attempts.truncate(1000);
    let few = page(&run);
    assert_eq!(few.matches("<details class=\"sample\"").count(), 1000);
    assert_eq!(few.matches("<template").count(), 1, "what was asked");
    assert!(!few.contains("<noscript>"));
}

#[test]
fn what_a_model_wrote_is_packed_as_it_is_shown_and_is_never_markup() {
    let mut run = large::run(1008);
    run.attempts[0].text = fixture::HOSTILE.into();
    run.attempts[0].key.problem = "<img src=x onerror=alert(1)>\u{202e}".into();
    run.verdicts[0].key = run.attempts[0].key.clone();
    run.header.suites[1].problems[1].prompt = Some(fixture::HOSTILE.into());
    let page = page(&run);
    let lower = page.to_lowercase();
    for word in ["<img", "alert(1)", "innerhtml", "\u{202e}"] {
        assert!(!lower.contains(word), "{word}");
    }
    assert_eq!(lower.matches("<script").count(), 1);
    let blocks = unpacked(&page);
    let head = blocks[0][0].to_string();
    assert!(
        head.contains("<img src=x onerror=alert(1)>⟨U+202E⟩"),
        "{head}"
    );
    let mut tasks = blocks.last().unwrap().as_array().unwrap().iter();
    let asked = tasks.find(|task| task[1] == "p01").unwrap();
    for text in [&blocks[1][0][4], &asked[2]] {
        let text = text.as_str().unwrap();
        assert!(
            text.contains("</script>") && text.contains("␛[2J") && text.contains("⟨U+202E⟩"),
            "{text}"
        );
    }
}

#[test]
fn the_same_run_gives_the_same_page() {
    let run = large::run(1008);
    assert_eq!(page(&run), page(&run));
}
