//! The sandbox for what is about to run, and what has to be said of it.
//!
//! From tier T3 on programs are contained. T2 confines them with less depth: that is said in every
//! report. There is nothing below: where not even T2 can be had, nothing that a model wrote is run, and no
//! flag changes that.

use anyhow::{Context, Result};
use ledger::record::Warning;
use sandbox::{Badge, Cell, Fittings, Tier};
use task::Suite;
use task::judge::Judge;

use crate::caches;

/// A cell in which the programs of these suites can be judged; `None` if none of them runs any.
///
/// # Errors
/// If a toolchain is missing, or no sandbox can be built here.
pub(crate) fn open(suites: &[Suite]) -> Result<Option<Cell>> {
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

/// What a report has to say of a sandbox that is not as strong as it could be.
pub(crate) fn warning(badge: &Badge) -> Option<Warning> {
    (badge.tier < Tier::T3).then(|| Warning {
        kind: "weak_sandbox".into(),
        message: format!(
            "Programs ran in a sandbox of tier {}, which is weaker than T3",
            badge.tier
        ),
        advice: "whet doctor lists what it does not keep in, and what stands in the way of T3"
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sandbox::{Sandbox, Scripted};

    fn badge(tier: Tier) -> Badge {
        let scripted = Scripted::new(|_, _| unreachable!("nothing is run"));
        Badge {
            tier,
            ..scripted.badge().clone()
        }
    }

    #[test]
    fn every_report_says_when_the_sandbox_was_weaker_than_it_could_be() {
        assert_eq!(warning(&badge(Tier::T3)), None);
        for tier in [Tier::T2, Tier::Scripted] {
            let said = warning(&badge(tier)).unwrap();
            assert_eq!(said.kind, "weak_sandbox");
            assert!(said.message.contains(&tier.to_string()), "{}", said.message);
        }
    }
}
