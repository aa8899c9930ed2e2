//! What a run's init and a warm interpreter say to each other.
//!
//! The init hands over the run's namespaces and descriptors with the order, confines itself, and then waits
//! until the interpreter has named its fork and the fork has said that all layers stand. Only then does it
//! give its word, and the fork reads its script. Everything carries the order's number, so that nothing of an
//! earlier run is taken for an answer.
//!
//! As in `fresh`, nothing here allocates, locks, formats or panics.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::fault::Step;
use crate::fresh::step;
use crate::inside::Broken;
use crate::nursery::Cradle;
use crate::packet;
use crate::plan::Plan;
use crate::sys::{self, Usage};

const FORKED: u64 = 1;
const READY: u64 = 2;
const REFUSED: u64 = 3;
const ENDED: u64 = 4;

/// What the interpreter or its fork said.
pub(crate) enum Said {
    /// The fork's number in the host's pid namespace.
    Forked(u64),
    Ready,
    Refused(u64, u64),
    Ended(u32, Usage),
}

/// Whether the interpreter has come as far as waiting for orders.
pub(crate) fn is_ready(line: &OwnedFd) -> bool {
    let mut words = [0_u8; 40];
    rustix::io::read(line, &mut words) == Ok(40) && words[0] == READY as u8
}

/// Hands the run over; the fork will wait for a word.
pub(crate) fn hand_over(
    plan: &Plan<'_>,
    cradle: &Cradle,
    ruleset: Option<&OwnedFd>,
) -> Result<(), Errno> {
    let processes = sys::borrowed(cradle.processes);
    let open = |name| {
        rustix::fs::openat(
            processes,
            name,
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
    };
    let pid = open(c"self/ns/pid")?;
    let ipc = open(c"self/ns/ipc")?;
    let mounts = open(c"self/ns/mnt")?;
    let always = [&pid, &ipc, &mounts, &plan.ends.stdout, &plan.ends.stderr];
    let further = [plan.ends.stdin.as_ref(), ruleset, plan.ends.peer.as_ref()];
    let further = further.map(|one| one.map(AsFd::as_fd));
    let door = plan.door.map(sys::borrowed);
    let mut descriptors = [pid.as_fd(); packet::MOST];
    let mut count = 0;
    let always = always.into_iter().map(AsFd::as_fd);
    for descriptor in always.chain(further.into_iter().chain([door]).flatten()) {
        descriptors[count] = descriptor;
        count += 1;
    }
    packet::send(
        sys::borrowed(cradle.line),
        &cradle.order,
        &descriptors[..count],
    )
}

/// Waits until the fork stands behind its layers; returns its number on the host.
pub(crate) fn until_ready(plan: &Plan<'_>, cradle: &Cradle) -> Result<u64, Broken> {
    let (mut pid, mut ready) = (None, false);
    loop {
        if let (Some(pid), true) = (pid, ready) {
            return Ok(pid);
        }
        match step(plan, Step::Warm, || hear(cradle))? {
            Said::Forked(number) => pid = Some(number),
            Said::Ready => ready = true,
            Said::Refused(named, errno) => {
                return Err(Broken {
                    step: Step::numbered(named).unwrap_or(Step::Warm),
                    errno: Errno::from_raw_os_error(errno.clamp(1, 4095) as i32),
                });
            }
            Said::Ended(..) => {
                return Err(Broken {
                    step: Step::Warm,
                    errno: Errno::CHILD,
                });
            }
        }
    }
}

/// Gives the word.
pub(crate) fn let_go(cradle: &Cradle) -> Result<(), Errno> {
    rustix::io::write(sys::borrowed(cradle.line), &[0; 8]).map(drop)
}

/// The next thing said about this run. The end of the connection is an error.
pub(crate) fn hear(cradle: &Cradle) -> Result<Said, Errno> {
    loop {
        let [number, kind, a, b, c] = words(sys::borrowed(cradle.line))?;
        if number != cradle.number {
            continue;
        }
        return Ok(match kind {
            FORKED => Said::Forked(a),
            READY => Said::Ready,
            REFUSED => Said::Refused(a, b),
            ENDED => {
                let used = Usage {
                    cpu_ns: b,
                    max_rss_bytes: c,
                };
                Said::Ended(a as u32, used)
            }
            _ => return Err(Errno::PROTO),
        });
    }
}

fn words(line: BorrowedFd<'_>) -> Result<[u64; 5], Errno> {
    let mut bytes = [0_u8; 40];
    if rustix::io::retry_on_intr(|| rustix::io::read(line, &mut bytes))? != bytes.len() {
        return Err(Errno::PIPE);
    }
    let mut words = [0; 5];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = chunk.try_into().map_or(0, u64::from_le_bytes);
    }
    Ok(words)
}
