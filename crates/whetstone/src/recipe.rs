//! Recipes: one file that says what is measured of which models.
//!
//! A recipe is another way to write command lines. Each of its benchmarks becomes the words of `whet bench NAME`
//! ([`Benchmark::words`]), and from there on there is one path. Read in this order: [`yaml`] (a tree with places),
//! [`vars`] (`${name}` and `--set`), [`shape`] (which keys there are), [`setting`] (what a benchmark can be told),
//! [`mod@training`] and [`run`] (the same of a training), and this file, which puts them together. [`mod@schema`] is the same table for editors, [`preset`] holds recipes to
//! begin with.
//!
//! What is deliberately not here: models are not looked for and nothing is fetched, measured or written.

mod mistake;
mod preset;
mod published;
mod run;
mod schema;
mod setting;
mod shape;
#[cfg(test)]
mod tests;
mod training;
mod vars;
mod yaml;

use std::path::Path;

pub(crate) use mistake::{Mistake, Place, nearest, refusal, refusal_of};
pub(crate) use preset::{PRESETS, Preset};
pub(crate) use run::Training;
pub(crate) use schema::{FILE as SCHEMA_FILE, schema};
use setting::{Said, benchmarks, command, multiplied, said, settings};
use shape::{Findings, RECIPE, check};
pub(crate) use training::{Settings, method};
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
    /// In their order, before any benchmark.
    pub(crate) trainings: Vec<Training>,
    pub(crate) benchmarks: Vec<Benchmark>,
}

/// One benchmark of a target.
#[derive(Debug, Clone)]
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
        refuse_what_is_not_there(&root)?;
        let mut found = Findings::default();
        check(&root, RECIPE, &mut found);
        if !found.mistakes.is_empty() {
            return Err(refusal(&found.mistakes));
        }
        let targets = targets(&root).map_err(|mistakes| refusal(&mistakes))?;
        let trainings = targets.iter().flat_map(|target| &target.trainings);
        let idle = trainings.flat_map(Training::idle).cloned();
        Ok(Recipe {
            name: word(&root, "name"),
            idle: found.idle.into_iter().chain(idle).collect(),
            targets,
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
    let scopes = [node, root];
    let mut mistakes = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut new = |id: &str, at: &Node| match ids.iter().any(|known| known == id) {
        true => {
            let why = format!("two runs or benchmarks of this target are called {id}");
            Err(vec![Mistake::at(&at.place, why)])
        }
        false => {
            ids.push(id.to_owned());
            Ok(())
        }
    };
    let mut trainings = Vec::new();
    for one in elements(node, "runs") {
        let read = run::training(one, &scopes);
        match read.and_then(|read| new(&read.id, one).map(|()| read)) {
            Ok(read) => trainings.push(read),
            Err(more) => mistakes.extend(more),
        }
    }
    let mut benchmarks = Vec::new();
    for one in elements(node, "benchmarks") {
        let read = benchmark(one, &scopes);
        match read.and_then(|read| new(&read.id, one).map(|()| read)) {
            Ok(read) => benchmarks.push(read),
            Err(more) => mistakes.extend(more),
        }
    }
    match mistakes.is_empty() {
        true => Ok(Target {
            name: word(node, "name"),
            trainings,
            benchmarks,
        }),
        false => Err(mistakes),
    }
}

/// Processes, and trainings by the keys of others: known words for what no recipe can do.
fn refuse_what_is_not_there(root: &Node) -> Result<(), Usage> {
    let mut mistakes = Vec::new();
    for target in elements(root, "targets") {
        let runs = elements(target, "runs").iter();
        mistakes.extend(runs.filter_map(|run| run::refuse_what_is_not_there(run).err()));
        let kind = target
            .get("type")
            .filter(|kind| kind.word() != Some("experiment"));
        mistakes.extend(kind.map(|kind| {
            let kind_word = word(target, "type");
            let why = format!("the type must be experiment; {kind_word} is not there");
            Mistake::at(&kind.place, why)
        }));
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(refusal(&mistakes)),
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
/// Roles that mean nothing by themselves.
const ROLES: [&str; 2] = ["teacher", "student"];
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

/// The models of a benchmark: roles of the target or the recipe, or words of the command line, with or without an
/// adapter behind a plus. A `checkpoint` in the config is the student, or the only model there is.
fn models(node: &Node, config: &Node, scopes: &[&Node]) -> Result<Vec<String>, Vec<Mistake>> {
    let checkpoint = config.get("checkpoint").and_then(Node::word);
    let asked = elements(node, "models");
    let (mut models, mut mistakes) = (Vec::new(), Vec::new());
    let of_role = |role: &str| {
        let mut scopes = scopes.iter();
        scopes.find_map(|scope| scope.get("models")?.get(role)?.word())
    };
    let is_role = |role: &str| ROLES.contains(&role) || of_role(role).is_some();
    for one in asked {
        let word = one.word().unwrap_or_default();
        let plus = word.find('+').map(|at| word.split_at(at));
        let laid = plus.filter(|(role, _)| !is_role(word) && is_role(role));
        let (role, laid) = laid.unwrap_or((word, ""));
        let is_student = role == "student" || asked.len() == 1;
        let file = checkpoint.filter(|_| is_student).or_else(|| of_role(role));
        match file {
            Some(file) => models.push(format!("{file}{laid}")),
            None if ROLES.contains(&role) => {
                let why = format!(
                    "nothing says which model is the {role}; write models: {{{role}: NAME or FILE.gguf}} into the target"
                );
                mistakes.push(Mistake::at(&one.place, why));
            }
            None => models.push(word.to_owned()),
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
    /// The adapter that its config names; only a draft has one there.
    pub(crate) fn adapter(&self) -> Option<&str> {
        let mut settings = self.settings.iter();
        let found = settings.find(|said| said.flag == "adapter");
        found.map(Said::value)
    }

    /// The same of other models, and with another adapter if it has one.
    pub(crate) fn on(&self, models: Vec<String>, adapter: Option<&str>) -> Benchmark {
        let mut other = self.clone();
        other.models = models;
        let mut settings = other.settings.iter_mut();
        if let (Some(adapter), Some(said)) = (adapter, settings.find(|said| said.flag == "adapter"))
        {
            said.put(adapter);
        }
        other
    }

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
