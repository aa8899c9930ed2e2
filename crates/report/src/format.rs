//! Numbers to text, once for every view.
//!
//! Records hold base units (nanoseconds, bytes, plain ratios); here, and nowhere else, they become
//! milliseconds, MiB and percent. A number is rounded where its own interval's half width has its first
//! significant digit, or its second if the first is small (the rule of the Particle Data Group, Review
//! of Particle Physics, section 5.3), because more digits would claim a certainty that was not
//! measured. Without an interval four significant digits are shown. Intervals are printed as `[lo, hi]`, never as `±`, which readers
//! take for one thing and programs use for another.

mod absent;
mod judging;
mod power;
mod scale;

use measure::{Interval, Unit};
use serde_json::Value;

use crate::view::{Cell, Comparison, Kind, Row, Section};

pub use absent::absences;
pub use judging::{endings, judging};
pub use power::power;
pub use scale::{Scale, scale_of};

/// What is printed where there is no number.
pub const ABSENT: &str = "—";

/// The finished words of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellText {
    /// Number and unit, or [`ABSENT`].
    pub value: String,
    /// `[lo, hi]` in the same unit.
    pub interval: Option<String>,
    /// How many independent things, for instance `24`; empty if there is no value.
    pub n: String,
    /// Why there is no value.
    pub reason: Option<String>,
}

/// The finished words of one comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonText {
    /// `+13 pp` or `1.38×`.
    pub value: Option<String>,
    /// `[lo, hi]`.
    pub interval: Option<String>,
    /// `p=0.031`.
    pub p: Option<String>,
    /// The smallest detectable difference with its unit, or the smallest detectable ratio above 1.
    pub detectable: Option<String>,
    /// Why there is no comparison.
    pub reason: Option<String>,
}

/// One scale for a whole row, that of its smallest value, so that its cells compare at a glance.
pub fn row_scale(row: &Row) -> Scale {
    let values = row.cells.iter().filter_map(|cell| cell.value);
    let sizes = values.clone().map(f64::abs).filter(|value| *value > 0.0);
    // Where all are zero nothing is large: 0 B, and not 0 GiB. Where nothing was measured the base unit stands.
    let none = if values.count() > 0 { 0.0 } else { 1.0 };
    scale_of(row.unit, sizes.reduce(f64::min).unwrap_or(none))
}

/// The words of one cell of a row.
pub fn cell(cell: &Cell, row: &Row) -> CellText {
    let Some(value) = cell.value else {
        return CellText {
            value: ABSENT.into(),
            interval: None,
            n: String::new(),
            reason: cell.reason.clone(),
        };
    };
    let scale = row_scale(row);
    let places = decimals(
        value / scale.factor,
        cell.interval
            .map(|interval| interval.half_width() / scale.factor),
    );
    CellText {
        value: format!("{}{}", fixed(value / scale.factor, places), scale.suffix),
        interval: cell
            .interval
            .map(|interval| brackets(interval, scale.factor, places, Sign::WhenNegative)),
        n: n_of(cell),
        reason: None,
    }
}

/// How many things a number stands for. One that was brought in need not say it.
fn n_of(cell: &Cell) -> String {
    match cell.n {
        0 => "?".to_owned(),
        n => n.to_string(),
    }
}

/// A cell's number and interval in a unit that stands elsewhere.
pub(crate) fn bare(cell: &Cell, factor: f64) -> (String, Option<String>) {
    let Some(value) = cell.value else {
        return (ABSENT.into(), None);
    };
    let half = cell.interval.map(|interval| interval.half_width() / factor);
    let places = decimals(value / factor, half);
    let interval = cell.interval;
    (
        fixed(value / factor, places),
        interval.map(|interval| brackets(interval, factor, places, Sign::WhenNegative)),
    )
}

/// A number of a drawing with its interval, in the digits of the tables.
pub(crate) fn drawn(value: f64, interval: Option<(f64, f64)>) -> String {
    let half = interval.map(|(lo, hi)| (hi - lo) / 2.0);
    let places = decimals(value, half);
    let number = fixed(value, places);
    match interval {
        Some((lo, hi)) => format!("{number} [{}, {}]", fixed(lo, places), fixed(hi, places)),
        None => number,
    }
}

/// The words of one comparison of a row.
pub fn comparison(comparison: &Comparison, row: &Row) -> ComparisonText {
    let (factor, suffix, sign) = match comparison.kind {
        Kind::Ratio => (1.0, "×", Sign::WhenNegative),
        Kind::Difference if row.unit == Unit::Ratio => (0.01, " pp", Sign::Always),
        Kind::Difference => (row_scale(row).factor, row_scale(row).suffix, Sign::Always),
    };
    let half = comparison
        .interval
        .map(|interval| interval.half_width() / factor);
    let places = comparison
        .value
        .map_or(0, |value| match (half, comparison.kind) {
            (None, Kind::Ratio) => 2,
            _ => decimals(value / factor, half),
        });
    ComparisonText {
        value: comparison
            .value
            .map(|value| format!("{}{suffix}", signed(value / factor, places, sign))),
        interval: comparison
            .interval
            .map(|interval| brackets(interval, factor, places, sign)),
        p: comparison.p.map(p_value),
        detectable: comparison.smallest_detectable.map(|size| {
            let size = size / factor;
            // What counts of a ratio is how far it is from 1.
            let change = match comparison.kind {
                Kind::Ratio => size - 1.0,
                Kind::Difference => size,
            };
            format!("{}{suffix}", fixed(size, decimals(size, Some(change))))
        }),
        reason: comparison.reason.clone(),
    }
}

/// `n 24`, or `n 24 / 23` where the models differ; empty if nothing was measured.
pub fn counts(row: &Row) -> String {
    let mut counts: Vec<String> = row
        .cells
        .iter()
        .filter(|cell| cell.value.is_some())
        .map(n_of)
        .collect();
    counts.dedup();
    if counts.is_empty() {
        String::new()
    } else {
        format!("n {}", counts.join(" / "))
    }
}

/// `p=0.031`; below a thousandth only the bound, because no bootstrap here resolves more.
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        "p<0.001".to_owned()
    } else {
        format!("p={p:.3}")
    }
}

/// A number of bytes in its best unit.
pub fn bytes(count: u64) -> String {
    quantity(Unit::Bytes, count as f64)
}

/// A single value without interval, in its best unit.
pub fn quantity(unit: Unit, value: f64) -> String {
    let scale = scale_of(unit, value);
    let shown = value / scale.factor;
    format!("{}{}", fixed(shown, decimals(shown, None)), scale.suffix)
}

/// A row's conditions in words: `prompt 512 · generated 128 · q8_0`. Hashes are left to the JSON.
pub fn conditions<'a>(pairs: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    // Numbers are read first; what kind of cache they hold for comes after them.
    let (last, mut first): (Vec<_>, Vec<_>) = pairs.partition(|(key, _)| *key == "cache");
    first.extend(last);
    words(first.into_iter(), |key, value| match key {
        "text" | "cache" => scalar(value),
        _ => format!("{} {}", fact_name(key), fact(key, value)),
    })
}

/// The conditions that a whole section shares, each with its name.
pub fn shared(section: &Section) -> String {
    let pairs = section
        .shared
        .iter()
        .map(|(key, value)| (key.as_str(), value));
    words(pairs, |key, value| {
        format!("{} {}", fact_name(key), fact(key, value))
    })
}

fn words<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a Value)>,
    say: impl Fn(&str, &Value) -> String,
) -> String {
    let shown = pairs.filter(|(key, _)| !key.ends_with("_sha256"));
    shown
        .map(|(key, value)| say(key, value))
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A fact's name as a reader would say it: without its unit, underscores as spaces.
pub fn fact_name(name: &str) -> String {
    let stem = ["_tokens", "_bytes", "_ns"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name);
    stem.strip_prefix("n_").unwrap_or(stem).replace('_', " ")
}

/// A fact's value, with the unit that its name ends in.
pub fn fact(name: &str, value: &Value) -> String {
    match (value.as_f64(), name) {
        (Some(number), _) if name.ends_with("_bytes") => quantity(Unit::Bytes, number),
        (Some(number), _) if name.ends_with("_ns") => quantity(Unit::Nanoseconds, number),
        _ => scalar(value),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => ABSENT.to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(" "),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| format!("{key} {}", scalar(value)))
            .collect::<Vec<_>>()
            .join(" "),
        Value::Number(number) => number.to_string(),
    }
}

/// When a number carries its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Always,
    WhenNegative,
}

fn brackets(interval: Interval, factor: f64, places: usize, sign: Sign) -> String {
    format!(
        "[{}, {}]",
        signed(interval.lo / factor, places, sign),
        signed(interval.hi / factor, places, sign)
    )
}

/// Decimals that show one or two significant digits of the half width, or four of the value if there is no
/// interval or it has no width. Whole numbers without an interval need none.
fn decimals(value: f64, half_width: Option<f64>) -> usize {
    match half_width.filter(|half| half.is_finite() && *half > value.abs() * 1e-6) {
        Some(half) => places_for(half, if first_digits(half) < 3.55 { 2 } else { 1 }),
        None if value.fract() == 0.0 => 0,
        None => places_for(value, 4),
    }
}

/// The number between 1 and 10 that remains when the power of ten is taken away.
fn first_digits(number: f64) -> f64 {
    number / 10f64.powf(number.log10().floor())
}

/// Decimals that leave `digits` significant digits of a number.
fn places_for(number: f64, digits: i32) -> usize {
    if number == 0.0 || !number.is_finite() {
        return 0;
    }
    let leading = number.abs().log10().floor() as i32;
    usize::try_from(digits - 1 - leading).unwrap_or(0).min(6)
}

fn signed(value: f64, places: usize, sign: Sign) -> String {
    let text = fixed(value, places);
    match sign {
        Sign::Always if !text.starts_with('-') && text.chars().any(|c| matches!(c, '1'..='9')) => {
            format!("+{text}")
        }
        _ => text,
    }
}

/// Fixed decimals; a negative zero loses its sign.
fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(rest) if !rest.chars().any(|c| matches!(c, '1'..='9')) => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
