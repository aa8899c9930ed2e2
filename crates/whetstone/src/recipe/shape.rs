//! Which keys a recipe may have: one table, from which a recipe is checked and its schema is written.
//!
//! Keys that others' manifests have for training are known and named when they stand there, because nothing looks
//! at them yet; any other unknown key is a mistake. What `config` may hold depends on its `type` and stands in
//! [`super::setting`].

use super::mistake::Mistake;
use super::run;
use super::yaml::{Node, What};
use crate::formats;

/// One key.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) need: Need,
    /// What it is, in a line; also the schema's description.
    pub(crate) says: &'static str,
}

/// Whether a key has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Must,
    May,
    /// It belongs to training and changes nothing here.
    Idle,
}

/// What may stand under a key.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Word,
    Number,
    /// A number from 1 on.
    Count,
    /// The number of the one version there is.
    Version,
    Switch,
    Words,
    /// One of these words, or several.
    Choices(&'static [&'static str]),
    /// Names with a word each.
    Names,
    Many(&'static [Field]),
    /// Trainings, of ours or in the form of others.
    Runs,
    /// The settings of a benchmark.
    Config,
    /// The settings of a training.
    Training,
    Anything,
}

use Need::{Idle, May, Must};
use Shape::{
    Anything, Choices, Config, Count, Many, Names, Number, Runs, Switch, Training, Version, Word,
    Words,
};

/// The version of recipes.
pub(super) const VERSION: u32 = 2;

const fn field(name: &'static str, shape: Shape, need: Need, says: &'static str) -> Field {
    Field {
        name,
        shape,
        need,
        says,
    }
}

/// The whole recipe.
#[rustfmt::skip]
pub(crate) const RECIPE: &[Field] = &[
    field("version", Version, May, "Version of the format; 2"),
    field("name", Word, Must, "What the artifacts are called: artifacts/NAME_YYYYMMDD_HHMMSS"),
    field("notes", Word, May, "For readers"),
    field("vars", Anything, May, "Values that stand elsewhere as ${name}, and that --set NAME=VALUE changes"),
    field("models", Names, May, "Roles of models, for every target: student: NAME or FILE.gguf"),
    field("seed", Number, May, "Seed of every target; everything random is derived from it (default 42)"),
    field("threads", Number, May, "Threads of the engine (default: processors of this machine)"),
    field("device", Word, May, "Where models compute: auto, cpu, gpu, gpu:1 (default: auto)"),
    field("targets", Many(TARGET), Must, "What can be run, each by itself with --target"),
    field("defaults", Anything, Idle, "Defaults of training"),
    field("entrypoints", Names, May, "Other names of targets, which --target takes as well: default: NAME"),
];

/// One target.
#[rustfmt::skip]
const TARGET: &[Field] = &[
    field("name", Word, Must, "What --target calls it"),
    field("type", Word, May, "experiment"),
    field("description", Word, May, "For readers"),
    field("models", Names, May, "Roles of models: teacher: NAME, student: FILE.gguf"),
    field("seed", Number, May, "Seed of this target"),
    field("threads", Number, May, "Threads of the engine, for this target"),
    field("device", Word, May, "Where models compute, for this target"),
    field("adapter", Word, May, "A LoRA adapter (GGUF) over the models, optionally with a factor: FILE or FILE=0.5"),
    field("energy", Switch, May, "Whether energy is what matters: 30 seconds of rest come first"),
    field("formats", Choices(formats::WORDS), May, "Which files of the report are written: csv, json, png, latex, svg, html, markdown (default: all)"),
    field("runs", Runs, May, "Trainings, in their order, before anything is measured; [] or nothing measures only"),
    field("benchmarks", Many(BENCHMARK), Must, "What is measured"),
    field("backend", Anything, Idle, "Where training happens"),
    field("task", Anything, Idle, "What is trained"),
    field("data", Anything, Idle, "What training reads"),
    field("system", Anything, Idle, "The architecture that is trained"),
    field("objective", Anything, Idle, "What training lowers"),
    field("trainer", Anything, Idle, "How training goes"),
];

/// One training.
#[rustfmt::skip]
pub(super) const RUN: &[Field] = &[
    field("id", Word, Must, "What --only calls it, and benchmarks call its result: ID, or MODEL+ID for an adapter"),
    field("type", Word, Must, "The training: sft, pretrain, raft"),
    field("config", Training, Must, "What a file of `whet train TYPE --config` says"),
    field("mode", Word, Idle, "train"),
    field("exp", Anything, Idle, "The name of an experiment elsewhere"),
    field("expected", Anything, Idle, "What was expected of it"),
];

/// A training of another program. It is known, so that what does not need its result can be measured.
#[rustfmt::skip]
pub(super) const FOREIGN: &[Field] = &[
    field("id", Word, Must, "What its result is called there"),
    field("mode", Word, May, "train"),
    field("exp", Anything, May, "The name of an experiment"),
    field("seed", Anything, May, "Its seed"),
    field("steps", Anything, May, "Its steps"),
    field("expected", Anything, May, "What was expected of it"),
    field("verify", Anything, May, "How its result is verified there"),
    field("train", Anything, May, "Its settings"),
];

/// One benchmark.
#[rustfmt::skip]
pub(super) const BENCHMARK: &[Field] = &[
    field("id", Word, Must, "What --only calls it"),
    field("config", Config, Must, "type, and the settings of that benchmark"),
    field("models", Words, May, "Roles, names of the catalogue or .gguf files; later ones are held against the first"),
    field("repeats", Count, May, "How often what varies is repeated: timed runs, attempts, answers (default 1)"),
];

/// What a look at a recipe found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) mistakes: Vec<Mistake>,
    /// Keys that change nothing.
    pub(crate) idle: Vec<String>,
}

/// Whether nothing is wrong with a mapping as far as its fields tell.
pub(super) fn is_sound(node: &Node, fields: &[Field]) -> bool {
    let mut found = Findings::default();
    check(node, fields, &mut found);
    found.mistakes.is_empty()
}

/// Holds a mapping against its fields.
pub(crate) fn check(node: &Node, fields: &[Field], found: &mut Findings) {
    let Some(entries) = node.entries() else {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let why = format!("here stand keys with values: {}", names.join(", "));
        return found.mistakes.push(Mistake::at(&node.place, why));
    };
    for (key, value) in entries {
        match fields.iter().find(|field| field.name == key.name) {
            Some(field) => {
                if field.need == Idle && !value.is_nothing() {
                    found.idle.push(field.name.to_owned());
                }
                check_value(value, field, found);
            }
            None => {
                let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
                let mistake = Mistake::unknown(&key.place, "key", &key.name, &names);
                found.mistakes.push(mistake);
            }
        }
    }
    for field in fields.iter().filter(|field| field.need == Must) {
        if node.get(field.name).is_none_or(Node::is_nothing) {
            let why = format!("{} is missing: {}", field.name, field.says);
            found.mistakes.push(Mistake::at(&node.place, why));
        }
    }
}

fn check_value(value: &Node, field: &Field, found: &mut Findings) {
    let wants = |what: &str| Mistake::at(&value.place, format!("{} must be {what}", field.name));
    let is_word = |node: &Node| node.word().is_some();
    let number = |node: &Node| node.word().and_then(|word| word.parse::<u64>().ok());
    let refused = match field.shape {
        _ if value.is_nothing() => None,
        Word => (!is_word(value)).then(|| wants("a word or a text")),
        Number => number(value).is_none().then(|| wants("a whole number")),
        Count => (number(value).unwrap_or(0) < 1).then(|| wants("a whole number from 1 on")),
        Version => (number(value) != Some(VERSION.into())).then(|| {
            let is = value.word().unwrap_or("no word");
            wants(&format!("{VERSION}, the only one there is, and is {is}"))
        }),
        Switch => value.switch().is_none().then(|| wants("true or false")),
        Words => (!value.elements().iter().all(is_word)).then(|| wants("a list of words")),
        Names => {
            let words = value
                .entries()
                .is_some_and(|all| all.iter().all(|(_, n)| is_word(n)));
            (!words).then(|| wants("a mapping of names to words"))
        }
        Config | Training => value
            .entries()
            .is_none()
            .then(|| wants("a mapping of settings to values")),
        Choices(known) => {
            let unknown = value.elements().iter().filter_map(|node| {
                let word = node.word().unwrap_or_default();
                let is_known = known.contains(&word);
                (!is_known).then(|| Mistake::unknown(&node.place, "format", word, known))
            });
            return found.mistakes.extend(unknown);
        }
        Many(_) | Runs => {
            let What::List(elements) = &value.what else {
                let why = wants("a list; begin each element with -");
                return found.mistakes.push(why);
            };
            let fields = |node: &Node| -> &'static [Field] {
                match field.shape {
                    Many(fields) => fields,
                    _ => run::fields(node),
                }
            };
            elements
                .iter()
                .for_each(|node| check(node, fields(node), found));
            None
        }
        Anything => None,
    };
    found.mistakes.extend(refused);
}
