//! Every weight of a model is trained: by the same loop, with the same promises as an adapter.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use decoder::Transformer;
use decoder::export::Base;
use improve::sft::{Desk, End, Outcome, Training, Watcher, train};
use improve::{Learner, Point, Recipe, TrainFolder, Whole};
use measure::FakeClock;
use tempfile::TempDir;

use super::loops::{moved, numbers, recipe, split};

fn toy() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    gguf::toy::write(&path, 7).unwrap();
    (folder, path)
}

fn load(path: &Path) -> Whole {
    let base = Base {
        name: "toy".into(),
        sha256: None,
    };
    Whole::load(path, base, "transformers").unwrap()
}

fn gentle() -> Recipe {
    Recipe {
        learning_rate: 2e-3,
        ..recipe()
    }
}

/// Asks for a stop after so many steps, and copies the folder after others, as a power cut would leave it.
struct Hand<'a> {
    stop: &'a AtomicBool,
    stop_after: usize,
    copy: Option<(usize, &'a Path, &'a Path)>,
}

impl Watcher for Hand<'_> {
    fn begins(&mut self, _after: usize, _of: usize) {}

    fn stepped(&mut self, point: &Point, _of: usize) {
        if point.step == self.stop_after {
            self.stop.store(true, Ordering::Relaxed);
        }
        if let Some((_, from, to)) = self.copy.filter(|(at, _, _)| *at == point.step) {
            for name in ["checkpoint.safetensors", "curve.jsonl"] {
                std::fs::copy(from.join(name), to.join(name)).unwrap();
            }
        }
    }
}

fn disturbed(
    learner: &mut dyn Learner,
    folder: &Path,
    (stop_after, copy): (usize, Option<(usize, &Path)>),
) -> Outcome {
    let (stop, recipe) = (AtomicBool::new(false), gentle());
    let training = Training {
        learner,
        recipe: &recipe,
        split: &split(&recipe),
    };
    let mut desk = Desk {
        folder: &TrainFolder::open(folder).unwrap(),
        clock: &FakeClock::new(),
        watcher: &mut Hand {
            stop: &stop,
            stop_after,
            copy: copy.map(|(at, to)| (at, folder, to)),
        },
        stop: &stop,
    };
    train(training, &mut desk).unwrap()
}

#[test]
fn the_loss_falls_and_every_weight_has_moved_after_one_step() {
    let (folder, path) = toy();
    let mut learner = load(&path);
    let outcome = moved(&mut learner, &gentle(), &folder.path().join("all"));
    assert_eq!((outcome.end, outcome.steps), (End::Complete, 12));
    let losses: Vec<f64> = outcome.curve.iter().map(|point| point.loss).collect();
    assert!(losses[11] < 0.8 * losses[0], "{losses:?}");
    let looks: Vec<f64> = outcome.curve.iter().filter_map(|p| p.held_out).collect();
    assert!(looks[3] < looks[0], "{looks:?}");

    let one = Recipe {
        most_steps: 1,
        ..gentle()
    };
    let (before, mut learner) = (load(&path), load(&path));
    moved(&mut learner, &one, &folder.path().join("one"));
    let parts = learner.model().weights();
    for (weight, old) in parts.iter().zip(before.parameters()) {
        assert_ne!(weight.values, old, "{:?}", weight.part);
    }
}

#[test]
fn a_training_of_all_weights_that_was_stopped_or_killed_ends_with_the_same_file() {
    let (folder, path) = toy();
    let (at, left) = (folder.path().join("whole"), folder.path().join("left"));
    std::fs::create_dir(&left).unwrap();
    let mut learner = load(&path);
    let expected = disturbed(&mut learner, &at, (0, Some((7, &left))));
    let file = |folder: &Path, which: &str| {
        std::fs::read(TrainFolder::open(folder).unwrap().model(which)).unwrap()
    };

    let mut killed = load(&path);
    let outcome = disturbed(&mut killed, &left, (0, None));
    assert_eq!(outcome.curve, expected.curve);
    assert_eq!(numbers(&killed), numbers(&learner));
    assert_eq!(file(&left, "final"), file(&at, "final"));

    let stopped_at = folder.path().join("stopped");
    let first = disturbed(&mut load(&path), &stopped_at, (3, None));
    assert_eq!(first.end, End::Stopped);
    let mut stopped = load(&path);
    let outcome = disturbed(&mut stopped, &stopped_at, (0, None));
    assert_eq!(outcome.curve, expected.curve);
    assert_eq!(numbers(&stopped), numbers(&learner));
    assert_eq!(file(&stopped_at, "best"), file(&at, "best"));
}

#[test]
fn what_is_written_is_what_was_trained() {
    let (folder, path) = toy();
    let at = folder.path().join("out");
    let mut learner = load(&path);
    moved(&mut learner, &gentle(), &at);
    let written = TrainFolder::open(&at).unwrap().model("final");
    let read = Transformer::load(&written).unwrap();
    let row = |model: &Transformer| model.logits(&[1, 60, 70], None).unwrap();
    assert_eq!(row(&read), row(learner.model()));
    assert_ne!(row(&read), row(load(&path).model()));
    assert!(at.join("final/transformers/model.safetensors").is_file());
}

#[test]
fn an_adapter_cannot_go_on_as_a_whole_model() {
    let (folder, path) = toy();
    let model = Transformer::load(&path).unwrap();
    let base = Base {
        name: "toy".into(),
        sha256: None,
    };
    let lora = decoder::Lora {
        rank: 2,
        alpha: 4.0,
        targets: decoder::Target::ALL.to_vec(),
    };
    let mut adapter = improve::Tuned::new(&model, &base, &lora, 1).unwrap();
    moved(&mut adapter, &gentle(), folder.path());
    let recipe = gentle();
    let stop = AtomicBool::new(false);
    let training = Training {
        learner: &mut load(&path),
        recipe: &recipe,
        split: &split(&recipe),
    };
    let mut desk = Desk {
        folder: &TrainFolder::open(folder.path()).unwrap(),
        clock: &FakeClock::new(),
        watcher: &mut Hand {
            stop: &stop,
            stop_after: 0,
            copy: None,
        },
        stop: &stop,
    };
    let said = train(training, &mut desk).unwrap_err().to_string();
    assert!(said.contains("another adapter, rank 2"), "{said}");
}

/// A gradient of zero leaves shrinking alone to be seen.
#[test]
fn weight_decay_shrinks_matrices_and_leaves_norms_alone() {
    let (_folder, path) = toy();
    let learner = load(&path);
    let parts = learner.model().weights();
    for (weight, shrinks) in parts.iter().zip(learner.shrinks()) {
        let is_row = weight.values.dims()[0] == 1;
        assert_eq!(shrinks, !is_row, "{:?}", weight.part);
    }
}
