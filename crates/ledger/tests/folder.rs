//! The folder as a whole: who may create, open, write and replace what.

mod example;

use std::fs;
use std::thread;

use example::{attempt, header, measurement, verdict};
use ledger::record::{Measurement, Verdict};
use ledger::{Error, RunFolder, is_record, latest, read, write_derived};

#[test]
fn an_existing_run_is_refused_and_left_untouched() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = RunFolder::create(root.path(), &header("once")).unwrap();
    folder.append_attempt(&attempt(0)).unwrap();
    assert!(matches!(
        RunFolder::create(root.path(), &header("once")),
        Err(Error::Exists { .. })
    ));
    assert_eq!(read(folder.path()).unwrap().attempts.len(), 1);
}

#[test]
fn a_run_name_cannot_leave_its_root() {
    let root = tempfile::tempdir().unwrap();
    for name in [
        "", ".", "..", "../x", "a/b", "a\\b", "/tmp", ".hidden", "a b", "a\0b", "ä", "c:x",
    ] {
        let error = RunFolder::create(root.path(), &header(name)).unwrap_err();
        assert!(matches!(error, Error::Name { .. }), "{name:?}: {error}");
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn a_root_that_is_no_folder_is_an_error_that_names_it() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let said = RunFolder::create(&file, &header("x"))
        .unwrap_err()
        .to_string();
    assert!(said.contains("file"), "{said}");
}

#[test]
fn a_second_writer_is_kept_out_and_a_reader_is_not() {
    let root = tempfile::tempdir().unwrap();
    let mut first = RunFolder::create(root.path(), &header("shared")).unwrap();
    first.append_attempt(&attempt(0)).unwrap();
    let said = RunFolder::open(first.path()).unwrap_err().to_string();
    assert!(
        said.contains("shared") && said.contains("another process"),
        "{said}"
    );
    assert_eq!(read(first.path()).unwrap().attempts.len(), 1);
    let path = first.path().to_owned();
    drop(first);
    assert!(RunFolder::open(&path).is_ok());
}

#[test]
fn of_many_who_open_at_once_one_gets_in() {
    let root = tempfile::tempdir().unwrap();
    let path = RunFolder::create(root.path(), &header("race"))
        .unwrap()
        .path()
        .to_owned();
    let opened: Vec<_> = thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| RunFolder::open(&path)))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(opened.iter().filter(|one| one.is_ok()).count(), 1);
}

#[test]
fn a_reader_beside_the_writer_never_sees_half_a_record() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = RunFolder::create(root.path(), &header("beside")).unwrap();
    let path = folder.path().to_owned();
    thread::scope(|scope| {
        let writer =
            scope.spawn(move || (0..200).for_each(|n| folder.append_attempt(&attempt(n)).unwrap()));
        while !writer.is_finished() {
            let run = read(&path).unwrap();
            assert!(
                run.attempts
                    .iter()
                    .zip(0..)
                    .all(|(one, n)| one.key.attempt == n)
            );
        }
    });
    assert_eq!(read(&path).unwrap().attempts.len(), 200);
}

#[test]
fn a_folder_without_a_header_is_no_run_and_is_not_changed() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(read(root.path()), Err(Error::NotARun { .. })));
    assert!(matches!(
        RunFolder::open(root.path()),
        Err(Error::NotARun { .. })
    ));
    assert!(matches!(
        read(&root.path().join("absent")),
        Err(Error::NotARun { .. })
    ));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn record_files_that_are_missing_are_empty_and_are_made_on_resume() {
    let root = tempfile::tempdir().unwrap();
    let path = RunFolder::create(root.path(), &header("old"))
        .unwrap()
        .path()
        .to_owned();
    fs::remove_file(path.join("warnings.jsonl")).unwrap();
    assert_eq!(read(&path).unwrap().warnings, []);
    let (_folder, _) = RunFolder::open(&path).unwrap();
    assert!(path.join("warnings.jsonl").is_file());
}

#[test]
fn numbers_that_are_none_reach_no_file() {
    let root = tempfile::tempdir().unwrap();
    let mut folder = RunFolder::create(root.path(), &header("numbers")).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let bad = Measurement {
            values: vec![1.0, value],
            ..measurement("latency")
        };
        assert!(matches!(
            folder.append_measurement(&bad),
            Err(Error::NotFinite { .. })
        ));
        let mut bad: Verdict = verdict(0);
        bad.scores.insert("keyword_share".into(), value);
        let said = folder.append_verdict(&bad).unwrap_err().to_string();
        assert!(said.contains("keyword_share"), "{said}");
    }
    let silent = Measurement {
        values: vec![],
        reason: None,
        ..measurement("latency")
    };
    assert!(matches!(
        folder.append_measurement(&silent),
        Err(Error::Unexplained { .. })
    ));
    for file in ["measurements.jsonl", "verdicts.jsonl"] {
        assert_eq!(fs::read(folder.path().join(file)).unwrap(), b"");
    }
}

#[test]
fn derived_files_replace_each_other_whole_and_never_a_record() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(root.path(), &header("derived")).unwrap();
    folder.write_derived("report.md", &[b'x'; 100_000]).unwrap();
    folder.write_derived("report.md", b"short").unwrap();
    assert_eq!(fs::read(folder.path().join("report.md")).unwrap(), b"short");
    let chart = folder.write_derived("charts/speed.svg", b"<svg/>").unwrap();
    assert_eq!(chart, folder.path().join("charts/speed.svg"));
    for name in [
        "",
        ".",
        "..",
        "../x",
        "/etc/x",
        "a/../../x",
        "run.json",
        "RUN.json",
        "attempts.jsonl",
        "verdicts.jsonl",
        "measurements.jsonl",
        "hardware.jsonl",
        "warnings.jsonl",
        "progress.jsonl",
        "lock",
        ".lock",
        "a/.hidden",
        "a\\b",
        "report/",
        "./run.json",
        "c:x",
    ] {
        let outcome = write_derived(folder.path(), name, b"bad");
        assert!(matches!(outcome, Err(Error::Name { .. })), "{name:?}");
    }
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    names.retain(|name| !name.to_string_lossy().ends_with(".jsonl"));
    names.sort();
    assert_eq!(
        names,
        ["charts", "lock", "report.md", "run.json"],
        "no temporary file is left"
    );
}

#[test]
fn whatever_a_new_run_has_in_its_folder_is_a_record_that_nothing_may_replace() {
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(root.path(), &header("own")).unwrap();
    let entries = fs::read_dir(folder.path()).unwrap().flatten();
    let names: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert!(names.contains(&"timings.jsonl".to_owned()), "{names:?}");
    for name in &names {
        let before = fs::read(folder.path().join(name)).unwrap();
        let outcome = write_derived(folder.path(), name, b"an export");
        assert!(matches!(outcome, Err(Error::Name { .. })), "{name}");
        assert!(is_record(&folder.path().join(name)), "{name}");
        let after = fs::read(folder.path().join(name)).unwrap();
        assert_eq!(after, before, "{name}");
    }
    assert!(!is_record(&folder.path().join("report.json")));
    assert!(!is_record(&root.path().join("timings.jsonl")), "no run");
}

#[test]
fn a_derived_file_that_cannot_be_placed_leaves_nothing_behind() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("report.md/inner")).unwrap();
    assert!(matches!(
        write_derived(root.path(), "report.md", b"x"),
        Err(Error::Io { .. })
    ));
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn others_may_read_what_the_umask_lets_them() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(root.path(), &header("mode")).unwrap();
    let mode = |name: &str| {
        fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("run.json"), mode("attempts.jsonl"));
}

#[test]
fn the_latest_run_is_the_one_with_the_latest_time_in_its_name() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(latest(root.path()), None);
    assert_eq!(latest(&root.path().join("absent")), None);
    for name in [
        "zoo",
        "zeta_20250101_000000",
        "alpha_20260102_030405",
        "beta_20260102_030404",
    ] {
        drop(RunFolder::create(root.path(), &header(name)).unwrap());
    }
    fs::create_dir(root.path().join("killed_20991231_235959")).unwrap();
    fs::write(root.path().join("file_20991231_235959"), "").unwrap();
    assert_eq!(
        latest(root.path()),
        Some(root.path().join("alpha_20260102_030405"))
    );
}
