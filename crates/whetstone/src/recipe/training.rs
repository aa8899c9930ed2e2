//! The settings of a training, from a file: `whet train sft --config FILE.yml`.
//!
//! As with benchmarks, the command line is the list: every flag and word of the command is a key, with `_` or `-`. Keys
//! may stand at the top or in sections, as others write them, and names that published trainers have for a flag are
//! known. A file becomes words of the command line, behind those that were typed, and only for what these do not say;
//! so both are read, defaulted and refused by the same code. Nothing is trained here.

#[cfg(test)]
#[path = "training_tests.rs"]
mod tests;

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, Parser};

use super::mistake::{Mistake, refusal};
use super::published::{IDLE, PUBLISHED, SECTIONS};
use super::setting::{Said, Setting, said, settings_of_training};
use super::vars;
use super::yaml::{self, Key, Node};
use crate::cli::Cli;
use crate::exit::Usage;

/// Which training it is; a file for another one is refused.
const METHOD: &str = "method";
/// Keys about the file itself.
const ABOUT: [&str; 5] = ["vars", "version", "name", "notes", METHOD];
/// The settings that say which model a training begins with.
const BASE: [&str; 2] = ["model", "from"];
/// The setting that a run of a recipe leaves to the recipe.
const OUTPUT: &str = "output";

/// What a file says.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    said: Vec<(Setting, Said)>,
    /// The words without a flag that the command takes, in their order.
    words: Vec<String>,
    /// Keys that stand there and change nothing.
    pub(crate) idle: Vec<String>,
}

/// Whether a text holds the settings of a training, and of which.
pub(crate) fn method(text: &str, name: &str) -> Option<String> {
    let root = yaml::read(text, name, Path::new("")).ok()?;
    root.get(METHOD)?.word().map(str::to_owned)
}

impl Settings {
    /// Reads a file for `whet train METHOD`.
    ///
    /// # Errors
    /// Everything that is wrong in it, each with its place.
    pub(crate) fn read(path: &Path, method: &str) -> Result<Settings, Usage> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Usage(format!("cannot read the settings {name}: {error}")))?;
        Self::parse(&text, &name, path.parent().unwrap_or(Path::new("")), method)
    }

    pub(super) fn parse(
        text: &str,
        name: &str,
        folder: &Path,
        method: &str,
    ) -> Result<Settings, Usage> {
        let mut root = yaml::read(text, name, folder)?;
        // `targets` are matrices here, by their names.
        let targets = root.get("targets").map_or(&[][..], Node::elements);
        if targets.iter().any(|target| target.entries().is_some()) {
            return Err(Usage(format!(
                "{name} is a recipe and no file of settings; use `whet run {name}`, or take its run's config for a file of its own"
            )));
        }
        vars::substitute(&mut root).map_err(|mistakes| refusal(&mistakes))?;
        Self::of(&root, method).map_err(|mistakes| refusal(&mistakes))
    }

    /// Reads what a run of a recipe says under `config`, whose variables are filled in already.
    ///
    /// # Errors
    /// Everything that is wrong in it, and what the recipe says itself.
    pub(super) fn of_run(config: &Node, method: &str) -> Result<Settings, Vec<Mistake>> {
        let settings = Self::of(config, method)?;
        let entries = config.entries().unwrap_or_default();
        let vars = entries.iter().find(|(key, _)| key.name == "vars");
        let vars = vars.map(|(key, _)| {
            let why = "vars stand at the top of a recipe, and not in the config of a run";
            Mistake::at(&key.place, why)
        });
        let output = settings.said.iter().find(|(known, _)| known.id == OUTPUT);
        let output = output.map(|(_, said)| {
            let why = format!(
                "a run goes into the folder of artifacts; leave {} out",
                said.key
            );
            Mistake::at(&said.place, why)
        });
        let refused: Vec<Mistake> = vars.into_iter().chain(output).collect();
        match refused.is_empty() {
            true => Ok(settings),
            false => Err(refused),
        }
    }

    fn of(root: &Node, method: &str) -> Result<Settings, Vec<Mistake>> {
        right_method(root, method).map_err(|mistake| vec![mistake])?;
        let mut reading = Reading {
            method,
            known: known(method),
            settings: Settings {
                said: Vec::new(),
                words: words(method),
                idle: Vec::new(),
            },
            mistakes: Vec::new(),
        };
        reading.section("", root);
        match reading.mistakes.is_empty() {
            true => Ok(reading.settings),
            false => Err(reading.mistakes),
        }
    }

    /// The model that the training begins with.
    pub(super) fn base(&self) -> Option<&str> {
        self.of_base().map(|said| said.value())
    }

    fn of_base(&self) -> Option<&Said> {
        let mut all = self.said.iter();
        let found = all.find(|(setting, _)| BASE.contains(&setting.id.as_str()));
        found.map(|(_, said)| said)
    }

    /// Puts another model in its place.
    pub(super) fn put_base(&mut self, model: &str) {
        let mut all = self.said.iter_mut();
        if let Some((_, said)) = all.find(|(setting, _)| BASE.contains(&setting.id.as_str())) {
            said.put(model);
        }
    }

    /// A word without a flag that the command needs and nothing says.
    pub(super) fn missing(&self) -> Option<&str> {
        let is_said = |id: &&String| self.said.iter().any(|(setting, _)| setting.id == **id);
        self.words
            .iter()
            .find(|id| !is_said(id))
            .map(String::as_str)
    }

    /// All words: those without a flag first.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        let those = |is_flag: bool| {
            let all = self.said.iter();
            all.filter(move |(_, said)| said.flag.is_empty() != is_flag)
        };
        those(false)
            .chain(those(true))
            .map(|(_, said)| said.word.clone())
    }

    /// The command line with the file's words for what it does not say.
    ///
    /// # Errors
    /// A value that the command line would refuse, at its place in the file.
    pub(crate) fn resolved(&self, typed: Vec<OsString>) -> Result<Cli, Usage> {
        let matches = Cli::command()
            .try_get_matches_from(&typed)
            .map_err(|error| Usage(error.to_string()))?;
        let matches = deepest(&matches);
        let is_open = |(setting, _): &&(Setting, Said)| {
            matches.value_source(&setting.id) != Some(ValueSource::CommandLine)
        };
        let open: Vec<&(Setting, Said)> = self.said.iter().filter(is_open).collect();
        let is_said = |id: &String| {
            let is_typed = matches.value_source(id) == Some(ValueSource::CommandLine);
            is_typed || open.iter().any(|(setting, _)| setting.id == *id)
        };
        // A later word would be taken for the missing one.
        if let Some(id) = self.words.iter().find(|id| !is_said(id)) {
            let why = format!("neither the command line nor the file of --config says which {id}");
            return Err(Usage(why));
        }
        let words = |is_flag: bool| {
            let those = open
                .iter()
                .filter(move |(_, said)| said.flag.is_empty() != is_flag);
            those.map(|(_, said)| OsString::from(&said.word))
        };
        // Behind a bare -- flags would be words.
        let end = typed.iter().position(|word| word == "--");
        let (before, after) = typed.split_at(end.unwrap_or(typed.len()));
        let all: Vec<OsString> = [before.to_vec(), words(true).collect(), after.to_vec()].concat();
        let all = all.into_iter().chain(words(false));
        Cli::try_parse_from(all).map_err(|error| {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            self.placed(line.trim_start_matches("error: "))
        })
    }

    /// A complaint at the key that it is about, if there is one.
    pub(crate) fn placed(&self, why: &str) -> Usage {
        match self.mistake(why) {
            Some(mistake) => mistake.into(),
            None => Usage(why.to_owned()),
        }
    }

    /// The same; `None` if it is about no key.
    pub(super) fn mistake(&self, why: &str) -> Option<Mistake> {
        let (said, why) = self.about(why)?;
        Some(Mistake::at(&said.place, why))
    }

    fn about(&self, why: &str) -> Option<(&Said, String)> {
        let all = || self.said.iter();
        let flag = |said: &Said| format!("--{}", said.flag);
        let flagged = all().filter(|(_, said)| !said.flag.is_empty() && why.contains(&flag(said)));
        if let Some((_, said)) = flagged.max_by_key(|(_, said)| said.flag.len()) {
            return Some((said, why.replace(&flag(said), &said.key)));
        }
        let has = |wanted: &str| why.split([' ', ':', ';', ',']).any(|word| word == wanted);
        let named = all().find(|(setting, _)| has(&setting.id));
        let is_word = |value: &str| value.parse::<f64>().is_err() && has(value);
        let quoted = || all().find(|(_, said)| said.values().any(is_word));
        let (_, said) = named.or_else(quoted)?;
        Some((said, why.to_owned()))
    }
}

fn right_method(root: &Node, method: &str) -> Result<(), Mistake> {
    match root.get(METHOD) {
        Some(node) if node.word() != Some(method) => {
            let found = node.word().unwrap_or_default();
            let why =
                format!("these are settings of `whet train {found}`, not of `whet train {method}`");
            Err(Mistake::at(&node.place, why))
        }
        _ => Ok(()),
    }
}

/// The trainings that there are.
pub(super) fn methods() -> Vec<String> {
    let whet = Cli::command();
    let train = whet.find_subcommand("train").expect("train is a command");
    let names = train.get_subcommands().map(clap::Command::get_name);
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The words without a flag that a training takes.
fn words(method: &str) -> Vec<String> {
    let known = known(method).into_iter();
    let mut ids: Vec<String> = known
        .filter(|setting| setting.is_word() && setting.name == setting.id)
        .map(|setting| setting.id)
        .collect();
    ids.dedup();
    ids
}

/// The settings of a training under every name: published ones first.
pub(super) fn known(method: &str) -> Vec<Setting> {
    let whet = Cli::command();
    let train = whet.find_subcommand("train").expect("train is a command");
    let command = train
        .find_subcommand(method)
        .expect("every method is a command");
    let own = settings_of_training(command);
    let published = PUBLISHED.iter().filter_map(|(name, words)| {
        let named = |word: &&str| own.iter().find(|setting| setting.name == **word);
        let setting = words.iter().find_map(named)?;
        Some(setting.under(name))
    });
    let published: Vec<Setting> = published
        .filter(|new| own.iter().all(|setting| setting.name != new.name))
        .collect();
    published.into_iter().chain(own).collect()
}

/// A file on its way into settings.
struct Reading<'a> {
    method: &'a str,
    known: Vec<Setting>,
    settings: Settings,
    mistakes: Vec<Mistake>,
}

impl Reading<'_> {
    fn section(&mut self, section: &str, node: &Node) {
        let Some(entries) = node.entries() else {
            let why = format!("here stand keys with values: {}", self.names().join(", "));
            return self.mistakes.push(Mistake::at(&node.place, why));
        };
        for (key, value) in entries {
            let name = key.name.replace('-', "_");
            let at_top = section.is_empty();
            if at_top && SECTIONS.contains(&name.as_str()) && value.entries().is_some() {
                self.section(&name, value);
            } else if at_top && ABOUT.contains(&name.as_str()) {
                continue;
            } else {
                self.entry((section, &name), key, value);
            }
        }
    }

    fn entry(&mut self, (section, name): (&str, &str), key: &Key, value: &Node) {
        let of_section = format!("{section}.{name}");
        let called = |wanted: &str| self.known.iter().find(|setting| setting.name == wanted);
        let Some(setting) = called(&of_section).or_else(|| called(name)).cloned() else {
            return match IDLE.contains(&name) {
                true => self.settings.idle.push(key.name.clone()),
                false => self.unknown(key),
            };
        };
        let earlier = self.settings.said.iter();
        let mut earlier = earlier.filter(|(known, _)| known.id == setting.id);
        if let Some((_, said)) = earlier.next() {
            let why = format!(
                "{} says this already, in line {}",
                said.key, said.place.line
            );
            return self.mistakes.push(Mistake::at(&key.place, why));
        }
        match said(&setting, key, value) {
            Ok(words) => {
                let words = words.into_iter().map(|said| (setting.clone(), said));
                self.settings.said.extend(words);
                self.settings
                    .said
                    .sort_by_key(|(setting, _)| setting.position);
            }
            Err(mistake) => self.mistakes.push(mistake),
        }
    }

    fn unknown(&mut self, key: &Key) {
        let what = format!("setting of whet train {} called", self.method);
        let names = self.names();
        let mistake = Mistake::unknown(&key.place, &what, &key.name.replace('-', "_"), &names);
        self.mistakes.push(mistake);
    }

    /// Names to offer, without those that belong to a section.
    fn names(&self) -> Vec<&str> {
        let names = self.known.iter().map(|setting| setting.name.as_str());
        names.filter(|name| !name.contains('.')).collect()
    }
}

/// The matches of the command that was typed.
fn deepest(matches: &ArgMatches) -> &ArgMatches {
    match matches.subcommand() {
        Some((_, below)) => deepest(below),
        None => matches,
    }
}
