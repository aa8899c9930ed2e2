//! Whether a model finds in its context what stands there.
//!
//! Each question is answered twice from the same state: greedily, where the value has to come out exactly, and by
//! choosing, where the value's log-probability has to be above that of values of other keys. The first asks
//! whether it can be told, the second whether it is known.

use engine::score::Window;
use engine::{Feed, Logits, Session, Token, Tokenizer, branches, sampling};

use super::haystack::{Haystack, Lines, Needle};
use super::shape;
use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::plan::{ContextPlan, RecallPlan};

/// Tokens read between two looks at the stop sign.
const PIECE: usize = 512;
/// Most tokens of an answer: a tokenizer that spells every byte needs five and the end of the line.
const MOST_TOKENS: usize = 8;

/// Measures one subject with every cache type of the plan.
///
/// # Errors
/// [`Error::Scoring`] for logits that are no numbers; those of the engine and the ledger.
pub fn recall(
    subject: &Subject<'_>,
    plan: &ContextPlan,
    seed: u64,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let Some(recall) = &plan.recall else {
        return Ok(());
    };
    let lines = Lines::of(seed);
    for cache in &plan.caches {
        let job = Job {
            subject,
            plan: recall,
            lines: &lines,
            seed,
            cache,
        };
        if !job.lengths(plan, desk)? {
            return Ok(());
        }
    }
    Ok(())
}

/// One subject with one cache type.
struct Job<'a> {
    subject: &'a Subject<'a>,
    plan: &'a RecallPlan,
    lines: &'a Lines,
    seed: u64,
    cache: &'a str,
}

/// What came of one question.
struct Answer {
    recalled: bool,
    /// 1 if no rival is likelier.
    rank: usize,
}

impl Job<'_> {
    /// Length after length in one session. False if the user asked to stop.
    fn lengths(&self, plan: &ContextPlan, desk: &mut Desk<'_>) -> Result<bool, Error> {
        let name = &self.subject.name;
        let step = |length: usize| format!("context/recall/{}/{length}", self.cache);
        let mut lengths = plan.lengths(self.subject.model.card());
        lengths.retain(|length| !desk.is_done(name, &step(*length)));
        let Some(longest) = lengths.last() else {
            return Ok(true);
        };
        desk.watcher
            .begin(&format!("recall, cache {}", self.cache), *longest as u64);
        let mut session = self
            .subject
            .model
            .open(shape(self.subject, plan, self.cache)?)?;
        let mut held = Vec::new();
        for length in lengths {
            let text = self.lines.fill(
                self.subject.model.tokenizer(),
                length,
                (self.plan, self.seed),
            );
            // A text of some other seed did fit, or the plan would have been refused.
            let Some(text) = text else { continue };
            if !bring_to(session.as_mut(), &mut held, &text.tokens, desk)? {
                return Ok(false);
            }
            let Some(answers) = self.answers(session.as_mut(), &mut held, &text, desk)? else {
                return Ok(false);
            };
            self.record(length, &text, &answers, desk)?;
            desk.done(name, &step(length))?;
        }
        Ok(true)
    }

    /// An answer to every question, or `None` if the user asked to stop.
    fn answers(
        &self,
        session: &mut dyn Session,
        held: &mut Vec<Token>,
        text: &Haystack,
        desk: &mut Desk<'_>,
    ) -> Result<Option<Vec<Answer>>, Error> {
        let tokenizer = self.subject.model.tokenizer();
        let mut answers = Vec::new();
        for needle in &text.needles {
            let question = text.behind(tokenizer, &needle.question());
            let Some((last, before)) = question.split_last() else {
                continue;
            };
            if !bring_to(session, held, &[&text.tokens, before].concat(), desk)? {
                return Ok(None);
            }
            let answer = self.answer(session, (text, needle), before.len(), *last);
            answers.push(answer.map_err(|source| Error::Scoring {
                place: format!("{} asked for {}", self.subject.name, needle.key),
                source,
            })?);
            let n_recalled = answers.iter().filter(|answer| answer.recalled).count();
            let so_far = format!("{n_recalled} of {} recalled", answers.len());
            desk.watcher.advance(text.tokens.len() as u64, &so_far);
        }
        Ok(Some(answers))
    }

    /// From a session that holds the text and all of a question but its `last` token, `n_before` of them.
    fn answer(
        &self,
        session: &mut dyn Session,
        (text, needle): (&Haystack, &Needle),
        n_before: usize,
        last: Token,
    ) -> Result<Answer, engine::Error> {
        let tokenizer = self.subject.model.tokenizer();
        let held = session.len(0);
        let window = |value: &String| {
            let mut line = text.behind(tokenizer, &needle.answered(value));
            let tokens = line.split_off(n_before.min(line.len()));
            Window {
                n_scored: tokens.len().saturating_sub(1),
                tokens,
            }
        };
        let values = std::iter::once(&needle.value).chain(&needle.rivals);
        let windows: Vec<Window> = values.map(window).collect();
        let nats = branches::nats_after(session, 0, &windows)?;
        let rank = 1 + nats[1..].iter().filter(|rival| **rival < nats[0]).count();
        let said = greedy(session, tokenizer, last)?;
        session.rewind(0, held)?;
        Ok(Answer {
            recalled: said.lines().next().unwrap_or("").trim() == needle.value,
            rank,
        })
    }

    /// One record for each place of the text.
    fn record(
        &self,
        length: usize,
        text: &Haystack,
        answers: &[Answer],
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let groups = text
            .needles
            .chunks(self.plan.keys)
            .zip(answers.chunks(self.plan.keys));
        for (needles, answers) in groups {
            let keys: Vec<String> = needles.iter().map(Needle::question).collect();
            let place = Place::new(&self.subject.name, "context")
                .with("context_tokens", length)
                .with("cache", self.cache)
                .with("place_percent", needles[0].place)
                .with("questions", keys)
                .with("rivals", self.plan.rivals)
                .with("prompt_sha256", text.sha256.as_str());
            let flag = |of: fn(&Answer) -> f64| answers.iter().map(of).collect::<Vec<f64>>();
            desk.record(
                &place,
                "recalled",
                flag(|a| f64::from(u8::from(a.recalled))),
            )?;
            desk.record(&place, "recall_rank", flag(|a| a.rank as f64))?;
        }
        Ok(())
    }
}

/// Makes the only sequence of a session hold these tokens, reading no more than it must. False if the user asked
/// to stop.
fn bring_to(
    session: &mut dyn Session,
    held: &mut Vec<Token>,
    tokens: &[Token],
    desk: &mut Desk<'_>,
) -> Result<bool, Error> {
    let common = held.iter().zip(tokens).take_while(|(a, b)| a == b).count();
    session.rewind(0, common)?;
    held.truncate(common);
    for tokens in tokens[common..].chunks(PIECE) {
        if desk.stopped() {
            return Ok(false);
        }
        let feed = Feed {
            sequence: 0,
            tokens,
            logits: Logits::None,
        };
        session.feed(&[feed], &mut |_| ())?;
        held.extend_from_slice(tokens);
        desk.watcher.advance(held.len() as u64, "reading");
    }
    Ok(true)
}

/// What comes greedily after a token, up to the end of a line that is not empty.
fn greedy(
    session: &mut dyn Session,
    tokenizer: &dyn Tokenizer,
    first: Token,
) -> Result<String, engine::Error> {
    let mut bytes = Vec::new();
    let mut token = first;
    for _ in 0..MOST_TOKENS {
        let feed = Feed {
            sequence: 0,
            tokens: &[token],
            logits: Logits::Last,
        };
        let mut next = token;
        session.feed(&[feed], &mut |row| next = sampling::greedy(row.logits))?;
        if tokenizer.is_end(next) {
            break;
        }
        bytes.extend(tokenizer.bytes(next));
        let so_far = String::from_utf8_lossy(&bytes);
        if so_far.trim_start().contains('\n') {
            break;
        }
        token = next;
    }
    Ok(String::from_utf8_lossy(&bytes).trim_start().to_owned())
}
