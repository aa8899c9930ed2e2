//! Whether this machine's sandbox is good enough for what is about to run in it.
//!
//! From tier T3 on programs are contained. T2 confines them with less depth: that is said in every
//! report. Below, a sandbox saves the machine from accidents and not from intent, and it takes the
//! user's word to run anything in it. Without any sandbox nothing runs, whatever the user says.

use anyhow::{Context, Result};
use ledger::record::Warning;
use sandbox::{Badge, Cell, Fittings, Sandbox};
use task::Suite;
use task::judge::Judge;

use crate::caches;
use crate::exit::Usage;

/// The weakest tier that needs no word about it.
const GOOD: u32 = 3;
/// The weakest tier that runs without the user's word.
const BEARABLE: u32 = 2;

/// A cell in which the programs of these suites can be judged; `None` if none of them runs any.
///
/// # Errors
/// If a toolchain is missing, no sandbox can be built here, or it is too weak and `allow_weak` is not
/// set.
pub(crate) fn open(suites: &[Suite], allow_weak: bool) -> Result<Option<Cell>> {
    let mut wanted = Fittings::default();
    let mut is_needed = false;
    for suite in suites {
        let judge = fastest(suite)?;
        is_needed |= judge.toolchain().is_some();
        add(&mut wanted, judge.fittings());
    }
    if !is_needed {
        return Ok(None);
    }
    let cell =
        Cell::with(wanted).context("generated code runs in a sandbox only, and there is none")?;
    admit(&cell.badge().tier.to_string(), allow_weak)?;
    Ok(Some(cell))
}

/// A suite's judge with the fast ways that this machine allows.
pub(crate) fn fastest(suite: &Suite) -> Result<Judge> {
    let judge = Judge::for_suite(suite)?;
    match caches::fast_ways() {
        Some(folder) => Ok(judge.with_fast_ways(&folder)?),
        None => Ok(judge),
    }
}

/// What two judges need, each thing once.
pub(crate) fn add(wanted: &mut Fittings, more: Fittings) {
    for path in more.readable {
        if !wanted.readable.contains(&path) {
            wanted.readable.push(path);
        }
    }
    for warm in more.warm {
        if !wanted.warm.contains(&warm) {
            wanted.warm.push(warm);
        }
    }
}

/// Refuses a tier that is too weak.
fn admit(tier: &str, allow_weak: bool) -> Result<(), Usage> {
    if allow_weak || rank(tier) >= BEARABLE {
        return Ok(());
    }
    Err(Usage(format!(
        "this machine's sandbox reaches tier {tier} only and does not contain a program that attacks it; `whet doctor` names the remedies, --allow-weak-sandbox runs it all the same"
    )))
}

/// What a report has to say of a sandbox that is not as strong as it could be.
pub(crate) fn warning(badge: &Badge) -> Option<Warning> {
    doubt(&badge.tier.to_string())
}

fn doubt(tier: &str) -> Option<Warning> {
    (rank(tier) < GOOD).then(|| Warning {
        kind: "weak_sandbox".into(),
        message: format!("Programs ran in a sandbox of tier {tier}, which is weaker than T3"),
        advice: "Look at the remedies that whet doctor names".into(),
    })
}

/// The number in a tier's name; what has none contains nothing.
fn rank(tier: &str) -> u32 {
    let number = tier.strip_prefix('T').and_then(|rest| rest.parse().ok());
    number.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_sandbox_is_admitted_without_a_word() {
        for tier in ["T3", "T4"] {
            assert!(
                admit(tier, false).is_ok() && doubt(tier).is_none(),
                "{tier}"
            );
        }
    }

    #[test]
    fn t2_runs_and_every_report_says_so() {
        assert!(admit("T2", false).is_ok());
        let warning = doubt("T2").unwrap();
        assert_eq!(warning.kind, "weak_sandbox");
        assert!(warning.message.contains("T2"));
    }

    #[test]
    fn below_t2_it_takes_the_users_word_and_is_still_in_the_report() {
        for tier in ["T1", "T0", "scripted", "T", "T-1", ""] {
            let said = admit(tier, false).unwrap_err().to_string();
            assert!(said.contains("--allow-weak-sandbox"), "{said}");
            assert!(admit(tier, true).is_ok() && doubt(tier).is_some(), "{tier}");
        }
    }
}
