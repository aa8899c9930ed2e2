//! A run as it was read: the header and its records in memory.
//!
//! The records stand in the order in which they were appended. Where a resumed run repeated a record,
//! the first one wins and the repetition is only counted: what was reported once does not change. A verdict that
//! says nothing, because the machine failed, gives way to a later one that says something. Of measurements,
//! answers and timed runs the last one wins: they are repeated only where a step had not come to its end, and what such a step measured
//! at once (two models in turns, say) has to stay together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use serde_json::Value;

use crate::record::{
    Answer, Attempt, AttemptKey, Audit, Done, HardwareSample, Measurement, RunHeader, TimedRun,
    Verdict, Warning,
};

/// Everything that a run folder holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// `run.json`.
    pub header: RunHeader,
    /// `attempts.jsonl`, one per key.
    pub attempts: Vec<Attempt>,
    /// `verdicts.jsonl`, one per key.
    pub verdicts: Vec<Verdict>,
    /// `audits.jsonl`, one per key.
    pub audits: Vec<Audit>,
    /// `measurements.jsonl`, one per model, benchmark, metric and conditions.
    pub measurements: Vec<Measurement>,
    /// `answers.jsonl`, one per iteration, prompt and mode.
    pub answers: Vec<Answer>,
    /// `timings.jsonl`, one per model, benchmark, conditions and repeat.
    pub timings: Vec<TimedRun>,
    /// `hardware.jsonl`, one per session and number.
    pub hardware: Vec<HardwareSample>,
    /// `warnings.jsonl`, each once.
    pub warnings: Vec<Warning>,
    /// `progress.jsonl`, each once.
    pub done: Vec<Done>,
    /// Files whose last line was torn; that line is not among the records.
    pub torn: Vec<TornTail>,
    /// Records left out because another one has the same key.
    pub repeats: u64,
}

/// A last line without its end, as a killed writer leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The file's name inside the run folder.
    pub file: String,
    /// Bytes after the last whole record.
    pub bytes: u64,
}

impl Run {
    /// A run in which nothing has happened yet.
    pub fn new(header: RunHeader) -> Run {
        Run {
            header,
            attempts: Vec::new(),
            verdicts: Vec::new(),
            audits: Vec::new(),
            measurements: Vec::new(),
            answers: Vec::new(),
            timings: Vec::new(),
            hardware: Vec::new(),
            warnings: Vec::new(),
            done: Vec::new(),
            torn: Vec::new(),
            repeats: 0,
        }
    }

    /// The attempt of that key. Looks through all of them; for many look-ups take [`Run::index`].
    pub fn attempt(&self, key: &AttemptKey) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.key == *key)
    }

    /// The verdict of that key. Looks through all of them; for many look-ups take [`Run::index`].
    pub fn verdict(&self, key: &AttemptKey) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.key == *key)
    }

    /// Whether that step of that model is complete.
    pub fn is_done(&self, model: &str, step: &str) -> bool {
        self.done
            .iter()
            .any(|done| done.model == model && done.step == step)
    }

    /// Whether it came to its end; false of a run that does not tell.
    pub fn is_complete(&self) -> bool {
        self.done.contains(&Done::end())
    }

    /// Whether it was begun and has not come to its end: it was interrupted, or is still at work. Of runs that do
    /// not tell their end it is not known, and this is false.
    pub fn is_open(&self) -> bool {
        self.done.contains(&Done::beginning()) && !self.is_complete()
    }

    /// Attempts and verdicts by key, for constant-time look-ups.
    pub fn index(&self) -> Index<'_> {
        let mut index = Index {
            attempts: HashMap::new(),
            verdicts: HashMap::new(),
        };
        for attempt in &self.attempts {
            index.attempts.entry(&attempt.key).or_insert(attempt);
        }
        for verdict in &self.verdicts {
            index.verdicts.entry(&verdict.key).or_insert(verdict);
        }
        index
    }

    /// Leaves of each key only one record, and counts the rest in [`Run::repeats`].
    pub(crate) fn without_repeats(mut self) -> Run {
        self.repeats += keep_first(&mut self.attempts, |attempt| attempt.key.clone());
        let told = self.verdicts.iter().filter(|one| one.unscored.is_none());
        let told: HashSet<AttemptKey> = told.map(|verdict| verdict.key.clone()).collect();
        let before = self.verdicts.len();
        let has_word = |one: &Verdict| one.unscored.is_none() || !told.contains(&one.key);
        self.verdicts.retain(has_word);
        self.repeats += (before - self.verdicts.len()) as u64;
        self.repeats += keep_first(&mut self.verdicts, |verdict| verdict.key.clone());
        self.repeats += keep_first(&mut self.audits, |audit| audit.key.clone());
        self.repeats += keep_last(&mut self.measurements, Measurement::subject);
        self.repeats += keep_last(&mut self.answers, |answer| {
            (answer.iteration, answer.prompt.clone(), answer.mode.clone())
        });
        self.repeats += keep_last(&mut self.timings, |timed| {
            let of = (timed.model.clone(), timed.benchmark.clone());
            (of, in_words(&timed.conditions), timed.repeat)
        });
        self.repeats += keep_first(&mut self.hardware, |sample| (sample.session, sample.sample));
        self.repeats += keep_first(&mut self.warnings, |warning| {
            (
                warning.kind.clone(),
                warning.message.clone(),
                warning.advice.clone(),
            )
        });
        self.repeats += keep_first(&mut self.done, |done| {
            (done.model.clone(), done.step.clone())
        });
        self
    }
}

/// [`Run::index`]. Of equal keys, the first record is found.
#[derive(Debug)]
pub struct Index<'run> {
    attempts: HashMap<&'run AttemptKey, &'run Attempt>,
    verdicts: HashMap<&'run AttemptKey, &'run Verdict>,
}

impl<'run> Index<'run> {
    /// The attempt of that key.
    pub fn attempt(&self, key: &AttemptKey) -> Option<&'run Attempt> {
        self.attempts.get(key).copied()
    }

    /// The verdict of that key.
    pub fn verdict(&self, key: &AttemptKey) -> Option<&'run Verdict> {
        self.verdicts.get(key).copied()
    }
}

impl Measurement {
    /// What it is about: model, benchmark, metric and conditions. JSON objects inside the conditions compare by their
    /// written order.
    pub fn subject(&self) -> [String; 4] {
        [
            self.model.clone(),
            self.benchmark.clone(),
            self.metric.clone(),
            in_words(&self.conditions),
        ]
    }
}

fn in_words(conditions: &BTreeMap<String, Value>) -> String {
    let words = conditions
        .iter()
        .map(|(name, value)| format!("{name:?}={value}"));
    words.collect::<Vec<String>>().join(",")
}

fn keep_last<T, K: Eq + Hash>(records: &mut Vec<T>, key: impl Fn(&T) -> K) -> u64 {
    records.reverse();
    let n_repeats = keep_first(records, key);
    records.reverse();
    n_repeats
}

fn keep_first<T, K: Eq + Hash>(records: &mut Vec<T>, key: impl Fn(&T) -> K) -> u64 {
    let before = records.len();
    let mut seen = HashSet::with_capacity(before);
    records.retain(|record| seen.insert(key(record)));
    (before - records.len()) as u64
}
