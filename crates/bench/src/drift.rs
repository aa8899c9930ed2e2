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

/// Holds a model with its adapter against its base, over prompts with answers of which only the answers are scored; one
/// value of each metric for each answer.
///
/// # Errors
/// [`Error::Scoring`] for logits that are no numbers; those of the engine and the ledger.
pub fn measure(
    subject: &Subject<'_>,
    base: &dyn Model,
    answers: &[Window],
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    if answers.is_empty() || desk.is_done(&subject.name, NAME) {
        return Ok(());
    }
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
            return Ok(());
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
    let place = Place::new(&subject.name, NAME).with("cache", CacheKind::F16.name());
    let of = |what: fn(&Means) -> f64| all.iter().map(what).collect::<Vec<f64>>();
    desk.record(&place, "drift_kl_nats", of(|one| one.kl))?;
    desk.record(&place, "drift_entropy_nats", of(|one| one.entropy))?;
    desk.record(
        &place,
        "drift_base_entropy_nats",
        of(|one| one.base_entropy),
    )?;
    desk.done(&subject.name, NAME)
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
