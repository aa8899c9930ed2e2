//! The divergence of two rows against SciPy (`golden/kl_golden.py`).

#![allow(
    clippy::unwrap_used,
    reason = "a failed step of a test is a failed test"
)]

use engine::{Divergence, Token};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/kl_golden.json")).unwrap()
}

fn row(value: &Value) -> Vec<f32> {
    let numbers = value.as_array().unwrap().iter();
    numbers
        .map(|number| number.as_f64().unwrap() as f32)
        .collect()
}

#[track_caller]
fn assert_near(found: f64, wanted: &Value, what: &str) {
    let wanted = wanted.as_f64().unwrap();
    assert!(
        (found - wanted).abs() <= 1e-12 + 1e-9 * wanted.abs(),
        "{what}: {found:e}, not {wanted:e}"
    );
}

/// Every divergence of the file, after each was compared.
fn all() -> Vec<Divergence> {
    let golden = golden();
    let mut all = Vec::new();
    for chunk in golden["chunks"].as_array().unwrap() {
        for (i, token) in chunk["tokens"].as_array().unwrap().iter().enumerate() {
            let (reference, candidate) = (row(&chunk["reference"][i]), row(&chunk["candidate"][i]));
            let token = token.as_u64().unwrap() as Token;
            let found = Divergence::between(&reference, &candidate, token).unwrap();
            assert_near(found.kl, &chunk["kl"][i], "kl");
            assert_near(found.delta_p, &chunk["delta_p"][i], "delta_p");
            assert_near(
                found.reference_nats,
                &chunk["reference_nats"][i],
                "reference",
            );
            assert_near(
                found.candidate_nats,
                &chunk["candidate_nats"][i],
                "candidate",
            );
            assert_eq!(found.same_top, chunk["same_top"][i].as_bool().unwrap());
            all.push(found);
        }
    }
    all
}

#[test]
fn every_row_is_as_far_from_its_pair_as_scipy_says() {
    let all = all();
    assert_eq!(all.len(), 40);
    assert!(all[..8].iter().all(|found| found.kl == 0.0), "equal rows");
    assert!(all[8..].iter().all(|found| found.kl > 0.0));
    assert!(all.iter().any(|found| !found.same_top));
}

#[test]
fn their_mean_is_that_of_numpy() {
    let all = all();
    let mean = all.iter().map(|found| found.kl).sum::<f64>() / all.len() as f64;
    assert_near(mean, &golden()["mean"], "mean");
}
