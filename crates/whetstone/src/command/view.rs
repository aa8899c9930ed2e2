//! `whet view`: the answers of a run, one by one, in the terminal.
//!
//! The scorecard says how many; this says which, and shows them. Nothing is judged or changed here, and whatever
//! others wrote passes [`visible`] before it is printed.

use std::collections::BTreeMap;

use anyhow::Result;
use ledger::Run;
use ledger::record::{Attempt, AttemptKey, Verdict};
use report::table::{Entry, Side, Table, console};
use report::untrusted::{one_line, visible};

use super::compared;
use super::runs::find;
use crate::cli::View;
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// Words of a problem's answers that stand in the list before the rest is counted.
const MOST_WORDS: usize = 3;

/// Shows the problems of a run, or the answers to one.
pub(crate) fn run(flags: &View, terminal: &Terminal) -> Result<Exit> {
    let folder = match &flags.run {
        Some(word) => find(word, &flags.root)?,
        None => ledger::latest(&flags.root)
            .ok_or_else(|| Usage(format!("there is no run in {}", flags.root.display())))?,
    };
    let run = compared::one(&folder)?;
    let mut chosen = chosen(&run, flags)?;
    match &flags.problem {
        Some(_) => {
            // Records stand in the order in which lanes came to their ends; models keep the order of the run.
            chosen.sort_by(|one, other| place(one).cmp(&place(other)));
            terminal.result(&answers(&chosen))?;
        }
        None => {
            let table = problems(&chosen);
            terminal.result(&console(&table, terminal.width(), terminal.colour()))?;
            terminal.note("One problem with its answers: whet view RUN --problem ID");
        }
    }
    Ok(Exit::Done)
}

/// An attempt with what was said of it.
struct Answer<'r> {
    attempt: &'r Attempt,
    verdict: Option<&'r Verdict>,
}

impl Answer<'_> {
    /// How it ended, in a word.
    fn word(&self) -> &str {
        match self.verdict {
            Some(verdict) if verdict.unscored.is_some() => "unscored",
            Some(verdict) => &verdict.cause,
            None => "not judged",
        }
    }
}

fn chosen<'r>(run: &'r Run, flags: &View) -> Result<Vec<Answer<'r>>, Usage> {
    let verdicts: BTreeMap<&AttemptKey, &Verdict> = run
        .verdicts
        .iter()
        .map(|verdict| (&verdict.key, verdict))
        .collect();
    let is =
        |asked: &Option<String>, word: &str| asked.as_deref().is_none_or(|asked| asked == word);
    let all = run.attempts.iter().map(|attempt| Answer {
        attempt,
        verdict: verdicts.get(&attempt.key).copied(),
    });
    let chosen: Vec<Answer<'r>> = all
        .filter(|answer| {
            let key = &answer.attempt.key;
            is(&flags.problem, &key.problem)
                && is(&flags.suite, &key.suite)
                && is(&flags.model, &key.model)
                && is(&flags.cause, answer.word())
        })
        .collect();
    match (run.attempts.is_empty(), chosen.is_empty()) {
        (true, _) => Err(Usage(
            "the run holds no answers; `whet runs show` prints its numbers".into(),
        )),
        (false, true) => Err(Usage(format!("no answer is like that; {}", there_are(run)))),
        (false, false) => Ok(chosen),
    }
}

/// What one may ask for.
/// Where an answer stands among those of its model.
fn place<'r>(answer: &Answer<'r>) -> (&'r str, &'r str, u32) {
    let key = &answer.attempt.key;
    (&key.suite, &key.problem, key.attempt)
}

fn there_are(run: &Run) -> String {
    let distinct = |of: fn(&AttemptKey) -> &String| {
        let mut words: Vec<String> = run.attempts.iter().map(|a| one_line(of(&a.key))).collect();
        words.sort();
        words.dedup();
        words.join(", ")
    };
    format!(
        "there are the suites {}, the models {} and the problems {}",
        distinct(|key| &key.suite),
        distinct(|key| &key.model),
        distinct(|key| &key.problem)
    )
}

/// The answers to one problem, by model.
struct Line<'a> {
    suite: &'a str,
    problem: &'a str,
    by_model: BTreeMap<&'a str, Vec<&'a Answer<'a>>>,
}

/// One line for each problem of each suite, a column for each model.
fn problems(answers: &[Answer<'_>]) -> Table {
    let mut models: Vec<&str> = Vec::new();
    let mut lines: Vec<Line<'_>> = Vec::new();
    for answer in answers {
        let key = &answer.attempt.key;
        if !models.contains(&key.model.as_str()) {
            models.push(&key.model);
        }
        let known = |line: &Line<'_>| line.suite == key.suite && line.problem == key.problem;
        let at = lines.iter().position(known);
        let at = at.unwrap_or_else(|| {
            lines.push(Line {
                suite: &key.suite,
                problem: &key.problem,
                by_model: BTreeMap::new(),
            });
            lines.len() - 1
        });
        let of_model = lines[at].by_model.entry(&key.model).or_default();
        of_model.push(answer);
    }
    let mut columns = vec![("suite", Side::Left), ("problem", Side::Left)];
    columns.extend(models.iter().map(|model| (*model, Side::Left)));
    let mut table = Table::new(&columns);
    for line in lines {
        let mut row = vec![Entry::from(line.suite), Entry::from(line.problem)];
        let cells = models.iter().map(|model| line.by_model.get(model));
        row.extend(cells.map(|all| Entry::from(all.map(|all| ended(all)).unwrap_or_default())));
        table.push(row);
    }
    table
}

/// `pass 3, wrong_output 1`, the most frequent first.
fn ended(answers: &[&Answer<'_>]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.word()).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let rest: usize = counts.iter().skip(MOST_WORDS).map(|(_, count)| count).sum();
    let shown = counts.iter().take(MOST_WORDS);
    let mut words: Vec<String> = shown
        .map(|(word, count)| format!("{word} {count}"))
        .collect();
    if rest > 0 {
        words.push(format!("others {rest}"));
    }
    words.join(", ")
}

/// Every answer in full.
fn answers(answers: &[Answer<'_>]) -> String {
    let mut out = String::new();
    for answer in answers {
        let key = &answer.attempt.key;
        out += &format!(
            "{} · {} · {} · attempt {} · {} · {} tokens\n",
            one_line(&key.suite),
            one_line(&key.problem),
            one_line(&key.model),
            key.attempt,
            one_line(answer.word()),
            answer.attempt.n_tokens
        );
        out += &indented(&answer.attempt.text);
        let verdict = answer.verdict;
        let why = verdict.and_then(|verdict| verdict.unscored.as_deref());
        let evidence = verdict.map(|verdict| verdict.evidence.as_str());
        for said in [why, evidence]
            .into_iter()
            .flatten()
            .filter(|said| !said.is_empty())
        {
            out += &format!("  said of it:\n{}", indented(said));
        }
        for (name, score) in verdict.iter().flat_map(|verdict| &verdict.scores) {
            out += &format!("  {} {score:.2}\n", one_line(name));
        }
        out.push('\n');
    }
    out
}

fn indented(text: &str) -> String {
    let text = visible(text);
    text.lines().map(|line| format!("    {line}\n")).collect()
}
