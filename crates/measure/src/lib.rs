//! Numbers that mean something: units, raw series, summaries with intervals, rates, comparisons,
//! the clock and the probes of this machine.
//!
//! This room knows nothing of models, prompts or reports. Statistics are pure functions of their
//! arguments (a bootstrap takes its seed); only [`clock`], [`probe`] and [`monitor`] look at the machine.
//!
//! Reading order: [`mod@unit`], [`metric`], [`series`], [`interval`], [`summary`], [`estimate`],
//! [`compare`], [`told`], [`gate`], [`clock`], [`probe`], [`energy`], [`monitor`].

pub mod clock;
pub mod compare;
pub mod energy;
pub mod estimate;
pub mod gate;
pub mod interval;
pub mod metric;
pub mod monitor;
pub mod probe;
mod resample;
pub mod series;
pub mod summary;
mod tail;
pub mod told;
pub mod unit;

pub use clock::{Clock, FakeClock, SystemClock};
pub use gate::Gate;
pub use interval::{Estimate, Interval, LEVEL, NoInterval};
pub use metric::Metric;
pub use monitor::Monitor;
pub use probe::{Absent, Fact};
pub use resample::RESAMPLES;
pub use series::Series;
pub use summary::{Summary, percentile_supported, quantile, summarise};
pub use unit::{Better, Unit};

/// What this room refuses.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A measured value is NaN or infinite.
    #[error(
        "value {index} of the series is {value}, not a finite number; record a missing measurement as missing, with its reason"
    )]
    NotFinite {
        /// Its place in the series, from 0.
        index: usize,
        /// The value itself.
        value: f64,
    },
}
