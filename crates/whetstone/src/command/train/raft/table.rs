//! What is printed at the end of a RAFT run: from the baseline over the cycles to the end.

use improve::raft::{
    Change, Cycle, End, Kind, Look, Looks, Measured, Measures, Outcome, RaftFolder, Trained, totals,
};
use measure::Estimate;
use report::format::p_value;
use serde_json::Value;

use super::order::Order;
use super::times;
use crate::command::train::costs;

const LEGEND: &str = " pass@1, pass@k and compile are means over problems with a 95 % interval [lo, hi]; what compiles is not right yet
 ended: of the answers that the model ended or the limit of tokens cut, the share of the former (– where all were cut at the judged block); unscored: answers that could not be judged here";

/// The whole text.
pub(super) fn text(outcome: &Outcome, order: &Order, folder: &RaftFolder) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(line.trim_end());
        text.push('\n');
    };
    let plan = &order.plan;
    line(format!(
        " raft     {} · {} · seed {} · {}",
        order.model.name,
        plan.preset,
        plan.seed,
        times::whole(outcome)
    ));
    line(LEGEND.into());
    let set = |title: &str, of: fn(&Looks) -> Option<&Measured>| {
        let mut lines = vec![format!(" {title}"), head()];
        lines.extend(rows(outcome, of, title == HELD_OUT));
        lines.extend(changes(outcome, of, title));
        lines.push(String::new());
        lines
    };
    let held_out = outcome.baseline.held_out.is_some();
    match outcome.prompts.measured {
        0 => line(format!(
            " {TRAINED_ON}: not measured (--measure-prompts 0)\n"
        )),
        _ => set(TRAINED_ON, |looks| looks.prompts.as_ref())
            .into_iter()
            .for_each(&mut line),
    }
    if held_out {
        set(HELD_OUT, |looks| looks.held_out.as_ref())
            .into_iter()
            .for_each(&mut line);
    }
    line(" cycles".into());
    for cycle in &outcome.cycles {
        line(turn(cycle));
        drifted(cycle).into_iter().for_each(&mut line);
    }
    line(String::new());
    line(" time".into());
    times::lines(outcome).into_iter().for_each(&mut line);
    kinds(outcome).into_iter().for_each(&mut line);
    line(format!("  energy    {}", energy(outcome)));
    line(String::new());
    outcome
        .said
        .iter()
        .for_each(|said| line(format!(" note: {said}")));
    result(outcome, order, folder)
        .into_iter()
        .for_each(&mut line);
    text
}

const TRAINED_ON: &str = "problems trained on";
const HELD_OUT: &str = "held out";

fn head() -> String {
    format!(
        "  {:<22} {:>20} {:>20} {:>18} {:>13} {:>8} {:>8} {:>5}",
        "", "strict pass@1", "pass@k", "compile", "any compiles*", "ended", "unscored", "n"
    )
}

fn rows(outcome: &Outcome, of: fn(&Looks) -> Option<&Measured>, is_held_out: bool) -> Vec<String> {
    let mut rows = Vec::new();
    let mut add = |name: String, measured: Option<&Measured>| {
        let Some(measured) = measured else { return };
        rows.push(match &measured.measures {
            Some(all) => row(&name, all),
            None => format!("  {name:<22} no answer could be judged"),
        });
        if measured.suites.len() > 1 {
            rows.extend(
                measured
                    .suites
                    .iter()
                    .map(|(suite, one)| row(&format!("  {suite}"), one)),
            );
        }
    };
    add("baseline".into(), of(&outcome.baseline));
    if is_held_out {
        for cycle in &outcome.cycles {
            add(format!("cycle {}", cycle.cycle), cycle.held_out.as_ref());
        }
    }
    if let Some(best) = outcome.best {
        add(format!("final (cycle {best})"), of(&outcome.last));
    }
    rows
}

fn row(name: &str, all: &Measures) -> String {
    format!(
        "  {name:<22} {:>20} {:>20} {:>18} {:>13} {:>8} {:>8} {:>5}",
        share(&all.pass_at_1),
        format!("@{} {}", all.k, share(&all.pass_at_k)),
        share(&all.compile_rate),
        format!("{:.0} %", 100.0 * all.any_compiles),
        all.ended_share
            .map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share)),
        all.unscored,
        all.prompts,
    )
}

fn share(estimate: &Estimate) -> String {
    let value = format!("{:.1} %", 100.0 * estimate.value);
    match estimate.interval {
        Some(range) => format!("{value} [{:.0}, {:.0}]", 100.0 * range.lo, 100.0 * range.hi),
        None => value,
    }
}

/// What changed; where one of several held-out suites chose the cycle, each by itself.
fn changes(outcome: &Outcome, of: fn(&Looks) -> Option<&Measured>, title: &str) -> Vec<String> {
    let is_held_out = title == HELD_OUT;
    let chose = (outcome.candidates() > 0).then(|| chosen(outcome.candidates()));
    let measured = of(&outcome.baseline).filter(|_| is_held_out);
    let Some((chooser, measured)) = outcome.chooser.as_ref().zip(measured) else {
        let Some(change) = outcome.change(of) else {
            return Vec::new();
        };
        let chose = chose.filter(|_| is_held_out);
        return [changed("change", &change)]
            .into_iter()
            .chain(chose)
            .collect();
    };
    let of_suite = |suite: &String| -> Vec<String> {
        let Some(change) = outcome.change_of(suite) else {
            return Vec::new();
        };
        let part = match suite == chooser {
            true => chose.clone(),
            false => Some("    no part in the choice of the cycle".to_owned()),
        };
        let line = changed(&format!("change, {suite}"), &change);
        [line].into_iter().chain(part).collect()
    };
    measured.suites.keys().flat_map(of_suite).collect()
}

/// What is to be thought of a number that decided. The base is a candidate beside the cycles.
fn chosen(cycles: usize) -> String {
    let among = match cycles {
        1 => "the cycle was taken and not the base".to_owned(),
        cycles => format!("the best of {cycles} cycles and the base was taken"),
    };
    format!(
        "    {among} because of these problems, so this is on the lucky side; p and interval do not allow for that"
    )
}

fn changed(name: &str, change: &Change) -> String {
    let range = change
        .difference
        .interval
        .map_or_else(String::new, |range| {
            format!(" [{:+.0}, {:+.0}]", 100.0 * range.lo, 100.0 * range.hi)
        });
    format!(
        "  {name:<22} {:+.1} points{range}, {}, paired by problem",
        100.0 * change.difference.value,
        p_value(change.p)
    )
}

fn turn(cycle: &Cycle) -> String {
    let trained = match (&cycle.trained, &cycle.broken) {
        (_, Some(broken)) => format!("the training broke off: {}", broken.why),
        (None, None) => "nothing was trained".to_owned(),
        (Some(trained), None) => format!(
            "{} rows at {:.1e}, mean loss {} (first step {}, last {}); {}{}",
            trained.rows,
            cycle.learning_rate,
            loss(trained.mean_loss),
            loss(trained.first_loss),
            loss(trained.last_loss),
            trained.why(),
            held_back(trained)
        ),
    };
    let look = match cycle.look {
        Some(Look::Fallen) => " · held out fell",
        Some(Look::Best) => " · best so far",
        Some(Look::Level) => " · as good as the best, and learnt more",
        Some(Look::Equal) | None => "",
    };
    let repairs = match cycle.repaired {
        0 => String::new(),
        all => format!(" and {} of {all} repairs", cycle.kept_repairs),
    };
    format!(
        "  cycle {}  {} of {} samples{repairs} kept ({} samples reached the threshold, {} twice) at temperature {:.2} · {trained}{look}",
        cycle.cycle,
        cycle.kept - cycle.kept_repairs,
        cycle.n_samples,
        cycle.above_threshold,
        cycle.duplicates,
        cycle.temperature
    )
}

/// How far its adapter is from the base, where that was looked at.
fn drifted(cycle: &Cycle) -> Option<String> {
    let drift = cycle.held_out.as_ref()?.drift.as_ref()?;
    let entropy = drift
        .entropy_share
        .as_ref()
        .map_or_else(String::new, |left| {
            format!(", entropy {} of the base's", share(left))
        });
    let kl = &drift.kl_nats;
    let range = kl.interval.map_or_else(String::new, |range| {
        format!(" [{:.3}, {:.3}]", range.lo, range.hi)
    });
    Some(format!(
        "           {:.3}{range} nats per token from the base{entropy} (n {} answers)",
        kl.value, kl.n
    ))
}

/// What the rows told that were held back.
fn held_back(trained: &Trained) -> String {
    trained.held_back.as_ref().map_or_else(String::new, |held| {
        format!(
            "; held back {:.3} → {:.3} nats per token after step {} ({} rows, {} tokens)",
            held.before, held.best, held.best_step, held.rows, held.tokens
        )
    })
}

fn loss(loss: Option<f64>) -> String {
    loss.map_or_else(|| "?".to_owned(), |loss| format!("{loss:.3}"))
}

/// Energy of all phases and of a trained token, or why it is not known.
fn energy(outcome: &Outcome) -> String {
    let all: Vec<&Value> = times::efforts(outcome)
        .map(|effort| &effort.hardware)
        .collect();
    let joules: Option<f64> = all
        .iter()
        .map(|hardware| Some(costs::of_work(&hardware["energy"])?.0))
        .sum();
    let Some(joules) = joules else {
        let mut reasons = all.iter().filter_map(|one| one["energy_reason"].as_str());
        let reason = reasons.next().unwrap_or("a phase did not tell it");
        return format!("null ({reason})");
    };
    let mut trained = outcome.cycles.iter().filter_map(Cycle::training);
    let last = trained.next_back().map(|one| &one.hardware["energy"]);
    let each = last.and_then(costs::per_token);
    let each = each.map_or_else(String::new, |each| {
        format!(", {each:.3} J per trained token in the last training")
    });
    format!(
        "{:.2} Wh of all phases{each}; each in summary.json, with and without what the machine takes at rest",
        joules / 3600.0
    )
}

/// A line for each kind of work.
fn kinds(outcome: &Outcome) -> Vec<String> {
    let name = |kind: Kind| match kind {
        Kind::Sampling => "sampling",
        Kind::Judging => "judging",
        Kind::Training => "training",
        Kind::Measuring => "measuring",
        Kind::Other => "other",
    };
    let totals = totals(outcome).into_iter();
    totals
        .map(|one| format!("  {:<9} {}", name(one.kind), costs::timed(&one.cost)))
        .collect()
}

fn result(outcome: &Outcome, order: &Order, folder: &RaftFolder) -> Vec<String> {
    let explained =
        " * halo-forge calls this pass_at_1: the share of problems of which any sample compiles"
            .to_owned();
    let Some(best) = outcome.best else {
        let why = match outcome.end {
            End::NothingKept => {
                "No sample reached the bar, so nothing was trained; the model stays as it is"
            }
            End::NotFinite => {
                "The training broke off, and no adapter before it is better than the base; the model stays as it is"
            }
            _ => {
                "No adapter is better than the base on held-out problems; the model stays as it is"
            }
        };
        return vec![explained, String::new(), why.into()];
    };
    let adapter = folder.adapter(best);
    let suites = if order.held_out.is_empty() {
        &order.suites
    } else {
        &order.held_out
    };
    let suites: Vec<&str> = suites.iter().map(|suite| suite.word.as_str()).collect();
    vec![
        explained,
        String::new(),
        format!(
            "Try it with: whet bench code {} --suite {} --adapter {}",
            order.model.word,
            suites.join(","),
            adapter.display()
        ),
        adapter.display().to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn a_single_cycle_was_chosen_too_because_the_base_is_a_candidate() {
        assert!(chosen(1).contains("the cycle was taken and not the base"));
        assert!(chosen(3).contains("the best of 3 cycles and the base"));
    }
}
