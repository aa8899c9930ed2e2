//! Whether the sandbox holds: it is attacked, and then timed.

use sandbox::toolchain::Toolchain;
use sandbox::{Badge, Cell, Check, Fittings, Held, Sandbox};
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
    let known = badge.facts.iter().filter(|fact| !is_reason(fact));
    let facts: Vec<String> = known
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let mut lines = vec![good(
        "sandbox",
        format!("tier {} ({})", badge.tier, facts.join(", ")),
    )];
    lines.extend(weakness(badge));
    let checks = sandbox::probe(&cell, tools);
    lines.extend(layers(&checks));
    lines.push(tally(&badge.tier.to_string(), &checks));
    let costs = cost::measure(&cell, &trades);
    lines.extend(costs.iter().map(cost::Cost::line));
    Examined {
        lines,
        facts: json!({
            "tier": badge.tier.to_string(),
            "policy_sha256": badge.policy_sha256,
            "facts": badge.facts.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "exceptions": badge.exceptions,
            "attacks": count(&checks, Held::Yes) + count(&checks, Held::No),
            "attacks_held": count(&checks, Held::Yes),
            "checks": checks.iter().map(as_json).collect::<Vec<_>>(),
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

/// Whether a fact says why there is no stronger tier.
fn is_reason((name, _): &(String, String)) -> bool {
    name.starts_with("why not")
}

/// What this tier does not keep in, and why there is no stronger one.
fn weakness(badge: &Badge) -> Option<Line> {
    let why = badge
        .facts
        .iter()
        .find(|fact| is_reason(fact))
        .map(|(_, why)| why.as_str());
    if badge.exceptions.is_empty() {
        let text = "weaker than T4: memory of the whole tree is watched every 20 ms, not limited by the kernel";
        return why.map(|why| lack("sandbox", text.into(), why));
    }
    let lacks = badge.exceptions.join("; ");
    let text = format!("weaker than T3: {lacks}");
    Some(lack("sandbox", text, why.unwrap_or("see the facts above")))
}

/// One line for each layer that held, and one for each attack that got through or was not tried.
fn layers(checks: &[Check]) -> Vec<Line> {
    let mut names: Vec<&str> = Vec::new();
    for check in checks {
        if !names.contains(&check.layer) {
            names.push(check.layer);
        }
    }
    let line = |layer| {
        let held = |check: &&Check| check.layer == layer && check.held == Held::Yes;
        let attacks: Vec<&str> = checks.iter().filter(held).map(|check| check.name).collect();
        (!attacks.is_empty())
            .then(|| good("attack", format!("{layer} held: {}", attacks.join(", "))))
    };
    let whole = names.into_iter().filter_map(line);
    whole.chain(checks.iter().filter_map(attack)).collect()
}

fn attack(check: &Check) -> Option<Line> {
    let line = |state, text| Line {
        area: "attack",
        state,
        text,
        detail: Some(check.detail.clone()),
        remedy: check.remedy.clone(),
    };
    match check.held {
        Held::Yes => None,
        Held::No => Some(line(
            State::Broken,
            format!(
                "{}: not held by {} ({}): {}",
                check.name, check.layer, check.tries, check.detail
            ),
        )),
        Held::NotTried => Some(line(
            State::Good,
            format!("{} not tried: {}", check.name, check.detail),
        )),
    }
}

fn as_json(check: &Check) -> Value {
    let (held, reason) = match check.held {
        Held::Yes => ("held", None),
        Held::No => ("not held", None),
        Held::NotTried => ("not tried", Some(&check.detail)),
    };
    json!({
        "name": check.name,
        "tries": check.tries,
        "layer": check.layer,
        "state": held,
        "reason": reason,
        "seen": check.detail,
        "remedy": check.remedy,
    })
}

fn count(checks: &[Check], held: Held) -> usize {
    checks.iter().filter(|check| check.held == held).count()
}

/// All attacks in one line: what the tier claims holds, or how much of it does not.
fn tally(tier: &str, checks: &[Check]) -> Line {
    let (held, broken) = (count(checks, Held::Yes), count(checks, Held::No));
    let all = held + broken;
    if all == 0 {
        let why = "not attacked: the attackers are written in Python".into();
        return lack("sandbox", why, "install python3");
    }
    if broken == 0 {
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
            layer: "files",
            tries: "open something",
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
        assert!(attack(&checks[1]).unwrap().state == State::Broken);
        assert!(tally("T3", &checks[..1]).state == State::Good);
    }

    #[test]
    fn a_layer_is_one_line_and_what_was_not_tried_counts_for_nothing() {
        let checks = [
            check("a", Held::Yes),
            check("b", Held::Yes),
            check("c", Held::NotTried),
        ];
        let texts: Vec<_> = layers(&checks).into_iter().map(|line| line.text).collect();
        assert_eq!(
            texts,
            ["files held: a, b", "c not tried: said the attacker"]
        );
        assert!(tally("T3", &checks).text.contains("all 2"));
        assert!(tally("T3", &checks[2..]).state == State::Lack);
        let json = as_json(&checks[2]);
        assert_eq!(
            (&json["state"], &json["reason"]),
            (&json!("not tried"), &json!("said the attacker"))
        );
    }

    #[test]
    fn no_sandbox_at_all_is_a_failure() {
        let examined = absent("no user namespaces".into());
        assert!(examined.lines[0].state == State::Broken);
        assert_eq!(examined.facts["reason"], "no user namespaces");
    }
}
