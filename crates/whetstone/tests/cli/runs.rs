//! Runs that are there already: rendered again, listed, shown, deleted.

use std::fs;

use serde_json::Value;

use crate::workplace::Workplace;

/// A place with one small run, and that run's name.
fn measured() -> (Workplace, String) {
    let place = Workplace::new();
    place
        .bench(&["--preset", "smoke", "--only", "memory", "-q"])
        .with_code(0);
    let folder = place.only_run("runs");
    let name = folder.0.file_name().unwrap().to_string_lossy().into_owned();
    (place, name)
}

#[test]
fn a_report_comes_back_byte_for_byte_after_all_of_it_was_deleted() {
    let (place, name) = measured();
    let folder = place.at(&format!("runs/{name}"));
    let derived = |file: &str| !file.ends_with(".jsonl") && file != "run.json" && file != "lock";
    let files: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|file| derived(file))
        .collect();
    assert!(files.iter().any(|file| file == "report.html"));
    let before: Vec<Vec<u8>> = files
        .iter()
        .map(|file| {
            let bytes = fs::read(folder.join(file)).unwrap();
            fs::remove_file(folder.join(file)).unwrap();
            bytes
        })
        .collect();
    for words in [
        &["report"][..],
        &["report", &name],
        &["report", "runs/../runs/", "-q"][..1],
    ] {
        let ended = place.whet(words).with_code(0);
        assert!(ended.stdout.contains("KV cache"), "{ended}");
    }
    for (file, before) in files.iter().zip(before) {
        assert_eq!(fs::read(folder.join(file)).unwrap(), before, "{file}");
    }
}

#[test]
fn showing_a_run_writes_nothing() {
    let (place, name) = measured();
    let page = place.at(&format!("runs/{name}/report.html"));
    fs::remove_file(&page).unwrap();
    let ended = place
        .whet(&["runs", "show", "--format", "json"])
        .with_code(0);
    assert_eq!(ended.json()["provenance"]["run_id"], Value::from(name));
    assert!(!page.exists());
}

#[test]
fn runs_are_listed_with_what_they_measured_and_broken_ones_with_why_not() {
    let (place, name) = measured();
    fs::create_dir(place.at("runs/broken")).unwrap();
    fs::write(place.at("runs/broken/run.json"), "{").unwrap();
    fs::create_dir(place.at("runs/no-run")).unwrap();
    let list = place
        .whet(&["runs", "ls", "--format", "json"])
        .with_code(0)
        .json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["run"], Value::from(name));
    assert_eq!(list[0]["benchmarks"], serde_json::json!(["memory"]));
    assert!(list[1]["error"].is_string());
    let table = place.whet(&["runs", "ls"]).with_code(0);
    assert!(
        table.stdout.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    let empty = place
        .whet(&["runs", "ls", "--root", "nowhere"])
        .with_code(0);
    empty.saying(&["There is no run in nowhere"]);
}

#[test]
fn deleting_asks_first_and_takes_only_runs() {
    let (place, name) = measured();
    let refused = place.whet(&["runs", "rm", &name]).with_code(2);
    refused.saying(&["nothing was deleted", "--yes"]);
    fs::create_dir(place.at("precious")).unwrap();
    place
        .whet(&["runs", "rm", "precious", "--yes"])
        .with_code(2)
        .saying(&["run.json"]);
    assert!(place.at("precious").is_dir());
    let report = place.whet(&["report", "precious"]).with_code(2);
    assert!(
        !report.stderr.contains("delete"),
        "it may be anything: {report}"
    );
    place
        .whet(&["runs", "rm", "missing", "--yes"])
        .with_code(2)
        .saying(&["there is no run missing"]);
    // Named twice is no reason to take it for a run that somebody else writes.
    let path = format!("runs/{name}");
    place
        .whet(&["runs", "rm", &name, &path, "--yes"])
        .with_code(0);
    assert!(!place.at(&format!("runs/{name}")).exists());
    place
        .whet(&["report"])
        .with_code(2)
        .saying(&["there is no run in runs"]);
}

#[test]
fn several_runs_are_one_document_a_list() {
    let (place, name) = measured();
    for words in [&["report"][..], &["runs", "show"]] {
        let of = |runs: &[&str]| {
            let words = [words, runs, &["--format", "json"]].concat();
            place.whet(&words).with_code(0).json()
        };
        let both = of(&[&name, &name]);
        let ids = both.as_array().unwrap().iter();
        let ids: Vec<&Value> = ids.map(|card| &card["provenance"]["run_id"]).collect();
        assert_eq!(ids, [name.as_str(), name.as_str()]);
        assert_eq!(
            of(&[&name])["provenance"]["run_id"],
            Value::from(name.as_str())
        );
    }
}

#[test]
fn names_of_runs_stand_whole_in_the_list_and_say_when_they_began() {
    let (place, name) = measured();
    let long = "a-model-of-some-twenty_20260102_030405";
    fs::create_dir(place.at(&format!("runs/{long}"))).unwrap();
    let header = fs::read_to_string(place.at(&format!("runs/{name}/run.json"))).unwrap();
    let mut header: Value = serde_json::from_str(&header).unwrap();
    header["started_at"] = "2026-01-02T03:04:05+01:00".into();
    fs::write(
        place.at(&format!("runs/{long}/run.json")),
        header.to_string(),
    )
    .unwrap();
    let list = || place.whet(&["runs", "ls"]).with_code(0).stdout;
    let whole = list();
    for name in [long, &name] {
        assert!(whole.contains(name), "{whole}");
    }
    assert!(!whole.contains("started"), "{whole}");
    // A name that does not say it leaves a column for it.
    fs::rename(place.at(&format!("runs/{long}")), place.at("runs/first")).unwrap();
    let told = list();
    assert!(
        told.contains("started") && told.contains("2026-01-02 03:04"),
        "{told}"
    );
}

#[test]
fn what_is_no_run_is_refused_with_what_can_be_done_with_it() {
    let (place, name) = measured();
    fs::create_dir_all(place.at("runs/trained")).unwrap();
    fs::write(place.at("runs/trained/raft.json"), "{}").unwrap();
    for words in [
        &["runs", "show", "trained"][..],
        &["runs", "rm", "trained", "--yes"],
        &["view", "trained"],
        &["compare", &name, "trained"],
    ] {
        let ended = place.whet(words).with_code(2);
        ended.saying(&[
            "is a folder of RAFT and no run",
            "`whet report runs/trained`",
        ]);
    }
    assert!(place.at("runs/trained").is_dir());
    let list = place.whet(&["runs", "ls"]).with_code(0);
    list.saying(&["Of RAFT, to be printed with whet report: trained"]);
    place
        .whet(&["compare", &name, &name, "-o", "runs/both", "-q"])
        .with_code(0);
    place
        .whet(&["runs", "show", "both"])
        .with_code(2)
        .saying(&["is a comparison and no run"]);
}
