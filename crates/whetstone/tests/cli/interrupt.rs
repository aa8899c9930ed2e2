//! Ctrl-C and SIGTERM: the run stops soon, says how to go on, and can go on.

use crate::workplace::{Ended, RunFolder, Workplace, caught, send, watch};

const PLAN: [&str; 6] = [
    "bench",
    "toy.gguf",
    "--threads=1",
    "--preset=smoke",
    "--only=code,perplexity",
    "--output",
];

/// A run that was sent a signal when its first attempt was written, so many times.
fn interrupted(signal: &str, times: usize) -> (Workplace, Ended, RunFolder) {
    caught(|_| {
        let place = Workplace::new();
        let words = [&PLAN[..], &["runs"]].concat();
        let mut child = place.interruptible(&words).spawn().unwrap();
        let run = watch(&mut child, || {
            let run = RunFolder(place.runs("runs").into_iter().next()?);
            (run.n_lines("attempts.jsonl") >= 1).then_some(run)
        });
        let is_at_work = child.try_wait().unwrap().is_none();
        if is_at_work {
            (0..times).for_each(|_| send(signal, child.id()));
        }
        let ended = Ended::of(child);
        let was_faster = ended.code == Some(0);
        (!was_faster).then(|| (place, ended, run.unwrap()))
    })
}

/// Finishes the run and compares it with an undisturbed one.
fn assert_resumes(place: &Workplace, run: &RunFolder) {
    let folder = run.path().to_str().unwrap();
    place.whet(&["bench", "--resume", folder]).with_code(0);
    place
        .whet(&[&PLAN[..], &["undisturbed", "-q"]].concat())
        .with_code(0);
    let reference = place.only_run("undisturbed");
    assert_eq!(run.attempts(), reference.attempts());
    assert_eq!(run.timeless_report(), reference.timeless_report());
}

#[test]
fn an_interrupt_saves_and_says_how_to_go_on() {
    for signal in ["INT", "TERM"] {
        let (place, ended, run) = interrupted(signal, 1);
        let ended = ended.with_code(130);
        // The path as the user gave it, relative to where they are.
        let name = run.path().file_name().unwrap().to_str().unwrap().to_owned();
        let advice = format!("whet bench --resume runs/{name}");
        let ended = ended.saying(&["Stopping after the current step", &advice]);
        assert!(
            ended.stdout.contains("python-core"),
            "what is there is shown: {ended}"
        );
        assert!(!run.text("report.html").is_empty());
        let steps = run.text("progress.jsonl");
        assert!(!steps.contains("ended"), "it stopped before its end");
        let open = |run: &RunFolder| run.text("report.md").contains("has not come to its end");
        assert!(open(&run), "the report says so");
        assert_resumes(&place, &run);
        assert!(!open(&run), "and no longer");
    }
}

#[test]
fn signals_that_were_ignored_when_it_began_stay_ignored() {
    let (ended, ignored) = caught(|_| {
        let place = Workplace::new();
        let words = [&PLAN[..], &["runs"]].concat();
        let mut child = place.ignoring_signals(&words).spawn().unwrap();
        watch(&mut child, || {
            let run = RunFolder(place.runs("runs").into_iter().next()?);
            (run.n_lines("attempts.jsonl") >= 1).then_some(())
        })?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let is_at_work = child.try_wait().unwrap().is_none();
        if is_at_work {
            ["HUP", "INT", "TERM"]
                .iter()
                .for_each(|signal| send(signal, child.id()));
        }
        let ended = Ended::of(child);
        let status = status.unwrap_or_default();
        let mask = status.lines().find_map(|it| it.strip_prefix("SigIgn:"));
        is_at_work.then(|| (ended, mask.unwrap().trim().to_owned()))
    });
    let ended = ended.with_code(0);
    assert!(!ended.stderr.contains("Stopping"), "{ended}");
    let ignored = u64::from_str_radix(&ignored, 16).unwrap();
    assert_eq!(ignored & 0x4003, 0x4003, "{ignored:x}");
}

#[test]
fn what_was_to_be_exported_is_written_by_whoever_goes_on() {
    let place = Workplace::new();
    let mut words = PLAN.to_vec();
    words.splice(5..5, ["--export", "csv=numbers_{stamp}.csv"]);
    let mut child = place
        .command(&[&words[..], &["runs"]].concat())
        .spawn()
        .unwrap();
    let run = watch(&mut child, || {
        let run = RunFolder(place.runs("runs").into_iter().next()?);
        (run.n_lines("attempts.jsonl") >= 1).then_some(run)
    });
    send("KILL", child.id());
    Ended::of(child);
    let run = run.unwrap();
    let stamp = &run.path().to_str().unwrap()[run.path().to_str().unwrap().len() - 15..];
    let numbers = place.at(&format!("numbers_{stamp}.csv"));
    assert!(!numbers.exists());
    let folder = std::path::absolute(run.path()).unwrap();
    let mut later = place.command(&["bench", "--resume", folder.to_str().unwrap()]);
    // Whoever goes on stands elsewhere and says nothing of it.
    later.current_dir(folder.parent().unwrap());
    Ended::of(later.spawn().unwrap()).with_code(0);
    assert_eq!(
        std::fs::read_to_string(numbers).unwrap(),
        run.text("scorecard.csv")
    );
}

#[test]
fn a_second_interrupt_ends_at_once_and_the_run_still_resumes() {
    let (place, ended, run) = interrupted("INT", 2);
    ended.with_code(130);
    assert_resumes(&place, &run);
}

#[test]
fn an_interrupt_ends_generate_after_the_token_at_hand() {
    let place = Workplace::new();
    let words = ["generate", "toy.gguf", "-t", "1", "-p", "x", "-n", "500"];
    let mut child = place.interruptible(&words).spawn().unwrap();
    // The first byte has arrived; of 500 tokens nobody has read the rest.
    let mut stdout = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut stdout, &mut [0]).unwrap();
    send("INT", child.id());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
    let ended = Ended::of(child);
    // A fast machine may have written everything before the signal came.
    if rest.len() < 450 {
        let ended = ended.with_code(130);
        ended.saying(&["Stopping", "interrupted"]);
    } else {
        assert!(matches!(ended.code, Some(0 | 130)), "{ended}");
    }
}
