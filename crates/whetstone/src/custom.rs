//! Benchmarks of one's own, from a file or a recipe: prompts, and what the answers are expected to do.
//!
//! YAML, JSON or JSON lines become one tree whose nodes know their places ([`crate::recipe::Node`]), so that a mistake
//! is named by file, line and column, whatever the file is. What may stand in it is decided here; what the words mean, and
//! everything that happens to the answers, in `task`.

mod json;

use std::path::{Path, PathBuf};

use task::{Behaviour, Case, Custom};

use crate::exit::Usage;
use crate::recipe::{Mistake, Node, What, read_yaml, refusal_of};

/// What a benchmark is called where nothing says it.
const UNNAMED: &str = "custom";
/// What places in a text of the command line call it.
const INLINE: &str = "(command line)";
/// So much of a file is looked at to see what it holds, in bytes.
const LOOKED_AT: u64 = 1 << 16;

/// Keys of a benchmark.
pub(crate) const KEYS: [&str; 3] = ["id", "description", "data"];
/// Keys of a case.
const CASE: [&str; 4] = ["id", "prompt", "max_tokens", "expected_behavior"];

/// Whether a word is a benchmark itself, and not the name of a file.
pub(crate) fn is_inline(word: &str) -> bool {
    word.trim_start().starts_with(['{', '['])
}

/// Whether a word names a benchmark of one's own: a text, a YAML file, or a file with expectations in it.
pub(crate) fn is_one(word: &str) -> bool {
    let looked_at = || {
        let file = std::fs::File::open(word).ok()?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(file, LOOKED_AT), &mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).contains("\"expected_behavio"))
    };
    is_inline(word) || is_yaml(word) || looked_at().unwrap_or(false)
}

fn is_yaml(word: &str) -> bool {
    [".yml", ".yaml"].iter().any(|end| word.ends_with(end))
}

/// The benchmark that a word names or is.
///
/// # Errors
/// Everything that is wrong in it, each with its place.
pub(crate) fn read(word: &str) -> Result<Custom, Usage> {
    let custom = Source::of(word, Path::new(""))
        .map_err(|mistake| vec![mistake])
        .and_then(|source| source.benchmark(Nested::May));
    let custom = custom.map_err(|mistakes| refusal_of("the benchmark", &mistakes))?;
    // Two cases of one name have no place of their own.
    custom
        .suite()
        .map_err(|why| Usage(format!("{}: {why}", custom.id)))?;
    Ok(custom)
}

/// The word for a `config` of a recipe: a file's name if that is all, or else everything as JSON.
///
/// # Errors
/// Everything that is wrong in cases that stand in the recipe.
pub(crate) fn word(config: &Node) -> Result<String, Vec<Mistake>> {
    let Some(data) = config.get("data").filter(|node| !node.is_nothing()) else {
        let why = "data is missing: a file, or a list of prompts with expected_behavior";
        return Err(vec![Mistake::at(&config.place, why)]);
    };
    let said = |key: &str| config.get(key).and_then(Node::word);
    if let Some(file) = data.word() {
        let mut fields = serde_json::Map::new();
        for key in KEYS {
            fields.extend(said(key).map(|text| (key.to_owned(), text.into())));
        }
        return Ok(match fields.len() {
            1 => file.to_owned(),
            _ => serde_json::Value::from(fields).to_string(),
        });
    }
    let custom = Custom {
        id: said("id").unwrap_or(UNNAMED).to_owned(),
        description: said("description").unwrap_or_default().to_owned(),
        data: cases(data)?,
    };
    Ok(serde_json::to_string(&custom).expect("texts and numbers are always JSON"))
}

/// A tree with where it came from.
struct Source {
    root: Node,
    folder: PathBuf,
    name: String,
}

/// Whether a benchmark may name the file of its cases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    May,
    MustNot,
}

impl Source {
    fn of(word: &str, folder: &Path) -> Result<Source, Mistake> {
        if is_inline(word) {
            let root = json::read(word, INLINE).or_else(|_| read_yaml(word, INLINE, folder))?;
            return Ok(Source {
                root,
                folder: folder.to_owned(),
                name: UNNAMED.to_owned(),
            });
        }
        let path = folder.join(word);
        let name = path.display().to_string();
        let text = std::fs::read(&path).map_err(|error| error.to_string());
        let text = text.and_then(|bytes| task::shelf::unpacked(&bytes));
        let text =
            text.map_err(|why| Mistake::whole(&name, format!("it cannot be read: {why}")))?;
        let folder = path.parent().unwrap_or(folder).to_owned();
        let root = match word {
            _ if is_yaml(word) => read_yaml(&text, &name, &folder)?,
            _ if word.ends_with(".json") => json::read(&text, &name)?,
            _ => json::read_lines(&text, &name)?,
        };
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let stem = file.split('.').next().unwrap_or(UNNAMED).to_owned();
        Ok(Source {
            root,
            folder,
            name: stem,
        })
    }

    /// A list of cases, or id, description and data; both also under `benchmark`, as published files have it.
    fn benchmark(&self, nested: Nested) -> Result<Custom, Vec<Mistake>> {
        let inner = self.root.get("benchmark");
        if inner.is_some() {
            known_keys(&self.root, &["benchmark"])?;
        }
        let node = inner.unwrap_or(&self.root);
        if let What::List(_) = node.what {
            return Ok(Custom {
                id: self.name.clone(),
                description: String::new(),
                data: cases(node)?,
            });
        }
        known_keys(node, &KEYS)?;
        let word = |key: &str| node.get(key).and_then(Node::word).map(str::to_owned);
        let from = match node.get("data") {
            Some(data) => self.data(data, nested)?,
            None => {
                return Err(vec![Mistake::at(
                    &node.place,
                    "data is missing: a list of prompts with expected_behavior",
                )]);
            }
        };
        Ok(Custom {
            id: word("id").unwrap_or(from.id),
            description: word("description").unwrap_or(from.description),
            data: from.data,
        })
    }

    /// Cases that stand here, or in a file beside this one.
    fn data(&self, data: &Node, nested: Nested) -> Result<Custom, Vec<Mistake>> {
        let Some(file) = data.word() else {
            return Ok(Custom {
                id: self.name.clone(),
                description: String::new(),
                data: cases(data)?,
            });
        };
        if nested == Nested::MustNot {
            let why = "data names a file that names another; put the cases into this one";
            return Err(vec![Mistake::at(&data.place, why)]);
        }
        let from = Source::of(file, &self.folder).map_err(|mistake| vec![mistake])?;
        from.benchmark(Nested::MustNot)
    }
}

/// Refuses keys that mean nothing; whatever is no mapping has none.
fn known_keys(node: &Node, known: &[&str]) -> Result<(), Vec<Mistake>> {
    let Some(entries) = node.entries() else {
        let why = format!("here stand keys with values: {}", known.join(", "));
        return Err(vec![Mistake::at(&node.place, why)]);
    };
    let unknown = entries
        .iter()
        .filter(|(key, _)| !known.contains(&key.name.as_str()));
    let mistakes: Vec<Mistake> = unknown
        .map(|(key, _)| Mistake::unknown(&key.place, "key", &key.name, known))
        .collect();
    none(mistakes)
}

fn none(mistakes: Vec<Mistake>) -> Result<(), Vec<Mistake>> {
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(mistakes),
    }
}

fn cases(data: &Node) -> Result<Vec<Case>, Vec<Mistake>> {
    let (mut cases, mut mistakes) = (Vec::new(), Vec::new());
    for node in data.elements() {
        match case(node) {
            Ok(case) => cases.push(case),
            Err(more) => mistakes.extend(more),
        }
    }
    if cases.is_empty() && mistakes.is_empty() {
        let why = "there is no case in it; write prompts with expected_behavior";
        mistakes.push(Mistake::at(&data.place, why));
    }
    none(mistakes).map(|()| cases)
}

fn case(node: &Node) -> Result<Case, Vec<Mistake>> {
    known_keys(node, &CASE)?;
    let mut mistakes = Vec::new();
    let word = |key: &str| node.get(key).and_then(Node::word);
    let prompt = word("prompt").filter(|text| !text.trim().is_empty());
    if prompt.is_none() {
        let place = node
            .get("prompt")
            .map_or(&node.place, |prompt| &prompt.place);
        mistakes.push(Mistake::at(place, "the prompt is missing or empty"));
    }
    let limit = node.get("max_tokens").filter(|limit| !limit.is_nothing());
    let max_tokens = limit.and_then(|limit| {
        let n = limit.word().and_then(|word| word.parse().ok());
        let n = n.filter(|n| (1..=task::custom::MOST_TOKENS).contains(n));
        if n.is_none() {
            let why = format!(
                "max_tokens must be a whole number from 1 to {}",
                task::custom::MOST_TOKENS
            );
            mistakes.push(Mistake::at(&limit.place, why));
        }
        n
    });
    let expected_behavior = match node.get("expected_behavior") {
        Some(expected) => behaviours(expected, &mut mistakes),
        None => Vec::new(),
    };
    if expected_behavior.is_empty() && mistakes.is_empty() {
        let why = format!(
            "expected_behavior is missing; there are {}",
            Behaviour::NAMES.join(", ")
        );
        mistakes.push(Mistake::at(&node.place, why));
    }
    none(mistakes).map(|()| Case {
        id: word("id").map(str::to_owned),
        prompt: prompt.unwrap_or_default().to_owned(),
        max_tokens,
        expected_behavior,
    })
}

/// A word, a mapping of words to values, or a list of both.
fn behaviours(node: &Node, mistakes: &mut Vec<Mistake>) -> Vec<Behaviour> {
    let mut all = Vec::new();
    for one in node.elements() {
        match &one.what {
            What::Word { text, .. } => {
                let (name, value) = Behaviour::split(text);
                all.extend(behaviour(&one.place, name, value, mistakes));
            }
            What::Map(entries) => {
                for (key, value) in entries {
                    let values = value
                        .elements()
                        .iter()
                        .map(|value| (&value.place, value.word()));
                    let mut values: Vec<_> = values.collect();
                    if values.is_empty() {
                        values.push((&key.place, None));
                    }
                    let known = Behaviour::NAMES.contains(&key.name.as_str());
                    for (place, value) in values {
                        let place = if known { place } else { &key.place };
                        all.extend(behaviour(place, &key.name, value, mistakes));
                    }
                }
            }
            What::List(_) => mistakes.push(Mistake::at(
                &one.place,
                "a behaviour must be a word, or a word with its value",
            )),
        }
    }
    all
}

fn behaviour(
    place: &crate::recipe::Place,
    name: &str,
    value: Option<&str>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Behaviour> {
    if !Behaviour::NAMES.contains(&name) {
        mistakes.push(Mistake::unknown(
            place,
            "behaviour",
            name,
            &Behaviour::NAMES,
        ));
        return None;
    }
    match Behaviour::new(name, value) {
        Ok(behaviour) => Some(behaviour),
        Err(why) => {
            mistakes.push(Mistake::at(place, why));
            None
        }
    }
}

#[cfg(test)]
mod tests;
