//! How surprised a model is by bundled text.
//!
//! Each passage is scored by itself, after the model's start token, or its end-of-text token where
//! it has no start token, so that every byte is scored and passages of two models can be paired
//! even if their tokenizers differ. Written down are the raw sums per passage; perplexity and bits
//! per byte are made from them by the report.

use engine::{CacheKind, CacheKinds, Session, SessionShape, Special, Token, Tokenizer, score};

use crate::desk::{Desk, Place, Subject};
use crate::plan::PerplexityPlan;
use crate::{Error, passages};

/// Measures one subject on every text of the plan.
///
/// # Errors
/// [`Error::Plan`] for a text that is not there or a model without any token to begin with; those of
/// the engine and the ledger.
pub fn measure(
    subject: &Subject<'_>,
    plan: &PerplexityPlan,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    for text in &plan.texts {
        let step = format!("perplexity/{text}");
        if desk.is_done(&subject.name, &step) {
            continue;
        }
        if !one_text(subject, text, desk)? {
            return Ok(());
        }
        desk.done(&subject.name, &step)?;
    }
    Ok(())
}

/// False if the user asked to stop.
fn one_text(subject: &Subject<'_>, text: &str, desk: &mut Desk<'_>) -> Result<bool, Error> {
    let tokenizer = subject.model.tokenizer();
    let context = context(tokenizer)?;
    let passages = passages::find(text).ok_or_else(|| Error::Plan(passages::unknown(text)))?;
    let tokens: Vec<Vec<Token>> = passages
        .iter()
        .map(|p| tokenizer.encode(&p.text, Special::Plain))
        .collect();
    let longest = tokens.iter().map(Vec::len).max().unwrap_or(0);
    let shape = SessionShape {
        n_sequences: 1,
        capacity: longest + 1,
        cache: CacheKinds::both(CacheKind::F16),
    };
    let mut session = subject.model.open(shape)?;
    desk.watcher
        .begin(&format!("perplexity: {text}"), passages.len() as u64);
    let mut nats = Vec::with_capacity(passages.len());
    for (i, tokens) in tokens.iter().enumerate() {
        if desk.stopped() {
            return Ok(false);
        }
        nats.push(sum_of(session.as_mut(), &[context], tokens)?);
        desk.watcher.advance(i as u64 + 1, "");
    }
    let place = Place::new(&subject.name, "perplexity")
        .with("text", text)
        .with("text_sha256", passages::sha256(text).unwrap_or_default());
    desk.record(&place, "passage_nats", nats)?;
    desk.record(
        &place,
        "passage_tokens",
        tokens.iter().map(|t| t.len() as f64).collect(),
    )?;
    desk.record(
        &place,
        "passage_bytes",
        passages.iter().map(|p| p.text.len() as f64).collect(),
    )?;
    Ok(true)
}

fn sum_of(session: &mut dyn Session, context: &[Token], tokens: &[Token]) -> Result<f64, Error> {
    Ok(score::nats_of(session, 0, context, tokens)?.iter().sum())
}

/// The token that stands in front of every passage. It is no condition of the measurement: passages of
/// a model with a start token and of one without are pairs all the same.
fn context(tokenizer: &dyn Tokenizer) -> Result<Token, Error> {
    let cause = "the model has neither a start nor an end-of-text token to begin a text with";
    let token = tokenizer.start().or(tokenizer.end());
    token.ok_or_else(|| Error::Plan(cause.into()))
}
