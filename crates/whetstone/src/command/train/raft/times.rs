//! How long the phases of a RAFT run took.

use improve::raft::{Cycle, Effort, Looks, Outcome};

/// A line for the baseline, each cycle and the end.
pub(super) fn lines(outcome: &Outcome) -> Vec<String> {
    let mut lines = vec![format!("  baseline  {}", look(&outcome.baseline))];
    lines.extend(outcome.cycles.iter().map(cycle));
    if outcome.best.is_some() {
        lines.push(format!("  final     {}", look(&outcome.last)));
    }
    lines
}

/// That of the whole run.
pub(super) fn whole(outcome: &Outcome) -> String {
    let went_on = efforts(outcome).any(|effort| effort.went_on);
    marked(outcome.seconds(), went_on)
}

/// Those of all phases, each once: without an adapter the baseline stands in for the end.
pub(super) fn efforts(outcome: &Outcome) -> impl Iterator<Item = &Effort> {
    let last = outcome.best.map(|_| &outcome.last);
    let looks = [Some(&outcome.baseline), last].into_iter().flatten();
    let looks = looks.flat_map(Looks::efforts);
    looks.chain(outcome.cycles.iter().flat_map(of_cycle))
}

fn cycle(cycle: &Cycle) -> String {
    let held_out = cycle.held_out.as_ref().map(|one| &one.effort);
    let trained = cycle.training();
    let of = |effort: Option<&Effort>| {
        effort.map_or_else(|| time(0.0), |one| marked(one.seconds, one.went_on))
    };
    let went_on = of_cycle(cycle).any(|effort| effort.went_on);
    format!(
        "  cycle {}   {}: sampling {}, training {}, held out {}",
        cycle.cycle,
        marked(cycle.seconds(), went_on),
        of(Some(&cycle.sampled.effort)),
        of(trained),
        of(held_out)
    )
}

fn look(looks: &Looks) -> String {
    let seconds = looks.efforts().map(|effort| effort.seconds).sum();
    marked(seconds, looks.efforts().any(|effort| effort.went_on))
}

fn of_cycle(cycle: &Cycle) -> impl Iterator<Item = &Effort> {
    let trained = cycle.training();
    let held_out = cycle.held_out.as_ref().map(|one| &one.effort);
    let repairing = cycle.repairing.as_ref();
    [Some(&cycle.sampled.effort), repairing, trained, held_out]
        .into_iter()
        .flatten()
}

/// Of what was interrupted not everything is known.
fn marked(seconds: f64, went_on: bool) -> String {
    let at_least = if went_on { "at least " } else { "" };
    format!("{at_least}{}", time(seconds))
}

fn time(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole / 60 {
        0 => format!("{whole} s"),
        minutes => format!("{minutes} min {} s", whole % 60),
    }
}
