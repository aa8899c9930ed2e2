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
                if self.line_is_due() {
                    say(&format!("{}: {done} of {} {note}", self.what, self.total));
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
