//! From the words of a plan to texts: bundled ones, and files of the user's.

use std::path::Path;

use anyhow::Result;
use bench::{Plan, Text, passages};

use crate::exit::Usage;

/// Reads the texts that a plan names, for perplexity, divergence and caches, and writes their hashes into it. A plan
/// that has hashes already is that of an earlier run, which must find the very texts it began with.
///
/// # Errors
/// [`Usage`] for a word that names nothing and for files that cannot be read as a text.
pub(crate) fn of_plan(plan: &mut Plan) -> Result<[Vec<Text>; 3]> {
    let mut texts = [const { Vec::new() }; 3];
    if let Some(plan) = &mut plan.perplexity {
        texts[0] = read_all(&plan.texts, &plan.field, &mut plan.sha256)?;
    }
    if let Some(plan) = &mut plan.divergence {
        texts[1] = read_all(&plan.texts, &plan.field, &mut plan.sha256)?;
    }
    let quality = plan.memory.as_mut().and_then(|plan| plan.quality.as_mut());
    if let Some(plan) = quality {
        texts[2] = read_all(&plan.texts, &plan.field, &mut plan.sha256)?;
    }
    Ok(texts)
}

fn read_all(words: &[String], field: &str, hashes: &mut Vec<String>) -> Result<Vec<Text>> {
    let texts: Vec<Text> = words
        .iter()
        .map(|word| find(word, field))
        .collect::<Result<_, _>>()?;
    for (i, text) in texts.iter().enumerate() {
        if texts[..i].iter().any(|earlier| earlier.name == text.name) {
            let name = &text.name;
            return Err(Usage(format!(
                "two texts are called {name}; rename one of the files"
            ))
            .into());
        }
        if let Some(then) = hashes.get(i).filter(|then| **then != text.sha256) {
            return Err(Usage(format!(
                "{} is not the text that this run began with (SHA-256 {}, then {then}); start a new run",
                words[i], text.sha256
            ))
            .into());
        }
    }
    *hashes = texts.iter().map(|text| text.sha256.clone()).collect();
    Ok(texts)
}

fn find(word: &str, field: &str) -> Result<Text, Usage> {
    if let Some(text) = Text::bundled(word) {
        return Ok(text);
    }
    let path = Path::new(word);
    let refused = |why: String| Usage(format!("cannot use the text {word}: {why}"));
    if !path.is_file() {
        return Err(refused(format!(
            "there is no such file, and the bundled texts are {}",
            passages::TEXTS.join(" and ")
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy();
    Text::read(&name, &bytes, field).map_err(refused)
}
