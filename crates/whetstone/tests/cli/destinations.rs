//! Where files are written: one rule for every command, found out before any work.

use std::fs;

use crate::workplace::Workplace;

const SPEED: [&str; 10] = [
    "--threads",
    "1",
    "--preset",
    "smoke",
    "--only",
    "latency",
    "-q",
    "--format",
    "json",
    "--offline",
];

#[test]
fn a_place_that_is_not_there_is_wrong_usage_wherever_it_is_named() {
    let place = Workplace::new();
    fs::write(
        place.at("rows.jsonl"),
        "{\"prompt\":\"a\",\"completion\":\"b\"}\n",
    )
    .unwrap();
    let export = [
        &["bench", "toy.gguf", "--export", "md=none/a.md"][..],
        &SPEED,
    ]
    .concat();
    for words in [
        &["init", "-o", "none/a.yml"][..],
        &["data", "generate", "-n", "5", "-o", "none/a.jsonl"],
        &["data", "prepare", "rows.jsonl", "-o", "none/a.jsonl"],
        &[
            "models",
            "quantize",
            "toy.gguf",
            "--to",
            "f16",
            "-o",
            "none/a.gguf",
        ],
        &[
            "sample",
            "generate",
            "toy.gguf",
            "--suite",
            "cpp-demo",
            "-o",
            "none/a.jsonl",
        ],
        &[
            "bench",
            "spec",
            "toy.gguf",
            "--draft",
            "toy.gguf",
            "--output",
            "none/a.json",
        ],
        &["models", "ls", "--log-file", "none/a.log"],
        &export,
    ] {
        let ended = place.whet(words).with_code(2);
        ended.saying(&["none/a.", "its folder does not exist; create it first"]);
    }
    let ended = place.whet(&["init", "-o", "."]).with_code(2);
    ended.saying(&["it is a folder; name a file in it"]);
    assert!(place.runs("runs").is_empty(), "nothing was measured");
}

#[test]
fn what_a_command_reads_and_what_cannot_be_made_again_is_never_replaced() {
    let place = Workplace::new();
    place
        .whet(&[&["bench", "toy.gguf"][..], &SPEED].concat())
        .with_code(0);
    let run = place.only_run("runs");
    fs::write(place.at("quick.yml"), "name: mine\n").unwrap();
    let within = |file: &str| run.path().join(file).display().to_string();
    let kept = [
        "toy.gguf".to_owned(),
        "quick.yml".to_owned(),
        within("run.json"),
        within("measurements.jsonl"),
    ];
    let before = kept.clone().map(|file| fs::read(place.at(&file)).unwrap());
    let refused = |words: &[&str], why: &str| {
        place
            .whet(words)
            .with_code(2)
            .saying(&["cannot write", why]);
    };
    let newest = run.path().to_str().unwrap();
    refused(
        &["report", newest, "--export", "csv=toy.gguf"],
        "it is a model file",
    );
    refused(
        &["models", "ls", "--log-file", "toy.gguf"],
        "it is a model file",
    );
    for record in [&kept[2], &kept[3]] {
        refused(
            &["report", newest, "--export", &format!("json={record}")],
            "it is a record of a run",
        );
        refused(
            &["models", "ls", "--log-file", record],
            "it is a record of a run",
        );
    }
    refused(
        &["check", "quick.yml", "--log-file", "./quick.yml"],
        "names it twice",
    );
    refused(
        &[
            "models", "quantize", "toy.gguf", "--to", "f16", "-o", "toy.gguf", "--force",
        ],
        "names it twice",
    );
    let after = kept.map(|file| fs::read(place.at(&file)).unwrap());
    assert!(before == after, "all of it is as it was");
}

#[test]
fn an_export_replaces_the_one_before_and_a_file_may_be_called_as_a_verb() {
    let place = Workplace::new();
    place
        .whet(&[&["bench", "toy.gguf"][..], &SPEED].concat())
        .with_code(0);
    for _ in 0..2 {
        place
            .whet(&["report", "--export", "csv=report"])
            .with_code(0);
        place
            .whet(&["models", "ls", "--log-file", "ls"])
            .with_code(0);
    }
    let table = fs::read_to_string(place.at("report")).unwrap();
    assert_eq!(table.matches("benchmark,suite,").count(), 1, "{table}");
}

#[test]
fn the_folder_of_runs_need_not_be_there_for_an_export_into_it() {
    let place = Workplace::new();
    let words = [
        "bench",
        "toy.gguf",
        "--output",
        "new",
        "--export",
        "md=new/a.md",
    ];
    place.whet(&[&words[..], &SPEED].concat()).with_code(0);
    assert!(place.at("new/a.md").is_file());
}
