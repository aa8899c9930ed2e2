//! How far an adapter has taken a model from its base, on answers that it wrote itself.
//!
//! Training on a model's own right answers makes it surer, and in the end always the same. Two numbers tell how far that
//! went, before fewer problems are solved: the divergence from the base where the model with its adapter speaks, and the
//! entropy of both there. Both read each answer behind its prompt, in lock step, the model with the adapter as reference.

use engine::score::{self, Window};
use engine::{CacheKind, CacheKinds, Divergence, Model, Session, SessionShape, divergence};

use crate::Error;
use crate::desk::{Desk, Place, Subject};
use crate::lockstep::{Fault, Rows};

/// The benchmark's name in the records.
pub const NAME: &str = "drift";

/// Means over the tokens of an answer, in nats.
#[derive(Debug, Clone, Copy, Default)]
struct Means {
    kl: f64,
    entropy: f64,
    base_entropy: f64,
}

/// Divergence, entropy with the adapter, entropy of the base: one value of each for each answer.
pub const METRICS: [&str; 3] = [
    "drift_kl_nats",
    "drift_entropy_nats",
    "drift_base_entropy_nats",
];

/// Holds a model with its adapter against its base, over prompts with answers of which only the answers are scored. It is a
/// look beside the work: what cannot be looked at is absent with its reason, and ends nothing.
///
/// # Errors
/// Those of the ledger, and of an engine that was told to stop.
pub fn measure(
    subject: &Subject<'_>,
    base: &dyn Model,
    answers: &[Window],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    if answers.is_empty() || desk.is_done(&subject.name, NAME) {
        return Ok(());
    }
    let all = match of_all(subject, base, answers, desk) {
        Ok(Some(all)) => all,
        Ok(None) => return Ok(()),
        Err(error) if error.is_stop() => return Err(error),
        Err(error) => return absent(subject, &error.to_string(), desk),
    };
    let place = place(subject);
    let of: [fn(&Means) -> f64; 3] = [|one| one.kl, |one| one.entropy, |one| one.base_entropy];
    for (metric, of) in METRICS.iter().zip(of) {
        desk.record(&place, metric, all.iter().map(of).collect())?;
    }
    desk.done(&subject.name, NAME)
}

/// Writes down why it was not looked at, once and for all.
///
/// # Errors
/// Those of the ledger.
pub fn absent(subject: &Subject<'_>, reason: &str, desk: &mut Desk<'_>) -> Result<(), Error> {
    for metric in METRICS {
        desk.record_absent(&place(subject), metric, reason.to_owned())?;
    }
    desk.done(&subject.name, NAME)
}

fn place<'a>(subject: &'a Subject<'_>) -> Place<'a> {
    Place::new(&subject.name, NAME).with("cache", CacheKind::F16.name())
}

/// The means of each answer; `None` if the user asked to stop.
fn of_all(
    subject: &Subject<'_>,
    base: &dyn Model,
    answers: &[Window],
    desk: &mut Desk<'_>,
) -> Result<Option<Vec<Means>>, Error> {
    let capacity = answers.iter().map(|answer| answer.tokens.len()).max();
    let shape = SessionShape {
        n_sequences: 1,
        capacity: capacity.unwrap_or(1),
        cache: CacheKinds::both(CacheKind::F16),
    };
    let (mut ours, mut theirs) = (subject.model.open(shape)?, base.open(shape)?);
    desk.watcher
        .begin("how far from the base", answers.len() as u64);
    let mut all = Vec::new();
    for (i, answer) in answers.iter().enumerate() {
        if desk.stopped() {
            return Ok(None);
        }
        let place = format!("{} on its answer {}", subject.name, i + 1);
        let means = of_answer(ours.as_mut(), theirs.as_mut(), answer);
        let means = means.map_err(|source| Error::Scoring {
            place: place.clone(),
            source,
        })?;
        let base = format!("the base of {place}");
        all.push(means.map_err(|fault| fault.error(place, base))?);
        desk.watcher.advance(i as u64 + 1, "");
    }
    Ok(Some(all))
}

fn of_answer(
    ours: &mut dyn Session,
    theirs: &mut dyn Session,
    answer: &Window,
) -> Result<Result<Means, Fault>, engine::Error> {
    let (mut sums, mut broken) = (Means::default(), None);
    let mut rows = Rows::default();
    for piece in 0..score::n_pieces(answer) {
        rows.read(ours, (answer, piece))?;
        rows.beside(theirs, (answer, piece), &mut |place, own, base| {
            let token = answer.tokens[place];
            let found = Divergence::between(own, base, token);
            let entropies = divergence::entropy(own).zip(divergence::entropy(base));
            match found.zip(entropies) {
                Some((found, (own, base))) => {
                    sums.kl += found.kl;
                    sums.entropy += own;
                    sums.base_entropy += base;
                }
                None if broken.is_none() => broken = Some(Fault::of(place, (own, base), token)),
                None => {}
            }
        })?;
    }
    let n = answer.n_scored as f64;
    Ok(match broken {
        Some(fault) => Err(fault),
        None => Ok(Means {
            kl: sums.kl / n,
            entropy: sums.entropy / n,
            base_entropy: sums.base_entropy / n,
        }),
    })
}
