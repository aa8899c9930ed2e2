//! `whet bench spec`: a target, a draft, and what guessing ahead gains.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use bench::plan::{Drafting, SpeculationPlan};
use bench::speculation::prompts::Prompts;
use bench::speculation::{self, Cast, Gate};
use bench::{Desk, Plan};
use ledger::record::RunHeader;
use llama::Adapter;
use measure::SystemClock;

use super::bench::Watched;
use crate::adapters::{self, Found};
use crate::cli::Speculation;
use crate::destination;
use crate::exit::{Exit, Usage, unusable};
use crate::subject::{Finder, Loaded, Located, threads};
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::{interrupt, provenance};

/// Guesses of a pass at most: longer ones cost more rows than any draft here earns.
const MOST_DRAFTED: usize = 16;

/// Measures speculative decoding.
pub(crate) fn run(flags: &Speculation, terminal: &Terminal, offline: bool) -> Result<Exit> {
    if flags.dry_run {
        terminal.result(&serde_json::to_string_pretty(&plan_of(flags)?)?)?;
        return Ok(Exit::Done);
    }
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let (exit, folder) = measure(flags, &finder)?;
    super::bench::show(&folder, exit, flags.format, terminal)
}

/// What flags ask for, with every default filled in.
pub(super) fn plan_of(flags: &Speculation) -> Result<Plan> {
    plan(flags, &prompts(flags)?, &adapter(flags)?)
}

/// Measures and writes the report; returns how it ended and the run folder.
pub(super) fn measure(flags: &Speculation, finder: &Finder<'_>) -> Result<(Exit, PathBuf)> {
    let prompts = prompts(flags)?;
    let adapter = adapter(flags)?;
    let plan = plan(flags, &prompts, &adapter)?;
    // Found out now, and not after the last answer.
    flags
        .output
        .as_deref()
        .map(destination::check)
        .transpose()?;
    if let Found::Missing(reason) = &adapter {
        let terminal = finder.terminal;
        terminal.note(&format!("The phase with an adapter is skipped: {reason}"));
    }
    let models = Models::open(flags, finder, &adapter, plan.threads)?;
    let (gate, folder) = models.measure(flags, &plan, &prompts, finder)?;
    let run = ledger::read(&folder)?;
    super::bench::write_report(&folder, &run, finder.terminal.readings())?;
    if let Some(path) = &flags.output {
        write_suite(path, &run, &prompts)?;
    }
    let exit = match (finder.stop.load(Ordering::Relaxed), gate.n_faults) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Done,
        (false, _) => Exit::Gate,
    };
    Ok((exit, folder))
}

fn prompts(flags: &Speculation) -> Result<Prompts> {
    let Some(path) = &flags.prompts_file else {
        return Ok(Prompts::bundled());
    };
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
    adapters::find(flags.adapter.as_deref(), &flags.adapter_dir)
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
    let plan = Plan {
        preset: "speculation".into(),
        code: None,
        perplexity: None,
        memory: None,
        latency: None,
        divergence: None,
        speculation: Some(speculation),
        ..Plan::quick(flags.seed, threads(flags.threads))
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

/// The models of a run, loaded.
struct Models {
    located: Vec<Located>,
    target: Loaded,
    draft: Option<Loaded>,
    lora: Option<Loaded>,
}

impl Models {
    fn open(
        flags: &Speculation,
        finder: &Finder<'_>,
        adapter: &Found,
        threads: usize,
    ) -> Result<Models> {
        let clock = SystemClock::start();
        let mut located = vec![finder.locate(&flags.target)?];
        located.extend(
            flags
                .draft
                .as_ref()
                .map(|word| finder.locate(word))
                .transpose()?,
        );
        let open = |located: &Located| Loaded::open(located, threads, &clock);
        let target = open(&located[0])?;
        let draft = located.get(1).map(open).transpose()?;
        let lora = match (located.get(1), adapter.path()) {
            (Some(draft), Some(path)) => {
                let adapter = Adapter {
                    path: path.to_owned(),
                    scale: 1.0,
                };
                Some(open(&draft.with(adapter))?)
            }
            _ => None,
        };
        Ok(Models {
            located,
            target,
            draft,
            lora,
        })
    }

    fn measure(
        &self,
        flags: &Speculation,
        plan: &Plan,
        prompts: &Prompts,
        finder: &Finder<'_>,
    ) -> Result<(Gate, PathBuf)> {
        let target = self.target.subject(Some(jiff::Zoned::now().datetime()))?;
        let draft = self
            .draft
            .as_ref()
            .map(|loaded| loaded.subject(None))
            .transpose()?;
        let lora = self
            .lora
            .as_ref()
            .map(|loaded| loaded.subject(None))
            .transpose()?;
        let cast = Cast {
            target: &target,
            draft: draft.as_ref(),
            lora: lora.as_ref(),
        };
        for doubt in cast.check().map_err(unusable)? {
            finder.terminal.note(&format!("Warning: {doubt}"));
        }
        let watched = Watched::start();
        let (mut folder, header) = super::bench::create(
            &flags.runs,
            flags.name.as_deref(),
            self.header(plan, &watched)?,
        )?;
        let earlier = ledger::Run::new(header);
        finder
            .terminal
            .note(&format!("Everything goes to {}.", folder.path().display()));
        let clock = watched.clock;
        let mut progress = Progress::new(finder.terminal);
        let mut desk = Desk {
            folder: &mut folder,
            earlier: &earlier,
            clock: &clock,
            sandbox: None,
            fast_ways: None,
            precedents: None,
            threads: plan.threads,
            stop: finder.stop,
            watcher: &mut progress,
            meter: watched.meter(&earlier),
        };
        watched.begin(&self.located[..1], plan, &mut desk, finder.terminal)?;
        let speculation = plan
            .speculation
            .as_ref()
            .context("the plan was made for it")?;
        let gate = speculation::measure(cast, speculation, prompts, &mut desk).map_err(unusable)?;
        progress.clear();
        Ok((gate, folder.path().to_owned()))
    }

    /// The target is the run's model; the draft stands with the engine, as an adapter does.
    fn header(&self, plan: &Plan, watched: &Watched) -> Result<RunHeader> {
        let models = vec![provenance::model(&self.located[0], &self.target)?];
        let mut header = provenance::header(provenance::Known {
            plan,
            models,
            suites: Vec::new(),
            sandbox: None,
        })?;
        header.machine.extend(watched.facts());
        if let (Some(located), Some(draft)) = (self.located.get(1), &self.draft) {
            let record = provenance::model(located, draft)?;
            header
                .engine
                .insert("draft".into(), serde_json::to_value(record)?);
        }
        Ok(header)
    }
}

fn write_suite(path: &Path, run: &ledger::Run, prompts: &Prompts) -> Result<()> {
    let full: BTreeMap<String, String> = prompts
        .list
        .iter()
        .map(|prompt| (prompt.id.clone(), prompt.prompt.clone()))
        .collect();
    let suite = report::export::speculation_suite(run, &full);
    // Ended before the first answer: a file without results is worse than none.
    let Some(suite) = suite else {
        return Ok(());
    };
    let text = serde_json::to_string_pretty(&suite)? + "\n";
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
