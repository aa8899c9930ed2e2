//! Suites that are not built in: files of problems as other benchmarks publish them.
//!
//! One JSON object a line (or one JSON list of them), plain or packed with gzip. Which benchmark's
//! shape it has is seen from the fields of the first problem; every further one must have the same.
//! A problem that cannot be used is refused with its line, its id and what is wrong, and so is the
//! file: a suite with silent gaps would have another score. The hash is over the bytes of the file as
//! it lies on the disk.
//!
//! Nothing is executed here and no Python is parsed. Where a file leaves out what has to be known (the
//! name of the function under test, in MBPP), it is found in the text of the tests.

mod evalplus;
pub(crate) mod line;
mod mbpp;
pub mod programs;
mod shape;

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use crate::catalog;
use crate::error::Error;
use crate::problem::{Judging, Language, Problem, PromptStyle, Suite};
use crate::prompt::PromptProfile;
use crate::sha256;
use line::Line;
use shape::Shape;

/// More than any published suite unpacks to, in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// New tokens of an answer, as in EvalPlus.
const MAX_TOKENS: u32 = 768;

/// What a file of problems is called: its name without the endings that tell how it is written. Dots within
/// become dashes, since names of figures are put together with dots.
pub fn name_of(file: &str) -> String {
    let mut name = file;
    for ending in [".gz", ".jsonl", ".json", ".ndjson"] {
        let at = name.len().saturating_sub(ending.len());
        if at > 0 && name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(ending) {
            name = &name[..at];
        }
    }
    name.replace('.', "-")
}

/// The suite in a file, by [`name_of`] and in small letters.
///
/// # Errors
/// [`Error::UnreadableSuite`] if the file cannot be read, [`Error::BrokenProblem`] for what is in it.
pub fn load(path: &Path) -> Result<Suite, Error> {
    let unreadable = |message: String| Error::UnreadableSuite {
        path: path.display().to_string(),
        message,
    };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let text = unpacked(&bytes).map_err(unreadable)?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name_of(&file).to_lowercase();
    let mut suite = parse(&name, &text)?;
    suite.sha256 = sha256(&bytes);
    Ok(suite)
}

/// The text of a file, unpacked if it begins like a gzip file, without the mark of its byte order.
///
/// # Errors
/// The reason in words if there are 1 GiB in it or more, if it is cut, or no UTF-8.
pub fn unpacked(bytes: &[u8]) -> Result<String, String> {
    let mut text = Vec::new();
    let packed = flate2::read::MultiGzDecoder::new(bytes);
    let read = match bytes.starts_with(&[0x1f, 0x8b]) {
        true => packed.take(MAX_BYTES).read_to_end(&mut text),
        false => bytes.take(MAX_BYTES).read_to_end(&mut text),
    };
    let n_bytes = read.map_err(|error| error.to_string())?;
    if n_bytes as u64 == MAX_BYTES {
        return Err(format!("there are {MAX_BYTES} bytes in it or more"));
    }
    let mut text = String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("it is no text: what stands at byte {at} is no UTF-8")
    })?;
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    text.drain(..mark);
    Ok(text)
}

/// The suite of that name in a text.
///
/// # Errors
/// [`Error::BrokenProblem`].
pub fn parse(name: &str, text: &str) -> Result<Suite, Error> {
    let broken = |line: usize, message: String| Error::BrokenProblem {
        suite: name.to_owned(),
        line,
        message,
    };
    let mut lines = line::lines(text)
        .map_err(|(line, message)| broken(line, message))?
        .into_iter()
        .peekable();
    let first = lines
        .peek()
        .ok_or_else(|| broken(0, "there is no problem in it".to_owned()))?;
    let shape = Shape::of(first).map_err(|message| broken(first.number, message))?;
    let mut suite = empty(name, shape, first).map_err(|message| broken(first.number, message))?;
    let mut ids = HashSet::new();
    for line in lines {
        let problem = problem(shape, &suite, &line)
            .and_then(|problem| match ids.insert(problem.id.clone()) {
                true => Ok(problem),
                false => Err("the id is there already".to_owned()),
            })
            .map_err(|message| broken(line.number, named(&line, &message)))?;
        suite.problems.push(problem);
    }
    suite.sha256 = sha256(text.as_bytes());
    Ok(match suite.judge {
        Judging::Function => suite.asked(PromptProfile::EvalplusChat),
        _ => suite,
    })
}

/// The problem in one line, or what is wrong with it; `None` if its fields are those of no known shape.
pub(crate) fn problem_in(text: &str) -> Option<Result<Problem, String>> {
    let lines = line::lines(text).ok()?;
    let line = lines.first()?;
    let shape = Shape::of(line).ok()?;
    Some(alone(shape, line))
}

fn alone(shape: Shape, line: &Line<'_>) -> Result<Problem, String> {
    let language = match shape {
        Shape::Programs => programs::language(line)?,
        _ => Language::Python,
    };
    let problem = shape.problem(line, language)?;
    crate::problem::check(&problem, problem.target.judging())?;
    Ok(problem)
}

fn problem(shape: Shape, suite: &Suite, line: &Line<'_>) -> Result<Problem, String> {
    let problem = shape.problem(line, suite.language)?;
    crate::problem::check(&problem, suite.judge)?;
    Ok(problem)
}

/// A message with the problem's id in front, if it has one.
fn named(line: &Line<'_>, message: &str) -> String {
    match line.id() {
        Ok(id) => format!("problem `{id}`: {message}"),
        Err(_) => message.to_owned(),
    }
}

/// The suite without its problems; what one line cannot tell is asked of the first.
fn empty(name: &str, shape: Shape, first: &Line<'_>) -> Result<Suite, String> {
    let (judge, language, stop) = match shape {
        Shape::Programs => {
            let title = format!("{name}, {}", shape.title());
            return Ok(catalog::programs(name, &title, programs::language(first)?));
        }
        Shape::MultiplE => {
            let stop = first.texts("stop_tokens")?;
            (Judging::Together, shape::language(first)?, stop)
        }
        Shape::Own => (first.own()?.target.judging(), Language::Python, Vec::new()),
        _ => (Judging::Function, Language::Python, Vec::new()),
    };
    if shape == Shape::Own && judge != Judging::Function {
        return Err("only function tasks can come from a file of this shape".to_owned());
    }
    Ok(Suite {
        name: name.to_owned(),
        title: format!("{name}, {}", shape.title()),
        language,
        style: PromptStyle::Profile(PromptProfile::EvalplusChat),
        max_tokens: MAX_TOKENS,
        stop,
        judge,
        toolchain: None,
        problems: Vec::new(),
        sha256: String::new(),
    })
}

#[cfg(test)]
mod tests;
