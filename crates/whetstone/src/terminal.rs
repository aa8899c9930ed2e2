//! The only place that writes to the user: results on stdout, everything else on stderr.
//!
//! Names, keys and messages come from files of strangers, so whatever is said to a person is made visible here, line breaks
//! and our own colours aside. A result that is piped may be read by a program: of it only control characters are shown,
//! which neither lines of text nor JSON hold.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use report::untrusted::visible;

use crate::cli::{Global, When};
use crate::exit::{Exit, is_of_the_user, was_stopped};

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
            When::Auto => {
                std::io::stdout().is_terminal() && allows_colour(|name| std::env::var(name).ok())
            }
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

    /// Columns of the terminal, as far as tables can be laid out in them; 80 if there is none.
    pub(crate) fn width(&self) -> u16 {
        match terminal_size::terminal_size_of(std::io::stdout()) {
            Some((terminal_size::Width(columns), _)) => columns.clamp(40, 120),
            None => 80,
        }
    }

    /// Whether progress is wanted.
    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    /// Writes a result to stdout. That nobody reads it any more (`| head -1`) is no failure and ends nothing: what is
    /// still to be measured, written or judged does not depend on a reader.
    pub(crate) fn result(&self, text: &str) -> anyhow::Result<()> {
        let made_safe: fn(&str) -> String = match is_seen() {
            true => visible,
            false => without_controls,
        };
        let text = match self.colour {
            true => around_colours(text, made_safe),
            false => made_safe(text),
        };
        match text.ends_with('\n') {
            true => self.bytes(text.as_bytes()),
            false => self.bytes(format!("{text}\n").as_bytes()),
        }
    }

    /// Writes bytes to stdout as they are, for whoever still reads.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        write_out(bytes).map(|_| ())
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
        let _ = write!(err, "{} [Y/n] ", visible(question));
        let _ = err.flush();
        let mut answer = String::new();
        let _ = std::io::stdin().read_line(&mut answer);
        matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes") && !answer.is_empty()
    }

    /// Says what went wrong.
    pub(crate) fn fail(&self, error: &anyhow::Error) -> ExitCode {
        if was_stopped(error) {
            say("Interrupted.");
            return Exit::Interrupted.into();
        }
        say(&format!("whet: {error:#}"));
        let interrupted = |cause: &hub::Error| matches!(cause, hub::Error::Interrupted { .. });
        if error
            .chain()
            .any(|cause| cause.downcast_ref().is_some_and(interrupted))
        {
            return Exit::Interrupted.into();
        }
        if error.chain().any(is_of_the_user) {
            ExitCode::from(2)
        } else {
            ExitCode::from(1)
        }
    }
}

/// Writes a line to stderr.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", visible(text));
}

/// Whether a person looks at stdout.
pub(crate) fn is_seen() -> bool {
    std::io::stdout().is_terminal()
}

/// A text with its control characters made visible and nothing else changed.
fn without_controls(text: &str) -> String {
    let shown = |c: char| match c {
        '\0'..='\u{1f}' if !"\n\t".contains(c) => char::from_u32(0x2400 + c as u32).unwrap_or(c),
        _ => c,
    };
    text.chars().map(shown).collect()
}

/// Sends what lies between colours through a function.
fn around_colours(text: &str, made_safe: fn(&str) -> String) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('\u{1b}') {
        let (before, from) = rest.split_at(at);
        let colour = colour_at(from);
        out += &made_safe(before);
        match colour {
            "" => out += &made_safe("\u{1b}"),
            colour => out += colour,
        }
        rest = &from[colour.len().max(1)..];
    }
    out + &made_safe(rest)
}

/// The colour with which a text begins, `ESC [ numbers m`; empty if it begins with none.
fn colour_at(text: &str) -> &str {
    let numbers = text.strip_prefix("\u{1b}[").unwrap_or_default();
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';');
    match end.filter(|end| numbers[*end..].starts_with('m')) {
        Some(end) => &text[..2 + end + 1],
        None => "",
    }
}

/// Whether anybody reads stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    There,
    /// The other end of the pipe is closed.
    Gone,
}

/// Writes to stdout.
///
/// # Errors
/// If it takes nothing for another reason than that its reader has gone: a full disk, say.
pub(crate) fn write_out(bytes: &[u8]) -> anyhow::Result<Reader> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}

/// Whether the environment lets a terminal have colour: `NO_COLOR` that is not empty forbids it (no-color.org), and so do
/// `CLICOLOR=0` and a terminal that has none.
pub(crate) fn allows_colour(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, word: &str| variable(name).is_some_and(|value| value == word);
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    !(is_set("NO_COLOR") || is("CLICOLOR", "0") || is("TERM", "dumb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_forbids_colour_by_a_word_and_not_by_an_empty_one() {
        for (name, value, allowed) in [
            ("NO_COLOR", "1", false),
            ("NO_COLOR", "", true),
            ("CLICOLOR", "0", false),
            ("CLICOLOR", "1", true),
            ("TERM", "dumb", false),
            ("TERM", "xterm", true),
        ] {
            let found = allows_colour(|asked| (asked == name).then(|| value.to_owned()));
            assert_eq!(found, allowed, "{name}={value}");
        }
    }

    #[test]
    fn our_colours_stay_and_other_sequences_are_shown() {
        let text = "\u{1b}[1mbold\u{1b}[0m \u{1b}[2J\u{1b}]0;x\u{7}\u{1b}[38;5;9mred\u{1b}[";
        assert_eq!(
            around_colours(text, visible),
            "\u{1b}[1mbold\u{1b}[0m ␛[2J␛]0;x␇\u{1b}[38;5;9mred␛["
        );
    }

    #[test]
    fn of_a_result_for_programs_only_controls_are_shown() {
        let json = "{\n\t\"name\": \"a\u{200d}b \u{85}\"\n}";
        assert_eq!(without_controls(json), json);
        assert_eq!(without_controls("a\u{1b}[31m\rb\n"), "a␛[31m␍b\n");
    }

    #[test]
    fn a_pipe_that_broke_elsewhere_is_a_failure() {
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let terminal = Terminal::silent();
        let code = terminal.fail(&anyhow::Error::from(broken).context("the box is gone"));
        assert_eq!(code, ExitCode::from(1));
    }
}
