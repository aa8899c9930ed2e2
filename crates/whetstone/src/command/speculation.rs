//! `whet bench spec`: a target, a draft, and what guessing ahead gains.

mod order;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use bench::speculation::prompts::Prompts;
use bench::speculation::{self, Cast, Gate};
use bench::{Desk, Plan};
use ledger::record::{Done, ModelRecord, RunHeader};
use ledger::{Run, RunFolder};
use llama::Adapter;
use measure::SystemClock;

use super::bench::{Watched, same_file, same_files, say_if_moved, started_at};
use crate::adapters::Found;
use crate::cli::Speculation;
use crate::compute::Compute;
use crate::destination;
use crate::exit::{Exit, unusable};
use crate::formats::Formats;
use crate::subject::{Finder, Loaded, Located};
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::words::count;
use crate::{interrupt, provenance};

use order::Order;
pub(super) use order::{has_asked, is_of, plan_of};

/// Under which names the header has who guesses, without an adapter and with one.
const DRAFT: &str = "draft";
const DRAFT_LORA: &str = "draft_lora";

/// Where a folder keeps the path of `-o`, for whoever goes on with the run.
const OUTPUT: &str = "suite_output.json";

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

/// Measures and writes the report; returns how it ended and the run folder.
pub(super) fn measure(flags: &Speculation, finder: &Finder<'_>) -> Result<(Exit, PathBuf)> {
    let mut order = Order::of(flags)?;
    flags.device.say_fallback(finder.terminal);
    // Found out now, and not after the last answer.
    flags
        .output
        .as_deref()
        .map(destination::check)
        .transpose()?;
    carry_out(&mut order, finder)
}

/// Goes on with a run; returns how it ended and its folder.
pub(super) fn go_on(folder: PathBuf, finder: &Finder<'_>) -> Result<(Exit, PathBuf)> {
    let run = ledger::read(&folder)?;
    if run.is_complete() {
        finder
            .terminal
            .note(&format!("{} is complete.", folder.display()));
        super::bench::write_report(&folder, &run, finder.terminal.readings())?;
        if let Some(path) = kept_output(&folder)? {
            let prompts = Order::resumed(folder.clone(), &run.header)?.prompts;
            write_suite(&path, &run, &prompts)?;
        }
        let is_fault = |warning: &ledger::record::Warning| warning.kind == "unequal_answer";
        let exit = match run.warnings.iter().any(is_fault) {
            true => Exit::Gate,
            false => Exit::Done,
        };
        return Ok((exit, folder));
    }
    carry_out(&mut Order::resumed(folder, &run.header)?, finder)
}

fn carry_out(order: &mut Order, finder: &Finder<'_>) -> Result<(Exit, PathBuf)> {
    let models = Models::open(order, finder)?;
    if let Found::Missing(reason) = &order.adapter {
        let terminal = finder.terminal;
        terminal.note(&format!("The phase with an adapter is skipped: {reason}"));
    }
    let (gate, folder) = models.measure(order, finder)?;
    let run = ledger::read(&folder)?;
    super::bench::write_report(&folder, &run, finder.terminal.readings())?;
    // In part it would look whole; whoever goes on with the run writes it.
    if !finder.stop.load(Ordering::Relaxed)
        && let Some(path) = kept_output(&folder)?
    {
        write_suite(&path, &run, &order.prompts)?;
    }
    let exit = match (finder.stop.load(Ordering::Relaxed), gate.n_faults) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Done,
        (false, _) => Exit::Gate,
    };
    Ok((exit, folder))
}

/// The models of a run, loaded.
struct Models {
    located: Vec<Located>,
    target: Loaded,
    draft: Option<Loaded>,
    /// The draft with its adapter, and where both lie.
    lora: Option<(Loaded, Located)>,
}

impl Models {
    fn open(order: &mut Order, finder: &Finder<'_>) -> Result<Models> {
        let clock = SystemClock::start();
        let words = std::iter::once(&order.target).chain(&order.draft);
        let mut located: Vec<Located> = words
            .map(|word| finder.locate(word))
            .collect::<Result<_>>()?;
        order.recognise(&mut located)?;
        let compute = Compute::of(&order.plan);
        let open = |located: &Located| Loaded::open(located, &compute, &clock);
        let target = open(&located[0])?;
        let draft = located.get(1).map(open).transpose()?;
        let with = located
            .get(1)
            .zip(order.adapter.path())
            .map(|(draft, path)| {
                draft.with(Adapter {
                    path: path.to_owned(),
                    scale: 1.0,
                })
            });
        let lora = match with.map(|located| (open(&located), located)) {
            Some((Ok(loaded), located)) => Some((loaded, located)),
            Some((Err(cause), _)) => {
                order.skip_adapter(cause)?;
                None
            }
            None => None,
        };
        Ok(Models {
            located,
            target,
            draft,
            lora,
        })
    }

    fn measure(&self, order: &Order, finder: &Finder<'_>) -> Result<(Gate, PathBuf)> {
        let mut target = self.target.subject(None)?;
        let draft = self.draft.as_ref();
        let draft = draft.map(|draft| draft.subject(None)).transpose()?;
        let lora = self.lora.as_ref();
        let lora = lora.map(|(lora, _)| lora.subject(None)).transpose()?;
        let others = (draft.as_ref(), lora.as_ref());
        let cast = Cast::new(&target, others);
        for doubt in cast.check().map_err(unusable)? {
            finder.terminal.note(&format!("Warning: {doubt}"));
        }
        let watched = Watched::start();
        let (mut folder, earlier) = self.folder(order, &watched, finder.terminal)?;
        // Templates may print the date: that of the beginning, also on another day.
        target.now = started_at(&earlier.header);
        let cast = Cast::new(&target, others);
        let clock = watched.clock;
        let mut progress = Progress::new(finder.terminal);
        let plan = &order.plan;
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
        let gate =
            speculation::measure(cast, speculation, &order.prompts, &mut desk).map_err(unusable)?;
        if !finder.stop.load(Ordering::Relaxed) {
            watched.end(plan, &mut desk, finder.terminal)?;
        }
        progress.clear();
        if !finder.stop.load(Ordering::Relaxed) && earlier.is_open() {
            folder.append_done(&Done::end())?;
        }
        Ok((gate, folder.path().to_owned()))
    }

    /// Opens the run's folder, new or old.
    fn folder(
        &self,
        order: &Order,
        watched: &Watched,
        terminal: &Terminal,
    ) -> Result<(RunFolder, Run)> {
        if let Some(path) = &order.resume {
            let (mut folder, run) = RunFolder::open(path)?;
            let now = RunHeader {
                engine: provenance::engine(&Compute::of(&order.plan)),
                ..provenance::bare(&[], run.header.seed)
            };
            say_if_moved(&mut folder, &run, &now, terminal)?;
            let (path, n) = (path.display(), run.answers.len());
            let n = count(n, "answer");
            terminal.note(&format!("Going on with {path}, which has {n}."));
            return Ok((folder, run));
        }
        let header = self.header(&order.plan, watched)?;
        let (mut folder, header) =
            super::bench::create(&order.runs, order.name.as_deref(), header)?;
        if let Some(words) = &order.formats {
            Formats::keep(folder.path(), words)?;
        }
        if let Some(path) = &order.output {
            ledger::write_derived(folder.path(), OUTPUT, &serde_json::to_vec(path)?)?;
        }
        let compute = Compute::of(&order.plan);
        for warning in compute.warning().iter().chain(&order.fallback) {
            folder.append_warning(warning)?;
        }
        order.said().iter().for_each(|line| terminal.note(line));
        let path = folder.path().display();
        terminal.note(&format!("Everything goes to {path}."));
        let mut run = Run::new(header);
        run.done.push(Done::beginning());
        folder.append_done(&run.done[0])?;
        Ok((folder, run))
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
        let draft = self.located.get(1).zip(self.draft.as_ref());
        let lora = self
            .lora
            .as_ref()
            .map(|(loaded, located)| (located, loaded));
        for (name, model) in [(DRAFT, draft), (DRAFT_LORA, lora)] {
            if let Some((located, loaded)) = model {
                let record = provenance::model(located, loaded)?;
                let record = serde_json::to_value(record)?;
                header.engine.insert(name.into(), record);
            }
        }
        Ok(header)
    }
}

/// Who guesses, as a header has it.
fn guessing(header: &RunHeader, name: &str) -> Option<ModelRecord> {
    serde_json::from_value(header.engine.get(name)?.clone()).ok()
}

/// Where the run of a folder was told to write the JSON of the suite.
fn kept_output(folder: &Path) -> Result<Option<PathBuf>> {
    let path = folder.join(OUTPUT);
    if !path.exists() {
        return Ok(None);
    }
    let name = path.display();
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {name}"))?;
    let kept = serde_json::from_slice(&bytes).with_context(|| {
        format!("{name} says where the JSON of -o goes; remove it to go without")
    })?;
    Ok(Some(kept))
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
