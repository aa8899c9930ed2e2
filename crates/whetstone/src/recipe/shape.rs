//! Which keys a recipe may have: one table, from which a recipe is checked and its schema is written.
//!
//! Keys that others' manifests have for training are known and named when they stand there, because nothing looks
//! at them yet; any other unknown key is a mistake. What `config` may hold depends on its `type` and stands in
//! [`super::setting`].

use super::mistake::Mistake;
use super::yaml::{Node, What};

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
    Switch,
    Words,
    /// Names with a word each.
    Names,
    Many(&'static [Field]),
    /// The settings of a benchmark.
    Config,
    /// The settings of a training.
    Training,
    Anything,
}

use Need::{Idle, May, Must};
use Shape::{Anything, Config, Many, Names, Number, Switch, Training, Word, Words};

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
    field("version", Number, May, "Version of the format; 2"),
    field("name", Word, Must, "What the artifacts are called: artifacts/NAME_YYYYMMDD_HHMMSS"),
    field("notes", Word, May, "For readers"),
    field("vars", Anything, May, "Values that stand elsewhere as ${name}, and that --set NAME=VALUE changes"),
    field("models", Names, May, "Roles of models, for every target: student: NAME or FILE.gguf"),
    field("seed", Number, May, "Seed of every target; everything random is derived from it (default 42)"),
    field("threads", Number, May, "Threads of the engine (default: processors of this machine)"),
    field("device", Word, May, "Where models compute: auto, cpu, gpu, gpu:1 (default: auto)"),
    field("targets", Many(TARGET), Must, "What can be run, each by itself with --target"),
    field("defaults", Anything, Idle, "Defaults of training"),
    field("entrypoints", Anything, Idle, "Other names of targets"),
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
    field("runs", Many(RUN), May, "Trainings, in their order, before anything is measured; [] or nothing measures only"),
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
const RUN: &[Field] = &[
    field("id", Word, Must, "What --only calls it, and benchmarks call its result: ID, or MODEL+ID for an adapter"),
    field("type", Word, Must, "The training: sft, pretrain, raft"),
    field("config", Training, Must, "What a file of `whet train TYPE --config` says"),
    field("mode", Word, Idle, "train"),
    field("exp", Anything, Idle, "The name of an experiment elsewhere"),
    field("expected", Anything, Idle, "What was expected of it"),
];

/// One benchmark.
#[rustfmt::skip]
const BENCHMARK: &[Field] = &[
    field("id", Word, Must, "What --only calls it"),
    field("config", Config, Must, "type, and the settings of that benchmark"),
    field("models", Words, May, "Roles, names of the catalogue or .gguf files; later ones are held against the first"),
    field("repeats", Number, May, "How often what varies is repeated: timed runs, attempts, answers (default 1)"),
];

/// What a look at a recipe found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) mistakes: Vec<Mistake>,
    /// Keys that change nothing.
    pub(crate) idle: Vec<String>,
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
    let number = |node: &Node| node.word().is_some_and(|word| word.parse::<u64>().is_ok());
    let refused = match field.shape {
        _ if value.is_nothing() => None,
        Word => (!is_word(value)).then(|| wants("a word or a text")),
        Number => (!number(value)).then(|| wants("a whole number")),
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
        Many(fields) => {
            let elements = match &value.what {
                What::List(nodes) => nodes.as_slice(),
                _ => {
                    return found
                        .mistakes
                        .push(wants("a list; begin each element with -"));
                }
            };
            elements.iter().for_each(|node| check(node, fields, found));
            None
        }
        Anything => None,
    };
    found.mistakes.extend(refused);
}
