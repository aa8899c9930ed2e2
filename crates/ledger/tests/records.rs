//! What goes in comes out: round trips, torn tails, foreign hands in the files.

#![allow(clippy::unwrap_used, reason = "a helper of tests is a test")]

mod example;

use std::fs;
use std::path::Path;

use example::{attempt, audit, done, header, key, measurement, sample, verdict, warning};
use ledger::record::{Attempt, Done, Measurement, Verdict, Warning};
use ledger::{Error, Run, RunFolder, read};
use proptest::prelude::*;
use serde_json::json;

/// Writes a run and closes it.
fn written(root: &Path, run: &Run) -> std::path::PathBuf {
    let mut folder = RunFolder::create(root, &run.header).unwrap();
    run.attempts
        .iter()
        .for_each(|record| folder.append_attempt(record).unwrap());
    run.verdicts
        .iter()
        .for_each(|record| folder.append_verdict(record).unwrap());
    run.measurements
        .iter()
        .for_each(|record| folder.append_measurement(record).unwrap());
    run.audits
        .iter()
        .for_each(|record| folder.append_audit(record).unwrap());
    folder.append_hardware(&run.hardware).unwrap();
    run.warnings
        .iter()
        .for_each(|record| folder.append_warning(record).unwrap());
    run.done
        .iter()
        .for_each(|record| folder.append_done(record).unwrap());
    folder.path().to_owned()
}

/// Two of each, with text that JSON and line ends could stumble over.
fn rich() -> Run {
    let torture = "line\nline\r\n\u{2028}\u{0}\u{1b}[31m\t\"\\ é 漢 🦀 \u{feff}{\"key\":";
    let mut run = Run::new(header("torture_20260101_000000"));
    run.attempts = vec![
        Attempt {
            text: torture.to_owned(),
            ..attempt(0)
        },
        Attempt {
            seed: u64::MAX,
            ..attempt(1)
        },
    ];
    run.verdicts = vec![
        Verdict {
            evidence: torture.to_owned(),
            ..verdict(0)
        },
        verdict(1),
    ];
    run.audits = vec![audit(0, torture), audit(1, "pass")];
    let values = vec![
        -0.0,
        f64::MIN_POSITIVE,
        1e308,
        0.1 + 0.2,
        9_007_199_254_740_993.0,
    ];
    run.measurements = vec![
        Measurement {
            values,
            ..measurement("latency")
        },
        Measurement {
            values: vec![],
            reason: Some("no counter".into()),
            ..measurement("memory")
        },
    ];
    run.hardware = vec![
        sample(0, 0, torture),
        sample(0, 1, "decode"),
        sample(1, 0, "decode"),
    ];
    run.warnings = vec![warning("noisy_host"), warning(torture)];
    run.done = vec![done("one"), done(torture)];
    run
}

#[test]
fn everything_written_is_read_back_equal() {
    let root = tempfile::tempdir().unwrap();
    let run = rich();
    assert_eq!(read(&written(root.path(), &run)).unwrap(), run);
}

#[test]
fn a_cut_file_is_readable_up_to_its_last_whole_record_at_every_byte() {
    let root = tempfile::tempdir().unwrap();
    let run = rich();
    let path = written(root.path(), &run);
    let file = path.join("attempts.jsonl");
    let bytes = fs::read(&file).unwrap();
    for cut in 0..=bytes.len() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let found = read(&path).unwrap();
        let whole = bytes[..cut].iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(found.attempts, run.attempts[..whole], "cut at byte {cut}");
        assert_eq!(found.verdicts, run.verdicts);
        let torn = bytes[..cut]
            .iter()
            .rev()
            .take_while(|&&byte| byte != b'\n')
            .count() as u64;
        assert_eq!(found.torn.iter().map(|tail| tail.bytes).sum::<u64>(), torn);
        assert_eq!(
            fs::read(&file).unwrap().len(),
            cut,
            "reading changed the file"
        );
    }
}

#[test]
fn a_resumed_run_cuts_its_torn_tails_names_them_and_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let run = rich();
    let path = written(root.path(), &run);
    let file = path.join("verdicts.jsonl");
    let bytes = fs::read(&file).unwrap();
    for cut in [bytes.len() - 1, bytes.len() - 40, 3] {
        fs::write(&file, &bytes[..cut]).unwrap();
        let (mut folder, found) = RunFolder::open(&path).unwrap();
        assert_eq!(found.torn.len(), 1);
        assert_eq!(found.torn[0].file, "verdicts.jsonl");
        folder.append_verdict(&verdict(7)).unwrap();
        drop(folder);
        let after = read(&path).unwrap();
        assert_eq!(after.torn, []);
        assert_eq!(after.verdicts.last(), Some(&verdict(7)));
        assert_eq!(after.verdicts.len(), found.verdicts.len() + 1);
    }
}

#[test]
fn samples_are_written_together_or_not_at_all_and_none_counts_twice() {
    let root = tempfile::tempdir().unwrap();
    let path = written(root.path(), &rich());
    let (mut folder, found) = RunFolder::open(&path).unwrap();
    let mut bad = sample(2, 1, "decode");
    bad.readings.insert("cpu_hz".into(), f64::NAN);
    let refused = folder
        .append_hardware(&[sample(2, 0, "decode"), bad])
        .unwrap_err();
    assert!(refused.to_string().contains("cpu_hz"), "{refused}");
    folder.append_hardware(&[]).unwrap();
    folder
        .append_hardware(&[sample(1, 0, "again"), sample(1, 1, "new")])
        .unwrap();
    drop(folder);
    let after = read(&path).unwrap();
    let whole: Vec<_> = found
        .hardware
        .into_iter()
        .chain([sample(1, 1, "new")])
        .collect();
    assert_eq!((after.hardware, after.repeats), (whole, 1));
    let file = path.join("hardware.jsonl");
    let bytes = fs::read(&file).unwrap();
    for cut in 0..bytes.len() {
        fs::write(&file, &bytes[..cut]).unwrap();
        let (folder, torn) = RunFolder::open(&path).unwrap();
        assert!(
            torn.hardware.len() < 5 && torn.torn.len() <= 1,
            "cut at byte {cut}"
        );
        drop(folder);
    }
}

#[test]
fn a_torn_line_in_the_middle_names_its_file_and_line() {
    let root = tempfile::tempdir().unwrap();
    let path = written(root.path(), &rich());
    let file = path.join("attempts.jsonl");
    let text = fs::read_to_string(&file).unwrap();
    let half = &text[..60];
    for middle in [half, "null", "{}", "[", "\u{feff}", "\0"] {
        fs::write(
            &file,
            format!("{}\n{middle}\n{text}", text.lines().next().unwrap()),
        )
        .unwrap();
        for error in [
            read(&path).unwrap_err(),
            RunFolder::open(&path).unwrap_err(),
        ] {
            let said = error.to_string();
            assert!(said.contains("attempts.jsonl line 2"), "{said}");
        }
    }
}

#[test]
fn invalid_utf_8_and_lone_surrogates_are_refused_with_their_line() {
    let root = tempfile::tempdir().unwrap();
    let path = written(root.path(), &rich());
    let file = path.join("warnings.jsonl");
    let good = fs::read(&file).unwrap();
    let bad: [&[u8]; 2] = [
        b"{\"kind\":\"\xff\xfe\",\"message\":\"\",\"advice\":\"\"}\n",
        br#"{"kind":"\ud800","message":"","advice":""}"#,
    ];
    for line in bad {
        fs::write(&file, [&good, line, b"\n"].concat()).unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(said.contains("warnings.jsonl line 3"), "{said}");
    }
}

#[test]
fn files_that_went_through_an_editor_of_another_system_read_the_same() {
    let root = tempfile::tempdir().unwrap();
    let run = rich();
    let path = written(root.path(), &run);
    for name in [
        "attempts.jsonl",
        "verdicts.jsonl",
        "progress.jsonl",
        "run.json",
    ] {
        let text = fs::read_to_string(path.join(name)).unwrap();
        fs::write(path.join(name), text.replace('\n', "\r\n") + "\r\n\r\n").unwrap();
    }
    assert_eq!(read(&path).unwrap(), run);
}

#[test]
fn unknown_fields_are_passed_over_and_stay_in_the_file() {
    let root = tempfile::tempdir().unwrap();
    let path = written(root.path(), &rich());
    let file = path.join("progress.jsonl");
    fs::write(&file, "{\"model\":\"m\",\"step\":\"s\",\"mood\":[1,{}]}\n").unwrap();
    let mut header: serde_json::Value =
        serde_json::from_slice(&fs::read(path.join("run.json")).unwrap()).unwrap();
    header["colour"] = json!("green");
    fs::write(path.join("run.json"), header.to_string()).unwrap();
    let (mut folder, run) = RunFolder::open(&path).unwrap();
    assert!(run.is_done("m", "s"));
    folder.append_done(&done("next")).unwrap();
    assert!(fs::read_to_string(&file).unwrap().contains("mood"));
    assert!(
        fs::read_to_string(path.join("run.json"))
            .unwrap()
            .contains("green")
    );
}

#[test]
fn an_unknown_schema_version_is_refused_even_if_nothing_else_parses() {
    let root = tempfile::tempdir().unwrap();
    let path = written(root.path(), &rich());
    for version in ["0", "2", "4000000000000"] {
        fs::write(
            path.join("run.json"),
            format!("{{\"schema_version\":{version},\"x\":1}}"),
        )
        .unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(
            said.contains(&format!("version {version}")) && said.contains("version 1"),
            "{said}"
        );
        assert!(matches!(RunFolder::open(&path), Err(Error::Version { .. })));
    }
    fs::write(path.join("run.json"), "{\"run_id\":\"x\"}").unwrap();
    assert!(matches!(read(&path), Err(Error::Broken { .. })));
}

#[test]
fn of_repeated_keys_the_first_wins_but_the_last_measurement_and_the_rest_is_counted() {
    let root = tempfile::tempdir().unwrap();
    let mut run = rich();
    run.attempts.push(Attempt {
        text: "again".into(),
        ..attempt(0)
    });
    run.verdicts.push(Verdict {
        cause: "again".into(),
        ..verdict(1)
    });
    run.audits.push(audit(1, "again"));
    let anew = Measurement {
        values: vec![7.0],
        ..measurement("latency")
    };
    run.measurements.push(anew.clone());
    run.warnings.push(warning("noisy_host"));
    run.done.push(done("one"));
    let found = read(&written(root.path(), &run)).unwrap();
    assert_eq!(found.repeats, 6);
    let mut wanted = rich();
    wanted.measurements.retain(|m| m.benchmark != "latency");
    wanted.measurements.push(anew);
    assert_eq!(
        Run {
            repeats: 0,
            ..found
        },
        wanted
    );
}

#[test]
fn a_verdict_that_says_nothing_gives_way_to_a_later_one_that_says_something() {
    let root = tempfile::tempdir().unwrap();
    let fault = || Verdict {
        stage: None,
        unscored: Some("no report".into()),
        ..verdict(0)
    };
    let cases = [
        (vec![fault(), verdict(0)], verdict(0), 1),
        (vec![verdict(0), fault()], verdict(0), 1),
        (vec![fault(), fault()], fault(), 1),
        (vec![fault(), fault(), verdict(0), fault()], verdict(0), 3),
    ];
    for (n, (verdicts, wanted, repeats)) in cases.into_iter().enumerate() {
        let mut run = Run::new(header(&format!("case-{n}")));
        run.verdicts = verdicts;
        let found = read(&written(root.path(), &run)).unwrap();
        assert_eq!((found.verdicts, found.repeats), (vec![wanted], repeats));
    }
}

#[test]
fn measurements_under_other_conditions_are_no_repetition() {
    let root = tempfile::tempdir().unwrap();
    let mut run = Run::new(header("conditions"));
    for tokens in [1, 2, 12] {
        let mut one = measurement("latency");
        one.conditions.insert("prompt_tokens".into(), json!(tokens));
        run.measurements.push(one);
    }
    assert_eq!(read(&written(root.path(), &run)).unwrap(), run);
}

#[test]
fn the_index_finds_what_the_plain_look_up_finds() {
    let run = rich();
    let index = run.index();
    for n in 0..3 {
        assert_eq!(index.attempt(&key(n)), run.attempt(&key(n)));
        assert_eq!(index.verdict(&key(n)), run.verdict(&key(n)));
    }
    assert!(run.attempt(&key(1)).is_some() && run.attempt(&key(2)).is_none());
    assert!(
        run.is_done("toy", "one") && !run.is_done("other", "one") && !run.is_done("toy", "two")
    );
}

#[test]
fn a_hundred_thousand_records_are_read() {
    let root = tempfile::tempdir().unwrap();
    let path = written(root.path(), &Run::new(header("many")));
    let mut text = String::new();
    for n in 0..100_000 {
        text += &serde_json::to_string(&Attempt {
            text: "int main() {}\n".repeat(20),
            ..attempt(n)
        })
        .unwrap();
        text.push('\n');
    }
    fs::write(path.join("attempts.jsonl"), text).unwrap();
    let run = read(&path).unwrap();
    assert_eq!(run.attempts.len(), 100_000);
    assert_eq!(run.index().attempt(&key(99_999)), run.attempts.last());
}

prop_compose! {
    fn any_attempt()(n in any::<u32>(), text in any::<String>(), seed in any::<u64>(), model in any::<String>()) -> Attempt {
        let mut one = Attempt { text, seed, ..attempt(n) };
        one.key.model = model;
        one
    }
}

prop_compose! {
    fn any_verdict()(n in any::<u32>(), evidence in any::<String>(), score in any::<f64>(), code in any::<Option<String>>()) -> Verdict {
        let mut one = Verdict { evidence, code, ..verdict(n) };
        one.scores.insert("keyword_share".into(), if score.is_finite() { score } else { 0.5 });
        one
    }
}

prop_compose! {
    fn any_measurement()(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO, 1..9),
                         condition in any::<String>(), reason in any::<Option<String>>()) -> Measurement {
        let mut one = Measurement { values, reason, ..measurement("latency") };
        one.conditions.insert(condition, json!({"b": 1, "a": [null, 2.5]}));
        one
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_run_is_read_back_equal(
        attempts in prop::collection::btree_map(any::<u32>(), any_attempt(), 0..4),
        verdicts in prop::collection::btree_map(any::<u32>(), any_verdict(), 0..4),
        measurements in prop::collection::vec(any_measurement(), 0..2),
        kind in any::<String>(),
        step in any::<String>(),
    ) {
        let root = tempfile::tempdir().unwrap();
        let mut run = Run::new(header("any"));
        run.attempts = attempts.into_iter().map(|(n, mut one)| { one.key.attempt = n; one }).collect();
        run.verdicts = verdicts.into_iter().map(|(n, mut one)| { one.key.attempt = n; one }).collect();
        run.measurements = measurements;
        run.measurements.dedup_by(|a, b| a.conditions == b.conditions);
        run.warnings = vec![Warning { kind, message: step.clone(), advice: String::new() }];
        run.done = vec![Done { model: "m".into(), step }];
        prop_assert_eq!(read(&written(root.path(), &run)).unwrap(), run);
    }

    #[test]
    fn no_bytes_in_a_file_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let root = tempfile::tempdir().unwrap();
        let path = written(root.path(), &Run::new(header("noise")));
        fs::write(path.join("measurements.jsonl"), &bytes).unwrap();
        if let Ok(run) = read(&path) {
            prop_assert!(run.measurements.is_empty());
        }
    }
}
