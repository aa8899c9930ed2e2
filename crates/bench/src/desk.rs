//! What a benchmark works with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::Model;
use ledger::record::{Done, Measurement, Warning};
use ledger::{Precedents, Run, RunFolder};
use measure::clock::Clock;
use sandbox::Sandbox;
use serde_json::Value;
use task::chat::Template;

use crate::Error;
use crate::meter::Meter;

/// A model to be measured.
pub struct Subject<'a> {
    /// The name used in every record.
    pub name: String,
    /// The model.
    pub model: &'a dyn Model,
    /// Its chat template, if it has one.
    pub chat: Option<Template>,
    /// The local time that chat templates may print; one for the whole run.
    pub now: Option<jiff::civil::DateTime>,
    /// How long loading took.
    pub load_ns: u64,
}

/// Someone who is told how far the work is.
pub trait Watcher {
    /// A piece of work begins that has so many units.
    fn begin(&mut self, what: &str, total: u64);
    /// So many units of it are done; `note` is a running result worth showing.
    fn advance(&mut self, done: u64, note: &str);
}

/// A watcher that does not look.
pub struct Unwatched;

impl Watcher for Unwatched {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64, _: &str) {}
}

/// The place where a run is carried out.
pub struct Desk<'a> {
    /// Where records go.
    pub folder: &'a mut RunFolder,
    /// What is there already, from before an interruption.
    pub earlier: &'a Run,
    /// The only source of times.
    pub clock: &'a dyn Clock,
    /// Runs generated code.
    pub sandbox: Option<&'a dyn Sandbox>,
    /// Below it the fast ways of judging keep their things; the sandbox shows it. `None` for none.
    pub fast_ways: Option<&'a Path>,
    /// Verdicts of earlier runs, if there is a place for them.
    pub precedents: Option<&'a Precedents>,
    /// Threads that the engine uses; the bandwidth floor is measured with as many.
    pub threads: usize,
    /// Set from outside to end the run after the current unit.
    pub stop: &'a AtomicBool,
    /// Told how far the work is.
    pub watcher: &'a mut dyn Watcher,
    /// Watches the hardware, if somebody does.
    pub meter: Option<Meter<'a>>,
}

/// Conditions of a measurement, by name.
pub type Conditions = BTreeMap<String, Value>;

impl Desk<'_> {
    /// Whether the user asked to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether a step was completed before an interruption.
    pub fn is_done(&self, model: &str, step: &str) -> bool {
        self.earlier.is_done(model, step)
    }

    /// Marks a step as complete, after what the hardware did meanwhile.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn done(&mut self, model: &str, step: &str) -> Result<(), Error> {
        self.keep_samples()?;
        let done = Done {
            model: model.to_owned(),
            step: step.to_owned(),
        };
        Ok(self.folder.append_done(&done)?)
    }

    /// Writes the values of one metric.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn record(
        &mut self,
        place: &Place<'_>,
        metric: &str,
        values: Vec<f64>,
    ) -> Result<(), Error> {
        self.append(place, metric, values, None)
    }

    /// Writes that a metric could not be measured, and why.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn record_absent(
        &mut self,
        place: &Place<'_>,
        metric: &str,
        reason: String,
    ) -> Result<(), Error> {
        self.append(place, metric, Vec::new(), Some(reason))
    }

    /// Writes the values of one metric, or why there are none.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn note(
        &mut self,
        place: &Place<'_>,
        metric: &str,
        found: Result<Vec<f64>, String>,
    ) -> Result<(), Error> {
        match found {
            Ok(values) => self.record(place, metric, values),
            Err(reason) => self.record_absent(place, metric, reason),
        }
    }

    /// Writes a warning if more tokens are needed than the model was trained for; once, also in a run that goes on.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn warn_beyond_context(
        &mut self,
        subject: &Subject<'_>,
        n_tokens: usize,
    ) -> Result<(), Error> {
        let trained = subject.model.card().context_length;
        if trained == 0 || n_tokens <= trained {
            return Ok(());
        }
        let warning = Warning {
            kind: "beyond_context".into(),
            message: format!("{} was trained for {trained} tokens of context and was given room for {n_tokens}", subject.name),
            advice: "ask for shorter prompts or contexts, or take the numbers at that length as speed and size only".into(),
        };
        self.warn(&warning).map(drop)
    }

    /// Writes a warning down, unless the run that goes on has it from before. Whether it is new.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(crate) fn warn(&mut self, warning: &Warning) -> Result<bool, Error> {
        let is_new = !self.earlier.warnings.contains(warning);
        if is_new {
            self.folder.append_warning(warning)?;
        }
        Ok(is_new)
    }

    fn append(
        &mut self,
        place: &Place<'_>,
        metric: &str,
        values: Vec<f64>,
        reason: Option<String>,
    ) -> Result<(), Error> {
        debug_assert!(
            measure::metric::find(metric).is_some(),
            "{metric} is not in the catalogue"
        );
        let measurement = Measurement {
            model: place.model.to_owned(),
            benchmark: place.benchmark.to_owned(),
            metric: metric.to_owned(),
            conditions: place.conditions.clone(),
            values,
            reason,
            told: None,
            own: None,
        };
        Ok(self.folder.append_measurement(&measurement)?)
    }
}

/// Where a measurement belongs.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// The model's name.
    pub model: &'a str,
    /// The benchmark's name.
    pub benchmark: &'a str,
    /// Under which conditions.
    pub conditions: Conditions,
}

impl<'a> Place<'a> {
    /// A place without conditions.
    pub fn new(model: &'a str, benchmark: &'a str) -> Place<'a> {
        Place {
            model,
            benchmark,
            conditions: Conditions::new(),
        }
    }

    /// The same place under one more condition.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Place<'a> {
        self.conditions.insert(name.to_owned(), value.into());
        self
    }
}
