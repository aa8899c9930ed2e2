//! A folder of source files becomes windows of tokens, of which every token but the first of all is learnt once.
//!
//! Files are taken in the order of their paths and follow each other with the token that ends a text between them; the
//! long row is cut into windows, so that no window is filled up with nothing. Whole files are held out, never parts of
//! them, and equal files count once: what is held out was not trained on. Links are not followed, and nothing is
//! guessed about encodings: what is not UTF-8 is counted and left out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use engine::{Special, Token, Tokenizer};

use crate::split::held;
use crate::{Error, Example, Split};

/// Endings of files that are taken if none are named.
pub const ENDINGS: [&str; 22] = [
    "c", "cc", "cpp", "cs", "go", "h", "hpp", "hs", "java", "jl", "js", "kt", "lua", "php", "py",
    "rb", "rs", "scala", "sh", "sql", "swift", "ts",
];
/// Folders that hold what was made or fetched; hidden ones are passed over as well.
const NOT_SOURCES: [&str; 5] = ["target", "node_modules", "__pycache__", "venv", "vendor"];
/// The longest file: beyond it are tables and what was generated.
const LONGEST: u64 = 1 << 20;

/// A source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Below the folder.
    pub path: PathBuf,
    /// What stands in it.
    pub text: String,
}

/// The source files of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// In the order of their paths.
    pub files: Vec<Source>,
    /// Files whose text another one has.
    pub equal: usize,
    /// Files that are empty, longer than a mebibyte, or no UTF-8.
    pub unfit: usize,
}

impl Sources {
    /// Reads the files with one of these endings.
    ///
    /// # Errors
    /// [`Error::File`] for a folder or file that cannot be read, [`Error::Nothing`] when no file is left.
    pub fn read(folder: &Path, endings: &[String]) -> Result<Self, Error> {
        let mut paths = Vec::new();
        collect(folder, endings, &mut paths)?;
        paths.sort();
        let mut sources = Self::default();
        let mut seen = HashSet::new();
        for path in paths {
            let text = text(&path)?;
            match text {
                None => sources.unfit += 1,
                Some(text) if !seen.insert(text.clone()) => sources.equal += 1,
                Some(text) => sources.files.push(Source {
                    path: path.strip_prefix(folder).unwrap_or(&path).to_owned(),
                    text,
                }),
            }
        }
        if sources.files.is_empty() {
            let (folder, endings) = (folder.display(), endings.join(", "));
            let what = format!("{folder} holds no text with one of the endings {endings}");
            return Err(Error::Nothing(what));
        }
        Ok(sources)
    }

    /// Windows of the files that are trained on and of a share of files that is held out, at least one of two if the
    /// share is not 0.
    pub fn split(
        &self,
        tokenizer: &dyn Tokenizer,
        window: usize,
        (held_out, seed): (f64, u64),
    ) -> Split {
        let held: HashSet<usize> = held(self.files.len(), (held_out, seed))
            .into_iter()
            .collect();
        let of = |is_held: bool| {
            let files = self.files.iter().enumerate();
            let files = files.filter(|(index, _)| held.contains(index) == is_held);
            windows(tokenizer, files.map(|(_, file)| file), window)
        };
        Split {
            trained: of(false),
            held_out: of(true),
        }
    }
}

/// Windows of so many tokens that are read; each begins with the last token of the one before.
fn windows<'a>(
    tokenizer: &dyn Tokenizer,
    files: impl Iterator<Item = &'a Source>,
    window: usize,
) -> Vec<Example> {
    let mut row: Vec<Token> = Vec::new();
    for file in files {
        row.extend(tokenizer.start());
        row.extend(tokenizer.encode(&file.text, Special::Plain));
        row.extend(tokenizer.end());
    }
    let starts = (0..row.len().saturating_sub(1)).step_by(window);
    let cut = starts.map(|start| &row[start..row.len().min(start + window + 1)]);
    let example = |tokens: &[Token]| Example {
        tokens: tokens.to_vec(),
        learnt_from: 1,
    };
    cut.map(example).collect()
}

fn collect(folder: &Path, endings: &[String], found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::file(folder, error);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if name.starts_with('.') {
            continue;
        } else if kind.is_dir() && !NOT_SOURCES.contains(&name.as_str()) {
            collect(&path, endings, found)?;
        } else if kind.is_file() && endings.iter().any(|known| Some(known.as_str()) == ending) {
            found.push(path);
        }
    }
    Ok(())
}

/// What stands in a file; `None` if it is empty, too long or no UTF-8.
fn text(path: &Path) -> Result<Option<String>, Error> {
    let failed = |error: std::io::Error| Error::file(path, error);
    let bytes = std::fs::metadata(path).map_err(failed)?.len();
    if bytes == 0 || bytes > LONGEST {
        return Ok(None);
    }
    Ok(String::from_utf8(std::fs::read(path).map_err(failed)?).ok())
}
