//! Named runs, and what becomes of a comparison with them.

use serde_json::Value;

use crate::workplace::{Ended, Workplace};

/// Measures the perplexity of a toy model, and returns the run's name.
fn measured(place: &Workplace, model: &str, words: &[&str]) -> String {
    let before = runs(place);
    let fixed = [
        "bench",
        model,
        "--threads",
        "1",
        "--preset",
        "smoke",
        "--only",
        "perplexity",
        "-q",
    ];
    place.whet(&[&fixed, words].concat()).with_code(0);
    let new: Vec<String> = runs(place)
        .into_iter()
        .filter(|run| !before.contains(run))
        .collect();
    assert_eq!(new.len(), 1);
    new[0].clone()
}

fn runs(place: &Workplace) -> Vec<String> {
    let list = place
        .whet(&["runs", "ls", "--format", "json"])
        .with_code(0)
        .json();
    let list = list.as_array().unwrap().iter();
    list.map(|run| run["run"].as_str().unwrap().to_owned())
        .collect()
}

fn whet(place: &Workplace, line: &str) -> Ended {
    place.whet(&line.split(' ').collect::<Vec<_>>())
}

#[test]
fn a_run_gets_a_name_is_compared_by_it_and_the_name_moves() {
    let place = Workplace::new();
    place.toy("other", 8);
    let first = measured(&place, "toy.gguf", &["--save-baseline", "main"]);
    let second = measured(&place, "other.gguf", &[]);
    let compared = whet(
        &place,
        &format!("compare {second} --baseline main --format json"),
    )
    .with_code(0)
    .json();
    let models: Vec<&Value> = compared["scorecard"]["provenance"]["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["name"])
        .collect();
    assert_eq!(models, ["toy", "other"], "the baseline comes first");
    let listed = whet(&place, "runs ls").with_code(0);
    let squeezed: String = listed.stdout.split_whitespace().collect();
    assert!(squeezed.contains("(main)"), "{listed}");
    whet(&place, &format!("runs tag {second} main"))
        .with_code(0)
        .saying(&["main is ", "no longer ", &first]);
    let same = whet(
        &place,
        &format!("compare {first} --baseline main --format json"),
    )
    .with_code(0)
    .json();
    assert_eq!(
        same["scorecard"]["provenance"]["models"][0]["name"],
        "other"
    );
    let by_run = whet(
        &place,
        &format!("compare {second} --baseline {first} --format json"),
    )
    .with_code(0)
    .json();
    assert_eq!(by_run["scorecard"], compared["scorecard"]);
}

#[test]
fn a_name_that_stands_for_nothing_is_never_another_run() {
    let place = Workplace::new();
    let run = measured(&place, "toy.gguf", &["--save-baseline", "main"]);
    let missing = whet(&place, &format!("compare {run} --baseline mian")).with_code(2);
    missing.saying(&["called mian", "there are main", "no run either"]);
    for name in ["../up", "", ".hidden", "-x=1", "a/b"] {
        let ended = place.whet(&["runs", "tag", &run, name]);
        assert_eq!(ended.code, Some(2), "{name}: {ended}");
    }
    std::fs::rename(place.at(&format!("runs/{run}")), place.at("elsewhere")).unwrap();
    let gone = whet(&place, "compare elsewhere --baseline main --root runs").with_code(2);
    gone.saying(&["the baseline main was", "no longer in", "whet runs tag"]);
    whet(&place, "runs untag main")
        .with_code(0)
        .saying(&["no baseline any more"]);
    whet(&place, "runs untag main")
        .with_code(2)
        .saying(&["there is none"]);
    std::fs::write(place.at("runs/baselines.json"), "{").unwrap();
    whet(&place, "runs ls")
        .with_code(2)
        .saying(&["baselines.json is broken"]);
    std::fs::write(
        place.at("runs/baselines.json"),
        r#"{"schema_version": 9, "baselines": {}}"#,
    )
    .unwrap();
    whet(&place, "runs ls")
        .with_code(2)
        .saying(&["another version"]);
}

#[test]
fn a_deleted_run_takes_its_name_with_it() {
    let place = Workplace::new();
    let run = measured(&place, "toy.gguf", &["--save-baseline", "main"]);
    whet(&place, &format!("runs rm {run} --yes"))
        .with_code(0)
        .saying(&["main is no baseline any more"]);
    assert!(runs(&place).is_empty());
}

#[test]
fn regressions_fail_and_what_is_open_is_an_outcome_of_its_own() {
    let place = Workplace::new();
    place.toy("other", 8);
    let first = measured(&place, "toy.gguf", &["--save-baseline", "main"]);
    let other = measured(&place, "other.gguf", &[]);
    let line = |run: &str, more: &str| {
        format!("compare {run} --baseline main --fail-on-regression {more}")
            .trim()
            .to_owned()
    };
    let same = whet(&place, &line(&first, "--noise-threshold 1%")).with_code(0);
    let same = same.saying(&["Nothing became worse", "did not become worse"]);
    assert!(!same.stdout.contains("inconclusive"), "{same}");
    // The perplexity of the other toy is between one and a half times and twice that of the first.
    whet(&place, &line(&other, ""))
        .with_code(3)
        .saying(&["became worse"]);
    let open = whet(&place, &line(&other, "--noise-threshold 75%")).with_code(0);
    assert!(
        open.stdout.contains("inconclusive") && !open.stdout.contains(" failed "),
        "{open}"
    );
    open.saying(&["Inconclusive is no failure; --fail-on-inconclusive"]);
    let strict = "--noise-threshold 75% --fail-on-inconclusive";
    whet(&place, &line(&other, strict)).with_code(5);
    whet(&place, &line(&other, "--noise-threshold 99%")).with_code(0);
    let elsewhere = whet(&place, &line(&other, "--metrics kl_mean_nats")).with_code(5);
    assert!(
        !elsewhere.stderr.contains("did not become worse"),
        "nothing was held against it: {elsewhere}"
    );
    elsewhere.saying(&[
        "Nothing was held against",
        "Of kl_mean_nats nothing can be said",
    ]);
    // A metric that is guarded by its name must not be covered up by another one that was measured.
    let both = "--noise-threshold 99% --metrics perplexity,pass_at_1";
    whet(&place, &line(&other, both))
        .with_code(5)
        .saying(&["Of pass_at_1 nothing can be said", "did not become worse"]);
    whet(&place, &line(&other, "--metrics perplexitty")).with_code(2);
}

#[test]
fn the_baseline_moves_only_if_nothing_failed() {
    let place = Workplace::new();
    place.toy("other", 8);
    let first = measured(&place, "toy.gguf", &[]);
    let other = measured(&place, "other.gguf", &[]);
    whet(&place, &format!("compare {first} --save-baseline main"))
        .with_code(0)
        .saying(&["main is", &first]);
    let failing = format!(
        "compare {other} --baseline main --save-baseline main --gate perplexity.ratio<0.001"
    );
    let failed = whet(&place, &failing).with_code(3);
    assert!(!failed.stderr.contains("Baseline main"), "{failed}");
    let passing = format!(
        "compare {other} --baseline main --save-baseline main --gate perplexity.ratio<1000"
    );
    whet(&place, &passing)
        .with_code(0)
        .saying(&["main is", &other, &first]);
}

#[test]
fn the_checklist_has_four_gates_and_says_what_was_not_measured() {
    let place = Workplace::new();
    place.toy("other", 8);
    let words = "bench toy.gguf other.gguf --threads 1 --preset smoke --only perplexity,memory -q";
    whet(&place, words).with_code(0);
    let run = runs(&place).remove(0);
    let ended = whet(&place, &format!("compare {run} --checklist --format json"));
    let gates = ended.json()["gates"].clone();
    let of = |claim: &str| {
        let all = gates.as_array().unwrap().iter();
        all.filter(|gate| gate["claim"].as_str().unwrap().starts_with(claim))
            .cloned()
            .collect::<Vec<Value>>()
    };
    assert!(
        of("kv_logical_bytes")
            .iter()
            .all(|gate| gate["outcome"] == "failed"),
        "caches of one size: {gates}"
    );
    assert!(!of("perplexity").is_empty());
    for (claim, measures) in [
        ("decode_tokens_per_s", "whet bench latency"),
        ("accuracy", "whet bench accuracy"),
    ] {
        let [gate] = of(claim).try_into().unwrap();
        assert_eq!(gate["outcome"], "no_number", "{gate}");
        assert!(gate["shown"].as_str().unwrap().contains(measures), "{gate}");
    }
    assert_eq!(ended.code, Some(3), "the cache is not a third");
}
