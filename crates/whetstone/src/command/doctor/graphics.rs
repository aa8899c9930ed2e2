//! Graphics processors: which of them models can compute on.

use llama::Graphics;
use measure::probe::Source;
use serde_json::{Value, json};

use super::{Line, good, lack};
use crate::compute::in_words;

/// What builds the program with a backend.
const REMEDY: &str = "build with Vulkan: WHET_FEATURES=vulkan ./whet doctor";

/// For people. A card that a driver tells of and this build cannot use is a lack.
pub(super) fn lines(usable: &[Graphics], sources: &[Source]) -> Vec<Line> {
    let here = |one: &Graphics| {
        let told = "models compute there unless --device says otherwise";
        good("graphics", format!("{}: {told}", in_words(one)))
    };
    if !usable.is_empty() {
        return usable.iter().map(here).collect();
    }
    let cards = sources.iter().filter(|source| source.device != "cpu");
    let idle = |card: &Source| {
        let what = format!("{}: this build cannot compute on it", card.title);
        lack("graphics", what, REMEDY)
    };
    cards.map(idle).collect()
}

/// For programs.
pub(super) fn as_json(usable: &[Graphics]) -> Value {
    let of = |one: &Graphics| {
        json!({
            "name": one.name,
            "title": one.title,
            "backend": one.backend,
            "memory_bytes": one.memory_bytes,
        })
    };
    usable.iter().map(of).collect()
}
