//! Which files of a report a folder gets, where a recipe chose some: `formats: [csv, json, png, latex]`.
//!
//! The choice lies in the folder, so that `whet report` makes the files that are wanted there and no others. Records are
//! no part of it: what was measured is always kept.

use std::path::Path;

use anyhow::{Context, Result};

use crate::exit::Usage;

/// Where a folder keeps the choice.
const KEPT: &str = "formats.json";
/// The words of a recipe.
pub(crate) const WORDS: &[&str] = &[
    "csv", "json", "png", "latex", "tex", "svg", "html", "markdown", "md",
];
/// The words that are not the endings of their files.
const ENDINGS: [(&str, &str); 2] = [("latex", "tex"), ("markdown", "md")];

/// A choice; without words, everything.
#[derive(Debug, Default)]
pub(crate) struct Formats(Vec<String>);

impl Formats {
    /// The choice that lies in a folder; everything if there is none.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no list of words.
    pub(crate) fn of(folder: &Path) -> Result<Formats> {
        let path = folder.join(KEPT);
        if !path.exists() {
            return Ok(Formats::default());
        }
        let name = path.display();
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {name}"))?;
        let words = serde_json::from_slice(&bytes).map_err(|error| {
            Usage(format!(
                "{name} says which files a report has and is malformed ({error}); remove it to get all"
            ))
        })?;
        Ok(Formats(words))
    }

    /// Lays a choice into a folder, in place of an earlier one; without words everything is wanted again.
    ///
    /// # Errors
    /// Those of writing.
    pub(crate) fn keep(folder: &Path, words: &[String]) -> Result<()> {
        let path = folder.join(KEPT);
        if words.is_empty() {
            return match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("cannot remove {}", path.display()))
                }
                _ => Ok(()),
            };
        }
        ledger::write_derived(folder, KEPT, &serde_json::to_vec(words)?)?;
        Ok(())
    }

    /// Whether a file of this name is wanted.
    pub(crate) fn has(&self, name: &str) -> bool {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let is_meant = |word: &String| {
            let known = ENDINGS.iter().find(|(known, _)| known == word);
            known.map_or(word.as_str(), |(_, its)| *its) == ending
        };
        self.0.is_empty() || self.0.iter().any(is_meant)
    }
}

#[cfg(test)]
mod tests {
    use super::Formats;

    #[test]
    fn a_word_stands_for_the_files_of_its_ending_and_no_word_for_all() {
        let chosen = Formats(["csv", "latex"].map(str::to_owned).into());
        assert!(chosen.has("latency.csv") && chosen.has("tables.tex"));
        assert!(!chosen.has("report.html") && !chosen.has("csv"));
        assert!(Formats::default().has("report.html"));
    }
}
