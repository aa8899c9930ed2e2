//! From the words of a plan to questions of multiple choice: bundled ones, and files of the user's.

use std::path::Path;

use anyhow::Result;
use bench::Plan;
use task::{Quiz, Shape};

use crate::exit::Usage;

/// Reads what a plan names and writes hashes and sizes into it. A plan that has hashes already is that of an earlier
/// run, which must find the very questions it began with.
///
/// # Errors
/// [`Usage`] for a word that names nothing and for files with a row that cannot be used.
pub(crate) fn of_plan(plan: &mut Plan) -> Result<Vec<Quiz>> {
    let Some(plan) = &mut plan.accuracy else {
        return Ok(Vec::new());
    };
    let mut quizzes: Vec<Quiz> = Vec::new();
    for (i, word) in plan.suites.iter().enumerate() {
        let quiz = find(word, plan.shape)?;
        if quizzes.iter().any(|earlier| earlier.name == quiz.name) {
            let name = &quiz.name;
            return Err(Usage(format!(
                "two suites are called {name}; rename one of the files"
            ))
            .into());
        }
        if let Some(then) = plan.sha256.get(i).filter(|then| **then != quiz.sha256) {
            return Err(Usage(format!(
                "{word} is not the file that this run began with (SHA-256 {}, then {then}); start a new run",
                quiz.sha256
            ))
            .into());
        }
        quizzes.push(quiz);
    }
    plan.sha256 = quizzes.iter().map(|quiz| quiz.sha256.clone()).collect();
    plan.sizes = quizzes.iter().map(|quiz| quiz.questions.len()).collect();
    Ok(quizzes)
}

fn find(word: &str, shape: Option<Shape>) -> Result<Quiz, Usage> {
    if let Some(quiz) = Quiz::bundled(word) {
        return Ok(quiz);
    }
    let path = Path::new(word);
    if !path.is_file() {
        let known: Vec<&str> = Quiz::names().collect();
        return Err(Usage(format!(
            "cannot use the suite {word}: there is no such file, and the only bundled one for multiple choice is {}",
            known.join(", ")
        )));
    }
    let refused = |why: String| Usage(format!("cannot use the suite {word}: {why}"));
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    Quiz::read(&name, &bytes, shape).map_err(|error| refused(error.to_string()))
}
