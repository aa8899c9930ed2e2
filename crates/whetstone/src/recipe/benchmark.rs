//! One benchmark of a recipe: its keys are read, and become the words of `whet bench NAME`.
//!
//! Which settings there are, [`super::setting`] takes from the command line itself; here stands what a recipe says
//! beside them: the models by their roles, and flags of the whole target. What is deliberately not here: whether a
//! value is sensible. The command line says that, and [`Benchmark::mistake`] finds the key it speaks of.

use super::setting::{Said, benchmarks, command, multiplied, said, settings};
use super::{Mistake, Node, Place, elements, word};
use crate::custom;

/// Keys of `config` that are no flag.
const BESIDE: [&str; 2] = ["type", "checkpoint"];
/// Roles that mean nothing by themselves.
const ROLES: [&str; 2] = ["teacher", "student"];
/// The benchmark whose settings are data as well.
pub(super) const CUSTOM: &str = "custom";

/// One benchmark of a target.
#[derive(Debug, Clone)]
pub(crate) struct Benchmark {
    pub(crate) id: String,
    pub(crate) place: Place,
    /// The models, as the command line names them.
    pub(crate) models: Vec<String>,
    pub(crate) repeats: u32,
    /// Whether everything that it says could be read. What could not has been found wrong already.
    pub(crate) is_whole: bool,
    /// A role that nothing names, where a training of another program may leave the model: a mistake once it is wanted.
    pub(crate) lacks: Option<Mistake>,
    /// The command below `whet bench`.
    command: String,
    settings: Vec<Said>,
    /// Flags of the whole target.
    shared: Vec<String>,
}

/// The benchmark as far as it can be read, and what is wrong with it. `scopes` are the target and the recipe, in the
/// order in which they are asked; `goes_without` says that a role which nothing names is no mistake yet.
pub(super) fn benchmark(
    node: &Node,
    scopes: &[&Node],
    goes_without: bool,
) -> (Option<Benchmark>, Vec<Mistake>) {
    let config = node
        .get("config")
        .expect("a checked benchmark has a config");
    let command = match kind(config) {
        Ok(command) => command,
        Err(mistake) => return (None, vec![mistake]),
    };
    let (settings, mut mistakes) = of_config(config, &command);
    let (models, mut missing) = models(node, config, scopes);
    let lacks = missing.first().filter(|_| goes_without).cloned();
    if lacks.is_none() {
        mistakes.append(&mut missing);
    }
    let repeats = node.get("repeats").and_then(Node::word);
    let benchmark = Benchmark {
        id: word(node, "id"),
        place: node.place.clone(),
        models,
        repeats: repeats.map_or(Ok(1), str::parse).unwrap_or(u32::MAX),
        is_whole: mistakes.is_empty(),
        lacks,
        command: command.get_name().to_owned(),
        settings,
        shared: shared(scopes),
    };
    (Some(benchmark), mistakes)
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

fn of_config(config: &Node, command: &clap::Command) -> (Vec<Said>, Vec<Mistake>) {
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
    (multiplied(words), mistakes)
}

/// The models of a benchmark: roles of the target or the recipe, or words of the command line, with or without an
/// adapter behind a plus. A `checkpoint` in the config is the student, or the only model there is.
fn models(node: &Node, config: &Node, scopes: &[&Node]) -> (Vec<String>, Vec<Mistake>) {
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
    (models, mistakes)
}

/// Flags that a target, or the recipe, says for all benchmarks.
fn shared(scopes: &[&Node]) -> Vec<String> {
    let first = |key: &str| scopes.iter().find_map(|scope| scope.get(key));
    let mut words = Vec::new();
    for key in ["seed", "threads", "device", "adapter"] {
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
            self.command != "spec"
                || ["--seed", "--threads", "--device"]
                    .iter()
                    .any(|flag| word.starts_with(flag))
        };
        words.extend(shared.filter(fits).cloned());
        words
    }

    /// The words with a count as it is once it has been repeated.
    pub(crate) fn saying(words: &[String], flag: &str, count: u64) -> Vec<String> {
        let flag = format!("--{flag}=");
        let mut words = words.to_vec();
        let said = format!("{flag}{count}");
        match words.iter_mut().find(|word| word.starts_with(&flag)) {
            Some(word) => *word = said,
            None => words.push(said),
        }
        words
    }

    /// The setting that a complaint about these words is about: the one whose flag it names, or else whose value.
    pub(crate) fn blamed(&self, why: &str) -> Option<usize> {
        let all = || self.settings.iter().enumerate();
        let named = all().filter(|(_, said)| said.is_named_in(why));
        let quotes = |said: &Said| {
            let mut words = why.split([' ', ':', ';', ',']);
            words.any(|word| said.values().any(|value| value == word))
        };
        let quoted = || all().find(|(_, said)| quotes(said));
        let longest = named.max_by_key(|(_, said)| said.flag.len());
        longest.or_else(quoted).map(|(at, _)| at)
    }

    /// The same without one of its settings.
    pub(crate) fn without(&self, at: usize) -> Benchmark {
        let mut other = self.clone();
        other.settings.remove(at);
        other
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
        match self.blamed(why).map(|at| &self.settings[at]) {
            Some(said) if said.is_named_in(why) => {
                let why = why.replace(&format!("--{}", said.flag), &said.key);
                Mistake::at(&said.place, why)
            }
            Some(said) => Mistake::at(&said.place, why),
            None => Mistake::at(&self.place, format!("{}: {why}", self.id)),
        }
    }
}
