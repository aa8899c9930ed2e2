//! Readings: what published benchmark guides say that a number means, beside the number and never in its place.
//!
//! Four guides give bands for numbers that are measured here as well. A band is somebody's opinion of a number, often
//! made on another machine for another purpose, so each reading names whose it is, repeats the number with its interval
//! and n, and says so where the interval reaches over more than one band. A number that is absent, or that nothing is
//! counted behind, has no reading. [`SCALES`] is the whole list of bands.
//!
//! What this deliberately does not do: judge. Nothing here is a gate, no exit code depends on it, and it stays out of
//! every format that programs read.

mod scales;

use measure::{Better, Unit};

use crate::format;
use crate::view::{Cell, Comparison, Finding, ModelCard, Row, Section};
use scales::{SCALES, Scale};

/// Whether readings stand beside the numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Readings {
    /// They do.
    #[default]
    Shown,
    /// The numbers stand alone.
    Hidden,
}

/// Numbers shown with one reading before the rest is counted.
const MOST_NUMBERS: usize = 3;

/// What is said of a section's numbers, a line each.
pub(crate) fn lines(section: &Section, models: &[ModelCard]) -> Vec<String> {
    let scales = SCALES
        .iter()
        .filter(|scale| scale.suite.is_empty() || section.suite.as_deref() == Some(scale.suite));
    let mut lines: Vec<String> = scales
        .flat_map(|scale| of_scale(scale, section, models))
        .collect();
    lines.extend(section.rows.iter().flat_map(signs));
    lines.extend(tips(section));
    lines
}

/// Numbers of one model that are read alike.
struct Read {
    model: usize,
    verdict: String,
    numbers: Vec<String>,
}

fn of_scale(scale: &Scale, section: &Section, models: &[ModelCard]) -> Vec<String> {
    let mut read: Vec<Read> = Vec::new();
    let mut title = "";
    let rows = section.rows.iter().filter(|row| row.metric == scale.metric);
    for row in rows.filter(|row| !row.is_detail()) {
        title = &row.title;
        for (model, cell) in row.cells.iter().enumerate() {
            let Some(verdict) = scale.read(cell, row.unit) else {
                continue;
            };
            let number = number(cell, row, section);
            let same = |read: &&mut Read| read.model == model && read.verdict == verdict;
            match read.iter_mut().find(same) {
                Some(known) => known.numbers.push(number),
                None => read.push(Read {
                    model,
                    verdict,
                    numbers: vec![number],
                }),
            }
        }
    }
    read.sort_by_key(|read| read.model);
    let line = |read: &Read| {
        let name = match models {
            [_] => String::new(),
            _ => models
                .get(read.model)
                .map_or_else(String::new, |model| format!("{}: ", model.name)),
        };
        let shown = read.numbers.iter().take(MOST_NUMBERS);
        let mut numbers = shown.cloned().collect::<Vec<_>>().join("; ");
        if let n @ 1.. = read.numbers.len().saturating_sub(MOST_NUMBERS) {
            numbers += &format!("; and {n} more");
        }
        format!("{name}{title} {numbers}: {}, {}", read.verdict, scale.by)
    };
    read.iter().map(line).collect()
}

/// A number with everything that belongs to it.
fn number(cell: &Cell, row: &Row, section: &Section) -> String {
    let text = format::cell(cell, row);
    let conditions = format::conditions(row.own_conditions(section));
    let conditions = match conditions.as_str() {
        "" => String::new(),
        words => format!(" ({words})"),
    };
    let interval = text
        .interval
        .map_or_else(String::new, |interval| format!(" {interval}"));
    format!("{}{interval}{conditions}, n {}", text.value, text.n)
}

impl Scale {
    /// What the guide says of a cell; nothing without a value and an n.
    fn read(&self, cell: &Cell, unit: Unit) -> Option<String> {
        let value = cell.value.filter(|value| cell.n > 0 && *value >= 0.0)?;
        let Some(interval) = cell.interval else {
            return Some(format!(
                "{}, by the value alone",
                self.band(self.place(value), unit)
            ));
        };
        let (low, high) = (self.place(interval.lo.max(0.0)), self.place(interval.hi));
        Some(match low == high {
            true => self.band(low, unit),
            false => format!(
                "undecided between {} and {}, for the interval reaches over both",
                self.band(low, unit),
                self.band(high, unit)
            ),
        })
    }

    /// The band that a value is in.
    fn place(&self, value: f64) -> usize {
        let above = self.bands.iter().filter(|(from, _)| *from <= value);
        above.count().saturating_sub(1)
    }

    /// A band's words with its limits.
    fn band(&self, place: usize, unit: Unit) -> String {
        let limit = |at: usize| {
            self.bands
                .get(at)
                .map(|(from, _)| format::quantity(unit, *from))
        };
        let says = self.bands[place].1;
        match (place, limit(place), limit(place + 1)) {
            (0, _, Some(to)) => format!("{says} (below {to})"),
            (_, Some(from), Some(to)) => format!("{says} ({from} to {to})"),
            (_, Some(from), None) => format!("{says} ({from} and more)"),
            _ => says.to_owned(),
        }
    }
}

/// What a guide takes for a warning sign.
fn signs(row: &Row) -> Vec<String> {
    if row.metric != "compile_rate" {
        return Vec::new();
    }
    let nothing = |cell: &&Cell| cell.value == Some(0.0) && cell.n > 0;
    let mut lines: Vec<String> = row
        .cells
        .iter()
        .filter(nothing)
        .map(|cell| {
            format!(
                "{}: compile rate 0, n {}: a warning sign, says the halo-forge guide; it suspects the judge (`whet doctor` tries it) or a model that writes no code",
                cell.model, cell.n
            )
        })
        .collect();
    lines.extend(
        row.comparisons
            .iter()
            .filter_map(|change| trained(change, row.better)),
    );
    lines
}

/// A compile rate that should have risen.
fn trained(change: &Comparison, better: Better) -> Option<String> {
    let says = match change.finding(better) {
        Finding::Worse => "a warning sign, says the halo-forge guide: too long on too little data",
        Finding::Inconclusive => {
            "no sign of trouble, says the halo-forge guide: so few prompts show no small gain"
        }
        _ => return None,
    };
    let what = match change.finding(better) {
        Finding::Worse => "fell",
        _ => "did not change visibly",
    };
    Some(format!(
        "{}: if it was trained from {}: a compile rate that {what} (n {}) is {says}",
        change.model, change.against, change.n
    ))
}

/// What a guide advises where such numbers stand.
fn tips(section: &Section) -> Vec<String> {
    let has = |metric: &str| {
        let mut rows = section.rows.iter().filter(|row| row.metric == metric);
        rows.any(|row| {
            row.cells
                .iter()
                .any(|cell| cell.value.is_some() && cell.n > 0)
        })
    };
    let mut tips = Vec::new();
    if section.benchmark == "latency" && has("prefill_tokens_per_s") && has("decode_tokens_per_s") {
        tips.push("prefill is limited by arithmetic and decode by memory, says the DBA guide: a smaller cache helps the second".to_owned());
    }
    let between =
        |cell: &Cell| cell.value.is_some_and(|value| (0.4..0.7).contains(&value)) && cell.n > 0;
    let mut accepted = section
        .rows
        .iter()
        .filter(|row| row.metric == "accepted_of_emitted" && !row.is_detail());
    if accepted.any(|row| row.cells.iter().any(between)) {
        tips.push("an acceptance of 40 to 70 % is where adapting the draft gains most, says the SpecLoRA guide, given 30 or more places where it was wrong (`whet collect`)".to_owned());
    }
    tips
}

#[cfg(test)]
mod tests;
