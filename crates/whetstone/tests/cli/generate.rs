//! `whet generate`.

use crate::workplace::{Ended, Workplace};

fn generate(place: &Workplace, words: &[&str]) -> Ended {
    place.whet(&[&["generate", "toy.gguf", "-t", "1"], words].concat())
}

fn written(place: &Workplace, words: &[&str]) -> String {
    generate(place, words).with_code(0).stdout
}

#[test]
fn a_seed_decides_the_text_and_another_seed_another_text() {
    let place = Workplace::new();
    let warm = |seed| {
        let words = [
            "-p",
            "once",
            "-n",
            "60",
            "--temperature",
            "1",
            "--seed",
            seed,
        ];
        written(&place, &words)
    };
    let text = warm("1");
    assert!(text.len() > 50, "{text}");
    assert_eq!(text, warm("1"));
    assert_ne!(text, warm("2"));
}

#[test]
fn greedy_text_depends_on_the_prompt_and_not_on_the_seed() {
    let place = Workplace::new();
    let greedy = |prompt, seed| written(&place, &["-p", prompt, "-n", "40", "--seed", seed]);
    assert_eq!(greedy("once", "1"), greedy("once", "2"));
    assert_ne!(greedy("once", "1"), greedy("twice", "1"));
}

#[test]
fn a_shorter_text_is_the_beginning_of_a_longer_one() {
    let place = Workplace::new();
    let long = written(&place, &["-p", "once", "-n", "60"]);
    let short = written(&place, &["-p", "once", "-n", "20"]);
    assert!(
        long.starts_with(short.trim_end_matches('\n')),
        "{short}\n{long}"
    );
    assert!(short.len() < long.len());
}

#[test]
fn whoever_guesses_ahead_the_text_is_the_same_and_the_guesses_are_counted() {
    let place = Workplace::new();
    place.toy("draft", 8);
    for warmth in ["0", "0.8"] {
        let common = [
            "-p",
            "once and once and",
            "-n",
            "60",
            "--temperature",
            warmth,
        ];
        let alone = written(&place, &common);
        for who in ["ngram", "suffix", "draft=draft.gguf", "draft=toy.gguf"] {
            let ended = generate(&place, &[&common[..], &["--guess", who]].concat());
            let ended = ended
                .with_code(0)
                .saying(&["guesses came true", "tokens a step"]);
            assert_eq!(ended.stdout, alone, "{who} at {warmth}");
        }
    }
    // Its own draft is always right where nothing is drawn by lot.
    let own = [
        "-p",
        "once",
        "-n",
        "40",
        "--guess",
        "draft=toy.gguf",
        "--guesses",
        "4",
    ];
    let ended = generate(&place, &own).with_code(0);
    let told = ended
        .stderr
        .lines()
        .find(|line| line.contains("guesses came true"))
        .unwrap();
    let counts: Vec<usize> = told
        .split("; ")
        .find(|part| part.contains("guesses came true"))
        .unwrap()
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(counts[0] * 10 >= counts[1] * 8 && counts[1] > 20, "{told}");
    generate(&place, &["-p", "once", "--guess", "luck"])
        .with_code(2)
        .saying(&["nobody is called so", "draft=MODEL"]);
    generate(
        &place,
        &["-p", "once", "--guess", "ngram", "--guesses", "0"],
    )
    .with_code(2)
    .saying(&["from 1 to 64"]);
}

#[test]
fn a_stop_text_ends_the_text_before_it() {
    let place = Workplace::new();
    let whole = written(&place, &["-p", "once", "-n", "60"]);
    // Three characters from the middle: the engine gets them in several tokens.
    let stop: String = whole.chars().skip(20).take(3).collect();
    let until = &whole[..whole.find(&stop).unwrap()];
    let ended = generate(
        &place,
        &["-p", "once", "-n", "60", "--stop", "§", "--stop", &stop],
    );
    assert_eq!(ended.stdout, format!("{until}\n"), "stop at {stop:?}");
    ended.with_code(0).saying(&["stop string"]);
}

#[test]
fn the_prompt_is_the_same_from_a_flag_a_file_and_a_pipe() {
    let place = Workplace::new();
    let prompt = "fn main() {\n    let ä = 1;";
    let flagged = written(&place, &["-p", prompt, "-n", "30"]);
    std::fs::write(place.at("prompt.txt"), prompt).unwrap();
    assert_eq!(written(&place, &["-f", "prompt.txt", "-n", "30"]), flagged);
    let words = ["generate", "toy.gguf", "-t", "1", "-n", "30"];
    assert_eq!(
        place.whet_reading(prompt, &words).with_code(0).stdout,
        flagged
    );
    let words = [&words[..], &["-f", "-"]].concat();
    assert_eq!(
        place.whet_reading(prompt, &words).with_code(0).stdout,
        flagged
    );
}

#[test]
fn the_chat_template_and_a_system_message_change_the_prompt() {
    let place = Workplace::new();
    let plain = generate(&place, &["-p", "hi", "-n", "20"]).with_code(0);
    let chat = generate(&place, &["-p", "hi", "-n", "20", "--chat"]).with_code(0);
    let words = ["-p", "hi", "-n", "20", "--chat", "--system", "Be brief."];
    let system = generate(&place, &words).with_code(0);
    assert_ne!(plain.stdout, chat.stdout);
    assert_ne!(chat.stdout, system.stdout);
    assert!(n_prompt(&plain) < n_prompt(&chat) && n_prompt(&chat) < n_prompt(&system));
    generate(&place, &["-p", "hi", "--system", "x"])
        .with_code(2)
        .saying(&["--chat"]);
}

#[test]
fn a_dry_run_prints_what_would_be_read_and_writes_nothing_of_its_own() {
    let place = Workplace::new();
    let words = ["-p", "say ä\n", "--chat", "--system", "Be brief."];
    let shown = generate(&place, &[&words[..], &["--dry-run"]].concat()).with_code(0);
    let system = shown.stdout.find("Be brief.").unwrap();
    let user = shown.stdout.find("say ä\n").unwrap();
    assert!(0 < system && system < user, "{}", shown.stdout);
    assert!(
        shown.stdout.len() > user + "say ä\n".len(),
        "the turn of the model is opened"
    );
    let real = generate(&place, &[&words[..], &["-n", "1"]].concat()).with_code(0);
    assert_eq!(n_prompt(&shown), n_prompt(&real));
    let plain = generate(&place, &["-p", "say ä\n", "--dry-run"]).with_code(0);
    assert!(plain.stdout.ends_with("say ä\n"));
}

/// The number at the beginning of the line that sums up.
fn n_prompt(ended: &Ended) -> u32 {
    let line = ended.stderr.split('[').next_back().unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn values_that_make_no_sense_are_refused_before_the_model_is_looked_for() {
    let place = Workplace::new();
    for (flag, value, word) in [
        ("--temperature", "-1", "temperature"),
        ("--temperature", "NaN", "temperature"),
        ("--temperature", "inf", "temperature"),
        ("--top-p", "0", "top"),
        ("--top-p", "1.5", "top"),
        ("--min-p", "-0.1", "min"),
        ("--repetition-penalty", "0", "penalty"),
        ("--max-tokens", "0", "--max-tokens"),
        ("--max-tokens", "-3", "--max-tokens"),
        ("--temperature", "warm", "--temperature"),
        ("--adapter", "none.gguf", "none.gguf"),
        ("--adapter", "toy.gguf=much", "much"),
    ] {
        let given = format!("{flag}={value}");
        let ended = place.whet(&["generate", "missing.gguf", "-p", "x", &given]);
        ended.with_code(2).saying(&[word]);
    }
}

#[test]
fn an_empty_prompt_is_refused_however_it_comes() {
    let place = Workplace::new();
    std::fs::write(place.at("empty.txt"), "").unwrap();
    for words in [&["-p", ""][..], &["-f", "empty.txt"], &[]] {
        let ended = generate(&place, words).with_code(2);
        ended.saying(&["the prompt is empty"]);
    }
    let missing = generate(&place, &["-f", "none.txt"]).with_code(2);
    missing.saying(&["none.txt"]);
    std::fs::write(place.at("binary"), [0xff, 0xfe, 0x00]).unwrap();
    generate(&place, &["-f", "binary"])
        .with_code(2)
        .saying(&["binary", "UTF-8"]);
}

#[test]
fn a_prompt_beyond_the_context_is_refused_with_both_lengths() {
    let place = Workplace::new();
    // One token per byte and the start token; the toy was made for 512 tokens.
    let ended = generate(&place, &["-p", &"x".repeat(511)]).with_code(2);
    ended.saying(&["512 tokens", "made for 512", "shorten"]);
    let fits = generate(&place, &["-p", &"x".repeat(510)]).with_code(0);
    fits.saying(&["1 tokens", "the context is full"]);
}

#[test]
fn writing_ends_where_the_context_does_and_says_so() {
    let place = Workplace::new();
    let full = generate(&place, &["-p", "once", "-n", "600"]).with_code(0);
    // "once" and the start token are five.
    let full = full.saying(&["507 tokens", "the context is full"]);
    assert!(full.stdout.len() >= 500, "{full}");
    let short = generate(&place, &["-p", "once", "-n", "20"]).with_code(0);
    assert!(!short.stderr.contains("context is full"), "{short}");
}
