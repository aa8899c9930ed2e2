//! Two runs against each other, and claims about what changed.

use crate::workplace::Workplace;

/// A place with a run of each of two toy models, in the folders `a` and `b`.
fn two_runs(only: &str) -> Workplace {
    let place = Workplace::new();
    place.toy("other", 8);
    for (model, root) in [("toy.gguf", "a"), ("other.gguf", "b")] {
        measure(&place, model, only, root);
    }
    place
}

/// A run into a folder of runs.
fn measure(place: &Workplace, model: &str, only: &str, root: &str) {
    let line = format!("bench {model} --threads 1 --preset smoke --only {only} -q -o {root}");
    place
        .whet(&line.split(' ').collect::<Vec<_>>())
        .with_code(0);
}

fn folders(place: &Workplace) -> [String; 2] {
    ["a", "b"].map(|root| place.only_run(root).0.display().to_string())
}

#[test]
fn two_runs_are_paired_as_one_run_of_both_would_be() {
    let place = two_runs("perplexity");
    let [a, b] = folders(&place);
    let compared = place
        .whet(&["compare", &a, &b, "--format", "json"])
        .with_code(0)
        .json();
    let words = [
        "bench",
        "toy.gguf",
        "other.gguf",
        "--threads",
        "1",
        "--preset",
        "smoke",
        "--only",
        "perplexity",
        "-q",
        "--format",
        "json",
    ];
    let together = place.whet(&words).with_code(0).json();
    assert_eq!(
        compared["scorecard"]["sections"][0],
        together["sections"][0]
    );
    let comparison = &together["sections"][0]["rows"][0]["comparisons"][0];
    assert!(comparison["value"].is_number() && comparison["interval"].is_object());
}

#[test]
fn claims_decide_the_exit_code() {
    let place = two_runs("perplexity,memory");
    let [a, b] = folders(&place);
    let compare = |claims: &[&str], code: i32| {
        let mut words = vec!["compare", &a, &b];
        words.extend(claims.iter().flat_map(|claim| ["--gate", claim]));
        place.whet(&words).with_code(code)
    };
    let met = compare(&["perplexity.ratio<1000", "weight_bytes.ratio<=1"], 0);
    assert!(
        met.stdout.contains(" met ") && !met.stdout.contains("failed"),
        "{met}"
    );
    let failed = compare(&["perplexity.ratio<1000", "perplexity.ratio<0.001"], 3);
    assert!(failed.stdout.contains("failed"), "{failed}");
    let unclear = compare(&["peak_resident_bytes.ratio<10"], 0);
    assert!(unclear.stdout.contains("inconclusive"), "{unclear}");
    let remedy = "measure both in one run, or give 3 runs or more of each side";
    let unclear = unclear.saying(&[remedy, "--fail-on-inconclusive ends with exit code 5"]);
    assert!(
        unclear
            .stdout
            .lines()
            .all(|line| line.chars().count() <= 80),
        "{unclear}"
    );
    compare(&["pass_at_1>0"], 2).saying(&["nothing that was measured"]);
    compare(&["perplexitty>0"], 2).saying(&["no metric is called 'perplexitty'"]);
}

#[test]
fn a_run_against_itself_shows_no_regression_and_writes_a_page_where_it_was_told_to() {
    let place = two_runs("perplexity");
    let [a, _] = folders(&place);
    let words = [
        "compare",
        &a,
        &a,
        "--fail-on-regression",
        "--noise-threshold",
        "1%",
        "-o",
        "page",
    ];
    let ended = place.whet(&words).with_code(0);
    assert!(
        ended.stdout.contains("toy#1") && ended.stdout.contains("toy#2"),
        "{ended}"
    );
    ended.saying(&["Nothing became worse", "page/report.html"]);
    assert!(place.at("page/report.html").is_file() && !place.at("page/run.json").exists());
    place
        .whet(&["compare", &a, &a, "-o", &a])
        .with_code(2)
        .saying(&["folder of its own"]);
    place
        .whet(&["compare", &a])
        .with_code(2)
        .saying(&["no comparison"]);
}

#[test]
fn inconclusive_is_no_failure_and_what_was_not_measured_is_one() {
    let place = two_runs("perplexity");
    let [a, b] = folders(&place);
    let compare = |words: &[&str], code: i32| {
        let all = [&["compare", &a, &b, "--format", "json"][..], words].concat();
        place.whet(&all).with_code(code).json()
    };
    // The perplexity of the other toy is between one and a half times and twice that of the first.
    let open = ["--gate", "perplexity.ratio<1.75"];
    let claimed = compare(&open, 0);
    let outcomes = claimed["gates"].as_array().unwrap().iter();
    let outcomes: Vec<&str> = outcomes
        .map(|gate| gate["outcome"].as_str().unwrap())
        .collect();
    assert!(outcomes.contains(&"inconclusive"), "{claimed}");
    assert_eq!(claimed["outcome"], "inconclusive");
    let strict = [&open[..], &["--fail-on-inconclusive"]].concat();
    assert_eq!(compare(&strict, 5)["outcome"], "inconclusive");
    let met = ["--gate", "perplexity.ratio<1000", "--fail-on-inconclusive"];
    assert_eq!(compare(&met, 0)["outcome"], "met");
    let failed = ["--gate", "perplexity.ratio<0.001", "--fail-on-inconclusive"];
    assert_eq!(compare(&failed, 3)["outcome"], "failed");
    // What nobody measured needs no flag.
    let named = [
        "--fail-on-regression",
        "--noise-threshold",
        "99%",
        "--metrics",
        "pass_at_1",
    ];
    let silent = compare(&named, 5);
    assert_eq!(silent["outcome"], "not_measured");
    assert_eq!(silent["regressions"]["unjudged"][0], "pass_at_1");
    assert_eq!(compare(&[], 0)["outcome"], "no_claim");
}

#[test]
fn several_baselines_make_runs_what_is_counted() {
    let place = Workplace::new();
    let mut words = vec!["compare".to_owned()];
    for (side, flag) in [("new", None), ("old", Some("--baseline"))] {
        for number in 1..=3 {
            let root = format!("{side}{number}");
            measure(&place, "toy.gguf", "memory,perplexity", &root);
            let folder = place.at(&root).join(format!("{side}_{number}"));
            std::fs::rename(place.only_run(&root).0, &folder).unwrap();
            name_run(&folder, &format!("{side}_{number}"));
            words.extend(flag.map(str::to_owned));
            words.push(folder.display().to_string());
        }
    }
    let compared = |more: &[&str]| {
        let all: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        place.whet(&all)
    };
    let json = compared(&["--format", "json"]).with_code(0).json();
    let models = json["scorecard"]["provenance"]["models"]
        .as_array()
        .unwrap();
    assert_eq!(models.len(), 2, "three runs of a side are one model");
    let sections = json["scorecard"]["sections"].as_array().unwrap().iter();
    let rows: Vec<_> = sections
        .flat_map(|one| one["rows"].as_array().unwrap())
        .collect();
    let of = |metric: &str| *rows.iter().find(|row| row["metric"] == metric).unwrap();
    assert_eq!(of("peak_resident_bytes")["cells"][0]["n_of"], "runs");
    assert_eq!(of("peak_resident_bytes")["cells"][0]["n"], 3);
    assert_eq!(of("bits_per_byte")["cells"][0]["n_of"], "passages");
    let said = compared(&[]).with_code(0);
    assert!(said.stdout.contains("first_of_several"), "{said}");
    // A run that stands on both sides, or twice on one, would be counted twice.
    let twice = [words[1].as_str()];
    compared(&twice).with_code(2).saying(&["is named twice"]);
    place.toy("other", 8);
    measure(&place, "other.gguf", "perplexity", "else");
    let elsewhere = place.only_run("else").0.display().to_string();
    compared(&["--baseline", &elsewhere])
        .with_code(2)
        .saying(&["not of the same models"]);
}

/// Gives a run another name than those that were made in the same second.
fn name_run(folder: &std::path::Path, name: &str) {
    let path = folder.join("run.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut header: serde_json::Value = serde_json::from_str(&text).unwrap();
    header["run_id"] = name.into();
    std::fs::write(path, header.to_string()).unwrap();
}
