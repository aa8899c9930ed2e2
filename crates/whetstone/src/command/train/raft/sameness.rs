//! What a folder's run has in common with the present call: its plan, and program, engine and machine.
//!
//! Another plan is refused where one was asked for. Another machine is not: a run may well be moved, but it is said,
//! and `raft.json` keeps it for the summary. What changes by itself, as load does, is not held against anything, nor is
//! what the `raft.json` of an older program does not have.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use ledger::record::Warning;
use report::Origin;
use serde_json::{Value, json};

use super::order::Order;
use crate::exit::Usage;
use crate::provenance;
use crate::words::as_written;

impl Order {
    /// Notes with what the run is carried out.
    pub(super) fn note_origin(&mut self) {
        self.engine = provenance::engine(&self.compute);
        self.machine = provenance::machine();
    }

    /// Says if a run that is not over goes on with something else than it began with, and keeps that and whatever else is
    /// new.
    pub(super) fn go_on(&mut self, folder: &Path) -> Result<()> {
        if folder.join("summary.json").exists() {
            return Ok(());
        }
        let mut now = self.clone();
        now.whet_version = env!("CARGO_PKG_VERSION").to_owned();
        now.note_origin();
        let moved = now.origin().moved_from(self.origin());
        if let Some(Warning { message, .. }) = moved
            && !self.said.contains(&message)
        {
            self.said.push(message);
        }
        match *self == Order::read(folder)? {
            true => Ok(()),
            false => self.keep(folder),
        }
    }

    /// The sandbox is that of each phase, whose run folder has it.
    fn origin(&self) -> Origin<'_> {
        Origin {
            whet_version: &self.whet_version,
            engine: &self.engine,
            machine: &self.machine,
            sandbox: None,
        }
    }

    /// Refuses to go on with a run of another plan than the one that is asked for.
    pub(super) fn is_asked(&self, asked: &Order, folder: &Path) -> Result<()> {
        let mut found = Vec::new();
        differences("", &asks(self)?, &asks(asked)?, &mut found);
        if found.is_empty() {
            return Ok(());
        }
        Err(Usage(format!(
            "{folder} holds a run of another plan: {}; go on with that one by `whet train raft --resume {folder}`, or take another folder with --output",
            found.join(", "),
            folder = folder.display()
        ))
        .into())
    }
}

/// What decides what is done.
fn asks(order: &Order) -> Result<Value> {
    let mut all = as_written(&order.plan)?;
    let words = |suites: &[super::order::SuiteWord]| -> Vec<Value> {
        let word = |suite: &super::order::SuiteWord| json!([suite.word, suite.limit]);
        suites.iter().map(word).collect()
    };
    all["suite"] = json!(words(&order.suites));
    all["held_out"] = json!(words(&order.held_out));
    all["prompt"] = json!(order.prompt);
    Ok(all)
}

/// Where two values differ: `cycles (3 there, 5 asked for)`.
fn differences(at: &str, there: &Value, asked: &Value, found: &mut Vec<String>) {
    let (Value::Object(a), Value::Object(b)) = (there, asked) else {
        if there != asked {
            found.push(format!("{at} ({there} there, {asked} asked for)"));
        }
        return;
    };
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for name in names {
        let place = match at {
            "" => name.clone(),
            at => format!("{at}.{name}"),
        };
        let of = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
        differences(&place, &of(a), &of(b), found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_plans_are_named_by_their_place() {
        let there = json!({"cycles": 3, "recipe": {"seed": 42, "epochs": 3}, "prompt": null});
        let asked = json!({"cycles": 5, "recipe": {"seed": 7, "epochs": 3}, "prompt": null});
        let mut found = Vec::new();
        differences("", &there, &asked, &mut found);
        let wanted = [
            "cycles (3 there, 5 asked for)",
            "recipe.seed (42 there, 7 asked for)",
        ];
        assert_eq!(found, wanted);
    }
}
