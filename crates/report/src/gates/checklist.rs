//! The four gates of the document that describes attention upcycling: a student may cost little quality, has to be faster,
//! has to need a smaller cache, and must not fail where it is verified.
//!
//! Limits are the published ones. Verification is read as its accuracy gate: a drop of ten points at most. A
//! gate whose numbers were not measured has no number and says what would measure it.

use measure::gate::{Gate, Outcome};

use super::{Judged, judge};
use crate::view::Scorecard;

/// A claim, and what measures it.
const GATES: [(&str, &str); 4] = [
    ("perplexity.ratio<1.05", "whet bench perplexity"),
    ("decode_tokens_per_s.ratio>1.2", "whet bench latency"),
    ("kv_logical_bytes.ratio<0.33333", "whet bench memory"),
    ("accuracy.difference>=-10%", "whet bench accuracy"),
];

/// What becomes of the four gates.
///
/// # Errors
/// A sentence, if there is only one model.
pub fn checklist(card: &Scorecard) -> Result<Vec<Judged>, String> {
    let mut all = Vec::new();
    for (claim, measures) in GATES {
        let gate: Gate = claim.parse()?;
        let rows = card.sections.iter().flat_map(|section| &section.rows);
        match rows.clone().any(|row| row.metric == gate.metric) {
            true => all.extend(judge(card, &[(claim.to_owned(), gate)])?),
            false => all.push(not_measured(card, claim, measures)),
        }
    }
    Ok(all)
}

fn not_measured(card: &Scorecard, claim: &str, measures: &str) -> Judged {
    let later = card.provenance.models.last();
    Judged {
        claim: claim.to_owned(),
        model: later.map_or_else(String::new, |model| model.name.clone()),
        place: String::new(),
        value: None,
        interval: None,
        shown: format!("not measured; {measures} does"),
        outcome: Outcome::NoNumber,
        why: None,
    }
}
