//! Other programs' formats, and answers one by one.

use std::fs;

use serde_json::Value;

use crate::workplace::Workplace;

/// Two toys with speed and memory, and nothing else.
fn measured() -> (Workplace, String) {
    let place = Workplace::new();
    place.toy("other", 8);
    let words = [
        "bench",
        "toy.gguf",
        "other.gguf",
        "--threads",
        "1",
        "--preset",
        "smoke",
        "-q",
        "--only",
        "latency,memory",
    ];
    place.whet(&words).with_code(0);
    let folder = place.only_run("runs");
    let name = folder
        .path()
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    (place, name)
}

#[test]
fn a_run_is_exported_in_several_forms_at_once_and_nothing_is_printed() {
    let (place, name) = measured();
    let ended = place.whet(&[
        "report",
        &name,
        "--export",
        "jsonl=r.jsonl",
        "--export",
        "parquet=r.parquet",
        "--export",
        "tex=r.tex",
        "--export",
        "hyperfine=h.json",
        "--export",
        "svg=s.svg",
        "--export",
        "sql=r.sql",
    ]);
    let ended = ended.with_code(0);
    assert_eq!(ended.stdout, "");
    ended.saying(&["Wrote r.jsonl", "Wrote r.sql"]);
    let folder = place.only_run("runs");
    assert_eq!(
        fs::read_to_string(place.at("r.tex")).unwrap(),
        folder.text("tables.tex")
    );
    let first = fs::read_to_string(place.at("r.jsonl")).unwrap();
    let first: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(first["run"], Value::from(name.as_str()));
    let timed: Value = serde_json::from_slice(&fs::read(place.at("h.json")).unwrap()).unwrap();
    assert!(timed["results"][0]["times"].as_array().unwrap().len() >= 3);
    assert!(
        fs::read(place.at("r.parquet"))
            .unwrap()
            .starts_with(b"PAR1")
    );
}

#[test]
fn standard_output_is_a_path_and_a_summary_is_put_behind_what_is_there() {
    let (place, name) = measured();
    let printed = place
        .whet(&["report", &name, "--export", "csv=-"])
        .with_code(0);
    assert_eq!(printed.stdout, place.only_run("runs").text("scorecard.csv"));
    fs::write(place.at("summary.md"), "before\n").unwrap();
    place
        .whet(&["report", &name, "--export", "github-summary=summary.md"])
        .with_code(0);
    let text = fs::read_to_string(place.at("summary.md")).unwrap();
    assert!(
        text.starts_with("before\n# ") && text.contains("## memory"),
        "{text}"
    );
}

#[test]
fn mistakes_of_an_export_are_found_before_anything_is_written() {
    let (place, name) = measured();
    let refused = |export: &str, wanted: &[&str]| {
        let ended = place
            .whet(&["report", &name, "--export", export])
            .with_code(2);
        ended.saying(wanted);
    };
    refused(
        "xlsx=a.xlsx",
        &["no format is called xlsx", "github-summary", "parquet"],
    );
    refused("csv", &["where to?", "--export csv=PATH"]);
    refused("csv=", &["where to?"]);
    refused("lm-eval=r.json", &["is of one model", "{model}"]);
    refused(
        "lm-eval={model}.json",
        &["holds nothing for lm-eval", "whet bench accuracy"],
    );
    refused("evalplus=e.json", &["holds nothing for evalplus"]);
    assert!(!place.at("toy.json").exists());
    let ended = place.whet(&["report", &name, "--export", "csv=no/such/folder.csv"]);
    ended.with_code(2).saying(&[
        "cannot write no/such/folder.csv",
        "its folder does not exist",
    ]);
    let shown = place
        .whet(&["runs", "show", &name, "--export", "csv=-"])
        .with_code(2);
    shown.saying(&["whet report"]);
}

#[test]
fn a_form_of_one_model_is_written_once_for_each() {
    let place = Workplace::new();
    place.toy("other", 8);
    let words = [
        "bench",
        "accuracy",
        "toy.gguf",
        "other.gguf",
        "--threads",
        "1",
        "--limit",
        "5",
        "-q",
    ];
    place.whet(&words).with_code(0);
    place
        .whet(&["report", "--export", "lm-eval=out_{model}.json"])
        .with_code(0);
    for model in ["toy", "other"] {
        let file = fs::read(place.at(&format!("out_{model}.json"))).unwrap();
        let results: Value = serde_json::from_slice(&file).unwrap();
        assert_eq!(results["model_name"], model);
        let task = &results["results"]["code-reading"];
        assert!(
            task["acc,none"].is_number() && task["acc_stderr,none"].is_number(),
            "{results}"
        );
    }
}

#[test]
fn answers_are_listed_by_problem_and_shown_one_by_one() {
    let place = Workplace::new();
    let words = [
        "--preset",
        "smoke",
        "--only",
        "code",
        "--suite",
        "python-core",
        "-q",
    ];
    place.bench(&words).with_code(0);
    let list = place.whet(&["view"]).with_code(0);
    assert!(
        list.stdout.lines().all(|line| line.chars().count() <= 80),
        "{list}"
    );
    let record = &place.only_run("runs").records("attempts.jsonl")[0];
    let problem = record["key"]["problem"].as_str().unwrap().to_owned();
    assert!(list.stdout.contains(&problem), "{list}");
    let shown = place.whet(&["view", "--problem", &problem]).with_code(0);
    assert!(
        shown
            .stdout
            .starts_with(&format!("python-core · {problem} · toy · attempt 0")),
        "{shown}"
    );
    assert!(
        shown
            .stdout
            .chars()
            .all(|c| c == '\n' || c == '\t' || !c.is_control())
    );
    let none = place.whet(&["view", "--problem", "nothing"]).with_code(2);
    none.saying(&["no answer is like that", &problem]);
    // Whichever lane came to its end first, answers stand by their numbers.
    let run = place.only_run("runs");
    let text = run.text("attempts.jsonl");
    let mut later = run.records("attempts.jsonl")[0].clone();
    later["key"]["attempt"] = 7.into();
    let lines = format!("{later}\n{text}");
    fs::write(run.path().join("attempts.jsonl"), lines).unwrap();
    let shown = place.whet(&["view", "--problem", &problem]).with_code(0);
    let at = |number: &str| shown.stdout.find(&format!("attempt {number} ·")).unwrap();
    assert!(at("0") < at("7"), "{shown}");
}

#[test]
fn a_picture_has_the_dots_that_were_asked_for_and_says_so() {
    let place = Workplace::new();
    let words = ["--preset", "smoke", "--only", "latency", "-q"];
    place.bench(&words).with_code(0);
    // One chart is no summary, and is what there is to see.
    let number = |bytes: &[u8], at: usize| {
        u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
    };
    let picture = |words: &[&str]| {
        place
            .whet(&[&["report", "--export", "png=p.png"], words].concat())
            .with_code(0);
        fs::read(place.at("p.png")).unwrap()
    };
    let (usual, fine) = (picture(&[]), picture(&["--dpi", "384"]));
    assert_eq!(2 * number(&usual, 16), number(&fine, 16));
    let at = fine.windows(4).position(|part| part == b"pHYs").unwrap() + 4;
    assert_eq!(
        number(&fine, at),
        15118,
        "384 dots on an inch are 15118 on a metre"
    );
    let ended = place.whet(&["report", "--dpi", "0", "--export", "png=p.png"]);
    ended.with_code(2).saying(&["--dpi"]);
}

#[test]
fn a_report_writes_again_what_a_run_was_told_to_export_and_appends_nothing_twice() {
    let place = Workplace::new();
    let words =
        "--preset smoke --only latency -q --export hyperfine=h.json --export github-summary=s.md";
    place
        .bench(&words.split(' ').collect::<Vec<_>>())
        .with_code(0);
    let read = |name: &str| fs::read(place.at(name)).unwrap();
    let before = ["h.json", "s.md"].map(read);
    fs::remove_file(place.at("h.json")).unwrap();
    place.whet(&["report"]).with_code(0).saying(&["Wrote "]);
    assert_eq!(["h.json", "s.md"].map(read), before);
}

#[test]
fn a_form_that_a_run_holds_nothing_for_keeps_no_other_one_from_being_written() {
    let (place, name) = measured();
    let words = [
        "report",
        &name,
        "--export",
        "evalplus=e_{model}_{suite}.json",
        "--export",
        "hf-eval=h_{model}.yaml",
        "--export",
        "csv=r.csv",
    ];
    let ended = place.whet(&words).with_code(2);
    ended.saying(&[
        "holds nothing for evalplus",
        "holds nothing for hf-eval",
        "Wrote r.csv",
    ]);
    assert!(place.at("r.csv").is_file() && !place.at("h_toy.yaml").exists());
}
