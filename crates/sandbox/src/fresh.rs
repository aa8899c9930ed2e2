//! The run's own layers: what is renewed each time in a cell that stays.
//!
//! The init of a run is a clone of the cell's warden in fresh pid, ipc and mount namespaces. It mounts an
//! empty scratch folder, writes the program's files, gives up the one capability that the warden has, and
//! confines itself; then it starts the program (`init`). Everything here is on the path of every run, so it
//! is few system calls: what can be made once is made by the warden ([`Standby`]).
//!
//! Everything here runs in the warden's memory, which descends from a fork; so this is kept
//! async-signal-safe throughout: no allocation, no lock, no formatting, no panic; only system calls on what
//! [`Plan`] holds. The loops are bounded by lists that were made before the clone.
//!
//! The order of the layers is the order of [`Step`]: Landlock comes after the mount because a confined
//! process cannot mount, and the filter comes last because it denies most of what went before.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode as Bits, OFlags};
use rustix::io::Errno;
use rustix::mount::MountFlags;
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::fault::Step;
use crate::inside::{Broken, Done};
use crate::landlock::{Places, Signals};
use crate::plan::Plan;
use crate::program::Mode;
use crate::sys::{self, Stack};
use crate::{infant, init, landlock, seccomp, unwalled};

/// What the warden keeps ready for its runs.
pub(crate) struct Standby {
    /// Readable while a child of whoever reads it waits to be reaped.
    pub(crate) children: OwnedFd,
    /// The folders that Landlock's rules are about.
    pub(crate) places: Places,
    /// The host's `/proc`, when there are interpreters to keep warm.
    pub(crate) processes: Option<OwnedFd>,
    /// Where a run's init stands.
    pub(crate) init: Stack,
    /// Where the program's process stands until it executes.
    pub(crate) program: Stack,
}

/// Runs one step, or refuses it when a test asks for that.
pub(crate) fn step<T>(
    plan: &Plan<'_>,
    step: Step,
    does: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Broken> {
    crate::inside::step(plan.sabotage, step, does)
}

/// Puts up one layer of the run.
pub(crate) fn layer(
    plan: &Plan<'_>,
    named: Step,
    does: impl FnOnce() -> Result<(), Errno>,
) -> Done {
    match plan.template.is_without(named) {
        true => Ok(()),
        false => step(plan, named, does),
    }
}

/// The entry of a run's init.
pub(crate) fn enter((plan, standby): &(&Plan<'_>, &Standby)) {
    let code = match build(plan, standby).and_then(|ruleset| init::watch(plan, standby, ruleset)) {
        Ok(()) => 0,
        Err(broken) => {
            init::say_broken(plan, &broken);
            1
        }
    };
    sys::exit(code);
}

/// Puts up the layers of a run. Where there are no walls, the program itself puts up the last two, and gets
/// its ruleset from here.
fn build(plan: &Plan<'_>, standby: &Standby) -> Result<Option<OwnedFd>, Broken> {
    sys::notice_children();
    step(plan, Step::Scratch, || scratch(plan))?;
    step(plan, Step::Files, || write_files(plan))?;
    let places = (&standby.places, plan.folder);
    let ruleset = step(plan, Step::Landlock, || {
        landlock::ruleset(plan.landlock_abi, places, Signals::Scoped)
    })?;
    if !plan.tier.has_walls() {
        layer(plan, Step::Tree, unwalled::adopt)?;
        layer(plan, Step::Capabilities, drop_capabilities)?;
        return Ok(ruleset);
    }
    let ruleset = match &plan.cradle {
        None => ruleset,
        Some(cradle) => step(plan, Step::Warm, || {
            infant::hand_over(plan, cradle, ruleset.as_ref())?;
            landlock::ruleset(plan.landlock_abi, places, Signals::Free)
        })?,
    };
    layer(plan, Step::Capabilities, drop_capabilities)?;
    confine(plan, ruleset.as_ref())?;
    Ok(None)
}

/// The last two layers, after which hardly anything can be asked of the kernel.
pub(crate) fn confine(plan: &Plan<'_>, ruleset: Option<&OwnedFd>) -> Done {
    layer(plan, Step::Landlock, || {
        ruleset.map_or(Ok(()), sys::landlock_confine)
    })?;
    layer(plan, Step::Seccomp, || {
        if !plan.tier.has_walls() && plan.landlock_abi < landlock::SCOPES_SIGNALS {
            let own = rustix::process::getpid().as_raw_nonzero().get();
            sys::install_filter(&seccomp::own_signals(own.unsigned_abs()))?;
        }
        sys::install_filter(plan.filter)
    })
}

/// The scratch folder: the only place that can be written, capped in bytes and in files.
fn scratch(plan: &Plan<'_>) -> Result<(), Errno> {
    if !plan.tier.has_walls() {
        // The warden stands in it.
        return Ok(());
    }
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount(c"box", c"/box", c"tmpfs", flags, plan.scratch.as_c_str())?;
    rustix::process::chdir(c"/box")
}

fn write_files(plan: &Plan<'_>) -> Result<(), Errno> {
    for (name, file) in &plan.files {
        let mode = match file.mode {
            Mode::Plain => 0o644,
            Mode::Executable => 0o755,
        };
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = rustix::fs::openat(CWD, name.as_c_str(), flags, Bits::from_raw_mode(mode))?;
        init::write_all(&fd, &file.bytes)?;
    }
    Ok(())
}

/// The bounding set is empty since the cell was built; this empties the others.
pub(crate) fn drop_capabilities() -> Result<(), Errno> {
    rustix::thread::clear_ambient_capability_set()?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    rustix::thread::set_capabilities(None, sets)
}
