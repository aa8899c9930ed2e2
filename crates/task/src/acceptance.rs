//! Is this suite one to measure with? Its own solutions have to pass, and no cheat may.
//!
//! And: what does it change that tests and candidates are kept apart? Both questions are answered by
//! judging; what follows from an answer is decided by whoever asked.

use std::ops::ControlFlow;

use ledger::record::{AttemptKey, Finish, Stage, Verdict};
use sandbox::Sandbox;

use crate::cheats::{self, Cheat};
use crate::judge::{Job, Judge, Separation, judge_all};
use crate::problem::{Problem, Suite, Target};

/// The name under which a problem's own solution is judged; a cheat is judged under its own.
pub const SOLUTION: &str = "solution";

/// Everything that a suite is tried with.
pub struct Trial<'a> {
    suite: &'a Suite,
    answers: Vec<(&'static str, &'a Problem, String)>,
}

/// What a suite showed when it was tried.
#[derive(Debug, Default)]
pub struct Findings {
    /// Solutions that were judged.
    pub n_solutions: usize,
    /// Answers of cheats that were judged.
    pub n_cheated: usize,
    /// Verdicts on solutions that were not right.
    pub failed: Vec<Verdict>,
    /// Verdicts on cheats that were right; the key's model is the cheat's name.
    pub deceived: Vec<Verdict>,
    /// Answers of cheats on which this machine could not give a verdict.
    pub unscored: Vec<Verdict>,
}

impl Findings {
    /// Whether the suite can be used. What could not be judged shows nothing.
    pub fn is_sound(&self) -> bool {
        self.failed.is_empty() && self.deceived.is_empty() && self.unscored.is_empty()
    }

    fn add(&mut self, verdict: Verdict) {
        let is_solution = verdict.key.model == SOLUTION;
        match is_solution {
            true => self.n_solutions += 1,
            false => self.n_cheated += 1,
        }
        match (is_solution, is_right(&verdict)) {
            (true, true) => {}
            (true, false) => self.failed.push(verdict),
            (false, true) => self.deceived.push(verdict),
            (false, false) if verdict.unscored.is_some() => self.unscored.push(verdict),
            (false, false) => {}
        }
    }
}

impl<'a> Trial<'a> {
    /// The solutions and the cheats of a suite of function tasks; `None` if it has no such task.
    pub fn of(suite: &'a Suite) -> Option<Trial<'a>> {
        let mut answers = Vec::new();
        let solved = suite.problems.iter().filter_map(solution);
        answers.extend(solved.map(|(problem, text)| (SOLUTION, problem, text)));
        for cheat in cheats::ALL {
            let cheated = self::answers(suite, cheat);
            answers.extend(
                cheated
                    .into_iter()
                    .map(|(problem, text)| (cheat.name, problem, text)),
            );
        }
        (!answers.is_empty()).then_some(Trial { suite, answers })
    }

    /// How many verdicts it takes.
    pub fn n_verdicts(&self) -> usize {
        self.answers.len()
    }

    /// Judges everything; `seen` is told of each verdict. `None` if it said to stop.
    pub fn run(
        &self,
        judge: &Judge,
        n_workers: usize,
        sandbox: &dyn Sandbox,
        seen: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Option<Findings> {
        let jobs: Vec<_> = (0..)
            .zip(&self.answers)
            .map(|(attempt, (by, problem, text))| Job {
                key: key(self.suite, by, problem, attempt),
                judge,
                problem,
                text,
                finish: Finish::Unknown,
            })
            .collect();
        let mut findings = Findings::default();
        let flow = judge_all(&jobs, n_workers, sandbox, &mut |verdict| {
            findings.add(verdict);
            seen()
        });
        if flow.is_break() {
            return None;
        }
        for verdicts in [
            &mut findings.failed,
            &mut findings.deceived,
            &mut findings.unscored,
        ] {
            verdicts.sort_by_key(|verdict| verdict.key.attempt);
        }
        Some(findings)
    }
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
    let jobs: Vec<_> = (0..)
        .zip(answers)
        .map(|(attempt, (problem, text))| Job {
            key: key(suite, model, problem, attempt),
            judge,
            problem,
            text,
            finish: Finish::Unknown,
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

fn key(suite: &Suite, model: &str, problem: &Problem, attempt: u32) -> AttemptKey {
    AttemptKey {
        model: model.to_owned(),
        suite: suite.name.clone(),
        problem: problem.id.clone(),
        attempt,
    }
}

fn is_right(verdict: &Verdict) -> bool {
    verdict.stage == Some(Stage::Right)
}
