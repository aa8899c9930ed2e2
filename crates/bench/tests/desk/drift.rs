//! How far a model is from its base: nothing from itself, something from another, and a reason where nothing can be told.

use std::sync::atomic::AtomicBool;

use bench::desk::Unwatched;
use bench::run::{self, Ended};
use bench::{Desk, drift};
use engine::Model;
use engine::score::Window;
use engine::toy::Toy;
use ledger::{Run, RunFolder};
use measure::FakeClock;

use super::author::Bent;
use super::{folder, header, subject, values};

/// Five answers of three to seven tokens behind prompts of four.
fn answers() -> Vec<Window> {
    let answer = |n: u32| Window {
        tokens: (0..4 + n).map(|i| 1 + (i * 7 + n) % 200).collect(),
        n_scored: n as usize,
    };
    (3..8).map(answer).collect()
}

/// The records of a model that is held against another, once or again.
fn held(model: &dyn Model, base: &dyn Model, stop: bool, times: usize) -> (Run, Ended) {
    let (root, stop, clock) = (folder(), AtomicBool::new(stop), FakeClock::new());
    let mut earlier = Run::new(header("run"));
    let mut ended = Ended::Complete;
    for time in 0..times {
        let mut folder = match time {
            0 => RunFolder::create(root.path(), &earlier.header).unwrap(),
            _ => RunFolder::open(&root.path().join("run")).unwrap().0,
        };
        let mut desk = Desk {
            folder: &mut folder,
            earlier: &earlier,
            clock: &clock,
            sandbox: None,
            fast_ways: None,
            precedents: None,
            threads: 1,
            stop: &stop,
            watcher: &mut Unwatched,
            meter: None,
        };
        ended = run::drift(&subject("one", model), base, &answers(), &mut desk).unwrap();
        earlier = ledger::read(&root.path().join("run")).unwrap();
    }
    (earlier, ended)
}

fn means(run: &Run) -> [Vec<f64>; 3] {
    drift::METRICS.map(|metric| values(run, metric)[0].values.clone())
}

#[test]
fn from_itself_a_model_is_nowhere_and_from_another_somewhere_at_every_answer() {
    let (run, _) = held(&Toy::new(3), &Toy::new(3), false, 1);
    let [kl, own, base] = means(&run);
    assert_eq!(kl, vec![0.0; 5]);
    assert_eq!(own, base);
    assert!(own.iter().all(|nats| *nats > 0.0), "{own:?}");
    let (run, _) = held(&Toy::new(3), &Toy::new(4), false, 1);
    let [kl, with, other] = means(&run);
    assert!(kl.iter().all(|nats| *nats > 0.0), "{kl:?}");
    assert_eq!(with, own);
    assert_ne!(other, base);
}

#[test]
fn it_is_looked_at_once_also_by_a_run_that_goes_on_and_not_by_one_that_is_stopped() {
    let (run, _) = held(&Toy::new(3), &Toy::new(4), false, 2);
    assert_eq!(values(&run, "drift_kl_nats").len(), 1);
    let (run, ended) = held(&Toy::new(3), &Toy::new(4), true, 1);
    assert_eq!(ended, Ended::Interrupted);
    assert!(run.measurements.is_empty() && run.done.is_empty());
}

#[test]
fn logits_that_are_no_numbers_are_a_reason_under_the_name_of_whose_they_are_and_end_nothing() {
    let broken = Bent::new(1, |_, logits| logits.fill(f32::NAN));
    let sound = Toy::new(1);
    for (model, base, blamed) in [
        (
            &broken as &dyn Model,
            &sound as &dyn Model,
            "one on its answer 1",
        ),
        (&sound, &broken, "the base of one on its answer 1"),
    ] {
        let (run, ended) = held(model, base, false, 1);
        assert_eq!(ended, Ended::Complete);
        for metric in drift::METRICS {
            let found = values(&run, metric)[0];
            let reason = found.reason.as_ref().unwrap();
            assert!(
                found.values.is_empty() && reason.starts_with(blamed),
                "{reason}"
            );
        }
    }
}
