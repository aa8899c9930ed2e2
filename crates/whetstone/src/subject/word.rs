//! The word for a model: `MODEL`, `MODEL+ADAPTER` or `MODEL+ADAPTER=SCALE`.
//!
//! An adapter makes another model of its base: it has a name of its own in every table, and both can stand in one
//! run. Whatever takes models therefore takes them with adapters, and the name of a file may hold a plus itself.

use std::path::Path;

use anyhow::Result;
use ledger::record::ModelRecord;
use llama::Adapter;

use super::is_model;
use crate::adapters::{self, Found};
use crate::exit::Usage;

/// Where `best`, `final` and `latest` are looked for.
const FOLDER: &str = "data/checkpoints";
/// What a folder of PEFT's is called from inside by our engine.
const IN_FOLDER: &str = "adapter.gguf";

/// The word for the base, and that for an adapter. The first plus with a model before it parts them.
pub(super) fn parts(word: &str) -> (&str, Option<&str>) {
    if is_model(word) {
        return (word, None);
    }
    let pluses = word.match_indices('+');
    let mut halves = pluses.map(|(at, _)| (&word[..at], &word[at + 1..]));
    match halves.find(|(base, _)| is_model(base)) {
        Some((base, adapter)) => (base, Some(adapter)),
        None => (word, None),
    }
}

/// The same models, each with the adapter of `--adapter`.
///
/// # Errors
/// [`Usage`] for an adapter that is not there, and a model that is unknown or has one already.
pub(crate) fn with_adapter(models: &[String], asked: Option<&str>) -> Result<Vec<String>> {
    let Some(asked) = asked else {
        return Ok(models.to_vec());
    };
    adapter(asked)?;
    let laid = |word: &String| {
        super::known(word)?;
        match parts(word).1 {
            None => Ok(format!("{word}+{asked}")),
            Some(own) => Err(Usage(format!(
                "{word} has the adapter {own} already; --adapter {asked} would be a second one"
            ))
            .into()),
        }
    };
    models.iter().map(laid).collect()
}

/// The adapter that a word names: a file, a folder with an `adapter.gguf`, or `best`, `final`, `latest`; and its factor.
///
/// # Errors
/// [`Usage`] for what is not there, with what is.
pub(super) fn adapter(word: &str) -> Result<Adapter> {
    let (name, scale) = match word.rsplit_once('=') {
        Some((name, scale)) => (name, factor(word, scale)?),
        None => (word, 1.0),
    };
    let inside = Path::new(name).join(IN_FOLDER);
    if inside.is_file() {
        return Ok(Adapter {
            path: inside,
            scale,
        });
    }
    match adapters::find(Some(name), Path::new(FOLDER))? {
        Found::At(path) => Ok(Adapter { path, scale }),
        Found::Missing(reason) => Err(Usage(reason).into()),
        Found::NotWanted => Err(Usage(format!("{word} names no adapter")).into()),
    }
}

fn factor(word: &str, scale: &str) -> Result<f32, Usage> {
    match scale.parse::<f32>() {
        Ok(scale) if scale.is_finite() => Ok(scale),
        _ => Err(Usage(format!(
            "the adapter {word}: {scale} is not a number"
        ))),
    }
}

/// What reports call an adapter: its file, or the folder that tells more about it than `adapter` does.
pub(super) fn label(adapter: &Adapter) -> String {
    let says_little = |name: &str| ["adapter", "checkpoint", "adapters"].contains(&name);
    let stem = adapter.path.with_extension("");
    let names = stem.ancestors().filter_map(Path::file_name);
    let names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let telling = names.iter().find(|name| !says_little(name));
    let name = telling.or(names.first()).cloned().unwrap_or_default();
    match adapter.scale {
        1.0 => name,
        scale => format!("{name}={scale}"),
    }
}

/// The word under which a model of an earlier run is found again, with the adapter that was laid over it.
pub(crate) fn of(model: &ModelRecord) -> String {
    let path = &model.path;
    match &model.adapter {
        Some(adapter) => format!("{path}+{}={}", adapter.path, adapter.scale),
        None => path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        folder
    }

    #[test]
    fn the_first_plus_behind_a_model_parts_base_and_adapter() {
        assert_eq!(parts("smollm2-135m"), ("smollm2-135m", None));
        assert_eq!(
            parts("smollm2-135m+best=0.5"),
            ("smollm2-135m", Some("best=0.5"))
        );
        assert_eq!(parts("no-such+best"), ("no-such+best", None));
        let folder = folder_with(&["a+b.gguf", "c+d/e.gguf"]);
        let word = |name: &str| folder.path().join(name).display().to_string();
        let plain = word("a+b.gguf");
        assert_eq!(parts(&plain), (plain.as_str(), None));
        let laid = format!("{}+{}", word("c+d/e.gguf"), plain);
        assert_eq!(
            parts(&laid),
            (word("c+d/e.gguf").as_str(), Some(plain.as_str()))
        );
    }

    #[test]
    fn an_adapter_is_a_file_or_the_folder_it_lies_in_with_a_factor_behind() {
        let folder = folder_with(&["sharp.gguf", "cycle_2/checkpoint/adapter.gguf"]);
        let word = |name: &str| folder.path().join(name).display().to_string();
        let found = adapter(&format!("{}=0.5", word("sharp.gguf"))).unwrap();
        assert_eq!((label(&found).as_str(), found.scale), ("sharp=0.5", 0.5));
        let found = adapter(&word("cycle_2/checkpoint")).unwrap();
        assert_eq!((label(&found).as_str(), found.scale), ("cycle_2", 1.0));
        let said = |word: &str| adapter(word).unwrap_err().to_string();
        assert!(said("nowhere.gguf").contains("there is no adapter nowhere.gguf"));
        assert!(said(&format!("{}=loud", word("sharp.gguf"))).contains("loud is not a number"));
    }

    #[test]
    fn one_adapter_for_all_is_not_laid_over_a_second_one() {
        let models = ["smollm2-135m".to_owned()];
        let folder = folder_with(&["a.gguf", "b.gguf"]);
        let word = |name: &str| folder.path().join(name).display().to_string();
        let laid = with_adapter(&models, Some(&word("a.gguf"))).unwrap();
        assert_eq!(laid, [format!("smollm2-135m+{}", word("a.gguf"))]);
        let said = with_adapter(&laid, Some(&word("b.gguf"))).unwrap_err();
        assert!(said.to_string().contains("a.gguf already"), "{said}");
        assert!(with_adapter(&models, Some("none.gguf")).is_err());
    }
}
