//! The output judge: the program is built, run, and what it prints compared.
//!
//! Right is: exit code 0, and standard output equal to what is wanted once white space around both is
//! taken off. A program that prints the right words and then ends with another code, crashes or runs
//! into a limit is not right; neither is one whose output was cut because it wrote too much. The
//! comparison happens here: what is wanted never enters the box, neither as file, word nor input.
//!
//! A program may also be given several inputs, one process for each, and then white space at the ends
//! of lines does not count either, as on the sites where such problems come from. After the first input
//! on which it does not come to a good end no further one is tried.
//!
//! Last, tests in the program's own text (MultiPL-E) can be run: right is exit code 0, which is all that
//! such tests say. That verdict can be forged, and [`Integrity::Shared`] says so.
//!
//! A fault of the sandbox leaves the attempt unscored. A compiler that dies of a program, by memory or
//! by time, is the program's doing and a verdict.

use ledger::record::{AttemptKey, Integrity, Stage, Verdict, Way};
use sandbox::toolchain::{Toolchain, Workshop, settled};
use sandbox::{Ending, Fault, File, Limits, Outcome, Sandbox};

use super::evidence::Evidence;
use super::setting::setting;
use super::{Blank, Cause, blank};
use crate::extract::{Extraction, extract, together};
use crate::problem::{Case, Language, Problem, Together};

/// Name and version.
pub const NAME: &str = "output/2";

/// Where programs are built and run.
pub(super) struct Bench<'a> {
    pub(super) language: Language,
    pub(super) toolchain: &'a Toolchain,
    pub(super) workshop: Option<&'a Workshop>,
    pub(super) sandbox: &'a dyn Sandbox,
}

/// What a run has to show.
#[derive(Clone, Copy)]
enum Check<'a> {
    /// This text, white space around it aside.
    Prints(&'a str),
    /// For this input this text, white space at the ends of lines aside.
    Answers(&'a Case),
    /// Exit code 0.
    EndsWell,
}

pub(super) fn judge(key: AttemptKey, bench: &Bench<'_>, wanted: &str, text: &str) -> Verdict {
    let found = extract(text, bench.language);
    verdict(key, bench, found, &[Check::Prints(wanted)])
}

/// One program, several inputs.
pub(super) fn judge_cases(
    key: AttemptKey,
    bench: &Bench<'_>,
    cases: &[Case],
    text: &str,
) -> Verdict {
    let checks: Vec<_> = cases.iter().map(Check::Answers).collect();
    verdict(key, bench, extract(text, bench.language), &checks)
}

/// Program and tests as one text.
pub(super) fn judge_together(
    key: AttemptKey,
    bench: &Bench<'_>,
    (problem, wanted): (&Problem, &Together),
    text: &str,
) -> Verdict {
    let stub = wanted.stub.then_some(problem.prompt.as_str());
    let found = together(text, bench.language, stub).map(|found| Extraction {
        code: format!("{}\n{}\n", found.code.trim_end(), wanted.tests),
        ..found
    });
    verdict(key, bench, found, &[Check::EndsWell])
}

fn verdict(
    key: AttemptKey,
    bench: &Bench<'_>,
    found: Option<Extraction>,
    checks: &[Check<'_>],
) -> Verdict {
    let mut verdict = blank(key, NAME, Cause::NoCode);
    let mut verdict = match found {
        None => {
            verdict.0.stage = Some(Stage::NoCode);
            verdict.0
        }
        Some(found) => {
            verdict.0.code = Some(found.code.clone());
            let mut trial = Trial {
                verdict,
                said: Vec::new(),
                way: Way::Slow,
            };
            let reached = trial.go(bench, checks, &found.code);
            trial.finish(reached)
        }
    };
    if verdict.unscored.is_none() && checks.len() > 1 {
        // What was never run is not right either.
        let share = verdict.scores.entry("tests_right_share".to_owned());
        share.or_insert(0.0);
    }
    verdict
}

/// How far it got and why not further, or why that is not known.
type Reached = Result<(Stage, Cause), String>;

struct Trial {
    verdict: Blank,
    said: Vec<Step>,
    /// How the program was built.
    way: Way,
}

/// What one step said: names and bytes.
type Step = [(String, Vec<u8>); 3];

impl Trial {
    fn go(&mut self, bench: &Bench<'_>, checks: &[Check<'_>], code: &str) -> Reached {
        let (compiled, way) = compile(bench, code);
        let compiled = self.count(compiled, "compiler")?;
        self.way = way;
        let limits = bench.toolchain.compile_limits();
        self.settle((bench, &limits), &compiled, Integrity::Outside);
        if let Some(cause) = compile_failure(compiled.ending) {
            return Ok((Stage::Malformed, cause));
        }
        let stage = match compiled.stderr.bytes.trim_ascii().is_empty() {
            true => Stage::Compiles,
            false => Stage::CompilesWithWarnings,
        };
        let built = bench
            .toolchain
            .built(compiled, code)
            .ok_or("the compiler reported success and left no program")?;
        self.run(bench, checks, (stage, built))
    }

    /// Every check in a process of its own, up to the first that does not come to a good end.
    fn run(&mut self, bench: &Bench<'_>, checks: &[Check<'_>], built: (Stage, File)) -> Reached {
        let (stage, built) = built;
        let mut first = None;
        let mut n_right = 0;
        let limits = bench.toolchain.run_limits();
        for check in checks {
            let mut program = bench.toolchain.run(built.clone());
            program.stdin = check.input().to_vec();
            let ran = bench.sandbox.execute(&program, &limits);
            let ran = self.count(ran, "program")?;
            self.settle((bench, &limits), &ran, check.integrity());
            match run_failure(&ran) {
                Some(cause) => {
                    first = first.or(Some((stage, cause)));
                    break;
                }
                None if check.is_met(&ran) => n_right += 1,
                None => first = first.or(Some((Stage::Runs, Cause::WrongOutput))),
            }
        }
        if checks.len() > 1 {
            let share = f64::from(n_right) / checks.len() as f64;
            let scores = &mut self.verdict.0.scores;
            scores.insert("tests_right_share".to_owned(), share);
        }
        Ok(match first {
            None => (Stage::Right, Cause::Pass),
            Some((_, cause)) if n_right > 0 => (Stage::PartlyRight, cause),
            Some(reached) => reached,
        })
    }

    /// Notes the circumstances; those of the last step count.
    fn settle(
        &mut self,
        (bench, limits): (&Bench<'_>, &Limits),
        outcome: &Outcome,
        integrity: Integrity,
    ) {
        let outcome = std::slice::from_ref(outcome);
        let circumstances = (bench.sandbox, bench.toolchain, limits);
        let mut setting = setting(circumstances, outcome, integrity);
        if self.way == Way::Fast {
            setting.way = Way::Fast;
        }
        self.verdict.0.setting = Some(setting);
    }

    /// Adds what a step used and notes what it said.
    fn count(&mut self, outcome: Result<Outcome, Fault>, who: &str) -> Result<Outcome, String> {
        let outcome = outcome.map_err(|fault| fault.to_string())?;
        self.verdict.0.cpu_ns += outcome.cpu_ns;
        self.verdict.0.wall_ns += outcome.wall_ns;
        let ending = match outcome.ending.is_clean() {
            true => String::new(),
            false => outcome.ending.to_string(),
        };
        self.said.push([
            (format!("{who} ended"), ending.into_bytes()),
            (format!("{who} stdout"), outcome.stdout.bytes.clone()),
            (format!("{who} stderr"), outcome.stderr.bytes.clone()),
        ]);
        Ok(outcome)
    }

    fn finish(mut self, reached: Reached) -> Verdict {
        self.verdict.0.evidence = evidence(&self.said);
        match reached {
            Err(reason) => self.verdict.unscored(reason),
            Ok((stage, cause)) => {
                self.verdict.0.stage = Some(stage);
                self.verdict.0.cause = cause.to_string();
                self.verdict.0
            }
        }
    }
}

/// The last step first: a crash must not drown in warnings.
fn evidence(steps: &[Step]) -> String {
    let mut evidence = Evidence::default();
    for (name, bytes) in steps.iter().rev().flatten() {
        evidence.add(name, bytes);
    }
    evidence.finish()
}

/// Compiles the fast way where there is one and its word counts, else the slow way.
fn compile(bench: &Bench<'_>, code: &str) -> (Result<Outcome, Fault>, Way) {
    let limits = bench.toolchain.compile_limits();
    let fast = bench.workshop.and_then(|workshop| {
        let step = workshop.compile(code, bench.sandbox)?;
        let outcome = bench.sandbox.execute(&step, &limits);
        outcome.ok().filter(settled)
    });
    match fast {
        Some(outcome) => (Ok(outcome), Way::Fast),
        None => {
            let step = bench.toolchain.compile(code);
            (bench.sandbox.execute(&step, &limits), Way::Slow)
        }
    }
}

/// Why it does not compile; `None` if it does.
fn compile_failure(ending: Ending) -> Option<Cause> {
    match ending {
        Ending::Exited(0) => None,
        Ending::Exited(_) | Ending::Signalled(_) | Ending::NotExecutable(_) => {
            Some(Cause::CompileError)
        }
        Ending::CpuLimit | Ending::WallLimit => Some(Cause::CompileTimeout),
        Ending::MemoryLimit => Some(Cause::MemoryLimit),
        Ending::OutputLimit => Some(Cause::OutputLimit),
        Ending::FileLimit => Some(Cause::FileLimit),
        Ending::DiskLimit => Some(Cause::DiskLimit),
        Ending::ProcessLimit => Some(Cause::ProcessLimit),
    }
}

/// Why it did not run to a good end; `None` if it did.
fn run_failure(ran: &Outcome) -> Option<Cause> {
    match ran.ending {
        Ending::Exited(0) if ran.stdout.truncated => Some(Cause::OutputLimit),
        Ending::Exited(0) => None,
        Ending::Exited(_) => Some(Cause::RuntimeExit),
        Ending::Signalled(_) => Some(Cause::Signal),
        Ending::NotExecutable(_) => Some(Cause::NotExecutable),
        Ending::CpuLimit => Some(Cause::CpuLimit),
        Ending::WallLimit => Some(Cause::WallLimit),
        Ending::MemoryLimit => Some(Cause::MemoryLimit),
        Ending::OutputLimit => Some(Cause::OutputLimit),
        Ending::FileLimit => Some(Cause::FileLimit),
        Ending::DiskLimit => Some(Cause::DiskLimit),
        Ending::ProcessLimit => Some(Cause::ProcessLimit),
    }
}

impl Check<'_> {
    fn input(&self) -> &[u8] {
        match self {
            Check::Answers(case) => case.input.as_bytes(),
            Check::Prints(_) | Check::EndsWell => &[],
        }
    }

    fn integrity(&self) -> Integrity {
        match self {
            Check::EndsWell => Integrity::Shared,
            Check::Prints(_) | Check::Answers(_) => Integrity::Outside,
        }
    }

    /// Of a run that came to a good end. Bytes that are no UTF-8 equal nothing.
    fn is_met(&self, ran: &Outcome) -> bool {
        let said = std::str::from_utf8(&ran.stdout.bytes);
        match self {
            Check::Prints(wanted) => said.is_ok_and(|said| said.trim() == wanted.trim()),
            Check::Answers(case) => said.is_ok_and(|said| {
                let lines = |text: &str| -> Vec<String> {
                    text.trim()
                        .lines()
                        .map(|line| line.trim_end().to_owned())
                        .collect()
                };
                lines(said) == lines(&case.output)
            }),
            Check::EndsWell => true,
        }
    }
}
