//! `whet report` and `whet runs`: runs that are there already. Nothing is measured.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ledger::{Run, RunFolder};
use report::table::{Entry, Side, Table, console};
use serde_json::json;

use super::train::raft;
use super::{compared, export};
use crate::baselines;
use crate::cli::{Format, Report, Runs};
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// Makes the derived files of runs anew and prints their scorecards. A folder may also hold a comparison, or what RAFT
/// left.
pub(crate) fn report(flags: &Report, terminal: &Terminal) -> Result<Exit> {
    if !flags.export.is_empty() {
        return super::export::run(&wanted(flags)?, (&flags.export, flags.dpi), terminal);
    }
    let mut runs = Vec::new();
    let mut n_trained = 0;
    for folder in wanted(flags)? {
        if let Some(what) = raft::holds(&folder) {
            n_trained += 1;
            trained(&folder, what, flags.format, terminal)?;
            continue;
        }
        let run = compared::read(&folder)?;
        super::bench::write_report_at(flags.dpi, &folder, &run, terminal.readings())?;
        if flags.format == Format::Table {
            super::bench::print(&run, Format::Table, terminal)?;
        }
        super::bench::say_where(&folder, terminal);
        export::again(&folder, &run, flags.dpi, terminal)?;
        runs.push(run);
    }
    if flags.format == Format::Json && !(runs.is_empty() && n_trained > 0) {
        super::bench::documents(&runs, terminal)?;
    }
    Ok(Exit::Done)
}

/// The same of trainings, whose document is their summary.
fn trained(folder: &Path, what: raft::Holds, format: Format, terminal: &Terminal) -> Result<()> {
    for (said, summary) in raft::anew(folder, what, terminal)? {
        match format {
            Format::Table => terminal.result(&said)?,
            Format::Json => terminal.result(&std::fs::read_to_string(&summary)?)?,
        }
        terminal.note(&format!("Summary: {}", summary.display()));
    }
    Ok(())
}

/// Lists, shows or deletes runs.
pub(crate) fn run(what: &Runs, terminal: &Terminal) -> Result<Exit> {
    match what {
        Runs::Ls { root, format } => list(root, *format, terminal),
        Runs::Show(flags) => {
            if !flags.export.is_empty() {
                let why = "`whet runs show` writes nothing; export with `whet report`";
                return Err(Usage(why.into()).into());
            }
            let runs = wanted(flags)?
                .into_iter()
                .map(|folder| compared::one(&folder));
            let runs: Vec<Run> = runs.collect::<Result<_>>()?;
            match flags.format {
                Format::Json => super::bench::documents(&runs, terminal)?,
                Format::Table => {
                    for run in &runs {
                        super::bench::print(run, Format::Table, terminal)?;
                    }
                }
            }
            Ok(Exit::Done)
        }
        Runs::Import(flags) => super::import::run(flags, terminal),
        Runs::Tag { run, name, root } => {
            let folder = find(run, root)?;
            compared::one(&folder)?;
            baselines::save(name, &folder, terminal)?;
            Ok(Exit::Done)
        }
        Runs::Untag { name, root } => baselines::forget(name, root, terminal),
        Runs::Rm { runs, root } => remove(runs, root, terminal),
    }
}

/// The folders that are meant: those named, or the newest.
fn wanted(flags: &Report) -> Result<Vec<PathBuf>> {
    if flags.runs.is_empty() {
        let newest = ledger::latest(&flags.root);
        let newest =
            newest.ok_or_else(|| Usage(format!("there is no run in {}", flags.root.display())))?;
        return Ok(vec![newest]);
    }
    flags
        .runs
        .iter()
        .map(|word| find(word, &flags.root))
        .collect()
}

/// The run folder that a word names: a path, or a name below the folder of runs.
pub(super) fn find(word: &Path, root: &Path) -> Result<PathBuf> {
    if word.is_dir() {
        return Ok(word.to_owned());
    }
    let below = root.join(word);
    if below.is_dir() {
        return Ok(below);
    }
    Err(Usage(format!(
        "there is no run {}, neither here nor in {}; `whet runs ls` lists them",
        word.display(),
        root.display()
    ))
    .into())
}

/// One line of the list.
struct Line {
    folder: PathBuf,
    /// The names that stand for it.
    baselines: Vec<String>,
    run: Result<Run, ledger::Error>,
}

fn list(root: &Path, format: Format, terminal: &Terminal) -> Result<Exit> {
    let mut lines = lines(root)?;
    // The newest first; what cannot be read has no time and comes last.
    lines.sort_by(|a, b| time(b).cmp(&time(a)).then_with(|| a.folder.cmp(&b.folder)));
    match format {
        Format::Table => terminal.result(&console(
            &as_table(&lines),
            terminal.width(),
            terminal.colour(),
        ))?,
        Format::Json => {
            let all: Vec<_> = lines.iter().map(as_json).collect();
            terminal.result(&serde_json::to_string_pretty(&all)?)?;
        }
    }
    if lines.is_empty() {
        terminal.note(&format!("There is no run in {}.", root.display()));
    }
    let trained = trainings(root);
    if !trained.is_empty() {
        terminal.note(&format!(
            "Of RAFT, to be printed with whet report: {}",
            trained.join(", ")
        ));
    }
    Ok(Exit::Done)
}

/// The names of folders of RAFT, which hold runs and are none.
fn trainings(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| raft::holds(&entry.path()).is_some());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn lines(root: &Path) -> Result<Vec<Line>> {
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        std::fs::read_dir(root).with_context(|| format!("cannot read {}", root.display()))?;
    let folders = entries.flatten().map(|entry| entry.path());
    let runs = folders.filter(|folder| folder.join("run.json").is_file());
    let names = baselines::read(root)?;
    Ok(runs
        .map(|folder| Line {
            run: ledger::read(&folder),
            baselines: baselines::of(&names, &folder),
            folder,
        })
        .collect())
}

fn time(line: &Line) -> Option<String> {
    line.run
        .as_ref()
        .ok()
        .map(|run| run.header.started_at.clone())
}

fn name(line: &Line) -> String {
    let name = line.folder.file_name().unwrap_or(line.folder.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What was measured, each benchmark once, in the order of the records.
fn benchmarks(run: &Run) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    let code = (!run.attempts.is_empty()).then_some("code");
    let measured = run.measurements.iter().map(|m| m.benchmark.as_str());
    // Hardware is looked at beside all of them.
    let measured = measured.filter(|benchmark| *benchmark != "hardware");
    for benchmark in code.into_iter().chain(measured) {
        if !all.contains(&benchmark) {
            all.push(benchmark);
        }
    }
    all
}

fn as_table(lines: &[Line]) -> Table {
    let columns = ["run", "started", "models", "measured"].into_iter();
    // Most names say when their run began, and then the column would only take room from them.
    let with_time = lines.iter().any(|line| !says_its_time(line));
    let columns = columns.filter(|column| with_time || *column != "started");
    let columns: Vec<_> = columns.map(|column| (column, Side::Left)).collect();
    let mut table = Table::new(&columns).keeping_whole("run");
    let named = |line: &Line| match line.baselines.as_slice() {
        [] => name(line),
        names => format!("{} ({})", name(line), names.join(", ")),
    };
    for line in lines {
        let cells = match &line.run {
            Ok(run) => {
                let started = run.header.started_at.get(..16).unwrap_or_default();
                let models = run.header.models.iter().map(|model| model.name.as_str());
                [
                    started.replace('T', " "),
                    models.collect::<Vec<_>>().join(", "),
                    benchmarks(run).join(", "),
                ]
            }
            Err(error) => ["?".into(), String::new(), error.to_string()],
        };
        let cells = cells.into_iter().skip(usize::from(!with_time));
        let row = std::iter::once(named(line)).chain(cells);
        table.push(row.map(Entry::from).collect());
    }
    table
}

/// Whether a folder's name ends with the time at which its run began; of what cannot be read nobody knows the time.
fn says_its_time(line: &Line) -> bool {
    let Ok(run) = &line.run else {
        return true;
    };
    let began = run.header.started_at.get(..19).unwrap_or_default();
    let began: String = began.chars().filter(char::is_ascii_digit).collect();
    let told: String = name(line).chars().filter(char::is_ascii_digit).collect();
    !began.is_empty() && told.ends_with(&began)
}

fn as_json(line: &Line) -> serde_json::Value {
    match &line.run {
        Ok(run) => json!({
            "run": name(line),
            "folder": line.folder,
            "baselines": line.baselines,
            "started_at": run.header.started_at,
            "models": run.header.models.iter().map(|model| &model.name).collect::<Vec<_>>(),
            "benchmarks": benchmarks(run),
            "attempts": run.attempts.len(),
            "verdicts": run.verdicts.len(),
        }),
        Err(error) => json!({"run": name(line), "folder": line.folder, "error": error.to_string()}),
    }
}

/// Deletes run folders, and only those: a folder without a header, or one that somebody writes, stays.
fn remove(runs: &[PathBuf], root: &Path, terminal: &Terminal) -> Result<Exit> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for word in runs {
        let folder = find(word, root)?;
        compared::is_run(&folder)?;
        // Named twice, also by another path, it is deleted once.
        let is_same = |known: &PathBuf| known.canonicalize().ok() == folder.canonicalize().ok();
        if !folders.iter().any(is_same) {
            folders.push(folder);
        }
    }
    // The lock is held while the folder goes, so that nobody begins to write into it.
    let held: Vec<RunFolder> = folders
        .iter()
        .map(|folder| Ok(RunFolder::open(folder)?.0))
        .collect::<Result<_>>()?;
    let names: Vec<String> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    if !terminal.agrees(&format!("Delete {}?", names.join(", "))) {
        return Err(Usage("nothing was deleted; --yes deletes without a question".into()).into());
    }
    for folder in held {
        std::fs::remove_dir_all(folder.path())
            .with_context(|| format!("cannot delete {}", folder.path().display()))?;
        terminal.note(&format!("Deleted {}", folder.path().display()));
        baselines::forget_run(folder.path(), terminal)?;
    }
    Ok(Exit::Done)
}
