//! The loop: it learns, it repeats itself, it goes on, and it stops where it must.

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use decoder::backward::{Pass, Slope};
use decoder::export::Base;
use decoder::{Batch, Lora, Matrix, Operations, Target, Transformer};
use improve::sft::{Desk, End, Outcome, Training, Watcher, train};
use improve::{Error, Learner, Point, Reader, Recipe, Split, TrainFolder, Tuned};
use measure::FakeClock;
use task::chat::Specials;
use tempfile::TempDir;

use super::Bytes;

struct Toy {
    _folder: TempDir,
    model: Transformer,
    base: Base,
    lora: Lora,
}

fn toy() -> Toy {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    gguf::toy::write(&path, 7).unwrap();
    Toy {
        model: Transformer::load(&path).unwrap(),
        _folder: folder,
        base: Base {
            name: "toy".into(),
            sha256: None,
        },
        lora: Lora {
            rank: 4,
            alpha: 8.0,
            targets: Target::ALL.to_vec(),
        },
    }
}

pub(crate) fn recipe() -> Recipe {
    Recipe {
        epochs: 4,
        batch: 2,
        accumulate: 2,
        learning_rate: 5e-3,
        held_out: 0.2,
        checkpoint_every: 2,
        patience: 0,
        ..Recipe::default()
    }
}

pub(crate) fn split(recipe: &Recipe) -> Split {
    let rows: String = (0..12)
        .map(|i| format!("{{\"prompt\":\"say {i}:\",\"response\":\"number {i}\"}}\n"))
        .collect();
    let reader = Reader {
        tokenizer: &Bytes,
        template: None,
        specials: Specials::default(),
        longest: 100,
        n_vocab: super::N_VOCAB,
    };
    Split::new(reader.read("rows", &rows).unwrap().fitting, recipe)
}

/// How a training ended, and the numbers of what it moved.
#[derive(Debug)]
struct Trained {
    outcome: Outcome,
    numbers: Vec<f32>,
}

/// Asks for a stop after so many steps, and copies the folder after others, as a power cut would leave it.
struct Hand<'a> {
    stop: &'a AtomicBool,
    stop_after: usize,
    copy: Option<(usize, &'a Path, &'a Path)>,
    began: Vec<usize>,
}

impl Watcher for Hand<'_> {
    fn begins(&mut self, after: usize, _of: usize) {
        self.began.push(after);
    }

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

fn run(
    toy: &Toy,
    recipe: &Recipe,
    folder: &Path,
    (stop_after, copy): (usize, Option<(usize, &Path)>),
) -> (Result<Trained, Error>, usize) {
    let mut learner = Tuned::new(&toy.model, &toy.base, &toy.lora, recipe.seed).unwrap();
    let stop = AtomicBool::new(false);
    let mut hand = Hand {
        stop: &stop,
        stop_after,
        copy: copy.map(|(at, to)| (at, folder, to)),
        began: Vec::new(),
    };
    let training = Training {
        learner: &mut learner,
        recipe,
        split: &split(recipe),
    };
    let outcome = train(
        training,
        &mut Desk {
            folder: &TrainFolder::open(folder).unwrap(),
            clock: &FakeClock::new(),
            watcher: &mut hand,
            stop: &stop,
        },
    );
    let numbers = numbers(&learner);
    let trained = outcome.map(|outcome| Trained { outcome, numbers });
    (trained, hand.began.first().copied().unwrap_or(0))
}

/// A training without anybody who looks on.
pub(crate) fn moved(learner: &mut dyn Learner, recipe: &Recipe, folder: &Path) -> Outcome {
    tried(learner, recipe, folder).unwrap()
}

fn tried(learner: &mut dyn Learner, recipe: &Recipe, folder: &Path) -> Result<Outcome, Error> {
    let stop = AtomicBool::new(false);
    let mut hand = Hand {
        stop: &stop,
        stop_after: 0,
        copy: None,
        began: Vec::new(),
    };
    let training = Training {
        learner,
        recipe,
        split: &split(recipe),
    };
    let mut desk = Desk {
        folder: &TrainFolder::open(folder).unwrap(),
        clock: &FakeClock::new(),
        watcher: &mut hand,
        stop: &stop,
    };
    train(training, &mut desk)
}

fn whole(toy: &Toy, recipe: &Recipe, folder: &Path) -> Trained {
    run(toy, recipe, folder, (0, None)).0.unwrap()
}

pub(crate) fn numbers(learner: &dyn Learner) -> Vec<f32> {
    let parameters = learner.parameters().into_iter();
    parameters.flat_map(|own| own.values().to_vec()).collect()
}

#[test]
fn the_loss_falls_on_what_is_learnt_and_on_what_is_held_out() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let outcome = whole(&toy, &recipe(), folder.path()).outcome;
    assert_eq!((outcome.end, outcome.steps), (End::Complete, 12));
    let losses: Vec<f64> = outcome.curve.iter().map(|point| point.loss).collect();
    assert!(losses[11] < 0.8 * losses[0], "{losses:?}");
    let looks: Vec<f64> = outcome.curve.iter().filter_map(|p| p.held_out).collect();
    assert_eq!(looks.len(), 4);
    assert!(looks[3] < looks[0], "{looks:?}");
    assert_eq!(outcome.best, looks.iter().copied().reduce(f64::min));
    for which in ["best", "final"] {
        let file = folder.path().join(which);
        assert!(file.join("adapter.gguf").is_file() && file.join("adapter_config.json").is_file());
    }
}

#[test]
fn after_one_step_every_b_has_moved_and_the_model_has_not() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let rows = |model: &Transformer| -> Vec<f32> {
        let logits = model.logits(&[1, 60, 70], None).unwrap();
        logits.values().to_vec()
    };
    let before = rows(&toy.model);
    let mut learner = Tuned::new(&toy.model, &toy.base, &toy.lora, recipe().seed).unwrap();
    let one = Recipe {
        most_steps: 1,
        ..recipe()
    };
    let outcome = moved(&mut learner, &one, folder.path());
    assert_eq!((outcome.end, outcome.steps), (End::Complete, 1));
    for (place, own) in learner.adapter().parameters() {
        assert!(own.values().iter().any(|&v| v != 0.0), "{place:?}");
    }
    assert_eq!(rows(&toy.model), before);
}

#[test]
fn the_same_seed_gives_the_same_curve_and_another_seed_another() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let of = |name: &str, recipe: &Recipe| whole(&toy, recipe, &folder.path().join(name));
    let (a, b) = (of("a", &recipe()), of("b", &recipe()));
    assert_eq!(a.outcome.curve, b.outcome.curve);
    assert_eq!(a.numbers, b.numbers);
    let other = Recipe {
        seed: 1,
        ..recipe()
    };
    assert_ne!(of("c", &other).outcome.curve, a.outcome.curve);
}

#[test]
fn a_training_that_was_stopped_goes_on_as_if_it_had_not_been() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let expected = whole(&toy, &recipe(), &folder.path().join("whole"));
    for stop_after in [1, 3, 6, 11] {
        let path = folder.path().join(stop_after.to_string());
        let (first, _) = run(&toy, &recipe(), &path, (stop_after, None));
        assert_eq!(first.unwrap().outcome.end, End::Stopped);
        let (second, began) = run(&toy, &recipe(), &path, (0, None));
        assert_eq!(began, stop_after);
        let second = second.unwrap();
        assert_eq!(second.outcome.curve, expected.outcome.curve);
        assert_eq!(second.numbers, expected.numbers);
    }
}

/// The curve has a line more than the checkpoint, and its last line is torn.
#[test]
fn a_training_that_was_killed_between_checkpoints_ends_with_the_same_adapter() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let left = folder.path().join("left");
    std::fs::create_dir(&left).unwrap();
    let path = folder.path().join("whole");
    let (expected, _) = run(&toy, &recipe(), &path, (0, Some((7, &left))));
    let expected = expected.unwrap();
    let curve = left.join("curve.jsonl");
    let mut text = std::fs::read_to_string(&curve).unwrap();
    assert_eq!(text.lines().count(), 7);
    text.push_str("{\"step\":8,\"lo");
    std::fs::write(&curve, text).unwrap();
    let (outcome, began) = run(&toy, &recipe(), &left, (0, None));
    let outcome = outcome.unwrap();
    assert_eq!(began, 6);
    assert_eq!(outcome.outcome.curve, expected.outcome.curve);
    assert_eq!(outcome.numbers, expected.numbers);
    let file = |path: &Path| std::fs::read(path.join("final/adapter.gguf")).unwrap();
    assert_eq!(file(&left), file(&path));
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let (mut toy, folder) = (toy(), tempfile::tempdir().unwrap());
    run(&toy, &recipe(), folder.path(), (1, None)).0.unwrap();
    let said = |toy: &Toy, recipe: &Recipe| {
        let (outcome, _) = run(toy, recipe, folder.path(), (0, None));
        outcome.unwrap_err().to_string()
    };
    let faster = Recipe {
        learning_rate: 1e-2,
        ..recipe()
    };
    assert!(said(&toy, &faster).contains("other settings"));
    toy.lora.rank = 2;
    assert!(said(&toy, &recipe()).contains("another adapter, rank 4"));
    toy.lora.rank = 4;
    toy.base.name = "other".into();
    assert!(said(&toy, &recipe()).contains("another model, toy"));
    let file = folder.path().join("checkpoint.safetensors");
    let bytes = std::fs::read(&file).unwrap();
    for len in [0, 7, 100, bytes.len() - 1] {
        std::fs::write(&file, &bytes[..len]).unwrap();
        assert!(
            said(&toy, &recipe()).contains("checkpoint.safetensors"),
            "{len}"
        );
    }
}

#[test]
fn a_loss_that_is_not_finite_ends_it_and_weights_that_gave_it_are_not_kept() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let wild = Recipe {
        learning_rate: 1e20,
        checkpoint_every: 1,
        ..recipe()
    };
    let (outcome, _) = run(&toy, &wild, folder.path(), (0, None));
    let Err(Error::NotFinite { step, kept, .. }) = outcome else {
        panic!("{outcome:?}");
    };
    // Nobody had tried the weights of the first step before.
    assert_eq!((step, kept), (2, 0));
    assert!(!folder.path().join("checkpoint.safetensors").exists());
    assert!(!folder.path().join("final").exists());
}

#[test]
fn the_last_weights_are_tried_before_they_are_kept() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let wild = Recipe {
        learning_rate: 1e20,
        most_steps: 1,
        held_out: 0.0,
        ..recipe()
    };
    let (outcome, _) = run(&toy, &wild, folder.path(), (0, None));
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("step 1: the loss after it is"), "{said}");
    assert!(said.contains("no weights are kept in"), "{said}");
    assert!(!folder.path().join("checkpoint.safetensors").exists());
    assert!(!folder.path().join("final").exists());
}

#[test]
fn a_checkpoint_whose_weights_were_good_stays_when_later_ones_are_not() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let recipe = Recipe {
        checkpoint_every: 1,
        held_out: 0.0,
        ..recipe()
    };
    let expected = whole(&toy, &recipe, &folder.path().join("whole"));
    let path = folder.path().join("failing");
    let mut learner = Tuned::new(&toy.model, &toy.base, &toy.lora, recipe.seed).unwrap();
    // Two batches are a step.
    let mut failing = Failing {
        learner: &mut learner,
        left: 4.into(),
    };
    let outcome = tried(&mut failing, &recipe, &path);
    let Err(Error::NotFinite { step, kept, .. }) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((step, kept), (3, 1));
    let good = path.join("final").join("adapter.gguf");
    decoder::read::adapter(&good, toy.model.shape()).unwrap();
    let (again, began) = run(&toy, &recipe, &path, (0, None));
    assert_eq!(began, 1);
    assert_eq!(again.unwrap().numbers, expected.numbers);
}

/// Computes so many batches, and then nothing that is a number.
struct Failing<'a> {
    learner: &'a mut dyn Learner,
    left: Cell<usize>,
}

impl Learner for Failing<'_> {
    fn what(&self) -> String {
        self.learner.what()
    }

    fn base(&self) -> &Base {
        self.learner.base()
    }

    fn parameters(&self) -> Vec<&Matrix> {
        self.learner.parameters()
    }

    fn parameters_mut(&mut self) -> Vec<&mut Matrix> {
        self.learner.parameters_mut()
    }

    fn operations(&self) -> Operations {
        self.learner.operations()
    }

    fn slope(&self, batch: &Batch, pass: &Pass) -> Result<Slope, Error> {
        let mut slope = self.learner.slope(batch, pass)?;
        match self.left.get() {
            0 => slope.nats = f64::NAN,
            left => self.left.set(left - 1),
        }
        Ok(slope)
    }

    fn nats(&self, batch: &Batch) -> Result<f64, Error> {
        self.learner.nats(batch)
    }

    fn export(&self, folder: &TrainFolder, which: &str) -> Result<(), Error> {
        self.learner.export(folder, which)
    }
}

#[test]
fn a_training_without_gain_ends_early_and_keeps_the_best() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let harmful = Recipe {
        learning_rate: 0.3,
        epochs: 30,
        patience: 2,
        ..recipe()
    };
    let outcome = whole(&toy, &harmful, folder.path()).outcome;
    assert_eq!(outcome.end, End::NoGain);
    let looks: Vec<f64> = outcome.curve.iter().filter_map(|p| p.held_out).collect();
    let best = looks.iter().copied().reduce(f64::min);
    assert_eq!(outcome.best, best);
    let (earlier, last) = looks.split_at(looks.len() - 2);
    let gained = earlier.iter().copied().chain(outcome.before);
    let gained = gained.reduce(f64::min).unwrap();
    assert!(last.iter().all(|look| *look >= gained), "{looks:?}");
}

/// Killed after any step, also where the best weights were written behind the last checkpoint.
#[test]
fn a_training_that_ends_early_and_was_killed_ends_after_the_same_step_with_the_same_best() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let recipe = Recipe {
        learning_rate: 0.05,
        epochs: 30,
        evaluate_every: 2,
        patience: 3,
        least_gain: 0.01,
        checkpoint_every: 5,
        ..recipe()
    };
    let path = folder.path().join("whole");
    let expected = whole(&toy, &recipe, &path).outcome;
    assert_eq!(expected.end, End::NoGain);
    assert!(expected.steps > 6 && expected.steps < expected.of);
    assert!(expected.best < expected.before);
    let files = |path: &Path| {
        ["best", "final"].map(|which| std::fs::read(path.join(which).join("adapter.gguf")).unwrap())
    };
    // A checkpoint is written when the step behind it has told that it is good.
    for after in 6..expected.steps {
        let left = folder.path().join(format!("left_{after}"));
        std::fs::create_dir(&left).unwrap();
        let again = folder.path().join(format!("again_{after}"));
        run(&toy, &recipe, &again, (0, Some((after, &left))))
            .0
            .unwrap();
        // What was exported before the kill, torn.
        for which in ["best", "final"] {
            std::fs::create_dir(left.join(which)).unwrap();
        }
        let best = std::fs::read(path.join("best/adapter.gguf")).unwrap();
        let saved = (after - 1) / 5 * 5;
        match expected.best_step {
            Some(step) if step <= saved => std::fs::write(left.join("best/adapter.gguf"), best),
            _ => std::fs::write(left.join("best/adapter.gguf"), &best[..9]),
        }
        .unwrap();
        let (outcome, began) = run(&toy, &recipe, &left, (0, None));
        let outcome = outcome.unwrap().outcome;
        assert_eq!(began, saved);
        assert_eq!(
            (outcome.end, outcome.steps, outcome.best_step),
            (End::NoGain, expected.steps, expected.best_step)
        );
        assert_eq!(
            (outcome.before, outcome.best),
            (expected.before, expected.best)
        );
        assert!(files(&left) == files(&path), "{after}");
    }
}

#[test]
fn gains_below_the_least_one_do_not_keep_a_training_going_but_their_weights_are_the_best() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let recipe = Recipe {
        evaluate_every: 1,
        patience: 2,
        least_gain: 9.0,
        ..recipe()
    };
    let outcome = whole(&toy, &recipe, folder.path()).outcome;
    assert_eq!((outcome.end, outcome.steps), (End::NoGain, 2));
    let looks: Vec<f64> = outcome.curve.iter().filter_map(|p| p.held_out).collect();
    assert!(
        looks[1] < looks[0] && Some(looks[0]) < outcome.before,
        "{looks:?}"
    );
    assert_eq!((outcome.best, outcome.best_step), (Some(looks[1]), Some(2)));
}

#[test]
fn a_recipe_that_cannot_be_is_refused_before_anything_is_computed() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    type Change = fn(&mut Recipe);
    let changes: [(Change, &str); 8] = [
        (|r| r.epochs = 0, "epochs"),
        (|r| r.batch = 0, "batch"),
        (|r| r.learning_rate = 0.0, "learning_rate"),
        (|r| r.learning_rate = f64::NAN, "learning_rate"),
        (|r| r.held_out = 1.0, "held_out"),
        (|r| r.beta_square = 1.0, "beta_square"),
        (|r| r.dropout = 1.0, "dropout"),
        (|r| r.least_gain = -0.1, "least_gain"),
    ];
    for (change, word) in changes {
        let mut recipe = recipe();
        change(&mut recipe);
        let path = folder.path().join(word);
        let mut learner = Tuned::new(&toy.model, &toy.base, &toy.lora, recipe.seed).unwrap();
        let training = Training {
            learner: &mut learner,
            recipe: &recipe,
            split: &split(&self::recipe()),
        };
        let stop = AtomicBool::new(false);
        let mut hand = Hand {
            stop: &stop,
            stop_after: 0,
            copy: None,
            began: Vec::new(),
        };
        let outcome = train(
            training,
            &mut Desk {
                folder: &TrainFolder::open(&path).unwrap(),
                clock: &FakeClock::new(),
                watcher: &mut hand,
                stop: &stop,
            },
        );
        let said = outcome.unwrap_err().to_string();
        assert!(said.contains(word), "{said}");
        assert!(hand.began.is_empty());
    }
}

/// Which elements are dropped follows from the seed and the step, and from nothing else.
#[test]
fn a_training_with_dropout_repeats_itself_and_goes_on_as_if_it_had_not_been_stopped() {
    let (toy, folder) = (toy(), tempfile::tempdir().unwrap());
    let dropping = Recipe {
        dropout: 0.1,
        ..recipe()
    };
    let expected = whole(&toy, &dropping, &folder.path().join("whole"));
    let plain = whole(&toy, &recipe(), &folder.path().join("plain"));
    assert_ne!(expected.outcome.curve, plain.outcome.curve);
    let path = folder.path().join("stopped");
    run(&toy, &dropping, &path, (5, None)).0.unwrap();
    let (again, began) = run(&toy, &dropping, &path, (0, None));
    assert_eq!(began, 5);
    let again = again.unwrap();
    assert_eq!(again.outcome.curve, expected.outcome.curve);
    assert_eq!(again.numbers, expected.numbers);
    let losses: Vec<f64> = expected.outcome.curve.iter().map(|p| p.loss).collect();
    assert!(losses[11] < 0.9 * losses[0], "{losses:?}");
}
