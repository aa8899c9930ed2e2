//! Progress of a training: step, loss, tokens per second; the bar knows the time that is left. What the hardware does
//! meanwhile goes into the training's record.

use bench::Watcher as _;
use improve::Point;
use improve::sft::{Doing, Outcome, Watcher};

use super::book::Hand;
use crate::terminal::Terminal;
use crate::watch::Progress;

/// Shows steps.
pub(crate) struct Steps<'a> {
    progress: Progress,
    hand: Hand<'a>,
    /// Tokens and time of the steps that were seen.
    tokens: usize,
    ns: u64,
}

impl<'a> Steps<'a> {
    pub(super) fn new(terminal: &Terminal, hand: Hand<'a>) -> Steps<'a> {
        Steps {
            progress: Progress::new(terminal),
            hand,
            tokens: 0,
            ns: 0,
        }
    }
}

impl Steps<'_> {
    /// The training broke off; what it cost is in its record.
    pub(super) fn break_off(mut self) -> anyhow::Result<()> {
        self.progress.clear();
        self.hand.break_off()
    }

    /// The training is over, or stopped.
    pub(super) fn end(mut self, outcome: &Outcome) -> anyhow::Result<()> {
        self.progress.clear();
        self.hand.end(outcome)
    }
}

impl Watcher for Steps<'_> {
    fn turns(&mut self, tokens: usize, next: Doing) {
        self.hand.turns(tokens, next);
    }

    fn begins(&mut self, after: usize, of: usize) {
        self.progress.begin("training", of as u64);
        self.progress.advance(after as u64, "");
    }

    fn stepped(&mut self, point: &Point, of: usize) {
        self.hand.stepped(point.step);
        self.tokens += point.tokens;
        self.ns += point.ns;
        let seconds = self.ns as f64 / 1e9;
        let each = seconds * point.tokens as f64 / self.tokens.max(1) as f64;
        let left = each * (of - point.step) as f64;
        let held_out = point
            .held_out
            .map_or_else(String::new, |nats| format!(" · held out {nats:.3}"));
        let note = format!(
            "loss {:.3}{held_out} · {:.1} tok/s · {:.0} min left",
            point.loss,
            self.tokens as f64 / seconds.max(1e-9),
            (left / 60.0).ceil(),
        );
        self.progress.advance(point.step as u64, &note);
        if point.step == of {
            self.progress.clear();
        }
    }
}
