//! How surprised a model is by a text.

use crate::{Error, Feed, Logits, Session, Token};

/// Rows are asked for in pieces of this many tokens, which bounds memory at wide vocabularies.
pub const PIECE: usize = 64;

/// Surprise of each token of `tokens` after `context`, in nats: −ln p(token | everything before).
///
/// Uses one sequence, which is rewound first and left holding the text. `context` is never empty:
/// the first token needs something to be predicted from. Shape: (len of tokens).
///
/// # Errors
/// Those of [`Session::feed`].
pub fn nats_of(
    session: &mut dyn Session,
    sequence: usize,
    context: &[Token],
    tokens: &[Token],
) -> Result<Vec<f64>, Error> {
    session.rewind(sequence, 0)?;
    let fed: Vec<Token> = context.iter().chain(tokens).copied().collect();
    let n_unscored = context.len() - 1;
    let mut nats = Vec::with_capacity(tokens.len());
    for (piece_idx, piece) in fed[..fed.len() - 1].chunks(PIECE).enumerate() {
        let first = piece_idx * PIECE;
        let feed = Feed {
            sequence,
            tokens: piece,
            logits: Logits::All,
        };
        session.feed(&[feed], &mut |row| {
            let place = first + row.offset;
            if place >= n_unscored {
                nats.push(surprise(row.logits, fed[place + 1]));
            }
        })?;
    }
    Ok(nats)
}

/// −ln softmax(logits) at `token`, in nats, summed in f64.
pub fn surprise(logits: &[f32], token: Token) -> f64 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
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
    total.ln() + f64::from(top) - f64::from(logits[token as usize])
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
    p * f32::from_bits((((n as i32) + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!((surprise(&logits, 5) - exact).abs() < 1e-6);
    }
}
