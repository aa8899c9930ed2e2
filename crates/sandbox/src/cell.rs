//! The real sandbox: tier T3 on Linux.
//!
//! A [`Cell`] holds what is the same for every run (the drawing of the root, the filters, the badge) and
//! makes a fresh box for each. It is opened by putting up one whole box and taking it down again, so
//! that what is missing on a machine is known before the first program. There is no weaker mode.
//!
//! Open it early, before a model is loaded: the boxes are made by a small process that is forked then.

use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use rustix::io::Errno;

use crate::badge::{Badge, Tier, sha256_hex};
use crate::boxes::Template;
use crate::fault::{Fault, Step};
use crate::fittings::{Fittings, Warm};
use crate::identity::Standing;
use crate::layout::{self, Layout};
use crate::limits::{LIMITS_PROFILE, Limits};
use crate::pool::Pool;
use crate::program::{Ending, Outcome, Profile, Program};
use crate::request::Sent;
use crate::seccomp::Filters;
use crate::supervise::{self, Running, Stream};
use crate::{Sandbox, landlock, outcome, plan, sys, tree};

/// A sandbox on this machine. It may be shared between threads; each run is a box of its own.
pub struct Cell {
    pool: Pool,
    badge: Badge,
    sabotage: Option<Step>,
}

impl Cell {
    /// Opens a cell in which only the system's own folders can be read.
    ///
    /// # Errors
    ///
    /// A [`Fault::Layer`] that names the first layer this machine refuses, with a remedy.
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
        let cell = Self::assembled(fittings, None)?;
        cell.prove()?;
        Ok(cell)
    }

    fn assembled(fittings: Fittings, sabotage: Option<Step>) -> Result<Self, Fault> {
        check_kernel(&rustix::system::uname().release().to_string_lossy())?;
        if !tree::can_look() {
            return Err(Fault::layer(Step::Look, Errno::NOENT));
        }
        let layout = layout::draw(&fittings.readable)?;
        let landlock_abi = sys::landlock_abi().min(landlock::NEWEST);
        let standing = Standing::of_this_process()?;
        let filters = Filters::new();
        let badge = Badge {
            tier: Tier::T3,
            policy_sha256: policy(&layout, landlock_abi, &filters),
            facts: facts(standing, landlock_abi),
        };
        let template = Template {
            layout,
            standing,
            landlock_abi,
            filters,
            warm: check_warm(fittings.warm)?,
        };
        Ok(Self {
            pool: Pool::new(&template, sabotage)?,
            badge,
            sabotage,
        })
    }

    /// Puts up one box around a program that does not exist: every layer must stand for the kernel to
    /// come as far as not finding it.
    fn prove(&self) -> Result<(), Fault> {
        let absent = Program::new(["/box/absent"]);
        match self.execute(&absent, &Limits::run())?.ending {
            Ending::NotExecutable(libc::ENOENT) => Ok(()),
            other => Err(Fault::Lost {
                what: format!("an absent program ended with {other}"),
            }),
        }
    }

    /// A cell in which one layer is refused by the kernel, as far as the rest of the code can tell.
    #[cfg(test)]
    pub(crate) fn sabotaged(step: Step, fittings: Fittings) -> Result<Self, Fault> {
        Self::assembled(fittings, Some(step))
    }

    /// Ends every cell that is idle; the next runs make new ones. For measuring what pooling saves.
    pub fn retire(&self) {
        self.pool.retire();
    }

    /// Tells how a run that is over went, and takes its cell back.
    fn settle(
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
    fn start(
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
        let made = self.pool.run(&sent.packet, &descriptors)?;
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

/// The most that the modules of warm interpreters may hold together, in bytes.
const MOST_MODULES: usize = 2 << 20;

/// Says what is wrong with interpreters before anything is made for them.
fn check_warm(warm: Vec<Warm>) -> Result<Vec<Warm>, Fault> {
    let mut bytes = 0;
    for one in &warm {
        let program = Program {
            files: one.modules.clone(),
            ..Program::new(one.argv.clone())
        };
        check(&program)?;
        bytes += one
            .modules
            .iter()
            .map(|file| file.bytes.len())
            .sum::<usize>();
    }
    if bytes > MOST_MODULES {
        return Err(Fault::Program {
            what: format!("the modules of warm interpreters hold more than {MOST_MODULES} bytes"),
        });
    }
    Ok(warm)
}

/// Says what is wrong with a program before anything is made for it.
fn check(program: &Program) -> Result<(), Fault> {
    plan::words(program)?;
    plan::files(program)?;
    plan::wanted(program)?;
    Ok(())
}

impl Sandbox for Cell {
    fn execute(&self, program: &Program, limits: &Limits) -> Result<Outcome, Fault> {
        let mut running = [self.start((program, limits), None)?];
        supervise::follow(&mut running)?;
        let [running] = running;
        self.settle((program, limits), running)
    }

    fn converse(&self, pair: [(&Program, &Limits); 2]) -> Result<[Outcome; 2], Fault> {
        let [first, second] = pair;
        let (one, other) = plan::pair()?;
        let mut running = [
            self.start(first, Some(one))?,
            self.start(second, Some(other))?,
        ];
        supervise::follow(&mut running)?;
        let [one, other] = running;
        Ok([self.settle(first, one)?, self.settle(second, other)?])
    }

    fn badge(&self) -> &Badge {
        &self.badge
    }
}

/// Since 5.14 the process limit counts per user namespace; before, it would count the user's own
/// desktop into the box.
fn check_kernel(release: &str) -> Result<(), Fault> {
    let mut parts = release
        .split(|c: char| !c.is_ascii_digit())
        .map(str::parse::<u32>);
    let version = match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (0, 0),
    };
    if version >= (5, 14) {
        Ok(())
    } else {
        Err(Fault::layer(Step::Kernel, Errno::NOSYS))
    }
}

fn policy(layout: &Layout, landlock_abi: u32, filters: &Filters) -> String {
    let filters = filters.bytes();
    let environment = [Profile::Compile, Profile::Run]
        .map(plan::environment)
        .concat()
        .iter()
        .map(|entry| entry.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join("\n");
    let texts = [
        "T3".to_owned(),
        LIMITS_PROFILE.to_owned(),
        format!("landlock {landlock_abi}"),
        environment,
    ];
    let texts = texts.iter().chain(&layout.lines).map(String::as_bytes);
    sha256_hex(texts.chain(filters.iter().map(Vec::as_slice)))
}

fn facts(standing: Standing, landlock_abi: u32) -> Vec<(String, String)> {
    let kernel = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    let landlock = match landlock_abi {
        0 => "not in this kernel: the mounts alone confine files".to_owned(),
        abi => format!("version {abi}"),
    };
    let identity = match standing {
        Standing::Root(first) => {
            format!("started as root; programs run as unused users from {first}")
        }
        Standing::User { .. } => {
            "programs run as this user in a user namespace of their own".to_owned()
        }
    };
    [
        ("kernel", kernel),
        ("architecture", std::env::consts::ARCH.to_owned()),
        ("landlock", landlock),
        ("identity", identity),
        ("limits", LIMITS_PROFILE.to_owned()),
        (
            "tree memory",
            "watched every 20 ms, not enforced by the kernel".to_owned(),
        ),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[cfg(test)]
#[path = "cell_tests.rs"]
mod tests;
