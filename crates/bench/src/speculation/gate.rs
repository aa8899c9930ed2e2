//! Whether an answer with guesses is the answer without.
//!
//! Greedy answers must be equal token for token. Kernels round steps of another width differently, which
//! can decide a near tie; so a difference is looked at from scratch: the row before it is computed again in
//! steps of one token and in wider ones, without any guess or rewind, and only if the two best tokens lie
//! no further apart than any logit of these rows moves is it a tie. Everything else is a fault.

use engine::{CacheKind, CacheKinds, Feed, Logits, Model, Session, SessionShape, Token};

use crate::Error;

/// Widths in which the row is computed again.
const WIDTHS: [usize; 4] = [2, 3, 5, 8];

/// A place at which two answers part.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The token of the answer, counted from 0.
    pub at: usize,
    /// By how much the best logit is above the second there.
    pub gap: f64,
    /// By how much a logit of that row changes with the width of the steps, at most.
    pub noise: f64,
    /// Whether the two answers chose the two best tokens, and rounding can decide between them.
    pub tie: bool,
}

/// Where the answers part, and why; `None` if they are equal. `alone` is the target's own.
///
/// # Errors
/// Those of the engine.
pub(super) fn difference(
    model: &dyn Model,
    prompt: &[Token],
    alone: &[Token],
    other: &[Token],
) -> Result<Option<Difference>, Error> {
    if alone == other {
        return Ok(None);
    }
    let at = alone.iter().zip(other).take_while(|(a, b)| a == b).count();
    let mut session = model.open(SessionShape {
        n_sequences: 1,
        capacity: prompt.len() + at + 1,
        cache: CacheKinds::both(CacheKind::F16),
    })?;
    let narrow = row(session.as_mut(), prompt, &alone[..at], 1)?;
    let [first, second] = two_best(&narrow);
    let gap = f64::from(narrow[first]) - f64::from(narrow[second]);
    let mut noise = 0.0f32;
    for width in WIDTHS {
        let wide = row(session.as_mut(), prompt, &alone[..at], width)?;
        let moved = narrow.iter().zip(&wide).map(|(a, b)| (a - b).abs());
        noise = moved.fold(noise, f32::max);
    }
    let noise = f64::from(noise);
    let is = |best: usize, chosen: Option<&Token>| match chosen {
        Some(token) => *token as usize == best,
        None => model.tokenizer().is_end(best as Token),
    };
    let (a, b) = (alone.get(at), other.get(at));
    let the_two_best = (is(first, a) && is(second, b)) || (is(second, a) && is(first, b));
    Ok(Some(Difference {
        at,
        gap,
        noise,
        tie: the_two_best && gap <= noise,
    }))
}

/// The row after prompt and answer, the answer read in pieces of `width`.
fn row(
    session: &mut dyn Session,
    prompt: &[Token],
    answer: &[Token],
    width: usize,
) -> Result<Vec<f32>, Error> {
    session.rewind(0, 0)?;
    let mut last = Vec::new();
    for tokens in std::iter::once(prompt).chain(answer.chunks(width)) {
        let feed = Feed {
            sequence: 0,
            tokens,
            logits: Logits::Last,
        };
        session.feed(&[feed], &mut |row| row.logits.clone_into(&mut last))?;
    }
    Ok(last)
}

fn two_best(row: &[f32]) -> [usize; 2] {
    let mut best = [0, 1];
    for (i, x) in row.iter().enumerate().skip(1) {
        if *x > row[best[0]] {
            best = [i, best[0]];
        } else if *x > row[best[1]] || best[0] == best[1] {
            best[1] = i;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use engine::toy::Toy;

    use super::*;

    #[test]
    fn equal_answers_have_no_difference() {
        let toy = Toy::new(1);
        assert_eq!(difference(&toy, &[1], &[2, 3], &[2, 3]).unwrap(), None);
    }

    #[test]
    fn an_exact_model_has_no_ties_so_every_difference_is_a_fault() {
        let toy = Toy::new(1);
        for other in [&[2, 4][..], &[2], &[2, 3, 4]] {
            let found = difference(&toy, &[1], &[2, 3], other).unwrap().unwrap();
            assert!(!found.tie, "{found:?}");
            assert_eq!(found.noise, 0.0);
            assert_eq!(found.at, if other.len() == 3 { 2 } else { 1 });
        }
    }

    #[test]
    fn the_two_best_are_found_wherever_they_stand() {
        assert_eq!(two_best(&[3.0, 1.0, 2.0]), [0, 2]);
        assert_eq!(two_best(&[1.0, 3.0, 2.0]), [1, 2]);
        assert_eq!(two_best(&[1.0, 2.0, 3.0]), [2, 1]);
        assert_eq!(two_best(&[2.0, 2.0, 1.0]), [0, 1]);
    }
}
