//! Progress of long work: a bar on a terminal, a line every few seconds elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use bench::Watcher;
use indicatif::{ProgressBar, ProgressStyle};
use measure::{Clock, SystemClock};
use report::untrusted::one_line;

use crate::terminal::{Terminal, say};

/// Between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress on stderr.
pub(crate) struct Progress {
    style: Style,
    clock: SystemClock,
    what: String,
    total: u64,
    last_line_ns: u64,
    /// How much was done at the first report, and when: a resumed run begins in the middle.
    first: Option<(u64, u64)>,
    bar: ProgressBar,
}

enum Style {
    Silent,
    Bar,
    Lines,
}

impl Progress {
    pub(crate) fn new(terminal: &Terminal) -> Progress {
        let style = match (terminal.quiet(), std::io::stderr().is_terminal()) {
            (true, _) => Style::Silent,
            (false, true) => Style::Bar,
            (false, false) => Style::Lines,
        };
        Progress {
            style,
            clock: SystemClock::start(),
            what: String::new(),
            total: 0,
            last_line_ns: 0,
            first: None,
            bar: ProgressBar::hidden(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&mut self) {
        self.bar.finish_and_clear();
    }

    fn start_bar(&mut self, unit: &str) {
        let template =
            format!("{{spinner}} {{msg}}  {{wide_bar}} {unit}  {{elapsed}} (left {{eta}})");
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bar.finish_and_clear();
        self.bar = ProgressBar::new(self.total)
            .with_style(style)
            .with_message(self.what.clone());
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn begin_with_unit(&mut self, what: &str, total: u64, unit: &str) {
        self.what = one_line(what);
        self.total = total;
        self.last_line_ns = self.clock.now_ns();
        self.first = None;
        match self.style {
            Style::Silent => {}
            Style::Bar => self.start_bar(unit),
            Style::Lines => say(&format!("{what} …")),
        }
    }

    fn line_is_due(&mut self) -> bool {
        let now = self.clock.now_ns();
        let due = now - self.last_line_ns >= LINE_EVERY.as_nanos() as u64;
        if due {
            self.last_line_ns = now;
        }
        due
    }
}

impl Watcher for Progress {
    fn begin(&mut self, what: &str, total: u64) {
        self.begin_with_unit(what, total, "{pos}/{len}");
    }

    fn advance(&mut self, done: u64, note: &str) {
        match self.style {
            Style::Silent => {}
            Style::Bar => {
                self.bar.set_position(done);
                if !note.is_empty() {
                    let said = format!("{} · {}", self.what, one_line(note));
                    self.bar.set_message(said);
                }
            }
            Style::Lines => {
                let now = (done, self.clock.now_ns());
                let first = *self.first.get_or_insert(now);
                if self.line_is_due() {
                    let left = left_ns(first, now, self.total).map_or(String::new(), time_left);
                    let so_far = format!("{}: {done} of {} {note}", self.what, self.total);
                    say(&format!("{}{left}", so_far.trim_end()));
                }
            }
        }
    }
}

impl hub::Progress for Progress {
    fn stage(&mut self, text: &str) {
        match self.style {
            Style::Silent => {}
            Style::Bar => self.bar.suspend(|| say(text)),
            Style::Lines => say(text),
        }
    }

    fn bytes(&mut self, done: u64, total: u64) {
        if self.total != total {
            self.begin_with_unit("fetching", total, "{bytes}/{total_bytes}  {bytes_per_sec}");
        }
        match self.style {
            Style::Silent => {}
            Style::Bar => self.bar.set_position(done),
            Style::Lines => {
                if self.line_is_due() {
                    say(&format!("{} of {} MB", done / 1_000_000, total / 1_000_000));
                }
            }
        }
    }
}

/// How long the rest takes at the pace between two reports of (done, time in ns); `None` before there is a pace.
fn left_ns(first: (u64, u64), now: (u64, u64), total: u64) -> Option<u64> {
    let done = now.0.checked_sub(first.0).filter(|done| *done > 0)?;
    let rest = u128::from(total.checked_sub(now.0)?);
    let took = u128::from(now.1.checked_sub(first.1)?);
    u64::try_from(rest * took / u128::from(done)).ok()
}

fn time_left(ns: u64) -> String {
    let seconds = ns / 1_000_000_000;
    match seconds {
        0..90 => format!(", {seconds} s left"),
        _ => format!(", {} min left", (seconds + 30) / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_was_done_since_the_first_report() {
        let second = 1_000_000_000;
        let first = (600, 5 * second);
        assert_eq!(left_ns(first, first, 1000), None);
        assert_eq!(
            left_ns(first, (700, 15 * second), 1000),
            Some(30 * second),
            "what a resumed run found done has no pace"
        );
        assert_eq!(left_ns(first, (1000, 45 * second), 1000), Some(0));
        assert_eq!(left_ns(first, (1001, 45 * second), 1000), None);
        assert_eq!(time_left(30 * second), ", 30 s left");
        assert_eq!(time_left(89 * second), ", 89 s left");
        assert_eq!(time_left(100 * second), ", 2 min left");
    }
}
