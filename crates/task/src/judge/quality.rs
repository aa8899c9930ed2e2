//! Quality scores: four looks at one answer, kept apart, and their weighted sum.
//!
//! - `quality_keyword`: whole identifiers and operators of a list that stand in the code.
//! - `quality_syntax`: whether a real parser accepts it.
//! - `quality_logic`: structural assertions on the syntax tree, and tests passed, in equal parts.
//! - `quality_practice`: of the habits that apply to it, how many it has.
//!
//! Only the tests execute anything. Syntax tree and habits come from `inspect.py`, a
//! program of ours that runs in a box, because CPython's parser is C and the text is hostile; the text is
//! data there. An answer without code scores 0 everywhere. One that does not parse keeps its keywords
//! and its tests (a parser may be stricter than the trimming is lenient) and has no structure and no
//! habits. Whether the code is right is said by the verdict's stage and by no score here.

mod door;

use std::collections::BTreeMap;

use ledger::record::{AttemptKey, Stage, Verdict};
use sandbox::toolchain::Toolchain;
use sandbox::{Ending, File, Mode, Outcome, Program, Sandbox};
use serde::{Deserialize, Serialize};

use super::Blank;
use super::function::{self, Bench};
use super::keywords::{share as share_anywhere, share_whole};
use crate::problem::{Problem, Quality};
pub(crate) use door::inspection_door;

/// Name and version; the tests are those of the judge named behind it.
pub const NAME: &str = "quality/2 function/2";

/// What each sub-score adds to the weighted sum. Running right weighs most, because it is the only one
/// that is hard to have by accident; keywords weigh least, because prose has them too. The choice is
/// ours and nobody else's: compare weighted sums only under the same name.
pub const WEIGHTS: [(&str, f64); 4] = [
    ("quality_keyword", 0.1),
    ("quality_syntax", 0.2),
    ("quality_logic", 0.5),
    ("quality_practice", 0.2),
];

/// Longer texts are not parsed: no answer within a suite's token limit comes near.
const MOST_BYTES: usize = 64 << 10;

pub(super) const INSPECTOR: &str = include_str!("quality/inspect.py");

/// What an answer is looked at for, besides its tests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// What the model was given; its definitions are not the answer's merit.
    pub(super) prompt: &'a str,
    /// Identifiers and operators.
    pub(super) keywords: &'a [String],
    /// Assertions in the words of `inspect.py`.
    pub(super) structure: &'a [String],
}

/// What `inspect.py` says of a text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inspection {
    parses: bool,
    #[serde(default)]
    structure: Vec<bool>,
    /// Habit by habit; `None` where it does not apply.
    #[serde(default)]
    practices: BTreeMap<String, Option<bool>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    prompt: &'a str,
    code: &'a str,
    structure: &'a [String],
}

/// Judges by the tests alone, as [`function`] does, and adds the scores. Where tests or tree could not be had,
/// nothing is scored.
pub(super) fn judge(
    key: AttemptKey,
    bench: &Bench<'_>,
    (problem, quality): (&Problem, &Quality),
    text: &str,
) -> Verdict {
    let mut verdict = function::judge(key, bench, (problem, &quality.function), text);
    verdict.judge = NAME.to_owned();
    if verdict.unscored.is_some() {
        return verdict;
    }
    let wanted = Wanted {
        prompt: &problem.prompt,
        keywords: &quality.keywords,
        structure: &quality.structure,
    };
    let code = verdict.code.clone().unwrap_or_default();
    let found = match inspect(wanted, &code, bench.toolchain, bench.sandbox) {
        Ok(found) => found,
        Err(reason) => return Blank(verdict).unscored(reason),
    };
    let stub = problem.prompt.trim_end();
    let answer = code.strip_prefix(stub).unwrap_or(&code);
    let added = scores(wanted, answer, &found, tests_passed(&verdict));
    verdict.scores.extend(added);
    let published = share_anywhere(&quality.keywords, text);
    verdict.scores.insert("keyword_share".to_owned(), published);
    verdict
}

/// Share of the tests; a verdict without one has all or nothing.
fn tests_passed(verdict: &Verdict) -> f64 {
    let is_right = verdict.stage == Some(Stage::Right);
    let whole = f64::from(u8::from(is_right));
    match verdict.scores.get("tests_right_share") {
        Some(share) if !is_right => *share,
        _ => whole,
    }
}

/// Looks at a whole program (prompt and answer) in a box.
///
/// # Errors
/// A sentence why this machine could not tell. A parser that dies of a text by itself is the text's
/// doing and no error: nothing parses there.
pub(super) fn inspect(
    wanted: Wanted<'_>,
    code: &str,
    python: &Toolchain,
    sandbox: &dyn Sandbox,
) -> Result<Inspection, String> {
    if code.is_empty() || code.len() > MOST_BYTES {
        return Ok(Inspection::default());
    }
    let asked = Asked {
        prompt: wanted.prompt,
        code,
        structure: wanted.structure,
    };
    let program = Program {
        stdin: serde_json::to_vec(&asked).expect("texts and lists of texts are JSON"),
        warm: true,
        ..python.run(inspector())
    };
    let ended = sandbox
        .execute(&program, &python.run_limits())
        .map_err(|fault| fault.to_string())?;
    read(&ended, wanted.structure.len())
}

fn inspector() -> File {
    File {
        name: "main.py".to_owned(),
        bytes: INSPECTOR.as_bytes().to_vec(),
        mode: Mode::Plain,
    }
}

/// The inspector's answer has to be whole: as many findings as assertions.
fn read(ended: &Outcome, n_assertions: usize) -> Result<Inspection, String> {
    match ended.ending {
        Ending::Exited(0) => {}
        Ending::Signalled(_) | Ending::CpuLimit | Ending::MemoryLimit => {
            return Ok(Inspection::default());
        }
        other => {
            return Err(format!(
                "the program that reads syntax trees ended with {other}"
            ));
        }
    }
    let found: Inspection = serde_json::from_slice(&ended.stdout.bytes).map_err(|error| {
        format!("the program that reads syntax trees answered nonsense: {error}")
    })?;
    match !found.parses || found.structure.len() == n_assertions {
        true => Ok(found),
        false => Err("the program that reads syntax trees left an assertion out".to_owned()),
    }
}

/// The scores of an answer, each in 0..=1, by name. `answer` is the code that the model wrote itself,
/// empty if there was none; `tests_passed` is a share.
pub(super) fn scores(
    wanted: Wanted<'_>,
    answer: &str,
    found: &Inspection,
    tests_passed: f64,
) -> BTreeMap<String, f64> {
    let structure = share(found.structure.iter().copied());
    let values = [
        share_whole(wanted.keywords, answer),
        f64::from(u8::from(found.parses)),
        (structure + tests_passed.clamp(0.0, 1.0)) / 2.0,
        share(found.practices.values().copied().flatten()),
    ];
    let sum: f64 = WEIGHTS.iter().zip(values).map(|((_, w), v)| w * v).sum();
    WEIGHTS
        .iter()
        .zip(values)
        .map(|((name, _), value)| ((*name).to_owned(), value))
        .chain([("quality_weighted".to_owned(), sum.clamp(0.0, 1.0))])
        .collect()
}

/// Share of what is true; of nothing, 0.
fn share(facts: impl Iterator<Item = bool>) -> f64 {
    let (n_true, n) = facts.fold((0, 0), |(n_true, n), fact| {
        (n_true + u32::from(fact), n + 1)
    });
    f64::from(n_true) / f64::from(n.max(1))
}

#[cfg(test)]
mod tests;
