//! Adapters in a folder: which there are, and which of them `best`, `final` and `latest` stand for.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use gguf::{Gguf, Value};

/// What is taken if no adapter is named, as in the suite that this is compared with.
const USUAL: &str = "best";
const ALIASES: [&str; 3] = ["best", "final", "latest"];

/// How far below a folder adapters are looked for: a collection, a recipe, its run, `best`.
const DEPTH: usize = 5;

/// What a RAFT run is known by. Its best and its last adapter lie in `best` and `final` like those of every training; what its
/// cycles left besides are steps on the way.
const RAFT: &str = "raft.json";
const CYCLES: &str = "cycle_";

/// What became of the word for an adapter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nobody asked.
    NotWanted,
    /// This file.
    At(PathBuf),
    /// There is none, and why; the run goes on without.
    Missing(String),
}

impl Found {
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Found::At(path) => Some(path),
            _ => None,
        }
    }
}

/// The file of an adapter: `best` and `final` are the newest `NAME.gguf`, or adapter in a folder `NAME`, at any place
/// below the folder; `latest` is the newest of all; any other word is a path, of a folder
/// that of the `adapter.gguf` in it.
pub(crate) fn find(word: Option<&str>, folder: &Path) -> Result<Found> {
    let name = word.unwrap_or(USUAL);
    let all = adapters(folder)?;
    let found = match name {
        "latest" => all.iter().max_by_key(|(_, written)| *written),
        alias if ALIASES.contains(&alias) => {
            let called = all.iter().filter(|(path, _)| is_called(path, alias));
            called.max_by_key(|(_, written)| *written)
        }
        path => {
            let path = PathBuf::from(path);
            // Trainings leave folders, and the suite that this is compared with takes them.
            let inside = path.join("adapter.gguf");
            let path = if path.is_dir() { inside } else { path };
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

/// The newest `best` below a folder of which its file says that it was trained on a model: for whoever named no adapter.
///
/// # Errors
/// As [`adapters`].
pub(crate) fn best_of(base: &Base<'_>, folder: &Path) -> Result<Found> {
    let all = adapters(folder)?;
    let called: Vec<_> = all
        .into_iter()
        .filter(|(path, _)| is_called(path, USUAL))
        .collect();
    let fitting = called.iter().filter(|(path, _)| base.bears(path));
    Ok(match fitting.max_by_key(|(_, written)| *written) {
        Some((path, _)) => Found::At(path.clone()),
        None if called.is_empty() => Found::Missing(missing(USUAL, folder, &called)),
        None => Found::Missing(format!(
            "no adapter {USUAL} says that it was trained on {}; {}; name one with --adapter",
            base.name,
            there(folder, &called)
        )),
    })
}

/// A model, as adapters name theirs.
pub(crate) struct Base<'a> {
    pub(crate) name: String,
    /// Known for models of the catalogue.
    pub(crate) sha256: Option<&'a str>,
}

impl Base<'_> {
    /// Whether the file of an adapter says that it was trained on this model.
    fn bears(&self, adapter: &Path) -> bool {
        let Ok(file) = Gguf::open(adapter) else {
            return false;
        };
        let text = |key: &str| file.get(key).and_then(Value::as_str);
        let sha256 = text("whetstone.base_sha256").zip(self.sha256);
        text("general.base_model.0.name") == Some(&self.name)
            && sha256.is_none_or(|(then, now)| then == now)
    }
}

fn is_called(path: &Path, alias: &str) -> bool {
    let parent = path.parent().and_then(Path::file_name);
    path.file_stem().is_some_and(|stem| stem == alias) || parent.is_some_and(|name| name == alias)
}

/// The GGUF files of adapters below a folder, by name, with the times of their last change.
///
/// # Errors
/// When a folder cannot be read; one that does not exist holds nothing.
pub(crate) fn adapters(folder: &Path) -> Result<Vec<(PathBuf, SystemTime)>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        collect(folder, DEPTH, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<(PathBuf, SystemTime)>) -> Result<()> {
    let is_raft = folder.join(RAFT).is_file();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if is_raft && entry.file_name().to_string_lossy().starts_with(CYCLES) {
            continue;
        }
        if path.is_dir() && depth > 1 {
            collect(&path, depth - 1, found)?;
        }
        let is_gguf = path.extension().is_some_and(|ending| ending == "gguf");
        if is_gguf && path.is_file() && !is_model(&path) {
            let written = std::fs::metadata(&path)?.modified()?;
            found.push((path, written));
        }
    }
    Ok(())
}

/// Whether a file says of itself that it is something else than an adapter. One that cannot be read is left to whoever
/// loads it, who will say what is wrong with it.
fn is_model(path: &Path) -> bool {
    let file = Gguf::open(path);
    file.is_ok_and(|file| file.get("general.type").and_then(Value::as_str) != Some("adapter"))
}

fn missing(name: &str, folder: &Path, all: &[(PathBuf, SystemTime)]) -> String {
    let there = there(folder, all);
    format!("there is no adapter {name}; {there}; make one with `whet train sft`")
}

fn there(folder: &Path, all: &[(PathBuf, SystemTime)]) -> String {
    match all {
        [] => format!("{} holds no adapter", folder.display()),
        all => {
            let names: Vec<String> = all
                .iter()
                .map(|(path, _)| path.display().to_string())
                .collect();
            format!("there are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_raft_run_its_best_and_its_last_adapter_are_found_and_not_those_of_every_cycle() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let put = |path: &str| {
            let path = run.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        };
        for path in ["cycle_1/training/best", "cycle_2/checkpoint", "best"] {
            put(&format!("{path}/adapter.gguf"));
        }
        // A folder of another kind may be called so.
        assert_eq!(adapters(folder.path()).unwrap().len(), 3);
        put("raft.json");
        let found = adapters(folder.path()).unwrap();
        let found: Vec<&Path> = found.iter().map(|(path, _)| path.as_path()).collect();
        assert_eq!(found, [run.join("best/adapter.gguf")]);
    }

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
        assert_eq!(find(None, root).unwrap(), Found::At(best.clone()));
        let its_folder = root.join("best");
        assert_eq!(find(its_folder.to_str(), root).unwrap(), Found::At(best));
        assert!(matches!(
            find(root.to_str(), root).unwrap(),
            Found::Missing(_)
        ));
        assert_eq!(
            find(Some("latest"), root).unwrap(),
            Found::At(root.join("final.gguf"))
        );
        let newer = root.join("run/training/best/adapter.gguf");
        std::fs::create_dir_all(newer.parent().unwrap()).unwrap();
        std::fs::write(&newer, b"").unwrap();
        assert_eq!(find(Some("best"), root).unwrap(), Found::At(newer));
        // A model beside them is none.
        gguf::toy::write(root.join("latest.gguf"), 1).unwrap();
        assert_eq!(adapters(root).unwrap().len(), 3);
        let Found::Missing(why) = find(Some("step_9.gguf"), root).unwrap() else {
            panic!("it is not there");
        };
        assert!(
            why.contains("no adapter step_9.gguf") && why.contains("final.gguf"),
            "{why}"
        );
    }

    #[test]
    fn whoever_names_none_gets_the_newest_that_was_trained_on_the_model_and_not_the_newest_of_all()
    {
        let folder = tempfile::tempdir().unwrap();
        let write = |place: &str, base: &str, sha256: &str| {
            let path = folder.path().join(place);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut writer = gguf::Writer::new();
            writer.set("general.type", "adapter").unwrap();
            writer.set("general.base_model.0.name", base).unwrap();
            writer.set("whetstone.base_sha256", sha256).unwrap();
            writer.write(&path).unwrap();
            path
        };
        let older = write("one/best/adapter.gguf", "small", "aa");
        let past = std::fs::File::open(&older).unwrap();
        past.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        write("two/best/adapter.gguf", "other", "bb");
        write("three/final/adapter.gguf", "small", "aa");
        let base = |name: &str, sha256| Base {
            name: name.to_owned(),
            sha256,
        };
        let found = |base: &Base<'_>| best_of(base, folder.path()).unwrap();
        assert_eq!(found(&base("small", None)), Found::At(older.clone()));
        assert_eq!(found(&base("small", Some("aa"))), Found::At(older));
        for (other, sha256) in [("small", Some("cc")), ("third", None)] {
            let Found::Missing(why) = found(&base(other, sha256)) else {
                panic!("it is of another model");
            };
            assert!(
                why.contains(&format!("trained on {other}")) && why.contains("two/best"),
                "{why}"
            );
        }
    }
}
