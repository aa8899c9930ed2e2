//! How far one model's expectation is from another's, at one place of a text.
//!
//! The Kullback–Leibler divergence KL(p‖q) = Σ p ln(p/q) over the whole vocabulary, p the reference's
//! softmax and q the candidate's, with every sum in f64: divergences of good quantisations are a
//! thousandth of a nat, and the difference of two rounded logarithms would drown them. Equal rows give
//! exactly 0. Vocabularies are the caller's business; where one row is wider (padding), both are
//! taken over the entries that they have in common.

use crate::Token;
use crate::score::top_of;

/// What two rows say of each other at one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divergence {
    /// KL(reference‖candidate), in nats, never negative.
    pub kl: f64,
    /// Whether both hold the same entry for the likeliest; of equals the first counts.
    pub same_top: bool,
    /// Probability of the token by the candidate minus that by the reference.
    pub delta_p: f64,
    /// −ln of that token's probability by the reference.
    pub reference_nats: f64,
    /// The same by the candidate.
    pub candidate_nats: f64,
}

impl Divergence {
    /// Holds a candidate's row against the reference's, where `token` is what really comes next.
    ///
    /// `None` if one of the rows is no distribution, if the divergence is infinite, or if there is no
    /// such token in both.
    pub fn between(reference: &[f32], candidate: &[f32], token: Token) -> Option<Divergence> {
        let n = reference.len().min(candidate.len());
        let (reference, candidate) = (&reference[..n], &candidate[..n]);
        let (p, q) = (Normal::of(reference)?, Normal::of(candidate)?);
        let place = token as usize;
        let reference_nats = p.total - f64::from(*reference.get(place)?);
        let candidate_nats = q.total - f64::from(*candidate.get(place)?);
        let found = Divergence {
            kl: (weighted_gap(reference, candidate, p) + (q.total - p.total)).max(0.0),
            same_top: first_of(reference, p.top) == first_of(candidate, q.top),
            delta_p: (-candidate_nats).exp() - (-reference_nats).exp(),
            reference_nats,
            candidate_nats,
        };
        let sound = found.kl.is_finite() && reference_nats.is_finite();
        (sound && candidate_nats.is_finite()).then_some(found)
    }
}

/// What turns logits into log-probabilities.
#[derive(Debug, Clone, Copy)]
struct Normal {
    top: f32,
    /// ln Σ e^logit.
    total: f64,
}

impl Normal {
    fn of(logits: &[f32]) -> Option<Normal> {
        let top = top_of(logits)?;
        let base = f64::from(top);
        let sum = in_lanes(logits, logits, |logit, _| {
            exp_nonpositive(f64::from(logit) - base)
        });
        Some(Normal {
            top,
            total: base + sum.ln(),
        })
    }
}

/// The entropy of a row's softmax, −Σ p ln p, in nats, summed in f64; `None` if the row is no distribution.
pub fn entropy(logits: &[f32]) -> Option<f64> {
    let normal = Normal::of(logits)?;
    let entropy = in_lanes(logits, logits, |logit, _| {
        let nats = normal.total - f64::from(logit);
        let weight = exp_nonpositive(-nats);
        // An entry that cannot come adds nothing.
        if weight > 0.0 { weight * nats } else { 0.0 }
    });
    entropy.is_finite().then_some(entropy.max(0.0))
}

/// Σ p · (reference − candidate).
fn weighted_gap(reference: &[f32], candidate: &[f32], p: Normal) -> f64 {
    in_lanes(reference, candidate, |r, c| {
        let weight = exp_nonpositive(f64::from(r) - p.total);
        let gap = f64::from(r) - f64::from(c);
        // An entry that cannot come (−∞) adds nothing, whatever the candidate says of it.
        if weight > 0.0 { weight * gap } else { 0.0 }
    })
}

/// Adds up `term` over both rows, in lanes that a processor can take side by side.
fn in_lanes(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f64) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0f64; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a.remainder().iter().zip(b.remainder());
    let rest: f64 = rest.map(|(a, b)| term(*a, *b)).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            lanes[lane] += term(a[lane], b[lane]);
        }
    }
    lanes.iter().sum::<f64>() + rest
}

fn first_of(logits: &[f32], top: f32) -> Option<usize> {
    logits.iter().position(|logit| *logit == top)
}

/// e^x for x ≤ 0 to a few units of the last place; below e^-700 it is 0. It vectorises, which the
/// library's does not.
///
/// Cody–Waite reduction to |r| ≤ ln2/2, then the series of e^r to degree 13.
#[inline]
fn exp_nonpositive(x: f64) -> f64 {
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    let inside = f64::min(x.max(-700.0), 0.0);
    let n = (inside * std::f64::consts::LOG2_E).round_ties_even();
    let r = (inside - n * LN2_HIGH) - n * LN2_LOW;
    let mut sum = 1.0 / 6_227_020_800.0;
    for inverse in SERIES {
        sum = sum * r + inverse;
    }
    let scale = f64::from_bits(((n as i64 + 1023) as u64) << 52);
    if x < -700.0 { 0.0 } else { sum * scale }
}

/// 1/12!, 1/11! … 1/0!.
const SERIES: [f64; 13] = [
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
    1.0,
    1.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seed: u32, n: usize) -> Vec<f32> {
        let noise = |i: u32| (i.wrapping_mul(2_654_435_761) ^ seed).wrapping_mul(40_503) >> 8;
        (0..n as u32)
            .map(|i| (noise(i) % 2000) as f32 / 100.0 - 10.0)
            .collect()
    }

    #[test]
    fn the_exponential_agrees_with_the_library() {
        for i in 0..700_000 {
            let x = -f64::from(i) * 1e-3;
            let relative = (exp_nonpositive(x) - x.exp()).abs() / x.exp();
            assert!(relative < 1e-15, "e^{x}: {relative:e}");
        }
        assert_eq!(exp_nonpositive(0.0), 1.0);
        assert_eq!(exp_nonpositive(f64::NEG_INFINITY), 0.0);
        assert_eq!(exp_nonpositive(-701.0), 0.0);
    }

    #[test]
    fn a_row_against_itself_is_exactly_nothing() {
        for n in [1, 7, 8, 258, 1003] {
            let row = row(n as u32, n);
            let found = Divergence::between(&row, &row, (n / 2) as Token).unwrap();
            assert_eq!((found.kl, found.delta_p), (0.0, 0.0), "{n} entries");
            assert!(found.same_top);
            assert_eq!(found.reference_nats, found.candidate_nats);
        }
    }

    #[test]
    fn two_entries_can_be_computed_by_hand() {
        // p = (3/4, 1/4), q = (1/4, 3/4): KL = 3/4 ln 3 − 1/4 ln 3 = ½ ln 3.
        let (p, q) = ([3f32.ln(), 0.0], [0.0, 3f32.ln()]);
        let found = Divergence::between(&p, &q, 0).unwrap();
        assert!((found.kl - 0.5 * 3f64.ln()).abs() < 1e-7, "{found:?}");
        assert!((found.delta_p + 0.5).abs() < 1e-7);
        assert!(!found.same_top);
        assert!((found.reference_nats - (4.0f64 / 3.0).ln()).abs() < 1e-7);
        assert!((found.candidate_nats - 4f64.ln()).abs() < 1e-7);
        // Swapped rows of a swapped pair say the same.
        let mirrored = Divergence::between(&q, &p, 1).unwrap();
        assert_eq!((mirrored.kl, mirrored.delta_p), (found.kl, found.delta_p));
    }

    #[test]
    fn entropy_is_the_logarithm_of_as_many_equal_entries_and_nothing_where_one_takes_all() {
        for n in [2usize, 7, 1000] {
            let flat = entropy(&vec![3.5; n]).unwrap();
            assert!((flat - (n as f64).ln()).abs() < 1e-12, "{n}: {flat}");
        }
        // p = (3/4, 1/4).
        let two = entropy(&[3f32.ln(), 0.0]).unwrap();
        let wanted = 4f64.ln() - 0.75 * 3f64.ln();
        assert!((two - wanted).abs() < 1e-7, "{two}");
        let sure = [0.0, f32::NEG_INFINITY, f32::NEG_INFINITY];
        assert_eq!(entropy(&sure), Some(0.0));
        assert_eq!(entropy(&[0.0, f32::NAN]), None);
    }

    #[test]
    fn adding_a_constant_to_a_row_changes_nothing_that_matters() {
        let (a, b) = (row(1, 500), row(2, 500));
        let shifted: Vec<f32> = b.iter().map(|logit| logit + 8.0).collect();
        let (plain, moved) = (
            Divergence::between(&a, &b, 3).unwrap(),
            Divergence::between(&a, &shifted, 3).unwrap(),
        );
        assert!((plain.kl - moved.kl).abs() < 1e-5 * plain.kl);
        assert_eq!(plain.same_top, moved.same_top);
    }

    #[test]
    fn it_is_never_negative_even_next_to_nothing() {
        for seed in 0..200 {
            let a = row(seed, 1000);
            let near: Vec<f32> = a.iter().map(|logit| logit * (1.0 + 1e-7)).collect();
            let far = row(seed + 1000, 1000);
            let near = Divergence::between(&a, &near, 1).unwrap();
            assert!((0.0..1e-9).contains(&near.kl), "{near:?}");
            assert!(Divergence::between(&a, &far, 1).unwrap().kl > 0.1);
        }
    }

    #[test]
    fn padding_of_the_wider_row_is_left_out() {
        let (a, b) = (row(5, 300), row(6, 300));
        let padded = [&b[..], &[0.0; 28]].concat();
        assert_eq!(
            Divergence::between(&a, &padded, 9),
            Divergence::between(&a, &b, 9)
        );
        assert_eq!(
            Divergence::between(&a, &padded, 310),
            None,
            "padding never comes"
        );
    }

    #[test]
    fn what_is_no_distribution_gives_no_number() {
        let (a, mut b) = (row(5, 300), row(6, 300));
        b[100] = f32::NAN;
        assert_eq!(Divergence::between(&a, &b, 9), None);
        assert_eq!(Divergence::between(&b, &a, 9), None);
        b[100] = f32::NEG_INFINITY;
        assert_eq!(
            Divergence::between(&a, &b, 9),
            None,
            "an infinite divergence"
        );
        let masked = Divergence::between(&b, &a, 9).unwrap();
        assert!(masked.kl.is_finite(), "what cannot come adds nothing");
        assert_eq!(Divergence::between(&[], &[], 0), None);
    }
}
