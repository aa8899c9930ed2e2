//! Memory at every combination, and what a cache costs.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};

use bench::Watcher;
use bench::plan::{DivergencePlan, MemoryPlan};
use bench::run::Ended;
use bench::{Plan, memory};
use engine::toy::Toy;
use engine::{Error as EngineError, Model, ModelCard, Session, SessionShape, Tokenizer};
use ledger::Run;
use measure::FakeClock;
use serde_json::json;

use super::{Tools, carry_out, complete, folder, machine, subject, values};

fn plan(memory: MemoryPlan) -> Plan {
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.perplexity, plan.latency) = (None, None, None);
    plan.memory = Some(memory);
    plan
}

fn sweep() -> MemoryPlan {
    MemoryPlan {
        sequences: vec![1, 3],
        ..MemoryPlan::of(&[16, 300], &["f16", "q4_0"])
    }
}

fn measured(memory: MemoryPlan) -> Run {
    let folder = folder();
    complete(
        folder.path(),
        &[subject("one", &Toy::new(1))],
        &plan(memory),
    )
    .unwrap()
}

#[test]
fn every_combination_has_its_row_and_sequences_multiply_the_cache() {
    let run = measured(sweep());
    for metric in [
        "kv_logical_bytes",
        "kv_allocated_bytes",
        "resident_bytes",
        "peak_resident_bytes",
    ] {
        assert_eq!(values(&run, metric).len(), 2 * 2 * 2, "{metric}");
    }
    for (cache, per_token) in [("f16", 128.0), ("q4_0", 36.0)] {
        for (n_tokens, n_sequences) in [(16, 1), (16, 3), (300, 1), (300, 3)] {
            let wanted = [
                ("context_tokens", json!(n_tokens)),
                ("sequences", json!(n_sequences)),
                ("cache", json!(cache)),
            ];
            let found = values(&run, "kv_logical_bytes").into_iter().find(|m| {
                wanted
                    .iter()
                    .all(|(name, value)| m.conditions[*name] == *value)
            });
            let bytes = f64::from(n_tokens * n_sequences) * per_token;
            assert_eq!(found.unwrap().values, [bytes]);
        }
    }
}

/// A toy that notes when a session is opened and when memory is given back.
struct Noting {
    toy: Toy,
    notes: RefCell<Vec<&'static str>>,
}

impl Model for Noting {
    fn card(&self) -> &ModelCard {
        self.toy.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.toy.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, EngineError> {
        self.notes.borrow_mut().push("open");
        self.toy.open(shape)
    }

    fn give_back(&self) {
        self.notes.borrow_mut().push("give back");
    }
}

#[test]
fn no_combination_begins_with_the_memory_of_the_one_before() {
    let model = Noting {
        toy: Toy::new(1),
        notes: RefCell::default(),
    };
    let folder = folder();
    complete(folder.path(), &[subject("one", &model)], &plan(sweep())).unwrap();
    assert_eq!(*model.notes.borrow(), ["give back", "open"].repeat(8));
}

#[test]
fn what_was_not_asked_for_is_absent_and_says_so() {
    let run = measured(MemoryPlan {
        peak: false,
        kvcache: false,
        ..sweep()
    });
    for metric in [
        "kv_logical_bytes",
        "kv_allocated_bytes",
        "peak_resident_bytes",
    ] {
        for found in values(&run, metric) {
            assert!(found.values.is_empty(), "{metric}");
            assert_eq!(found.reason.as_deref(), Some(memory::NOT_ASKED), "{metric}");
        }
    }
    assert!(!values(&run, "resident_bytes")[0].values.is_empty());
}

#[test]
fn weights_that_come_from_no_file_have_no_mapping() {
    let run = measured(sweep());
    for metric in ["weights_mapped_bytes", "weights_resident_bytes"] {
        let found = values(&run, metric);
        assert_eq!(found.len(), 1);
        let reason = found[0].reason.as_deref().unwrap();
        assert!(reason.contains("not read from a file"), "{reason}");
    }
}

#[test]
fn a_combination_without_room_is_refused_in_its_row_and_the_others_are_measured() {
    // No machine has 2^60 tokens of room; sums of such numbers must not wrap either.
    for huge in [1 << 60, usize::MAX] {
        let run = measured(MemoryPlan::of(&[huge, 16], &["f16", "q4_0"]));
        for found in values(&run, "kv_allocated_bytes") {
            let fits = found.conditions["context_tokens"] == json!(16);
            assert_eq!(found.values.len(), usize::from(fits));
            if !fits {
                let reason = found.reason.as_deref().unwrap();
                assert!(reason.contains("of memory are free"), "{reason}");
            }
        }
        assert_eq!(values(&run, "resident_bytes").len(), 4);
    }
}

#[test]
fn each_cache_is_held_against_f16_once_and_by_each_model_itself() {
    let folder = folder();
    let models = [Toy::new(1), Toy::new(2)];
    let subjects = [subject("one", &models[0]), subject("two", &models[1])];
    let memory = MemoryPlan {
        quality: Some(DivergencePlan {
            context: 16,
            limit_chunks: Some(3),
            ..MemoryPlan::bundled_quality(&["q8_0".into(), "f16".into(), "q4_0".into()]).unwrap()
        }),
        ..sweep()
    };
    let run = complete(folder.path(), &subjects, &plan(memory)).unwrap();
    let found = values(&run, "token_kl_nats");
    assert_eq!(found.len(), 2 * 2 * 3, "models, caches, chunks");
    for record in found {
        assert_eq!(record.benchmark, "cache_quality");
        assert_eq!(record.conditions["reference"], json!("f16 cache"));
        assert_eq!(record.conditions["text"], json!("code"));
        // The toy does not store anything in its cache, so no cache costs it anything.
        assert!(record.values.iter().all(|kl| kl.abs() < 1e-9));
    }
}

/// Asks to stop once so many rows of logits have been fed.
struct Impatient<'a> {
    left: u64,
    stop: &'a AtomicBool,
}

impl Watcher for Impatient<'_> {
    fn begin(&mut self, _: &str, _: u64) {}

    fn advance(&mut self, _: u64, _: &str) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_stopped_sweep_keeps_what_it_has_and_goes_on_with_the_next_combination() {
    let folder = folder();
    let model = Toy::new(1);
    let subjects = [subject("one", &model)];
    let plan = plan(MemoryPlan::of(&[16, 32, 48], &["f16"]));
    let stop = AtomicBool::new(false);
    let mut tools = Tools {
        clock: &FakeClock::stepping(1000),
        sandbox: &machine(),
        stop: &stop,
        watcher: &mut Impatient {
            left: 2,
            stop: &stop,
        },
    };
    let ended = carry_out(folder.path(), &subjects, &plan, &mut tools).unwrap();
    assert_eq!(ended, Ended::Interrupted);
    let half = ledger::read(&folder.path().join("run")).unwrap();
    assert_eq!(values(&half, "kv_logical_bytes").len(), 2);
    assert!(values(&half, "weight_bytes").is_empty());
    let whole = complete(folder.path(), &subjects, &plan).unwrap();
    assert_eq!(values(&whole, "kv_logical_bytes").len(), 3);
    assert_eq!(values(&whole, "weight_bytes").len(), 1);
    assert_eq!(whole.repeats, 0, "nothing was measured twice");
}
