//! The judge of function tasks: tests in one box, the candidate in another.
//!
//! The *solver* executes the candidate's program and answers calls. The *checker* executes the tests
//! with a proxy in the candidate's place. Between them lies one socket on which plain values travel
//! (`python/whet_wire.py`). The checker's process never holds code or objects of the candidate, so
//! nothing there can be patched, walked or compared by rules of the candidate's own; the solver's never
//! holds a test, an expected value or the nonce.
//!
//! Right is: the checker came to its end, made at least one call, and wrote this run's nonce, which it
//! alone was told on its standard input. Exit codes are no evidence. A limit that either of them meets
//! outweighs every word. What the checker does before it turns to the candidate is the problem's own doing:
//! a limit met there, or a kill that nobody here asked for, leaves the attempt unscored.
//!
//! Tests of harmless words (`python/whet_tame.py`) are run by a checker that stays for the next problem
//! (`python/whet_resident.py`); a solver never stays.
//!
//! What cannot be split (tests that hand over objects of their own) is judged in one process instead,
//! if at all, and the verdict says so: [`Integrity::Shared`]. What an answer made too large or too deep to be handed back
//! is the answer's failure, so that it cannot choose that process. Nothing of the problem or of the
//! candidate is parsed in Rust but the one line that begins with the nonce.

mod door;
mod programs;
mod report;
mod wild;

use ledger::record::{AttemptKey, Integrity, Stage, Verdict};
use sandbox::toolchain::Toolchain;
use sandbox::{Ending, Fault, Outcome, Sandbox};

use super::evidence::Evidence;
use super::setting::setting;
use super::watched::KILL;
use super::{Blank, Cause, blank};
use crate::extract;
use crate::problem::{Function, Problem};
pub(crate) use door::checker_door;
use programs::{Nonce, Task};
pub(super) use programs::{TEXTS, warm};
use report::{Report, Said, Word};

/// Name and version.
pub const NAME: &str = "function/2";

/// Where the two stand.
pub(super) struct Bench<'a> {
    pub(super) toolchain: &'a Toolchain,
    pub(super) sandbox: &'a dyn Sandbox,
    /// Together without having tried apart: to measure the difference.
    pub(super) together: bool,
}

pub(super) fn judge(
    key: AttemptKey,
    bench: &Bench<'_>,
    (problem, function): (&Problem, &Function),
    text: &str,
) -> Verdict {
    let mut verdict = unfilled(key, bench, (problem, function), text);
    if verdict.unscored.is_none() {
        for name in report::names(&function.tests) {
            verdict.scores.entry((*name).to_owned()).or_insert(0.0);
        }
    }
    verdict
}

/// The verdict, without the scores of what was not reached.
fn unfilled(
    key: AttemptKey,
    bench: &Bench<'_>,
    (problem, function): (&Problem, &Function),
    text: &str,
) -> Verdict {
    let mut verdict = blank(key, NAME, Cause::NoCode);
    let stub = function.stub.then_some(problem.prompt.as_str());
    let Some(found) = extract::function(text, &function.entry_point, stub) else {
        verdict.0.stage = Some(Stage::NoCode);
        return verdict.0;
    };
    let task = match Task::new(function, stub.unwrap_or_default(), &found.code) {
        Ok(task) => task,
        Err(reason) => return verdict.unscored(reason),
    };
    verdict.0.code = Some(found.code.clone());
    if bench.together {
        return shared(verdict, bench, &task, "");
    }
    split(verdict, bench, &task)
}

fn split(verdict: Blank, bench: &Bench<'_>, task: &Task) -> Verdict {
    let nonce = match Nonce::new() {
        Ok(nonce) => nonce,
        Err(reason) => return verdict.unscored(reason),
    };
    let heard = match consulted(bench, task, &nonce) {
        Ok(Some(heard)) => Ok(heard),
        Ok(None) => paired(bench, task, &nonce),
        Err(fault) => Err(fault),
    };
    let (outcomes, said) = match heard {
        Ok(heard) => heard,
        Err(fault) => return verdict.unscored(fault.to_string()),
    };
    if let Some(Report {
        word: Word::Unsplittable,
        words,
        ..
    }) = &said.report
    {
        return shared(verdict, bench, task, words);
    }
    finish(verdict, bench, task, (&outcomes, said), Integrity::Split)
}

/// How solver and checker ended, and what the checker said.
type Heard = ([Outcome; 2], Said);

/// Solver and checker, each made for this answer.
fn paired(bench: &Bench<'_>, task: &Task, nonce: &Nonce) -> Result<Heard, Fault> {
    let toolchain = bench.toolchain;
    let (solver, checker) = (task.solver(toolchain), task.checker(toolchain, nonce));
    let (in_solver, in_checker) = task.limits(toolchain);
    let pair = [(&solver, &in_solver), (&checker, &in_checker)];
    let outcomes = bench.sandbox.converse(pair)?;
    let said = Said::read(&outcomes[1].stdout, nonce);
    Ok((outcomes, said))
}

/// The same with a checker that stays, where one may and comes to a plain word on the answer. Everything else
/// is for a checker of its own to say, what went wrong with this one included.
fn consulted(bench: &Bench<'_>, task: &Task, nonce: &Nonce) -> Result<Option<Heard>, Fault> {
    let Some(question) = task.question(nonce).filter(|_| !wild::is_known(task)) else {
        return Ok(None);
    };
    let (solver, resident) = (
        task.solver(bench.toolchain),
        programs::resident(bench.toolchain),
    );
    let (in_solver, in_resident) = task.limits(bench.toolchain);
    let (asker, asked) = ((&solver, &in_solver), (&resident, &in_resident));
    let Some(outcomes) = bench.sandbox.consult(asker, asked, &question)? else {
        return Ok(None);
    };
    if outcomes[1].stdout.bytes.is_empty() {
        wild::remember(task);
    }
    let said = Said::read(&outcomes[1].stdout, nonce);
    let is_plain = said.report.as_ref().is_some_and(Report::is_plain);
    Ok(is_plain.then_some((outcomes, said)))
}

/// Everything in one process; `reason` says why not apart.
fn shared(verdict: Blank, bench: &Bench<'_>, task: &Task, reason: &str) -> Verdict {
    let nonce = match Nonce::new() {
        Ok(nonce) => nonce,
        Err(reason) => return verdict.unscored(reason),
    };
    let (limits, _) = task.limits(bench.toolchain);
    let outcome = match bench
        .sandbox
        .execute(&task.alone(bench.toolchain, &nonce), &limits)
    {
        Ok(outcome) => outcome,
        Err(fault) => return verdict.unscored(fault.to_string()),
    };
    let mut said = Said::read(&outcome.stdout, &nonce);
    if let Some(report) = said.report.as_mut().filter(|_| !reason.is_empty()) {
        report.words = format!("not split: {reason}\n{}", report.words);
    }
    finish(verdict, bench, task, (&[outcome], said), Integrity::Shared)
}

fn finish(
    mut verdict: Blank,
    bench: &Bench<'_>,
    task: &Task,
    (outcomes, said): (&[Outcome], Said),
    integrity: Integrity,
) -> Verdict {
    let record = &mut verdict.0;
    record.cpu_ns = outcomes.iter().map(|outcome| outcome.cpu_ns).sum();
    record.wall_ns = outcomes
        .iter()
        .map(|outcome| outcome.wall_ns)
        .max()
        .unwrap_or(0);
    let (limits, _) = task.limits(bench.toolchain);
    let circumstances = (bench.sandbox, bench.toolchain, &limits);
    record.setting = Some(setting(circumstances, outcomes, integrity));
    record.evidence = evidence(outcomes, said.report.as_ref());
    match reached(outcomes, &said) {
        Err(reason) => verdict.unscored(reason),
        Ok((stage, cause)) => {
            if let Some(report) = &said.report {
                verdict.0.scores = report.scores(task.tests());
            }
            if stage < Stage::Right {
                // A limit outweighs every word, and this score says that all is right.
                verdict.0.scores.remove("plus_right");
            }
            verdict.0.stage = Some(stage);
            verdict.0.cause = cause.to_string();
            verdict.0
        }
    }
}

/// How far it got and why not further, or why that is not known. The candidate's process comes first.
fn reached(outcomes: &[Outcome], said: &Said) -> Result<(Stage, Cause), String> {
    for (at, outcome) in outcomes.iter().enumerate() {
        // A solver of whom nothing was asked yet waits: its deadline is the tests' doing, its CPU time its own.
        let is_theirs = at > 0 || outcomes.len() > 1 && outcome.ending == Ending::WallLimit;
        match limit(outcome.ending) {
            Some(cause) if is_theirs && said.begun.is_none() => {
                return Err(format!(
                    "the problem's own text met a limit ({cause}) before the answer was looked at"
                ));
            }
            Some(cause) => return Ok((Stage::Compiles, cause)),
            None => {}
        }
    }
    let Some(report) = &said.report else {
        return Ok((Stage::Compiles, no_word(outcomes)?));
    };
    let partly = |otherwise| match report.n_right {
        0 => otherwise,
        _ => Stage::PartlyRight,
    };
    Ok(match report.word {
        Word::Pass => (Stage::Right, Cause::Pass),
        Word::WrongAnswer => (partly(Stage::Runs), Cause::WrongAnswer),
        Word::Exception => (partly(Stage::Compiles), Cause::Exception),
        Word::NotPlain | Word::TooLarge => (partly(Stage::Runs), Cause::NotPlain),
        Word::Malformed => (Stage::Malformed, Cause::CompileError),
        Word::ProtocolError => (Stage::Compiles, Cause::ProtocolError),
        Word::Gone => (Stage::Compiles, gone(outcomes[0].ending)),
        // Where both share a process, it may be the candidate that has broken the tests.
        Word::Broken if outcomes.len() == 1 => (Stage::Compiles, Cause::Exception),
        Word::Broken => return Err(report.words.clone()),
        Word::Unsplittable => return Err("it can be judged neither apart nor together".to_owned()),
    })
}

/// The checker left without a word: something that it was sent has undone it, or, where both share a
/// process, the candidate has ended it.
///
/// # Errors
/// The checker was killed from outside: the candidate cannot reach it, and no limit did.
fn no_word(outcomes: &[Outcome]) -> Result<Cause, String> {
    match outcomes {
        [alone] => Ok(gone(alone.ending)),
        [_, checker] if checker.ending == Ending::Signalled(KILL) => Err(
            "the process of the tests was killed by somebody else, as the kernel does when memory runs out"
                .to_owned(),
        ),
        _ => Ok(Cause::ProtocolError),
    }
}

/// The limit that a process met.
fn limit(ending: Ending) -> Option<Cause> {
    match ending {
        Ending::CpuLimit => Some(Cause::CpuLimit),
        Ending::WallLimit => Some(Cause::WallLimit),
        Ending::MemoryLimit => Some(Cause::MemoryLimit),
        Ending::OutputLimit => Some(Cause::OutputLimit),
        Ending::FileLimit => Some(Cause::FileLimit),
        Ending::DiskLimit => Some(Cause::DiskLimit),
        Ending::ProcessLimit => Some(Cause::ProcessLimit),
        Ending::Exited(_) | Ending::Signalled(_) | Ending::NotExecutable(_) => None,
    }
}

/// Why the candidate's process was gone before the tests were over.
fn gone(ending: Ending) -> Cause {
    match ending {
        Ending::Signalled(_) => Cause::Signal,
        _ => Cause::RuntimeExit,
    }
}

/// What the tests say, then what the candidate's process wrote to its standard error.
fn evidence(outcomes: &[Outcome], report: Option<&Report>) -> String {
    let mut evidence = Evidence::default();
    if let Some(report) = report {
        evidence.add("tests", report.words.as_bytes());
        if report.n_rebuilt > 0 {
            let note = format!("{} of a subclass", report.n_rebuilt);
            evidence.add("values rebuilt as plain ones", note.as_bytes());
        }
    }
    let names = match outcomes.len() {
        1 => ["program", "program"],
        _ => ["solver", "checker"],
    };
    for (name, outcome) in names.iter().zip(outcomes) {
        if !outcome.ending.is_clean() {
            evidence.add(
                &format!("{name} ended"),
                outcome.ending.to_string().as_bytes(),
            );
        }
        evidence.add(&format!("{name} stderr"), &outcome.stderr.bytes);
    }
    evidence.finish()
}

#[cfg(test)]
mod resident_tests;
#[cfg(test)]
mod tests;
