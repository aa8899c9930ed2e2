//! The only place that writes to the user: results on stdout, everything else on stderr.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use crate::cli::{Global, When};
use crate::exit::{Exit, Usage};

/// How to talk to this user.
pub(crate) struct Terminal {
    yes: bool,
    quiet: bool,
    colour: bool,
    readings: report::Readings,
}

impl Terminal {
    pub(crate) fn new(global: &Global) -> Terminal {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        let colour = match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        Terminal {
            yes: global.yes || ci,
            quiet: global.quiet,
            colour,
            readings: match global.no_readings {
                true => report::Readings::Hidden,
                false => report::Readings::Shown,
            },
        }
    }

    /// A terminal for work whose progress nobody wants to see.
    pub(crate) fn silent() -> Terminal {
        Terminal {
            yes: false,
            quiet: true,
            colour: false,
            readings: report::Readings::Shown,
        }
    }

    /// Colour of stdout.
    pub(crate) fn colour(&self) -> report::Colour {
        if self.colour {
            report::Colour::Always
        } else {
            report::Colour::Never
        }
    }

    /// Whether readings stand beside the numbers of a report.
    pub(crate) fn readings(&self) -> report::Readings {
        self.readings
    }

    /// Columns of the terminal, 80 if there is none.
    pub(crate) fn width(&self) -> u16 {
        match terminal_size::terminal_size_of(std::io::stdout()) {
            Some((terminal_size::Width(columns), _)) => columns.clamp(60, 120),
            None => 80,
        }
    }

    /// Whether progress is wanted.
    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    /// Writes a result to stdout.
    pub(crate) fn result(&self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Writes bytes to stdout as they are.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Says something by the way, unless quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Asks a question whose default is yes. Without a terminal nobody can answer: then only `--yes`
    /// or `CI=true` counts.
    pub(crate) fn agrees(&self, question: &str) -> bool {
        if self.yes {
            return true;
        }
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return false;
        }
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "{question} [Y/n] ");
        let _ = err.flush();
        let mut answer = String::new();
        let _ = std::io::stdin().read_line(&mut answer);
        matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes") && !answer.is_empty()
    }

    /// Says what went wrong; a reader that closed the pipe is no error.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        if is_broken_pipe(error) {
            return ExitCode::SUCCESS;
        }
        say(&format!("whet: {error:#}"));
        let interrupted = |cause: &hub::Error| matches!(cause, hub::Error::Interrupted { .. });
        if error
            .chain()
            .any(|cause| cause.downcast_ref().is_some_and(interrupted))
        {
            return Exit::Interrupted.into();
        }
        if error.chain().any(|cause| cause.is::<Usage>()) {
            ExitCode::from(2)
        } else {
            ExitCode::from(1)
        }
    }
}

/// Writes a line to stderr.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
