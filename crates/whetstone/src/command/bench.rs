//! `whet bench`: from words to a run folder with a report.

mod describe;
mod folder;
mod hardware;
mod job;
mod order;
mod reading;
mod show;
mod sweep;
mod variants;

use std::path::{Path, PathBuf};

use anyhow::Result;
use bench::Plan;
use sandbox::Cell;

use super::speculation;
use crate::cli::Bench;
use crate::exit::Exit;
use crate::subject::{Finder, Located, distinct};
use crate::terminal::Terminal;
use crate::{containment, interrupt, quizzes, texts};
pub(super) use folder::{create, dated, newest, say_if_moved, started_at};
pub(super) use hardware::Watched;
use job::Job;
pub(super) use job::{same_file, same_files};
pub(super) use order::{Order, change_judging, models, suites_of};
pub(super) use show::{documents, ended, print, say_where, show, write_report, write_report_at};
pub(super) use variants::agree;

/// Benchmarks models, or goes on with a run.
pub(crate) fn run(flags: &Bench, terminal: &Terminal, offline: bool) -> Result<Exit> {
    if flags.variants.as_ref().is_some_and(|asked| asked.list) {
        return variants::list(terminal);
    }
    let run = &flags.run;
    super::export::check(&run.export, flags.models.len(), &run.output)?;
    flags.run.device.say_fallback(terminal);
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
    if let Some(folder) = order::earlier(flags)?
        && speculation::is_of(&ledger::read(&folder)?.header)
    {
        let (exit, folder) = speculation::go_on(folder, &finder)?;
        return show::finish(&folder, exit, &flags.run, terminal);
    }
    let order = match &flags.variants {
        None => Order::of(flags, &finder)?,
        Some(asked) => {
            let plan = variants::plan(flags, asked)?;
            agree(&[&plan], &finder)?;
            match Order::of_shapes(plan, &finder)? {
                Some(order) => order.on(&flags.run.device),
                None => return Ok(Exit::Interrupted),
            }
        }
    };
    if order.is_to_go_on()? {
        agree(&[&order.plan], &finder)?;
    }
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
    if let (Some(family), Some(folder)) = (family, &order.resume) {
        if !order.is_to_go_on()? {
            return again(folder, order, finder).map(|()| (Exit::Done, folder.clone()));
        }
        if !variants::make(family, order.plan.seed, &files, finder)? {
            return Ok((Exit::Interrupted, folder.clone()));
        }
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

/// The report of a run that is complete, whose files were swept up.
fn again(folder: &Path, order: &Order, finder: &Finder<'_>) -> Result<()> {
    let terminal = finder.terminal;
    terminal.note(&format!("{} is complete.", folder.display()));
    order.choose_formats(folder)?;
    write_report(folder, &ledger::read(folder)?, terminal.readings())
}

/// The sandbox, if the plan runs code. There is no way around it: without one nothing is run.
fn cell(order: &Order) -> Result<Option<Cell>> {
    match &order.plan.code {
        Some(code) if code.judge => containment::open(&order.suites),
        _ => Ok(None),
    }
}
