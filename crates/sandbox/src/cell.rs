//! The real sandbox: the strongest tier that this machine has.
//!
//! A [`Cell`] holds what is the same for every run (the drawing of the root, the filters, the badge) and
//! makes a fresh box for each. It is opened by putting up one whole box and taking it down again, so
//! that what is missing on a machine is known before the first program. Where control groups cannot be divided,
//! that is tier T3; where the kernel refuses namespaces, T2; the badge says why. Below it there is nothing.
//!
//! Open it early, before a model is loaded: the boxes are made by a small process that is forked then.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use rustix::io::Errno;

use crate::badge::{Badge, Tier};
use crate::fault::{Fault, Step};
use crate::fittings::Fittings;
use crate::limits::Limits;
use crate::pool::Pool;
use crate::program::{Ending, Outcome, Program};
use crate::request::Sent;
use crate::resident::{self, Residents};
use crate::stream::Stream;
use crate::supervise::{self, Running};
use crate::template::Template;
use crate::{Sandbox, outcome, plan};

/// A sandbox on this machine. It may be shared between threads; each run is a box of its own.
pub struct Cell {
    /// Dropped before the cells that they live in.
    residents: Residents,
    pool: Pool,
    badge: Badge,
    sabotage: Option<Step>,
}

impl Cell {
    /// Opens a cell in which only the system's own folders can be read.
    ///
    /// # Errors
    ///
    /// A fault that names the first layer this machine refuses, with a remedy, for each tier.
    pub fn open() -> Result<Self, Fault> {
        Self::with(Fittings::default())
    }

    /// Opens a cell in which these files and folders can be read too, at the same paths.
    ///
    /// # Errors
    ///
    /// As [`Cell::with`].
    pub fn with_readable(paths: &[PathBuf]) -> Result<Self, Fault> {
        Self::with(Fittings {
            readable: paths.to_vec(),
            ..Fittings::default()
        })
    }

    /// Opens a cell that is fitted so.
    ///
    /// # Errors
    ///
    /// As [`Cell::open`], and [`Fault::Readable`] for a path that is a link, relative, a home or one of
    /// the system's own folders of state.
    pub fn with(fittings: Fittings) -> Result<Self, Fault> {
        let no_leaves = match Self::at(Tier::T4, fittings.clone()) {
            Err(fault) if fault.is_of(Step::is_group) => Some(fault),
            // What refuses the walls refuses them again below.
            Err(fault) if fault.is_of(Step::is_wall) => None,
            other => return other,
        };
        let refused = match Self::at(Tier::T3, fittings.clone()) {
            Err(fault) if fault.is_of(Step::is_wall) => fault,
            other => {
                return other.map(|mut cell| {
                    let why = no_leaves.map(|fault| ("why not T4".to_owned(), fault.to_string()));
                    cell.badge.facts.extend(why);
                    cell
                });
            }
        };
        match Self::at(Tier::T2, fittings) {
            Ok(mut cell) => {
                let why = ("why not T3".to_owned(), refused.to_string());
                cell.badge.facts.push(why);
                Ok(cell)
            }
            Err(weaker) => Err(Fault::NoTier {
                walled: Box::new(refused),
                unwalled: Box::new(weaker),
            }),
        }
    }

    /// Opens a cell of this tier and of no other, for tests and for comparing.
    ///
    /// # Errors
    ///
    /// As [`Cell::with`], when this machine does not have this tier.
    pub fn at(tier: Tier, fittings: Fittings) -> Result<Self, Fault> {
        let cell = Self::assembled(Template::new(tier, fittings)?, None)?;
        cell.prove()?;
        Ok(cell)
    }

    fn assembled(mut template: Template, sabotage: Option<Step>) -> Result<Self, Fault> {
        Ok(Self {
            residents: Residents::default(),
            badge: template.badge(),
            pool: Pool::new(&mut template, sabotage)?,
            sabotage,
        })
    }

    /// Puts up one box around a program that does not exist: every layer must stand for the kernel to
    /// come as far as not finding it, and a control group must have counted the attempt.
    fn prove(&self) -> Result<(), Fault> {
        let absent = Program::new(["/box/absent"]);
        let outcome = self.execute(&absent, &Limits::run())?;
        let counted = outcome.booked.is_some_and(|used| used.cpu_ns > 0);
        if self.badge.tier.has_leaves() && !counted {
            return Err(Fault::layer(Step::Join, Errno::NODATA));
        }
        match outcome.ending {
            Ending::NotExecutable(libc::ENOENT) => Ok(()),
            other => Err(Fault::Lost {
                what: format!("an absent program ended with {other}"),
            }),
        }
    }

    /// A cell in which one layer is refused by the kernel, as far as the rest of the code can tell.
    #[cfg(test)]
    pub(crate) fn sabotaged(tier: Tier, step: Step, fittings: Fittings) -> Result<Self, Fault> {
        Self::assembled(Template::new(tier, fittings)?, Some(step))
    }

    /// Ends every cell that is idle; the next runs make new ones. For measuring what pooling saves.
    pub fn retire(&self) {
        self.residents.retire();
        self.pool.retire();
    }

    /// The programs that stay in their boxes.
    pub(crate) fn residents(&self) -> &Residents {
        &self.residents
    }

    /// Tells how a run that is over went, and takes its cell back.
    pub(crate) fn settle(
        &self,
        (program, limits): (&Program, &Limits),
        mut running: Running,
    ) -> Result<Outcome, Fault> {
        let outcome = outcome::outcome(program, limits, &mut running)?;
        if let Some(warden) = running.warden.take() {
            self.pool.give(warden);
        }
        Ok(outcome)
    }

    /// Has the run made. `peer` becomes descriptor 3 of the program.
    pub(crate) fn start(
        &self,
        (program, limits): (&Program, &Limits),
        peer: Option<OwnedFd>,
    ) -> Result<Running, Fault> {
        check(program)?;
        let sent = Sent::new((program, limits), peer.is_some(), self.sabotage)?;
        let (control_read, control) = plan::pipe()?;
        let (report, report_write) = plan::pipe()?;
        let (stdout, stdout_write) = plan::pipe()?;
        let (stderr, stderr_write) = plan::pipe()?;
        let always = [&control_read, &report_write, &stdout_write, &stderr_write];
        let further = [&sent.stdin, &peer, &sent.file];
        let descriptors: Vec<_> = always
            .into_iter()
            .chain(further.into_iter().flatten())
            .map(AsFd::as_fd)
            .collect();
        let made = self.pool.run((&sent.packet, limits), &descriptors)?;
        let most = outcome::bounds(program, limits).stream_bytes();
        let streams = [
            Stream::new(
                (stdout, stdout_write),
                limits.stdout_bytes,
                limits.flood_bytes,
            )?,
            Stream::new(
                (stderr, stderr_write),
                limits.stderr_bytes,
                limits.flood_bytes,
            )?,
            Stream::new((report, report_write), most, most)?,
        ];
        let collects = !program.collect.is_empty();
        Ok(Running::new(made, (limits, collects), control, streams))
    }
}

/// Says what is wrong with a program before anything is made for it.
pub(crate) fn check(program: &Program) -> Result<(), Fault> {
    plan::words(program)?;
    plan::files(program)?;
    plan::wanted(program)?;
    Ok(())
}

impl Sandbox for Cell {
    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Fault> {
        let limits = limits.with_room_for(&program.files);
        let mut running = [self.start((program, &limits), None)?];
        supervise::follow(&mut running)?;
        let [running] = running;
        self.settle((program, &limits), running)
    }

    fn converse(&self, pair: [(&Program, &Limits); 2]) -> Result<[Outcome; 2], Fault> {
        let limits = pair.map(|(program, limits)| limits.with_room_for(&program.files));
        let [first, second] = [(pair[0].0, &limits[0]), (pair[1].0, &limits[1])];
        let (one, other) = plan::pair()?;
        let mut running = [
            self.start(first, Some(one))?,
            self.start(second, Some(other))?,
        ];
        supervise::follow(&mut running)?;
        let [one, other] = running;
        Ok([self.settle(first, one)?, self.settle(second, other)?])
    }

    fn consult(
        &self,
        asker: (&Program, &Limits),
        resident: (&Program, &Limits),
        question: &[u8],
    ) -> Result<Option<[Outcome; 2]>, Fault> {
        let limits =
            [asker, resident].map(|(program, limits)| limits.with_room_for(&program.files));
        resident::consult(
            self,
            (asker.0, &limits[0]),
            (resident.0, &limits[1]),
            question,
        )
    }

    fn badge(&self) -> &Badge {
        &self.badge
    }
}

#[cfg(test)]
#[path = "cell_tests.rs"]
mod tests;
