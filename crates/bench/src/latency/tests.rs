//! Drift, settling and what the harness itself adds, on a clock and an engine that do as they are told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use engine::toy::{Bytes, F16, Toy};
use engine::{
    CacheKind, Error as EngineError, Feed, Model, ModelCard, Row, Session, SessionShape, Tokenizer,
};
use measure::clock::Clock;

use super::*;

/// A sign that is never set.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Nanoseconds that have passed, moved by the engine alone.
#[derive(Default)]
struct Script(AtomicU64);

impl Clock for Script {
    fn now_ns(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a copied sequence costs.
const COPY_NS: u64 = 7_000_000;

/// An engine that takes exactly 1,000 ns for each token fed and 50 ns for each token held. As llama.cpp does, it puts off
/// copying a sequence until it computes the next time.
struct Timed<'c> {
    toy: Toy,
    clock: &'c Script,
}

impl Model for Timed<'_> {
    fn card(&self) -> &ModelCard {
        self.toy.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        &Bytes
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, EngineError> {
        let session = self.toy.open(shape)?;
        Ok(Box::new(TimedSession {
            model: self,
            session,
            n_copies: 0,
        }))
    }
}

struct TimedSession<'m> {
    model: &'m Timed<'m>,
    session: Box<dyn Session + 'm>,
    /// Copies that were asked for and not made.
    n_copies: u64,
}

impl Session for TimedSession<'_> {
    fn shape(&self) -> SessionShape {
        self.session.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.session.len(sequence)
    }

    fn feed(
        &mut self,
        feeds: &[Feed<'_>],
        on_row: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), EngineError> {
        let copies = std::mem::take(&mut self.n_copies) * COPY_NS;
        self.model.clock.0.fetch_add(copies, Ordering::Relaxed);
        for feed in feeds {
            let held = self.session.len(feed.sequence) as u64;
            let cost = feed.tokens.len() as u64 * 1_000 + held * 50;
            self.model.clock.0.fetch_add(cost, Ordering::Relaxed);
        }
        self.session.feed(feeds, on_row)
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), EngineError> {
        self.n_copies += 1;
        self.session.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), EngineError> {
        self.session.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.session.cache_bytes()
    }
}

fn timed_by(clock: &Script) -> Timed<'_> {
    Timed {
        toy: Toy::new(1),
        clock,
    }
}

fn point(batch: usize, depth: usize, use_cache: bool) -> Point {
    Point {
        n_prompt: 10,
        n_new: 4,
        batch,
        depth,
        threads: 1,
        cache: F16.k,
        use_cache,
    }
}

fn subject<'a>(model: &'a Timed<'a>) -> Subject<'a> {
    Subject {
        name: "timed".into(),
        model,
        chat: None,
        now: None,
        load_ns: 0,
    }
}

fn timed_run(points: &[Point]) -> Vec<Timing> {
    let clock = Script::default();
    let model = timed_by(&clock);
    let subjects = [subject(&model)];
    let (mut rigs, refused) = rigs(&subjects, points, &NEVER).unwrap();
    let cells = cells(1, points, (&rigs, &refused));
    // Twice, so that each run begins with what another combination has left.
    for cell in &cells {
        rigs[cell.rig]
            .run(&cell.point, &clock, &mut |_| false)
            .unwrap();
    }
    cells
        .iter()
        .map(|cell| {
            let rig = &mut rigs[cell.rig];
            rig.run(&cell.point, &clock, &mut |_| false).unwrap()
        })
        .collect()
}

#[test]
fn the_harness_adds_nothing_to_what_the_engine_takes() {
    let points = [
        point(1, 0, true),
        point(3, 0, true),
        point(1, 20, true),
        point(2, 20, true),
        point(3, 1, true),
        point(2, 7, true),
        point(1, 0, false),
        point(2, 20, false),
    ];
    let timings = timed_run(&points);
    for (point, timing) in points.iter().zip(&timings) {
        let (batch, depth) = (point.batch as u64, point.depth as u64);
        assert_eq!(
            timing.first_token_ns,
            batch * (10_000 + depth * 50),
            "{point:?}"
        );
        let step = |k: u64| match point.use_cache {
            // One token more, behind all that is held.
            true => batch * (1_000 + (depth + 10 + k) * 50),
            // Prompt and tokens so far anew, behind the depth.
            false => batch * ((10 + k + 1) * 1_000 + depth * 50),
        };
        assert_eq!(timing.steps_ns, [step(0), step(1), step(2)], "{point:?}");
    }
}

#[test]
fn a_depth_of_one_token_is_held_and_costs_its_part() {
    let timings = timed_run(&[point(2, 1, true)]);
    assert_eq!(timings[0].first_token_ns, 2 * (10_000 + 50));
}

#[test]
fn what_is_looked_at_between_the_phases_is_part_of_neither() {
    let clock = Script::default();
    let model = timed_by(&clock);
    let points = [point(2, 0, true)];
    let (mut rigs, _) = rigs(&[subject(&model)], &points, &NEVER).unwrap();
    let plain = rigs[0].run(&points[0], &clock, &mut |_| false).unwrap();
    let mut marks = Vec::new();
    let mut look = |mark| {
        clock.0.fetch_add(1_000_000, Ordering::Relaxed);
        marks.push(mark);
        true
    };
    assert_eq!(rigs[0].run(&points[0], &clock, &mut look).unwrap(), plain);
    assert_eq!(marks, [Mark::Start, Mark::First, Mark::Last]);
}

#[test]
fn combinations_share_a_session_unless_cache_or_threads_differ() {
    let clock = Script::default();
    let model = timed_by(&clock);
    let mut points = vec![point(1, 0, true), point(4, 0, true), point(2, 50, false)];
    let subjects = [subject(&model), subject(&model)];
    assert_eq!(rigs(&subjects, &points, &NEVER).unwrap().0.len(), 2);
    points.push(Point {
        cache: CacheKind::Q8_0,
        ..point(1, 0, true)
    });
    points.push(Point {
        threads: 2,
        ..point(1, 0, true)
    });
    assert_eq!(rigs(&subjects, &points, &NEVER).unwrap().0.len(), 6);
}

#[test]
fn a_prompt_is_charged_every_layer_for_each_token_and_one_row() {
    let card = ModelCard {
        flops_per_token: 100,
        flops_per_row: 30,
        ..Toy::new(1).card().clone()
    };
    assert_eq!(
        record::prompt_flops(&card, &point(4, 0, true)),
        10.0 * 70.0 + 30.0
    );
}

fn cell(totals: &[u64]) -> Cell {
    let timing = |total: &u64| Timing {
        first_token_ns: *total,
        steps_ns: vec![0; 3],
    };
    Cell {
        subject: 0,
        rig: 0,
        point: point(1, 0, true),
        timings: totals.iter().map(timing).collect(),
    }
}

#[test]
fn a_machine_that_slows_down_is_doubted_and_a_steady_one_is_not() {
    let clock = Script::default();
    let model = timed_by(&clock);
    let subjects = [subject(&model)];
    let steady = cell(&[100, 103, 99, 101, 100, 102]);
    assert!(drift(&subjects, &[steady]).is_none());
    let few = cell(&[100, 200, 300, 400]);
    assert!(
        drift(&subjects, &[few]).is_none(),
        "two against two say nothing"
    );
    let slower = cell(&[100, 101, 99, 120, 121, 119]);
    let faster = cell(&[100, 101, 99, 92, 93, 91]);
    let said = drift(&subjects, &[faster, slower]).unwrap();
    assert_eq!(said.kind, "drift");
    for words in ["2 of 2 rows", "timed", "20 % slower"] {
        assert!(said.message.contains(words), "{words}: {}", said.message);
    }
}
