//! What a source of energy can tell, and when it tells nothing.

use ledger::Run;
use serde_json::Value;

use super::Cell;
use crate::view::pairing;

/// Readings of power are averages over about a second, and the counters of accelerators move ten times a
/// second; what is shorter cannot be told from its neighbours.
pub(super) const LEAST_NS: u64 = 2_000_000_000;

/// The counters of processors move a thousand times a second.
const LEAST_OF_PROCESSOR_NS: u64 = 20_000_000;

/// All packages of processors together.
const PROCESSORS: &str = "cpu";

/// All devices that tell energy, added up.
pub(super) const ALL: &str = "all";

/// Power at rest as an earlier part of the same work found it, which did not want to rest again.
pub(super) fn known_rest(run: &Run, names: &[&str]) -> Option<f64> {
    let known = run.header.machine.get("power_idle_watts")?;
    let device = match names {
        [one] => one,
        _ => ALL,
    };
    known.get(device)?.as_f64()
}

/// The shortest window whose energy a device can tell, which has a counter of it or not.
pub(super) fn least_ns((device, counts): &(&str, bool)) -> u64 {
    match *counts && *device == PROCESSORS {
        true => LEAST_OF_PROCESSOR_NS,
        false => LEAST_NS,
    }
}

/// Which of these sets of devices computes: the processors by themselves, or all where a graphics processor does, which the
/// processors drive. The first where it is not among them.
pub(super) fn computing<'n>(run: &Run, mut sets: impl Iterator<Item = &'n str>) -> usize {
    let is_it = |name: &str| !is_on_graphics(run) && name == PROCESSORS;
    sets.position(is_it).unwrap_or(0)
}

fn is_on_graphics(run: &Run) -> bool {
    run.header.plan.get("device").is_some_and(Value::is_string)
}

/// Whether counters of the processors count graphics too.
fn has_graphics_in_package(run: &Run) -> bool {
    let fact = run.header.machine.get("graphics_in_package");
    fact.and_then(Value::as_bool).unwrap_or(false)
}

/// Why the energy of these devices is not that of what the models do.
pub(super) fn elsewhere(run: &Run, names: &[&str]) -> Option<&'static str> {
    let is_graphics = |name: &&str| name.starts_with("gpu");
    match (
        is_on_graphics(run),
        names.contains(&PROCESSORS),
        names.iter().any(is_graphics),
    ) {
        (true, true, false) if has_graphics_in_package(run) => None,
        (true, _, false) => {
            Some("models compute on a graphics processor, whose energy nothing tells here")
        }
        (false, false, true) => {
            Some("models compute on the processors, whose energy nothing tells here")
        }
        _ => None,
    }
}

/// Work takes more than rest. Where it seems to take less, the rest was none: a card just used stays awake for a
/// while.
pub(super) fn more_than_rest(cell: Cell) -> Cell {
    match cell.value {
        Some(joules) if joules < 0.0 => pairing::missing(
            &cell.model,
            cell.n_of,
            "the work took less than the rest before it, which was none: leave the machine alone for a minute, or use --energy".to_owned(),
        ),
        _ => cell,
    }
}
