//! Choosing the next token from a row of logits.
//!
//! Filters apply in the order of Hugging Face's generation loop: repetition penalty, temperature,
//! top-k, top-p, min-p, then one draw. Greedy choice is the limit of temperature 0; of equal logits
//! the smaller token id wins. Random numbers come from ChaCha8, whose stream is the same on every
//! platform; the exponential is our own, so that a draw does not depend on the C library.
//!
//! Sources: nucleus sampling (Holtzman et al. 2020), min-p (Nguyen et al. 2024), repetition penalty
//! (Keskar et al. 2019, CTRL).

mod chances;
mod whole;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Token;
use whole::Scale;

pub use chances::Chances;

/// How many of the last tokens the repetition penalty looks at.
pub const PENALTY_WINDOW: usize = 64;

/// How tokens are chosen. Every filter has a value that switches it off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Divides the logits; 0 is the greedy choice, and then only the penalty still applies.
    pub temperature: f32,
    /// Keeps the k most likely tokens; 0 is off.
    pub top_k: usize,
    /// Keeps the smallest set of most likely tokens that holds this share; 1 is off.
    pub top_p: f32,
    /// Keeps tokens at least this share as likely as the most likely one; 0 is off.
    pub min_p: f32,
    /// Divides positive and multiplies negative logits of recent tokens; 1 is off.
    pub repetition_penalty: f32,
}

impl Sampling {
    /// Always the most likely token.
    pub const GREEDY: Sampling = Sampling::with_temperature(0.0);

    /// The model's own distribution at a temperature, no filter.
    pub const fn with_temperature(temperature: f32) -> Sampling {
        Sampling {
            temperature,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
        }
    }

    /// Whether every token may be drawn.
    fn has_no_filter(&self) -> bool {
        self.top_k == 0 && self.top_p == 1.0 && self.min_p == 0.0
    }

    /// Says what is wrong with these values, if anything.
    ///
    /// # Errors
    /// A sentence that names the field and its range.
    pub fn check(&self) -> Result<(), String> {
        let range = |name: &str, value: f32, lo: f32, hi: f32| {
            if (lo..=hi).contains(&value) {
                Ok(())
            } else {
                Err(format!(
                    "{name} is {value}; it must lie between {lo} and {hi}"
                ))
            }
        };
        range("temperature", self.temperature, 0.0, 100.0)?;
        range("top-p", self.top_p, f32::MIN_POSITIVE, 1.0)?;
        range("min-p", self.min_p, 0.0, 1.0)?;
        range("repetition penalty", self.repetition_penalty, 0.01, 100.0)
    }
}

/// A sampling rule with its own random stream.
#[derive(Debug, Clone)]
pub struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
    penalised: Vec<f32>,
    kept: Vec<Candidate>,
    sums: Vec<f64>,
}

/// A token that may be drawn; once it is weighed its score is a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    score: f32,
    token: Token,
}

impl Sampler {
    /// A sampler at the start of the stream of that seed.
    pub fn new(sampling: Sampling, seed: u64) -> Sampler {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Sampler {
            sampling,
            random,
            penalised: Vec::new(),
            kept: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// The next token.
    ///
    /// `logits` has shape (V); `history` is everything so far, prompt included, and matters to the
    /// repetition penalty only. NaN counts as impossible; where nothing is possible the answer is token 0 and
    /// means nothing, so the decode loops look at the row first. One random number is used for each call, none if
    /// greedy.
    pub fn pick(&mut self, logits: &[f32], history: &[Token]) -> Token {
        let mut penalised = std::mem::take(&mut self.penalised);
        let scores = self.scores(logits, history, &mut penalised);
        let token = self.draw_of(scores);
        self.penalised = penalised;
        token
    }

    fn draw_of(&mut self, scores: &[f32]) -> Token {
        let Some(scale) = self.scale(scores) else {
            return greedy(scores);
        };
        let u: f64 = self.random.random();
        if self.sampling.has_no_filter() {
            return scale.at(u, scores, &mut self.sums);
        }
        self.keep(scores, scale);
        pick_weighted(&self.kept, u)
    }

    /// The logits with the penalty on them.
    fn scores<'l>(
        &self,
        logits: &'l [f32],
        history: &[Token],
        penalised: &'l mut Vec<f32>,
    ) -> &'l [f32] {
        let penalty = self.sampling.repetition_penalty;
        if penalty == 1.0 {
            return logits;
        }
        penalise(penalised, logits, history, penalty);
        penalised
    }

    /// `None` where there is nothing to draw: at temperature 0, or without a finite largest logit.
    fn scale(&self, scores: &[f32]) -> Option<Scale> {
        let temperature = self.sampling.temperature;
        if temperature == 0.0 {
            return None;
        }
        let top = largest(scores);
        top.is_finite().then_some(Scale { top, temperature })
    }

    /// Leaves the tokens that may be drawn in `kept`, weighed.
    fn keep(&mut self, scores: &[f32], scale: Scale) {
        self.kept.clear();
        let mut total = None;
        if self.sampling.top_k > 0 {
            keep_top_k(&mut self.kept, scores, self.sampling.top_k);
        } else if self.sampling.top_p < 1.0 {
            total = Some(self.keep_top_p(scores, scale));
        } else {
            self.keep_plausible(scores, scale);
        }
        for candidate in &mut self.kept {
            candidate.score = scale.weight(candidate.score);
        }
        self.cut(total);
    }

    /// The most likely tokens, sorted: at least as many as hold the share of top-p. Returns the weight of all tokens.
    fn keep_top_p(&mut self, scores: &[f32], scale: Scale) -> f64 {
        /// As many hold the share nearly always; of more, so many times as many are tried.
        const FIRST: usize = 64;
        const MORE: usize = 16;
        let total = scale.total(scores);
        let wanted = f64::from(self.sampling.top_p) * total;
        let mut k = FIRST;
        loop {
            self.kept.clear();
            keep_top_k(&mut self.kept, scores, k);
            let weights = self.kept.iter().map(|c| f64::from(scale.weight(c.score)));
            if k >= scores.len() || weights.sum::<f64>() >= wanted {
                return total;
            }
            k *= MORE;
        }
    }

    /// What min-p lets pass, and a little below: the exact test follows in [`Sampler::cut`].
    fn keep_plausible(&mut self, scores: &[f32], scale: Scale) {
        let Scale { top, temperature } = scale;
        let min_p = self.sampling.min_p;
        let floor = match min_p > 0.0 {
            true => top + temperature * min_p.ln() - temperature * 1e-3,
            false => f32::NEG_INFINITY,
        };
        let plausible = scores.iter().enumerate().filter(|(_, s)| **s >= floor);
        self.kept.extend(plausible.map(|(i, s)| Candidate {
            score: *s,
            token: i as Token,
        }));
    }

    /// Applies top-p (over sorted candidates), then min-p.
    fn cut(&mut self, weight_of_all: Option<f64>) {
        let Sampling { top_p, min_p, .. } = self.sampling;
        if top_p < 1.0 {
            let weight_of_kept = || self.kept.iter().map(|c| f64::from(c.score)).sum();
            let total: f64 = weight_of_all.unwrap_or_else(weight_of_kept);
            let mut sum = 0.0;
            let enough = self.kept.iter().position(|c| {
                sum += f64::from(c.score);
                sum >= f64::from(top_p) * total
            });
            self.kept
                .truncate(enough.map_or(self.kept.len(), |i| i + 1));
        }
        if min_p > 0.0 {
            self.kept.retain(|c| c.score >= min_p);
        }
    }
}

/// The largest score; NaN is none. Side by side, because one chain of comparisons does not vectorise.
fn largest(scores: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; 16];
    let (whole, rest) = scores.as_chunks::<16>();
    for part in whole {
        for (lane, score) in lanes.iter_mut().zip(part) {
            *lane = lane.max(*score);
        }
    }
    for (lane, score) in lanes.iter_mut().zip(rest) {
        *lane = lane.max(*score);
    }
    lanes.into_iter().fold(f32::NEG_INFINITY, f32::max)
}

/// The most likely token; of equals the smaller id.
pub fn greedy(logits: &[f32]) -> Token {
    const STRIDE: usize = 1024;
    let mut best = (f32::NEG_INFINITY, 0);
    for (block_idx, block) in logits.chunks(STRIDE).enumerate() {
        // Looking for the place of a maximum happens a few times a row.
        let top = largest(block);
        if top > best.0 {
            let place = block.iter().position(|s| *s == top).unwrap_or(0);
            best = (top, block_idx * STRIDE + place);
        }
    }
    best.1 as Token
}

fn more_likely(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.token.cmp(&b.token))
}

fn penalise(out: &mut Vec<f32>, logits: &[f32], history: &[Token], penalty: f32) {
    out.clear();
    out.extend_from_slice(logits);
    let mut recent = history[history.len().saturating_sub(PENALTY_WINDOW)..].to_vec();
    recent.sort_unstable();
    recent.dedup();
    for token in recent {
        if let Some(score) = out.get_mut(token as usize) {
            *score = if *score > 0.0 {
                *score / penalty
            } else {
                *score * penalty
            };
        }
    }
}

/// Leaves the k best in `kept`, most likely first.
fn keep_top_k(kept: &mut Vec<Candidate>, scores: &[f32], k: usize) {
    const STRIDE: usize = 64;
    let mut floor = f32::NEG_INFINITY;
    for (block_idx, block) in scores.chunks(STRIDE).enumerate() {
        let top = largest(block);
        if kept.len() >= k && top <= floor {
            continue;
        }
        let first = block_idx * STRIDE;
        let better = block.iter().enumerate().filter(|(_, s)| **s > floor);
        kept.extend(better.map(|(i, s)| Candidate {
            score: *s,
            token: (first + i) as Token,
        }));
        if kept.len() >= 4 * k.max(STRIDE) {
            floor = shrink(kept, k);
        }
    }
    shrink(kept, k);
}

/// Sorts, keeps k, and returns the score that a newcomer has to beat.
fn shrink(kept: &mut Vec<Candidate>, k: usize) -> f32 {
    kept.sort_unstable_by(more_likely);
    kept.truncate(k);
    if kept.len() < k {
        f32::NEG_INFINITY
    } else {
        kept[k - 1].score
    }
}

fn pick_weighted(kept: &[Candidate], u: f64) -> Token {
    let total: f64 = kept.iter().map(|c| f64::from(c.score)).sum();
    let mut left = u * total;
    for candidate in kept {
        left -= f64::from(candidate.score);
        if left < 0.0 {
            return candidate.token;
        }
    }
    kept.last().map_or(0, |c| c.token)
}

#[cfg(test)]
mod tests;
