//! `whet doctor`: what it finds, for people and for programs.

use serde_json::Value;

use crate::workplace::Workplace;

#[test]
fn the_doctor_attacks_times_and_says_which_tier_holds() {
    let ended = Workplace::new()
        .whet(&["doctor", "--format", "json"])
        .with_code(0);
    let found = ended.json();
    let sandbox = &found["sandbox"];
    assert!(
        sandbox["tier"].as_str().unwrap().starts_with('T'),
        "{sandbox}"
    );
    assert_eq!(sandbox["attacks"], sandbox["attacks_held"], "{sandbox}");
    assert!(sandbox["attacks"].as_u64().unwrap() > 25, "{sandbox}");
    for check in sandbox["checks"].as_array().unwrap() {
        for word in ["name", "tries", "layer", "state"] {
            assert!(check[word].is_string(), "{check}");
        }
    }
    let cost = |what: &str| {
        let costs = sandbox["costs"].as_array().unwrap();
        costs.iter().find(|cost| cost["what"] == what).unwrap()
    };
    assert!(cost("a box, made and gone")["median_ns"].as_u64().unwrap() > 10_000);
    for language in ["C++", "Python"] {
        // On a machine that others keep busy a compiler may meet its limit: then the reason stands there.
        let cost = cost(language);
        let rate = cost["programs_per_s"].as_f64();
        assert!(
            rate.is_some_and(|rate| rate > 0.0) || cost["reason"].is_string(),
            "{cost}"
        );
    }
    let findings = found["findings"].as_array().unwrap();
    let texts: Vec<&Value> = findings.iter().map(|finding| &finding["text"]).collect();
    let said = |words: &str| {
        texts
            .iter()
            .any(|text| text.as_str().unwrap().contains(words))
    };
    assert!(said("attacks contained: tier"), "{texts:?}");
    assert!(said("a box, made and gone"), "{texts:?}");
}
