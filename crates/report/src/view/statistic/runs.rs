//! Several runs of one thing: each is one number.

use measure::compare::{Design, mean_of_runs, ratio_of_runs, smallest_ratio};

use super::{filled, median_cell, median_ratio, with_method};
use crate::view::{Cell, Comparison, Counted, Kind, LEVEL, pairing};

/// The cell of one number for each run, of which there is at least one. Where one of them is not positive there is no mean of
/// logarithms, and the median stands.
pub(in crate::view) fn runs_cell(model: &str, values: Vec<f64>) -> Cell {
    let Some(estimate) = mean_of_runs(&values, LEVEL) else {
        return Cell {
            n_of: Counted::Runs,
            ..median_cell(model, values)
        };
    };
    let method = "geometric mean of the runs' medians, Student's interval on logarithms";
    let found = with_method(Some(estimate), method);
    filled(model, Counted::Runs, estimate.value, found, values)
}

/// The ratio of two cells, later through first: over runs where both sides are made of runs.
pub(in crate::view) fn runs_ratio(base: &Cell, later: &Cell, seed: u64) -> Comparison {
    let of_runs = [base, later].iter().all(|cell| cell.n_of == Counted::Runs);
    let found = of_runs.then(|| ratio_of_runs(&later.raw, &base.raw, LEVEL));
    let Some(estimate) = found.flatten() else {
        return median_ratio(base, later, seed);
    };
    let method = "ratio of geometric means over runs, Welch's interval on logarithms";
    let (interval, method) = with_method(Some(estimate), method);
    Comparison {
        model: later.model.clone(),
        against: base.model.clone(),
        value: Some(estimate.value),
        smallest_detectable: interval.and_then(|it| smallest_ratio(it, Design::USUAL)),
        interval,
        n: estimate.n,
        method,
        reason: None,
        ..pairing::incomparable(Kind::Ratio, String::new())
    }
}
