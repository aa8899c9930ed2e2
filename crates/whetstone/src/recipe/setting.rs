//! The settings of a benchmark: the flags of `whet bench NAME`, and the names that published manifests have for them.
//!
//! There is no list of settings here. The command line has one, with a help text for each, and whatever it gains is
//! a key of recipes as well: `--limit-chunks` is `limit_chunks`. A benchmark of a recipe becomes the words of that
//! command, so that both are read, defaulted and refused by the same code, and a recipe can say which command it is.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, CommandFactory};

use super::mistake::Mistake;
pub(crate) use super::said::{Said, multiplied};
use super::said::{Turn, parted};
use super::yaml::{Key, Node};
use crate::cli::{Cli, Numbers};

/// Flags that say where results go and not what is measured, and those that a target says for all of its benchmarks.
const NOT_HERE: [&str; 21] = [
    "readings",
    "no-readings",
    "output",
    "dry-run",
    "format",
    "help",
    "version",
    "list",
    "runs",
    "yes",
    "quiet",
    "verbose",
    "log-file",
    "color",
    "offline",
    "seed",
    "threads",
    "adapter",
    "device",
    "export",
    "save-baseline",
];
/// Flags that say what is done with a training, and not what it is.
const NOT_OF_TRAINING: [&str; 13] = [
    "config",
    "resume",
    "dry-run",
    "help",
    "version",
    "yes",
    "quiet",
    "verbose",
    "log-file",
    "color",
    "offline",
    "readings",
    "no-readings",
];
/// The one command whose adapter is the draft's and so a setting of its own.
const SPECULATION: &str = "spec";

/// A name that published manifests have for a flag.
struct Documented {
    benchmark: &'static str,
    key: &'static str,
    flag: &'static str,
    turn: Turn,
}

const fn documented(
    benchmark: &'static str,
    key: &'static str,
    flag: &'static str,
    turn: Turn,
) -> Documented {
    Documented {
        benchmark,
        key,
        flag,
        turn,
    }
}

#[rustfmt::skip]
const DOCUMENTED: [Documented; 17] = [
    documented("perplexity", "dataset", "text", Turn::AsIs),
    documented("perplexity", "block_size", "context", Turn::AsIs),
    documented("perplexity", "num_batches", "limit-chunks", Turn::Times),
    documented("perplexity", "batch_size", "limit-chunks", Turn::Factor),
    documented("latency", "prompt_lengths", "prompt-tokens", Turn::AsIs),
    documented("latency", "generation_lengths", "generate-tokens", Turn::AsIs),
    documented("latency", "batch_sizes", "sequences", Turn::AsIs),
    documented("latency", "warmup_runs", "warmups", Turn::AsIs),
    documented("latency", "timed_runs", "repeats", Turn::AsIs),
    documented("latency", "cache_kind", "cache", Turn::AsIs),
    documented("memory", "sequence_lengths", "contexts", Turn::AsIs),
    documented("memory", "batch_sizes", "sequences", Turn::AsIs),
    documented("memory", "quantization_modes", "cache", Turn::AsIs),
    documented("memory", "measure_peak", "no-peak", Turn::Not),
    documented("memory", "measure_kvcache", "no-kvcache", Turn::Not),
    documented("context", "context_lengths", "contexts", Turn::AsIs),
    documented("code", "num_samples", "samples", Turn::AsIs),
];

/// Benchmark, key and flag of every published name.
#[cfg(test)]
pub(super) fn documented_keys() -> impl Iterator<Item = (&'static str, &'static str, &'static str)>
{
    let keys = DOCUMENTED.iter();
    keys.map(|known| (known.benchmark, known.key, known.flag))
}

/// What a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Switch,
    Number,
    Word,
    Numbers,
    Words,
}

/// One key of a `config`.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// The key.
    pub(crate) name: String,
    /// What the command line calls it inside.
    pub(crate) id: String,
    /// The place among the arguments of a training, in which words without a flag have to stand.
    pub(crate) position: usize,
    pub(crate) kind: Kind,
    pub(crate) choices: Vec<String>,
    /// The flag's help.
    pub(crate) says: String,
    /// The flag, without its hyphens; `None` for words without one.
    flag: Option<String>,
    turn: Turn,
}

impl Setting {
    /// Whether it is a word without a flag.
    pub(crate) fn is_word(&self) -> bool {
        self.flag.is_none()
    }

    /// The same under another key.
    pub(crate) fn under(&self, name: &str) -> Setting {
        Setting {
            name: name.to_owned(),
            ..self.clone()
        }
    }
}

/// The benchmarks that a recipe can name, as the command line calls them, each with its command.
pub(crate) fn benchmarks() -> Vec<clap::Command> {
    let whet = Cli::command();
    let bench = whet.find_subcommand("bench").expect("bench is a command");
    bench.get_subcommands().cloned().collect()
}

/// The command of a benchmark, also by its other names.
pub(crate) fn command(name: &str) -> Option<clap::Command> {
    let named = |command: &clap::Command| {
        command.get_name() == name || command.get_all_aliases().any(|alias| alias == name)
    };
    benchmarks().into_iter().find(named)
}

/// The settings of a benchmark: published names first, then the flags under their own.
pub(crate) fn settings(command: &clap::Command) -> Vec<Setting> {
    let benchmark = command.get_name();
    let own: Vec<Setting> = command
        .get_arguments()
        .filter(|arg| is_setting(benchmark, arg))
        .map(setting)
        .collect();
    let published = DOCUMENTED
        .iter()
        .filter(|known| known.benchmark == benchmark);
    let mut all: Vec<Setting> = published
        .map(|known| {
            let flag = own
                .iter()
                .find(|own| own.flag.as_deref() == Some(known.flag));
            let flag = flag.expect("a published name stands for a flag that is there");
            Setting {
                name: known.key.to_owned(),
                turn: known.turn,
                ..flag.clone()
            }
        })
        .collect();
    all.extend(own);
    all
}

/// The settings of a training, under the names of its flags and words.
pub(crate) fn settings_of_training(command: &clap::Command) -> Vec<Setting> {
    let arguments = command.get_arguments();
    let is_setting = |arg: &&Arg| {
        let name = arg.get_long().unwrap_or(arg.get_id().as_str());
        !NOT_OF_TRAINING.contains(&name)
    };
    let settings = arguments.filter(is_setting).map(setting).enumerate();
    let placed = settings.map(|(position, setting)| Setting {
        position,
        ..setting
    });
    placed.collect()
}

fn is_setting(benchmark: &str, arg: &Arg) -> bool {
    let id = arg.get_id().as_str();
    // Models stand beside `config`, under keys of their own.
    let is_model = ["models", "more_models", "target", "draft"].contains(&id);
    let flag = arg.get_long().unwrap_or(id);
    let elsewhere = NOT_HERE.contains(&flag) && !(benchmark == SPECULATION && flag == "adapter");
    !(is_model || elsewhere || flag == "energy")
}

fn setting(arg: &Arg) -> Setting {
    let flag = arg.get_long().map(str::to_owned);
    let id = arg.get_id().as_str();
    let choices = arg.get_possible_values();
    let is_switch = matches!(arg.get_action(), ArgAction::SetTrue);
    Setting {
        name: flag.as_deref().unwrap_or(id).replace('-', "_"),
        id: id.to_owned(),
        position: 0,
        kind: match is_switch {
            true => Kind::Switch,
            false => kind(arg),
        },
        choices: match is_switch {
            true => Vec::new(),
            false => choices
                .iter()
                .map(|choice| choice.get_name().to_owned())
                .collect(),
        },
        says: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        flag,
        turn: Turn::AsIs,
    }
}

fn kind(arg: &Arg) -> Kind {
    let is_list = matches!(arg.get_action(), ArgAction::Append);
    let parser: &ValueParser = arg.get_value_parser();
    let id = parser.type_id();
    let is = |other: std::any::TypeId| id == other;
    let is_range = is(std::any::TypeId::of::<Numbers>());
    let is_number = is(std::any::TypeId::of::<usize>())
        || is(std::any::TypeId::of::<u32>())
        || is(std::any::TypeId::of::<f32>())
        || is(std::any::TypeId::of::<f64>());
    match (is_list, is_range || is_number) {
        (true, true) => Kind::Numbers,
        (true, false) => Kind::Words,
        (false, true) => Kind::Number,
        (false, false) => Kind::Word,
    }
}

/// The words of the command line for one key of a `config`.
///
/// # Errors
/// A value of another kind than the flag takes.
pub(crate) fn said(setting: &Setting, key: &Key, value: &Node) -> Result<Vec<Said>, Mistake> {
    let wants = |what: &str| Mistake::at(&value.place, format!("{} must be {what}", key.name));
    let flag = setting.flag.clone().unwrap_or_default();
    let said = |word: String| Said {
        key: key.name.clone(),
        place: value.place.clone(),
        flag: flag.clone(),
        word,
        turn: setting.turn,
    };
    if setting.kind == Kind::Switch {
        let on = value.switch().ok_or_else(|| wants("true or false"))?;
        let wanted = on != (setting.turn == Turn::Not);
        return Ok(wanted
            .then(|| said(format!("--{flag}")))
            .into_iter()
            .collect());
    }
    let is_list = matches!(setting.kind, Kind::Words | Kind::Numbers);
    if let (Kind::Words, Some(path)) = (setting.kind, parted(value)) {
        return Err(path);
    }
    let words = value.elements().iter().map(|node| word(setting, node));
    let words: Option<Vec<String>> = words.collect();
    let words = match words.filter(|words| is_list || words.len() == 1) {
        Some(words) if !words.is_empty() => words,
        _ if value.is_nothing() => return Ok(Vec::new()),
        _ if is_list => return Err(wants("a value or a list of values")),
        _ => return Err(wants("one value")),
    };
    Ok(match setting.flag {
        Some(_) => vec![said(format!("--{flag}={}", words.join(",")))],
        None => words.into_iter().map(said).collect(),
    })
}

/// One value as the command line takes it; a switch among choices of on and off is one of them.
fn word(setting: &Setting, node: &Node) -> Option<String> {
    let is_on_off = setting.choices.iter().any(|choice| choice == "on");
    match node.switch() {
        Some(true) if is_on_off => Some("on".to_owned()),
        Some(false) if is_on_off => Some("off".to_owned()),
        _ => node.word().map(str::to_owned),
    }
}
