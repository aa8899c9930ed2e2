//! Small samples, flat ones, impossible arguments, and how often intervals hold the truth.

use measure::compare::{
    Design, Flips, can_find, mcnemar, mde_from_sd, minimum_detectable_effect, paired_difference,
    ratio_of_medians, sign_flip_test, smallest_difference_of_rates, smallest_ratio,
};
use measure::estimate::{bootstrap_mean, bootstrap_ratio, ratio_error, wilson};
use measure::summary::{mean_interval, percentile_supported, quantile};
use measure::{Interval, LEVEL, NoInterval, summarise};

#[test]
fn nothing_gives_nothing_and_one_value_gives_no_interval() {
    assert_eq!(summarise(&[]), None);
    assert_eq!(quantile(&[], 0.5), None);
    assert_eq!(bootstrap_mean(&[], 1, LEVEL), None);
    assert_eq!(bootstrap_ratio(&[], &[], 1, LEVEL), None);
    assert_eq!(ratio_of_medians(&[], &[1.0], 1, LEVEL), None);
    assert_eq!(sign_flip_test(&[], 1), None);
    assert_eq!(wilson(0, 0, LEVEL), None);
    assert_eq!(Flips::tally([]).discordant_share(), None);
    assert_eq!(paired_difference(Flips::tally([]), LEVEL), None);
    let one = summarise(&[4.0]).unwrap();
    assert_eq!((one.n, one.sd, one.mad, one.p10), (1, None, 0.0, 4.0));
    assert_eq!(
        one.no_interval,
        Some(NoInterval::TooFew { n: 1, needed: 6 })
    );
    assert_eq!(mean_interval(&[4.0], LEVEL), None);
    let lone = bootstrap_mean(&[0.5], 1, LEVEL).unwrap();
    assert_eq!((lone.value, lone.interval), (0.5, None));
    assert_eq!(
        lone.no_interval,
        Some(NoInterval::TooFew { n: 1, needed: 5 })
    );
    let lone = ratio_of_medians(&[2.0, 3.0], &[1.0], 1, LEVEL).unwrap();
    assert_eq!(
        (lone.n, lone.no_interval),
        (1, Some(NoInterval::TooFew { n: 1, needed: 5 }))
    );
}

#[test]
fn two_values_carry_a_deviation_but_no_interval() {
    let two = summarise(&[1.0, 3.0]).unwrap();
    assert_eq!((two.median, two.sd, two.mad), (2.0, Some(2f64.sqrt()), 1.0));
    assert!(two.interval.is_none() && two.no_interval.is_some());
    assert_eq!(
        bootstrap_mean(&[1.0, 3.0], 1, LEVEL).unwrap().interval,
        None
    );
}

#[test]
fn equal_values_get_no_interval_from_resampling_and_a_reason_instead() {
    let none = Some(NoInterval::NoSpread { n: 50 });
    for value in [0.0, 0.1, 1.0, -7.3e11] {
        let flat = bootstrap_mean(&[value; 50], 3, LEVEL).unwrap();
        assert_eq!(
            (flat.value, flat.interval, flat.no_interval),
            (value, None, none)
        );
        assert_eq!(mean_interval(&[value; 50], LEVEL), None);
        assert_eq!(summarise(&[value; 50]).unwrap().sd, Some(0.0));
    }
    // Proportional pairs: every resample has the same ratio, up to rounding.
    let under: Vec<f64> = (1..=50).map(|i| f64::from(i) * 0.7).collect();
    let over: Vec<f64> = under.iter().map(|u| u * 0.3).collect();
    assert_eq!(
        bootstrap_ratio(&over, &under, 3, LEVEL)
            .unwrap()
            .no_interval,
        none
    );
    assert_eq!(
        ratio_of_medians(&[2.0; 50], &[4.0; 60], 3, LEVEL)
            .unwrap()
            .no_interval,
        none
    );
    // An interval of the median needs no spread: it is made of measured values.
    assert_eq!(
        summarise(&[2.0; 6]).unwrap().interval.map(|i| (i.lo, i.hi)),
        Some((2.0, 2.0))
    );
}

#[test]
fn values_whose_sums_overflow_give_no_number_at_all() {
    let huge = [f64::MAX, f64::MAX, -f64::MAX, f64::MAX];
    assert_eq!(summarise(&huge), None);
    assert_eq!(mean_interval(&huge, LEVEL), None);
    assert_eq!(bootstrap_mean(&[f64::MAX; 3], 1, LEVEL), None);
    assert_eq!(sign_flip_test(&huge, 1), None);
    let mixed = bootstrap_mean(&[f64::MAX, -f64::MAX, 0.0, 0.0, 0.0], 1, LEVEL).unwrap();
    assert_eq!(mixed.no_interval, Some(NoInterval::Overflow));
}

#[test]
fn a_level_that_is_none_gives_nothing() {
    for level in [0.0, 1.0, -0.5, 95.0, f64::NAN] {
        assert_eq!(wilson(1, 2, level), None);
        assert_eq!(mean_interval(&[1.0, 2.0], level), None);
        assert_eq!(bootstrap_mean(&[1.0, 2.0], 1, level), None);
        assert_eq!(bootstrap_ratio(&[1.0], &[1.0], 1, level), None);
        assert_eq!(ratio_of_medians(&[1.0], &[1.0], 1, level), None);
        assert_eq!(
            paired_difference(
                Flips {
                    n: 3,
                    gained: 1,
                    lost: 0
                },
                level
            ),
            None
        );
        let design = Design {
            power: 0.8,
            alpha: level,
        };
        assert_eq!(minimum_detectable_effect(10, 0.1, design), None, "{level}");
        assert_eq!(
            mde_from_sd(
                10,
                0.1,
                Design {
                    power: level,
                    alpha: 0.05
                }
            ),
            None
        );
    }
}

#[test]
fn impossible_counts_and_sides_give_nothing() {
    assert_eq!(wilson(3, 2, LEVEL), None);
    assert_eq!(
        paired_difference(
            Flips {
                n: 3,
                gained: 2,
                lost: 2
            },
            LEVEL
        ),
        None
    );
    assert_eq!(
        paired_difference(
            Flips {
                n: 3,
                gained: usize::MAX,
                lost: 2
            },
            LEVEL
        ),
        None
    );
    assert_eq!(bootstrap_ratio(&[1.0, 2.0], &[1.0], 1, LEVEL), None);
    assert_eq!(bootstrap_ratio(&[1.0, 2.0], &[1.0, 0.0], 1, LEVEL), None);
    assert_eq!(ratio_of_medians(&[1.0, 0.0], &[1.0, 2.0], 1, LEVEL), None);
    assert_eq!(minimum_detectable_effect(0, 0.1, Design::USUAL), None);
    assert_eq!(minimum_detectable_effect(5, 1.1, Design::USUAL), None);
    assert_eq!(mde_from_sd(5, 0.0, Design::USUAL), None);
}

#[test]
fn a_thousand_one_sided_flips_have_a_tiny_p_value_and_not_zero() {
    assert!(mcnemar(0, 1000) > 0.0 && mcnemar(0, 1000) < 1e-300);
    assert!(mcnemar(0, 100_000) > 0.0);
}

#[test]
fn percentiles_are_supported_exactly_from_the_bound_on() {
    for (p, needed) in [(0.5, 5), (0.9, 29), (0.1, 29), (0.95, 59), (0.99, 299)] {
        assert!(
            !percentile_supported(needed - 1, p) && percentile_supported(needed, p),
            "{p}"
        );
    }
    assert!(!percentile_supported(1_000_000, 1.0) && !percentile_supported(1_000_000, f64::NAN));
}

#[test]
fn no_flip_and_nothing_but_flips_have_an_interval_and_a_p_value() {
    for (gained, lost, p) in [(0, 0, 1.0), (8, 0, 1.0 / 128.0), (0, 8, 1.0 / 128.0)] {
        let ours = paired_difference(Flips { n: 8, gained, lost }, LEVEL).unwrap();
        let interval = ours.difference.interval.unwrap();
        assert_eq!(interval.contains(0.0), gained == lost);
        assert!(interval.contains(ours.difference.value) && interval.half_width() > 0.3);
        assert!((ours.p / p - 1.0).abs() < 1e-12);
    }
}

#[test]
fn flips_are_counted_by_direction() {
    let pairs = [
        (true, true),
        (true, false),
        (false, true),
        (false, true),
        (false, false),
    ];
    let flips = Flips::tally(pairs);
    assert_eq!(
        flips,
        Flips {
            n: 5,
            gained: 2,
            lost: 1
        }
    );
    assert_eq!(flips.discordant_share(), Some(0.6));
}

#[test]
fn the_drawn_sign_flip_test_comes_close_to_the_exact_one_and_is_never_zero() {
    // 15 ones: exactly two of 2^15 patterns reach the observed sum.
    let p = sign_flip_test(&[1.0; 15], 5).unwrap();
    assert!(p > 0.0 && p < 0.001, "{p}");
    // 20 signs, 12 up and 8 down: P(|S| >= 4) = 1 - P(S in {-2, 0, 2}) = 0.50344.
    let mut mixed = vec![1.0; 12];
    mixed.extend([-1.0; 8]);
    let p = sign_flip_test(&mixed, 5).unwrap();
    assert!((p - 0.503_444_67).abs() < 0.02, "{p}");
    assert_eq!(sign_flip_test(&mixed, 5), Some(p));
    assert_ne!(sign_flip_test(&mixed, 6), Some(p));
    // 100 values need more than one word of signs; all equal signs stay as rare as they are.
    assert_eq!(sign_flip_test(&[1.0; 100], 5), Some(1.0 / 10_001.0));
}

#[test]
fn zeros_do_not_change_a_sign_flip_test() {
    let bare = sign_flip_test(&[1.0, -0.5, 2.0], 1).unwrap();
    let mut padded = vec![0.0; 200];
    padded.extend([1.0, -0.5, 2.0]);
    assert_eq!(sign_flip_test(&padded, 1), Some(bare));
    assert_eq!(sign_flip_test(&[0.0; 30], 1), Some(1.0));
}

#[test]
fn another_seed_gives_almost_the_same_bootstrap_interval() {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
    let one = bootstrap_mean(&values, 1, LEVEL).unwrap().interval.unwrap();
    let two = bootstrap_mean(&values, 2, LEVEL).unwrap().interval.unwrap();
    assert_ne!(one, two);
    let wander = (one.lo - two.lo).abs().max((one.hi - two.hi).abs());
    assert!(wander < 0.1 * one.half_width(), "{wander}");
}

#[test]
fn few_values_carry_an_interval_only_where_resampling_can_see_both_tails() {
    let values = [
        1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0,
    ];
    let fewest = |level: f64| {
        (1..=values.len()).find(|n| {
            let found = bootstrap_mean(&values[..*n], 1, level).unwrap();
            found.interval.is_some()
        })
    };
    assert_eq!(
        (fewest(0.8), fewest(0.95), fewest(0.99)),
        (Some(3), Some(5), Some(12))
    );
    let four = bootstrap_mean(&values[..4], 1, LEVEL).unwrap();
    assert_eq!(
        four.no_interval,
        Some(NoInterval::TooFew { n: 4, needed: 5 })
    );
}

#[test]
fn five_values_hold_the_truth_nearly_as_often_as_they_say() {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let runs = 300;
    let held = (0..runs).filter(|run| {
        let values: Vec<f64> = (0..5).map(|_| noise.uniform()).collect();
        let interval = bootstrap_mean(&values, *run, LEVEL).unwrap().interval;
        interval.unwrap().contains(0.5)
    });
    // Nominal 285 of 300, sd 3.8. In 2,000 runs elsewhere 91 % held it, and 84 % of plain percentiles.
    let held = held.count();
    assert!((262..=300).contains(&held), "{held}");
}

#[test]
fn intervals_hold_the_truth_about_as_often_as_they_say() {
    let mut noise = Noise(0x2545_f491_4f6c_dd1d);
    let (mut mean, mut median, mut student, runs) = (0, 0, 0, 300);
    for run in 0..runs {
        // Uniform on [0, 1): mean and median are 0.5.
        let values: Vec<f64> = (0..25).map(|_| noise.uniform()).collect();
        let holds =
            |interval: Option<measure::Interval>| usize::from(interval.unwrap().contains(0.5));
        mean += holds(bootstrap_mean(&values, run, LEVEL).unwrap().interval);
        median += holds(summarise(&values).unwrap().interval);
        student += holds(mean_interval(&values, LEVEL));
    }
    // Nominal 285 of 300, sd 3.8; and 25 uniform values are kind to all three.
    assert!((270..=299).contains(&mean), "bootstrap {mean}");
    assert!((270..=299).contains(&student), "student {student}");
    assert!((270..=300).contains(&median), "median {median}");
}

/// xorshift64*: a generator that has nothing to do with the one under test.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[test]
fn the_error_of_a_ratio_is_that_of_a_mean_where_all_denominators_are_alike() {
    // Mean 2, standard deviation sqrt(2), two values.
    assert_eq!(ratio_error(&[1.0, 3.0], &[1.0, 1.0]), Some(1.0));
    assert_eq!(ratio_error(&[5.0, 15.0], &[5.0, 5.0]), Some(1.0));
    assert_eq!(
        ratio_error(&[2.0, 4.0, 6.0], &[1.0, 2.0, 3.0]),
        Some(0.0),
        "no spread"
    );
    assert_eq!(ratio_error(&[1.0], &[1.0]), None);
    assert_eq!(ratio_error(&[1.0, f64::NAN], &[1.0, 1.0]), None);
    assert_eq!(ratio_error(&[1.0, 2.0], &[1.0, 0.0]), None);
    // What two ratios have in common leaves the error of their difference: pairing narrows it.
    let (a, b) = ([10.0, 20.0, 30.0, 45.0], [11.0, 21.5, 30.5, 46.0]);
    let n = [10.0; 4];
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| b - a).collect();
    let apart = ratio_error(&a, &n)
        .unwrap()
        .hypot(ratio_error(&b, &n).unwrap());
    assert!(ratio_error(&differences, &n).unwrap() < 0.1 * apart);
}

#[test]
fn five_pairs_find_nothing_and_six_may() {
    let design = Design::USUAL;
    for n in 0..=20 {
        let one_way = sign_flip_test(&vec![1.0; n.max(1)], 1).unwrap();
        assert_eq!(can_find(n, design), n > 0 && one_way <= design.alpha, "{n}");
        assert_eq!(can_find(n, design), mcnemar(n, 0) <= design.alpha, "{n}");
    }
    assert!(!can_find(5, design) && can_find(6, design));
}

#[test]
fn no_difference_of_rates_is_larger_than_all_problems_nor_than_those_that_flip() {
    let design = Design::USUAL;
    let smallest = |n, spread, flipped| smallest_difference_of_rates(n, (spread, flipped), design);
    // 2.8016 squared, over n: all flips one way.
    assert_eq!(smallest(2, Some(1.4), 0.5), None, "never 140 points");
    assert_eq!(
        smallest(5, Some(0.1), 1.0),
        None,
        "the test finds nothing in five"
    );
    assert_eq!(smallest(7, None, 0.0), None, "7.85 / 7 is more than all");
    let ten = smallest(10, minimum_detectable_effect(10, 0.1, design), 0.1).unwrap();
    assert!(
        (ten - 0.785).abs() < 0.001,
        "one flip in ten tells of no spread: {ten}"
    );
    let usual = minimum_detectable_effect(164, 0.3, design);
    assert_eq!(
        smallest(164, usual, 0.3),
        usual,
        "enough flips: the usual size"
    );
}

#[test]
fn the_smallest_ratio_lies_beyond_the_interval_and_needs_one_with_a_width() {
    let interval = |lo: f64, hi: f64| Interval {
        lo,
        hi,
        level: 0.95,
    };
    let smallest = |lo, hi| smallest_ratio(interval(lo, hi), Design::USUAL);
    // Half a width of ln 1.1: exp(0.09531 (1 + 0.841621 / 1.959964)).
    let found = smallest(1.0 / 1.1, 1.1).unwrap();
    assert!((found - 1.145_953).abs() < 1e-6, "{found}");
    let moved = smallest(2.0 / 1.1, 2.2).unwrap();
    assert!(
        (found - moved).abs() < 1e-12,
        "where it lies does not count"
    );
    let wide = interval(1.0 / 1.1, 1.1);
    let narrower = Interval { level: 0.8, ..wide };
    let at_80 = smallest_ratio(narrower, Design::USUAL).unwrap();
    assert!(
        at_80 > found,
        "at a lower level the same width is more spread"
    );
    for (lo, hi) in [
        (1.0, 1.0),
        (0.0, 1.0),
        (-1.0, 1.0),
        (1.0, f64::INFINITY),
        (1.0, f64::NAN),
        (1.1, 1.0),
    ] {
        assert_eq!(smallest(lo, hi), None, "[{lo}, {hi}]");
    }
}

#[test]
fn a_ratio_of_the_smallest_size_is_found_about_four_times_in_five() {
    let mut noise = Noise(0x51_7cc1_b727_2202);
    // Ten repeats that wander by 2 %: the sum of twelve uniform numbers is about normal.
    let mut repeats = || -> Vec<f64> {
        let one = |noise: &mut Noise| (0..12).map(|_| noise.uniform()).sum::<f64>() - 6.0;
        (0..10).map(|_| (0.02 * one(&mut noise)).exp()).collect()
    };
    let mut found = |size: f64, seed: u64| {
        let later: Vec<f64> = repeats().iter().map(|value| value * size).collect();
        let estimate = ratio_of_medians(&later, &repeats(), seed, LEVEL).unwrap();
        estimate.interval.unwrap()
    };
    let mut sizes: Vec<f64> = (0..100)
        .filter_map(|seed| smallest_ratio(found(1.0, seed), Design::USUAL))
        .collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let size = sizes[50];
    let seen = (0..200).filter(|seed| found(size, *seed).lo > 1.0).count();
    assert!((140..=192).contains(&seen), "{seen} of 200 at {size}");
}
