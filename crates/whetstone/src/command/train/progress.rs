//! Progress of a training: step, loss, tokens per second; the bar knows the time that is left.

use bench::Watcher as _;
use improve::Point;
use improve::sft::Watcher;

use crate::terminal::Terminal;
use crate::watch::Progress;

/// Shows steps.
pub(crate) struct Steps {
    progress: Progress,
    /// Tokens and time of the steps that were seen.
    tokens: usize,
    ns: u64,
}

impl Steps {
    pub(crate) fn new(terminal: &Terminal) -> Steps {
        Steps {
            progress: Progress::new(terminal),
            tokens: 0,
            ns: 0,
        }
    }
}

impl Watcher for Steps {
    fn begins(&mut self, after: usize, of: usize) {
        self.progress.begin("training", of as u64);
        self.progress.advance(after as u64, "");
    }

    fn stepped(&mut self, point: &Point, of: usize) {
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
