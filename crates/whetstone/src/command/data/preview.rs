//! `whet data preview`: the first rows of a file, without a chat template around them.

use std::path::Path;

use anyhow::Result;
use report::untrusted::visible;
use task::Target;
use task::rows::Row;
use task::survey::{Entry, Line, Survey};

use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// Lines of a text that are shown.
const MOST_LINES: usize = 20;

/// Characters of one line of it.
const MOST_CHARS: usize = 200;

pub(super) fn run(path: &Path, (n, whole): (usize, bool), terminal: &Terminal) -> Result<Exit> {
    let survey = Survey::of(&super::read(path)?);
    let name = path.display().to_string();
    if survey.lines.is_empty() {
        let faults = super::faults(&name, &survey.faults);
        return Err(Usage(
            format!("cannot show {name}: there is no row in it\n{faults}")
                .trim_end()
                .to_owned(),
        )
        .into());
    }
    let shown: Vec<String> = survey
        .lines
        .iter()
        .take(n)
        .map(|line| row(line, whole))
        .collect();
    terminal.result(&shown.join("\n"))?;
    if !survey.faults.is_empty() {
        terminal.note(super::faults(&name, &survey.faults).trim_end());
    }
    let (n_shown, n_all) = (shown.len(), survey.lines.len());
    terminal.note(&format!("{n_shown} of {n_all} rows of {name}"));
    Ok(Exit::Done)
}

fn row(line: &Line, whole: bool) -> String {
    let shape = line.entry.shape().name();
    let mut text = format!("line {} · {shape}\n", line.number);
    for (role, said) in parts(&line.entry) {
        let said = visible(said.trim_end());
        let n_chars = said.chars().count();
        text += &format!("── {role}, {n_chars} characters\n");
        text += &if whole {
            format!("{said}\n")
        } else {
            clipped(&said)
        };
    }
    text
}

/// Who says what.
fn parts(entry: &Entry) -> Vec<(String, String)> {
    let part = |role: &str, said: &str| (role.to_owned(), said.to_owned());
    match entry {
        Entry::Row(_, Row::Answer { before, answer }) => {
            let mut parts: Vec<_> = before
                .iter()
                .map(|one| part(&one.role, &one.content))
                .collect();
            parts.push(part("assistant (learnt)", answer));
            parts
        }
        Entry::Row(_, Row::Text(text)) => vec![part("text (learnt)", text)],
        Entry::Row(_, Row::Tokens(one)) => {
            vec![part("user", &one.prompt), part("model (learnt)", &one.text)]
        }
        Entry::Prompt(prompt) => vec![part("user", prompt)],
        Entry::Problem(problem) => {
            let mut parts = vec![part("user", &problem.prompt)];
            if let Target::Output(output) = &problem.target {
                parts.push(part("expected output", output));
            }
            parts
        }
    }
}

fn clipped(text: &str) -> String {
    let mut shown = String::new();
    for line in text.lines().take(MOST_LINES) {
        let cut: String = line.chars().take(MOST_CHARS).collect();
        shown += &cut;
        shown += if cut.len() < line.len() {
            " …\n"
        } else {
            "\n"
        };
    }
    let n_more = text.lines().count().saturating_sub(MOST_LINES);
    if n_more > 0 {
        shown += &format!("… {n_more} more lines (--whole shows them)\n");
    }
    shown
}
