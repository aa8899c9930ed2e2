//! What it costs to judge an answer to a function task, by each way of starting interpreters.
//!
//! `cargo bench -p task --bench judge [-- [FILE] [ROUNDS] [naive]]`: FILE holds problems with their solutions, as
//! HumanEval is published; without one, the HumanEval that `whet tasks pull humaneval` has fetched. All its solutions are
//! judged by two workers, ROUNDS times (5) by each way, the ways in turns, so that a busy moment of the machine
//! meets all of them. The word adds a fresh interpreter for each check, without a box: what most harnesses do.
//!
//! CPU time is that of everything below this process: programs, boxes and the supervisor itself. Nothing here is
//! asserted but that all solutions are right: times of a shared machine are read by a person.
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark: it reads the clock and starts an interpreter to compare with"
)]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use ledger::record::Stage;
use sandbox::{Badge, Cell, Fault, Limits, Outcome, Program, Sandbox};
use task::problem::Tests;
use task::{Problem, Suite, Target, acceptance, judge::Judge, shelf};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

const WORKERS: usize = 2;

fn main() -> Done<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(path) = file(&words).filter(|path| path.is_file()) else {
        println!(
            "no problems to judge: name a file, or fetch HumanEval with `whet tasks pull humaneval`"
        );
        return Ok(());
    };
    let rounds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(5);
    let suite = shelf::load(&path)?;
    let judge = Judge::for_suite(&suite)?;
    let cell = Cell::with(judge.fittings())?;
    let answers: Vec<_> = suite
        .problems
        .iter()
        .filter_map(acceptance::solution)
        .collect();
    let bench = Bench {
        suite: &suite,
        judge: &judge,
        answers: &answers,
    };
    let (executed, forked) = (Started(&cell, false), Started(&cell, true));
    let mut ways = vec![
        Way::new("executed, two boxes a check", bench.by(&executed)),
        Way::new("forked, two boxes a check", bench.by(&forked)),
        Way::new("forked, the checker stays", bench.by(&cell)),
    ];
    if words.iter().any(|word| word == "naive") {
        ways.push(Way::new("fresh interpreter, no box", bench.naive()?));
    }
    println!(
        "{} solutions, {WORKERS} workers, load before: {}",
        answers.len(),
        load()
    );
    for way in &mut ways {
        // Cells are made and interpreters woken.
        (way.does)()?;
    }
    for _ in 0..rounds {
        for way in &mut ways {
            way.measure(answers.len())?;
        }
    }
    for way in &mut ways {
        way.print();
    }
    println!("load after: {}", load());
    Ok(())
}

/// The file that is meant.
fn file(words: &[String]) -> Option<PathBuf> {
    let named = words.iter().map(PathBuf::from).find(|path| path.is_file());
    let cache = || {
        let folder = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
    };
    named.or_else(|| Some(cache()?.join("whetstone/models/HumanEval.jsonl.gz")))
}

/// One way of judging the whole suite, and what each round took.
struct Way<'a> {
    name: &'static str,
    does: Box<dyn FnMut() -> Done<()> + 'a>,
    /// Checks per second, and milliseconds of CPU time for each.
    seen: Vec<(f64, f64)>,
}

impl<'a> Way<'a> {
    fn new(name: &'static str, does: impl FnMut() -> Done<()> + 'a) -> Self {
        Self {
            name,
            does: Box::new(does),
            seen: Vec::new(),
        }
    }

    fn measure(&mut self, n: usize) -> Done<()> {
        let (start, used) = (Instant::now(), cpu_ticks()?);
        (self.does)()?;
        let rate = n as f64 / start.elapsed().as_secs_f64();
        let ticks = (cpu_ticks()? - used) as f64;
        self.seen.push((rate, ticks * TICK_MS / n as f64));
        Ok(())
    }

    fn print(&mut self) {
        let (mut rates, mut costs): (Vec<f64>, Vec<f64>) = self.seen.iter().copied().unzip();
        rates.sort_by(f64::total_cmp);
        costs.sort_by(f64::total_cmp);
        let middle = rates.len() / 2;
        let last = rates.len() - 1;
        println!(
            "{:<28} n {:>2}  checks/s p50 {:>6.1} ({:.1} to {:.1})  CPU ms a check p50 {:>6.2} ({:.2} to {:.2})",
            self.name,
            rates.len(),
            rates[middle],
            rates[0],
            rates[last],
            costs[middle],
            costs[0],
            costs[last]
        );
    }
}

struct Bench<'a> {
    suite: &'a Suite,
    judge: &'a Judge,
    answers: &'a [(&'a Problem, String)],
}

impl<'a> Bench<'a> {
    /// Judges every solution in this sandbox.
    fn by(&self, sandbox: &'a dyn Sandbox) -> impl FnMut() -> Done<()> + use<'a> {
        let (suite, judge, answers) = (self.suite, self.judge, self.answers);
        move || {
            let verdicts = acceptance::run(suite, judge, ("it", answers), WORKERS, sandbox);
            let wrong = verdicts
                .iter()
                .find(|verdict| verdict.stage != Some(Stage::Right));
            match wrong {
                None => Ok(()),
                Some(verdict) => Err(format!("a solution is not right: {verdict:?}").into()),
            }
        }
    }

    /// Each solution with its tests in one program, by an interpreter that is started for it.
    fn naive(&self) -> Done<impl FnMut() -> Done<()> + use<'a>> {
        let Some(toolchain) = self.judge.toolchain() else {
            return Err("this suite runs nothing".into());
        };
        let python = toolchain.path.clone();
        let programs: Vec<String> = self
            .answers
            .iter()
            .filter_map(|(problem, _)| joined(problem))
            .collect();
        Ok(move || {
            let (next, n_failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let work = || {
                while let Some(text) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut command = Command::new(&python);
                    command.args(["-c", text]).stdin(Stdio::null());
                    let status = command.stdout(Stdio::null()).status();
                    if !status.is_ok_and(|status| status.success()) {
                        n_failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            };
            std::thread::scope(|scope| {
                for _ in 0..WORKERS {
                    scope.spawn(work);
                }
            });
            match n_failed.into_inner() {
                0 => Ok(()),
                n => Err(format!("{n} solutions are not right in a naive run").into()),
            }
        })
    }
}

/// Solution and tests as one program.
fn joined(problem: &Problem) -> Option<String> {
    let Target::Function(function) = &problem.target else {
        return None;
    };
    let solution = function.solution.as_deref()?;
    let tests = match &function.tests {
        Tests::Check(text) => format!("{text}\ncheck({})", function.entry_point),
        Tests::Asserts(texts) => format!("{}\n{}", function.setup, texts.join("\n")),
        Tests::Inputs(_) => return None,
    };
    Some(format!("{solution}\n{tests}\n"))
}

/// A sandbox in which no program stays, and all are forked or all executed.
struct Started<'a>(&'a Cell, bool);

impl Started<'_> {
    fn dressed(&self, program: &Program) -> Program {
        Program {
            warm: self.1,
            ..program.clone()
        }
    }
}

impl Sandbox for Started<'_> {
    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Fault> {
        self.0.execute(&self.dressed(program), limits)
    }

    fn converse(&self, pair: [(&Program, &Limits); 2]) -> Result<[Outcome; 2], Fault> {
        let dressed = pair.map(|(program, limits)| (self.dressed(program), limits));
        let [(first, of_first), (second, of_second)] = &dressed;
        self.0.converse([(first, of_first), (second, of_second)])
    }

    fn badge(&self) -> &Badge {
        self.0.badge()
    }
}

/// What a tick of the kernel's books stands for on Linux.
const TICK_MS: f64 = 10.0;

/// CPU time of this process and of everything below it, the reaped included.
fn cpu_ticks() -> Done<u64> {
    let mut found = vec![std::process::id()];
    let (mut at, mut ticks) = (0, 0);
    while let Some(&pid) = found.get(at) {
        at += 1;
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let times = fields.split_ascii_whitespace().skip(11).take(4);
        ticks += times
            .filter_map(|word| word.parse::<u64>().ok())
            .sum::<u64>();
        for thread in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            let children = children.split_ascii_whitespace();
            found.extend(children.filter_map(|word| word.parse::<u32>().ok()));
        }
    }
    Ok(ticks)
}

fn load() -> String {
    fs::read_to_string("/proc/loadavg")
        .unwrap_or_default()
        .trim()
        .to_owned()
}
