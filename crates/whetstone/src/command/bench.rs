//! `whet bench`: from words to a run folder with a report.

mod folder;
mod hardware;
mod order;
mod reading;
mod show;
mod sweep;
mod variants;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use bench::run::Ended;
use bench::{Desk, Plan, Subject, trial};
use ledger::record::{Done, RunHeader};
use ledger::{Run, RunFolder};
use measure::SystemClock;
use sandbox::{Cell, Sandbox};

use crate::cli::Bench;
use crate::exit::{Exit, Usage, unusable};
use crate::subject::{Finder, Loaded, Located, distinct};
use crate::terminal::Terminal;
use crate::watch::Progress;
use crate::{caches, containment, interrupt, provenance, quizzes, texts};
use folder::{compare_with_the_start, started_at};
pub(super) use folder::{create, dated, newest};
pub(super) use hardware::Watched;
use order::describe;
pub(super) use order::{Order, change_judging, models};
pub(super) use show::{print, show, write_report};

/// Benchmarks models, or goes on with a run.
pub(crate) fn run(flags: &Bench, terminal: &Terminal, offline: bool) -> Result<Exit> {
    if flags.variants.as_ref().is_some_and(|asked| asked.list) {
        return variants::list(terminal);
    }
    super::export::check(&flags.run.export, flags.models.len())?;
    hardware::say_device(&flags.run.device, terminal);
    if flags.run.dry_run {
        let plan = resolved_plan(flags, terminal)?;
        terminal.result(&serde_json::to_string_pretty(&plan)?)?;
        return Ok(Exit::Done);
    }
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let order = match &flags.variants {
        None => Order::of(flags, &finder)?,
        Some(asked) => match Order::of_shapes(variants::plan(flags, asked)?, &finder)? {
            Some(order) => order.on(&flags.run.device),
            None => return Ok(Exit::Interrupted),
        },
    };
    let exports = flags.run.export.clone();
    let order = Order { exports, ..order };
    let (exit, folder) = carry_out(&order, &flags.run.output, &finder)?;
    show::finish(&folder, exit, &flags.run, terminal)
}

/// The plan alone: nothing is fetched for it.
fn resolved_plan(flags: &Bench, terminal: &Terminal) -> Result<Plan> {
    if flags.resume.is_none() {
        return plan_of(flags);
    }
    let finder = Finder {
        terminal,
        offline: true,
        stop: interrupt::listen()?,
    };
    Ok(Order::of(flags, &finder)?.plan)
}

/// What flags ask for, with every default filled in and every text read.
pub(super) fn plan_of(flags: &Bench) -> Result<Plan> {
    let mut plan = match &flags.variants {
        Some(asked) => variants::plan(flags, asked)?,
        None => order::plan(flags)?,
    };
    texts::of_plan(&mut plan)?;
    quizzes::of_plan(&mut plan)?;
    Ok(plan)
}

/// Measures and writes the report; returns how it ended and the run folder.
pub(crate) fn measure(
    flags: &Bench,
    terminal: &Terminal,
    offline: bool,
) -> Result<(Exit, PathBuf)> {
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    carry_out(&Order::of(flags, &finder)?, &flags.run.output, &finder)
}

/// Does what an order says; returns how it ended and the run folder, with its report.
pub(super) fn carry_out(
    order: &Order,
    runs_root: &Path,
    finder: &Finder<'_>,
) -> Result<(Exit, PathBuf)> {
    let files: Vec<PathBuf> = order.models.iter().map(PathBuf::from).collect();
    let family = order.plan.variants.as_ref();
    if let (Some(family), Some(folder)) = (family, &order.resume)
        && !variants::make(family, order.plan.seed, &files, finder)?
    {
        return Ok((Exit::Interrupted, folder.clone()));
    }
    hardware::refuse_without_energy(&order.plan)?;
    let mut located: Vec<Located> = order
        .models
        .iter()
        .map(|word| finder.locate(word))
        .collect::<Result<_>>()?;
    for (model, name) in located.iter_mut().zip(&order.names) {
        model.name.clone_from(name);
    }
    let located = distinct(located)?;
    let cell = cell(order)?;
    let job = Job {
        order,
        located: &located,
        cell: cell.as_ref(),
        stop: finder.stop,
        terminal: finder.terminal,
        watched: Watched::start(),
    };
    let (exit, folder) = job.carry_out(runs_root)?;
    if let (Some(family), Exit::Done) = (family, exit) {
        variants::sweep_up(family, &files, finder.terminal);
    }
    let readings = finder.terminal.readings();
    write_report(&folder, &ledger::read(&folder)?, readings)?;
    Ok((exit, folder))
}

/// The sandbox, if the plan runs code. There is no way around it: without one nothing is run.
fn cell(order: &Order) -> Result<Option<Cell>> {
    match &order.plan.code {
        Some(code) if code.judge => containment::open(&order.suites),
        _ => Ok(None),
    }
}

/// A run about to be carried out.
struct Job<'a> {
    order: &'a Order,
    located: &'a [Located],
    cell: Option<&'a Cell>,
    watched: Watched,
    stop: &'a AtomicBool,
    terminal: &'a Terminal,
}

impl Job<'_> {
    fn carry_out(&self, runs_root: &Path) -> Result<(Exit, PathBuf)> {
        let clock = self.watched.clock;
        let mut progress = Progress::new(self.terminal);
        let first = self.load(0, &clock)?;
        let (mut folder, earlier) = self.folder(runs_root, &first, &clock)?;
        let now = started_at(&earlier.header);
        let precedents = self.cell.and_then(|_| caches::precedents());
        let fast_ways = self.cell.and_then(|_| caches::fast_ways());
        let mut desk = Desk {
            folder: &mut folder,
            earlier: &earlier,
            clock: &clock,
            sandbox: self.cell.map(|cell| cell as &dyn Sandbox),
            fast_ways: fast_ways.as_deref(),
            precedents: precedents.as_ref(),
            threads: self.order.plan.threads,
            stop: self.stop,
            watcher: &mut progress,
            meter: self.watched.meter(&earlier),
        };
        self.watched
            .begin(self.located, &self.order.plan, &mut desk, self.terminal)?;
        let ended = self.measure(first, now, &mut desk)?;
        progress.clear();
        let path = folder.path().to_owned();
        if ended != Ended::Complete {
            return Ok((Exit::Interrupted, path));
        }
        if earlier.is_open() {
            folder.append_done(&Done::end())?;
        }
        Ok((Exit::Done, path))
    }

    fn load(&self, index: usize, clock: &SystemClock) -> Result<Loaded> {
        Loaded::open(&self.located[index], self.order.plan.threads, clock)
    }

    /// Each model by itself, then all of them side by side for divergence and in turns for speed.
    fn measure(
        &self,
        first: Loaded,
        now: Option<jiff::civil::DateTime>,
        desk: &mut Desk<'_>,
    ) -> Result<Ended> {
        let clock = SystemClock::start();
        let (plan, material) = (&self.order.plan, self.order.material());
        let mut loaded = vec![first];
        for index in 0..self.located.len() {
            if index > 0 {
                loaded = vec![self.load(index, &clock)?];
            }
            if bench::run::alone(&loaded[0].subject(now)?, plan, material, desk)?
                == Ended::Interrupted
            {
                return Ok(Ended::Interrupted);
            }
        }
        if plan.latency.is_none() && plan.divergence.is_none() && plan.context.is_none() {
            return Ok(Ended::Complete);
        }
        let last = loaded.pop();
        for index in 0..self.located.len() - 1 {
            loaded.push(self.load(index, &clock)?);
        }
        loaded.extend(last);
        let subjects: Vec<Subject<'_>> = loaded
            .iter()
            .map(|model| model.subject(now))
            .collect::<Result<_>>()?;
        Ok(bench::run::together(&subjects, plan, material, desk)?)
    }

    /// Opens the run folder, new or old, and says what will be done.
    fn folder(
        &self,
        runs_root: &Path,
        first: &Loaded,
        clock: &SystemClock,
    ) -> Result<(RunFolder, Run)> {
        if let Some(path) = &self.order.resume {
            let (mut folder, run) = RunFolder::open(path)?;
            self.same_files(&run.header)?;
            let now = (self.sandbox(), self.order.plan.threads);
            compare_with_the_start(&mut folder, &run, now, self.terminal)?;
            self.terminal.note(&format!(
                "Going on with {}: {} completions and {} verdicts are there.",
                path.display(),
                run.attempts.len(),
                run.verdicts.len()
            ));
            return Ok((folder, run));
        }
        let (mut folder, header) =
            create(runs_root, self.order.name.as_deref(), self.header(first)?)?;
        super::export::keep(folder.path(), &self.order.exports)?;
        if let Some(warning) = self
            .cell
            .and_then(|cell| containment::warning(cell.badge()))
        {
            self.terminal
                .note(&format!("{}: {}", warning.message, warning.advice));
            folder.append_warning(&warning)?;
        }
        if let Some(device) = &self.order.device {
            folder.append_warning(&hardware::elsewhere(device))?;
        }
        self.announce(first, clock, folder.path())?;
        let mut run = Run::new(header);
        run.done.push(Done::beginning());
        folder.append_done(&run.done[0])?;
        Ok((folder, run))
    }

    fn header(&self, first: &Loaded) -> Result<RunHeader> {
        let plan = &self.order.plan;
        let suites = provenance::suites(
            &self.order.suites,
            &first.subject(Some(jiff::Zoned::now().datetime()))?,
            self.order.plan.code.as_ref().and_then(|code| code.prompt),
        )?;
        let mut models = vec![provenance::model(&self.located[0], first)?];
        self.check(first)?;
        let clock = SystemClock::start();
        for (index, located) in self.located.iter().enumerate().skip(1) {
            let loaded = self.load(index, &clock)?;
            self.check(&loaded)?;
            if plan.divergence.is_some() {
                let pair = [first.subject(None)?, loaded.subject(None)?];
                bench::divergence::check(&pair, &self.order.texts[1]).map_err(unusable)?;
            }
            models.push(provenance::model(located, &loaded)?);
        }
        let mut header = provenance::header(provenance::Known {
            plan,
            models,
            suites,
            sandbox: self.sandbox(),
        })?;
        header.machine.extend(self.watched.facts());
        Ok(header)
    }

    fn sandbox(&self) -> Option<&dyn Sandbox> {
        self.cell.map(|cell| cell as &dyn Sandbox)
    }

    /// What cannot be done with a model is said before the long work starts.
    fn check(&self, loaded: &Loaded) -> Result<()> {
        let subject = loaded.subject(None)?;
        bench::run::check(&subject, &self.order.plan, self.order.material()).map_err(unusable)
    }

    /// A resumed run must find the very files it began with.
    fn same_files(&self, header: &RunHeader) -> Result<()> {
        for (record, located) in header.models.iter().zip(self.located) {
            same_file(&located.path, &record.sha256)?;
            let laid = located.adapter.as_ref().zip(record.adapter.as_ref());
            if let Some((adapter, record)) = laid {
                same_file(&adapter.path, &record.sha256)?;
            }
        }
        Ok(())
    }

    fn announce(&self, first: &Loaded, clock: &SystemClock, folder: &Path) -> Result<()> {
        let plan = &self.order.plan;
        let rates = trial::run(&first.subject(None)?, clock)?;
        let first_bytes = first.llama.facts().file_bytes as f64;
        let weight: f64 = self
            .located
            .iter()
            .filter_map(|model| std::fs::metadata(&model.path).ok())
            .map(|file| file.len() as f64 / first_bytes)
            .sum();
        let material = self.order.material();
        let seconds = trial::estimate_seconds(plan, material, rates) * weight;
        let quality = match trial::quality_seconds(plan, material, rates) * weight {
            0.0 => String::new(),
            seconds => format!(", {} of it for quality", roughly(seconds)),
        };
        let names: Vec<&str> = self
            .located
            .iter()
            .map(|model| model.name.as_str())
            .collect();
        let names = match names.len() {
            0..=3 => names.join(" and "),
            n => format!("{n} models"),
        };
        let by = match &self.order.name {
            Some(_) => format!("by the recipe {}", plan.preset),
            None => format!("with the {} preset", plan.preset),
        };
        self.terminal.note(&format!("Measuring {names} {by}:"));
        for line in describe(plan, &self.order.suites) {
            self.terminal.note(&format!("  {line}"));
        }
        self.terminal.note(&format!(
            "About {}{quality} (from a short trial). Everything goes to {}.",
            roughly(seconds),
            folder.display()
        ));
        Ok(())
    }
}

fn same_file(path: &Path, then: &str) -> Result<()> {
    let sha256 = hub::sha256_file(path)?;
    if sha256 == then {
        return Ok(());
    }
    Err(Usage(format!(
        "{} is not the file that this run began with (SHA-256 {sha256}, then {then}); start a new run",
        path.display()
    ))
    .into())
}

/// A guess of a time, no finer than it is.
fn roughly(seconds: f64) -> String {
    match seconds < 90.0 {
        true => format!("{seconds:.0} seconds"),
        false => format!("{:.0} minutes", seconds / 60.0),
    }
}
