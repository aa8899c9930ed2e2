//! Help texts that fit: paragraphs and examples are laid out for the width there is.
//!
//! In the source a help text is broken where it reads well. Here paragraphs become one line each, which clap wraps;
//! examples keep their lines as long as those fit. Where they do not, remarks go below their commands, commands are
//! broken as a shell reads them, and lists get a hanging indent.

mod groups;

use clap::{Command, CommandFactory, FromArgMatches};

use super::Cli;

/// Longer lines are hard to read, as clap holds as well.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;
/// The indent of an example, and of what belongs to it.
const INDENT: usize = 2;
const DEEPER: usize = 6;

/// Reads a command line, the program's path in front.
///
/// # Errors
/// clap's, help and version among them.
pub(super) fn parse<T: Into<std::ffi::OsString> + Clone>(
    words: impl IntoIterator<Item = T>,
) -> Result<Cli, clap::Error> {
    let width = width();
    let mut command = groups::grouped(laid_out(Cli::command(), width), width);
    let mut matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Columns for help: those of the terminal, or what `COLUMNS` says.
fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    let columns = terminal
        .map(|(width, _)| usize::from(width.0))
        .or_else(told);
    columns.unwrap_or(WIDEST).clamp(NARROWEST, WIDEST)
}

fn laid_out(command: Command, width: usize) -> Command {
    let text = command
        .get_after_help()
        .map(|text| layout(&text.to_string(), width));
    let command = match text {
        Some(text) => command.after_help(text),
        None => command,
    };
    command
        .term_width(width)
        .mut_subcommands(|sub| laid_out(sub, width))
}

fn layout(text: &str, width: usize) -> String {
    let blocks = text.split("\n\n").map(|block| block_laid_out(block, width));
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// A block without empty lines: paragraphs, and indented lines between them.
fn block_laid_out(block: &str, width: usize) -> String {
    let lines: Vec<&str> = block.lines().collect();
    let groups = lines.chunk_by(|a, b| a.starts_with(' ') == b.starts_with(' '));
    let laid_out = groups.map(|group| match group[0].starts_with(' ') {
        true => indented(group, width),
        false => group.join(" "),
    });
    laid_out.collect::<Vec<_>>().join("\n")
}

/// An indented line: a command or a name, and what is said of it.
struct Entry<'a> {
    head: &'a str,
    says: String,
}

fn indented(lines: &[&str], width: usize) -> String {
    if lines.iter().all(|line| len(line) <= width) {
        return lines.join("\n");
    }
    let entries = entries(lines);
    let remarked = || entries.iter().filter(|entry| !entry.says.is_empty());
    let column = remarked().map(|entry| len(entry.head)).max().unwrap_or(0) + INDENT;
    let is_commands = entries.iter().any(|entry| entry.head.contains("whet "));
    let all_beside = remarked().all(|entry| INDENT + column + len(&entry.says) <= width);
    let shown =
        entries.iter().map(
            |entry| match (is_commands, all_beside || entry.says.is_empty()) {
                (true, false) => below(entry, width),
                (true, true) if entry.says.is_empty() => command(entry.head, width),
                _ => hanging(entry, column, width),
            },
        );
    shown.collect::<Vec<_>>().join("\n")
}

fn entries<'a>(lines: &[&'a str]) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    for line in lines {
        let body = line.trim_start();
        let goes_on = len(line) - len(body) > INDENT;
        match entries
            .last_mut()
            .filter(|last| goes_on && !last.says.is_empty())
        {
            Some(last) => last.says = format!("{} {body}", last.says),
            None => {
                let (head, says) = body.split_once("  ").unwrap_or((body, ""));
                let says = says.trim().to_owned();
                entries.push(Entry { head, says });
            }
        }
    }
    entries
}

/// A remark below its command.
fn below(entry: &Entry<'_>, width: usize) -> String {
    let remark = wrapped(&entry.says, DEEPER, width);
    format!(
        "{}\n{}{remark}",
        command(entry.head, width),
        " ".repeat(DEEPER)
    )
}

/// A command, broken as a shell reads it where it is too long.
fn command(head: &str, width: usize) -> String {
    let mut out = " ".repeat(INDENT);
    let mut used = INDENT;
    for (at, word) in units(head).iter().enumerate() {
        // Room for a space and the backslash at the end.
        if at > 0 && used + 1 + len(word) + 2 > width {
            out.push_str(&format!(" \\\n{}{word}", " ".repeat(DEEPER)));
            used = DEEPER + len(word);
            continue;
        }
        let space = if at > 0 { " " } else { "" };
        out.push_str(&format!("{space}{word}"));
        used += len(space) + len(word);
    }
    out
}

/// A text beside its name; what does not fit goes on below its beginning.
fn hanging(entry: &Entry<'_>, column: usize, width: usize) -> String {
    let indent = INDENT + column;
    let text = wrapped(&entry.says, indent, width);
    let gap = " ".repeat(column.saturating_sub(len(entry.head)));
    let line = format!("{}{}{gap}{text}", " ".repeat(INDENT), entry.head);
    line.trim_end().to_owned()
}

/// Words in lines that begin below each other; the first line begins where the cursor is.
fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let mut out = String::new();
    let mut used = indent;
    for word in text.split_whitespace() {
        let fits = used + 1 + len(word) <= width;
        match (out.is_empty(), fits) {
            (true, _) => used -= 1,
            (false, true) => out.push(' '),
            (false, false) => {
                out.push_str(&format!("\n{}", " ".repeat(indent)));
                used = indent - 1;
            }
        }
        out.push_str(word);
        used += 1 + len(word);
    }
    out
}

/// Words of a command, a flag with its values together.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    for word in shell_words(text) {
        match units.last_mut().filter(|last| last.starts_with('-')) {
            Some(last) if !word.starts_with('-') => last.push_str(&format!(" {word}")),
            _ => units.push(word.to_owned()),
        }
    }
    units
}

/// Words of a command; a quoted text is one.
fn shell_words(text: &str) -> Vec<&str> {
    let mut quote = None;
    let cuts = text.split(move |c: char| {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        c == ' ' && quote.is_none()
    });
    cuts.filter(|word| !word.is_empty()).collect()
}

fn len(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Examples:
  whet do this --with 'a b' --and another      a remark
  whet do                                      another one

A paragraph that was broken
in the source.";

    #[test]
    fn what_fits_stays_and_paragraphs_are_one_line() {
        let wide = layout(TEXT, 80);
        assert!(
            wide.contains("another      a remark\n  whet do  "),
            "{wide}"
        );
        assert!(
            wide.ends_with("\n\nA paragraph that was broken in the source."),
            "{wide}"
        );
    }

    #[test]
    fn remarks_move_nearer_then_below_and_commands_break_between_words() {
        let nearer = layout(TEXT, 55);
        assert!(nearer.contains("--and another  a remark\n"), "{nearer}");
        let below = layout(TEXT, 46);
        assert!(
            below.contains("--and another\n      a remark\n  whet do\n      another one"),
            "{below}"
        );
        let narrow = layout(TEXT, 24);
        assert!(
            narrow.contains("  whet do this \\\n      --with 'a b' \\\n      --and another"),
            "{narrow}"
        );
    }

    #[test]
    fn a_list_hangs_below_its_texts() {
        let list = "Kinds:\n  one     first words and more\n          of them\n  second  short";
        let narrow = layout(list, 26);
        assert_eq!(
            narrow,
            "Kinds:\n  one     first words and\n          more of them\n  second  short"
        );
    }
}
