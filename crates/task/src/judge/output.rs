//! The output judge: the program is built, run, and what it prints compared.
//!
//! Right is: exit code 0, and standard output equal to what is wanted once white space around both is
//! taken off. A program that prints the right words and then ends with another code, crashes or runs
//! into a limit is not right; neither is one whose output was cut because it wrote too much. The
//! comparison happens here: what is wanted never enters the box, neither as file, word nor input.
//!
//! A fault of the sandbox leaves the attempt unscored. A compiler that dies of a program, by memory or
//! by time, is the program's doing and a verdict.

use ledger::record::{AttemptKey, Stage, Verdict};
use sandbox::toolchain::Toolchain;
use sandbox::{Ending, Fault, Outcome, Sandbox};

use super::evidence::Evidence;
use super::{Blank, Cause, blank};
use crate::extract::extract;
use crate::problem::Language;

/// Name and version.
pub const NAME: &str = "output/1";

/// Where programs are built and run.
pub(super) struct Bench<'a> {
    pub(super) language: Language,
    pub(super) toolchain: &'a Toolchain,
    pub(super) sandbox: &'a dyn Sandbox,
}

pub(super) fn judge(key: AttemptKey, bench: &Bench<'_>, wanted: &str, text: &str) -> Verdict {
    let mut verdict = blank(key, NAME, Cause::NoCode);
    let Some(found) = extract(text, bench.language) else {
        verdict.0.stage = Some(Stage::NoCode);
        return verdict.0;
    };
    verdict.0.code = Some(found.code.clone());
    let mut trial = Trial {
        verdict,
        said: Vec::new(),
    };
    let reached = trial.go(bench, wanted, &found.code);
    trial.finish(reached)
}

/// How far it got and why not further, or why that is not known.
type Reached = Result<(Stage, Cause), String>;

struct Trial {
    verdict: Blank,
    said: Vec<Step>,
}

/// What one step said: names and bytes.
type Step = [(String, Vec<u8>); 3];

impl Trial {
    fn go(&mut self, bench: &Bench<'_>, wanted: &str, code: &str) -> Reached {
        let (toolchain, sandbox) = (bench.toolchain, bench.sandbox);
        let compiled = sandbox.execute(&toolchain.compile(code), &toolchain.compile_limits());
        let compiled = self.count(compiled, "compiler")?;
        if let Some(cause) = compile_failure(compiled.ending) {
            return Ok((Stage::Malformed, cause));
        }
        let stage = match compiled.stderr.bytes.trim_ascii().is_empty() {
            true => Stage::Compiles,
            false => Stage::CompilesWithWarnings,
        };
        let built = toolchain
            .built(compiled, code)
            .ok_or("the compiler reported success and left no program")?;
        let ran = sandbox.execute(&toolchain.run(built), &toolchain.run_limits());
        let ran = self.count(ran, "program")?;
        Ok(match run_failure(&ran) {
            Some(cause) => (stage, cause),
            None if is_wanted(&ran, wanted) => (Stage::Right, Cause::Pass),
            None => (Stage::Runs, Cause::WrongOutput),
        })
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
    }
}

/// Bytes that are no UTF-8 equal nothing.
fn is_wanted(ran: &Outcome, wanted: &str) -> bool {
    std::str::from_utf8(&ran.stdout.bytes).is_ok_and(|said| said.trim() == wanted.trim())
}
