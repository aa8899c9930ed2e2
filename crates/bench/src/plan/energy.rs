//! How power at rest is found.

use serde::{Deserialize, Serialize};

/// Power at rest, which is taken off the energy of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnergyPlan {
    /// Seconds in which nothing is done before the work starts; 0 for none.
    pub rest_seconds: u32,
    /// The same after the work; plans of earlier versions have none.
    #[serde(default)]
    pub rest_after_seconds: u32,
}

impl EnergyPlan {
    /// Where nothing is to be learnt from numbers.
    pub const NONE: EnergyPlan = EnergyPlan {
        rest_seconds: 0,
        rest_after_seconds: 0,
    };
    /// Where nobody asked: enough for an estimate.
    pub const SHORT: EnergyPlan = EnergyPlan {
        rest_seconds: 5,
        rest_after_seconds: 0,
    };
    /// Where somebody asked for energy.
    pub const LONG: EnergyPlan = EnergyPlan {
        rest_seconds: 30,
        rest_after_seconds: 30,
    };
}
