//! How surprised a model is by a text.
//!
//! A text is cut by one of the [`Protocol`]s. Of every block (passage, chunk, document) the raw sums are
//! written down, nats, tokens and bytes; perplexity, bits per byte and their intervals are made from them
//! by the report, and two models are paired block by block. Passages are few and written down together;
//! chunks and documents one by one, each on the disk before the next, so that a killed run goes on.

use engine::{CacheKind, CacheKinds, Session, SessionShape, score};

use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::plan::PerplexityPlan;
use crate::protocol::{Block, Cut, Protocol, Rule};
use crate::text::Text;

/// Checks that one subject can be measured on every text, without running it.
///
/// # Errors
/// [`Error::Plan`] for a text that is too short, ids that are not in the vocabulary, a context that is longer
/// than the model's.
pub fn check(subject: &Subject<'_>, plan: &PerplexityPlan, texts: &[Text]) -> Result<(), Error> {
    for text in texts {
        cut(subject, plan, text)?;
    }
    Ok(())
}

/// Measures one subject on every text of the plan.
///
/// # Errors
/// Those of [`check`]; [`Error::Scoring`] for logits that are no numbers; those of the engine and the ledger.
pub fn measure(
    subject: &Subject<'_>,
    plan: &PerplexityPlan,
    texts: &[Text],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    for text in texts {
        let step = match plan.protocol {
            Protocol::Passages => format!("perplexity/{}", text.name),
            protocol => format!("perplexity/{}/{}", protocol.name(), text.name),
        };
        if desk.is_done(&subject.name, &step) {
            continue;
        }
        let (cut, rule) = cut(subject, plan, text)?;
        let job = Job {
            subject,
            text,
            rule,
            cut: &cut,
            step: &step,
        };
        let complete = match plan.protocol {
            Protocol::Passages => job.passages(desk)?,
            _ => job.blocks(desk)?,
        };
        if !complete {
            return Ok(());
        }
        desk.done(&subject.name, &step)?;
    }
    Ok(())
}

/// A text in the blocks of the plan's protocol, as many as it wants, and the rule that cut it.
///
/// # Errors
/// Those of [`check`].
pub(crate) fn cut(
    subject: &Subject<'_>,
    plan: &PerplexityPlan,
    text: &Text,
) -> Result<(Cut, Rule), Error> {
    let (model, card) = (subject.model, subject.model.card());
    let rule = Rule::of(plan, card).map_err(Error::Plan)?;
    let cut = Cut::of(text, rule, model.tokenizer(), card.n_vocab).map_err(Error::Plan)?;
    Ok((cut, rule))
}

/// One text, cut for one subject.
struct Job<'a> {
    subject: &'a Subject<'a>,
    text: &'a Text,
    rule: Rule,
    cut: &'a Cut,
    step: &'a str,
}

impl Job<'_> {
    /// Scores all passages, then writes them down. False if the user asked to stop.
    fn passages(&self, desk: &mut Desk<'_>) -> Result<bool, Error> {
        let mut session = self.open(desk, self.cut.n_fed())?;
        let mut nats = Vec::with_capacity(self.cut.blocks.len());
        let mut so_far = SoFar::default();
        for (i, block) in self.cut.blocks.iter().enumerate() {
            if desk.stopped() {
                return Ok(false);
            }
            nats.push(self.nats(session.as_mut(), (i, block), &mut so_far, desk)?);
        }
        let place = Place::new(&self.subject.name, "perplexity")
            .with("text", self.text.name.as_str())
            .with("text_sha256", self.text.sha256.as_str());
        let blocks = self.cut.blocks.iter();
        let tokens = blocks.clone().map(|block| self.cut.n_scored(block) as f64);
        desk.record(&place, "passage_nats", nats)?;
        desk.record(&place, "passage_tokens", tokens.collect())?;
        let bytes = blocks.map(|block| block.n_bytes as f64);
        desk.record(&place, "passage_bytes", bytes.collect())?;
        Ok(true)
    }

    /// Scores block after block; each is a step of its own. False if the user asked to stop.
    fn blocks(&self, desk: &mut Desk<'_>) -> Result<bool, Error> {
        let name = &self.subject.name;
        let step = |i: usize| format!("{}/{i}", self.step);
        let left = self.cut.blocks.iter().enumerate();
        let left = left.filter(|(i, _)| !desk.is_done(name, &step(*i)));
        let n_left = left.map(|(_, block)| self.cut.n_fed_of(block)).sum();
        let mut session = self.open(desk, n_left)?;
        let mut so_far = SoFar::default();
        for (i, block) in self.cut.blocks.iter().enumerate() {
            if desk.stopped() {
                return Ok(false);
            }
            let step = step(i);
            if desk.is_done(name, &step) {
                continue;
            }
            let nats = self.nats(session.as_mut(), (i, block), &mut so_far, desk)?;
            self.write(desk, i, block, nats)?;
            desk.done(name, &step)?;
        }
        let starts = vec![f64::from(self.cut.n_start)];
        desk.record(&self.place(), "start_tokens", starts)?;
        Ok(true)
    }

    fn write(&self, desk: &mut Desk<'_>, i: usize, block: &Block, nats: f64) -> Result<(), Error> {
        let place = self.place().with("chunk", i);
        desk.record(&place, "passage_nats", vec![nats])?;
        let n_tokens = self.cut.n_scored(block) as f64;
        desk.record(&place, "passage_tokens", vec![n_tokens])?;
        desk.record(&place, "passage_bytes", vec![block.n_bytes as f64])?;
        if let Some(n_words) = block.n_words {
            desk.record(&place, "passage_words", vec![n_words as f64])?;
        }
        Ok(())
    }

    /// Conditions that must be equal before two numbers may be compared.
    fn place(&self) -> Place<'_> {
        let place = Place::new(&self.subject.name, "perplexity")
            .with("text", self.text.name.as_str())
            .with("text_sha256", self.text.sha256.as_str())
            .with("protocol", self.rule.protocol.name())
            .with("context_tokens", self.rule.context);
        match self.rule.protocol {
            Protocol::Sliding | Protocol::Rows => place.with("stride_tokens", self.rule.stride),
            _ => place,
        }
    }

    /// A session for the longest window. Progress is told in tokens, because documents are of all lengths.
    fn open(&self, desk: &mut Desk<'_>, n_left: usize) -> Result<Box<dyn Session + '_>, Error> {
        let n_fed = self.cut.longest();
        desk.warn_beyond_context(self.subject, n_fed)?;
        let shape = SessionShape {
            n_sequences: 1,
            capacity: n_fed.max(1),
            cache: CacheKinds::both(CacheKind::F16),
        };
        let what = format!("perplexity: {}, tokens", self.text.name);
        desk.watcher.begin(&what, n_left as u64);
        Ok(self.subject.model.open(shape)?)
    }

    /// The surprise of one block, told window by window: a long document has many.
    fn nats(
        &self,
        session: &mut dyn Session,
        (i, block): (usize, &Block),
        so_far: &mut SoFar,
        desk: &mut Desk<'_>,
    ) -> Result<f64, Error> {
        let mut sum = 0.0;
        for window in self.cut.windows(block) {
            let nats = score::nats_in(session, 0, &window).map_err(|source| Error::Scoring {
                place: format!("{} on {}, chunk {i}", self.subject.name, self.text.name),
                source,
            })?;
            let nats: f64 = nats.iter().sum();
            sum += nats;
            so_far.nats += nats;
            so_far.n_scored += window.n_scored;
            so_far.n_fed += score::n_fed(window.tokens.len());
            let told = format!("perplexity {:.4}", so_far.perplexity());
            desk.watcher.advance(so_far.n_fed as u64, &told);
        }
        Ok(sum)
    }
}

/// What was scored since the work began.
#[derive(Default)]
struct SoFar {
    nats: f64,
    n_scored: usize,
    n_fed: usize,
}

impl SoFar {
    fn perplexity(&self) -> f64 {
        f64::exp(self.nats / self.n_scored as f64)
    }
}
