//! What may be asked of a run that goes on: the two settings by which a training that did not fit into memory can.
//!
//! They change what a training computes, so they are for one that has not begun; cycles that are over stay as they are.

use std::path::Path;

use anyhow::Result;
use improve::raft::RaftFolder;

use super::order::{Order, change_memory};
use crate::cli::MemoryFlags;
use crate::exit::Usage;

impl Order {
    /// The order that a folder holds, with what was typed beside `--resume`.
    pub(super) fn again(folder: &Path, asked: &MemoryFlags) -> Result<Order> {
        let mut order = Order::read(folder)?;
        let mut plan = order.plan.clone();
        change_memory(&mut plan, asked);
        if plan == order.plan {
            return Ok(order);
        }
        plan.check().map_err(|error| Usage(error.to_string()))?;
        let named = named(asked);
        let refused = |why: String| Usage(format!("{named} would do nothing: {why}"));
        let place = folder.display();
        let is_over = folder.join("summary.json").exists();
        let next = RaftFolder::open(folder)?.untrained(plan.cycles);
        let Some((cycle, is_begun)) = next.filter(|_| !is_over) else {
            let why = format!("no training of {place} is left; start a new run with it");
            return Err(refused(why).into());
        };
        if is_begun {
            let why = format!(
                "the training of cycle {cycle} has a checkpoint that was made without it; go on without it, or delete {place}/cycle_{cycle}/training to begin that training anew"
            );
            return Err(refused(why).into());
        }
        let said = format!("{named} was given when the run went on; it counts from cycle {cycle}");
        order.said.push(said);
        order.plan = plan;
        Ok(order)
    }
}

fn named(asked: &MemoryFlags) -> String {
    let longest = asked.longest.map(|tokens| format!("--longest {tokens}"));
    let recompute = asked.recompute.then(|| "--recompute".to_owned());
    let both: Vec<String> = recompute.into_iter().chain(longest).collect();
    both.join(" ")
}
