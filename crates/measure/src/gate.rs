//! A claim about a number that can fail: `perplexity.ratio < 1.05`.
//!
//! A gate holds if the whole interval keeps it, fails if the whole interval breaks it, and is *inconclusive*
//! between the two: with so few problems or repeats nobody knows, and a gate that guesses is worse than
//! none. Only what is counted and not sampled (sizes by formula) is judged by its value alone.

use std::str::FromStr;

use crate::interval::Interval;
use crate::metric;

/// What of a metric is held against the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// The number of each later model, or of the only one.
    Value,
    /// Later model through first.
    Ratio,
    /// Later model minus first.
    Difference,
}

/// On which side of the limit the number has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// A claim. Its text form is `METRIC[.ratio|.difference] SIDE NUMBER[%]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// A name of the catalogue, `pass_at_<k>`, `compile_at_<k>`, or that of a metric of one's own.
    pub metric: String,
    /// What of it.
    pub aspect: Aspect,
    /// The side.
    pub side: Side,
    /// The limit, in the metric's base unit or as a plain ratio.
    pub limit: f64,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Met,
    /// It does not.
    Failed,
    /// The interval lies on both sides of the limit, or there is none.
    Inconclusive,
    /// There is no number: nothing was measured, or what was cannot be compared.
    NoNumber,
}

impl Side {
    const ALL: [(&'static str, Side); 4] = [
        ("<=", Side::AtMost),
        (">=", Side::AtLeast),
        ("<", Side::Below),
        (">", Side::Above),
    ];

    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Side::Below => value < limit,
            Side::AtMost => value <= limit,
            Side::Above => value > limit,
            Side::AtLeast => value >= limit,
        }
    }
}

impl Gate {
    /// What becomes of the claim with that number.
    pub fn judge(&self, value: f64, interval: Option<Interval>) -> Outcome {
        let holds = |number: f64| self.side.holds(number, self.limit);
        let ends = match interval {
            Some(interval) => [holds(interval.lo), holds(interval.hi)],
            None if metric::is_counted(&self.metric) => [holds(value); 2],
            None => return Outcome::Inconclusive,
        };
        match ends {
            [true, true] => Outcome::Met,
            [false, false] => Outcome::Failed,
            _ => Outcome::Inconclusive,
        }
    }
}

impl FromStr for Gate {
    type Err = String;

    fn from_str(text: &str) -> Result<Gate, String> {
        let shape = "write METRIC.ratio<1.05, METRIC.difference>=-2% or METRIC>0.5";
        let (sign, side) = Side::ALL
            .into_iter()
            .find(|(sign, _)| text.contains(sign))
            .ok_or_else(|| format!("'{text}' compares nothing; {shape}"))?;
        let (left, right) = text.split_once(sign).unwrap_or((text, ""));
        let (name, aspect) = match left.trim().rsplit_once('.') {
            None => (left.trim(), Aspect::Value),
            Some((name, "ratio")) => (name, Aspect::Ratio),
            Some((name, "difference" | "diff")) => (name, Aspect::Difference),
            Some((_, other)) => {
                return Err(format!(
                    "'{text}': .{other} is neither .ratio nor .difference"
                ));
            }
        };
        Ok(Gate {
            metric: named(name)?,
            aspect,
            side,
            limit: number(right.trim())
                .ok_or_else(|| format!("'{text}': '{}' is no number; {shape}", right.trim()))?,
        })
    }
}

/// The metric of that name; `ppl` is short for perplexity. Runs may hold metrics of one's own, so that whoever has read them
/// says whether there is one of that name ([`crate::metric::unknown`]).
fn named(name: &str) -> Result<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    match name {
        "ppl" => Ok("perplexity".to_owned()),
        "" => Err("no metric is called ''; docs/METRICS.md lists them".to_owned()),
        name if name.chars().all(is_name) => Ok(name.to_owned()),
        name => Err(format!(
            "no metric is called '{name}'; a name has letters, digits and _ in it"
        )),
    }
}

fn number(text: &str) -> Option<f64> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(gate: &str, value: f64, ends: Option<(f64, f64)>) -> Outcome {
        let interval = ends.map(|(lo, hi)| Interval {
            lo,
            hi,
            level: 0.95,
        });
        gate.parse::<Gate>().unwrap().judge(value, interval)
    }

    #[test]
    fn a_claim_is_met_or_failed_only_by_the_whole_interval() {
        let gate = "perplexity.ratio < 1.05";
        assert_eq!(outcome(gate, 1.01, Some((1.0, 1.04))), Outcome::Met);
        assert_eq!(
            outcome(gate, 1.01, Some((0.9, 1.06))),
            Outcome::Inconclusive
        );
        assert_eq!(outcome(gate, 1.2, Some((1.05, 1.3))), Outcome::Failed);
        assert_eq!(outcome(gate, 1.01, None), Outcome::Inconclusive);
    }

    #[test]
    fn the_limit_itself_belongs_to_one_side() {
        let at = Some((2.0, 2.0));
        assert_eq!(outcome("pass_at_1<=2", 2.0, at), Outcome::Met);
        assert_eq!(outcome("pass_at_1>=2", 2.0, at), Outcome::Met);
        assert_eq!(outcome("pass_at_1<2", 2.0, at), Outcome::Failed);
        assert_eq!(outcome("pass_at_1>2", 2.0, at), Outcome::Failed);
    }

    #[test]
    fn what_is_counted_needs_no_interval() {
        let gate = "kv_logical_bytes.ratio<0.34";
        assert_eq!(outcome(gate, 0.28, None), Outcome::Met);
        assert_eq!(outcome(gate, 0.53, None), Outcome::Failed);
    }

    #[test]
    fn percent_and_short_names_are_understood() {
        let gate: Gate = "pass_at_10.diff >= -2 %".parse().unwrap();
        assert_eq!(
            (gate.aspect, gate.side, gate.limit),
            (Aspect::Difference, Side::AtLeast, -0.02)
        );
        let gate: Gate = "ppl.ratio<1.05".parse().unwrap();
        assert_eq!(gate.metric, "perplexity");
    }

    #[test]
    fn what_is_no_claim_is_refused_with_a_hint() {
        for (text, hint) in [
            ("perplexity", "compares nothing"),
            ("perplexity.ratio<", "is no number"),
            ("perplexity.ratio<nan", "is no number"),
            ("perplexity.mean<1", ".mean is neither"),
            ("my metric>1", "letters, digits"),
            ("<1", "no metric is called ''"),
        ] {
            let error = text.parse::<Gate>().unwrap_err();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }
}
