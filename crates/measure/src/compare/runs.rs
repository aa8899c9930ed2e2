//! Whole runs as units: what a machine does between two runs is in each run's number once.
//!
//! Repetitions inside a run share its memory layout, its neighbours on the host, its temperature; their spread says nothing of
//! the next run. So each run gives one number, and runs are compared: on the logarithms, because speeds vary by shares, with
//! Student's interval, and of two sides with Welch's, which does not take both to vary alike. Three runs a side are the fewest:
//! two show one difference, from which no spread can be told.
//! Sources: B. L. Welch, Biometrika 34 (1947); T. Kalibera and R. Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013,
//! on the level at which repetition has to happen.

use crate::interval::{Estimate, Interval, NoInterval};
use crate::summary::{sorted_finite, sorted_mean};
use crate::tail::{checked_level, student_width};

/// The fewest runs of a side that carry an interval.
pub const FEWEST_RUNS: usize = 3;

/// Mean of logarithms, and the square of its standard error.
struct Side {
    mean: f64,
    error2: f64,
    n: usize,
}

/// The geometric mean of one number per run, with Student's interval on the logarithms.
///
/// `None` where there are no numbers, one is not finite and positive, or the level is none. Below [`FEWEST_RUNS`] and
/// without any spread it comes without an interval.
pub fn mean_of_runs(runs: &[f64], level: f64) -> Option<Estimate> {
    let level = checked_level(level)?;
    let side = Side::of(runs)?;
    let bounds = interval(&[&side], side.mean, level);
    Some(Estimate::new(side.mean.exp(), side.n, bounds)).filter(|found| found.value.is_finite())
}

/// The geometric mean of `candidate` through that of `baseline`, one number per run each, with Welch's interval on the
/// logarithms; `n` is the smaller side's.
///
/// `None` and no interval as with [`mean_of_runs`], on either side.
pub fn ratio_of_runs(candidate: &[f64], baseline: &[f64], level: f64) -> Option<Estimate> {
    let level = checked_level(level)?;
    let (over, under) = (Side::of(candidate)?, Side::of(baseline)?);
    let centre = over.mean - under.mean;
    let bounds = interval(&[&over, &under], centre, level);
    let n = over.n.min(under.n);
    Some(Estimate::new(centre.exp(), n, bounds)).filter(|found| found.value.is_finite())
}

impl Side {
    fn of(runs: &[f64]) -> Option<Side> {
        let sorted = sorted_finite(runs).filter(|sorted| sorted[0] > 0.0)?;
        let logs: Vec<f64> = sorted.iter().map(|value| value.ln()).collect();
        let mean = sorted_mean(&logs);
        let n = logs.len();
        let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
        let error2 = squares / (n as f64 * (n as f64 - 1.0).max(1.0));
        Some(Side { mean, error2, n })
    }
}

/// The interval of the sum or difference of sides around its centre, back from the logarithms.
fn interval(sides: &[&Side], centre: f64, level: f64) -> Result<Interval, NoInterval> {
    let n = sides.iter().map(|side| side.n).min().unwrap_or(0);
    if n < FEWEST_RUNS {
        let needed = FEWEST_RUNS;
        return Err(NoInterval::TooFew { n, needed });
    }
    let error2: f64 = sides.iter().map(|side| side.error2).sum();
    // Rounding leaves a little where all values agree.
    if error2.sqrt() <= 1e-12 {
        return Err(NoInterval::NoSpread { n });
    }
    // Welch and Satterthwaite; with one side it is n - 1.
    let parts = sides
        .iter()
        .map(|side| side.error2.powi(2) / (side.n - 1) as f64);
    let freedom = error2.powi(2) / parts.sum::<f64>();
    let reach = student_width(level, freedom).ok_or(NoInterval::Overflow)? * error2.sqrt();
    let (lo, hi) = ((centre - reach).exp(), (centre + reach).exp());
    match lo.is_finite() && hi.is_finite() {
        true => Ok(Interval { lo, hi, level }),
        false => Err(NoInterval::Overflow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::LEVEL;

    #[test]
    fn two_runs_of_a_side_carry_no_interval_and_three_do() {
        let few = ratio_of_runs(&[50.0, 51.0], &[48.0, 49.0, 50.0], LEVEL).unwrap();
        assert_eq!(
            few.no_interval,
            Some(NoInterval::TooFew { n: 2, needed: 3 })
        );
        assert!(few.value > 1.0);
        let found = ratio_of_runs(&[50.0, 51.0, 52.0], &[48.0, 49.0, 50.0], LEVEL).unwrap();
        assert!(found.interval.unwrap().contains(found.value) && found.n == 3);
        let alone = mean_of_runs(&[50.0, 51.0], LEVEL).unwrap();
        assert_eq!(
            alone.no_interval,
            Some(NoInterval::TooFew { n: 2, needed: 3 })
        );
    }

    #[test]
    fn sides_exchanged_give_the_reciprocal() {
        let (a, b) = ([50.0, 51.0, 52.5], [40.0, 49.0, 47.0, 44.0]);
        let there = ratio_of_runs(&a, &b, LEVEL).unwrap();
        let back = ratio_of_runs(&b, &a, LEVEL).unwrap();
        let (there_in, back_in) = (there.interval.unwrap(), back.interval.unwrap());
        assert!((there.value * back.value - 1.0).abs() < 1e-12);
        assert!((there_in.lo * back_in.hi - 1.0).abs() < 1e-12);
    }

    #[test]
    fn runs_that_all_agree_show_no_spread_and_what_is_not_positive_is_refused() {
        let equal = ratio_of_runs(&[3.3; 4], &[1.1; 3], LEVEL).unwrap();
        assert_eq!(equal.no_interval, Some(NoInterval::NoSpread { n: 3 }));
        assert!((equal.value - 3.0).abs() < 1e-12);
        for bad in [&[][..], &[1.0, 0.0, 2.0], &[1.0, f64::NAN, 2.0], &[-1.0]] {
            assert_eq!(mean_of_runs(bad, LEVEL), None, "{bad:?}");
            assert_eq!(ratio_of_runs(&[1.0, 2.0, 3.0], bad, LEVEL), None, "{bad:?}");
        }
        assert_eq!(mean_of_runs(&[1.0, 2.0, 3.0], 1.0), None);
    }
}
