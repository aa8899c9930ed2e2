//! Recipes: one file that says what is measured of which models.
//!
//! A recipe is another way to write command lines. Each of its benchmarks becomes the words of `whet bench NAME`
//! ([`Benchmark::words`]), and from there on there is one path. Read in this order: [`yaml`] (a tree with places),
//! [`vars`] (`${name}` and `--set`), [`shape`] (which keys there are), [`setting`] (what a benchmark can be told),
//! and this file, which puts them together. [`mod@schema`] is the same table for editors, [`preset`] holds recipes to
//! begin with.
//!
//! What is deliberately not here: models are not looked for and nothing is fetched, measured or written.

mod mistake;
mod preset;
mod schema;
mod setting;
mod shape;
#[cfg(test)]
mod tests;
mod vars;
mod yaml;

use std::path::Path;

pub(crate) use mistake::{Mistake, Place, nearest, refusal, refusal_of};
pub(crate) use preset::{PRESETS, Preset};
pub(crate) use schema::{FILE as SCHEMA_FILE, schema};
use setting::{Said, benchmarks, command, multiplied, said, settings};
use shape::{Findings, RECIPE, check};
pub(crate) use vars::Change;
pub(crate) use yaml::{Key, Node, What, read as read_yaml};

use crate::custom;
use crate::exit::Usage;

/// A recipe, read and understood.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
    /// Keys that stand there and change nothing.
    pub(crate) idle: Vec<String>,
}

/// What is run together.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) benchmarks: Vec<Benchmark>,
}

/// One benchmark of a target.
#[derive(Debug)]
pub(crate) struct Benchmark {
    pub(crate) id: String,
    pub(crate) place: Place,
    /// The models, as the command line names them.
    pub(crate) models: Vec<String>,
    pub(crate) repeats: u32,
    /// The command below `whet bench`.
    command: String,
    settings: Vec<Said>,
    /// Flags of the whole target.
    shared: Vec<String>,
}

impl Recipe {
    /// Reads a recipe, with changes made to it.
    ///
    /// # Errors
    /// Everything that is wrong in it, each with its place.
    pub(crate) fn read(
        text: &str,
        name: &str,
        folder: &Path,
        changes: &[Change],
    ) -> Result<Recipe, Usage> {
        let mut root = yaml::read(text, name, folder)?;
        for change in changes {
            change.apply(&mut root)?;
        }
        vars::substitute(&mut root).map_err(|mistakes| refusal(&mistakes))?;
        let mut found = Findings::default();
        check(&root, RECIPE, &mut found);
        if !found.mistakes.is_empty() {
            return Err(refusal(&found.mistakes));
        }
        let targets = targets(&root).map_err(|mistakes| refusal(&mistakes))?;
        Ok(Recipe {
            name: word(&root, "name"),
            targets,
            idle: found.idle,
        })
    }
}

fn word(node: &Node, key: &str) -> String {
    let value = node.get(key).and_then(Node::word);
    value.unwrap_or_default().to_owned()
}

fn elements<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map(Node::elements).unwrap_or_default()
}

fn targets(root: &Node) -> Result<Vec<Target>, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut targets: Vec<Target> = Vec::new();
    for node in elements(root, "targets") {
        match target(node, root) {
            Ok(target) if targets.iter().any(|known| known.name == target.name) => {
                let why = format!("two targets are called {}", target.name);
                mistakes.push(Mistake::at(&node.place, why));
            }
            Ok(target) => targets.push(target),
            Err(more) => mistakes.extend(more),
        }
    }
    match mistakes.is_empty() {
        true => Ok(targets),
        false => Err(mistakes),
    }
}

fn target(node: &Node, root: &Node) -> Result<Target, Vec<Mistake>> {
    refuse_what_is_not_there(node).map_err(|mistake| vec![mistake])?;
    let mut mistakes = Vec::new();
    let mut benchmarks: Vec<Benchmark> = Vec::new();
    for one in elements(node, "benchmarks") {
        match benchmark(one, &[node, root]) {
            Ok(new) if benchmarks.iter().any(|known| known.id == new.id) => {
                let why = format!("two benchmarks of this target are called {}", new.id);
                mistakes.push(Mistake::at(&one.place, why));
            }
            Ok(new) => benchmarks.push(new),
            Err(more) => mistakes.extend(more),
        }
    }
    match mistakes.is_empty() {
        true => Ok(Target {
            name: word(node, "name"),
            benchmarks,
        }),
        false => Err(mistakes),
    }
}

/// Training, and processes: known words for what no recipe can do yet.
fn refuse_what_is_not_there(target: &Node) -> Result<(), Mistake> {
    if let Some(run) = elements(target, "runs").first() {
        let why = "training from a recipe is not there yet; train with `whet train`, name its result under models, and leave runs: []";
        return Err(Mistake::at(&run.place, why));
    }
    match target.get("type") {
        Some(kind) if kind.word() != Some("experiment") => {
            let why = format!(
                "the type must be experiment; {} is not there",
                word(target, "type")
            );
            Err(Mistake::at(&kind.place, why))
        }
        _ => Ok(()),
    }
}

/// `scopes` are the target and the recipe, in the order in which they are asked.
fn benchmark(node: &Node, scopes: &[&Node]) -> Result<Benchmark, Vec<Mistake>> {
    let config = node
        .get("config")
        .expect("a checked benchmark has a config");
    let command = kind(config).map_err(|mistake| vec![mistake])?;
    let settings = of_config(config, &command)?;
    let models = models(node, config, scopes)?;
    let repeats = node.get("repeats").and_then(Node::word);
    Ok(Benchmark {
        id: word(node, "id"),
        place: node.place.clone(),
        models,
        repeats: repeats.map_or(Ok(1), str::parse).unwrap_or(u32::MAX),
        command: command.get_name().to_owned(),
        settings,
        shared: shared(scopes),
    })
}

/// The command that `type` names.
fn kind(config: &Node) -> Result<clap::Command, Mistake> {
    let commands = benchmarks();
    let names: Vec<&str> = commands.iter().map(clap::Command::get_name).collect();
    let node = config.get("type").filter(|node| !node.is_nothing());
    let Some(node) = node else {
        let why = format!("type is missing; there are {}", names.join(", "));
        return Err(Mistake::at(&config.place, why));
    };
    let name = node.word().unwrap_or_default();
    command(name).ok_or_else(|| Mistake::unknown(&node.place, "type", name, &names))
}

/// Keys of `config` that are no flag.
const BESIDE: [&str; 2] = ["type", "checkpoint"];
/// The benchmark whose settings are data as well.
const CUSTOM: &str = "custom";

fn of_config(config: &Node, command: &clap::Command) -> Result<Vec<Said>, Vec<Mistake>> {
    let known = settings(command);
    let mut names: Vec<&str> = known.iter().map(|setting| setting.name.as_str()).collect();
    names.extend(BESIDE);
    let (mut words, mut mistakes) = (Vec::new(), Vec::new());
    let mut data: &[&str] = &[];
    if command.get_name() == CUSTOM {
        data = &custom::KEYS;
        names.extend(data);
        match custom::word(config) {
            Ok(word) => words.push(Said::bare("data", &config.place, word)),
            Err(more) => mistakes.extend(more),
        }
    }
    let entries = config.entries().unwrap_or_default().iter();
    for (key, value) in entries.filter(|(key, _)| !data.contains(&key.name.as_str())) {
        let setting = known.iter().find(|setting| setting.name == key.name);
        match setting {
            Some(setting) => match said(setting, key, value) {
                Ok(more) => words.extend(more),
                Err(mistake) => mistakes.push(mistake),
            },
            None if BESIDE.contains(&key.name.as_str()) => {}
            None => {
                let what = format!("setting of {} called", command.get_name());
                mistakes.push(Mistake::unknown(&key.place, &what, &key.name, &names));
            }
        }
    }
    match mistakes.is_empty() {
        true => Ok(multiplied(words)),
        false => Err(mistakes),
    }
}

/// The models of a benchmark: roles of the target or the recipe, or words of the command line. A `checkpoint` in the
/// config is the student, or the only model there is.
fn models(node: &Node, config: &Node, scopes: &[&Node]) -> Result<Vec<String>, Vec<Mistake>> {
    let checkpoint = config.get("checkpoint").and_then(Node::word);
    let asked = elements(node, "models");
    let (mut models, mut mistakes) = (Vec::new(), Vec::new());
    for one in asked {
        let role = one.word().unwrap_or_default();
        let given = scopes
            .iter()
            .find_map(|scope| scope.get("models")?.get(role)?.word());
        let is_student = role == "student" || asked.len() == 1;
        match (checkpoint.filter(|_| is_student), given) {
            (Some(file), _) | (None, Some(file)) => models.push(file.to_owned()),
            (None, None) if ["teacher", "student"].contains(&role) => {
                let why = format!(
                    "nothing says which model is the {role}; write models: {{{role}: NAME or FILE.gguf}} into the target"
                );
                mistakes.push(Mistake::at(&one.place, why));
            }
            (None, None) => models.push(role.to_owned()),
        }
    }
    if asked.is_empty() {
        models.extend(checkpoint.map(str::to_owned));
    }
    match mistakes.is_empty() {
        true => Ok(models),
        false => Err(mistakes),
    }
}

/// Flags that a target, or the recipe, says for all benchmarks.
fn shared(scopes: &[&Node]) -> Vec<String> {
    let first = |key: &str| scopes.iter().find_map(|scope| scope.get(key));
    let mut words = Vec::new();
    for key in ["seed", "threads", "adapter"] {
        let value = first(key).and_then(Node::word);
        words.extend(value.map(|value| format!("--{key}={value}")));
    }
    if first("energy").and_then(Node::switch) == Some(true) {
        words.push("--energy".to_owned());
    }
    words
}

impl Benchmark {
    /// The words after `whet` that are this benchmark.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = vec!["bench".to_owned(), self.command.clone()];
        let (bare, flags): (Vec<&Said>, Vec<&Said>) =
            self.settings.iter().partition(|said| said.flag.is_empty());
        words.extend(bare.iter().map(|said| said.word.clone()));
        let n_own = match self.command.as_str() {
            "spec" => 1,
            _ => self.models.len(),
        };
        words.extend_from_slice(&self.models[..n_own.min(self.models.len())]);
        let drafts = self.models.iter().skip(n_own);
        words.extend(drafts.map(|draft| format!("--draft={draft}")));
        words.extend(flags.iter().map(|said| said.word.clone()));
        words.extend(self.protocol());
        let shared = self.shared.iter();
        // Speculation has no seed of texts, and its adapter is the draft's.
        let fits = |word: &&String| {
            self.command != "spec" || word.starts_with("--seed") || word.starts_with("--threads")
        };
        words.extend(shared.filter(fits).cloned());
        words
    }

    /// Published manifests say blocks and batches of a perplexity, which are the rows of a trainer.
    fn protocol(&self) -> Option<String> {
        let said = |keys: &[&str]| {
            let mut settings = self.settings.iter();
            settings.any(|said| keys.contains(&said.key.as_str()))
        };
        let as_published = said(&["block_size", "num_batches", "batch_size"]);
        let rows = self.command == "perplexity" && as_published && !said(&["protocol"]);
        rows.then(|| "--protocol=rows".to_owned())
    }

    /// A complaint about these words, at the key whose flag it names, or else whose value.
    pub(crate) fn mistake(&self, why: &str) -> Mistake {
        let names =
            |said: &&Said| !said.flag.is_empty() && why.contains(&format!("--{}", said.flag));
        let named = self.settings.iter().filter(names);
        if let Some(said) = named.max_by_key(|said| said.flag.len()) {
            let why = why.replace(&format!("--{}", said.flag), &said.key);
            return Mistake::at(&said.place, why);
        }
        let quotes = |said: &&Said| {
            let mut words = why.split([' ', ':', ';', ',']);
            words.any(|word| said.values().any(|value| value == word))
        };
        match self.settings.iter().find(quotes) {
            Some(said) => Mistake::at(&said.place, why),
            None => Mistake::at(&self.place, format!("{}: {why}", self.id)),
        }
    }
}
