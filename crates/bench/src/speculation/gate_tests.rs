use std::cell::Cell;

use engine::toy::Toy;
use engine::{Error as EngineError, ModelCard, Row, Tokenizer};

use super::*;

/// The widest pass.
const MOST_ROWS: usize = 17;

#[test]
fn equal_answers_have_no_difference() {
    let toy = Toy::new(1);
    let answers: (&[Token], &[Token]) = (&[2, 3], &[2, 3]);
    assert_eq!(difference(&toy, &[1], answers, MOST_ROWS).unwrap(), None);
}

#[test]
fn an_exact_model_has_no_ties_so_every_difference_is_a_fault() {
    let toy = Toy::new(1);
    for other in [&[2, 4][..], &[2], &[2, 3, 4]] {
        let found = difference(&toy, &[1], (&[2, 3], other), MOST_ROWS);
        let found = found.unwrap().unwrap();
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

/// A toy whose rows are bent by the width of their step; counts the tokens that it reads.
pub(in crate::speculation) struct Bent {
    toy: Toy,
    bend: fn(usize, &mut [f32]),
    pub(in crate::speculation) n_read: Cell<usize>,
}

struct BentSession<'m>(Box<dyn Session + 'm>, &'m Bent);

impl Bent {
    pub(in crate::speculation) fn new(bend: fn(usize, &mut [f32])) -> Bent {
        Bent {
            toy: Toy::new(1),
            bend,
            n_read: Cell::new(0),
        }
    }

    /// What the gate says of an answer of a token and the best next one, where the other took the second best.
    fn exchanged(&self, prompt: &[Token], most_rows: usize) -> Difference {
        let row = Reread::open(&self.toy, prompt, 1).unwrap();
        let row = { row }.row(&[7], 1).unwrap();
        let [first, second] = two_best(&row).map(|token| token as Token);
        let found = difference(self, prompt, (&[7, first], &[7, second]), most_rows);
        found.unwrap().unwrap()
    }
}

impl Model for Bent {
    fn card(&self) -> &ModelCard {
        self.toy.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.toy.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(BentSession(self.toy.open(shape)?, self)))
    }
}

impl Session for BentSession<'_> {
    fn shape(&self) -> SessionShape {
        self.0.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.0.len(sequence)
    }

    fn feed(
        &mut self,
        feeds: &[Feed<'_>],
        on_row: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), EngineError> {
        let n: usize = feeds.iter().map(|feed| feed.tokens.len()).sum();
        self.1.n_read.set(self.1.n_read.get() + n);
        let bend = self.1.bend;
        self.0.feed(feeds, &mut |row: Row<'_>| {
            let mut logits = row.logits.to_vec();
            bend(feeds[row.feed].tokens.len(), &mut logits);
            on_row(Row {
                logits: &logits,
                ..row
            });
        })
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), EngineError> {
        self.0.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), EngineError> {
        self.0.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.0.cache_bytes()
    }
}

#[test]
fn logits_that_move_elsewhere_make_no_tie_of_the_two_best() {
    // All but the two best fall by as much as the step is wide, and these two rise together.
    let bent = Bent::new(|width, logits| {
        let best = two_best(logits);
        for (i, logit) in logits.iter_mut().enumerate() {
            *logit += width as f32 * if best.contains(&i) { 0.5 } else { -1.0 };
        }
    });
    let found = bent.exchanged(&[1], MOST_ROWS);
    assert!(!found.tie && found.noise < 1e-3, "{found:?}");
}

#[test]
fn a_row_that_only_the_widest_pass_rounds_otherwise_is_a_tie_where_passes_are_so_wide() {
    let bent = Bent::new(|width, logits| {
        if width == MOST_ROWS {
            let [first, second] = two_best(logits);
            logits.swap(first, second);
        }
    });
    // The answer has one token: the step is filled up.
    let found = bent.exchanged(&[1], MOST_ROWS);
    assert!(found.tie, "{found:?}");
    assert!((found.noise - 2.0 * found.gap).abs() < 1e-5, "{found:?}");
    assert!(!bent.exchanged(&[1], 9).tie);
}

#[test]
fn a_kernel_that_is_wrong_at_one_width_does_not_excuse_itself_with_how_wrong_it_is() {
    let bent = Bent::new(|width, logits| {
        let [first, second] = two_best(logits);
        logits[first] += 3.0;
        if width == 8 {
            logits[first] -= 9.0;
            logits[second] += 3.0;
        }
    });
    let found = bent.exchanged(&[1], MOST_ROWS);
    assert!(found.gap > 1.0 && found.noise > found.gap, "{found:?}");
    assert!(!found.tie, "{found:?}");
}

#[test]
fn the_prompt_is_read_once() {
    let bent = Bent::new(|_, _| ());
    bent.exchanged(&[5; 300], MOST_ROWS);
    // One step of each width: 1, 2, 3, 4, 5, 8, 16 and 17 tokens.
    assert_eq!(bent.n_read.get(), 300 + 56);
}
