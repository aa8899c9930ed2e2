//! What guessing and looking cost on this machine, measured before the first answer.

use engine::speculate::Costs;
use engine::{CacheKind, CacheKinds, Feed, Logits, Model, Session, SessionShape, Token, sampling};
use measure::clock::Clock;

use crate::Error;

/// Timed rounds; every size once in each, so that drift hits all alike.
pub(super) const ROUNDS: usize = 7;

/// Times of steps, a list for each number of rows from 1 on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Steps {
    pub(super) target_ns: Vec<Vec<f64>>,
    /// Of the draft; empty without one.
    pub(super) draft_ns: Vec<Vec<f64>>,
    /// The draft's reading of the prompt, for each of its tokens.
    pub(super) draft_read_ns: Vec<f64>,
}

/// Rows of a draft's step: its own last guess, or that and the token that the target added.
const DRAFT_ROWS: usize = 2;
/// Rounds in which the draft reads the prompt once more.
const READINGS: usize = 3;

impl Steps {
    /// Times steps over a prompt, target and draft in turns. A row is looked at as in decoding. After each round
    /// `goes_on` is told its number, and may end it with what is there.
    ///
    /// # Errors
    /// Those of the engine.
    pub(super) fn time(
        (target, draft): (&dyn Model, Option<&dyn Model>),
        prompt: &[Token],
        n_rows: usize,
        clock: &dyn Clock,
        goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Steps, Error> {
        let mut target = Bench::open(target, prompt, n_rows)?;
        let mut draft = draft
            .map(|draft| Bench::open(draft, prompt, DRAFT_ROWS))
            .transpose()?;
        for round in 0..=ROUNDS {
            let timed = round > 0;
            for n in 1..=n_rows {
                target.step(n, timed, clock)?;
                if let Some(draft) = draft.as_mut().filter(|_| n <= DRAFT_ROWS) {
                    draft.step(n, timed, clock)?;
                }
            }
            if let Some(draft) = draft.as_mut().filter(|_| timed && round <= READINGS) {
                draft.read_again(clock)?;
            }
            if timed && !goes_on(round) {
                break;
            }
        }
        let (draft_ns, draft_read_ns) = draft.map(|d| (d.times, d.readings)).unwrap_or_default();
        Ok(Steps {
            target_ns: target.times,
            draft_ns,
            draft_read_ns,
        })
    }

    /// In steps of the target by itself.
    pub(super) fn costs(&self) -> Costs {
        let median = |times: &Vec<f64>| measure::quantile(times, 0.5).unwrap_or(0.0);
        let one = self.target_ns.first().map_or(1.0, median).max(1.0);
        Costs {
            draft: self.draft_ns.first().map_or(0.0, median) / one,
            read: median(&self.draft_read_ns) / one,
            check: self
                .target_ns
                .iter()
                .map(|times| median(times) / one)
                .collect(),
        }
    }
}

/// A session that holds a prompt and is fed further rows again and again.
struct Bench<'m> {
    session: Box<dyn Session + 'm>,
    prompt: Vec<Token>,
    times: Vec<Vec<f64>>,
    /// Nanoseconds a token of the prompt.
    readings: Vec<f64>,
}

impl<'m> Bench<'m> {
    fn open(model: &'m dyn Model, prompt: &[Token], n_rows: usize) -> Result<Bench<'m>, Error> {
        let mut session = model.open(SessionShape {
            n_sequences: 1,
            capacity: prompt.len() + n_rows,
            cache: CacheKinds::both(CacheKind::F16),
        })?;
        let feed = Feed {
            sequence: 0,
            tokens: prompt,
            logits: Logits::None,
        };
        session.feed(&[feed], &mut |_| ())?;
        Ok(Bench {
            session,
            prompt: prompt.to_vec(),
            times: vec![Vec::new(); n_rows],
            readings: Vec::new(),
        })
    }

    fn read_again(&mut self, clock: &dyn Clock) -> Result<(), Error> {
        let feed = Feed {
            sequence: 0,
            tokens: &self.prompt,
            logits: Logits::None,
        };
        self.session.rewind(0, 0)?;
        let started = clock.now_ns();
        self.session.feed(&[feed], &mut |_| ())?;
        let took = (clock.now_ns() - started) as f64;
        self.readings.push(took / self.prompt.len().max(1) as f64);
        Ok(())
    }

    fn step(&mut self, n: usize, timed: bool, clock: &dyn Clock) -> Result<(), Error> {
        let tokens: Vec<Token> = self.prompt.iter().copied().cycle().take(n).collect();
        let feed = Feed {
            sequence: 0,
            tokens: &tokens,
            logits: Logits::All,
        };
        let started = clock.now_ns();
        let mut chosen = 0;
        self.session
            .feed(&[feed], &mut |row| chosen ^= sampling::greedy(row.logits))?;
        self.session.rewind(0, self.prompt.len())?;
        // The choice must not be optimised away.
        std::hint::black_box(chosen);
        if timed {
            self.times[n - 1].push((clock.now_ns() - started) as f64);
        }
        Ok(())
    }
}
