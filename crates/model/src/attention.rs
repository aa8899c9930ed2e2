//! Rotary attention: two ways to lay out a head, and how its rotation may be stretched.
//!
//! PyTorch implementations rotate element i of a head with element i + half; llama.cpp's `llama`
//! rotates neighbours. The same numbers come out if the rows of the query and key matrices are
//! interleaved, which is done here once instead of at every step. For `qwen2` llama.cpp rotates halves
//! itself, and the rows stay. Factors of Llama 3 follow the published formula of its release.

use std::path::Path;

use serde_json::Value;

use crate::Error;

/// How the rotation differs from the plain one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rotation {
    Plain,
    /// All positions divided by a factor.
    Linear {
        factor: f32,
    },
    /// Slow rotations divided by a factor, fast ones kept, a ramp between.
    Llama3 {
        factor: f64,
        low: f64,
        high: f64,
        original: f64,
    },
    /// As in the YaRN paper, with its usual constants.
    Yarn {
        factor: f32,
        original: u32,
    },
}

impl Rotation {
    /// From `rope_scaling`, or `rope_parameters` of newer configurations.
    pub(crate) fn parse(scaling: Option<&Value>, path: &Path) -> Result<Self, Error> {
        let Some(map) = scaling.filter(|map| !map.is_null()) else {
            return Ok(Self::Plain);
        };
        let number = |name: &str| {
            let found = map.get(name).and_then(Value::as_f64);
            found.filter(|n| n.is_finite() && *n > 0.0).ok_or_else(|| {
                let what = format!("the rotation's {name} is missing or no number above 0");
                Error::damaged(path, what)
            })
        };
        if map
            .get("partial_rotary_factor")
            .is_some_and(|share| share.as_f64() != Some(1.0))
        {
            return Err(Error::unsupported(
                path,
                "only a part of each head is rotated, which llama.cpp does not do for this architecture",
            ));
        }
        let kind = map
            .get("rope_type")
            .or(map.get("type"))
            .and_then(Value::as_str);
        match kind.unwrap_or("default") {
            "default" => Ok(Self::Plain),
            "linear" => Ok(Self::Linear {
                factor: number("factor")? as f32,
            }),
            "llama3" => Ok(Self::Llama3 {
                factor: number("factor")?,
                low: number("low_freq_factor")?,
                high: number("high_freq_factor")?,
                original: number("original_max_position_embeddings")?,
            }),
            "yarn" => yarn(map, path, &number),
            other => Err(Error::unsupported(
                path,
                format!(
                    "its rotation is of the kind {other}; default, linear, llama3 and yarn are converted"
                ),
            )),
        }
    }

    /// What the rotation of each pair of a head is divided by; `None` where a number in the metadata
    /// says enough.
    pub(crate) fn factors(self, base: f32, head: u32) -> Option<Vec<f32>> {
        let Self::Llama3 {
            factor,
            low,
            high,
            original,
        } = self
        else {
            return None;
        };
        let of_pair = |pair: u32| {
            let exponent = f64::from(2 * pair) / f64::from(head);
            let wavelength = std::f64::consts::TAU * f64::from(base).powf(exponent);
            let turns = original / wavelength;
            if turns > high {
                1.0
            } else if turns < low {
                factor as f32
            } else {
                let smooth = (turns - low) / (high - low);
                (1.0 / ((1.0 - smooth) / factor + smooth)) as f32
            }
        };
        Some((0..head / 2).map(of_pair).collect())
    }
}

fn yarn(
    map: &Value,
    path: &Path,
    number: &dyn Fn(&str) -> Result<f64, Error>,
) -> Result<Rotation, Error> {
    let constants = [("beta_fast", 32.0), ("beta_slow", 1.0)];
    for (name, usual) in constants {
        if map
            .get(name)
            .is_some_and(|value| value.as_f64() != Some(usual))
        {
            let what = format!("its rotation sets {name} to {}, not {usual}", map[name]);
            return Err(Error::unsupported(path, what));
        }
    }
    for name in ["attention_factor", "mscale", "mscale_all_dim"] {
        if map.get(name).is_some_and(|value| !value.is_null()) {
            let what = format!("its rotation sets {name}, which has no counterpart here");
            return Err(Error::unsupported(path, what));
        }
    }
    Ok(Rotation::Yarn {
        factor: number("factor")? as f32,
        original: number("original_max_position_embeddings")? as u32,
    })
}

/// Interleaves the halves of one head: rows 0, 1, … half − 1, half, … become 0, half, 1, half + 1, …
///
/// `values` holds the `head` rows of it, all of one length; `head` is even.
pub(crate) fn interleave(values: &[f32], head: usize) -> Vec<f32> {
    let row = values.len() / head;
    let pairs = (0..head / 2).flat_map(|pair| [pair, pair + head / 2]);
    pairs
        .flat_map(|place| &values[place * row..(place + 1) * row])
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(scaling: &Value) -> Result<Rotation, Error> {
        Rotation::parse(Some(scaling), Path::new("config.json"))
    }

    #[test]
    fn a_row_meets_the_row_it_is_rotated_with() {
        let rows = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5];
        let interleaved = [0.0, 0.5, 2.0, 2.5, 1.0, 1.5, 3.0, 3.5];
        assert_eq!(interleave(&rows, 4), interleaved);
        assert_eq!(interleave(&[0.0, 1.0, 2.0, 3.0], 4), [0.0, 2.0, 1.0, 3.0]);
    }

    #[test]
    fn fast_pairs_keep_their_rotation_and_slow_ones_are_stretched() {
        let rotation = parse(
            &json!({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}),
        );
        let factors = rotation.unwrap().factors(500_000.0, 128).unwrap();
        assert_eq!(factors.len(), 64);
        assert_eq!((factors[0], factors[63]), (1.0, 8.0));
        assert!(factors.is_sorted(), "{factors:?}");
        assert!(factors.iter().any(|f| (2.0..7.0).contains(f)), "the ramp");
    }

    #[test]
    fn an_unknown_or_half_told_rotation_is_refused_by_name() {
        for (scaling, word) in [
            (json!({"rope_type": "longrope"}), "longrope"),
            (json!({"type": "linear"}), "factor"),
            (json!({"type": "linear", "factor": -1}), "factor"),
            (
                json!({"rope_type": "llama3", "factor": 8.0}),
                "low_freq_factor",
            ),
            (
                json!({"rope_type": "yarn", "factor": 4.0, "beta_fast": 16}),
                "beta_fast",
            ),
            (json!({"partial_rotary_factor": 0.5}), "part of each head"),
        ] {
            let said = parse(&scaling).unwrap_err().to_string();
            assert!(said.contains(word), "{scaling}: {said}");
        }
        assert_eq!(
            Rotation::parse(None, Path::new("c")).unwrap(),
            Rotation::Plain
        );
        let plain = json!({"rope_type": "default", "rope_theta": 1e4});
        assert_eq!(parse(&plain).unwrap(), Rotation::Plain);
    }
}
