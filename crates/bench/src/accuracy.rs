//! Multiple choice by what the model expects: of each choice the log-probability after its context.
//!
//! Nothing is sampled. The tokens of a choice are those that context and choice together have beyond the
//! context's own, which is how lm-evaluation-harness cuts them; the model's start token stands in front where the
//! file asks for one. Of every problem the raw values are written down (log-probabilities, lengths, which choice
//! is right) and flushed before the next, so that a killed run goes on; who was right is decided by the report.

use engine::score::Window;
use engine::{CacheKind, CacheKinds, Session, SessionShape, Special, Token, Tokenizer, branches};
use task::Quiz;
use task::quiz::{Choice, Question};

use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::plan::AccuracyPlan;

/// Most choices that are read side by side; what is beyond waits for the next round.
const MOST_LANES: usize = 8;

/// Checks that every problem fits a model, without running it.
///
/// # Errors
/// [`Error::Plan`] with the first problem that is too long, or whose choice adds no token.
pub fn check(subject: &Subject<'_>, plan: &AccuracyPlan, quizzes: &[Quiz]) -> Result<(), Error> {
    for quiz in quizzes {
        Job::of(subject, plan, quiz)?;
    }
    Ok(())
}

/// Measures one subject on every quiz of the plan.
///
/// # Errors
/// Those of [`check`]; [`Error::Scoring`] for logits that are no numbers; those of the engine and the ledger.
pub fn measure(
    subject: &Subject<'_>,
    plan: &AccuracyPlan,
    quizzes: &[Quiz],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    for quiz in quizzes {
        let step = format!("accuracy/{}", quiz.name);
        if desk.is_done(&subject.name, &step) {
            continue;
        }
        if !Job::of(subject, plan, quiz)?.problems(desk, &step)? {
            return Ok(());
        }
        desk.done(&subject.name, &step)?;
    }
    Ok(())
}

/// One quiz, cut into the tokens of one subject.
struct Job<'a> {
    subject: &'a Subject<'a>,
    quiz: &'a Quiz,
    problems: Vec<Problem<'a>>,
}

/// One question with a window for each choice.
struct Problem<'a> {
    question: &'a Question,
    windows: Vec<Window>,
}

impl<'a> Job<'a> {
    fn of(subject: &'a Subject<'a>, plan: &AccuracyPlan, quiz: &'a Quiz) -> Result<Job<'a>, Error> {
        let wanted = plan.limit.unwrap_or(usize::MAX);
        let questions = quiz.questions.iter().take(wanted);
        let problems = questions.map(|question| {
            let windows = windows(subject, question).map_err(|why| {
                Error::Plan(format!(
                    "line {} of {} (problem {}) cannot be put to {}: {why}",
                    question.line, quiz.name, question.id, subject.name
                ))
            })?;
            Ok(Problem { question, windows })
        });
        Ok(Job {
            subject,
            quiz,
            problems: problems.collect::<Result<_, Error>>()?,
        })
    }

    /// Problem after problem; each is a step of its own. False if the user asked to stop.
    fn problems(&self, desk: &mut Desk<'_>, step: &str) -> Result<bool, Error> {
        let name = &self.subject.name;
        let what = format!("accuracy: {}", self.quiz.name);
        desk.watcher.begin(&what, self.problems.len() as u64);
        let mut session = self.open()?;
        let (mut n_right, mut n) = (0, 0);
        for (i, problem) in self.problems.iter().enumerate() {
            if desk.stopped() {
                return Ok(false);
            }
            let step = format!("{step}/{i}");
            if desk.is_done(name, &step) {
                continue;
            }
            let nats = branches::nats_of_each(session.as_mut(), &problem.windows);
            let nats = nats.map_err(|source| Error::Scoring {
                place: format!(
                    "{name} on {}, problem {}",
                    self.quiz.name, problem.question.id
                ),
                source,
            })?;
            self.write(desk, problem, &nats)?;
            desk.done(name, &step)?;
            (n_right, n) = (n_right + usize::from(problem.is_right(&nats)), n + 1);
            let so_far = format!("{:.0} % right", 100.0 * n_right as f64 / f64::from(n));
            desk.watcher.advance(i as u64 + 1, &so_far);
        }
        let starts = usize::from(self.subject.model.tokenizer().start().is_some());
        desk.record(&self.place(), "start_tokens", vec![starts as f64])?;
        Ok(true)
    }

    /// A lane for each choice and one more, in which the context is read.
    fn open(&self) -> Result<Box<dyn Session + '_>, Error> {
        let all = || self.problems.iter().map(|problem| &problem.windows);
        let n_lanes = all().map(Vec::len).max().unwrap_or(1).min(MOST_LANES);
        let longest = all().flatten().map(|window| window.tokens.len()).max();
        Ok(self.subject.model.open(SessionShape {
            n_sequences: n_lanes + 1,
            capacity: longest.unwrap_or(1),
            cache: CacheKinds::both(CacheKind::F16),
        })?)
    }

    fn write(&self, desk: &mut Desk<'_>, problem: &Problem<'_>, nats: &[f64]) -> Result<(), Error> {
        let question = problem.question;
        let place = self
            .place()
            .with("problem", question.id.as_str())
            .with("right", question.right);
        let lengths = |of: fn(&Choice) -> usize| {
            let choices = question.choices.iter();
            choices.map(|choice| of(choice) as f64).collect()
        };
        let n_tokens = problem.windows.iter().map(|window| window.n_scored as f64);
        let log_probs = nats.iter().map(|nats| -nats).collect();
        desk.record(&place, "choice_log_prob", log_probs)?;
        desk.record(&place, "choice_tokens", n_tokens.collect())?;
        desk.record(&place, "choice_bytes", lengths(|choice| choice.text.len()))?;
        desk.record(
            &place,
            "choice_characters",
            lengths(|choice| choice.text.chars().count()),
        )
    }

    /// Conditions that must be equal before two numbers may be compared.
    fn place(&self) -> Place<'_> {
        Place::new(&self.subject.name, "accuracy")
            .with("suite", self.quiz.name.as_str())
            .with("suite_sha256", self.quiz.sha256.as_str())
            .with("shape", self.quiz.shape.name())
    }
}

impl Problem<'_> {
    /// Whether the right choice is the likeliest; only for whoever watches.
    fn is_right(&self, nats: &[f64]) -> bool {
        let least = nats.iter().copied().fold(f64::INFINITY, f64::min);
        nats[self.question.right] == least
    }
}

/// The windows of a question's choices, or why there are none.
fn windows(subject: &Subject<'_>, question: &Question) -> Result<Vec<Window>, String> {
    let trained = subject.model.card().context_length;
    let cut = |(at, choice): (usize, &Choice)| {
        let window = window(subject.model.tokenizer(), choice)
            .ok_or_else(|| format!("choice {at} counted from 0 adds no token to its context"))?;
        let n_fed = window.tokens.len() - 1;
        if trained > 0 && n_fed > trained {
            return Err(format!(
                "it has {n_fed} tokens with choice {at}, and the model was trained for {trained}; take it out, or use --limit to stop before it"
            ));
        }
        Ok(window)
    };
    question.choices.iter().enumerate().map(cut).collect()
}

/// Context and choice as tokens. `None` if nothing is left to score.
///
/// Both are encoded together and what the context alone has is taken off at the front, so that a choice begins
/// with the very tokens that it has in running text.
fn window(tokenizer: &dyn Tokenizer, choice: &Choice) -> Option<Window> {
    let encode = |text: &str| tokenizer.encode(text, Special::Plain);
    let (context, continuation) = choice.parts();
    let before = encode(context);
    let whole = encode(&format!("{context}{continuation}"));
    let scored = whole
        .get(before.len()..)
        .filter(|scored| !scored.is_empty())?;
    let mut tokens: Vec<Token> = tokenizer.start().into_iter().chain(before).collect();
    if tokens.is_empty() {
        // Something must stand before the first scored token.
        tokens.push(tokenizer.end().unwrap_or(0));
    }
    tokens.extend_from_slice(scored);
    Some(Window {
        tokens,
        n_scored: scored.len(),
    })
}
