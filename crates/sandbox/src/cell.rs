//! The real sandbox: tier T3 on Linux.
//!
//! A [`Cell`] holds what is the same for every run (the drawing of the root, the filters, the badge) and
//! makes a fresh box for each. It is opened by putting up one whole box and taking it down again, so
//! that what is missing on a machine is known before the first program. There is no weaker mode.
//!
//! Open it early, before a model is loaded: the boxes are made by a small process that is forked then.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::io::Errno;

use crate::badge::{Badge, Tier, sha256_hex};
use crate::fault::{Fault, Step};
use crate::fittings::Fittings;
use crate::identity::{Slot, Standing};
use crate::layout::{self, Layout};
use crate::limits::{LIMITS_PROFILE, Limits};
use crate::plan::{self, Ends};
use crate::program::{Ending, Outcome, Profile, Program};
use crate::request::Request;
use crate::supervise::{self, Running, Stream};
use crate::zygote::{Template, Zygote};
use crate::{Sandbox, landlock, outcome, seccomp, sys, tree};

/// A sandbox on this machine. It may be shared between threads; each run is a box of its own.
pub struct Cell {
    zygote: Zygote,
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
        let cell = Self::assembled(&fittings.readable)?;
        cell.prove()?;
        Ok(cell)
    }

    fn assembled(paths: &[PathBuf]) -> Result<Self, Fault> {
        check_kernel(&rustix::system::uname().release().to_string_lossy())?;
        if !tree::can_look() {
            return Err(Fault::layer(Step::Look, Errno::NOENT));
        }
        let layout = layout::draw(paths)?;
        let landlock_abi = sys::landlock_abi().min(landlock::NEWEST);
        let standing = Standing::of_this_process()?;
        let template = Template::new(layout, standing, landlock_abi);
        let policy_sha256 = policy(
            &template.layout,
            landlock_abi,
            [&template.compile, &template.run],
        );
        let badge = Badge {
            tier: Tier::T3,
            policy_sha256,
            facts: facts(standing, landlock_abi),
        };
        Ok(Self {
            zygote: Zygote::fork(&template)?,
            badge,
            sabotage: None,
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
    pub(crate) fn sabotaged(step: Step) -> Result<Self, Fault> {
        Ok(Self {
            sabotage: Some(step),
            ..Self::assembled(&[])?
        })
    }

    /// Has the box made and lets it go on. `peer` becomes descriptor 3 of the program.
    fn start(
        &self,
        (program, limits): (&Program, &Limits),
        peer: Option<OwnedFd>,
    ) -> Result<Running, Fault> {
        let slot = Slot::take()?;
        check(program)?;
        let (control_read, control) = plan::pipe()?;
        let (report, report_write) = plan::pipe()?;
        let (stdout, stdout_write) = plan::pipe()?;
        let (stderr, stderr_write) = plan::pipe()?;
        let ends = Ends {
            control: control_read,
            report: report_write,
            stdin: plan::input(&program.stdin)?,
            stdout: stdout_write,
            stderr: stderr_write,
            peer,
        };
        let most = outcome::bounds(program, limits).stream_bytes();
        let streams = [
            Stream::new(stdout, limits.stdout_bytes, limits.flood_bytes)?,
            Stream::new(stderr, limits.stderr_bytes, limits.flood_bytes)?,
            Stream::new(report, most, most)?,
        ];
        let request = Request {
            program: Program {
                stdin: Vec::new(),
                ..program.clone()
            },
            limits: limits.clone(),
            slot: slot.index(),
            sabotage: self.sabotage,
        };
        let init = self.zygote.make(&request, ends)?;
        // A box that has already ended leaves its report; the write's failure says nothing more.
        let _ = rustix::io::retry_on_intr(|| rustix::io::write(&control, b"g"));
        Ok(Running::new((init, slot), limits.clone(), control, streams))
    }
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
        outcome::outcome(program, limits, running)
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
        Ok([
            outcome::outcome(first.0, first.1, one)?,
            outcome::outcome(second.0, second.1, other)?,
        ])
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

fn policy(layout: &Layout, landlock_abi: u32, filters: [&[libc::sock_filter]; 2]) -> String {
    let filters = filters.map(seccomp::bytes);
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
