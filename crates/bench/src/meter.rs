//! What the hardware did while a benchmark worked, and what that work was.
//!
//! The monitor of `measure` samples in its own thread and knows numbers for kinds of work. Here these numbers get
//! their words, and here samples become records, always by the one writer of the run folder: when a step is
//! done, when a completion is written down, and at the end. Nothing is computed; energy and peaks are read
//! from the samples by the report. An interrupted run keeps what it sampled, a resumed one adds a session.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ledger::Run;
use ledger::record::{HardwareSample, Measurement, Warning};
use measure::Monitor;
use measure::monitor::{Label, Sample};
use measure::probe::{Absent, Source};

use crate::Error;
use crate::desk::{Conditions, Desk, Place};
use crate::noise::Frequencies;

/// The phase in which nothing is done, for the power at rest.
pub const IDLE: &str = "idle";

/// The same after all work. What was computed may have left the machine warm and its clocks high.
pub const IDLE_AFTER: &str = "idle_after";

/// The phase in which the machine itself is measured, its memory and its arithmetic, and no model works.
pub const BANDWIDTH: &str = "bandwidth";

/// What is nobody's work: opening, loading, writing.
const OTHER: &str = "other";

/// Work that a sample belongs to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Work {
    /// The model, if it is for one.
    pub model: Option<String>,
    /// What is being done, in one word.
    pub phase: String,
    /// Under which conditions, where that matters.
    pub conditions: Conditions,
}

impl Work {
    /// A phase of a model's work.
    pub fn of(model: &str, phase: &str) -> Work {
        Work {
            model: Some(model.to_owned()),
            phase: phase.to_owned(),
            conditions: Conditions::new(),
        }
    }

    /// A phase that is no model's work.
    pub fn of_none(phase: &str) -> Work {
        Work {
            phase: phase.to_owned(),
            ..Work::default()
        }
    }

    /// The same under conditions.
    pub fn under(self, conditions: Conditions) -> Work {
        Work { conditions, ..self }
    }
}

/// The monitor of a run, with the words of its labels.
pub struct Meter<'a> {
    monitor: &'a Monitor,
    session: u32,
    /// The calendar's milliseconds when the monitor's clock stood at 0.
    unix_ms: i64,
    /// By label; 0 is for nothing in particular.
    works: Vec<Work>,
    n_written: u64,
    is_broken: bool,
    /// Taken from the monitor and not written down yet.
    held: Vec<Sample>,
    /// What the samples tell of the frequency, while somebody wants to know.
    seen: Option<Frequencies>,
}

impl<'a> Meter<'a> {
    /// A meter for a run that holds `earlier`.
    pub fn new(monitor: &'a Monitor, earlier: &Run, unix_ms: i64) -> Meter<'a> {
        let last = earlier.hardware.iter().map(|sample| sample.session).max();
        Meter {
            monitor,
            session: last.map_or(0, |session| session + 1),
            unix_ms,
            works: vec![Work::of_none(OTHER)],
            n_written: 0,
            is_broken: false,
            held: Vec::new(),
            seen: None,
        }
    }

    /// From now on the frequency of the processors that work is looked at.
    pub(crate) fn watch_frequency(&mut self) {
        self.pull();
        self.seen = Some(Frequencies::NONE);
    }

    /// What was seen of the frequency since; it is not looked at any more.
    pub(crate) fn seen_frequency(&mut self) -> Option<Frequencies> {
        self.pull();
        self.seen.take()
    }

    /// Takes what the monitor has sampled.
    fn pull(&mut self) {
        let samples = self.monitor.drain();
        let told = samples
            .iter()
            .filter_map(|one| one.readings.get("cpu_busy_hz"));
        if let Some(seen) = &mut self.seen {
            told.for_each(|hz| seen.add(*hz));
        }
        self.held.extend(samples);
    }

    fn label(&mut self, work: Work) -> Label {
        let known = self.works.iter().position(|known| *known == work);
        let at = known.unwrap_or_else(|| {
            self.works.push(work);
            self.works.len() - 1
        });
        at as Label
    }

    fn record(&mut self, sample: Sample) -> HardwareSample {
        let work = &self.works[sample.label as usize];
        let number = self.n_written;
        self.n_written += 1;
        HardwareSample {
            session: self.session,
            sample: number,
            at_ns: sample.at_ns,
            unix_ms: self.unix_ms + (sample.at_ns / 1_000_000) as i64,
            phase: work.phase.clone(),
            model: work.model.clone(),
            conditions: work.conditions.clone(),
            tokens: sample.count,
            monitor_ns: sample.own_ns,
            readings: sample.readings,
        }
    }
}

impl Desk<'_> {
    /// Ends what was being done, with so many tokens read or written in it, and begins other work.
    pub fn turn(&mut self, tokens: u64, next: Work) {
        if let Some(meter) = &mut self.meter {
            let label = meter.label(next);
            meter.monitor.turn(tokens, label);
        }
    }

    /// The same between phases that are timed. Reads energy and processor time alone; `false` if nothing tells it, and then this took
    /// no time.
    pub fn lap(&mut self, tokens: u64, next: impl FnOnce() -> Work) -> bool {
        match &mut self.meter {
            Some(meter) if meter.monitor.measures_energy() => {
                let label = meter.label(next());
                meter.monitor.lap(tokens, label)
            }
            _ => false,
        }
    }

    /// The work is over, or stopped: what was sampled is written down either way.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn turn_away(&mut self) -> Result<(), Error> {
        self.turn(0, Work::of_none(OTHER));
        self.keep_samples()
    }

    /// Writes down what was sampled since the last time; nothing before the first result, so that a resumed run
    /// which had nothing left to do stays as it was. Says once if sampling has ended by itself.
    ///
    /// # Errors
    /// Those of the ledger.
    pub fn keep_samples(&mut self) -> Result<(), Error> {
        let grown = self.folder.has_grown();
        let Some(meter) = self.meter.as_mut().filter(|_| grown) else {
            return Ok(());
        };
        meter.pull();
        let samples = std::mem::take(&mut meter.held);
        let records: Vec<HardwareSample> =
            samples.into_iter().map(|one| meter.record(one)).collect();
        self.folder.append_hardware(&records)?;
        let broken = meter.monitor.broken().filter(|_| !meter.is_broken);
        let Some(absent) = broken else {
            return Ok(());
        };
        meter.is_broken = true;
        Ok(self.folder.append_warning(&Warning {
            kind: "hardware_unwatched".into(),
            message: absent.to_string(),
            advice: "take energy, peaks and hardware.csv as those of the time before; every other number is whole".into(),
        })?)
    }
}

/// Whether the run that goes on has rested so before.
pub fn has_rested(desk: &Desk<'_>, phase: &str) -> bool {
    desk.earlier.hardware.iter().any(|one| one.phase == phase)
}

/// Lets the machine rest to learn what it draws without work, unless this run knows it from before. The phase is
/// [`IDLE`] or [`IDLE_AFTER`].
///
/// # Errors
/// Those of the ledger.
pub fn rest(desk: &mut Desk<'_>, phase: &str, span: Duration) -> Result<(), Error> {
    if has_rested(desk, phase) || span.is_zero() {
        return Ok(());
    }
    desk.turn(0, Work::of_none(phase));
    let stop: &AtomicBool = desk.stop;
    if let Some(meter) = &desk.meter {
        meter.monitor.rest(span, stop);
    }
    desk.turn_away()
}

/// Writes down what cannot be known of these models' work, with the reasons: one line for energy if nothing tells
/// it, one for the memory of each accelerator that hides it. A resumed run has them already.
///
/// # Errors
/// Those of the ledger.
pub fn absences(
    models: &[String],
    sources: &[Source],
    no_energy: Option<&Absent>,
    desk: &mut Desk<'_>,
) -> Result<(), Error> {
    let is_told = |record: &Measurement| record.benchmark == "hardware";
    if desk.earlier.measurements.iter().any(is_told) {
        return Ok(());
    }
    for model in models {
        let place = Place::new(model, "hardware");
        if let Some(absent) = no_energy {
            desk.record_absent(&place, "energy_run_joules", in_full(absent))?;
        }
        for source in sources {
            if let Some(absent) = &source.no_memory {
                let place = place.clone().with("device", source.device.as_str());
                desk.record_absent(&place, "gpu_peak_bytes", in_full(absent))?;
            }
        }
    }
    Ok(())
}

/// Reason and remedy.
fn in_full(absent: &Absent) -> String {
    match &absent.remedy {
        Some(remedy) => format!("{}; fix: {remedy}", absent.reason),
        None => absent.reason.clone(),
    }
}
