//! What guessing and looking cost on this machine, measured before the first answer.

use engine::speculate::Costs;
use engine::{
    CacheKind, CacheKinds, Feed, Logits, Model, Session, SessionShape, Token, Width, sampling,
};
use ledger::Run;
use ledger::record::Measurement;
use measure::clock::Clock;

use crate::Error;

/// The step of a run that is done when costs and trial are written down.
pub(super) const DONE: &str = "speculation/costs";
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
    /// Times steps over a prompt, target and draft in turns. A row is looked at as in decoding, and steps of the target
    /// are filled up as its passes will be: what is filled up to the same rows is timed once. After each round
    /// `goes_on` is told its number, and may end it with what is there.
    ///
    /// # Errors
    /// Those of the engine.
    pub(super) fn time(
        (target, draft): (&dyn Model, Option<&dyn Model>),
        prompt: &[Token],
        (n_rows, width): (usize, Width),
        clock: &dyn Clock,
        goes_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Steps, Error> {
        let filled: Vec<usize> = (1..=n_rows).map(|n| width.rows(n)).collect();
        let mut target = Bench::open(target, prompt, width.rows(n_rows))?;
        let mut draft = draft
            .map(|draft| Bench::open(draft, prompt, DRAFT_ROWS))
            .transpose()?;
        for round in 0..=ROUNDS {
            let timed = round > 0;
            for n in 1..=n_rows {
                if n == 1 || filled[n - 1] != filled[n - 2] {
                    target.step(filled[n - 1], timed, clock)?;
                }
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
            target_ns: filled.iter().map(|n| target.times[n - 1].clone()).collect(),
            draft_ns,
            draft_read_ns,
        })
    }

    /// As an earlier session wrote them down; `None` if it did not come so far.
    pub(super) fn of_run(run: &Run, target: &str) -> Option<Steps> {
        let of = |metric: &str, rows: Option<usize>| {
            let is_it = |m: &&Measurement| {
                let has_rows = m.conditions.get("rows").and_then(|rows| rows.as_u64());
                m.metric == metric && has_rows == rows.map(|rows| rows as u64)
            };
            let found = run.measurements.iter().find(is_it);
            found.map(|found| found.values.clone())
        };
        let each = |metric: &str| (1..).map_while(|rows| of(metric, Some(rows))).collect();
        run.is_done(target, DONE).then(|| Steps {
            target_ns: each("check_step_ns"),
            draft_ns: each("draft_step_ns"),
            draft_read_ns: of("draft_read_ns", None).unwrap_or_default(),
        })
    }

    /// In steps of the target by itself.
    pub(super) fn costs(&self) -> Costs {
        let median = |times: &Vec<f64>| measure::quantile(times, 0.5).unwrap_or(0.0);
        let one = self.target_ns.first().map_or(1.0, median).max(1.0);
        let drafting = |n: usize| self.draft_ns.get(n).map_or(0.0, median) / one;
        Costs {
            draft: [drafting(0), drafting(1)],
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

#[cfg(test)]
mod tests {
    use measure::FakeClock;

    use super::super::gate::tests::Bent;
    use super::*;

    /// Times steps of up to ten rows over a prompt of three tokens; also returns how many tokens target and draft read.
    fn timed(width: Width) -> (Steps, [usize; 2]) {
        let (target, draft) = (Bent::new(|_, _| ()), Bent::new(|_, _| ()));
        let models: (&dyn Model, Option<&dyn Model>) = (&target, Some(&draft));
        let clock = FakeClock::stepping(1000);
        let steps = Steps::time(models, &[1, 2, 3], (10, width), &clock, &mut |_| true);
        (steps.unwrap(), [target.n_read.get(), draft.n_read.get()])
    }

    #[test]
    fn steps_of_whole_tiles_are_timed_as_passes_will_be() {
        let (steps, [by_target, by_draft]) = timed(Width::DETERMINISTIC);
        // Rows 1 to 8 are a step of 8, rows 9 and 10 one of 16; a round before the timed ones warms up.
        assert_eq!(by_target, 3 + (1 + ROUNDS) * (8 + 16));
        assert_eq!(steps.target_ns.len(), 10);
        assert!(steps.target_ns.iter().all(|times| times.len() == ROUNDS));
        let (steps, [by_target, by_draft_alone]) = timed(Width::FAST);
        assert_eq!(by_target, 3 + (1 + ROUNDS) * 55);
        assert_eq!(steps.target_ns.len(), 10);
        assert_eq!(by_draft, by_draft_alone, "drafts are not filled up");
    }

    #[test]
    fn the_drafts_two_steps_are_costs_in_steps_of_the_target() {
        let steps = Steps {
            target_ns: vec![vec![4.0], vec![6.0]],
            draft_ns: vec![vec![1.0], vec![3.0]],
            draft_read_ns: vec![0.4],
        };
        let wanted = Costs {
            draft: [0.25, 0.75],
            read: 0.1,
            check: vec![1.0, 1.5],
        };
        assert_eq!(steps.costs(), wanted);
    }
}
