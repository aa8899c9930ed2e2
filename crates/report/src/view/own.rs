//! What a benchmark of one's own says of its metric: which way is good, and of what its values are.
//!
//! Values with ids are answers to the same questions, so two models are paired by them, as everywhere: the mean of their
//! differences with a bootstrap over items and a sign-flip test. Values without ids are repetitions.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{Good, Measurement};
use measure::Better;

use super::{Cell, Comparison, Counted, Kind, pairing, statistic};

/// The value of each item.
type Items<'a> = BTreeMap<&'a str, f64>;

/// Which way is good, if one of the records names it.
pub(super) fn better(records: &[&Measurement]) -> Option<Better> {
    let good = records.iter().find_map(|m| m.own.as_ref()?.better)?;
    Some(match good {
        Good::Higher => Better::Higher,
        Good::Lower => Better::Lower,
    })
}

/// The cells and comparisons of a row whose records these are, where all that was measured has ids. `cell` makes that of
/// a model of which nothing was.
pub(super) fn paired(
    run: &Run,
    records: &[&Measurement],
    cell: &dyn Fn(&str) -> Cell,
) -> Option<(Vec<Cell>, Vec<Comparison>)> {
    let seed = run.header.seed;
    let of = |model: &str| {
        records
            .iter()
            .find(|m| m.model == model && !m.values.is_empty())
    };
    let models = || run.header.models.iter().map(|model| &model.name);
    let found: Vec<Option<Items<'_>>> = models().map(|model| items(of(model)?)).collect();
    if found.iter().all(Option::is_none) {
        return None;
    }
    let cells = models().zip(&found).map(|(model, items)| match items {
        Some(items) => {
            let values = items.values().copied().collect();
            Some(statistic::mean_cell(model, Counted::Items, values, seed))
        }
        None => Some(cell(model)).filter(|cell| cell.value.is_none()),
    });
    let cells: Vec<Cell> = cells.collect::<Option<_>>()?;
    let later = cells.iter().zip(&found).skip(1);
    let comparisons = later.map(|(cell, items)| Comparison {
        model: cell.model.clone(),
        against: cells[0].model.clone(),
        ..difference(found[0].as_ref(), items.as_ref(), seed)
    });
    let comparisons = comparisons.collect();
    Some((cells, comparisons))
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
