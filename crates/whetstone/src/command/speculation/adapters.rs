//! Which file `best`, `final` and `latest` stand for.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;

/// What is taken if no adapter is named, as in the suite that this is compared with.
const USUAL: &str = "best";
const ALIASES: [&str; 3] = ["best", "final", "latest"];

/// What became of the word for an adapter.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nobody asked.
    NotWanted,
    /// This file.
    At(PathBuf),
    /// There is none, and why; the run goes on without.
    Missing(String),
}

impl Found {
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Found::At(path) => Some(path),
            _ => None,
        }
    }
}

/// The file of an adapter: `best` and `final` are `NAME.gguf` in the folder or the adapter in the folder
/// `NAME`, `latest` is the newest of all, any other word is a path.
pub(super) fn find(word: Option<&str>, folder: &Path) -> Result<Found> {
    let name = word.unwrap_or(USUAL);
    let all = adapters(folder)?;
    let found = match name {
        "latest" => all.iter().max_by_key(|(_, written)| *written),
        alias if ALIASES.contains(&alias) => {
            all.iter().find(|(path, _)| is_called(path, alias, folder))
        }
        path => {
            let path = PathBuf::from(path);
            return Ok(match path.is_file() {
                true => Found::At(path),
                false => Found::Missing(missing(name, folder, &all)),
            });
        }
    };
    Ok(match found {
        Some((path, _)) => Found::At(path.clone()),
        None => Found::Missing(missing(name, folder, &all)),
    })
}

fn is_called(path: &Path, alias: &str, folder: &Path) -> bool {
    let inner = path.strip_prefix(folder).unwrap_or(path);
    inner == Path::new(&format!("{alias}.gguf")) || inner.parent() == Some(Path::new(alias))
}

/// The GGUF files in a folder and in the folders in it, by name, with the times of their last change.
fn adapters(folder: &Path) -> Result<Vec<(PathBuf, SystemTime)>> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(found);
    };
    for entry in entries {
        let path = entry?.path();
        let inner = match path.is_dir() {
            true => std::fs::read_dir(&path)?
                .map(|e| Ok(e?.path()))
                .collect::<Result<Vec<_>>>()?,
            false => vec![path],
        };
        for path in inner {
            if path.extension().is_some_and(|ending| ending == "gguf") {
                let written = std::fs::metadata(&path)?.modified()?;
                found.push((path, written));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn missing(name: &str, folder: &Path, all: &[(PathBuf, SystemTime)]) -> String {
    let there = match all {
        [] => format!("{} holds no adapter", folder.display()),
        all => {
            let names: Vec<String> = all
                .iter()
                .map(|(path, _)| path.display().to_string())
                .collect();
            format!("there are {}", names.join(", "))
        }
    };
    format!(
        "there is no adapter {name}; {there}; make one by fine-tuning the draft and convert it with llama.cpp's convert_lora_to_gguf.py"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_stand_for_files_and_folders_and_latest_for_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(
            matches!(find(None, root).unwrap(), Found::Missing(why) if why.contains("holds no adapter"))
        );
        std::fs::write(root.join("final.gguf"), b"").unwrap();
        std::fs::create_dir(root.join("best")).unwrap();
        let best = root.join("best/adapter.gguf");
        std::fs::write(&best, b"").unwrap();
        let old = SystemTime::UNIX_EPOCH;
        std::fs::File::open(&best)
            .unwrap()
            .set_modified(old)
            .unwrap();
        assert_eq!(
            find(Some("final"), root).unwrap(),
            Found::At(root.join("final.gguf"))
        );
        assert_eq!(find(Some("best"), root).unwrap(), Found::At(best.clone()));
        assert_eq!(find(None, root).unwrap(), Found::At(best));
        assert_eq!(
            find(Some("latest"), root).unwrap(),
            Found::At(root.join("final.gguf"))
        );
        let Found::Missing(why) = find(Some("step_9.gguf"), root).unwrap() else {
            panic!("it is not there");
        };
        assert!(
            why.contains("no adapter step_9.gguf") && why.contains("final.gguf"),
            "{why}"
        );
    }
}
