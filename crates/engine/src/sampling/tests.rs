use proptest::prelude::*;

use super::*;

fn shares(sampling: Sampling, logits: &[f32], n: usize) -> Vec<f64> {
    let mut sampler = Sampler::new(sampling, 7);
    let mut counts = vec![0usize; logits.len()];
    for _ in 0..n {
        counts[sampler.pick(logits, &[]) as usize] += 1;
    }
    counts.iter().map(|c| *c as f64 / n as f64).collect()
}

fn softmax(logits: &[f32], temperature: f32) -> Vec<f64> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits
        .iter()
        .map(|l| (f64::from(l - top) / f64::from(temperature)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

#[test]
fn draws_follow_the_softmax_at_a_temperature() {
    let logits = [1.0, 0.5, -0.3, 2.0, -4.0];
    let seen = shares(Sampling::with_temperature(0.7), &logits, 100_000);
    for (share, expected) in seen.iter().zip(softmax(&logits, 0.7)) {
        assert!((share - expected).abs() < 0.006, "{seen:?}");
    }
}

#[test]
fn top_p_keeps_the_smallest_set_that_holds_the_share() {
    // probabilities 0.5, 0.3, 0.15, 0.05
    let logits = [0.5f32.ln(), 0.3f32.ln(), 0.15f32.ln(), 0.05f32.ln()];
    let mut sampling = Sampling::with_temperature(1.0);
    sampling.top_p = 0.79;
    let seen = shares(sampling, &logits, 20_000);
    assert!(
        (seen[0] - 0.625).abs() < 0.015 && (seen[1] - 0.375).abs() < 0.015,
        "{seen:?}"
    );
    assert_eq!((seen[2], seen[3]), (0.0, 0.0));
    sampling.top_p = 1e-6;
    assert_eq!(shares(sampling, &logits, 1000)[0], 1.0);
}

#[test]
fn min_p_is_relative_to_the_most_likely_token() {
    let logits = [0.5f32.ln(), 0.3f32.ln(), 0.15f32.ln(), 0.05f32.ln()];
    let mut sampling = Sampling::with_temperature(1.0);
    sampling.min_p = 0.29;
    let seen = shares(sampling, &logits, 20_000);
    assert!(seen[2] > 0.13 && seen[3] == 0.0, "{seen:?}");
}

#[test]
fn a_penalty_lowers_both_positive_and_negative_logits_of_recent_tokens() {
    let mut sampling = Sampling::GREEDY;
    sampling.repetition_penalty = 2.0;
    let mut sampler = Sampler::new(sampling, 0);
    assert_eq!(sampler.pick(&[1.0, 0.9], &[0]), 1);
    assert_eq!(sampler.pick(&[-0.6, -1.0], &[0]), 1);
    let far_away: Vec<Token> = std::iter::once(0)
        .chain(std::iter::repeat_n(1, PENALTY_WINDOW))
        .collect();
    assert_eq!(sampler.pick(&[1.0, 0.4], &far_away), 0);
}

#[test]
fn rows_without_a_finite_number_do_not_panic() {
    let mut sampler = Sampler::new(Sampling::with_temperature(1.0), 0);
    assert_eq!(sampler.pick(&[f32::NAN, f32::NAN], &[]), 0);
    assert_eq!(sampler.pick(&[f32::NAN, 1.0, f32::NEG_INFINITY], &[]), 1);
    assert_eq!(greedy(&[f32::NAN, 1.0, 1.0]), 1);
}

fn by_sorting(logits: &[f32], k: usize) -> Vec<Token> {
    let mut all: Vec<Token> = (0..logits.len() as Token).collect();
    all.sort_by(|a, b| {
        logits[*b as usize]
            .total_cmp(&logits[*a as usize])
            .then(a.cmp(b))
    });
    all.truncate(k);
    all
}

proptest! {
    #[test]
    fn top_k_equals_sorting_everything(
        logits in prop::collection::vec((-50i32..50).prop_map(|x| x as f32 / 4.0), 1..2000),
        k in 1usize..100,
    ) {
        let mut kept = Vec::new();
        keep_top_k(&mut kept, &logits, k);
        let tokens: Vec<Token> = kept.iter().map(|c| c.token).collect();
        prop_assert_eq!(tokens, by_sorting(&logits, k));
    }

    #[test]
    fn the_plausible_set_changes_no_draw_of_top_p(
        logits in prop::collection::vec(-4.0f32..4.0, 1..3000),
        top_p in 0.05f32..0.999,
        seed in any::<u64>(),
    ) {
        let mut sampling = Sampling::with_temperature(0.8);
        sampling.top_p = top_p;
        let fast = Sampler::new(sampling, seed).pick(&logits, &[]);
        sampling.top_k = logits.len(); // keeps everything, the slow way
        prop_assert_eq!(fast, Sampler::new(sampling, seed).pick(&logits, &[]));
    }

    #[test]
    fn a_draw_without_filters_is_that_of_keeping_everything(
        logits in prop::collection::vec(-20.0f32..20.0, 1..5000),
        temperature in 0.2f32..3.0,
        seed in any::<u64>(),
    ) {
        let mut sampler = Sampler::new(Sampling::with_temperature(temperature), seed);
        let fast: Vec<Token> = (0..8).map(|_| sampler.pick(&logits, &[])).collect();
        let mut sampler = Sampler::new(Sampling::with_temperature(temperature), seed);
        let slow: Vec<Token> = (0..8)
            .map(|_| {
                let chances = sampler.chances(&logits, &[]);
                sampler.draw(&chances)
            })
            .collect();
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn greedy_is_the_first_maximum(logits in prop::collection::vec((-9i32..9).prop_map(|x| x as f32), 1..3000)) {
        prop_assert_eq!(greedy(&logits), by_sorting(&logits, 1)[0]);
    }
}
