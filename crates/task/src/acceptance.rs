//! Is this suite one to measure with? Its own solutions have to pass, and no cheat may.
//!
//! And: what does it change that tests and candidates are kept apart? Both questions are answered by
//! judging; what follows from an answer is decided by whoever asked.

use std::ops::ControlFlow;

use ledger::record::{AttemptKey, Stage, Verdict};
use sandbox::Sandbox;

use crate::cheats::{self, Cheat};
use crate::judge::{Job, Judge, Separation, judge_all};
use crate::problem::{Problem, Suite, Target};

/// What a suite showed when it was tried.
#[derive(Debug, Default)]
pub struct Findings {
    /// Problems whose own solution was judged, and those that have none.
    pub n_solutions: usize,
    /// Verdicts on solutions that were not right.
    pub failed: Vec<Verdict>,
    /// Verdicts on cheats that were right; the key's model is the cheat's name.
    pub deceived: Vec<Verdict>,
}

impl Findings {
    /// Whether the suite can be used.
    pub fn is_sound(&self) -> bool {
        self.failed.is_empty() && self.deceived.is_empty()
    }
}

/// Judges every solution and every cheat of a suite of function tasks.
pub fn accept(suite: &Suite, judge: &Judge, n_workers: usize, sandbox: &dyn Sandbox) -> Findings {
    let solved: Vec<_> = suite.problems.iter().filter_map(solution).collect();
    let mut findings = Findings {
        n_solutions: solved.len(),
        ..Findings::default()
    };
    let verdicts = run(suite, judge, ("solution", &solved), n_workers, sandbox);
    findings
        .failed
        .extend(verdicts.into_iter().filter(|verdict| !is_right(verdict)));
    for cheat in cheats::ALL {
        let answers = answers(suite, cheat);
        let verdicts = run(suite, judge, (cheat.name, &answers), n_workers, sandbox);
        findings
            .deceived
            .extend(verdicts.into_iter().filter(is_right));
    }
    findings
}

/// The verdicts on the same answers, apart and joined, that do not agree on what is right: the
/// integrity gap. `None` if the judge splits nothing.
pub fn integrity_gap(
    suite: &Suite,
    judge: &Judge,
    answers: &[(&Problem, String)],
    n_workers: usize,
    sandbox: &dyn Sandbox,
) -> Option<Vec<(Verdict, Verdict)>> {
    let joined = judge.separated(Separation::Together)?;
    let mut apart = run(suite, judge, ("apart", answers), n_workers, sandbox);
    let mut joined = run(suite, &joined, ("joined", answers), n_workers, sandbox);
    for verdicts in [&mut apart, &mut joined] {
        verdicts.sort_by_key(|verdict| verdict.key.attempt);
    }
    let pairs = apart.into_iter().zip(joined);
    Some(
        pairs
            .filter(|(apart, joined)| is_right(apart) != is_right(joined))
            .collect(),
    )
}

/// A problem's own solution as an answer.
pub fn solution(problem: &Problem) -> Option<(&Problem, String)> {
    let Target::Function(function) = &problem.target else {
        return None;
    };
    let code = function.solution.as_deref()?;
    Some((problem, format!("```python\n{code}\n```\n")))
}

/// A cheat as an answer to every problem that it can be made for.
pub fn answers<'a>(suite: &'a Suite, cheat: &Cheat) -> Vec<(&'a Problem, String)> {
    let mut answers = Vec::new();
    for problem in &suite.problems {
        answers.extend(cheat.answer(problem).map(|text| (problem, text)));
    }
    answers
}

/// Judges answers; the verdicts in their order. The number of an attempt is its place in the list.
pub fn run(
    suite: &Suite,
    judge: &Judge,
    (model, answers): (&str, &[(&Problem, String)]),
    n_workers: usize,
    sandbox: &dyn Sandbox,
) -> Vec<Verdict> {
    let key = |problem: &Problem, attempt| AttemptKey {
        model: model.to_owned(),
        suite: suite.name.clone(),
        problem: problem.id.clone(),
        attempt,
    };
    let jobs: Vec<_> = (0..)
        .zip(answers)
        .map(|(attempt, (problem, text))| Job {
            key: key(problem, attempt),
            judge,
            problem,
            text,
        })
        .collect();
    let mut verdicts = Vec::new();
    let _ = judge_all(&jobs, n_workers, sandbox, &mut |verdict| {
        verdicts.push(verdict);
        ControlFlow::Continue(())
    });
    verdicts.sort_by_key(|verdict: &Verdict| verdict.key.attempt);
    verdicts
}

fn is_right(verdict: &Verdict) -> bool {
    verdict.stage == Some(Stage::Right)
}
