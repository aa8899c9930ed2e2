//! Recipes: one file that says what is measured of which models.
//!
//! A recipe is another way to write command lines. Each of its benchmarks becomes the words of `whet bench NAME`
//! ([`Benchmark::words`]), and from there on there is one path. Read in this order: [`yaml`] (a tree with places),
//! [`vars`] (`${name}` and `--set`), [`shape`] (which keys there are), [`setting`] (what a benchmark can be told),
//! [`mod@benchmark`] (one of them), [`mod@training`] and [`run`] (the same of a training), and this file, which puts them
//! together. [`mod@schema`] is the same table for editors, [`preset`] holds recipes to begin with.
//!
//! What is deliberately not here: models are not looked for and nothing is fetched, measured or written.

mod benchmark;
#[cfg(test)]
mod manifest_tests;
mod mistake;
mod preset;
mod published;
mod run;
mod said;
mod schema;
mod setting;
mod shape;
#[cfg(test)]
mod tests;
mod training;
mod vars;
mod yaml;

use std::path::Path;

pub(crate) use benchmark::Benchmark;
pub(crate) use mistake::{Mistake, Place, nearest, refusal, refusal_of};
pub(crate) use preset::{PRESETS, Preset};
pub(crate) use run::{Foreign, Training};
pub(crate) use schema::{FILE as SCHEMA_FILE, schema};
use shape::{BENCHMARK, Findings, RECIPE, check, is_sound};
pub(crate) use training::{Settings, method};
pub(crate) use vars::Change;
pub(crate) use yaml::{Key, Node, What, read as read_yaml};

use crate::exit::Usage;

/// A recipe, read and understood as far as it can be.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) name: String,
    pub(crate) targets: Vec<Target>,
    /// Other names of targets, each with the target's own.
    pub(crate) entrypoints: Vec<(String, String)>,
    /// Keys that stand there and change nothing.
    pub(crate) idle: Vec<String>,
    /// What is wrong in it as a text. Values are wrong only once somebody reads them, and all of it is said at once.
    pub(crate) mistakes: Vec<Mistake>,
}

/// What is run together.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// In their order, before any benchmark.
    pub(crate) trainings: Vec<Training>,
    /// Those of other programs, which are not carried out.
    pub(crate) foreign: Vec<Foreign>,
    pub(crate) benchmarks: Vec<Benchmark>,
    /// Which files of a report are written; all if none are named.
    pub(crate) formats: Vec<String>,
}

impl Recipe {
    /// Reads a recipe, with changes made to it.
    ///
    /// # Errors
    /// A text that is no tree of keys and values, a change or a variable that names nothing. Whatever else is wrong
    /// stands in [`Recipe::mistakes`].
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
        found.mistakes.extend(what_is_not_there(&root));
        let (targets, more) = targets(&root);
        found.mistakes.extend(more);
        let (entrypoints, more) = entrypoints(&root, &targets);
        found.mistakes.extend(more);
        let trainings = targets.iter().flat_map(|target| &target.trainings);
        let idle = trainings.flat_map(Training::idle).cloned();
        Ok(Recipe {
            name: word(&root, "name"),
            idle: found.idle.into_iter().chain(idle).collect(),
            targets,
            entrypoints,
            mistakes: found.mistakes,
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

fn targets(root: &Node) -> (Vec<Target>, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let mut targets: Vec<Target> = Vec::new();
    for node in elements(root, "targets") {
        let (target, more) = target(node, root);
        mistakes.extend(more);
        match targets.iter().any(|known| known.name == target.name) {
            true => {
                let why = format!("two targets are called {}", target.name);
                mistakes.push(Mistake::at(&node.place, why));
            }
            false => targets.push(target),
        }
    }
    (targets, mistakes)
}

/// Other names of targets: `default: NAME`, also with `target:` before the name.
fn entrypoints(root: &Node, targets: &[Target]) -> (Vec<(String, String)>, Vec<Mistake>) {
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    let entries = root.get("entrypoints").and_then(Node::entries);
    let (mut known, mut mistakes) = (Vec::new(), Vec::new());
    for (key, node) in entries.unwrap_or_default() {
        let Some(word) = node.word() else {
            continue;
        };
        let name = word.strip_prefix("target:").unwrap_or(word).trim();
        match names.contains(&name) {
            true => known.push((key.name.clone(), name.to_owned())),
            false => mistakes.push(Mistake::unknown(&node.place, "target", name, &names)),
        }
    }
    (known, mistakes)
}

/// One target: of its parts those that can be read, and what is wrong with the others.
fn target(node: &Node, root: &Node) -> (Target, Vec<Mistake>) {
    let scopes = [node, root];
    let mut mistakes = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut target = Target {
        name: word(node, "name"),
        trainings: Vec::new(),
        foreign: Vec::new(),
        benchmarks: Vec::new(),
        formats: words(node, "formats"),
    };
    let runs = elements(node, "runs").iter();
    let runs = runs.filter(|run| is_sound(run, run::fields(run)));
    for one in runs {
        mistakes.extend(twice(one, &mut ids));
        if run::is_foreign(one) {
            target.foreign.push(run::foreign(one));
        } else if run::in_no_mode_of_ours(one).is_none() {
            match run::training(one, &scopes) {
                Ok(training) => target.trainings.push(training),
                Err(more) => mistakes.extend(more),
            }
        }
    }
    let goes_without = !target.foreign.is_empty();
    let benchmarks = elements(node, "benchmarks").iter();
    for one in benchmarks.filter(|one| is_sound(one, BENCHMARK)) {
        mistakes.extend(twice(one, &mut ids));
        let (read, more) = benchmark::benchmark(one, &scopes, goes_without);
        target.benchmarks.extend(read);
        mistakes.extend(more);
    }
    (target, mistakes)
}

/// A mistake if another run or benchmark of the target has the same id.
fn twice(one: &Node, ids: &mut Vec<String>) -> Option<Mistake> {
    let id = word(one, "id");
    let is_known = ids.contains(&id);
    let why = format!("two runs or benchmarks of this target are called {id}");
    ids.push(id);
    is_known.then(|| Mistake::at(&one.place, why))
}

fn words(node: &Node, key: &str) -> Vec<String> {
    let words = elements(node, key).iter().filter_map(Node::word);
    words.map(str::to_owned).collect()
}

/// Processes, and trainings in a mode of others: known words for what no recipe can do.
fn what_is_not_there(root: &Node) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for target in elements(root, "targets") {
        let runs = elements(target, "runs").iter();
        mistakes.extend(runs.filter_map(run::in_no_mode_of_ours));
        let kind = target
            .get("type")
            .filter(|kind| kind.word() != Some("experiment"));
        mistakes.extend(kind.map(|kind| {
            let kind_word = word(target, "type");
            let why = format!("the type must be experiment; {kind_word} is not there");
            Mistake::at(&kind.place, why)
        }));
    }
    mistakes
}
