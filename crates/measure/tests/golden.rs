//! Expected numbers from other implementations: `golden/scipy_golden.py` (Python 3.11.7,
//! NumPy 2.4.6, SciPy 1.17.1) wrote `golden/golden.json`.

#![allow(
    clippy::unwrap_used,
    reason = "a golden file of another shape must fail the test"
)]

use measure::compare::{
    Design, Flips, mcnemar, mde_from_sd, mean_of_runs, minimum_detectable_effect,
    paired_difference, ratio_of_runs, sign_flip_test,
};
use measure::estimate::{bootstrap_mean, bootstrap_ratio, pass_at_k, wilson};
use measure::summary::{mean_interval, quantile, samples_for_percentile};
use measure::{Estimate, summarise};
use serde_json::Value;

fn rows(section: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("golden/golden.json")).unwrap();
    let rows = golden[section].as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

fn real(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap()
}

fn whole(row: &Value, key: &str) -> usize {
    row[key].as_u64().unwrap() as usize
}

fn list(row: &Value, key: &str) -> Vec<f64> {
    row[key]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect()
}

/// Equal up to `tolerance`, relative to the expected number, absolute near 0.
fn assert_close(ours: f64, expected: f64, tolerance: f64, row: &Value) {
    let allowed = tolerance * expected.abs().max(1e-3);
    assert!(
        (ours - expected).abs() <= allowed,
        "{ours} is not {expected} in {row}"
    );
}

#[test]
fn wilson_agrees_with_scipy() {
    for row in rows("wilson") {
        let ours = wilson(whole(&row, "k"), whole(&row, "n"), real(&row, "level")).unwrap();
        assert_close(ours.lo, real(&row, "lo"), 1e-12, &row);
        assert_close(ours.hi, real(&row, "hi"), 1e-12, &row);
    }
}

#[test]
fn mcnemar_agrees_with_the_exact_binomial_test_of_scipy() {
    for row in rows("mcnemar") {
        let (b, c) = (whole(&row, "b"), whole(&row, "c"));
        let expected = real(&row, "p");
        assert!((mcnemar(b, c) / expected - 1.0).abs() < 1e-11, "{row}");
    }
}

#[test]
fn the_paired_difference_agrees_with_a_search_of_the_likelihood() {
    for row in rows("paired_difference") {
        let flips = Flips {
            n: whole(&row, "n"),
            gained: whole(&row, "gained"),
            lost: whole(&row, "lost"),
        };
        let ours = paired_difference(flips, 0.95).unwrap();
        assert_close(ours.difference.value, real(&row, "value"), 1e-12, &row);
        let interval = ours.difference.interval.unwrap();
        assert_close(interval.lo, real(&row, "lo"), 1e-8, &row);
        assert_close(interval.hi, real(&row, "hi"), 1e-8, &row);
        assert_eq!(ours.p, mcnemar(flips.gained, flips.lost));
    }
}

#[test]
fn the_interval_of_the_mean_agrees_with_scipy() {
    for row in rows("t_intervals") {
        let ours = mean_interval(&list(&row, "values"), real(&row, "level")).unwrap();
        assert_close(ours.lo, real(&row, "lo"), 1e-9, &row["level"]);
        assert_close(ours.hi, real(&row, "hi"), 1e-9, &row["level"]);
    }
}

#[test]
fn ratios_over_runs_agree_with_welch_of_scipy() {
    for row in rows("runs") {
        let (a, b) = (list(&row, "a"), list(&row, "b"));
        let ours = ratio_of_runs(&a, &b, real(&row, "level")).unwrap();
        assert_close(ours.value, real(&row, "ratio"), 1e-12, &row);
        let interval = ours.interval.unwrap();
        assert_close(interval.lo, real(&row, "lo"), 1e-9, &row);
        assert_close(interval.hi, real(&row, "hi"), 1e-9, &row);
        let alone = mean_of_runs(&a, real(&row, "level")).unwrap();
        assert_close(alone.value, real(&row, "mean"), 1e-12, &row);
        assert_close(
            alone.interval.unwrap().lo,
            real(&row, "mean_lo"),
            1e-9,
            &row,
        );
        assert_close(
            alone.interval.unwrap().hi,
            real(&row, "mean_hi"),
            1e-9,
            &row,
        );
    }
}

#[test]
fn summaries_agree_with_numpy_scipy_and_exact_ranks() {
    for row in rows("summaries") {
        let values = list(&row, "values");
        let ours = summarise(&values).unwrap();
        assert_eq!(ours.n, values.len());
        assert_close(ours.mean, real(&row, "mean"), 1e-13, &row["mean"]);
        assert_close(ours.sd.unwrap(), real(&row, "sd"), 1e-12, &row["sd"]);
        assert_close(ours.mad, real(&row, "mad"), 1e-13, &row["mad"]);
        let interval = ours.interval.map(|interval| vec![interval.lo, interval.hi]);
        let expected = row["interval"].as_array().map(|_| list(&row, "interval"));
        assert_eq!(interval, expected, "n = {}", values.len());
        assert_eq!(ours.no_interval.is_some(), expected.is_none());
    }
}

#[test]
fn quantiles_agree_with_the_linear_rule_of_numpy() {
    for row in rows("summaries") {
        let values = list(&row, "values");
        for pair in row["quantiles"].as_array().unwrap() {
            let ours = quantile(&values, pair[0].as_f64().unwrap()).unwrap();
            assert_close(ours, pair[1].as_f64().unwrap(), 1e-13, pair);
        }
        let ours = summarise(&values).unwrap();
        let known = |p| quantile(&values, p).unwrap();
        assert_eq!(
            (ours.p10, ours.median, ours.p90),
            (known(0.1), known(0.5), known(0.9))
        );
        assert_eq!((ours.min, ours.max), (known(0.0), known(1.0)));
    }
}

#[test]
fn pass_at_k_agrees_with_exact_fractions_and_with_counting_every_choice() {
    for row in rows("pass_at_k") {
        let ours = pass_at_k(whole(&row, "n"), whole(&row, "c"), whole(&row, "k")).unwrap();
        let expected = real(&row, "value");
        assert!((ours - expected).abs() <= 1e-14 * expected, "{ours} {row}");
    }
}

#[test]
fn the_sign_flip_test_agrees_with_exact_enumeration_for_any_seed() {
    for row in rows("sign_flip") {
        for seed in [0, 99] {
            assert_eq!(
                sign_flip_test(&list(&row, "values"), seed),
                Some(real(&row, "p")),
                "{row}"
            );
        }
    }
}

#[test]
fn detectable_effects_agree_with_normal_theory() {
    for row in rows("effects") {
        let design = Design {
            power: real(&row, "power"),
            alpha: real(&row, "alpha"),
        };
        let (n, share) = (whole(&row, "n"), real(&row, "share"));
        let ours = minimum_detectable_effect(n, share, design).unwrap();
        assert_close(ours, real(&row, "effect"), 1e-12, &row);
        assert_close(
            mde_from_sd(n, share.sqrt(), design).unwrap(),
            ours,
            1e-12,
            &row,
        );
    }
}

#[test]
fn the_samples_that_a_percentile_needs_agree_with_exact_fractions() {
    for row in rows("percentile_samples") {
        let ours = samples_for_percentile(real(&row, "p"), real(&row, "level"));
        assert_eq!(ours, Some(whole(&row, "n")), "{row}");
    }
}

#[test]
fn bootstrap_intervals_agree_with_another_chacha_on_every_seed() {
    // The two libraries' tails of Student's t differ in the eleventh digit.
    const TAILS: f64 = 1e-9;
    for row in rows("bootstrap") {
        let seed: u64 = row["seed"].as_str().unwrap().parse().unwrap();
        let (num, den, level) = (list(&row, "num"), list(&row, "den"), real(&row, "level"));
        let ends = |estimate: Option<Estimate>| {
            let interval = estimate.unwrap().interval.unwrap();
            [interval.lo, interval.hi]
        };
        let mean = ends(bootstrap_mean(&num, seed, level));
        let ratio = ends(bootstrap_ratio(&num, &den, seed, level));
        for (ours, expected) in mean.iter().zip(list(&row, "mean")) {
            assert_close(*ours, expected, TAILS, &row);
        }
        for (ours, expected) in ratio.iter().zip(list(&row, "ratio")) {
            assert_close(*ours, expected, TAILS, &row);
        }
    }
}
