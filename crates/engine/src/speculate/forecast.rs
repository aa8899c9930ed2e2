//! What drafting with a model will gain, before it is tried.
//!
//! With k guesses of which the i-th comes true with the chance αᵢ if all before it did, a pass yields
//! τ(k) = 1 + Σᵢ α₁ ⋯ αᵢ tokens and costs k·c₁ + α₁ ⋯ αₖ·(c₂ − c₁) + v(k + 1) steps of the target: after a
//! draft that came true whole the drafting model reads two tokens in its first step, else one. The speed-up
//! S(k) is their quotient (Leviathan et al. 2023, with measured v, c₁ and c₂).

use super::{Costs, Source};

/// What would raise the speed-up most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lever {
    /// A draft that costs half.
    CheaperDraft,
    /// Half as many wrong guesses.
    BetterGuesses,
    /// Looking at further rows for half the price.
    FlatterChecks,
}

impl Lever {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Lever::CheaperDraft => "a draft that costs half",
            Lever::BetterGuesses => "half as many wrong guesses",
            Lever::FlatterChecks => "reading several tokens at half the extra cost",
        }
    }
}

/// Speed-ups to be expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// For 1, 2, 3 … guesses a pass.
    pub speedups: Vec<f64>,
    /// The best number of guesses, at least 1, even where it loses.
    pub best: usize,
    /// The chance of a guess from which on drafting gains at all; `None` if even perfect guesses lose.
    pub break_even: Option<f64>,
    /// What would help most, and the best speed-up with it.
    pub lever: (Lever, f64),
}

impl Forecast {
    /// From costs and the chances of the first, second, third … guess; later ones are like the last.
    /// `most` is at least 1.
    pub fn of(costs: &Costs, chances: &[f64], most: usize) -> Forecast {
        let speedups = speedups(costs, chances, most);
        let best = best_of(&speedups);
        let levers = [
            Lever::CheaperDraft,
            Lever::BetterGuesses,
            Lever::FlatterChecks,
        ];
        let pulled = |lever| (lever, highest(&with(lever, costs, chances, most)));
        let better = |a: (Lever, f64), b: (Lever, f64)| if b.1 > a.1 { b } else { a };
        let lever = levers.map(pulled).into_iter().reduce(better);
        Forecast {
            best,
            break_even: break_even(costs, most),
            lever: lever.unwrap_or((Lever::CheaperDraft, speedups[best - 1])),
            speedups,
        }
    }
}

fn speedups(costs: &Costs, chances: &[f64], most: usize) -> Vec<f64> {
    let last = chances.last().copied().unwrap_or(0.0);
    let (mut reach, mut expected) = (1.0, 1.0);
    (1..=most.max(1))
        .map(|k| {
            reach *= chances.get(k - 1).copied().unwrap_or(last);
            expected += reach;
            let drafting = costs.drafting(Source::Model, k) + reach * costs.second(Source::Model);
            expected / (drafting + costs.cost_of(k + 1))
        })
        .collect()
}

fn highest(speedups: &[f64]) -> f64 {
    speedups.iter().copied().fold(0.0, f64::max)
}

fn best_of(speedups: &[f64]) -> usize {
    let most = highest(speedups);
    1 + speedups.iter().position(|s| *s == most).unwrap_or(0)
}

fn with(lever: Lever, costs: &Costs, chances: &[f64], most: usize) -> Vec<f64> {
    let mut costs = costs.clone();
    let mut chances = chances.to_vec();
    match lever {
        Lever::CheaperDraft => costs.draft.iter_mut().for_each(|c| *c /= 2.0),
        Lever::BetterGuesses => chances.iter_mut().for_each(|c| *c = 1.0 - (1.0 - *c) / 2.0),
        Lever::FlatterChecks => costs
            .check
            .iter_mut()
            .for_each(|v| *v = 1.0 + (*v - 1.0) / 2.0),
    }
    speedups(&costs, &chances, most)
}

/// By halving: the speed-up rises with the chance.
fn break_even(costs: &Costs, most: usize) -> Option<f64> {
    let gains = |chance: f64| highest(&speedups(costs, &[chance], most)) >= 1.0;
    if !gains(1.0) {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if gains(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(draft: f64, slope: f64) -> Costs {
        Costs {
            draft: [draft; 2],
            read: 0.0,
            check: (0..17).map(|k| 1.0 + slope * f64::from(k)).collect(),
        }
    }

    #[test]
    fn speedups_are_those_of_the_closed_form() {
        // τ = (1 − α^(γ+1)) / (1 − α); c = 0.32, m = 0.04: 1.38 at α = 0.8 and γ = 4, as published tables say.
        let forecast = Forecast::of(&costs(0.32, 0.04), &[0.8], 8);
        assert!((forecast.speedups[3] - 3.3616 / (4.0 * 0.32 + 1.16)).abs() < 1e-12);
        assert!((forecast.speedups[3] - 1.38).abs() < 0.005);
    }

    #[test]
    fn a_second_row_costs_as_often_as_a_draft_comes_true_whole() {
        let costs = Costs {
            draft: [0.3, 0.5],
            ..costs(0.0, 0.1)
        };
        let forecast = Forecast::of(&costs, &[0.8, 0.5], 2);
        let wanted = [1.8 / (0.3 + 0.8 * 0.2 + 1.1), 2.2 / (0.6 + 0.4 * 0.2 + 1.2)];
        for (speedup, wanted) in forecast.speedups.iter().zip(wanted) {
            assert!((speedup - wanted).abs() < 1e-12, "{speedup} {wanted}");
        }
    }

    #[test]
    fn a_dear_draft_never_pays_and_a_free_one_always_does() {
        let dear = Forecast::of(&costs(1.2, 0.3), &[0.9], 8);
        assert_eq!((dear.break_even, dear.best), (None, 1));
        assert!(dear.speedups.iter().all(|s| *s < 1.0));
        let free = Forecast::of(&costs(0.0, 0.0), &[0.5], 8);
        assert_eq!(free.best, 8);
        assert!(free.break_even.unwrap() < 1e-9);
    }

    #[test]
    fn at_the_break_even_chance_nothing_is_gained_or_lost() {
        let costs = costs(0.3, 0.1);
        let chance = Forecast::of(&costs, &[0.9], 8).break_even.unwrap();
        let best = highest(&speedups(&costs, &[chance], 8));
        assert!((best - 1.0).abs() < 1e-9, "{best}");
    }

    #[test]
    fn the_lever_is_where_the_loss_is() {
        let lever = |costs: Costs, chance| Forecast::of(&costs, &[chance], 8).lever.0;
        assert_eq!(lever(costs(0.6, 0.01), 0.9), Lever::CheaperDraft);
        assert_eq!(lever(costs(0.01, 0.01), 0.3), Lever::BetterGuesses);
        assert_eq!(lever(costs(0.01, 0.9), 0.9), Lever::FlatterChecks);
    }
}
