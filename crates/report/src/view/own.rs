//! What a benchmark of one's own says of its metric: which way is good, and of what its values are.
//!
//! Values with ids are answers to the same questions, so two models are paired by them, as everywhere: the mean of their
//! differences with a bootstrap over items and a sign-flip test. Values without ids are repetitions.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{Good, Measurement};
use measure::Better;

use super::{Cell, Comparison, Kind, Row, pairing, statistic};

/// The value of each item.
type Items<'a> = BTreeMap<&'a str, f64>;

/// The row with the direction that its records name, and paired where all that was measured has ids.
pub(super) fn completed(run: &Run, records: &[&Measurement], row: Row) -> Row {
    let mine = |m: &&&Measurement| m.metric == row.metric && m.conditions == row.conditions;
    let mine: Vec<&Measurement> = records.iter().filter(mine).copied().collect();
    let good = mine.iter().find_map(|m| m.own.as_ref()?.better);
    let better = match good {
        Some(Good::Higher) => Better::Higher,
        Some(Good::Lower) => Better::Lower,
        None => row.better,
    };
    let of = |model: &str| {
        mine.iter()
            .find(|m| m.model == model && !m.values.is_empty())
    };
    let models = run.header.models.iter().map(|model| model.name.as_str());
    let found: Vec<Option<Items<'_>>> = models.map(|model| items(of(model)?)).collect();
    let has_ids =
        |(cell, items): (&Cell, &Option<Items<'_>>)| cell.value.is_none() || items.is_some();
    let is_paired = found.iter().any(Option::is_some) && row.cells.iter().zip(&found).all(has_ids);
    match is_paired {
        true => Row {
            better,
            ..paired(run, row, &found)
        },
        false => Row { better, ..row },
    }
}

/// A record's values by their ids; `None` if it has none, or not one for each.
fn items(record: &Measurement) -> Option<Items<'_>> {
    let ids = &record.own.as_ref()?.items;
    let pairs = ids
        .iter()
        .map(String::as_str)
        .zip(record.values.iter().copied());
    let found: Items<'_> = pairs.filter(|(_, value)| value.is_finite()).collect();
    let is_whole = !found.is_empty() && found.len() == record.values.len();
    (is_whole && ids.len() == record.values.len()).then_some(found)
}

fn paired(run: &Run, row: Row, found: &[Option<Items<'_>>]) -> Row {
    let seed = run.header.seed;
    let cells: Vec<Cell> = row
        .cells
        .into_iter()
        .zip(found)
        .map(|(cell, items)| match items {
            Some(items) => {
                statistic::items_cell(&cell.model, items.values().copied().collect(), seed)
            }
            None => cell,
        })
        .collect();
    let later = cells.iter().zip(found).skip(1);
    let comparisons = later.map(|(cell, items)| Comparison {
        model: cell.model.clone(),
        against: cells[0].model.clone(),
        ..difference(found[0].as_ref(), items.as_ref(), seed)
    });
    Row {
        comparisons: comparisons.collect(),
        cells,
        ..row
    }
}

/// The difference at the items that both have.
fn difference(base: Option<&Items<'_>>, later: Option<&Items<'_>>, seed: u64) -> Comparison {
    let (Some(base), Some(later)) = (base, later) else {
        return pairing::incomparable(Kind::Difference, "not measured".to_owned());
    };
    let both = later
        .iter()
        .filter_map(|(id, value)| Some(value - base.get(id)?));
    let differences: Vec<f64> = both.collect();
    match differences.is_empty() {
        true => pairing::incomparable(
            Kind::Difference,
            "the two models have no item in common".to_owned(),
        ),
        false => statistic::items_difference(&differences, seed),
    }
}
