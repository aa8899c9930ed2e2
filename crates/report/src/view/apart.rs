//! Which comparisons of speeds, times, memory and energy nothing follows from.
//!
//! Their intervals are made of the spread inside of a run. Two runs of the same thing differ by more: by what the machine did
//! in between, and by what it did while one of them worked, so that equal runs "regress" far more often than the one in
//! forty that their intervals promise. Models of one run were measured in turns, or at least in one go; and of several
//! runs a side each is one number ([`measure::compare::ratio_of_runs`]).

use ledger::Run;
use ledger::record::ModelRecord;
use measure::Better;
use measure::compare::FEWEST_RUNS;
use serde_json::Value;

use super::comparison::{Caution, Comparison, Finding};
use super::{Cell, Counted, Row, Section, pairing};

/// The run that a model of a comparison is of, among its facts.
pub(crate) const RUN: &str = "run";
/// The runs that it is of, where they were taken together.
pub(crate) const RUNS: &str = "runs";
/// What of the ground its runs stood on is not that of the first run.
pub(crate) const UNLIKE: &str = "unlike";

/// Whether the machine changed while its run measured. Of runs that are laid together the warnings are one list, which no
/// longer tells whose they were.
pub(crate) const CHANGED: &str = "machine_changed";

/// Warnings that say that a machine was not one machine while a run measured.
const CHANGES: [&str; 2] = ["drift", "resumed_elsewhere"];

/// Whether the machine changed while a run measured, by its own warnings.
pub(crate) fn has_changed(run: &Run) -> bool {
    let mut kinds = run.warnings.iter().map(|warning| warning.kind.as_str());
    kinds.any(|kind| CHANGES.contains(&kind))
}

/// The plan by which a model was measured; of runs that are laid together the header has only the first one's.
pub(crate) fn plan_of<'r>(run: &'r Run, model: &ModelRecord) -> Option<&'r Value> {
    let first = run.header.models.first()?;
    is_one_run(first, model).then_some(&run.header.plan)
}

/// Whether a metric's numbers depend on the state that the machine was in.
pub(crate) fn is_of_the_machine(metric: &str) -> bool {
    measure::metric::is_of_the_machine(metric, pairing::unit(metric))
}

/// Whether a model stands for several runs, each of which is one number of its speeds, times and sizes.
pub(super) fn is_of_several(run: &Run, model: &str) -> bool {
    let mut models = run.header.models.iter();
    models.any(|m| m.name == model && m.facts.contains_key(RUNS))
}

/// Marks the comparisons from which nothing follows, and says in each section what that changes.
pub(super) fn mark(run: &Run, sections: &mut [Section]) {
    // A run by itself has written nothing among its models' facts.
    let alone = has_changed(run);
    for section in sections {
        for row in &mut section.rows {
            if is_of_the_machine(&row.metric) {
                mark_row(run, row, alone);
            }
        }
        let notes = notes(section);
        section.notes.extend(notes);
    }
}

fn mark_row(run: &Run, row: &mut Row, alone: bool) {
    let sizes = row.unit == measure::Unit::Bytes;
    let of = |name: &str| run.header.models.iter().find(|model| model.name == name);
    for comparison in &mut row.comparisons {
        let cell = |name: &str| row.cells.iter().find(|cell| cell.model == name);
        let sides = (
            of(&comparison.against).zip(cell(&comparison.against)),
            of(&comparison.model).zip(cell(&comparison.model)),
        );
        if let (Some(base), Some(later)) = sides {
            let has_changed = match base.0.facts.contains_key(RUN) {
                true => base.0.facts.contains_key(CHANGED),
                false => alone,
            };
            let has_drifted = has_changed && !sizes && is_one_run(base.0, later.0);
            comparison.caution = caution(base, later).or(has_drifted.then_some(Caution::Drift));
        }
    }
}

fn is_one_run(base: &ModelRecord, later: &ModelRecord) -> bool {
    base.facts.get(RUN) == later.facts.get(RUN)
}

fn caution(base: (&ModelRecord, &Cell), later: (&ModelRecord, &Cell)) -> Option<Caution> {
    if is_one_run(base.0, later.0) {
        return None;
    }
    let unlike = [base.0, later.0].map(|model| model.facts.get(UNLIKE));
    let unlike = unlike.into_iter().flatten().filter_map(Value::as_array);
    let mut what: Vec<String> = unlike
        .flatten()
        .filter_map(|word| Some(word.as_str()?.to_owned()))
        .collect();
    what.sort();
    what.dedup();
    let (base, later) = (n_runs(base.1), n_runs(later.1));
    match what.is_empty() {
        _ if base.min(later) < FEWEST_RUNS => Some(Caution::Apart { base, later }),
        false => Some(Caution::Unlike { what }),
        true => None,
    }
}

/// Repetitions inside of a run make one run.
fn n_runs(cell: &Cell) -> usize {
    match cell.n_of {
        Counted::Runs => cell.n,
        _ => 1,
    }
}

/// How many changes a section would call better or worse by their intervals alone, for each reason not to.
fn notes(section: &Section) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for row in &section.rows {
        for comparison in row
            .comparisons
            .iter()
            .filter(|c| would_decide(c, row.better))
        {
            let why = comparison
                .caution
                .as_ref()
                .map(Caution::why)
                .unwrap_or_default();
            match counts.iter_mut().find(|(known, _)| *known == why) {
                Some((_, n)) => *n += 1,
                None => counts.push((why, 1)),
            }
        }
    }
    let said = counts.into_iter().map(|(why, n)| match n {
        1 => format!("1 change is unclear though its interval leaves no change out: {why}"),
        n => format!("{n} changes are unclear though their intervals leave no change out: {why}"),
    });
    said.collect()
}

fn would_decide(comparison: &Comparison, better: Better) -> bool {
    let found = comparison.by_interval(better);
    comparison.caution.is_some()
        && matches!(found, Finding::Better | Finding::Worse | Finding::Different)
}
