//! Whoever guesses, and however badly, what comes out is what the model says by itself.

use super::texts;
use crate::speculate::{
    Ask, Costs, Draft, Drafter, Guess, Guessing, Hybrid, Length, ModelDraft, Ngram, Pace, Source,
    Speculative, Suffix,
};
use crate::{Ending, Error, Lanes, Model, Plain, Request, Sampling, Token};

/// Runs every drafter over a model, with another one that guesses, greedily and drawn, and compares
/// with what [`Plain`] says for the same seeds.
///
/// The lanes' width decides whether a model whose kernels round by the shape of a step can pass.
///
/// # Errors
/// A sentence that names the drafter and what was seen.
pub fn speculation(
    model: &dyn Model,
    draft: &dyn Model,
    text: &[Token],
    lanes: Lanes,
) -> Result<(), String> {
    let requests = requests(text, lanes.n);
    let said = |error: Error| error.to_string();
    let plain = texts(&Plain::new(model, lanes), &requests).map_err(said)?;
    let open = || {
        ModelDraft::new(
            draft,
            lanes.n,
            lanes.capacity,
            lanes.cache,
            Guessing::Likeliest,
        )
    };
    for length in lengths() {
        let drafters: [(&str, Box<dyn Drafter + '_>); 6] = [
            ("nobody", Box::new(Nobody)),
            ("a model", Box::new(open().map_err(said)?)),
            ("prompt lookup", Box::new(Ngram::USUAL)),
            ("suffixes", Box::new(Suffix::new())),
            (
                "suffixes before a model",
                Box::new(Hybrid::new(Suffix::new(), open().map_err(said)?)),
            ),
            ("somebody hostile", Box::new(Hostile(0))),
        ];
        for (name, drafter) in drafters {
            let engine = Speculative::new(model, lanes, drafter, length.clone());
            // The second time, whoever learns has learnt.
            for time in ["first", "second"] {
                if texts(&engine, &requests).map_err(said)? != plain {
                    return Err(format!(
                        "{name} guessing {length:?}, the {time} time: the text is not the model's own"
                    ));
                }
            }
        }
    }
    Ok(())
}

fn requests(text: &[Token], n_lanes: usize) -> Vec<Request> {
    let mut drawn = Sampling::with_temperature(0.9);
    drawn.top_k = 20;
    drawn.repetition_penalty = 1.1;
    let request = |i: usize| Request {
        prompt: text[..text.len() - i % 4].to_vec(),
        n_shared: i % 3,
        sampling: if i.is_multiple_of(2) {
            Sampling::GREEDY
        } else {
            drawn
        },
        seed: i as u64,
        max_tokens: 1 + (i * 5) % 23,
        stop: Vec::new(),
        ending: if i.is_multiple_of(3) {
            Ending::AtLimit
        } else {
            Ending::Natural
        },
    };
    (0..2 * n_lanes + 3).map(request).collect()
}

fn lengths() -> [Length; 4] {
    let costs = Costs {
        draft: [0.3, 0.4],
        read: 0.0,
        check: vec![1.0, 1.1, 1.2, 1.3],
    };
    [
        Length::Fixed(0),
        Length::Fixed(1),
        Length::Fixed(7),
        Length::Adaptive {
            most: 6,
            costs,
            trial: vec![0.9, 0.5],
        },
    ]
}

struct Nobody;

impl Drafter for Nobody {
    fn propose(&mut self, _: &[Ask<'_>], _: &mut Pace) -> Result<Vec<Draft>, Error> {
        Ok(Vec::new())
    }
}

/// Too many guesses, ids that do not exist, tokens that end a text, drafts for nobody, impossible
/// confidences, in a fixed order of misdeeds.
struct Hostile(u32);

impl Drafter for Hostile {
    fn propose(&mut self, asks: &[Ask<'_>], _: &mut Pace) -> Result<Vec<Draft>, Error> {
        let mut drafts = Vec::new();
        for ask in asks {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let misdeed = self.0 >> 24;
            let last = ask.history[ask.history.len() - 1];
            let tokens: Vec<Token> = match misdeed % 5 {
                0 => vec![Token::MAX; ask.n + 9],
                1 => vec![256, 257, last, 257],
                2 => (0..200).map(|i| self.0 >> (i % 30) & 0xff).collect(),
                3 => vec![last; ask.n + 1],
                _ => Vec::new(),
            };
            let confidence = [f32::NAN, -1.0, 2.0, f32::INFINITY][misdeed as usize % 4];
            let guess = |token| Guess {
                token,
                confidence,
                drawn_from: None,
            };
            drafts.push(Draft {
                guesses: tokens.into_iter().map(guess).collect(),
                source: Source::ALL[misdeed as usize % Source::ALL.len()],
            });
        }
        if self.0.is_multiple_of(2) {
            drafts.push(Draft::nothing());
        }
        if self.0.is_multiple_of(7) {
            drafts.pop();
        }
        Ok(drafts)
    }
}
