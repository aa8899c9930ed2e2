//! How surprised a model is by a text.
//!
//! A [`Window`] is what a model sees at once: tokens fed from an empty cache, of which the last ones are
//! scored. Every way of cutting a text for perplexity is a list of windows; which list, and what is
//! made of the numbers, is decided elsewhere.

use crate::{Error, Feed, Logits, Session, Token};

/// Rows are asked for in pieces of this many tokens, which bounds memory at wide vocabularies. An engine's
/// usual step, so that a piece costs no speed.
pub const PIECE: usize = 512;

/// Tokens that are read together, and how many of the last ones are scored.
///
/// The first token is never scored: nothing stands before it to predict it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The tokens, in order.
    pub tokens: Vec<Token>,
    /// How many at its end are scored; less than there are tokens.
    pub n_scored: usize,
}

impl Window {
    /// Place of the first scored token.
    pub fn first(&self) -> usize {
        self.tokens.len() - self.n_scored
    }
}

/// How many tokens of a window of `len` are fed.
///
/// Nobody asks what comes after the last one, and it is left out where it would take a step of its own. Else it is
/// fed: matrix kernels round a remainder of rows in another way than whole tiles, and a window of 512 tokens then
/// gets the very numbers that llama.cpp's own tool gives it.
pub fn n_fed(len: usize) -> usize {
    match len % PIECE {
        1 => len - 1,
        _ => len,
    }
}

/// Pieces in which a window is read.
pub fn n_pieces(window: &Window) -> usize {
    n_fed(window.tokens.len()).div_ceil(PIECE)
}

/// Reads a window with one sequence, which is rewound first, and hands over for each scored token, in
/// order, its place in the window and the row that predicts it.
///
/// See [`n_fed`] for what becomes of the last token.
///
/// # Errors
/// Those of [`Session::feed`].
pub fn read(
    session: &mut dyn Session,
    sequence: usize,
    window: &Window,
    on_row: &mut dyn FnMut(usize, &[f32]),
) -> Result<(), Error> {
    (0..n_pieces(window))
        .try_for_each(|piece| read_piece(session, sequence, (window, piece), on_row))
}

/// [`read`] in steps: one piece of a window, all before it having been read. So several sessions can go through a window
/// side by side, and what they say of each token is compared while no more than a piece's rows are held.
///
/// # Errors
/// Those of [`Session::feed`].
pub fn read_piece(
    session: &mut dyn Session,
    sequence: usize,
    (window, piece): (&Window, usize),
    on_row: &mut dyn FnMut(usize, &[f32]),
) -> Result<(), Error> {
    debug_assert!(
        window.n_scored < window.tokens.len().max(1),
        "the first token of a window cannot be scored"
    );
    if piece == 0 {
        session.rewind(sequence, 0)?;
    }
    let n_fed = n_fed(window.tokens.len());
    let tokens = &window.tokens[piece * PIECE..n_fed.min((piece + 1) * PIECE)];
    // The row of a token predicts the one after it.
    let next = piece * PIECE + 1;
    let feed = Feed {
        sequence,
        tokens,
        logits: Logits::From(window.first().saturating_sub(next)),
    };
    session.feed(&[feed], &mut |row| {
        let place = next + row.offset;
        if place < window.tokens.len() {
            on_row(place, row.logits);
        }
    })
}

/// Surprise of each scored token of a window, in nats: −ln p(token | everything before it in the window).
/// Shape: (scored tokens).
///
/// # Errors
/// [`Error::NotFinite`] for logits that are no distribution; those of [`Session::feed`].
pub fn nats_in(
    session: &mut dyn Session,
    sequence: usize,
    window: &Window,
) -> Result<Vec<f64>, Error> {
    let mut nats = Vec::with_capacity(window.n_scored);
    let mut broken = None;
    read(
        session,
        sequence,
        window,
        &mut |place, logits| match surprise(logits, window.tokens[place]) {
            Some(surprise) => nats.push(surprise),
            None => broken = broken.or(Some(place)),
        },
    )?;
    match broken {
        Some(position) => Err(Error::NotFinite { position }),
        None => Ok(nats),
    }
}

/// [`nats_in`] for a text after a context, of which nothing is scored. `context` is never empty.
///
/// # Errors
/// Those of [`nats_in`].
pub fn nats_of(
    session: &mut dyn Session,
    sequence: usize,
    context: &[Token],
    tokens: &[Token],
) -> Result<Vec<f64>, Error> {
    let window = Window {
        tokens: context.iter().chain(tokens).copied().collect(),
        n_scored: tokens.len(),
    };
    nats_in(session, sequence, &window)
}

/// −ln softmax(logits) at `token`, in nats, summed in f64. `None` if a logit is NaN or the result is no
/// number; a logit of −∞ is an entry that cannot come.
pub fn surprise(logits: &[f32], token: Token) -> Option<f64> {
    let top = top_of(logits)?;
    let total: f64 = logits
        .chunks(256)
        .map(|block| {
            let mut lanes = [0f32; 16];
            for part in block.chunks(16) {
                for (lane, logit) in lanes.iter_mut().zip(part) {
                    *lane += exp_nonpositive(logit - top);
                }
            }
            lanes.iter().map(|lane| f64::from(*lane)).sum::<f64>()
        })
        .sum();
    let nats = total.ln() + f64::from(top) - f64::from(*logits.get(token as usize)?);
    nats.is_finite().then_some(nats)
}

/// The largest logit; `None` if one is NaN or the largest is not finite.
pub(crate) fn top_of(logits: &[f32]) -> Option<f32> {
    // Parts of a known length, and marks as wide as a logit: both rows of lanes stay in registers.
    let mut tops = [f32::NEG_INFINITY; 16];
    let mut nans = [0u32; 16];
    let (whole, rest) = logits.as_chunks::<16>();
    for part in whole {
        for ((top, nan), logit) in tops.iter_mut().zip(&mut nans).zip(part) {
            *top = top.max(*logit);
            *nan |= u32::from(logit.is_nan());
        }
    }
    for ((top, nan), logit) in tops.iter_mut().zip(&mut nans).zip(rest) {
        *top = top.max(*logit);
        *nan |= u32::from(logit.is_nan());
    }
    let top = tops.into_iter().fold(f32::NEG_INFINITY, f32::max);
    (top.is_finite() && nans == [0; 16]).then_some(top)
}

/// e^x for x ≤ 0, to about 2e-7 relative; the same bits on every platform, and it vectorises.
///
/// Cody–Waite reduction to |r| ≤ ln2/2, then a polynomial of degree 6. NaN gives 0.
#[inline]
pub(crate) fn exp_nonpositive(x: f32) -> f32 {
    // Below e^-87 a result would be subnormal: nothing that a probability needs. Unlike `clamp`,
    // this order also turns NaN into -87.
    let x = f32::min(x.max(-87.0), 0.0);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0
        + r * (1.0
            + r * (0.5
                + r * (0.166_666_67 + r * (0.041_666_67 + r * (0.008_333_34 + r * 0.001_388_9)))));
    // The integer that n is, from its bits beside a number whose last place is worth 1: a conversion would look for
    // what does not fit, entry by entry.
    const ONES: f32 = 12_582_912.0;
    let n = (n + ONES).to_bits().wrapping_sub(ONES.to_bits());
    p * f32::from_bits(n.wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::{F16, Toy};
    use crate::{Model, SessionShape};

    #[test]
    fn our_exponential_agrees_with_the_library() {
        for i in 0..870_000 {
            let x = -(i as f32) * 1e-4;
            let exact = f64::from(x).exp();
            let relative = (f64::from(exp_nonpositive(x)) - exact).abs() / exact;
            assert!(relative < 3e-7, "e^{x}: {relative}");
        }
    }

    #[test]
    fn surprise_is_the_log_softmax() {
        let logits: Vec<f32> = (0..1000).map(|i| ((i * 37 % 101) as f32) / 10.0).collect();
        let exact: f64 =
            logits.iter().map(|l| f64::from(*l).exp()).sum::<f64>().ln() - f64::from(logits[5]);
        assert!((surprise(&logits, 5).unwrap() - exact).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_distribution_has_no_surprise() {
        let mut logits = vec![0.5f32; 300];
        for place in [0, 17, 299] {
            for bad in [f32::NAN, f32::INFINITY] {
                logits[place] = bad;
                assert_eq!(surprise(&logits, 5), None, "{bad} at {place}");
                logits[place] = 0.5;
            }
        }
        logits[7] = f32::NEG_INFINITY;
        let nats = surprise(&logits, 5).unwrap();
        assert!(
            (nats - 299f64.ln()).abs() < 1e-6,
            "an entry that cannot come"
        );
        assert_eq!(surprise(&logits, 7), None, "what cannot come did come");
        assert_eq!(surprise(&logits, 300), None, "no such token");
        assert_eq!(surprise(&[f32::NEG_INFINITY; 4], 0), None);
        assert_eq!(surprise(&[], 0), None);
    }

    #[test]
    fn a_window_is_scored_as_its_tokens_are_one_by_one() {
        let model = Toy::new(3);
        let shape = SessionShape {
            n_sequences: 1,
            capacity: 3 * PIECE,
            cache: F16,
        };
        let mut session = model.open(shape).unwrap();
        for n in [2, PIECE - 1, PIECE, PIECE + 1, PIECE + 2, 2 * PIECE + 7] {
            let tokens: Vec<Token> = (0..n as Token).map(|i| i * 7 % 251).collect();
            let whole = nats_of(session.as_mut(), 0, &tokens[..1], &tokens[1..]).unwrap();
            assert_eq!(whole.len(), n - 1);
            for n_scored in [0, 1, n / 2, n - 1] {
                let window = Window {
                    tokens: tokens.clone(),
                    n_scored,
                };
                let later = nats_in(session.as_mut(), 0, &window).unwrap();
                assert_eq!(later, whole[n - 1 - n_scored..], "{n_scored} of {n}");
            }
        }
    }
}
