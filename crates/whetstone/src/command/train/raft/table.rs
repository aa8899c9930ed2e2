//! What is printed at the end of a RAFT run: from the baseline over the cycles to the end.

use improve::raft::{Change, Cycle, End, Look, Looks, Measured, Measures, Outcome, RaftFolder};
use measure::Estimate;
use report::format::p_value;

use super::order::Order;

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
        time(outcome.seconds())
    ));
    line(" [lo, hi] is a 95 % interval over problems; compile is a rate of samples and never counts as right\n".into());
    let set = |title: &str, of: fn(&Looks) -> Option<&Measured>| {
        let mut lines = vec![format!(" {title}"), head()];
        lines.extend(rows(outcome, of, title.starts_with("held")));
        lines.extend(outcome.change(of).map(|change| changed(&change)));
        lines.push(String::new());
        lines
    };
    let held_out = outcome.baseline.held_out.is_some();
    set("problems trained on", |looks| Some(&looks.prompts))
        .into_iter()
        .for_each(&mut line);
    if held_out {
        set("held out", |looks| looks.held_out.as_ref())
            .into_iter()
            .for_each(&mut line);
    }
    line(" cycles".into());
    outcome.cycles.iter().map(turn).for_each(&mut line);
    line(String::new());
    line(" time".into());
    times(outcome).into_iter().for_each(&mut line);
    line(format!("  energy  {}", energy(outcome)));
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

fn head() -> String {
    format!(
        "  {:<22} {:>20} {:>20} {:>18} {:>13} {:>5}",
        "", "strict pass@1", "pass@k", "compile", "any compiles*", "n"
    )
}

fn rows(outcome: &Outcome, of: fn(&Looks) -> Option<&Measured>, is_held_out: bool) -> Vec<String> {
    let mut rows = Vec::new();
    let mut add = |name: String, measured: Option<&Measured>| {
        let Some(measured) = measured else { return };
        rows.extend(measured.measures.as_ref().map(|all| row(&name, all)));
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
        "  {name:<22} {:>20} {:>20} {:>18} {:>13} {:>5}",
        share(&all.pass_at_1),
        format!("@{} {}", all.k, share(&all.pass_at_k)),
        share(&all.compile_rate),
        format!("{:.0} %", 100.0 * all.any_compiles),
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

fn changed(change: &Change) -> String {
    let range = change
        .difference
        .interval
        .map_or_else(String::new, |range| {
            format!(" [{:+.0}, {:+.0}]", 100.0 * range.lo, 100.0 * range.hi)
        });
    format!(
        "  {:<22} {:+.1} points{range}, {}, paired by problem",
        "change",
        100.0 * change.difference.value,
        p_value(change.p)
    )
}

fn turn(cycle: &Cycle) -> String {
    let trained = match &cycle.trained {
        None => "nothing was trained".to_owned(),
        Some(trained) => format!(
            "{} rows, {} steps at {:.1e}, loss {} → {}",
            trained.rows,
            trained.steps,
            cycle.learning_rate,
            loss(trained.first_loss),
            loss(trained.last_loss)
        ),
    };
    let look = match cycle.look {
        Some(Look::Fallen) => " · held out fell",
        Some(Look::Best) => " · best so far",
        Some(Look::Equal) | None => "",
    };
    format!(
        "  cycle {}  {} of {} samples kept ({} exact enough, {} twice) at temperature {:.2} · {trained}{look}",
        cycle.cycle,
        cycle.kept,
        cycle.n_samples,
        cycle.above_threshold,
        cycle.duplicates,
        cycle.temperature
    )
}

fn loss(loss: Option<f64>) -> String {
    loss.map_or_else(|| "?".to_owned(), |loss| format!("{loss:.3}"))
}

fn times(outcome: &Outcome) -> Vec<String> {
    let look = |looks: &Looks| {
        let held_out = looks
            .held_out
            .as_ref()
            .map_or(0.0, |one| one.effort.seconds);
        looks.prompts.effort.seconds + held_out
    };
    let mut lines = vec![format!("  baseline  {}", time(look(&outcome.baseline)))];
    for cycle in &outcome.cycles {
        let trained = cycle.trained.as_ref().map_or(0.0, |one| one.effort.seconds);
        let held_out = cycle
            .held_out
            .as_ref()
            .map_or(0.0, |one| one.effort.seconds);
        lines.push(format!(
            "  cycle {}   {}: sampling {}, training {}, held out {}",
            cycle.cycle,
            time(cycle.seconds()),
            time(cycle.sampled.effort.seconds),
            time(trained),
            time(held_out)
        ));
    }
    if outcome.best.is_some() {
        lines.push(format!("  final     {}", time(look(&outcome.last))));
    }
    lines
}

fn time(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole / 60 {
        0 => format!("{whole} s"),
        minutes => format!("{minutes} min {} s", whole % 60),
    }
}

/// Energy of sampling, or why it is not known.
fn energy(outcome: &Outcome) -> String {
    let hardware = &outcome.baseline.prompts.effort.hardware;
    match (
        hardware["energy_wh"].as_f64(),
        hardware["energy_reason"].as_str(),
    ) {
        (Some(_), _) => "of each phase in summary.json; training is not metered".into(),
        (None, Some(reason)) => format!("null ({reason})"),
        (None, None) => "null (nothing told it)".into(),
    }
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
