//! Joules of phases, from samples.
//!
//! A *window* is a stretch of one kind of work; its energy is the sum over its intervals, by the device's
//! counter if it has one, else by the trapezoid below its readings of power. A window in which an interval
//! could not be read has no energy and is left out, with its tokens. Power at rest times the window's length
//! is subtracted in the rows that say so.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::Stage;
use measure::Unit;
use serde_json::{Value, json};

use super::telling::{ALL, LEAST_NS, computing, elsewhere, known_rest, least_ns, more_than_rest};
use super::window::{Window, windows};
use super::{Cell, Counted, NO_WORK, Row, made_of, one_value, row};
use crate::format;
use crate::view::{pairing, statistic};

/// One device, or all of them, through the whole run.
struct Device<'r> {
    name: String,
    /// Whether all devices together have rows too.
    is_part: bool,
    /// The shortest window whose energy its sources can tell.
    least_ns: u64,
    windows: Vec<Window<'r>>,
    idle_watts: Option<f64>,
    /// What it took at rest before the work and after it, where both were looked at.
    rests: Vec<(&'static str, f64)>,
    /// Why its energy is not that of the models, if they compute elsewhere.
    elsewhere: Option<&'static str>,
}

/// Rows of energy and power; none if no device tells them.
pub(super) fn rows(run: &Run) -> Vec<Row> {
    let devices = devices(run);
    let computing = computing(run, devices.iter().map(|one| one.name.as_str()));
    let mut rows = Vec::new();
    for (at, device) in devices.iter().enumerate() {
        rows.extend(device.of_run(run));
        if at == computing {
            rows.extend(device.per_token(run));
            rows.extend(device.per_solved(run));
            rows.push(device.power(run));
        }
        rows.extend(device.power_at_rest(run));
    }
    rows
}

/// What the energies count.
pub(super) fn notes(run: &Run) -> Vec<String> {
    let devices = devices(run);
    let computing = computing(run, devices.iter().map(|one| one.name.as_str()));
    let whole = devices.get(computing);
    let Some(whole) = whole.filter(|whole| whole.elsewhere.is_none()) else {
        return Vec::new();
    };
    let sources = run
        .header
        .machine
        .get("power_sources")
        .and_then(Value::as_array);
    let named: Vec<&str> = sources
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let sources = match named.is_empty() {
        true => "the devices named".to_owned(),
        false => named.join(" and "),
    };
    let mut notes = vec![format!(
        "energy is that of {sources} and of nothing else in the machine"
    )];
    let work = |window: &&Window<'_>| !NO_WORK.contains(&window.phase);
    let joules: f64 = whole
        .windows
        .iter()
        .filter(work)
        .filter_map(|window| window.joules)
        .sum();
    let joules = format::quantity(Unit::Joules, joules);
    let of = match devices.len() {
        1 => String::new(),
        _ => format!(" (device: {}, which computes)", whole.name),
    };
    notes.push(format!("all work of the run together took {joules}{of}"));
    let unread: u64 = whole
        .windows
        .iter()
        .filter(work)
        .filter(|window| window.joules.is_none())
        .map(|window| window.ns)
        .sum();
    if unread > 0 {
        let time = format::quantity(Unit::Nanoseconds, unread as f64);
        notes.push(format!("{time} of it could not be read and are left out"));
    }
    notes
}

fn devices(run: &Run) -> Vec<Device<'_>> {
    let mut names: Vec<&str> = Vec::new();
    for name in run
        .hardware
        .iter()
        .flat_map(|sample| sample.readings.keys())
    {
        let device = name
            .strip_suffix("_joules")
            .or_else(|| name.strip_suffix("_watts"));
        if let Some(device) = device.filter(|device| !names.contains(device)) {
            names.push(device);
        }
    }
    names.sort_unstable();
    let mut sets: Vec<Vec<&str>> = names.iter().map(|name| vec![*name]).collect();
    if names.len() > 1 {
        sets.insert(0, names);
    }
    let has_parts = sets.len() > 1;
    let device = |set: &Vec<&str>| Device::of(run, set, has_parts && set.len() == 1);
    sets.iter().map(device).collect()
}

impl<'r> Device<'r> {
    fn of(run: &'r Run, names: &[&str], is_part: bool) -> Device<'r> {
        let counts = |name: &&str| {
            let name = format!("{name}_joules");
            run.hardware
                .iter()
                .any(|sample| sample.readings.contains_key(&name))
        };
        let sources: Vec<(&str, bool)> = names.iter().map(|name| (*name, counts(name))).collect();
        let windows = windows(run, &sources);
        Device {
            name: if names.len() > 1 {
                ALL.to_owned()
            } else {
                names.concat()
            },
            is_part,
            elsewhere: elsewhere(run, names),
            least_ns: sources.iter().map(least_ns).max().unwrap_or(LEAST_NS),
            idle_watts: watts(windows.iter().filter(|window| rest_of(window).is_some()))
                .or_else(|| known_rest(run, names)),
            rests: rests(&windows),
            windows,
        }
    }

    /// The conditions of a row, with and without what the machine takes at rest; both where it is known.
    fn readings(&self) -> Vec<(&'static str, f64)> {
        let subtracted = self.idle_watts.map(|watts| ("subtracted", watts));
        subtracted.into_iter().chain([("included", 0.0)]).collect()
    }

    fn conditions(&self, idle: &str) -> BTreeMap<String, Value> {
        let pairs = [("device", json!(self.name)), ("idle", json!(idle))];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn of_model(&self, model: &str) -> impl Iterator<Item = &Window<'r>> {
        let model = model.to_owned();
        self.windows
            .iter()
            .filter(move |window| window.model == Some(&model))
    }

    fn of_run(&self, run: &Run) -> Vec<Row> {
        let cell = |model: &str, idle: f64| {
            // As a part of a known whole a card has its own sum; alone it would pass for the work's.
            if let Some(reason) = self.elsewhere.filter(|_| !self.is_part) {
                return pairing::missing(model, Counted::Repetitions, reason.to_owned());
            }
            let read = self.of_model(model).filter_map(|window| window.net(idle));
            let joules: Vec<f64> = read.collect();
            match joules.is_empty() {
                true => nothing_read(model),
                false => more_than_rest(stretches(
                    "sum over stretches of work",
                    one_value(model, joules.iter().sum(), joules.len()),
                )),
            }
        };
        let rows = self.readings().into_iter();
        rows.map(|(word, idle)| {
            let cells = run
                .header
                .models
                .iter()
                .map(|model| cell(&model.name, idle));
            row(
                run,
                "energy_run_joules",
                self.conditions(word),
                cells.collect(),
            )
        })
        .collect()
    }

    /// Windows in which tokens were read or written, by phase and conditions.
    fn per_token(&self, run: &Run) -> Vec<Row> {
        let mut kinds: Vec<(&str, &BTreeMap<String, Value>)> = Vec::new();
        for window in self.windows.iter().filter(|window| window.tokens > 0) {
            let kind = (window.phase, window.conditions);
            if window.model.is_some() && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let mut rows = Vec::new();
        for kind in kinds {
            for (word, idle) in self.readings() {
                let mut conditions = self.conditions(word);
                conditions.insert("phase".to_owned(), json!(kind.0));
                conditions.extend(kind.1.clone());
                let models = run.header.models.iter();
                let cells = models.map(|model| self.token_cell(&model.name, kind, idle));
                rows.push(row(
                    run,
                    "energy_per_token_joules",
                    conditions,
                    cells.collect(),
                ));
            }
        }
        rows
    }

    fn token_cell(&self, model: &str, kind: (&str, &BTreeMap<String, Value>), idle: f64) -> Cell {
        if let Some(reason) = self.elsewhere {
            return pairing::missing(model, Counted::Repetitions, reason.to_owned());
        }
        let mine: Vec<&Window<'_>> = self
            .of_model(model)
            .filter(|window| window.tokens > 0 && (window.phase, window.conditions) == kind)
            .collect();
        let is_told = |window: &&&Window<'_>| window.ns >= self.least_ns;
        let per_token: Vec<f64> = mine
            .iter()
            .filter(is_told)
            .filter_map(|window| Some(window.net(idle)? / window.tokens as f64))
            .collect();
        if !per_token.is_empty() {
            return more_than_rest(statistic::median_cell(model, per_token));
        }
        if mine.iter().filter(is_told).count() < mine.len() {
            let least = format::quantity(Unit::Nanoseconds, self.least_ns as f64);
            let reason = format!(
                "the phase is shorter than {least}, in which the source of energy moves too rarely; ask for longer prompts or more tokens"
            );
            return pairing::missing(model, Counted::Repetitions, reason);
        }
        nothing_read(model)
    }

    /// The energy of generating for suites that know right and wrong, by their share of the tokens.
    fn per_solved(&self, run: &Run) -> Vec<Row> {
        let generates = |window: &Window<'_>| window.phase == "generate";
        if !self.windows.iter().any(generates) || !run.verdicts.iter().any(|v| v.stage.is_some()) {
            return Vec::new();
        }
        let cell = |model: &str, idle: f64| {
            if let Some(reason) = self.elsewhere {
                return pairing::missing(model, Counted::Repetitions, reason.to_owned());
            }
            let read = self.of_model(model).filter(|window| generates(window));
            let joules: Vec<f64> = read.filter_map(|window| window.net(idle)).collect();
            let (solved, share) = solved(run, model);
            match (joules.is_empty(), solved) {
                (true, _) => nothing_read(model),
                (_, 0) => {
                    let reason = "no completion was right".to_owned();
                    pairing::missing(model, Counted::Repetitions, reason)
                }
                _ => {
                    let joules = joules.iter().sum::<f64>() * share / solved as f64;
                    let how = "energy of generating by right answers";
                    more_than_rest(made_of(
                        Counted::Answers,
                        how,
                        one_value(model, joules, solved),
                    ))
                }
            }
        };
        let rows = self.readings().into_iter();
        rows.map(|(word, idle)| {
            let cells = run
                .header
                .models
                .iter()
                .map(|model| cell(&model.name, idle));
            row(
                run,
                "energy_per_solved_joules",
                self.conditions(word),
                cells.collect(),
            )
        })
        .collect()
    }

    fn power(&self, run: &Run) -> Row {
        let mean = run.header.models.iter().map(|model| {
            let work = || self.of_model(&model.name);
            match watts(work()) {
                Some(watts) => {
                    let read = work().filter(|one| one.joules.is_some());
                    let cell = one_value(&model.name, watts, read.count());
                    stretches("energy by time of stretches of work", cell)
                }
                None => nothing_read(&model.name),
            }
        });
        let device = [("device".to_owned(), json!(self.name))];
        row(run, "power_mean_watts", device.into(), mean.collect())
    }

    /// Both rests together, which are subtracted, and each; nothing where it is not known.
    fn power_at_rest(&self, run: &Run) -> Vec<Row> {
        let whole = self.idle_watts.map(|watts| (None, watts));
        let each = self.rests.iter().map(|(when, watts)| (Some(*when), *watts));
        let rests = whole.into_iter().chain(each);
        rests
            .map(|(when, watts)| {
                let n = when.map_or(self.rests.len().max(1), |_| 1);
                let cell =
                    |name: &str| stretches("energy by time at rest", one_value(name, watts, n));
                let models = run.header.models.iter();
                let cells = models.map(|model| cell(&model.name)).collect();
                let mut conditions = BTreeMap::from([("device".to_owned(), json!(self.name))]);
                conditions.extend(when.map(|when| ("when".to_owned(), json!(when))));
                pairing::row("power_idle_watts", conditions, cells, Vec::new())
            })
            .collect()
    }
}

fn stretches(how: &str, cell: Cell) -> Cell {
    made_of(Counted::Stretches, how, cell)
}

fn nothing_read(model: &str) -> Cell {
    let reason = "its work was over before power was read twice".to_owned();
    pairing::missing(model, Counted::Repetitions, reason)
}

const BEFORE: &str = "before the work";
const AFTER: &str = "after the work";

/// When a window of rest was, if it is one.
fn rest_of(window: &Window<'_>) -> Option<&'static str> {
    match window.phase {
        "idle" => Some(BEFORE),
        "idle_after" => Some(AFTER),
        _ => None,
    }
}

/// Power at rest before and after the work; nothing unless there were both.
fn rests(windows: &[Window<'_>]) -> Vec<(&'static str, f64)> {
    let at = |when: &'static str| {
        let own = windows.iter().filter(|one| rest_of(one) == Some(when));
        Some((when, watts(own)?))
    };
    let both: Option<Vec<_>> = [BEFORE, AFTER].into_iter().map(at).collect();
    both.unwrap_or_default()
}

/// Mean power over the windows that could be read.
fn watts<'w, 'r: 'w>(windows: impl Iterator<Item = &'w Window<'r>>) -> Option<f64> {
    let read = windows.filter_map(|window| Some((window.joules?, window.ns)));
    let (joules, ns) = read.fold((0.0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (ns > 0).then(|| joules * 1e9 / ns as f64)
}

/// Completions of a model that are right, and the share of its tokens that went into suites which know that.
fn solved(run: &Run, model: &str) -> (usize, f64) {
    let index = run.index();
    let (mut right, mut tokens, mut all) = (0, 0.0, 0.0);
    for attempt in run.attempts.iter().filter(|one| one.key.model == model) {
        let n_tokens = f64::from(attempt.n_tokens);
        all += n_tokens;
        let verdict = index.verdict(&attempt.key);
        let knows = verdict.is_some_and(|v| v.stage.is_some() || v.unscored.is_some());
        tokens += if knows { n_tokens } else { 0.0 };
        right += usize::from(verdict.is_some_and(|v| v.stage == Some(Stage::Right)));
    }
    (right, if all > 0.0 { tokens / all } else { 0.0 })
}
