//! Where a draft would have said something else than its target, along one answer of the target.
//!
//! Both read prompt and answer once; at every place of the answer the draft's likeliest token is held against the token
//! that stands there. Guessing ahead greedily meets exactly these differences: a guess is only ever made behind text of the
//! target. So the share of places that agree is the chance that a guess comes true.
//!
//! The answer was written in steps of another width than it is read in, and kernels round differently there. Where the
//! target, reading, would itself say what the draft says, two of its tokens are as good as equally likely, and the draft
//! is not held to have missed.

use crate::sampling::greedy;
use crate::score::{Window, read, surprise};
use crate::{Error, Session, Token};

/// Entries of the target's row that are kept at a difference.
pub const LIKELIEST: usize = 10;

/// A place where the draft would have said something else.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    /// Counted from the answer's first token.
    pub position: usize,
    /// What the draft would have said.
    pub draft: Token,
    /// What the target said.
    pub target: Token,
    /// How sure the draft was of its own token, 0 to 1.
    pub draft_chance: f64,
    /// How likely the target held its own, 0 to 1.
    pub target_chance: f64,
    /// The target's likeliest tokens with their logits, at most [`LIKELIEST`], the likeliest first.
    pub likeliest: Vec<(Token, f32)>,
}

/// How far a draft goes along with an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// What the draft would have said at each place of the answer.
    pub choices: Vec<Token>,
    /// Where that is something else.
    pub disagreements: Vec<Disagreement>,
}

impl Agreement {
    /// The share of places that agree; `None` for an answer without tokens.
    pub fn rate(&self) -> Option<f64> {
        let n = self.choices.len();
        (n > 0).then(|| (n - self.disagreements.len()) as f64 / n as f64)
    }
}

/// Reads an answer with both; `prompt` is never empty. Each session's first sequence is rewound and used.
///
/// # Errors
/// [`Error::NotFinite`] for logits that are no distribution; those of [`Session::feed`].
pub fn agreement(
    target: &mut dyn Session,
    draft: &mut dyn Session,
    (prompt, answer): (&[Token], &[Token]),
) -> Result<Agreement, Error> {
    let window = Window {
        tokens: prompt.iter().chain(answer).copied().collect(),
        n_scored: answer.len(),
    };
    let mut found = Agreement {
        choices: Vec::with_capacity(answer.len()),
        disagreements: Vec::new(),
    };
    let mut broken = None;
    read(draft, 0, &window, &mut |place, logits| {
        let (own, said) = (greedy(logits), window.tokens[place]);
        found.choices.push(own);
        let Some(nats) = surprise(logits, own) else {
            broken = broken.or(Some(place));
            return;
        };
        if own != said {
            found.disagreements.push(Disagreement {
                position: place - prompt.len(),
                draft: own,
                target: said,
                draft_chance: (-nats).exp(),
                target_chance: 0.0,
                likeliest: Vec::new(),
            });
        }
    })?;
    let mut open = found.disagreements.iter_mut().peekable();
    read(target, 0, &window, &mut |place, logits| {
        let Some(own) = open.next_if(|one| one.position + prompt.len() == place) else {
            return;
        };
        match surprise(logits, own.target) {
            Some(nats) => own.target_chance = (-nats).exp(),
            None => broken = broken.or(Some(place)),
        }
        own.likeliest = likeliest(logits);
    })?;
    found.disagreements.retain(|one| {
        let own = one.likeliest.first();
        own.is_none_or(|(token, _)| *token != one.draft)
    });
    match broken {
        Some(position) => Err(Error::NotFinite { position }),
        None => Ok(found),
    }
}

/// Of equally likely ones the smaller id first.
fn likeliest(logits: &[f32]) -> Vec<(Token, f32)> {
    let mut all: Vec<(Token, f32)> = (0..).zip(logits.iter().copied()).collect();
    let before = |a: &(Token, f32), b: &(Token, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if all.len() > LIKELIEST {
        all.select_nth_unstable_by(LIKELIEST - 1, before);
        all.truncate(LIKELIEST);
    }
    all.sort_by(before);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::Toy;
    use crate::{CacheKind, CacheKinds, Logits, Model, SessionShape};

    const SHAPE: SessionShape = SessionShape {
        n_sequences: 1,
        capacity: 64,
        cache: CacheKinds {
            k: CacheKind::F16,
            v: CacheKind::F16,
        },
    };

    /// What a model says greedily after these tokens, one step at a time.
    fn greedily(model: &Toy, tokens: &[Token]) -> Token {
        let mut session = model.open(SHAPE).unwrap();
        let feed = crate::Feed {
            sequence: 0,
            tokens,
            logits: Logits::Last,
        };
        let mut said = 0;
        session
            .feed(&[feed], &mut |row| said = greedy(row.logits))
            .unwrap();
        said
    }

    fn answer(model: &Toy, prompt: &[Token], n: usize) -> Vec<Token> {
        let mut all = prompt.to_vec();
        (0..n).for_each(|_| all.push(greedily(model, &all)));
        all.split_off(prompt.len())
    }

    #[test]
    fn a_model_agrees_with_itself_everywhere() {
        let (toy, prompt) = (Toy::new(1), [256, 65, 66]);
        let said = answer(&toy, &prompt, 20);
        let (mut a, mut b) = (toy.open(SHAPE).unwrap(), toy.open(SHAPE).unwrap());
        let found = agreement(a.as_mut(), b.as_mut(), (&prompt, &said)).unwrap();
        assert_eq!((found.rate(), &found.choices), (Some(1.0), &said));
        let none = agreement(a.as_mut(), b.as_mut(), (&prompt, &[])).unwrap();
        assert_eq!(none.rate(), None);
    }

    #[test]
    fn where_the_target_reads_as_the_draft_does_the_draft_has_not_missed() {
        let (toy, prompt) = (Toy::new(1), [256, 65, 66]);
        let mut said = answer(&toy, &prompt, 20);
        // As if other rounding had chosen the last token when the answer was written.
        said[19] = said[19].wrapping_add(1) % 256;
        let (mut a, mut b) = (toy.open(SHAPE).unwrap(), toy.open(SHAPE).unwrap());
        let found = agreement(a.as_mut(), b.as_mut(), (&prompt, &said)).unwrap();
        assert_eq!((found.rate(), found.disagreements), (Some(1.0), Vec::new()));
        assert_ne!(found.choices[19], said[19]);
    }

    #[test]
    fn every_difference_is_what_the_draft_says_behind_the_targets_text() {
        let (toy, other, prompt) = (Toy::new(1), Toy::new(2), [256, 65, 66]);
        let said = answer(&toy, &prompt, 20);
        let (mut a, mut b) = (toy.open(SHAPE).unwrap(), other.open(SHAPE).unwrap());
        let found = agreement(a.as_mut(), b.as_mut(), (&prompt, &said)).unwrap();
        assert!(!found.disagreements.is_empty());
        for place in 0..said.len() {
            let before = [&prompt[..], &said[..place]].concat();
            let guess = greedily(&other, &before);
            assert_eq!(found.choices[place], guess);
            let differs = found.disagreements.iter().find(|one| one.position == place);
            assert_eq!(differs.is_some(), guess != said[place]);
            if let Some(one) = differs {
                assert_eq!((one.draft, one.target), (guess, said[place]));
                // The target said its likeliest token.
                assert_eq!(one.likeliest[0].0, said[place]);
                assert_eq!(one.likeliest.len(), LIKELIEST);
                assert!(one.likeliest.is_sorted_by(|a, b| a.1 >= b.1));
                assert!(one.target_chance > 0.0 && one.draft_chance <= 1.0);
            }
        }
    }
}
