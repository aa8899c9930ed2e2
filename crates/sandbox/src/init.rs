//! The first process of a box: it forks the program, reaps, collects, and reports.
//!
//! The program is process 2. As process 1 it would be immune to its own `abort()`; and somebody has to
//! reap what it leaves behind. The wanted files are read by the init after everything else in the box
//! is dead and reaped: nobody is left who could swap a file between the check and the read, the host
//! never opens a path that the program could write, and the scratch folder vanishes with the namespace.
//!
//! The same rule as in `fresh` holds here: nothing allocates, locks, formats or panics.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{CWD, Mode as Bits, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::process::{Rlimit, WaitOptions};

use crate::clock::monotonic_ns;
use crate::fault::Step;
use crate::fresh::{self, Standby, step};
use crate::infant::{self, Said};
use crate::inside::{Broken, Done};
use crate::nursery::Cradle;
use crate::plan::Plan;
use crate::report::{Ended, RECORD, Record};
use crate::sys::{self, Call, Usage, Whose};

/// Starts the program and stays until nothing is left in the box.
pub(crate) fn watch(plan: &Plan<'_>, standby: &Standby, ruleset: Option<OwnedFd>) -> Done {
    let floor_bytes = sys::usage(Whose::Own).max_rss_bytes;
    let fork = match &plan.cradle {
        Some(cradle) => infant::until_ready(plan, cradle)?,
        None => 0,
    };
    let start = monotonic_ns();
    let child = step(plan, Step::Process, || {
        say(plan, &[Record::Started { at_ns: start, fork }])?;
        let child = match &plan.cradle {
            Some(cradle) => infant::let_go(cradle).map(|()| NOBODY)?,
            None => Call::new(program, &(plan, ruleset), &standby.program).spawn()?,
        };
        release(plan, &standby.children)?;
        Ok(child)
    })?;
    let end = step(plan, Step::Warm, || {
        until_ended(plan, &standby.children, child)
    })?;
    let wall_ns = monotonic_ns().saturating_sub(start);
    match plan.tier.has_walls() {
        true => sys::kill_all(),
        false => sys::kill_group(child),
    }
    let end = step(plan, Step::Warm, || reap_all(plan, end, child))?;
    let used = sys::usage(Whose::Children);
    let ended = Record::Ended(Ended {
        status: u64::from(end.status.unwrap_or(0)),
        cpu_ns: used.cpu_ns + end.fork.cpu_ns,
        wall_ns,
        max_rss_bytes: used.max_rss_bytes.max(end.fork.max_rss_bytes),
        floor_bytes,
        asked: u64::from(end.asked),
    });
    // A supervisor that no longer reads has its own trouble; nobody is left to tell.
    if end.asked || plan.collect.is_empty() {
        let _ = say(plan, &[ended, Record::Finished]);
    } else {
        let _ = say(plan, &[ended]);
        collect(plan);
        let _ = say(plan, &[Record::Finished]);
    }
    Ok(())
}

/// Lets go of the program's ends: when it closes them, they shall be closed.
fn release(plan: &Plan<'_>, children: &OwnedFd) -> Result<(), Errno> {
    let (control, report) = (plan.ends.control.as_raw_fd(), plan.ends.report.as_raw_fd());
    let line = plan.cradle.as_ref().map_or(report, |cradle| cradle.line);
    let mut keep = [control, report, children.as_raw_fd(), line];
    keep.sort_unstable();
    sys::close_except(&keep)
}

/// The number of no process: a program that was forked by an interpreter is not a child of the init.
const NOBODY: i32 = 0;

/// How the program ended, as far as that is known.
struct End {
    /// Its raw wait status.
    status: Option<u32>,
    /// What it used, when it was not a child of the init: then its book is not among the init's.
    fork: Usage,
    /// Whether the supervisor asked for the end.
    asked: bool,
}

impl End {
    fn new(status: Option<u32>, asked: bool) -> Self {
        let fork = Usage {
            cpu_ns: 0,
            max_rss_bytes: 0,
        };
        Self {
            status,
            fork,
            asked,
        }
    }
}

/// Reaps until the program has ended or the supervisor asks for the end. The program itself is not reaped yet,
/// so that its number stays that of its group.
fn until_ended(plan: &Plan<'_>, children: &OwnedFd, program: i32) -> Result<End, Errno> {
    let cradle = plan.cradle.as_ref();
    let line = cradle.map(|cradle| sys::borrowed(cradle.line));
    loop {
        let mut fds = [
            PollFd::new(&plan.ends.control, PollFlags::IN),
            PollFd::new(children, PollFlags::IN),
            PollFd::from_borrowed_fd(line.unwrap_or(children.as_fd()), PollFlags::IN),
        ];
        if poll(&mut fds, None).is_err() {
            continue;
        }
        let asked = !fds[0].revents().is_empty();
        let said = !fds[2].revents().is_empty();
        let mut note = [0_u8; 128];
        while matches!(rustix::io::read(children, &mut note), Ok(1..)) {}
        while let Some(ended) = sys::ended_child() {
            if ended.as_raw_nonzero().get() == program {
                return Ok(End::new(None, false));
            }
            let _ = rustix::process::waitpid(Some(ended), WaitOptions::NOHANG);
        }
        if let Some(cradle) = cradle
            && said
        {
            return forks_end(cradle, false);
        }
        if asked {
            return Ok(End::new(None, true));
        }
    }
}

/// Waits for the interpreter's word on how its fork ended.
fn forks_end(cradle: &Cradle, asked: bool) -> Result<End, Errno> {
    match infant::hear(cradle)? {
        Said::Ended(status, fork) => Ok(End {
            status: Some(status),
            fork,
            asked,
        }),
        _ => Err(Errno::PROTO),
    }
}

/// Reaps everything that is left, and the program if it was among it.
fn reap_all(plan: &Plan<'_>, mut end: End, program: i32) -> Result<End, Errno> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_nonzero().get() == program => {
                end.status = end.status.or(Some(status.as_raw() as u32));
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
    match &plan.cradle {
        Some(cradle) if end.status.is_none() => forks_end(cradle, end.asked),
        _ => Ok(end),
    }
}

/// The program's process: connects its streams, limits itself, and becomes the program.
fn program((plan, ruleset): &(&Plan<'_>, Option<OwnedFd>)) {
    let ready = join(plan)
        .and_then(|()| step(plan, Step::Streams, || streams(plan)))
        .and_then(|()| fresh::layer(plan, Step::Rlimits, || set_rlimits(plan)))
        .and_then(|()| match plan.tier.has_walls() {
            true => Ok(()),
            false => fresh::confine(plan, ruleset.as_ref()),
        });
    match ready {
        Ok(()) => {
            sys::unblock_signals();
            let errno = sys::exec(&plan.argv, &plan.env).raw_os_error();
            let _ = say(
                plan,
                &[Record::NotExecuted {
                    errno: errno as u64,
                }],
            );
        }
        Err(broken) => say_broken(plan, &broken),
    }
    sys::exit(127);
}

/// Moves this process into the run's control group, where everything that it touches and starts is counted. The
/// door was opened by the supervisor, whose rights are asked.
fn join(plan: &Plan<'_>) -> Done {
    let Some(door) = plan.door else { return Ok(()) };
    fresh::layer(plan, Step::Join, || {
        rustix::io::write(sys::borrowed(door), ITSELF).map(drop)
    })
}

/// Who writes this to a control group's list of processes means itself.
pub(crate) const ITSELF: &[u8] = b"0";

/// Begins a session, and connects the program's streams.
fn streams(plan: &Plan<'_>) -> Result<(), Errno> {
    rustix::process::setsid()?;
    match &plan.ends.stdin {
        Some(input) => rustix::stdio::dup2_stdin(input)?,
        None => rustix::stdio::dup2_stdin(nothing()?)?,
    }
    rustix::stdio::dup2_stdout(&plan.ends.stdout)?;
    rustix::stdio::dup2_stderr(&plan.ends.stderr)?;
    sys::close_on_exec()?;
    plan.ends
        .peer
        .as_ref()
        .map_or(Ok(()), |peer| sys::become_peer(peer.as_fd()))
}

/// An input that is at its end.
fn nothing() -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY;
    rustix::fs::openat(CWD, c"/dev/null", flags, Bits::empty())
}

fn set_rlimits(plan: &Plan<'_>) -> Result<(), Errno> {
    for &(resource, soft, hard) in &plan.rlimits {
        rustix::process::setrlimit(
            resource,
            Rlimit {
                current: Some(soft),
                maximum: Some(hard),
            },
        )?;
    }
    Ok(())
}

/// Sends the wanted files that are plain files of an allowed size with a single name.
fn collect(plan: &Plan<'_>) {
    for (index, name) in plan.collect.iter().enumerate() {
        let Ok((fd, length)) = open_wanted(name, plan.file_bytes) else {
            continue;
        };
        let record = Record::Collected {
            index: index as u64,
            length,
        };
        if say(plan, &[record])
            .and_then(|()| copy(&fd, &plan.ends.report, length))
            .is_err()
        {
            // The stream is now cut short, and the supervisor refuses a report that is.
            sys::exit(1);
        }
    }
}

fn open_wanted(name: &CStr, most: u64) -> Result<(OwnedFd, u64), Errno> {
    let flags =
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    let fd = rustix::fs::openat2(CWD, name, flags, Bits::empty(), resolve)?;
    let stat = rustix::fs::fstat(&fd)?;
    let length = u64::try_from(stat.st_size).map_err(|_| Errno::INVAL)?;
    let regular =
        rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::RegularFile;
    if !regular || stat.st_nlink != 1 || length > most {
        return Err(Errno::INVAL);
    }
    Ok((fd, length))
}

fn copy(from: &OwnedFd, to: &OwnedFd, mut left: u64) -> Result<(), Errno> {
    let mut buffer = [0_u8; 16 * 1024];
    while left > 0 {
        let room = left.min(buffer.len() as u64) as usize;
        let got = rustix::io::retry_on_intr(|| rustix::io::read(from, &mut buffer[..room]))?;
        if got == 0 {
            return Err(Errno::IO);
        }
        write_all(to, &buffer[..got])?;
        left -= got as u64;
    }
    Ok(())
}

pub(crate) fn write_all(fd: &OwnedFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let wrote = rustix::io::retry_on_intr(|| rustix::io::write(fd, bytes))?;
        bytes = &bytes[wrote..];
    }
    Ok(())
}

/// Sends records, in one piece when they are two.
fn say(plan: &Plan<'_>, records: &[Record]) -> Result<(), Errno> {
    let mut bytes = [0_u8; 2 * RECORD];
    for (to, record) in bytes.chunks_exact_mut(RECORD).zip(records) {
        to.copy_from_slice(&record.encode());
    }
    write_all(&plan.ends.report, &bytes[..records.len().min(2) * RECORD])
}

pub(crate) fn say_broken(plan: &Plan<'_>, broken: &Broken) {
    let errno = broken.errno.raw_os_error() as u64;
    // When this cannot be written the stream ends early, which the supervisor takes as a fault too.
    let _ = say(
        plan,
        &[Record::Broken {
            step: broken.step as u64,
            errno,
        }],
    );
}
