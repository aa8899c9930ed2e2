//! A against B: is there a difference, how large, and could this many problems have shown it?
//!
//! The first answer is always a difference (or a ratio) with its interval; a p-value stands beside
//! it and never alone. Everything is paired by problem except [`ratio_of_medians`] and [`ratio_of_runs`]. No verdict is
//! spoken here: whether a change passes a gate is decided where the threshold is known.

mod paired;
mod power;
mod ratio;
mod runs;
mod sign_flip;

pub use paired::{Flips, PairedDifference, mcnemar, paired_bootstrap, paired_difference};
pub use power::{
    Design, can_find, mde_from_sd, minimum_detectable_effect, smallest_difference_of_rates,
    smallest_ratio,
};
pub use ratio::ratio_of_medians;
pub use runs::{FEWEST_RUNS, mean_of_runs, ratio_of_runs};
pub use sign_flip::sign_flip_test;
