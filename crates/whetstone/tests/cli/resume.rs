//! Runs that were killed, torn or finished, taken up again: the report is that of an undisturbed run.
//!
//! A test kills the program when the run's own files show that it has come to a certain place, not
//! after a time.

use std::process::Child;

use serde_json::Value;

use crate::workplace::{Ended, RunFolder, Workplace, caught, killed, send, watch};

/// Everything but latency, which is nothing but times: 12 attempts, judged, and two texts.
const PLAN: [&str; 8] = [
    "bench",
    "toy.gguf",
    "--threads=1",
    "--preset=smoke",
    "--only=code,memory,perplexity",
    "--samples=2",
    "--batch=3",
    "--quiet",
];

/// A run's file and a number of lines at which the program is killed.
type Moment = (&'static str, usize);

/// Starts a run and kills it once a file of it has so many lines.
fn killed_at(place: &Workplace, (file, n_lines): Moment) -> RunFolder {
    place.killed(&PLAN, &format!("killed_{n_lines}_{file}"), (file, n_lines))
}

fn resume(place: &Workplace, run: &RunFolder) -> Ended {
    let folder = run.path().to_str().unwrap();
    place.whet(&["bench", "--resume", folder]).with_code(0)
}

fn undisturbed(place: &Workplace) -> RunFolder {
    place
        .whet(&[&PLAN[..], &["--output", "undisturbed"]].concat())
        .with_code(0);
    place.only_run("undisturbed")
}

#[track_caller]
fn assert_same(run: &RunFolder, reference: &RunFolder, what: &str) {
    assert_eq!(run.attempts(), reference.attempts(), "{what}");
    assert_eq!(run.verdicts(), reference.verdicts(), "{what}");
    let (report, wanted) = (run.timeless_report(), reference.timeless_report());
    assert_eq!(difference("", &report, &wanted), None, "{what}");
}

/// Where two documents differ first, and how; a whole report is too long to look through.
fn difference(place: &str, found: &Value, wanted: &Value) -> Option<String> {
    match (found, wanted) {
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            let below = |(name, value): (&String, &Value)| {
                let other = other.get(name).unwrap_or(&Value::Null);
                difference(&format!("{place}/{name}"), value, other)
            };
            one.iter().find_map(below)
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            let below = |(at, (one, other))| difference(&format!("{place}/{at}"), one, other);
            pairs.into_iter().find_map(below)
        }
        _ => (found != wanted).then(|| format!("{place}: {found} and not {wanted}")),
    }
}

#[test]
fn a_run_killed_anywhere_ends_like_one_that_was_not() {
    let place = Workplace::new();
    let reference = undisturbed(&place);
    for moment in [
        ("run.json", 1),
        ("measurements.jsonl", 1),
        ("attempts.jsonl", 1),
        ("attempts.jsonl", 5),
        ("verdicts.jsonl", 1),
        ("attempts.jsonl", 7),
        ("verdicts.jsonl", 8),
        ("progress.jsonl", 5),
    ] {
        let run = killed_at(&place, moment);
        let ended = resume(&place, &run);
        assert!(
            ended.stderr.contains("Going on with"),
            "{moment:?}: {ended}"
        );
        assert_same(&run, &reference, &format!("{moment:?}"));
    }
}

#[test]
fn a_run_killed_again_and_again_ends_like_one_that_was_not() {
    let place = Workplace::new();
    let reference = undisturbed(&place);
    let mut run = killed_at(&place, ("attempts.jsonl", 1));
    for (file, more) in [
        ("attempts.jsonl", 2),
        ("verdicts.jsonl", 2),
        ("progress.jsonl", 1),
    ] {
        let wanted = run.n_lines(file) + more;
        run = caught(|number| {
            let copy = RunFolder(place.at(&format!("again/of_{file}_{number}")));
            copy_records(&run, &copy);
            let words = ["bench", "-q", "--resume", copy.path().to_str().unwrap()];
            let child = place.command(&words).spawn().unwrap();
            killed(child, || (copy.n_lines(file) >= wanted).then_some(()))?;
            Some(copy)
        });
    }
    resume(&place, &run);
    assert_same(&run, &reference, "killed four times");
}

#[test]
fn a_run_with_torn_last_lines_is_mended() {
    let place = Workplace::new();
    let reference = undisturbed(&place);
    let files = [
        "attempts.jsonl",
        "verdicts.jsonl",
        "measurements.jsonl",
        "progress.jsonl",
    ];
    for (file, lost) in files.into_iter().zip([1, 20, 30, 7]) {
        let run = RunFolder(place.at(&format!("torn/toy_of_{file}")));
        copy_records(&reference, &run);
        let path = run.path().join(file);
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - lost]).unwrap();
        if file == "measurements.jsonl" {
            // A step is marked as done after its last measurement is whole, and then the end of all.
            let marks = run.text("progress.jsonl");
            let lines: Vec<&str> = marks.lines().collect();
            let kept = lines[..lines.len() - 2].join("\n") + "\n";
            std::fs::write(run.path().join("progress.jsonl"), kept).unwrap();
        }
        resume(&place, &run);
        assert!(run.text(file).ends_with('\n'), "{file}");
        assert_same(&run, &reference, file);
    }
}

/// A run as it was before anything was derived from its records.
fn copy_records(from: &RunFolder, to: &RunFolder) {
    std::fs::create_dir_all(to.path()).unwrap();
    for entry in std::fs::read_dir(from.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".jsonl") || name == "run.json" {
            std::fs::copy(&path, to.path().join(name)).unwrap();
        }
    }
}

#[test]
fn a_finished_run_can_be_resumed_and_stays_as_it_is() {
    let place = Workplace::new();
    let code = ["--preset=smoke", "--only=code", "--suite=python-core", "-q"];
    place.bench(&code).with_code(0);
    let run = place.only_run("runs");
    let before = (
        run.text("attempts.jsonl"),
        run.text("verdicts.jsonl"),
        run.text("report.json"),
    );
    // Without a folder: the newest run.
    let ended = place.whet(&["bench", "--resume"]).with_code(0);
    ended.saying(&["which has 3 completions and 3 verdicts"]);
    let after = (
        run.text("attempts.jsonl"),
        run.text("verdicts.jsonl"),
        run.text("report.json"),
    );
    assert_eq!(before, after);
}

#[test]
fn a_run_that_goes_on_with_another_engine_says_so_once() {
    let place = Workplace::new();
    let code = ["--preset=smoke", "--only=code", "--suite=python-core", "-q"];
    place.bench(&code).with_code(0);
    let run = place.only_run("runs");
    let mut header = run.json("run.json");
    header["engine"]["version"] = "0.0.1".into();
    std::fs::write(run.path().join("run.json"), header.to_string()).unwrap();
    let steps = run.text("progress.jsonl");
    let times_said = || {
        run.text("warnings.jsonl")
            .matches("resumed_elsewhere")
            .count()
    };
    place.whet(&["bench", "--resume"]).with_code(0);
    assert_eq!(times_said(), 0, "it is complete, so it does not go on");
    let open: Vec<&str> = steps.lines().filter(|l| !l.contains("ended")).collect();
    for _ in 0..2 {
        std::fs::write(run.path().join("progress.jsonl"), open.join("\n") + "\n").unwrap();
        let ended = place.whet(&["bench", "--resume"]).with_code(0);
        ended.saying(&["begun under other conditions", "version 0.0.1 and"]);
        assert_eq!(times_said(), 1);
    }
    assert!(run.text("report.md").contains("version 0.0.1 and"));
}

#[test]
fn there_must_be_something_to_resume() {
    let place = Workplace::new();
    let nothing = place.whet(&["bench", "--resume"]).with_code(2);
    nothing.saying(&["no run to resume in runs"]);
    for word in ["runs/none", "toy.gguf"] {
        let ended = place.whet(&["bench", "--resume", word]).with_code(2);
        ended.saying(&[word]);
    }
    let both = place.whet(&["bench", "toy.gguf", "--resume"]).with_code(2);
    both.saying(&["--resume"]);
}

#[test]
fn a_word_about_the_plan_beside_resume_is_refused_and_not_passed_over() {
    let place = Workplace::new();
    for (flag, value) in [
        ("--samples", "9"),
        ("--audit", "0.5"),
        ("--prompt-tokens", "64"),
        ("--contexts", "256"),
        ("--cache", "q4_0"),
        ("--only", "code"),
        ("--preset", "smoke"),
        ("--seed", "7"),
        ("--threads", "1"),
    ] {
        let ended = place.whet(&["bench", "--resume", "runs/none", flag, value]);
        ended
            .with_code(2)
            .saying(&["--resume", flag, "cannot be used with"]);
    }
}

#[test]
fn a_run_is_not_resumed_with_another_model_file() {
    let place = Workplace::new();
    let code = ["--preset=smoke", "--only=code", "--suite=python-core", "-q"];
    place.bench(&code).with_code(0);
    let before = place.only_run("runs").attempts();
    place.toy("toy", 8);
    let changed = place.whet(&["bench", "--resume"]).with_code(2);
    changed.saying(&[
        "toy.gguf is not the file that this run began with",
        "start a new run",
    ]);
    std::fs::remove_file(place.at("toy.gguf")).unwrap();
    let gone = place.whet(&["bench", "--resume"]).with_code(2);
    gone.saying(&["toy.gguf"]);
    assert_eq!(before, place.only_run("runs").attempts());
}

#[test]
fn a_run_that_is_being_written_is_not_resumed_by_a_second_program() {
    let place = Workplace::new();
    // Held still, so that it is at work however long the second takes to begin.
    let (run, child) = caught(|number| held_still(&place, &format!("runs_{number}")));
    let second = place.whet(&["bench", "--resume", run.path().to_str().unwrap()]);
    send("CONT", child.id());
    assert!(matches!(second.code, Some(1 | 2)), "{second}");
    assert!(
        second.stderr.contains(run.path().to_str().unwrap()),
        "{second}"
    );
    Ended::of(child).with_code(0);
    assert_eq!(run.attempts().len(), 12);
    assert_eq!(run.verdicts().len(), 12);
}

/// A run that was stopped, as by Ctrl-Z, before it came to its verdicts.
fn held_still(place: &Workplace, runs: &str) -> Option<(RunFolder, Child)> {
    let words = [&PLAN[..], &["--output", runs]].concat();
    let mut child = place.command(&words).spawn().unwrap();
    let run = watch(&mut child, || {
        let run = RunFolder(place.runs(runs).into_iter().next()?);
        (run.n_lines("attempts.jsonl") >= 1).then_some(run)
    });
    let run = run.unwrap();
    if child.try_wait().unwrap().is_none() {
        send("STOP", child.id());
        if run.n_lines("verdicts.jsonl") < 12 {
            return Some((run, child));
        }
        send("CONT", child.id());
    }
    Ended::of(child).with_code(0);
    None
}
