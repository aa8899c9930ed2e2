//! What the held-out prompts say of a cycle, and whether another one is worth its time.

use super::super::guard::{self, Look};
use super::super::{Drift, Looks, Measured, Workshop};
use super::{Best, Run};

impl<W: Workshop> Run<'_, W> {
    /// Holds a cycle's held-out measures against the best so far.
    pub(super) fn guard(&mut self, n: u32, held_out: &Measured, baseline: &Looks) -> Option<Look> {
        let far = held_out.drift.iter().flat_map(Drift::doubts);
        for doubt in far.collect::<Vec<_>>() {
            self.say(format!("cycle {n}: {doubt}"));
        }
        let now = self.choosing(held_out)?;
        let before = self.choosing(baseline.held_out.as_ref()?)?;
        for doubt in guard::doubts(now, before) {
            self.say(format!("cycle {n}: {doubt}"));
        }
        let best = self.best.as_ref()?;
        let look = guard::look(now, (best.cycle, &best.held_out));
        let taken = || Best {
            cycle: n,
            held_out: now.clone(),
        };
        match look {
            Look::Best => {
                self.in_vain.clear();
                self.best = Some(taken());
            }
            Look::Level => {
                self.in_vain.push(look);
                self.best = Some(taken());
            }
            Look::Equal => self.in_vain.push(look),
            Look::Fallen => {
                self.in_vain.push(look);
                let from = best.cycle;
                self.rate *= guard::AFTER_A_FALL;
                self.current = (from > 0).then(|| self.folder.adapter(from));
                let from = match from {
                    0 => "the base".to_owned(),
                    from => format!("cycle {from}"),
                };
                self.say(format!(
                    "cycle {n}: held-out prompts fell; samples come from {from} again, and the learning rate is halved"
                ));
            }
        }
        Some(look)
    }

    /// Whether as many cycles as the plan lets pass have gained nothing. The first fall since the best cycle does not
    /// count: the next one begins there again, at half the rate.
    pub(super) fn is_in_vain(&mut self, n: u32) -> bool {
        let forgiven = usize::from(self.in_vain.first() == Some(&Look::Fallen));
        let patience = self.plan.cycle_patience as usize;
        let is_over = patience > 0 && self.in_vain.len() - forgiven >= patience;
        if is_over {
            self.say(format!(
                "cycle {n}: nothing was gained on held-out prompts, so no further cycle follows; --cycle-patience 0 goes through all of them"
            ));
        }
        is_over
    }
}
