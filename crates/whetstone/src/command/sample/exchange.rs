//! The shape in which EvalPlus exchanges samples: a JSON object a line, with `task_id` and a `solution`
//! (a whole program) or a `completion` (what stands behind the prompt); the solution wins.
//!
//! What we write has a further field, `whet`, with what the shape has no place for: the text as the model
//! wrote it and how it came about. Others pass over it; we take the text from there, so that a run that
//! was written out and read back is judged as if it had never left.

use std::path::Path;

use anyhow::{Result, bail};
use ledger::Run;
use ledger::record::{Attempt, AttemptKey, Finish};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use task::{Judging, Problem, Suite, Target, extract};

use crate::exit::Usage;
use crate::subject::Finder;
use crate::suites;

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) task_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    solution: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completion: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) whet: Option<Kept>,
}

/// What only we know of a completion.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    text: String,
    pub(super) seed: u64,
    pub(super) prompt_sha256: String,
    pub(super) n_prompt_tokens: u32,
    pub(super) n_tokens: u32,
    pub(super) finish: Finish,
    pub(super) decode_ns: u64,
}

impl Line {
    /// A line for a whole program.
    pub(super) fn of_solution(task_id: String, solution: String) -> Line {
        Line {
            task_id,
            solution: Some(solution),
            completion: None,
            whet: None,
        }
    }

    /// The text that a judge of this suite reads as this program.
    pub(super) fn text(&self, suite: &Suite, problem: &Problem) -> String {
        if let Some(kept) = &self.whet {
            return kept.text.clone();
        }
        let code = match (&self.solution, &self.completion) {
            (Some(solution), _) => solution.clone(),
            (None, Some(completion)) if problem.target.is_stub() => {
                format!("{}{completion}", problem.prompt)
            }
            (None, completion) => completion.clone().unwrap_or_default(),
        };
        match suite.judge {
            Judging::Keywords | Judging::Behaviour => code,
            _ => fenced(&code, &suite.language.name().to_lowercase()),
        }
    }
}

/// Code as an answer would show it, in a fence that is longer than any in it. No code is no block.
fn fenced(code: &str, tag: &str) -> String {
    if code.trim().is_empty() {
        return String::new();
    }
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{tag}\n{}\n{fence}\n", code.trim_end_matches('\n'))
}

/// The lines of a file. Every malformed one is named.
///
/// # Errors
/// [`Usage`] with the first few malformed lines, or if there is none at all.
pub(super) fn lines(path: &Path, text: &str) -> Result<Vec<Line>, Usage> {
    let (mut lines, mut broken) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match parse(line) {
            Ok(line) => lines.push(line),
            Err(cause) => broken.push(format!("line {}: {cause}", index + 1)),
        }
    }
    if broken.is_empty() && lines.is_empty() {
        broken.push("it holds no sample".to_owned());
    }
    if broken.is_empty() {
        return Ok(lines);
    }
    Err(Usage(format!(
        "cannot read the samples in {}: {}",
        path.display(),
        some_of(&broken)
    )))
}

fn parse(line: &str) -> Result<Line, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    match (&line.solution, &line.completion, &line.whet) {
        (None, None, None) => Err("it has neither `solution` nor `completion`".to_owned()),
        _ => Ok(line),
    }
}

/// The first few of a list, and how many more there are.
pub(super) fn some_of(items: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = items.iter().take(SHOWN).cloned().collect::<Vec<_>>();
    match items.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// Which completions of a run are meant; only needed where it has several models or suites.
#[derive(Default)]
pub(super) struct Choice<'a> {
    pub(super) model: Option<&'a str>,
    pub(super) suite: Option<&'a str>,
}

/// The completions of a run as lines, of one model and one suite.
///
/// # Errors
/// If the run has several and none is chosen, or none that is called so; if some were never judged and the
/// problems that they answer are not here.
pub(super) fn samples(run: &Run, choice: &Choice<'_>, finder: &Finder<'_>) -> Result<String> {
    let of = |field: fn(&AttemptKey) -> &String| {
        run.attempts.iter().map(move |a| field(&a.key).as_str())
    };
    let model = the_only("--model", choice.model, of(|key| &key.model))?;
    let of_model = || {
        run.attempts
            .iter()
            .filter(|attempt| attempt.key.model == model)
    };
    let suites = of_model().map(|attempt| attempt.key.suite.as_str());
    let name = the_only("--suite", choice.suite, suites)?;
    let mut chosen: Vec<&Attempt> = of_model()
        .filter(|attempt| attempt.key.suite == name)
        .collect();
    chosen.sort_by_key(|attempt| &attempt.key);
    let index = run.index();
    let is_open = |attempt: &&Attempt| index.verdict(&attempt.key).is_none();
    let suite = match chosen.iter().any(is_open) {
        true => Some(suite_of(run, name, finder)?),
        false => None,
    };
    let mut text = String::new();
    for attempt in chosen {
        let code = match index.verdict(&attempt.key) {
            Some(verdict) => verdict.code.clone(),
            None => suite.as_ref().and_then(|suite| program(suite, attempt)),
        };
        text += &serde_json::to_string(&line(attempt, code))?;
        text.push('\n');
    }
    Ok(text)
}

/// The suite of a run that is called so: by the word that the run was begun with, a path perhaps.
fn suite_of(run: &Run, name: &str, finder: &Finder<'_>) -> Result<Suite> {
    let words = run
        .header
        .plan
        .pointer("/code/suites")
        .and_then(Value::as_array);
    let words = words.into_iter().flatten().filter_map(Value::as_str);
    for word in words.chain([name]) {
        match suites::find(word, finder) {
            Ok(suite) if suite.name == name => return Ok(suite),
            _ => {}
        }
    }
    bail!(
        "some completions were never judged, and the problems of {name}, which tell where their programs are, are not here"
    )
}

/// The program that a completion amounts to, found as its judge would.
fn program(suite: &Suite, attempt: &Attempt) -> Option<String> {
    let problem = suite.problem(&attempt.key.problem)?;
    let stub = problem.target.is_stub().then_some(problem.prompt.as_str());
    let (text, language) = (&attempt.text, suite.language);
    let found = match (problem.target.function(), &problem.target) {
        (Some(function), _) => extract::function(text, &function.entry_point, stub),
        (None, Target::Together(_)) => extract::together(text, language, stub),
        _ => extract::extract(text, language),
    };
    found.map(|found| found.code)
}

/// The one that is asked for, or the only one there is.
fn the_only<'a>(
    flag: &str,
    asked: Option<&'a str>,
    names: impl Iterator<Item = &'a str>,
) -> Result<&'a str> {
    let names: std::collections::BTreeSet<&str> = names.collect();
    let list = || names.iter().copied().collect::<Vec<_>>().join(", ");
    match asked {
        Some(name) if names.contains(name) => Ok(name),
        Some(name) => Err(Usage(format!("{flag} {name}: the run has only {}", list())).into()),
        None => match names.len() {
            0 => bail!("the run holds no completion"),
            1 => Ok(names.first().copied().unwrap_or_default()),
            _ => Err(Usage(format!("the run has {}; choose with {flag}", list())).into()),
        },
    }
}

fn line(attempt: &Attempt, code: Option<String>) -> Line {
    Line {
        task_id: attempt.key.problem.clone(),
        solution: Some(code.unwrap_or_default()),
        completion: None,
        whet: Some(Kept {
            text: attempt.text.clone(),
            seed: attempt.seed,
            prompt_sha256: attempt.prompt_sha256.clone(),
            n_prompt_tokens: attempt.n_prompt_tokens,
            n_tokens: attempt.n_tokens,
            finish: attempt.finish,
            decode_ns: attempt.decode_ns,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_every_run_of_backticks_in_the_code() {
        let code = "print('````')\n";
        let text = fenced(code, "python");
        let found = task::extract::extract(&text, task::Language::Python).unwrap();
        assert_eq!(found.code.trim_end(), code.trim_end());
        assert_eq!(fenced(" \n", "python"), "");
    }

    #[test]
    fn every_malformed_line_is_named_and_a_long_list_is_cut() {
        let good = r#"{"task_id":"a","completion":"x"}"#;
        let text = format!("{good}\n{{\n\n{{\"task_id\":\"b\"}}\n[]\n{good}\n1\n2\n3\n");
        let said = lines(Path::new("s.jsonl"), &text).unwrap_err().to_string();
        for words in [
            "s.jsonl",
            "line 2:",
            "line 4: it has neither",
            "line 5:",
            "and 1 more",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert!(
            !said.contains("line 1:") && !said.contains("line 3:"),
            "{said}"
        );
        assert!(
            lines(Path::new("s"), "\n")
                .unwrap_err()
                .to_string()
                .contains("no sample")
        );
    }
}
