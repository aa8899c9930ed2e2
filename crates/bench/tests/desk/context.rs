//! Growing context on toys: who can copy and who cannot, what was fed, and what is done after a stop.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use bench::plan::ContextPlan;
use bench::{Plan, Watcher};
use engine::toy::{Bytes, Toy};
use engine::{
    Error as EngineError, Feed, Model, ModelCard, Row, Session, SessionShape, Token, Tokenizer,
};
use ledger::Run;

use super::{Tools, carry_out_with, complete_with, folder, machine, subject, values};

fn plan(edit: impl FnOnce(&mut ContextPlan)) -> Plan {
    let mut plan = Plan::smoke(42, 1);
    (plan.code, plan.memory) = (None, None);
    (plan.latency, plan.perplexity) = (None, None);
    let mut context = ContextPlan {
        contexts: vec![1000, 2000],
        repeats: 2,
        generate_tokens: 4,
        ..ContextPlan::usual()
    };
    edit(&mut context);
    plan.context = Some(context);
    plan
}

/// A model of bytes that has learned one thing: a line goes on as an earlier line did that began like it. It sees
/// only the last `sight` tokens, and there is room for so many tokens in all its sessions together.
struct Copyist {
    toy: Toy,
    sight: usize,
    room: Cell<usize>,
}

struct CopyistSession<'m> {
    model: &'m Copyist,
    shape: SessionShape,
    held: Vec<Vec<Token>>,
}

impl Model for Copyist {
    fn card(&self) -> &ModelCard {
        self.toy.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        &Bytes
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, EngineError> {
        let left = self.room.get().checked_sub(shape.capacity);
        self.room.set(left.ok_or_else(|| EngineError::Open {
            n_sequences: shape.n_sequences,
            capacity: shape.capacity,
            cause: "no room for it".into(),
        })?);
        Ok(Box::new(CopyistSession {
            model: self,
            shape,
            held: vec![Vec::new(); shape.n_sequences],
        }))
    }
}

impl Drop for CopyistSession<'_> {
    fn drop(&mut self) {
        let room = &self.model.room;
        room.set(room.get() + self.shape.capacity);
    }
}

impl CopyistSession<'_> {
    fn expected(&self, held: &[Token]) -> Vec<f32> {
        let mut logits = vec![0.0; self.model.card().n_vocab];
        let seen = &held[held.len().saturating_sub(self.model.sight)..];
        let begins = |at: &usize| *at > 0 && [10, 256].contains(&seen[*at - 1]);
        let mut starts = (0..seen.len()).rev().filter(begins);
        if let Some(own) = starts.next() {
            let line = &seen[own..];
            let alike = |at: &usize| seen[*at..own].starts_with(line);
            if let Some(earlier) = starts.find(alike) {
                logits[seen[earlier + line.len()] as usize] = 20.0;
            }
        }
        logits
    }
}

impl Session for CopyistSession<'_> {
    fn shape(&self) -> SessionShape {
        self.shape
    }

    fn len(&self, sequence: usize) -> usize {
        self.held[sequence].len()
    }

    fn feed(
        &mut self,
        feeds: &[Feed<'_>],
        on_row: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), EngineError> {
        for (feed_idx, feed) in feeds.iter().enumerate() {
            for (offset, token) in feed.tokens.iter().enumerate() {
                self.held[feed.sequence].push(*token);
                assert!(
                    self.held[feed.sequence].len() <= self.shape.capacity,
                    "too much was fed"
                );
                if feed.logits.wants(offset, feed.tokens.len()) {
                    let logits = self.expected(&self.held[feed.sequence]);
                    on_row(Row {
                        feed: feed_idx,
                        offset,
                        logits: &logits,
                    });
                }
            }
        }
        Ok(())
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), EngineError> {
        self.held[to] = self.held[from].clone();
        Ok(())
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), EngineError> {
        self.held[sequence].truncate(len);
        Ok(())
    }

    fn cache_bytes(&self) -> u64 {
        self.shape.capacity as u64 * 10
    }
}

fn copyist(sight: usize) -> Copyist {
    Copyist {
        toy: Toy::new(1),
        sight,
        room: Cell::new(1_000_000),
    }
}

fn measured(model: &dyn Model, plan: &Plan) -> Run {
    let folder = folder();
    complete_with(folder.path(), &[subject("toy", model)], plan, &[]).unwrap()
}

/// Share of ones by length and place.
fn shares(run: &Run, metric: &str) -> HashMap<(u64, u64), f64> {
    let of = |name: &str, m: &ledger::record::Measurement| m.conditions[name].as_u64().unwrap();
    values(run, metric)
        .into_iter()
        .map(|m| {
            let share =
                m.values.iter().filter(|v| **v == 1.0).count() as f64 / m.values.len() as f64;
            ((of("context_tokens", m), of("place_percent", m)), share)
        })
        .collect()
}

#[test]
fn who_copies_recalls_everything_and_who_hashes_nothing() {
    let plan = plan(|_| ());
    let run = measured(&copyist(usize::MAX), &plan);
    for metric in ["recalled", "recall_rank"] {
        let shares = shares(&run, metric);
        assert_eq!(shares.len(), 2 * 5, "two lengths, five places");
        assert!(
            shares.values().all(|share| *share == 1.0),
            "{metric}: {shares:?}"
        );
    }
    let run = measured(&Toy::new(3), &plan);
    assert!(shares(&run, "recalled").values().all(|share| *share == 0.0));
    let ranks = values(&run, "recall_rank")
        .into_iter()
        .flat_map(|m| m.values.clone());
    let ranks: Vec<f64> = ranks.collect();
    assert_eq!(ranks.len(), 40);
    assert!(
        ranks.iter().all(|rank| (1.0..=10.0).contains(rank)),
        "{ranks:?}"
    );
    assert!(ranks.iter().any(|rank| *rank > 5.0), "{ranks:?}");
}

#[test]
fn who_sees_only_the_end_recalls_only_the_end() {
    let run = measured(&copyist(600), &plan(|plan| plan.contexts = vec![2000]));
    let shares = shares(&run, "recalled");
    assert_eq!((shares[&(2000, 0)], shares[&(2000, 50)]), (0.0, 0.0));
    assert_eq!(shares[&(2000, 100)], 1.0);
}

#[test]
fn speed_and_memory_stand_at_every_length_and_cache() {
    let plan = plan(|plan| {
        plan.caches = vec!["f16".into(), "q8_0".into()];
        plan.recall = None;
    });
    let run = measured(&copyist(usize::MAX), &plan);
    for (metric, n) in [
        ("prefill_tokens_per_s", 2),
        ("decode_tokens_per_s", 2),
        ("fill_ns", 1),
    ] {
        let found = values(&run, metric);
        assert_eq!(found.len(), 4, "{metric}");
        assert!(
            found
                .iter()
                .all(|m| m.values.len() == n && m.values.iter().all(|v| *v > 0.0))
        );
    }
    let bytes: Vec<f64> = values(&run, "kv_allocated_bytes")
        .into_iter()
        .flat_map(|m| m.values.clone())
        .collect();
    assert_eq!(bytes, [10_000.0, 20_000.0, 10_000.0, 20_000.0]);
    assert!(values(&run, "recalled").is_empty());
    let fills: Vec<f64> = values(&run, "fill_ns")
        .into_iter()
        .flat_map(|m| m.values.clone())
        .collect();
    assert!(fills[1] > fills[0], "{fills:?}");
}

/// A copyist with room for the longest session and for a quarter of another one.
fn crowded() -> Copyist {
    Copyist {
        room: Cell::new(2500),
        ..copyist(usize::MAX)
    }
}

#[test]
fn no_second_cache_is_opened_at_the_longest_length_and_one_without_room_is_absent() {
    let plan = plan(|plan| plan.recall = None);
    let run = measured(&crowded(), &plan);
    let of = |tokens: u64| {
        let mut found = values(&run, "kv_allocated_bytes").into_iter();
        found
            .find(|m| m.conditions["context_tokens"].as_u64() == Some(tokens))
            .unwrap()
    };
    assert_eq!(of(2000).values, [20_000.0]);
    assert!(of(1000).values.is_empty());
    assert_eq!(of(1000).reason.as_deref(), Some("no room for it"));
    assert_eq!(values(&run, "decode_tokens_per_s").len(), 2);
}

#[test]
fn a_model_without_room_beside_another_is_absent_and_the_other_is_measured() {
    let plan = plan(|plan| plan.recall = None);
    let (folder, model) = (folder(), crowded());
    let subjects = [subject("one", &model), subject("two", &model)];
    let run = complete_with(folder.path(), &subjects, &plan, &[]).unwrap();
    for metric in [
        "prefill_tokens_per_s",
        "decode_tokens_per_s",
        "fill_ns",
        "kv_allocated_bytes",
    ] {
        for found in values(&run, metric)
            .into_iter()
            .filter(|m| m.model == "two")
        {
            assert!(found.values.is_empty(), "{metric}");
            assert_eq!(found.reason.as_deref(), Some("no room for it"), "{metric}");
        }
    }
    let decoded = values(&run, "decode_tokens_per_s");
    assert_eq!(decoded.len(), 4, "two models, two lengths");
    let told = decoded.iter().filter(|m| !m.values.is_empty());
    assert!(told.map(|m| m.model.as_str()).eq(["one", "one"]));
}

#[test]
fn lengths_beyond_the_training_are_doubted() {
    let plan = plan(|plan| {
        plan.contexts = vec![5000];
        plan.recall = None;
    });
    let run = measured(&Toy::new(1), &plan);
    assert_eq!(run.warnings[0].kind, "beyond_context");
    assert!(run.warnings[0].message.contains("4096"));
}

#[test]
fn a_context_too_short_for_the_questions_is_refused_with_a_way_out() {
    let plan = plan(|plan| plan.contexts = vec![100]);
    let toy = Toy::new(1);
    let subject = subject("toy", &toy);
    let said = bench::run::check(&subject, &plan, Default::default())
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("100 tokens") && said.contains("--no-recall"),
        "{said}"
    );
}

/// Stops when so many notes have come.
struct Impatient<'s> {
    stop: &'s AtomicBool,
    patience: usize,
}

impl Watcher for Impatient<'_> {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64, _: &str) {
        self.patience = self.patience.saturating_sub(1);
        self.stop.store(self.patience == 0, Ordering::Relaxed);
    }
}

#[test]
fn wherever_a_run_is_stopped_the_recall_ends_the_same() {
    let plan = plan(|plan| plan.repeats = 1);
    let model = copyist(900);
    let fresh = shares(&measured(&model, &plan), "recalled");
    for patience in [1, 3, 24, 50, 84, 86, 88, 90, 92] {
        let folder = folder();
        let stop = AtomicBool::new(false);
        let subjects = [subject("toy", &model as &dyn Model)];
        let mut tools = Tools {
            clock: &measure::FakeClock::stepping(1000),
            sandbox: &machine(),
            stop: &stop,
            watcher: &mut Impatient {
                stop: &stop,
                patience,
            },
        };
        carry_out_with(folder.path(), &subjects, (&plan, None), &[], &mut tools).unwrap();
        let run = complete_with(folder.path(), &subjects, &plan, &[]).unwrap();
        assert_eq!(shares(&run, "recalled"), fresh, "stopped after {patience}");
        assert_eq!(
            values(&run, "decode_tokens_per_s").len(),
            2,
            "stopped after {patience}"
        );
        assert_eq!(values(&run, "recalled").len(), 10);
    }
}
