//! What goes to stdout, what to stderr, and what happens when nobody reads it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::workplace::{Ended, Workplace};

#[test]
fn stdout_is_one_json_document_while_stderr_talks() {
    let place = Workplace::new();
    let words = [
        "--preset",
        "smoke",
        "--only",
        "code,memory",
        "--format",
        "json",
        "-v",
    ];
    let ended = place.bench(&words).with_code(0);
    let report = ended.json();
    assert_eq!(report, place.only_run("runs").json("report.json"));
    for word in ["Measuring toy", "generating", "Report: "] {
        assert!(ended.stderr.contains(word), "{word}: {ended}");
    }
}

#[test]
fn quiet_leaves_stderr_empty_and_the_result_on_stdout() {
    let place = Workplace::new();
    let bench = place
        .bench(&["--preset", "smoke", "--only", "memory", "-q"])
        .with_code(0);
    assert_eq!(bench.stderr, "");
    assert!(bench.stdout.contains("KV cache"), "{bench}");
    let words = [
        "-q", "generate", "toy.gguf", "-p", "x", "-n", "5", "-t", "1",
    ];
    let generate = place.whet(&words).with_code(0);
    assert_eq!(generate.stderr, "");
    assert!(!generate.stdout.is_empty());
    let list = place.whet(&["models", "ls", "-q"]).with_code(0);
    assert_eq!(list.stderr, "");
}

#[test]
fn quiet_still_says_what_went_wrong() {
    let place = Workplace::new();
    let ended = place.whet(&["-q", "bench", "missing.gguf"]).with_code(2);
    ended.saying(&["missing.gguf"]);
}

#[test]
fn no_stranger_steers_the_terminal_by_what_is_said_of_him() {
    let place = Workplace::new();
    let recipe = "version: 2\n\"ke\\e[31my\\a\": 1\n";
    std::fs::write(place.at("evil.yml"), recipe).unwrap();
    let results =
        serde_json::json!({"results": {"hellaswag": {"acc\u{1b}[2J,none": "\u{7}\u{9b}"}}});
    std::fs::write(place.at("evil.json"), results.to_string()).unwrap();
    let file = "evil\u{1b}]0;owned\u{7}\u{202e}.gguf";
    std::fs::write(place.at(file), "no model").unwrap();
    for (words, code, shown) in [
        (&["check", "evil.yml"][..], 2, "ke␛[31my␇"),
        (&["run", "evil.yml", "--dry-run"], 2, "ke␛[31my␇"),
        (&["runs", "import", "evil.json"], 2, "acc␛[2J,none"),
        (&["models", "show", file], 2, "evil␛]0;owned␇⟨U+202E⟩.gguf"),
        (&["bench", "--ti\u{1b}[2Jny"], 2, "--ti␛[2Jny"),
        (&["models", "ls", "--format", "\u{1b}[2J"], 2, "␛[2J"),
    ] {
        let ended = place.whet(words).with_code(code);
        let said = format!("{}{}", ended.stdout, ended.stderr);
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert_eq!(said.find(steers), None, "{words:?}: {said:?}");
        assert!(said.contains(shown), "{words:?}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Workplace::new();
    for words in [
        &["models", "ls"][..],
        &["bench", "--help"],
        &["generate", "toy.gguf", "-p", "x", "-n", "500", "-t", "1"],
        &[
            "bench", "toy.gguf", "-t", "1", "--preset", "smoke", "--only", "memory",
        ],
    ] {
        let mut child = place.command(words).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        drop(stdout);
        assert_calm(&Ended::of(child));
    }
}

#[test]
fn a_reader_that_was_never_there_is_no_failure() {
    let place = Workplace::new();
    for words in [
        &["models", "ls"][..],
        &["generate", "toy.gguf", "-p", "x", "-n", "20", "-t", "1"],
        &[
            "bench", "toy.gguf", "-t", "1", "--preset", "smoke", "--only", "memory",
        ],
    ] {
        let mut child = place.command(words).spawn().unwrap();
        drop(child.stdout.take());
        assert_calm(&Ended::of(child));
    }
}

#[test]
fn what_was_asked_for_happens_though_nobody_reads_the_result() {
    let place = Workplace::new();
    let unread = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let mut child = place.command(&words).spawn().unwrap();
        drop(child.stdout.take());
        Ended::of(child)
    };
    let bench = "bench toy.gguf -t 1 --preset smoke --only memory";
    unread(&format!(
        "{bench} --save-baseline main --export csv=numbers.csv"
    ))
    .with_code(0)
    .saying(&["Baseline main is"]);
    assert!(place.at("numbers.csv").is_file());
    let runs = place.runs("runs").into_iter().filter(|path| path.is_dir());
    let [run] = &runs.collect::<Vec<_>>()[..] else {
        panic!("one run was expected");
    };
    let run = run.display();
    let gate = "--gate weight_bytes<1 -o page";
    unread(&format!("compare {run} --baseline main {gate}")).with_code(3);
    assert!(place.at("page/report.html").is_file());
}

#[test]
fn a_full_disk_behind_stdout_is_a_failure_that_names_it() {
    let place = Workplace::new();
    for words in [
        &["models", "ls"][..],
        &["generate", "toy.gguf", "-p", "x", "-n", "5", "-t", "1"],
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let child = place.command(words).stdout(full).spawn().unwrap();
        let ended = Ended::of(child).with_code(1);
        ended.saying(&["cannot write to standard output", "No space left"]);
    }
}

#[test]
fn a_prompt_that_is_no_text_is_refused_before_a_model_is_loaded() {
    let place = Workplace::new();
    std::fs::write(place.at("prompt.bin"), b"x\xff\xfe").unwrap();
    let binary = std::fs::File::open(place.at("prompt.bin")).unwrap();
    let mut command = place.command(&["generate", "missing.gguf"]);
    let ended = Ended::of(command.stdin(binary).spawn().unwrap()).with_code(2);
    ended.saying(&["the prompt from standard input", "UTF-8"]);
}

/// Ended well, or as programs do whose pipe broke; without a panic either way.
#[track_caller]
fn assert_calm(ended: &Ended) {
    const SIGPIPE: i32 = 13;
    assert!(
        ended.code == Some(0) || ended.signal == Some(SIGPIPE),
        "{ended}"
    );
    for word in ["panicked", "backtrace", "Broken pipe"] {
        assert!(!ended.stderr.contains(word), "{ended}");
    }
}

#[test]
fn a_stderr_that_nobody_reads_stops_nothing() {
    let place = Workplace::new();
    let words = [
        "bench", "toy.gguf", "-t", "1", "--preset", "smoke", "--only", "memory",
    ];
    let mut child = place
        .command(&words)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let ended = Ended::of(child).with_code(0);
    assert!(ended.stdout.contains("KV cache"), "{ended}");
}

#[test]
fn colour_comes_when_asked_for_and_not_into_a_pipe() {
    let place = Workplace::new();
    let words = ["--preset", "smoke", "--only", "memory"];
    let plain = place.bench(&words).with_code(0);
    assert!(!plain.stdout.contains('\x1b'), "{plain}");
    let always = place.bench(&[&words[..], &["--color", "always"]].concat());
    assert!(always.with_code(0).stdout.contains('\x1b'));
}

#[test]
fn the_log_goes_into_a_file_that_can_be_written_and_no_other() {
    let place = Workplace::new();
    let words = [
        "generate",
        "toy.gguf",
        "-p",
        "x",
        "-n",
        "2",
        "-t",
        "1",
        "--log-file",
    ];
    place
        .whet(&[&words[..], &["log.txt"]].concat())
        .with_code(0);
    let log = std::fs::read_to_string(place.at("log.txt")).unwrap();
    assert!(log.contains("llama"), "{log}");
    let refused = place.whet(&[&words[..], &["none/log.txt"]].concat());
    refused.with_code(2).saying(&["none/log.txt"]);
}

#[test]
fn the_log_in_a_pipe_has_no_colour_and_a_filter_that_is_none_is_refused() {
    let place = Workplace::new();
    let words = [
        "generate", "toy.gguf", "-p", "x", "-n", "2", "-t", "1", "-vv",
    ];
    let plain = place.whet(&words).with_code(0);
    assert!(plain.stderr.contains("llama"), "{plain}");
    assert!(!plain.stderr.contains('\x1b'), "{plain}");
    let always = place.whet(&[&words[..], &["--color", "always"]].concat());
    assert!(always.with_code(0).stderr.contains('\x1b'));
    let mut command = place.command(&["models", "ls"]);
    let refused = command.env("WHET_LOG", "llama.cpp=loud").spawn().unwrap();
    Ended::of(refused)
        .with_code(2)
        .saying(&["WHET_LOG", "llama.cpp=loud", "llama.cpp=trace"]);
}

#[test]
fn the_doctor_speaks_json_and_its_exit_code_agrees_with_it() {
    let ended = Workplace::new().whet(&["doctor", "--format", "json"]);
    let findings = ended.json()["findings"].clone();
    let findings = findings.as_array().unwrap();
    assert!(findings.len() >= 10, "{ended}");
    let is_broken = findings.iter().any(|finding| finding["state"] == "FAIL");
    assert_eq!(ended.code, Some(if is_broken { 3 } else { 0 }), "{ended}");
    for finding in findings {
        let lacks = finding["state"] != "ok";
        assert_eq!(lacks, finding["remedy"].is_string(), "{finding}");
    }
}

#[test]
fn readings_stand_beside_the_numbers_unless_they_are_not_wanted() {
    let place = Workplace::new();
    let words = ["--only", "perplexity", "-q"];
    let shown = place.bench(&words).with_code(0);
    assert!(shown.stdout.contains("guide"), "{shown}");
    let run = place.only_run("runs");
    let path = run.path().to_str().unwrap();
    let before = run.text("report.md");
    assert!(before.contains("published guides"), "{before}");
    let hidden = place.whet(&["report", path, "--no-readings"]).with_code(0);
    assert!(!hidden.stdout.contains("guide"), "{hidden}");
    assert!(
        !run.text("report.md").contains("guide")
            && !run.text("report.html").contains("published guides")
    );
    place
        .whet(&["report", path, "--no-readings", "--readings", "-q"])
        .with_code(0);
    assert_eq!(run.text("report.md"), before, "the last word counts");
}
