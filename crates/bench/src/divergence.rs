//! How far candidates are from a reference, token by token of the same text.
//!
//! Reference and candidates go through the text in lock step, a piece of 512 tokens at a time, and every row of logits is
//! compared while it is in memory: no file of logits, which for a text of this field's usual length and a vocabulary of
//! 150,000 takes tens of gigabytes, and no more than a piece's rows at once, whatever the context. A candidate is another model with the same vocabulary (a quantisation, an adapter, a
//! student) or the reference itself with another cache. Chunks are those of llama.cpp's tool for the same
//! purpose: disjoint, the second half of each compared.
//!
//! Written down is one value for each token, so that the report can give exact percentiles; a chunk is on the
//! disk before the next.

use engine::score::{self, Window};
use engine::{CacheKind, CacheKinds, Divergence, Model, Session, SessionShape, Special, Token};

use crate::desk::{Desk, Place, Subject};
use crate::lockstep::{Fault, Rows};
use crate::plan::{DivergencePlan, PerplexityPlan};
use crate::protocol::{Cut, Protocol};
use crate::text::{Content, Text};
use crate::{Error, perplexity};

/// What is said to somebody who names a reference and nothing else.
pub const ALONE: &str = "there is nothing to hold against the reference; name a second model, or cache types with --cache q8_0,q4_0";

/// Who is held against the reference: a subject with a cache.
struct Candidate<'a> {
    subject: &'a Subject<'a>,
    cache: CacheKind,
}

/// Compares every later subject, and the first one with each of the plan's caches, with the first subject and an
/// f16 cache.
///
/// # Errors
/// [`Error::Plan`] if nothing is there to compare, for vocabularies that differ, and for texts that are too short;
/// [`Error::Scoring`] for logits that are no numbers; those of the engine and the ledger.
pub fn measure(
    subjects: &[Subject<'_>],
    plan: &DivergencePlan,
    texts: &[Text],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let (Some(reference), candidates) = (subjects.first(), candidates(subjects, plan)?) else {
        return Ok(());
    };
    check(subjects, texts)?;
    let against = Against {
        benchmark: "divergence",
        reference,
        name: &reference.name,
        candidates: &candidates,
    };
    all_texts(&against, plan, texts, desk)
}

/// Compares one subject under each of the plan's caches with itself under an f16 cache.
///
/// # Errors
/// As [`measure()`].
pub fn of_caches(
    subject: &Subject<'_>,
    plan: &DivergencePlan,
    texts: &[Text],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let against = Against {
        benchmark: "cache_quality",
        reference: subject,
        name: "f16 cache",
        candidates: &candidates(std::slice::from_ref(subject), plan)?,
    };
    all_texts(&against, plan, texts, desk)
}

/// Who is held against whom, and under which names that is written down.
#[derive(Clone, Copy)]
struct Against<'a> {
    benchmark: &'static str,
    reference: &'a Subject<'a>,
    /// What the reference is called in the records.
    name: &'a str,
    candidates: &'a [Candidate<'a>],
}

fn all_texts(
    against: &Against<'_>,
    plan: &DivergencePlan,
    texts: &[Text],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    for text in texts {
        let cut = cut(against.reference, plan, text)?;
        let job = Job {
            against: *against,
            plan,
            text,
            cut: &cut,
        };
        if !job.chunks(desk)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Checks that the texts are long enough and fit the model, without running it.
///
/// # Errors
/// [`Error::Plan`] with what is wrong.
pub fn check_texts(
    reference: &Subject<'_>,
    plan: &DivergencePlan,
    texts: &[Text],
) -> Result<(), Error> {
    texts
        .iter()
        .try_for_each(|text| cut(reference, plan, text).map(drop))
}

/// Refuses models that do not speak of the same tokens.
///
/// # Errors
/// [`Error::Plan`] with the first difference.
pub fn check(subjects: &[Subject<'_>], texts: &[Text]) -> Result<(), Error> {
    let Some((first, later)) = subjects.split_first() else {
        return Ok(());
    };
    for other in later {
        same_vocabulary(first.model, other.model)
            .and_then(|()| same_tokens(first.model, other.model, texts))
            .map_err(|why| {
                Error::Plan(format!(
                    "{} and {} cannot be compared token by token: {why}",
                    first.name, other.name
                ))
            })?;
    }
    Ok(())
}

fn candidates<'a>(
    subjects: &'a [Subject<'a>],
    plan: &DivergencePlan,
) -> Result<Vec<Candidate<'a>>, Error> {
    let f16 = |subject| Candidate {
        subject,
        cache: CacheKind::F16,
    };
    let mut found: Vec<Candidate<'_>> = subjects.iter().skip(1).map(f16).collect();
    for name in &plan.caches {
        let cache: CacheKind = name.parse().map_err(Error::Plan)?;
        found.extend(subjects.first().map(|subject| Candidate { subject, cache }));
    }
    match found.is_empty() {
        true => Err(Error::Plan(ALONE.into())),
        false => Ok(found),
    }
}

/// Equal entries as far as both go; what the longer one has besides must be padding.
fn same_vocabulary(a: &dyn Model, b: &dyn Model) -> Result<(), String> {
    let (n_a, n_b) = (a.card().n_vocab, b.card().n_vocab);
    let common = n_a.min(n_b) as Token;
    let (words_a, words_b) = (a.tokenizer(), b.tokenizer());
    if let Some(id) = (0..common).find(|id| words_a.text(*id) != words_b.text(*id)) {
        return Err(format!(
            "token {id} is {:?} for the one and {:?} for the other",
            words_a.text(id),
            words_b.text(id)
        ));
    }
    let longer = if n_a > n_b { words_a } else { words_b };
    let padding = |text: &str| text.is_empty() || text.to_ascii_uppercase().contains("PAD");
    let extra = (common..n_a.max(n_b) as Token).find(|id| !padding(&longer.text(*id)));
    extra.map_or(Ok(()), |id| {
        Err(format!(
            "one vocabulary has {n_a} entries and the other {n_b}, and entry {id}, {:?}, is no padding",
            longer.text(id)
        ))
    })
}

/// The same entries may still be put together by other rules.
fn same_tokens(a: &dyn Model, b: &dyn Model, texts: &[Text]) -> Result<(), String> {
    let (a, b) = (a.tokenizer(), b.tokenizer());
    if a.start() != b.start() {
        return Err("one begins a text with a start token that the other does not want".into());
    }
    for text in texts {
        let parts = match &text.content {
            Content::Plain(text) => std::slice::from_ref(text),
            Content::Documents(documents) => documents,
            Content::Tokens(_) => continue,
        };
        let differs =
            |part: &&String| a.encode(part, Special::Plain) != b.encode(part, Special::Plain);
        if parts.iter().any(|part| differs(&part)) {
            return Err(format!("they cut {} into different tokens", text.name));
        }
    }
    Ok(())
}

/// Cut as llama.cpp's tool cuts a text for its perplexity.
fn cut(reference: &Subject<'_>, plan: &DivergencePlan, text: &Text) -> Result<Cut, Error> {
    let chunks = PerplexityPlan {
        protocol: Protocol::LlamaCpp,
        context: Some(plan.context),
        limit_chunks: plan.limit_chunks,
        ..PerplexityPlan::passages(&[])
    };
    perplexity::cut(reference, &chunks, text).map(|(cut, _)| cut)
}

/// One text with everybody who reads it.
struct Job<'a> {
    against: Against<'a>,
    plan: &'a DivergencePlan,
    text: &'a Text,
    cut: &'a Cut,
}

impl Job<'_> {
    /// Chunk after chunk. False if the user asked to stop.
    fn chunks(&self, desk: &mut Desk<'_>) -> Result<bool, Error> {
        let Against {
            reference,
            candidates,
            benchmark,
            ..
        } = self.against;
        let mut sessions = vec![self.open(reference, CacheKind::F16)?];
        for candidate in candidates {
            sessions.push(self.open(candidate.subject, candidate.cache)?);
        }
        let (ours, theirs) = sessions.split_at_mut(1);
        let what = format!("{}: {}", benchmark.replace('_', " "), self.text.name);
        desk.watcher.begin(&what, self.cut.blocks.len() as u64);
        for (i, block) in self.cut.blocks.iter().enumerate() {
            if desk.stopped() {
                return Ok(false);
            }
            let step = format!("{benchmark}/{}/{i}", self.text.name);
            if desk.is_done(&reference.name, &step) {
                continue;
            }
            for window in self.cut.windows(block) {
                let found = self.compare(ours[0].as_mut(), theirs, &window, i)?;
                for (candidate, found) in candidates.iter().zip(&found) {
                    self.write(desk, candidate, i, found)?;
                }
            }
            desk.done(&reference.name, &step)?;
            desk.watcher.advance(i as u64 + 1, "");
        }
        Ok(true)
    }

    fn open<'s>(
        &self,
        subject: &'s Subject<'_>,
        cache: CacheKind,
    ) -> Result<Box<dyn Session + 's>, Error> {
        Ok(subject.model.open(SessionShape {
            n_sequences: 1,
            capacity: self.cut.longest().max(1),
            cache: CacheKinds::both(cache),
        })?)
    }

    /// What each candidate says at each scored token of a window, piece by piece in turns with the reference.
    fn compare(
        &self,
        ours: &mut dyn Session,
        theirs: &mut [Box<dyn Session + '_>],
        window: &Window,
        i: usize,
    ) -> Result<Vec<Vec<Divergence>>, Error> {
        let mut found = vec![Vec::new(); theirs.len()];
        let mut rows = Rows::default();
        for piece in 0..score::n_pieces(window) {
            let read = rows.read(ours, (window, piece));
            read.map_err(|source| self.failed(&self.against.reference.name, i, source))?;
            let candidates = self.against.candidates.iter().zip(theirs.iter_mut());
            for ((candidate, session), found) in candidates.zip(&mut found) {
                let held = held_against(&rows, session.as_mut(), (window, piece), found);
                let name = &candidate.subject.name;
                let fault = held.map_err(|source| self.failed(name, i, source))?;
                if let Some(fault) = fault {
                    let reference = self.place(&self.against.reference.name, i);
                    return Err(fault.error(reference, self.place(name, i)));
                }
            }
        }
        Ok(found)
    }

    fn write(
        &self,
        desk: &mut Desk<'_>,
        candidate: &Candidate<'_>,
        i: usize,
        found: &[Divergence],
    ) -> Result<(), Error> {
        let place = Place::new(&candidate.subject.name, self.against.benchmark)
            .with("text", self.text.name.as_str())
            .with("text_sha256", self.text.sha256.as_str())
            .with("reference", self.against.name)
            .with("cache", candidate.cache.name())
            .with("context_tokens", self.plan.context)
            .with("chunk", i);
        let of = |what: fn(&Divergence) -> f64| found.iter().map(what).collect::<Vec<f64>>();
        desk.record(&place, "token_kl_nats", of(|d| short(d.kl)))?;
        desk.record(&place, "token_delta_p", of(|d| short(d.delta_p)))?;
        desk.record(
            &place,
            "token_same_top",
            of(|d| f64::from(u8::from(d.same_top))),
        )?;
        let sums = [
            found.iter().map(|d| d.reference_nats).sum(),
            found.iter().map(|d| d.candidate_nats).sum(),
        ];
        desk.record(&place, "reference_nats", vec![sums[0]])?;
        desk.record(&place, "passage_nats", vec![sums[1]])
    }

    fn failed(&self, model: &str, i: usize, source: engine::Error) -> Error {
        Error::Scoring {
            place: self.place(model, i),
            source,
        }
    }

    fn place(&self, model: &str, i: usize) -> String {
        format!("{model} on {}, chunk {i}", self.text.name)
    }
}

/// Adds what a candidate says at each scored token of a piece that the reference has read. What is wrong, if two rows
/// could not be compared.
fn held_against(
    rows: &Rows,
    session: &mut dyn Session,
    (window, piece): (&Window, usize),
    found: &mut Vec<Divergence>,
) -> Result<Option<Fault>, engine::Error> {
    let mut broken = None;
    rows.beside(session, (window, piece), &mut |place, ours, theirs| {
        let token = window.tokens[place];
        match Divergence::between(ours, theirs, token) {
            Some(divergence) => found.push(divergence),
            None if broken.is_none() => broken = Some(Fault::of(place, (ours, theirs), token)),
            None => {}
        }
    })?;
    Ok(broken)
}

/// A value to seven digits: millions of them are written down, and nobody needs more.
fn short(value: f64) -> f64 {
    format!("{value:.6e}").parse().unwrap_or(value)
}
