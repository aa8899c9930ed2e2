//! What it costs to judge an answer to a function task, by each way of starting interpreters.
//!
//! `cargo bench -p task --bench judge [-- [FILE] [ROUNDS] [slow]]`: FILE holds problems with their solutions, as
//! HumanEval is published; without one, the HumanEval that `whet tasks pull humaneval` has fetched. All its solutions are
//! judged by two workers, ROUNDS times (5) by each way, the ways in turns, so that a busy moment of the machine
//! meets all of them. The word adds two boxes without a warm interpreter, and a fresh interpreter for each check
//! without a box: what most harnesses do.
//!
//! CPU time is told in two parts: what the programs' own books say, and what the supervisor, the processes that
//! make boxes and the warm interpreters used beside. The first processes of boxes are in neither, for the kernel drops
//! their books. Nothing here is asserted but that all solutions are right: times of a shared machine are read by a
//! person.
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
        Way::new("forked, two boxes a check", bench.by(&forked)),
        Way::new("forked, the checker stays", bench.by(&cell)),
    ];
    if words.iter().any(|word| word == "slow") {
        ways.push(Way::new("executed, two boxes a check", bench.by(&executed)));
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
    /// Gives the CPU time of the programs, in milliseconds.
    does: Box<dyn FnMut() -> Done<f64> + 'a>,
    seen: [Vec<f64>; 3],
}

impl<'a> Way<'a> {
    fn new(name: &'static str, does: impl FnMut() -> Done<f64> + 'a) -> Self {
        Self {
            name,
            does: Box::new(does),
            seen: Default::default(),
        }
    }

    fn measure(&mut self, n: usize) -> Done<()> {
        let (start, used) = (Instant::now(), cpu_ms());
        let programs = (self.does)()?;
        let rate = n as f64 / start.elapsed().as_secs_f64();
        let beside = cpu_ms() - used;
        let each = [rate, programs / n as f64, beside / n as f64];
        for (seen, value) in self.seen.iter_mut().zip(each) {
            seen.push(value);
        }
        Ok(())
    }

    fn print(&mut self) {
        let told = self.seen.each_mut().map(|seen| {
            seen.sort_by(f64::total_cmp);
            let (low, high) = (seen[0], seen[seen.len() - 1]);
            format!("{:>6.2} ({low:.2} to {high:.2})", seen[seen.len() / 2])
        });
        let [rate, programs, beside] = told;
        println!(
            "{:<28} n {:>2}  checks/s {rate}  CPU ms a check: programs {programs}, beside {beside}",
            self.name,
            self.seen[0].len(),
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
    fn by(&self, sandbox: &'a dyn Sandbox) -> impl FnMut() -> Done<f64> + use<'a> {
        let (suite, judge, answers) = (self.suite, self.judge, self.answers);
        move || {
            let verdicts = acceptance::run(suite, judge, ("it", answers), WORKERS, sandbox);
            let wrong = verdicts
                .iter()
                .find(|verdict| verdict.stage != Some(Stage::Right));
            match wrong {
                None => Ok(verdicts.iter().map(|one| one.cpu_ns as f64 / 1e6).sum()),
                Some(verdict) => Err(format!("a solution is not right: {verdict:?}").into()),
            }
        }
    }

    /// Each solution with its tests in one program, by an interpreter that is started for it.
    fn naive(&self) -> Done<impl FnMut() -> Done<f64> + use<'a>> {
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
            let before = ticks(std::process::id(), REAPED);
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
                // They were children of this process, in whose book they are.
                0 => Ok((ticks(std::process::id(), REAPED) - before) as f64 * TICK_MS),
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

/// How far below this process the warm interpreters are: there is the process that makes the cells, below it are
/// the wardens, and below those the interpreters. What is further below are programs.
const DEPTH: usize = 3;

/// Where a process's own CPU time stands in its book, and where that of its reaped children does.
const OWN: usize = 11;
const REAPED: usize = 13;

/// User and system time together, from this place of a process's book on; 0 when it is gone.
fn ticks(pid: u32, at: usize) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let times = fields.split_ascii_whitespace().skip(at).take(2);
    times.filter_map(|word| word.parse::<u64>().ok()).sum()
}

/// CPU time of this process and of those living below it that are no programs.
fn cpu_ms() -> f64 {
    let (mut level, mut total) = (vec![std::process::id()], 0);
    for _ in 0..=DEPTH {
        let mut below = Vec::new();
        for pid in level {
            total += ticks(pid, OWN);
            let threads = fs::read_dir(format!("/proc/{pid}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let list = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
                let children = list.split_ascii_whitespace();
                below.extend(children.filter_map(|word| word.parse::<u32>().ok()));
            }
        }
        level = below;
    }
    total as f64 * TICK_MS
}

fn load() -> String {
    fs::read_to_string("/proc/loadavg")
        .unwrap_or_default()
        .trim()
        .to_owned()
}
