//! Whether an answer with guesses is the answer without.
//!
//! Greedy answers must be equal token for token. Kernels round steps of another width differently, which
//! can decide a near tie; so a difference is looked at from scratch: the row before it is computed again in
//! steps of one token and in wider ones, without any guess or rewind, and only if the two best tokens lie
//! no further apart than twice what the distance between them moves, and than one at most, is it a tie. Everything else is a
//! fault: a kernel that is wrong at one width moves much, and must not excuse itself with that.

use engine::{CacheKind, CacheKinds, Feed, Logits, Model, Session, SessionShape, Token};

use crate::Error;

/// Widths in which the row is computed again, beside the widest that a pass has.
const WIDTHS: [usize; 6] = [2, 3, 4, 5, 8, 16];

/// What is seen in so few widths is not the most that there can be: so many times as much is still rounding.
const MARGIN: f64 = 2.0;

/// Logits that lie further apart are no tie, however far widths of steps move them: kernels that do that are at fault.
const MOST_GAP: f64 = 1.0;

/// A place at which two answers part.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The token of the answer, counted from 0.
    pub at: usize,
    /// By how much the best logit is above the second there.
    pub gap: f64,
    /// How far apart the differences between these two logits lie, over all widths of steps.
    pub noise: f64,
    /// Whether the two answers chose the two best tokens, and rounding can decide between them.
    pub tie: bool,
}

/// Where two answers part, the target's own and another, and why; `None` if they are equal. A pass has at most
/// `most_rows` rows.
///
/// # Errors
/// Those of the engine.
pub(super) fn difference(
    model: &dyn Model,
    prompt: &[Token],
    (alone, other): (&[Token], &[Token]),
    most_rows: usize,
) -> Result<Option<Difference>, Error> {
    if alone == other {
        return Ok(None);
    }
    let at = alone.iter().zip(other).take_while(|(a, b)| a == b).count();
    let widths = WIDTHS.into_iter().chain([most_rows]);
    let widest = widths.clone().max().unwrap_or(1);
    let mut reread = Reread::open(model, prompt, at + widest)?;
    let narrow = reread.row(&alone[..at], 1)?;
    let [first, second] = two_best(&narrow);
    let lead = |row: &[f32]| f64::from(row[first]) - f64::from(row[second]);
    let gap = lead(&narrow);
    let (mut least, mut most) = (gap, gap);
    for width in widths {
        let lead = lead(&reread.row(&alone[..at], width)?);
        (least, most) = (least.min(lead), most.max(lead));
    }
    let noise = most - least;
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
        tie: the_two_best && gap <= MOST_GAP.min(MARGIN * noise),
    }))
}

/// Reads the beginning of an answer again and again. The prompt is read once; what follows is read in a copy.
struct Reread<'m> {
    session: Box<dyn Session + 'm>,
    after_prompt: Vec<f32>,
}

impl<'m> Reread<'m> {
    fn open(model: &'m dyn Model, prompt: &[Token], n_more: usize) -> Result<Reread<'m>, Error> {
        let mut session = model.open(SessionShape {
            n_sequences: 2,
            capacity: prompt.len() + n_more,
            cache: CacheKinds::both(CacheKind::F16),
        })?;
        let mut after_prompt = Vec::new();
        let feed = Feed {
            sequence: 0,
            tokens: prompt,
            logits: Logits::Last,
        };
        session.feed(&[feed], &mut |row| {
            row.logits.clone_into(&mut after_prompt);
        })?;
        Ok(Reread {
            session,
            after_prompt,
        })
    }

    /// The row after prompt and answer, the answer read in steps of `width`. The last step is filled up, so that the
    /// row is computed in a whole one.
    fn row(&mut self, answer: &[Token], width: usize) -> Result<Vec<f32>, Error> {
        let mut found = self.after_prompt.clone();
        self.session.rewind(1, 0)?;
        self.session.fork(0, 1)?;
        for (step, tokens) in answer.chunks(width).enumerate() {
            let is_last = (step + 1) * width >= answer.len();
            let mut filled = tokens.to_vec();
            filled.resize(width, tokens[tokens.len() - 1]);
            let feed = Feed {
                sequence: 1,
                tokens: &filled,
                logits: if is_last { Logits::All } else { Logits::None },
            };
            self.session.feed(&[feed], &mut |row| {
                if row.offset + 1 == tokens.len() {
                    row.logits.clone_into(&mut found);
                }
            })?;
        }
        Ok(found)
    }
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
#[path = "gate_tests.rs"]
pub(super) mod tests;
