//! `whet tasks`: the suites one can name, what is known of each, whether they are sound, and the data
//! sets that can be fetched.

mod attempt;

use anyhow::Result;
use serde_json::{Value, json};
use task::judge::Judge;
use task::{PromptStyle, Suite};

use crate::cli::{Format, Tasks};
use crate::exit::Exit;
use crate::interrupt;
use crate::subject::{Finder, size};
use crate::suites::{self, Known};
use crate::terminal::Terminal;

/// Lists, shows or fetches suites.
pub(crate) fn run(what: &Tasks, terminal: &Terminal, offline: bool) -> Result<Exit> {
    match what {
        Tasks::Ls { format } => list(terminal, *format),
        Tasks::Show {
            suite,
            answers,
            format,
        } => show(suite, *answers, *format, terminal),
        Tasks::Try {
            suites,
            together,
            format,
        } => attempt::run(suites, (*together, *format), terminal, offline),
        Tasks::Pull { names } => pull(names, terminal, offline),
    }
}

/// One line of the list.
struct Line {
    name: String,
    title: String,
    language: String,
    problems: Option<usize>,
    judge: String,
    source: String,
    state: &'static str,
}

fn list(terminal: &Terminal, format: Format) -> Result<Exit> {
    let mut lines: Vec<Line> = task::catalog::suites().iter().map(built_in).collect();
    let cache = hub::Cache::from_env()?;
    for entry in hub::catalogue::DATA {
        lines.push(data(entry, &cache.state(entry)?));
    }
    let text = match format {
        Format::Json => {
            serde_json::to_string_pretty(&lines.iter().map(as_json).collect::<Vec<_>>())?
        }
        Format::Table => as_table(&lines),
    };
    terminal.result(&text)?;
    terminal.note("A path to a JSONL file of HumanEval, MBPP, EvalPlus or MultiPL-E shape can be used as well.");
    Ok(Exit::Done)
}

fn built_in(suite: &Suite) -> Line {
    Line {
        state: "built in",
        source: OWN.to_owned(),
        ..described(suite)
    }
}

/// Where the built-in suites come from.
const OWN: &str = "Whetstone's own wording, MIT OR Apache-2.0";

fn described(suite: &Suite) -> Line {
    Line {
        name: suite.name.clone(),
        title: suite.title.clone(),
        language: suite.language.name().to_owned(),
        problems: Some(suite.problems.len()),
        judge: suite.judge.name().to_owned(),
        source: String::new(),
        state: "here",
    }
}

/// A data set is read only if it is here.
fn data(entry: &hub::Entry, state: &hub::State) -> Line {
    let source = source_of(entry);
    if let hub::State::Present { path } = state
        && let Ok(suite) = suites::data(path, entry)
    {
        return Line {
            source,
            ..described(&suite)
        };
    }
    Line {
        name: entry.name.to_owned(),
        title: format!("{} ({})", entry.title, size(entry.bytes)),
        language: String::new(),
        problems: None,
        judge: String::new(),
        source,
        state: match state {
            hub::State::Absent => "-",
            hub::State::Partial { .. } => "partial",
            hub::State::Present { .. } => "unreadable",
            hub::State::Damaged { .. } => "damaged",
        },
    }
}

fn source_of(entry: &hub::Entry) -> String {
    let package = entry.packages.map_or_else(String::new, |packages| {
        format!("Python package {}, ", packages.requirement(1))
    });
    format!("{package}{}", entry.licence)
}

fn as_json(line: &Line) -> Value {
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "name": line.name,
        "title": line.title,
        "language": known(&line.language),
        "n_problems": line.problems,
        "judge": known(&line.judge),
        "source": line.source,
        "state": line.state,
    })
}

/// Titles name the language and are laid over several lines where one does not hold them.
fn as_table(lines: &[Line]) -> String {
    let row = |[name, problems, judge, state, title]: [&str; 5]| {
        format!("{name:<17}  {problems:>8}  {judge:<9}  {state:<10}  {title}\n")
    };
    let mut text = row(["NAME", "PROBLEMS", "JUDGE", "STATE", "SUITE"]);
    for line in lines {
        let problems = line.problems.map_or("?".into(), |n| n.to_string());
        let judge = if line.judge.is_empty() {
            "?"
        } else {
            &line.judge
        };
        let mut title = pieces(&line.title, 80 - row([""; 5]).trim_end_matches('\n').len());
        let rest = title.split_off(1);
        text += &row([&line.name, &problems, judge, line.state, &title[0]]);
        rest.iter()
            .for_each(|piece| text += &row(["", "", "", "", piece]));
    }
    text
}

/// A text in lines of at most so many characters, cut between words; a longer word stands alone.
fn pieces(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= most {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn pull(names: &[String], terminal: &Terminal, offline: bool) -> Result<Exit> {
    let mut entries = Vec::new();
    for name in names {
        match suites::known(name)? {
            Known::Data(entry) => entries.push(entry),
            _ => terminal.note(&format!("{name} needs no fetching: it is here")),
        }
    }
    let cache = hub::Cache::from_env()?;
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    for entry in entries {
        terminal.result(&finder.pull(entry, &cache)?.display().to_string())?;
    }
    Ok(Exit::Done)
}

/// Shows a suite that is here; nothing is fetched for it.
fn show(word: &str, answers: bool, format: Format, terminal: &Terminal) -> Result<Exit> {
    let finder = Finder {
        terminal,
        offline: true,
        stop: interrupt::listen()?,
    };
    let suite = suites::find(word, &finder)?;
    let source = match suites::known(word)? {
        Known::BuiltIn(_) => OWN.to_owned(),
        Known::Data(entry) => source_of(entry),
        Known::File(path) => path.display().to_string(),
        Known::Custom => word.to_owned(),
    };
    let shown = Shown {
        suite: &suite,
        source,
        answers,
    };
    terminal.result(&match format {
        Format::Json => serde_json::to_string_pretty(&shown.as_json()?)?,
        Format::Table => shown.as_text()?,
    })?;
    Ok(Exit::Done)
}

/// A suite with what is known of it beside its problems.
struct Shown<'a> {
    suite: &'a Suite,
    source: String,
    answers: bool,
}

impl Shown<'_> {
    /// What is needed to judge it, and whether that is here: the toolchain, or what is missing.
    fn needs(&self) -> Result<Option<String>, String> {
        match Judge::for_suite(self.suite) {
            Ok(judge) => Ok(judge
                .toolchain()
                .map(|tool| format!("{} at {}", tool.version, tool.path.display()))),
            Err(error) => Err(error.to_string()),
        }
    }

    fn asked(&self) -> String {
        match &self.suite.style {
            PromptStyle::Continue => "the text as it stands, to go on with".into(),
            PromptStyle::Ask => "the user's message, without a system line".into(),
            PromptStyle::Chat { system } => format!("a conversation; system line: {system}"),
            PromptStyle::Profile(profile) => format!("prompt profile {profile}"),
        }
    }

    fn wanted(&self) -> Result<Option<Value>> {
        let first = self.suite.problems.first().filter(|_| self.answers);
        Ok(first
            .map(|problem| serde_json::to_value(&problem.target))
            .transpose()?)
    }

    fn as_json(&self) -> Result<Value> {
        let suite = self.suite;
        let (toolchain, missing) = match self.needs() {
            Ok(tool) => (tool, None),
            Err(missing) => (None, Some(missing)),
        };
        let first = suite.problems.first();
        Ok(json!({
            "name": suite.name,
            "title": suite.title,
            "language": suite.language.name(),
            "n_problems": suite.problems.len(),
            "judge": suite.judge.name(),
            "asked": self.asked(),
            "max_tokens": suite.max_tokens,
            "stop": suite.stop,
            "sha256": suite.sha256,
            "source": self.source,
            "toolchain": toolchain,
            "missing": missing,
            "first_problem": first.map(|problem| json!({
                "id": problem.id,
                "tags": problem.tags,
                "prompt": problem.prompt,
            })),
            "wanted": self.wanted()?,
        }))
    }

    fn as_text(&self) -> Result<String> {
        let suite = self.suite;
        let needs = match self.needs() {
            Ok(None) => "nothing is executed".into(),
            Ok(Some(tool)) => tool,
            Err(missing) => format!("missing: {missing}"),
        };
        let lines = [
            ("suite", format!("{} ({})", suite.name, suite.title)),
            ("language", suite.language.name().to_owned()),
            ("problems", suite.problems.len().to_string()),
            ("judge", suite.judge.name().to_owned()),
            ("needs", needs),
            ("asked", self.asked()),
            ("answers", format!("at most {} tokens", suite.max_tokens)),
            ("stop", format!("{:?}", suite.stop)),
            ("source", self.source.clone()),
            ("sha256", suite.sha256.clone()),
        ];
        let mut text: String = lines
            .iter()
            .map(|(name, value)| format!("{name:<10} {value}\n"))
            .collect();
        if let Some(first) = suite.problems.first() {
            text += &format!("\nfirst problem: {}\n\n{}\n", first.id, first.prompt);
        }
        if let Some(wanted) = self.wanted()? {
            let wanted = match &wanted {
                Value::Object(map) if map.len() == 1 => map.values().next().cloned(),
                _ => None,
            }
            .unwrap_or(wanted);
            let wanted = wanted.as_str().map_or_else(
                || serde_json::to_string_pretty(&wanted),
                |s| Ok(s.to_owned()),
            )?;
            text += &format!("\nwanted:\n\n{wanted}\n");
        }
        Ok(text)
    }
}
