//! The hardware monitor of a run: found, started, announced.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use bench::plan::EnergyPlan;
use bench::{Desk, Meter, Plan, meter};
use ledger::Run;
use measure::probe::{Absent, Hardware, Source};
use measure::{Clock, Monitor, SystemClock, monitor};
use serde_json::Value;

use crate::exit::Usage;
use crate::provenance;
use crate::subject::Located;
use crate::terminal::Terminal;

/// A run that was asked for its energy is refused where nothing tells it, before anything is fetched.
pub(super) fn refuse_without_energy(plan: &Plan) -> Result<()> {
    let least = EnergyPlan::LONG.rest_seconds;
    let is_asked = plan.energy.is_some_and(|asked| asked.rest_seconds >= least);
    let absent = is_asked
        .then(Hardware::find)
        .and_then(|found| found.no_energy());
    absent.map_or(Ok(()), |absent| {
        let remedy = absent.remedy.map(|remedy| format!("; {remedy}"));
        Err(Usage(format!(
            "--energy: nothing on this machine tells its energy ({}){}",
            absent.reason,
            remedy.unwrap_or_default()
        ))
        .into())
    })
}

/// The monitor, what it reads, and the clock that it shares with the run.
pub(in crate::command) struct Watched {
    pub(in crate::command) clock: SystemClock,
    sources: Vec<Source>,
    no_energy: Option<Absent>,
    monitor: Result<Monitor, Absent>,
}

impl Watched {
    /// Looks for sources and begins to sample. To be called after the cell is open, so that its processes know
    /// nothing of a driver's library.
    pub(in crate::command) fn start() -> Watched {
        let clock = SystemClock::start();
        let hardware = Hardware::find();
        Watched {
            clock,
            no_energy: hardware.no_energy(),
            sources: hardware.sources,
            monitor: Monitor::start(hardware.gauges, clock, monitor::EVERY),
        }
    }

    /// What belongs into the record of the machine.
    pub(in crate::command) fn facts(&self) -> BTreeMap<String, Value> {
        provenance::hardware(&self.sources)
    }

    /// For the desk of a run that holds `earlier`.
    pub(in crate::command) fn meter(&self, earlier: &Run) -> Option<Meter<'_>> {
        let now = jiff::Timestamp::now().as_millisecond();
        let started = now - (self.clock.now_ns() / 1_000_000) as i64;
        let monitor = self.monitor.as_ref().ok()?;
        Some(Meter::new(monitor, earlier, started))
    }

    /// Says what makes speeds doubtful and what is read, writes down what cannot be, and lets the machine rest where that
    /// teaches something.
    pub(in crate::command) fn begin(
        &self,
        located: &[Located],
        plan: &Plan,
        desk: &mut Desk<'_>,
        terminal: &Terminal,
    ) -> Result<()> {
        for warning in bench::noise::at_start(plan, desk)? {
            terminal.note(&format!("{}: {}", warning.message, warning.advice));
        }
        let models: Vec<String> = located.iter().map(|model| model.name.clone()).collect();
        let rest = plan.energy.unwrap_or(EnergyPlan::SHORT).rest_seconds;
        self.begin_of(&models, rest, desk, terminal)
    }

    /// The same for work of models by their names, with a rest of so many seconds.
    pub(in crate::command) fn begin_of(
        &self,
        models: &[String],
        rest: u32,
        desk: &mut Desk<'_>,
        terminal: &Terminal,
    ) -> Result<()> {
        let refused = self.monitor.as_ref().err().or(self.no_energy.as_ref());
        meter::absences(models, &self.sources, refused, desk)?;
        if refused.is_some() {
            return Ok(());
        }
        if desk.earlier.hardware.is_empty() && rest > 0 {
            terminal.note(&format!(
                "Energy is read from {}. First {rest} seconds of rest, for the power without work.",
                provenance::power_sources(&self.sources).join(" and ")
            ));
        }
        let span = Duration::from_secs(rest.into());
        Ok(meter::rest(desk, meter::IDLE, span)?)
    }

    /// All work is done: lets the machine rest once more where the plan says so.
    pub(in crate::command) fn end(
        &self,
        plan: &Plan,
        desk: &mut Desk<'_>,
        terminal: &Terminal,
    ) -> Result<()> {
        let rest = plan.energy.map_or(0, |asked| asked.rest_after_seconds);
        let is_told = self.monitor.is_ok() && self.no_energy.is_none();
        if rest == 0 || !is_told || meter::has_rested(desk, meter::IDLE_AFTER) {
            return Ok(());
        }
        terminal.note(&format!(
            "The work is done. {rest} seconds of rest, to see whether the power without work is still that of the beginning."
        ));
        let span = Duration::from_secs(rest.into());
        Ok(meter::rest(desk, meter::IDLE_AFTER, span)?)
    }
}
