//! What has no number, and why, in sentences.

use super::conditions;
use crate::view::{Cell, Comparison, IS_REFERENCE, Row, Section};

/// Which numbers of a section are absent and why, one sentence per metric, model and reason.
pub fn absences(section: &Section) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for row in &section.rows {
        let named = |cell: &&Cell| cell.reason.as_deref() != Some(IS_REFERENCE);
        let without = row.cells.iter().filter(|cell| cell.value.is_none());
        for cell in without.filter(named) {
            let reason = cell.reason.as_deref().unwrap_or("no reason was recorded");
            let conditions = conditions(row.own_conditions(section));
            let place = match conditions.is_empty() || is_everywhere(section, row, cell) {
                true => String::new(),
                false => format!(" at {conditions}"),
            };
            let sentence = format!("{}{place} of {}: {reason}", row.title, cell.model);
            if !found.contains(&sentence) {
                found.push(sentence);
            }
        }
        let refused = |comparison: &&Comparison| {
            comparison.value.is_none() && row.cells.iter().all(|cell| cell.value.is_some())
        };
        for comparison in row.comparisons.iter().filter(refused) {
            let reason = comparison
                .reason
                .as_deref()
                .unwrap_or("no reason was recorded");
            found.push(format!("change of {}: {reason}", row.title));
        }
    }
    found.dedup();
    found
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
