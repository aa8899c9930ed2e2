//! What a `whet bench spec` is asked to do: by its flags, or by the header of the run that it goes on with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bench::Plan;
use bench::plan::{Drafting, SpeculationPlan};
use bench::speculation::prompts::{self, Prompts};
use ledger::record::{AdapterRecord, ModelRecord, RunHeader, Warning};

use super::{DRAFT, DRAFT_LORA, guessing, same_file, same_files};
use crate::adapters::{self, Found};
use crate::cli::Speculation;
use crate::compute::Compute;
use crate::exit::{Usage, unusable};
use crate::subject::{self, Located};
use crate::words::count;

/// Guesses of a pass at most: longer ones cost more rows than any draft here earns.
const MOST_DRAFTED: usize = 16;

/// What is to be measured.
pub(super) struct Order {
    pub(super) plan: Plan,
    pub(super) prompts: Prompts,
    pub(super) adapter: Found,
    /// Whether somebody named it; one that was only found may turn out not to fit.
    is_adapter_named: bool,
    /// The words for the models.
    pub(super) target: String,
    pub(super) draft: Option<String>,
    /// The folder of run folders, and what a new one is called before its time.
    pub(super) runs: PathBuf,
    pub(super) name: Option<String>,
    /// Which files of the report are wanted, if a recipe says it.
    pub(super) formats: Option<Vec<String>>,
    /// Where the JSON of the suite goes, from any folder.
    pub(super) output: Option<PathBuf>,
    /// The run that is gone on with, and what it began with: target and draft, and what `-a` laid over the draft.
    pub(super) resume: Option<PathBuf>,
    began_with: Vec<ModelRecord>,
    laid: Option<AdapterRecord>,
    /// What has to be said if another device was asked for than computes.
    pub(super) fallback: Option<Warning>,
}

impl Order {
    pub(super) fn of(flags: &Speculation) -> Result<Order> {
        let prompts = prompts(flags)?;
        let adapter = adapter(flags)?;
        Ok(Order {
            plan: plan(flags, &prompts, &adapter)?,
            prompts,
            adapter,
            is_adapter_named: is_adapter_named(flags),
            target: flags.target.clone(),
            draft: flags.draft.clone(),
            runs: flags.runs.clone(),
            name: flags.name.clone(),
            formats: flags.formats.clone(),
            output: flags.output.as_ref().map(std::path::absolute).transpose()?,
            resume: None,
            began_with: Vec::new(),
            laid: None,
            fallback: flags.device.fallback(),
        })
    }

    /// The order of an earlier run.
    pub(super) fn resumed(folder: PathBuf, header: &RunHeader) -> Result<Order> {
        let plan: Plan = serde_json::from_value(header.plan.clone())
            .with_context(|| format!("the plan in {}/run.json", folder.display()))?;
        let asked = plan.speculation.as_ref().context("no such plan")?;
        let prompts = match asked.prompts.as_str() {
            prompts::NAME => Prompts::bundled(),
            path => of_file(Path::new(path))?,
        };
        if prompts.sha256 != asked.sha256 {
            return Err(Usage(format!(
                "the prompts {} are not those that this run began with (SHA-256 then {}); start a new run",
                asked.prompts, asked.sha256
            ))
            .into());
        }
        let draft = guessing(header, DRAFT);
        let target = header.models.first().context("the run has no model")?;
        let lora = guessing(header, DRAFT_LORA);
        Ok(Order {
            adapter: match &asked.adapter {
                Some(path) => Found::At(path.into()),
                None => Found::NotWanted,
            },
            is_adapter_named: true,
            prompts,
            target: subject::word_of(target),
            draft: draft.as_ref().map(subject::word_of),
            runs: PathBuf::new(),
            name: None,
            formats: None,
            output: None,
            began_with: std::iter::once(target.clone()).chain(draft).collect(),
            laid: lora.and_then(|lora| lora.adapter),
            fallback: None,
            resume: Some(folder),
            plan,
        })
    }

    /// What will be asked of whom: how many prompts of which kinds, and by which ways of guessing.
    pub(super) fn said(&self) -> Option<String> {
        let plan = self.plan.speculation.as_ref()?;
        let asked = self.prompts.list.iter();
        let asked = asked.take(plan.limit.unwrap_or(usize::MAX));
        let mut kinds: Vec<(&str, usize)> = Vec::new();
        for kind in asked.map(|prompt| prompt.category.as_str()) {
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, n)) => *n += 1,
                None => kinds.push((kind, 1)),
            }
        }
        let n = kinds.iter().map(|(_, n)| n).sum();
        let kinds: Vec<String> = kinds
            .iter()
            .map(|(kind, n)| format!("{n} {kind}"))
            .collect();
        let modes: Vec<&str> = plan.modes.iter().map(|mode| mode.name()).collect();
        Some(format!(
            "Asking {} ({}), answers of up to {} tokens, {} by each of: {}.",
            count(n, "prompt"),
            kinds.join(", "),
            plan.max_tokens,
            count(plan.iterations, "iteration"),
            modes.join(", ")
        ))
    }

    /// Goes on without an adapter that could not be loaded and that nobody named.
    ///
    /// # Errors
    /// The cause, if the adapter was named or nothing is left without it.
    pub(super) fn skip_adapter(&mut self, cause: anyhow::Error) -> Result<()> {
        let path = self.adapter.path().unwrap_or(Path::new(""));
        let reason = format!("{} was found and does not fit: {cause:#}", path.display());
        let without = without_adapter(&self.plan, &reason);
        if self.is_adapter_named || without.check().is_err() {
            return Err(cause);
        }
        self.plan = without;
        self.adapter = Found::Missing(reason);
        Ok(())
    }

    /// Gives models the names that the run knows, and refuses files that it did not begin with.
    pub(super) fn recognise(&self, located: &mut [Located]) -> Result<()> {
        for (located, record) in located.iter_mut().zip(&self.began_with) {
            same_files(located, record)?;
            located.name.clone_from(&record.name);
        }
        match (&self.laid, self.adapter.path()) {
            (Some(record), Some(path)) => same_file(path, &record.sha256),
            _ => Ok(()),
        }
    }
}

/// Whether a run is one of speculative decoding.
pub(in crate::command) fn is_of(header: &RunHeader) -> bool {
    header
        .plan
        .get("speculation")
        .is_some_and(|plan| !plan.is_null())
}

/// Whether a run was asked for by these flags, which make that plan. What it is called counts for nothing.
pub(in crate::command) fn has_asked(header: &RunHeader, flags: &Speculation, plan: &Plan) -> bool {
    let Ok(then) = serde_json::from_value::<Plan>(header.plan.clone()) else {
        return false;
    };
    let same_draft = match (guessing(header, DRAFT), &flags.draft) {
        (Some(record), Some(word)) => subject::is_named(&record, word),
        (None, None) => true,
        _ => false,
    };
    let target = header.models.first();
    let same_target = target.is_some_and(|record| subject::is_named(record, &flags.target));
    let as_then = Plan {
        preset: then.preset.clone(),
        ..plan.clone()
    };
    let skipped = then.speculation.as_ref().and_then(|then| {
        let unasked = !is_adapter_named(flags) && then.adapter.is_none();
        then.adapter_skipped.as_ref().filter(|_| unasked)
    });
    let same_plan = match skipped {
        Some(reason) => then == without_adapter(&as_then, reason),
        None => then == as_then,
    };
    same_target && same_draft && same_plan
}

/// What flags ask for, with every default filled in.
pub(in crate::command) fn plan_of(flags: &Speculation) -> Result<Plan> {
    plan(flags, &prompts(flags)?, &adapter(flags)?)
}

fn prompts(flags: &Speculation) -> Result<Prompts> {
    match &flags.prompts_file {
        Some(path) => of_file(path),
        None => Ok(Prompts::bundled()),
    }
}

fn of_file(path: &Path) -> Result<Prompts> {
    let name = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|error| Usage(format!("cannot read {name}: {error}")))?;
    Prompts::of_file(&name, &bytes).map_err(unusable)
}

fn adapter(flags: &Speculation) -> Result<Found> {
    if flags.skip_lora || flags.draft.is_none() {
        return Ok(Found::NotWanted);
    }
    if let Some(path) = &flags.promised {
        return Ok(Found::At(path.clone()));
    }
    match (&flags.adapter, &flags.draft) {
        (None, Some(draft)) => adapters::best_of(&subject::base_of(draft), &flags.adapter_dir),
        (word, _) => adapters::find(word.as_deref(), &flags.adapter_dir),
    }
}

/// Whether the phase with an adapter was asked for by naming one.
fn is_adapter_named(flags: &Speculation) -> bool {
    flags.adapter.is_some() || flags.promised.is_some()
}

/// A plan without the phase with an adapter, for a reason.
fn without_adapter(plan: &Plan, reason: &str) -> Plan {
    let mut plan = plan.clone();
    if let Some(asked) = &mut plan.speculation {
        asked.modes.retain(|mode| *mode != Drafting::DraftLora);
        asked.adapter = None;
        asked.adapter_skipped = Some(reason.to_owned());
    }
    plan
}

fn plan(flags: &Speculation, prompts: &Prompts, adapter: &Found) -> Result<Plan> {
    let speculation = SpeculationPlan {
        modes: modes(flags, adapter)?,
        prompts: prompts.name.clone(),
        sha256: prompts.sha256.clone(),
        limit: flags.limit,
        max_tokens: flags.max_tokens,
        iterations: flags.iterations,
        draft_length: flags.draft_length,
        most_drafted: MOST_DRAFTED.max(flags.draft_length.unwrap_or(0)),
        whole_tiles: flags.whole_tiles,
        adapter: adapter.path().map(|path| path.display().to_string()),
        adapter_skipped: match adapter {
            Found::Missing(reason) => Some(reason.clone()),
            _ => None,
        },
    };
    let Compute { threads, device } = Compute::asked(flags.threads, &flags.device);
    let plan = Plan {
        preset: "speculation".into(),
        code: None,
        perplexity: None,
        memory: None,
        latency: None,
        divergence: None,
        speculation: Some(speculation),
        device,
        ..Plan::quick(flags.seed, threads)
    };
    plan.check().map_err(Usage)?;
    Ok(plan)
}

/// The target alone, and what was asked for of what is possible.
fn modes(flags: &Speculation, adapter: &Found) -> Result<Vec<Drafting>> {
    let possible = |mode: &Drafting| match mode {
        Drafting::DraftLora => adapter.path().is_some(),
        mode => flags.draft.is_some() || !mode.needs_draft(),
    };
    let mut modes = vec![Drafting::Target];
    for name in &flags.modes {
        let known = Drafting::ALL.iter().find(|mode| mode.name() == name);
        let Some(mode) = known else {
            let names = Drafting::ALL.map(Drafting::name).join(", ");
            return Err(Usage(format!(
                "no way of guessing is called {name}; there are {names}"
            ))
            .into());
        };
        if !possible(mode) && *mode != Drafting::DraftLora {
            return Err(Usage(format!(
                "--modes {name} needs a model that guesses; name one with --draft"
            ))
            .into());
        }
        if possible(mode) && !modes.contains(mode) {
            modes.push(*mode);
        }
    }
    if flags.modes.is_empty() {
        modes = Drafting::ALL.into_iter().filter(possible).collect();
    }
    Ok(modes)
}
