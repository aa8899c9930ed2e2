//! Whether the sandbox holds: it is attacked, and then timed.

use sandbox::toolchain::{Language, Toolchain};
use sandbox::{Cell, Check, Fittings, Held, Sandbox};
use serde_json::{Value, json};

use super::{Line, State, cost, good, lack};
use crate::containment;

/// What was found, for people and for programs.
pub(super) struct Examined {
    pub(super) lines: Vec<Line>,
    pub(super) facts: Value,
}

/// Opens a sandbox for these toolchains, attacks it and measures what it costs.
pub(super) fn examine(tools: &[Toolchain]) -> Examined {
    let trades = cost::trades(tools);
    let mut wanted = Fittings::default();
    for tool in tools {
        wanted.readable.extend(tool.readable.clone());
    }
    for trade in &trades {
        containment::add(&mut wanted, trade.judge.fittings());
    }
    let cell = match Cell::with(wanted) {
        Ok(cell) => cell,
        Err(fault) => return absent(fault.to_string()),
    };
    let badge = cell.badge();
    let facts: Vec<String> = badge
        .facts
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let mut lines = vec![good(
        "sandbox",
        format!("tier {} ({})", badge.tier, facts.join(", ")),
    )];
    lines.extend(
        containment::warning(badge)
            .map(|warning| lack("sandbox", warning.message, "see what the attacks below say")),
    );
    let python = tools.iter().find(|tool| tool.language == Language::Python);
    let checks = python.map(|python| sandbox::probe(&cell, python));
    match &checks {
        Some(checks) => {
            lines.extend(checks.iter().map(attack));
            lines.push(tally(&badge.tier.to_string(), checks));
        }
        None => lines.push(lack(
            "sandbox",
            "not attacked: the attackers are written in Python".into(),
            "install python3",
        )),
    }
    let costs = cost::measure(&cell, &trades);
    lines.extend(costs.iter().map(cost::Cost::line));
    Examined {
        lines,
        facts: json!({
            "tier": badge.tier.to_string(),
            "policy_sha256": badge.policy_sha256,
            "facts": badge.facts.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "attacks": checks.as_ref().map(Vec::len),
            "attacks_held": checks.as_ref().map(|checks| held(checks)),
            "costs": costs.iter().map(cost::Cost::as_json).collect::<Vec<_>>(),
        }),
    }
}

/// There is none: generated code will not run here.
fn absent(cause: String) -> Examined {
    let facts = json!({"tier": null, "reason": cause});
    let line = Line {
        area: "sandbox",
        state: State::Broken,
        text: cause,
        detail: None,
        remedy: Some("generated code is never run without it; see the cause".into()),
    };
    Examined {
        lines: vec![line],
        facts,
    }
}

fn attack(check: &Check) -> Line {
    let (state, text) = match check.held {
        Held::Yes => (State::Good, format!("{}: contained", check.name)),
        Held::No => (State::Broken, format!("{}: {}", check.name, check.detail)),
    };
    Line {
        area: "sandbox",
        state,
        text,
        detail: Some(check.detail.clone()),
        remedy: check.remedy.clone(),
    }
}

fn held(checks: &[Check]) -> usize {
    checks
        .iter()
        .filter(|check| check.held == Held::Yes)
        .count()
}

/// All attacks in one line: what the tier claims holds, or how much of it does not.
fn tally(tier: &str, checks: &[Check]) -> Line {
    let (held, all) = (held(checks), checks.len());
    if held == all {
        return good(
            "sandbox",
            format!("all {all} attacks contained: tier {tier} holds"),
        );
    }
    Line {
        area: "sandbox",
        state: State::Broken,
        text: format!("{held} of {all} attacks contained: tier {tier} does not hold"),
        detail: None,
        remedy: Some("see the attacks that got through, each with its remedy".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, held: Held) -> Check {
        Check {
            name,
            held,
            detail: "said the attacker".into(),
            remedy: None,
        }
    }

    #[test]
    fn one_attack_that_got_through_breaks_the_tier() {
        let checks = [check("a", Held::Yes), check("b", Held::No)];
        let line = tally("T3", &checks);
        assert!(
            line.state == State::Broken && line.text.contains("1 of 2"),
            "{}",
            line.text
        );
        assert!(attack(&checks[1]).state == State::Broken);
        assert!(tally("T3", &checks[..1]).state == State::Good);
    }

    #[test]
    fn no_sandbox_at_all_is_a_failure() {
        let examined = absent("no user namespaces".into());
        assert!(examined.lines[0].state == State::Broken);
        assert_eq!(examined.facts["reason"], "no user namespaces");
    }
}
