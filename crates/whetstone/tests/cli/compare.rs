//! Two runs against each other, and claims about what changed.

use crate::workplace::Workplace;

/// A place with a run of each of two toy models, in the folders `a` and `b`.
fn two_runs(only: &str) -> Workplace {
    let place = Workplace::new();
    place.toy("other", 8);
    for (model, root) in [("toy.gguf", "a"), ("other.gguf", "b")] {
        let words = [
            "bench",
            model,
            "--threads",
            "1",
            "--preset",
            "smoke",
            "--only",
            only,
            "-q",
            "-o",
            root,
        ];
        place.whet(&words).with_code(0);
    }
    place
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
    let unclear = compare(&["peak_resident_bytes.ratio<10"], 5);
    assert!(unclear.stdout.contains("inconclusive"), "{unclear}");
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

/// Every file below a folder, with its bytes.
fn files(folder: &std::path::Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|one| one.unwrap());
    let read = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, std::fs::read(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

#[test]
fn the_folder_of_a_comparison_comes_back_byte_for_byte() {
    let place = two_runs("perplexity");
    let [a, b] = folders(&place);
    place
        .whet(&["compare", &a, &b, "-o", "both", "-q"])
        .with_code(0);
    let both = place.at("both");
    let before = files(&both);
    for name in before.keys().filter(|name| *name != "comparison.json") {
        std::fs::remove_file(both.join(name)).unwrap();
    }
    place.whet(&["report", "both", "-q"]).with_code(0);
    assert_eq!(files(&both), before);
    std::fs::rename(&b, place.at("elsewhere")).unwrap();
    place.whet(&["report", "both"]).with_code(2).saying(&[
        "both compares the run other_",
        "whet compare RUN RUN -o both",
    ]);
}
