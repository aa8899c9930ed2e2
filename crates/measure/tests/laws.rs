//! What must hold for any numbers: symmetry, scale, order, monotonicity.

use measure::compare::{
    Design, Flips, mcnemar, minimum_detectable_effect, paired_bootstrap, paired_difference,
    ratio_of_medians, sign_flip_test,
};
use measure::estimate::{bootstrap_mean, bootstrap_ratio, pass_at_k, wilson};
use measure::summary::{mean_interval, quantile};
use measure::{LEVEL, Summary, summarise};
use proptest::prelude::*;

/// Whole numbers in a double: sums and halves of them are exact.
fn whole_values(most: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-1_000_000i32..1_000_000).prop_map(f64::from), 1..most)
}

fn any_values() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1e12f64..1e12, 1..40)
}

fn reversed(values: &[f64]) -> Vec<f64> {
    values.iter().rev().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_summary_is_ordered_and_does_not_know_the_order_of_measuring(values in any_values(), turn in 0usize..40) {
        let ours = summarise(&values).unwrap();
        let mut turned = values.clone();
        turned.rotate_left(turn % values.len());
        prop_assert_eq!(summarise(&turned), Some(ours));
        prop_assert_eq!(summarise(&reversed(&values)), Some(ours));
        let Summary { min, p10, median, p90, max, .. } = ours;
        prop_assert!(min <= p10 && p10 <= median && median <= p90 && p90 <= max);
        prop_assert!(min <= ours.mean && ours.mean <= max && ours.mad >= 0.0);
        prop_assert!(ours.interval.is_none_or(|interval| interval.contains(median)));
        prop_assert_eq!(ours.interval.is_none(), ours.no_interval.is_some());
        prop_assert_eq!(ours.interval.is_some(), values.len() >= 6);
    }

    #[test]
    fn a_summary_scales_and_mirrors_with_its_values(values in whole_values(30)) {
        let ours = summarise(&values).unwrap();
        let doubled = summarise(&values.iter().map(|v| v * 8.0).collect::<Vec<_>>()).unwrap();
        prop_assert_eq!((doubled.mean, doubled.median, doubled.p90), (ours.mean * 8.0, ours.median * 8.0, ours.p90 * 8.0));
        prop_assert_eq!((doubled.mad, doubled.sd), (ours.mad * 8.0, ours.sd.map(|sd| sd * 8.0)));
        let mirrored = summarise(&values.iter().map(|v| -v).collect::<Vec<_>>()).unwrap();
        prop_assert_eq!((mirrored.median, mirrored.mad), (-ours.median, ours.mad));
        prop_assert_eq!((mirrored.min, mirrored.max), (-ours.max, -ours.min));
        if let (Some(a), Some(b)) = (ours.interval, mirrored.interval) {
            prop_assert_eq!((a.lo, a.hi), (-b.hi, -b.lo));
        }
    }

    #[test]
    fn a_quantile_never_falls_as_its_share_rises(values in any_values(), p in 0.0f64..1.0, q in 0.0f64..1.0) {
        let (low, high) = (p.min(q), p.max(q));
        prop_assert!(quantile(&values, low).unwrap() <= quantile(&values, high).unwrap());
    }

    #[test]
    fn one_value_that_is_no_number_spoils_everything(values in any_values(), at in 0usize..40, bad in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY])) {
        let mut spoilt = values.clone();
        spoilt[at % values.len()] = bad;
        let ones = vec![1.0; values.len()];
        prop_assert_eq!(summarise(&spoilt), None);
        prop_assert_eq!(quantile(&spoilt, 0.5), None);
        prop_assert_eq!(mean_interval(&spoilt, LEVEL), None);
        prop_assert_eq!(bootstrap_mean(&spoilt, 1, LEVEL), None);
        prop_assert_eq!(bootstrap_ratio(&spoilt, &ones, 1, LEVEL), None);
        prop_assert_eq!(bootstrap_ratio(&ones, &spoilt, 1, LEVEL), None);
        prop_assert_eq!(ratio_of_medians(&ones, &spoilt, 1, LEVEL), None);
        prop_assert_eq!(sign_flip_test(&spoilt, 1), None);
    }

    #[test]
    fn wilson_mirrors_widens_with_the_level_and_holds_the_share(n in 1usize..3000, share in 0.0f64..=1.0, level in 0.05f64..0.95, more in 0.001f64..0.049) {
        let k = (share * n as f64) as usize;
        let ours = wilson(k, n, level).unwrap();
        let other = wilson(n - k, n, level).unwrap();
        prop_assert!((ours.lo - (1.0 - other.hi)).abs() < 1e-12 && (ours.hi - (1.0 - other.lo)).abs() < 1e-12);
        prop_assert!(0.0 <= ours.lo && ours.hi <= 1.0 && ours.lo < ours.hi);
        prop_assert!(ours.contains(k as f64 / n as f64));
        let wider = wilson(k, n, level + more).unwrap();
        prop_assert!(wider.lo <= ours.lo && ours.hi <= wider.hi && wider.half_width() > ours.half_width());
        let larger = wilson(2 * k, 2 * n, level).unwrap();
        prop_assert!(larger.half_width() < ours.half_width());
    }

    #[test]
    fn pass_at_k_rises_with_passes_and_with_k_and_starts_at_the_plain_rate(n in 1usize..300, c_share in 0.0f64..=1.0, k_share in 0.0f64..=1.0) {
        let c = (c_share * n as f64) as usize;
        let k = 1 + (k_share * (n - 1) as f64) as usize;
        let ours = pass_at_k(n, c, k).unwrap();
        prop_assert!((0.0..=1.0).contains(&ours));
        prop_assert_eq!(pass_at_k(n, c, 1), Some(c as f64 / n as f64));
        prop_assert_eq!(pass_at_k(n, c, n), Some(if c > 0 { 1.0 } else { 0.0 }));
        if c < n { let more = pass_at_k(n, c + 1, k).unwrap(); prop_assert!(more > ours || ours > 1.0 - 1e-12 && more >= ours - 1e-15); }
        if k < n { prop_assert!(pass_at_k(n, c, k + 1).unwrap() >= ours); }
        prop_assert_eq!(pass_at_k(n, c, n + 1), None);
        prop_assert_eq!(pass_at_k(n, n + 1, k), None);
        prop_assert_eq!(pass_at_k(n, c, 0), None);
    }

    #[test]
    fn mcnemar_is_symmetric_and_falls_as_flips_lean_one_way(b in 0usize..400, c in 0usize..400) {
        let p = mcnemar(b, c);
        prop_assert!(p > 0.0 && p <= 1.0);
        prop_assert_eq!(p, mcnemar(c, b));
        if b > c { prop_assert!(mcnemar(b + 1, c) < p); }
    }

    #[test]
    fn a_paired_difference_changes_sign_with_its_sides(n in 2usize..400, gained in 0usize..200, lost in 0usize..200) {
        prop_assume!(gained + lost <= n);
        let ours = paired_difference(Flips { n, gained, lost }, LEVEL).unwrap();
        let other = paired_difference(Flips { n, gained: lost, lost: gained }, LEVEL).unwrap();
        prop_assert_eq!(ours.difference.value, -other.difference.value);
        prop_assert_eq!(ours.p, other.p);
        let (a, b) = (ours.difference.interval.unwrap(), other.difference.interval.unwrap());
        prop_assert_eq!((a.lo, a.hi), (-b.hi, -b.lo));
        prop_assert!(a.contains(ours.difference.value) && a.lo >= -1.0 && a.hi <= 1.0);
    }

    #[test]
    fn no_interval_leaves_zero_out_where_the_exact_test_finds_nothing(n in 1usize..400, gained in 0usize..60, lost in 0usize..60) {
        prop_assume!(gained + lost <= n);
        let ours = paired_difference(Flips { n, gained, lost }, LEVEL).unwrap();
        prop_assert!(ours.difference.interval.unwrap().contains(0.0) || ours.p < 0.05);
    }

    #[test]
    fn effects_shrink_with_the_root_of_n(n in 1usize..10_000, share in 0.001f64..=1.0) {
        let one = minimum_detectable_effect(n, share, Design::USUAL).unwrap();
        let four = minimum_detectable_effect(4 * n, share, Design::USUAL).unwrap();
        prop_assert!((one / four - 2.0).abs() < 1e-12);
        let sharper = minimum_detectable_effect(n, share, Design { power: 0.9, alpha: 0.05 }).unwrap();
        prop_assert!(sharper > one);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bootstraps_know_the_seed_but_not_the_order_nor_the_scale(values in whole_values(12), seed in any::<u64>()) {
        let ours = bootstrap_mean(&values, seed, LEVEL).unwrap();
        prop_assert_eq!(bootstrap_mean(&reversed(&values), seed, LEVEL), Some(ours));
        prop_assert_eq!(paired_bootstrap(&values, seed, LEVEL), Some(ours));
        let eight: Vec<f64> = values.iter().map(|v| v * 8.0).collect();
        let scaled = bootstrap_mean(&eight, seed, LEVEL).unwrap();
        prop_assert_eq!(scaled, ours.map(|v| v * 8.0).unwrap());
        prop_assert_eq!(sign_flip_test(&eight, seed), sign_flip_test(&values, seed));
        let mirrored: Vec<f64> = values.iter().map(|v| -v).collect();
        prop_assert_eq!(sign_flip_test(&mirrored, seed), sign_flip_test(&values, seed));
        prop_assert_eq!(sign_flip_test(&reversed(&values), seed), sign_flip_test(&values, seed));
    }

    #[test]
    fn ratios_turn_over_with_their_sides(values in prop::collection::vec((1.0f64..100.0, 1.0f64..100.0), 5..10), seed in any::<u64>()) {
        let (over, under): (Vec<f64>, Vec<f64>) = values.iter().copied().unzip();
        let ours = bootstrap_ratio(&over, &under, seed, LEVEL).unwrap();
        prop_assert_eq!(bootstrap_ratio(&reversed(&over), &reversed(&under), seed, LEVEL), Some(ours));
        let total: f64 = over.iter().sum::<f64>() / under.iter().sum::<f64>();
        prop_assert!((ours.value / total - 1.0).abs() < 1e-12);
        let medians = ratio_of_medians(&over, &under, seed, LEVEL).unwrap();
        let turned = ratio_of_medians(&under, &over, seed, LEVEL).unwrap();
        prop_assert!((medians.value * turned.value - 1.0).abs() < 1e-12);
        prop_assert_eq!(ratio_of_medians(&reversed(&over), &under, seed, LEVEL), Some(medians));
    }
}
