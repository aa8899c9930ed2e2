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

pub(crate) use benchmark::Benchmark;
pub(crate) use mistake::{Mistake, Place, nearest, refusal, refusal_of};
pub(crate) use preset::{PRESETS, Preset};
pub(crate) use run::Training;
pub(crate) use schema::{FILE as SCHEMA_FILE, schema};
use shape::{Findings, RECIPE, check};
pub(crate) use training::{Settings, method};
pub(crate) use vars::Change;
pub(crate) use yaml::{Key, Node, What, read as read_yaml};

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
        let read = benchmark::benchmark(one, &scopes);
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
