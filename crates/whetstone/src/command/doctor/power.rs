//! What tells power or energy on this machine, and what would help where nothing does.

use measure::probe::{Absent, Source};
use serde_json::{Value, json};

use super::{Line, good, lack};

/// What is said where nothing can be done: energy is then unknown, and no number is made up for it.
const NO_REMEDY: &str = "none on this machine; reports say that energy is not known";

/// For people.
pub(super) fn lines(sources: &[Source]) -> Vec<Line> {
    sources.iter().flat_map(of_source).collect()
}

fn of_source(source: &Source) -> Vec<Line> {
    let mut lines = vec![match &source.energy {
        Ok(how) => good("power", format!("{}: {how}", source.title)),
        Err(absent) => refused(&format!("{}: no energy", source.title), absent),
    }];
    if let (Some(absent), Ok(_)) = (&source.no_memory, &source.energy) {
        lines.push(refused(&format!("{}: no memory", source.title), absent));
    }
    lines
}

fn refused(what: &str, absent: &Absent) -> Line {
    let remedy = absent.remedy.as_deref().unwrap_or(NO_REMEDY);
    lack("power", format!("{what}: {}", absent.reason), remedy)
}

/// For programs.
pub(super) fn as_json(sources: &[Source]) -> Value {
    let of = |source: &Source| {
        let absent = source.energy.as_ref().err();
        json!({
            "device": source.device,
            "title": source.title,
            "energy": source.energy.as_ref().ok(),
            "reason": absent.map(|absent| &absent.reason),
            "remedy": absent.and_then(|absent| absent.remedy.as_ref()),
            "no_memory": source.no_memory.as_ref().map(|absent| &absent.reason),
        })
    };
    sources.iter().map(of).collect()
}
