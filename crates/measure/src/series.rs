//! Raw measurements of one quantity, in the order in which they were taken.
//!
//! Raw values are what a run keeps; everything in [`crate::summary`] can be computed from them
//! again. A series holds finite numbers only: a measurement that failed is absent with a reason
//! elsewhere, it is never a NaN in here. The name of the quantity is not part of the series.

use serde::{Deserialize, Serialize};

use crate::summary::{Summary, summarise};
use crate::{Error, Unit};

/// Finite values that share one unit; may be empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Series {
    unit: Unit,
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct Unchecked {
    unit: Unit,
    values: Vec<f64>,
}

impl TryFrom<Unchecked> for Series {
    type Error = Error;

    fn try_from(read: Unchecked) -> Result<Self, Error> {
        Self::new(read.unit, read.values)
    }
}

impl Series {
    /// A series of `values`, each counted in `unit`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] names the first value that is NaN or infinite.
    pub fn new(unit: Unit, values: Vec<f64>) -> Result<Self, Error> {
        match values.iter().position(|value| !value.is_finite()) {
            Some(index) => Err(Error::NotFinite {
                index,
                value: values[index],
            }),
            None => Ok(Self { unit, values }),
        }
    }

    /// What one step of a value stands for.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// The values in the order in which they were measured.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The summary of the values, `None` where there are none.
    pub fn summary(&self) -> Option<Summary> {
        summarise(&self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_that_is_no_number_is_named() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let refused = Series::new(Unit::Bytes, vec![1.0, bad, 2.0, bad]);
            assert!(
                matches!(refused, Err(Error::NotFinite { index: 1, .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_empty_series_is_a_series_without_a_summary() {
        let empty = Series::new(Unit::Count, vec![]).unwrap();
        assert_eq!(empty.summary(), None);
    }

    #[test]
    fn a_series_survives_json_and_keeps_its_order_and_unit() {
        let series = Series::new(Unit::Nanoseconds, vec![3.0, 1.0, 2.5]).unwrap();
        let text = serde_json::to_string(&series).unwrap();
        assert_eq!(text, r#"{"unit":"nanoseconds","values":[3.0,1.0,2.5]}"#);
        assert_eq!(serde_json::from_str::<Series>(&text).unwrap(), series);
    }

    #[test]
    fn json_cannot_carry_a_missing_value_into_a_series() {
        let text = r#"{"unit":"bytes","values":[1.0,null]}"#;
        assert!(serde_json::from_str::<Series>(text).is_err());
        assert!(
            Series::try_from(Unchecked {
                unit: Unit::Bytes,
                values: vec![f64::NAN]
            })
            .is_err()
        );
    }
}
