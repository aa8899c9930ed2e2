//! What the times of a combination are written down as.

use std::collections::BTreeMap;

use engine::{CacheKinds, ModelCard};
use ledger::Run;
use ledger::record::{TimedRun, Warning};
use measure::percentile_supported;

use super::Cell;
use super::ceilings::Ceilings;
use super::rig::{Refused, Timing, per_second};
use crate::Error;
use crate::desk::{Conditions, Desk, Place, Subject};
use crate::meter::{BANDWIDTH, Work};
use crate::plan::{LatencyPlan, Point};

/// What every combination has, measured or with the reason why not.
const TIMES: [&str; 6] = [
    "prefill_tokens_per_s",
    "time_to_first_token_ns",
    "decode_tokens_per_s",
    "end_to_end_ns",
    "end_to_end_tokens_per_s",
    "inter_token_ns",
];

/// Writes in the name of one benchmark, of these models.
pub(super) struct Book<'a> {
    pub(super) benchmark: &'a str,
    pub(super) subjects: &'a [Subject<'a>],
}

impl Book<'_> {
    /// Writes down a run that was just timed.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn keep(
        &self,
        cell: &Cell,
        timing: &Timing,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        desk.folder.append_timing(&TimedRun {
            model: self.subjects[cell.subject].name.clone(),
            benchmark: self.benchmark.to_owned(),
            conditions: conditions(&cell.point),
            repeat: cell.timings.len() as u64,
            first_token_ns: timing.first_token_ns,
            steps_ns: timing.steps_ns.clone(),
        })?;
        desk.keep_samples()
    }

    /// Gives every cell the runs that an earlier session timed, up to the first that is missing.
    pub(super) fn recall(&self, cells: &mut [Cell], earlier: &Run) {
        for cell in cells {
            let (name, conditions) = (&self.subjects[cell.subject].name, conditions(&cell.point));
            let known = |repeat: usize| {
                earlier.timings.iter().find(|timed| {
                    (&timed.model, &timed.benchmark[..]) == (name, self.benchmark)
                        && timed.repeat == repeat as u64
                        && timed.conditions == conditions
                })
            };
            cell.timings = (0..).map_while(known).map(Timing::of).collect();
        }
    }

    /// Two sessions may have met two states of the machine, which stands in the report.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn say_gone_on(
        &self,
        cells: &[Cell],
        plan: &LatencyPlan,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let n_known: usize = cells.iter().map(|cell| cell.timings.len()).sum();
        let n_wanted = cells.len() * plan.repeats;
        if n_known == 0 || n_known >= n_wanted {
            return Ok(());
        }
        Ok(desk.folder.append_warning(&Warning {
            kind: "timing_gone_on".into(),
            message: format!(
                "{} was interrupted after {n_known} of {n_wanted} timed runs: those before and after met the machine in two states",
                self.benchmark
            ),
            advice: "for speeds to publish, measure in one go".into(),
        })?)
    }

    /// Writes down every cell, the bandwidth of the memory and how long the models took to load.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn everything(&self, cells: &[Cell], desk: &mut Desk<'_>) -> Result<(), Error> {
        let Book {
            benchmark,
            subjects,
        } = *self;
        // Their buffer and their second are the machine's, not those of the model that was timed last.
        desk.turn(0, Work::of_none(BANDWIDTH));
        let mut ceilings = BTreeMap::new();
        for threads in cells.iter().map(|cell| cell.point.threads) {
            ceilings
                .entry(threads)
                .or_insert_with(|| Ceilings::measured(subjects, threads, desk));
        }
        for (threads, ceilings) in &ceilings {
            for subject in subjects {
                let place = Place::new(&subject.name, benchmark).with("threads", *threads);
                ceilings.keep(subject.model.card(), &place, desk)?;
            }
        }
        for subject in subjects {
            let place = Place::new(&subject.name, benchmark);
            desk.record(&place, "model_load_ns", vec![subject.load_ns as f64])?;
        }
        for cell in cells {
            let ceilings = &ceilings[&cell.point.threads];
            let row = Row {
                subject: &subjects[cell.subject],
                point: &cell.point,
                timings: &cell.timings,
                place: place(benchmark, &subjects[cell.subject], &cell.point),
            };
            row.times(desk)?;
            row.between_tokens(desk)?;
            row.operations(ceilings, desk)?;
            row.bytes(ceilings.bytes_per_s(), desk)?;
        }
        Ok(())
    }

    /// Writes down a combination that was not begun.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn absent(&self, refused: &Refused, desk: &mut Desk<'_>) -> Result<(), Error> {
        let subject = &self.subjects[refused.subject];
        let place = place(self.benchmark, subject, &refused.point);
        TIMES
            .iter()
            .try_for_each(|metric| desk.record_absent(&place, metric, refused.reason.clone()))
    }
}

/// What has to be equal before two numbers of speed may be compared.
pub(super) fn conditions(point: &Point) -> Conditions {
    Place::new("", "latency")
        .with("prompt_tokens", point.n_prompt)
        .with("generate_tokens", point.n_new)
        .with("batch", point.batch)
        .with("depth", point.depth)
        .with("threads", point.threads)
        .with("cache", point.cache.name())
        .with("use_cache", point.use_cache)
        .conditions
}

fn place<'a>(benchmark: &'a str, subject: &'a Subject<'_>, point: &Point) -> Place<'a> {
    Place {
        conditions: conditions(point),
        ..Place::new(&subject.name, benchmark)
    }
}

/// Operations of the matrices for one prompt, of which only the last token's row is asked for.
pub(super) fn prompt_flops(card: &ModelCard, point: &Point) -> f64 {
    let each = card.flops_per_token.saturating_sub(card.flops_per_row);
    point.n_prompt as f64 * each as f64 + card.flops_per_row as f64
}

/// One cell with the conditions of all its numbers.
struct Row<'a> {
    subject: &'a Subject<'a>,
    point: &'a Point,
    timings: &'a [Timing],
    place: Place<'a>,
}

impl Row<'_> {
    fn each(&self, of: impl Fn(&Timing) -> f64) -> Vec<f64> {
        self.timings.iter().map(of).collect()
    }

    fn times(&self, desk: &mut Desk<'_>) -> Result<(), Error> {
        let point = self.point;
        let n_read = (point.batch * point.n_prompt) as f64;
        let n_new = (point.batch * point.n_new) as f64;
        for (metric, values) in [
            (
                "prefill_tokens_per_s",
                self.each(|t| per_second(n_read, t.first_token_ns)),
            ),
            (
                "time_to_first_token_ns",
                self.each(|t| t.first_token_ns as f64),
            ),
            ("decode_tokens_per_s", self.each(|t| t.decode_rate(point))),
            ("end_to_end_ns", self.each(|t| t.total_ns() as f64)),
            (
                "end_to_end_tokens_per_s",
                self.each(|t| per_second(n_new, t.total_ns())),
            ),
        ] {
            desk.record(&self.place, metric, values)?;
        }
        Ok(())
    }

    /// Of each repeat, the median step and, where it has steps enough, its slow ones.
    fn between_tokens(&self, desk: &mut Desk<'_>) -> Result<(), Error> {
        for (metric, p) in [
            ("inter_token_ns", 0.5),
            ("inter_token_p90_ns", 0.9),
            ("inter_token_p99_ns", 0.99),
        ] {
            let n_steps = self.point.n_new - 1;
            if p > 0.5 && !percentile_supported(n_steps, p) {
                let reason = format!("a repeat has {n_steps} steps, too few for this percentile");
                desk.record_absent(&self.place, metric, reason)?;
                continue;
            }
            let at = |timing: &Timing| {
                let steps: Vec<f64> = timing.steps_ns.iter().map(|ns| *ns as f64).collect();
                measure::quantile(&steps, p).unwrap_or(f64::NAN)
            };
            desk.record(&self.place, metric, self.each(at))?;
        }
        Ok(())
    }

    /// Operations that reading a prompt takes, and their share of what the processor can do.
    fn operations(&self, ceilings: &Ceilings, desk: &mut Desk<'_>) -> Result<(), Error> {
        let card = self.subject.model.card();
        let n = self.point.batch as f64 * prompt_flops(card, self.point);
        let rates = self.each(|t| per_second(n, t.first_token_ns));
        desk.record(&self.place, "prefill_operations_per_s", rates.clone())?;
        let shares = |ceiling| rates.iter().map(|rate| rate / ceiling).collect();
        let found = ceilings.operations_per_s(card).map(shares);
        desk.note(&self.place, "arithmetic_share", found)
    }

    /// Bytes that decoding reads, and their share of what the memory delivers.
    fn bytes(&self, ceiling: Result<f64, &str>, desk: &mut Desk<'_>) -> Result<(), Error> {
        let metrics = ["decode_bytes_per_s", "bandwidth_share"];
        let absent = |desk: &mut Desk<'_>, metrics: &[&str], reason: &str| {
            metrics
                .iter()
                .try_for_each(|metric| desk.record_absent(&self.place, metric, reason.to_owned()))
        };
        if !self.point.use_cache {
            let reason = "without a cache a step computes far more than it reads";
            return absent(desk, &metrics, reason);
        }
        let Some(bytes) = self.bytes_per_step() else {
            return absent(desk, &metrics, "the file does not tell the cache's size");
        };
        let steps = self.point.n_new - 1;
        let read = self.each(|t| per_second(steps as f64, t.rest_ns()) * bytes);
        desk.record(&self.place, "decode_bytes_per_s", read.clone())?;
        let shares = |ceiling| read.iter().map(|rate| rate / ceiling).collect();
        let found = ceiling.map(shares).map_err(str::to_owned);
        desk.note(&self.place, "bandwidth_share", found)
    }

    /// Bytes that one decode step reads: the weights once and the mean cache of every sequence.
    fn bytes_per_step(&self) -> Option<f64> {
        let point = self.point;
        let card = self.subject.model.card();
        let n_held = (point.batch * (point.depth + point.n_prompt + point.n_new / 2)) as u64;
        let kinds = CacheKinds::both(point.cache);
        card.cache_elements
            .map(|elements| (card.bytes_per_token + n_held * elements.bytes(kinds)) as f64)
    }
}
