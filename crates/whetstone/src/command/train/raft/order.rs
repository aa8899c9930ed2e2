//! What a RAFT run is asked to do: by flags, or by `raft.json` of the folder that it goes on with.
//!
//! Nothing is loaded here; a wrong word is refused before anything is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use decoder::Target;
use improve::raft::{Curriculum, History, RaftPlan, Repairs, Shaping};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use task::{PromptProfile, Suite};

use crate::cli::{FilterFlags, MemoryFlags, Prompt, RaftFlags, SamplingFlags, TrainingFlags};
use crate::compute::Compute;
use crate::exit::Usage;
use crate::subject::Finder;
use crate::suites;

/// The file that says what a run is.
pub(super) const FILE: &str = "raft.json";

/// Where repairs are asked for: of two answers of each unsolved prompt.
const REPAIRS: Repairs = Repairs {
    samples: 4,
    per_prompt: 2,
    temperature: 0.8,
};

/// `raft.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) whet_version: String,
    /// Local time; prompts whose template prints a date print this one in every phase.
    pub(super) started_at: String,
    pub(super) model: ModelWord,
    pub(super) suites: Vec<SuiteWord>,
    pub(super) held_out: Vec<SuiteWord>,
    /// The wording of function tasks; `None` for the one that fits the model.
    pub(super) prompt: Option<PromptProfile>,
    #[serde(flatten)]
    pub(super) compute: Compute,
    pub(super) history: History,
    pub(super) plan: RaftPlan,
    /// With what it was begun; empty in a plan and in files of older programs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) engine: BTreeMap<String, Value>,
    /// Where it was begun, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) machine: BTreeMap<String, Value>,
    /// What has to be said of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) said: Vec<String>,
}

/// The model, as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ModelWord {
    pub(super) word: String,
    /// Empty in a plan for which nothing was looked for.
    pub(super) name: String,
    pub(super) sha256: String,
}

/// A suite, as it was named and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SuiteWord {
    pub(super) word: String,
    /// Only so many of its first problems.
    pub(super) limit: Option<usize>,
    /// Of its problems; empty in a plan for which nothing was looked for.
    pub(super) sha256: String,
}

impl Order {
    /// The order that flags give. Suites are not read yet.
    pub(super) fn of(flags: &RaftFlags) -> Result<Order> {
        let plan = plan(flags)?;
        let idle = idle(flags, &plan);
        let words = |words: &[String], limit: Option<usize>| -> Result<Vec<SuiteWord>> {
            if limit == Some(0) {
                return Err(Usage("a limit must be at least 1".into()).into());
            }
            let word = |word: &String| {
                suites::known(word)?;
                Ok(SuiteWord {
                    word: word.clone(),
                    limit,
                    sha256: String::new(),
                })
            };
            words.iter().map(word).collect()
        };
        Ok(Order {
            whet_version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            model: ModelWord {
                word: flags.model.clone().unwrap_or_default(),
                ..ModelWord::default()
            },
            suites: words(&flags.suite, flags.limit)?,
            held_out: words(&flags.held_out, flags.held_out_limit)?,
            prompt: flags.sampling.prompt.and_then(profile),
            compute: Compute::asked(flags.threads, &flags.device),
            history: history(flags.sampling.history.as_deref())?,
            plan,
            engine: BTreeMap::new(),
            machine: BTreeMap::new(),
            said: {
                let fallback = flags.device.fallback().map(|w| w.message);
                fallback.into_iter().chain(idle).collect()
            },
        })
    }

    /// The order that a folder holds.
    pub(super) fn read(folder: &Path) -> Result<Order> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let what = "is no folder of `whet train raft`";
            Usage(format!("{} {what}: {FILE}: {error}", folder.display()))
        })?;
        serde_json::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    /// [`Order::started_at`] as a time.
    pub(super) fn now(&self) -> Result<jiff::civil::DateTime> {
        self.started_at.parse().context("started_at in raft.json")
    }

    /// Writes it where [`Order::read`] finds it. A folder that holds another one is refused.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        if folder.join(FILE).exists() {
            let what = "holds a run already; go on with it by --resume, or take another folder";
            return Err(Usage(format!("{} {what}", folder.display())).into());
        }
        self.keep(folder)
    }

    /// Writes it over what is there.
    pub(super) fn keep(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        ledger::write_derived(folder, FILE, &text)?;
        Ok(())
    }

    /// Reads suites, notes their hashes, and holds them against those that were noted before.
    pub(super) fn find(words: &mut [SuiteWord], finder: &Finder<'_>) -> Result<Vec<Suite>> {
        let find = |word: &mut SuiteWord| {
            let mut suite = suites::find(&word.word, finder)?;
            if word.sha256.is_empty() {
                word.sha256.clone_from(&suite.sha256);
            } else if word.sha256 != suite.sha256 {
                return Err(Usage(format!(
                    "the problems of {} are not those that this run began with (SHA-256 then {}); start a new run",
                    suite.name, word.sha256
                ))
                .into());
            }
            suite.problems.truncate(word.limit.unwrap_or(usize::MAX));
            Ok(suite)
        };
        words.iter_mut().map(find).collect()
    }
}

fn profile(prompt: Prompt) -> Option<PromptProfile> {
    match prompt {
        Prompt::Auto => None,
        Prompt::EvalplusChat => Some(PromptProfile::EvalplusChat),
        Prompt::EvalplusBase => Some(PromptProfile::EvalplusBase),
        Prompt::Raw => Some(PromptProfile::Raw),
    }
}

fn history(path: Option<&Path>) -> Result<History> {
    let Some(path) = path else {
        return Ok(History::new());
    };
    let refused =
        |error: &dyn std::fmt::Display| Usage(format!("--history {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
    let text = text.trim_start_matches('\u{feff}');
    Ok(serde_json::from_str(text).map_err(|error| refused(&error))?)
}

/// The preset with the user's changes.
fn plan(flags: &RaftFlags) -> Result<RaftPlan> {
    let usage = |error: improve::Error| Usage(error.to_string());
    let mut plan = RaftPlan::preset(&flags.preset).map_err(usage)?;
    plan.seed = flags.seed;
    plan.recipe.seed = flags.seed;
    change_sampling(&mut plan, &flags.sampling)?;
    change_filter(&mut plan, &flags.filter)?;
    if flags.training.max_steps == Some(0) {
        return Err(Usage("max_steps must be at least 1".into()).into());
    }
    change_training(&mut plan, &flags.training);
    change_memory(&mut plan, &flags.memory);
    for name in &plan.adapter.targets {
        Target::parse(name).map_err(|error| Usage(error.to_string()))?;
    }
    plan.check().map_err(usage)?;
    plan.check_measures(!flags.held_out.is_empty())
        .map_err(usage)?;
    Ok(plan)
}

/// What was asked for and does nothing in this plan, in words for the report.
fn idle(flags: &RaftFlags, plan: &RaftPlan) -> Vec<String> {
    let RaftFlags {
        sampling, training, ..
    } = flags;
    let looks = [
        ("--patience", training.patience.is_some()),
        ("--evaluate-every", training.evaluate_every.is_some()),
        ("--least-gain", training.least_gain.is_some()),
    ];
    let holds_back = plan.recipe.held_out > 0.0;
    let named = looks
        .into_iter()
        .filter(|(_, is_asked)| *is_asked && !holds_back);
    let mut idle: Vec<String> = named
        .map(|(flag, _)| format!("{flag} does nothing without rows held back (--hold-back)"))
        .collect();
    if sampling.history.is_some() && plan.curriculum != Curriculum::Historical {
        idle.push("--history does nothing without --curriculum historical".into());
    }
    if sampling.temperature_end.is_some() && plan.cycles == 1 {
        idle.push("--temperature-end does nothing in a run of one cycle".into());
    }
    idle
}

fn set<T: Clone>(place: &mut T, asked: &Option<T>) {
    if let Some(value) = asked {
        *place = value.clone();
    }
}

fn set_some<T: Clone>(place: &mut Option<T>, asked: &Option<T>) {
    if asked.is_some() {
        place.clone_from(asked);
    }
}

fn change_sampling(plan: &mut RaftPlan, asked: &SamplingFlags) -> Result<()> {
    set(&mut plan.cycles, &asked.cycles);
    set(&mut plan.batch, &asked.batch);
    set_some(&mut plan.temperature_end, &asked.temperature_end);
    set_some(&mut plan.max_new_tokens, &asked.max_new_tokens);
    set_some(&mut plan.measure_prompts, &asked.measure_prompts);
    let sampling = &mut plan.sampling;
    set(&mut sampling.samples_per_prompt, &asked.samples_per_prompt);
    set(&mut sampling.temperature, &asked.temperature);
    set(&mut sampling.top_k, &asked.top_k);
    set(&mut sampling.top_p, &asked.top_p);
    let measuring = &mut plan.measuring;
    set(&mut measuring.samples_per_prompt, &asked.measure_samples);
    set(&mut measuring.temperature, &asked.measure_temperature);
    if let Some(name) = &asked.curriculum {
        plan.curriculum = named::<Curriculum>("curriculum", name)?;
    }
    Ok(())
}

fn change_filter(plan: &mut RaftPlan, asked: &FilterFlags) -> Result<()> {
    let filter = &mut plan.filter;
    set(&mut filter.reward_threshold, &asked.reward_threshold);
    set(&mut filter.keep_top_percent, &asked.keep_top_percent);
    set_some(&mut filter.min_samples, &asked.min_samples);
    set_some(&mut filter.per_prompt, &asked.per_prompt);
    if let Some(samples) = asked.repairs {
        plan.repairs = Some(Repairs { samples, ..REPAIRS });
    }
    if let Some(name) = &asked.reward_shaping {
        plan.reward_shaping = named::<Shaping>("reward-shaping", name)?;
    }
    Ok(())
}

fn change_training(plan: &mut RaftPlan, asked: &TrainingFlags) {
    let recipe = &mut plan.recipe;
    set(&mut recipe.learning_rate, &asked.learning_rate);
    if let Some(epochs) = asked.epochs {
        recipe.epochs = epochs;
        // Whoever names epochs means them.
        (plan.least_steps, plan.enough_steps) = (0, 0);
    }
    set(&mut recipe.most_steps, &asked.max_steps);
    set(&mut recipe.held_out, &asked.hold_back);
    set(&mut recipe.evaluate_every, &asked.evaluate_every);
    set(&mut recipe.patience, &asked.patience);
    set(&mut recipe.least_gain, &asked.least_gain);
    set(&mut plan.cycle_patience, &asked.cycle_patience);
    set(&mut recipe.batch, &asked.train_batch);
    set(&mut recipe.accumulate, &asked.accumulate);
    set(&mut recipe.weight_decay, &asked.weight_decay);
    set(&mut recipe.clip, &asked.clip);
    set(&mut recipe.warmup, &asked.warmup);
    set(&mut recipe.dropout, &asked.dropout);
    set(&mut plan.lr_decay_per_cycle, &asked.lr_decay);
    let adapter = &mut plan.adapter;
    if let Some(rank) = asked.rank {
        adapter.rank = rank;
        adapter.alpha = 2.0 * rank as f64;
    }
    set(&mut adapter.alpha, &asked.alpha);
    if !asked.targets.is_empty() {
        adapter.targets.clone_from(&asked.targets);
    }
}

/// What a training takes of memory.
pub(super) fn change_memory(plan: &mut RaftPlan, asked: &MemoryFlags) {
    plan.recipe.recompute |= asked.recompute;
    set(&mut plan.longest, &asked.longest);
}

/// A rule by its name in JSON.
fn named<T: DeserializeOwned>(flag: &str, name: &str) -> Result<T> {
    let found = serde_json::from_value(Value::from(name));
    let named = |error: serde_json::Error| Usage(format!("--{flag}: {error}"));
    Ok(found.map_err(named)?)
}

/// Where a run goes for which no folder was named.
pub(super) fn folder(asked: Option<&PathBuf>, model: &str) -> PathBuf {
    asked.cloned().unwrap_or_else(|| {
        let now = jiff::Zoned::now().strftime("%Y%m%d_%H%M%S");
        Path::new("runs").join(format!("{model}_raft_{now}"))
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command, Train};

    fn idle_of(typed: &[&str]) -> Vec<String> {
        let words = [
            "whet", "train", "raft", "m.gguf", "--suite", "cpp-demo", "--cycles", "1",
        ];
        let cli = Cli::try_parse_from(words.iter().chain(typed)).unwrap();
        let Command::Train(Train::Raft(flags)) = cli.command else {
            panic!("another command");
        };
        idle(&flags, &plan(&flags).unwrap())
    }

    #[test]
    fn flags_that_do_nothing_in_this_plan_are_named() {
        assert_eq!(idle_of(&[]), Vec::<String>::new());
        let said = idle_of(&["--patience", "3", "--temperature-end", "1.2"]);
        assert!(said[0].starts_with("--patience does nothing"), "{said:?}");
        assert!(said[1].starts_with("--temperature-end"), "{said:?}");
        let holding = idle_of(&["--patience", "3", "--hold-back", "0.2"]);
        assert_eq!(holding, Vec::<String>::new());
    }
}
