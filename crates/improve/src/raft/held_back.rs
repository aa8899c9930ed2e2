//! Kept answers that a cycle does not train on, so that they tell when its training stands still.
//!
//! They are held back by problem: two answers to one problem are alike, and one that is learnt gives the other away.
//! Each cycle holds back others, and every training begins at the base, so no problem is lost for good. It follows from
//! the rows and the seed, like everything that a killed run has to find again.

use std::collections::BTreeSet;

use super::Kept;
use crate::split::held;

/// Of answers to fewer problems none are held back: it would cost the training more than it tells.
pub(super) const LEAST_PROBLEMS: usize = 4;
/// Answers that are looked at, at most: every look costs about a third of a step on as many rows.
const MOST_ROWS: usize = 8;

/// The rows of a cycle, parted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parted {
    /// Trained on.
    pub(super) trained: Vec<Kept>,
    /// Looked at.
    pub(super) held_back: Vec<Kept>,
}

/// Holds back the answers to a share of the problems.
pub(super) fn part(rows: &[Kept], (share, seed): (f64, u64)) -> Parted {
    let all: BTreeSet<String> = rows.iter().map(|row| row.sample.key()).collect();
    let all: Vec<String> = all.into_iter().collect();
    let chosen: Vec<&String> = match all.len() < LEAST_PROBLEMS {
        true => Vec::new(),
        false => held(all.len(), (share, seed))
            .into_iter()
            .map(|place| &all[place])
            .collect(),
    };
    let is_held = |row: &&Kept| chosen.contains(&&row.sample.key());
    let (held, trained): (Vec<&Kept>, Vec<&Kept>) = rows.iter().partition(is_held);
    Parted {
        trained: trained.into_iter().cloned().collect(),
        held_back: in_turns(&held, &chosen),
    }
}

/// The first answer to each problem, then the second to each, as far as so many are looked at.
fn in_turns(held: &[&Kept], problems: &[&String]) -> Vec<Kept> {
    let of = |problem: &String| -> Vec<&Kept> {
        let own = held.iter().filter(|row| row.sample.key() == *problem);
        own.copied().collect()
    };
    let by_problem: Vec<Vec<&Kept>> = problems.iter().map(|problem| of(problem)).collect();
    let most = by_problem.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..most).flat_map(|turn| by_problem.iter().filter_map(move |own| own.get(turn)));
    turns.take(MOST_ROWS).map(|row| (*row).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::sample;
    use ledger::record::Stage;

    fn rows(problems: usize, answers: u32) -> Vec<Kept> {
        let of = |p: usize| (0..answers).map(move |i| sample(&format!("p{p}"), i, Stage::Right));
        let kept = |sample: super::super::Sample| Kept {
            learnt: sample.text.clone(),
            sample,
            cycle: 1,
            times: 2,
        };
        (0..problems).flat_map(of).map(kept).collect()
    }

    #[test]
    fn no_problem_stands_on_both_sides_and_no_row_is_lost() {
        let all = rows(20, 3);
        let parted = part(&all, (0.1, 42));
        let problems = |rows: &[Kept]| -> BTreeSet<String> {
            rows.iter().map(|row| row.sample.key()).collect()
        };
        let (own, held) = (problems(&parted.trained), problems(&parted.held_back));
        assert_eq!((own.len(), held.len()), (18, 2));
        assert!(own.is_disjoint(&held));
        assert_eq!(parted.trained.len() + parted.held_back.len(), all.len());
        assert_eq!(part(&all, (0.1, 42)), parted);
        assert_ne!(part(&all, (0.1, 43)), parted);
    }

    #[test]
    fn many_answers_are_looked_at_in_turns_and_few_problems_not_at_all() {
        let many = part(&rows(40, 6), (0.1, 42));
        assert_eq!((many.trained.len(), many.held_back.len()), (36 * 6, 8));
        let of_first = |row: &&Kept| row.sample.key() == many.held_back[0].sample.key();
        assert_eq!(many.held_back.iter().filter(of_first).count(), 2);
        for (problems, share) in [(3, 0.5), (20, 0.0)] {
            let all = rows(problems, 2);
            let none = part(&all, (share, 42));
            assert_eq!((none.trained, none.held_back.len()), (all, 0));
        }
    }
}
