//! What has no number, and why, in sentences.

use super::conditions;
use crate::view::{Cell, Comparison, IS_REFERENCE, Row, Section};

/// What is absent for one reason.
struct Absence<'s> {
    reason: &'s str,
    of: Vec<Number<'s>>,
}

/// A number that is not there.
struct Number<'s> {
    title: String,
    /// What tells it from others of its title; empty where nothing has to.
    place: String,
    /// Who lacks it; nobody where a change is meant.
    models: Vec<&'s str>,
}

/// Which numbers of a section are absent and why, one sentence for each reason.
pub fn absences(section: &Section) -> Vec<String> {
    let mut found: Vec<Absence<'_>> = Vec::new();
    for row in &section.rows {
        let named = |cell: &&Cell| cell.reason.as_deref() != Some(IS_REFERENCE);
        let without = row.cells.iter().filter(|cell| cell.value.is_none());
        for cell in without.filter(named) {
            let conditions = conditions(row.own_conditions(section));
            let place = match conditions.is_empty() || is_everywhere(section, row, cell) {
                true => String::new(),
                false => format!("at {conditions}"),
            };
            let name = (row.title.clone(), place);
            add(&mut found, cell.reason.as_deref(), name, Some(&cell.model));
        }
        let refused = |comparison: &&Comparison| {
            comparison.value.is_none() && row.cells.iter().all(|cell| cell.value.is_some())
        };
        for comparison in row.comparisons.iter().filter(refused) {
            let name = (format!("change of {}", row.title), String::new());
            add(&mut found, comparison.reason.as_deref(), name, None);
        }
    }
    found.iter().map(sentence).collect()
}

fn add<'s>(
    found: &mut Vec<Absence<'s>>,
    reason: Option<&'s str>,
    (title, place): (String, String),
    model: Option<&'s str>,
) {
    let reason = reason.unwrap_or("no reason was recorded");
    let at = found.iter().position(|absence| absence.reason == reason);
    let at = at.unwrap_or_else(|| {
        let of = Vec::new();
        found.push(Absence { reason, of });
        found.len() - 1
    });
    let of = &mut found[at].of;
    let is_it = |known: &&mut Number<'_>| known.title == title && known.place == place;
    match of.iter_mut().find(is_it) {
        Some(known) => {
            let is_new = |model: &&str| !known.models.contains(model);
            known.models.extend(model.filter(is_new));
        }
        None => of.push(Number {
            title,
            place,
            models: model.into_iter().collect(),
        }),
    }
}

/// `energy; decode at prompt 128, at prompt 512 of a and b: no meter`.
fn sentence(absence: &Absence<'_>) -> String {
    let mut by_models: Vec<(&[&str], Vec<&Number<'_>>)> = Vec::new();
    for number in &absence.of {
        let same = by_models
            .iter_mut()
            .find(|(models, _)| *models == number.models);
        match same {
            Some((_, numbers)) => numbers.push(number),
            None => by_models.push((&number.models, vec![number])),
        }
    }
    let parts = by_models
        .iter()
        .map(|(models, numbers)| match models.is_empty() {
            true => names(numbers),
            false => format!("{} of {}", names(numbers), models.join(" and ")),
        });
    let parts: Vec<String> = parts.collect();
    format!("{}: {}", parts.join("; "), absence.reason)
}

/// Each title once, with all of its places.
fn names(numbers: &[&Number<'_>]) -> String {
    let mut titles: Vec<(&str, Vec<&str>)> = Vec::new();
    for number in numbers {
        let places = match titles.iter_mut().find(|(title, _)| *title == number.title) {
            Some((_, places)) => places,
            None => {
                titles.push((&number.title, Vec::new()));
                &mut titles.last_mut().expect("it was just put there").1
            }
        };
        places.extend((!number.place.is_empty()).then_some(number.place.as_str()));
    }
    let one = |(title, places): &(&str, Vec<&str>)| match places.is_empty() {
        true => (*title).to_owned(),
        false => format!("{title} {}", places.join(", ")),
    };
    titles.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Whether a model has nothing to show in any row of that metric, for one and the same reason.
fn is_everywhere(section: &Section, row: &Row, absent: &Cell) -> bool {
    let rows = section
        .rows
        .iter()
        .filter(|other| other.metric == row.metric);
    let mut cells = rows
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.model == absent.model);
    cells.all(|cell| cell.value.is_none() && cell.reason == absent.reason)
}
