//! The supervisor's side of one run: streams, deadlines, looks at the tree, and the end.
//!
//! The end of a run is the end of the box's init: the kernel lets it end only when every other process
//! of its namespace is gone and reaped. So a verdict is given only after the init's own handle says so,
//! and nothing of the program lives on behind it. The init itself is the warden's child, and the kernel
//! reaps it there. A limit is enforced by closing the control pipe; the init then kills and reaps everything
//! and still reports what was used. The same happens when the supervisor itself dies, since the kernel
//! closes the pipe for it.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::Signal;

use crate::clock::monotonic_ns;
use crate::fault::Fault;
use crate::group::{Leaf, Used};
use crate::limits::{Limits, WATCH_MS};
use crate::line::{Heard, Line};
use crate::pool::Warden;
use crate::report::{self, Bounds};
use crate::stream::Stream;
use crate::sys::Cloned;
use crate::tree::Enough;
use crate::{scratch, tree};

/// How long building the box may take, in nanoseconds; two milliseconds are usual.
const BUILD_NS: u64 = 30_000_000_000;
/// How long emptying it may take, in seconds.
const EMPTY_S: u64 = 10;
const SECOND_NS: u64 = 1_000_000_000;
const WATCH_NS: u64 = WATCH_MS * 1_000_000;

/// Why the supervisor asked for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Cpu,
    Wall,
    Memory,
    /// The scratch folder, where no mount keeps it small.
    Disk,
    /// Processes and threads, where the kernel does not count them for one program.
    Processes,
    Flood,
    /// The report grew beyond what a report can be, or the box was never built.
    Broken,
}

/// The supervisor's ends of one box, and the box's init.
pub(crate) struct Running {
    pub(crate) init: Cloned,
    /// Dropped to ask for the end.
    pub(crate) control: Option<OwnedFd>,
    pub(crate) stdout: Stream,
    pub(crate) stderr: Stream,
    pub(crate) report: Stream,
    /// The cell it runs in; taken when the run is over and well.
    pub(crate) warden: Option<Warden>,
    /// How a program that stays is heard.
    pub(crate) line: Option<Line>,
    limits: Limits,
    /// Whether the report may be too long for a pipe. If not, it is read when there is another reason to
    /// wake up.
    collects: bool,
    deadline: u64,
    next_look: u64,
    started: bool,
    /// The program on the host when it is not the init's child but a warm interpreter's.
    fork: Option<i32>,
    stop: Option<Stop>,
    ended: bool,
}

/// Stays with these boxes until all of them are empty, or have answered.
pub(crate) fn follow(boxes: &mut [Running]) -> Result<(), Fault> {
    while boxes.iter().any(|one| !one.is_over()) {
        let gone = wait_for_news(boxes)?;
        for (one, gone) in boxes.iter_mut().zip(gone) {
            if !one.is_over() {
                one.attend(gone)?;
            }
        }
    }
    Ok(())
}

/// Sleeps until something can be read, a box has ended, or it is time to look. Tells which have ended.
fn wait_for_news(boxes: &[Running]) -> Result<Vec<bool>, Fault> {
    let mut fds = Vec::new();
    let mut deadline = u64::MAX;
    let mut own = vec![None; boxes.len()];
    let waiting = boxes.iter().zip(&mut own);
    for (one, own) in waiting.filter(|(one, _)| !one.is_over()) {
        *own = Some(fds.len());
        fds.push(PollFd::new(&one.init.pidfd, PollFlags::IN));
        let report = one.collects.then_some(&one.report);
        let streams = [&one.stdout, &one.stderr].into_iter().chain(report);
        let open = streams.filter_map(|one| one.fd.as_ref());
        let line = one.line.as_ref().and_then(Line::open);
        fds.extend(open.chain(line).map(|fd| PollFd::new(fd, PollFlags::IN)));
        deadline = deadline.min(one.deadline).min(one.next_look);
    }
    let left = deadline
        .saturating_sub(monotonic_ns())
        .clamp(1_000, WATCH_NS);
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: left as i64,
    };
    match poll(&mut fds, Some(&timeout)) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(errno) => return Err(Fault::supervisor("wait for the box")(errno)),
    }
    let gone = |at: Option<usize>| at.is_some_and(|at| !fds[at].revents().is_empty());
    Ok(own.into_iter().map(gone).collect())
}

impl Running {
    /// Takes charge of a box.
    pub(crate) fn new(
        (warden, init): (Warden, Cloned),
        (limits, collects): (&Limits, bool),
        control: OwnedFd,
        [stdout, stderr, report]: [Stream; 3],
    ) -> Self {
        let now = monotonic_ns();
        Self {
            init,
            warden: Some(warden),
            line: None,
            limits: limits.clone(),
            collects,
            control: Some(control),
            stdout,
            stderr,
            report,
            deadline: now + BUILD_NS,
            next_look: now + WATCH_NS.min(limits.wall.as_nanos() as u64),
            started: false,
            fork: None,
            stop: None,
            ended: false,
        }
    }

    /// Lets the limits of a question count from now on for a program that has used so much CPU time before.
    pub(crate) fn begin(&mut self, limits: &Limits, spent: Duration) {
        let now = monotonic_ns();
        let wall = limits.wall.as_nanos() as u64;
        self.limits = Limits {
            cpu: limits.cpu + spent,
            ..limits.clone()
        };
        self.deadline = now + if self.started { wall } else { BUILD_NS };
        self.next_look = now + WATCH_NS.min(wall);
    }

    /// The program's process on the host, if it was forked from a warm interpreter.
    pub(crate) fn fork(&self) -> Option<i32> {
        self.fork
    }

    /// Whether nothing of it is left.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether there is nothing more to wait for.
    fn is_over(&self) -> bool {
        let heard = self.line.as_ref().map(Line::heard);
        self.ended || matches!(heard, Some(Heard::Whole | Heard::Nonsense))
    }

    /// Why it was stopped, if it was.
    pub(crate) fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// Whether the program was forked from a warm interpreter.
    pub(crate) fn is_warm(&self) -> bool {
        report::started(&self.report.bytes).is_some_and(|(_, fork)| fork > 0)
    }

    /// Takes in what there is to read and acts on it. `gone` says that the box has ended.
    fn attend(&mut self, gone: bool) -> Result<(), Fault> {
        self.drain();
        if gone {
            self.ended = true;
            self.drain_rest();
            return Ok(());
        }
        if !self.started
            && let Some((at, fork)) = report::started(&self.report.bytes)
        {
            self.started = true;
            self.fork = i32::try_from(fork).ok().filter(|&fork| fork > 0);
            // The init says when; it cannot say later than now.
            self.deadline = at.min(monotonic_ns()) + self.limits.wall.as_nanos() as u64;
        }
        if self.stop.is_some() {
            if monotonic_ns() > self.deadline {
                return Err(Fault::Stuck { seconds: EMPTY_S });
            }
        } else if let Some(why) = self.reason_to_stop() {
            self.ask_for_the_end(why);
        }
        Ok(())
    }

    fn ask_for_the_end(&mut self, why: Stop) {
        self.stop = Some(why);
        self.control = None;
        self.deadline = monotonic_ns() + EMPTY_S * SECOND_NS;
        self.next_look = self.deadline;
    }

    /// Lets a program that stays be heard no more, and asks for its end: its time is over.
    pub(crate) fn dismiss(&mut self) {
        self.line = None;
        if !self.ended && self.stop.is_none() {
            self.ask_for_the_end(Stop::Wall);
        }
    }

    fn drain(&mut self) {
        for stream in [&mut self.stdout, &mut self.stderr, &mut self.report] {
            stream.drain();
        }
        if let Some(line) = &mut self.line {
            line.listen();
        }
    }

    fn reason_to_stop(&mut self) -> Option<Stop> {
        if self.report.flooded() {
            return Some(Stop::Broken);
        }
        if self.stdout.flooded() || self.stderr.flooded() {
            return Some(Stop::Flood);
        }
        let now = monotonic_ns();
        if now > self.deadline {
            return Some(if self.started {
                Stop::Wall
            } else {
                Stop::Broken
            });
        }
        if now < self.next_look {
            return None;
        }
        self.next_look = now + WATCH_NS;
        if !self.started {
            return None;
        }
        if let Some(leaf) = self.leaf() {
            // Memory and processes are the kernel's.
            let over = u128::from(leaf.cpu_ns()) > self.limits.cpu.as_nanos();
            return over.then_some(Stop::Cpu);
        }
        let most = self.limits.memory_kill_bytes();
        let enough = Enough {
            memory_bytes: most,
            tasks: self.most_tasks(),
        };
        let look = tree::look(self.init.pid, self.fork, enough);
        if look.tasks > enough.tasks {
            return Some(Stop::Processes);
        }
        if u128::from(look.cpu_ns) > self.limits.cpu.as_nanos() {
            return Some(Stop::Cpu);
        }
        if look.memory_bytes > most {
            return Some(Stop::Memory);
        }
        self.unbounded_folder()
    }

    /// The run's control group, at the tier that has one.
    fn leaf(&self) -> Option<&Leaf> {
        self.warden.as_ref()?.leaf()
    }

    /// What the kernel booked in the run's control group, when everything in it is gone.
    pub(crate) fn booked(&mut self) -> Result<Option<Used>, Fault> {
        let leaf = self.warden.as_mut().and_then(Warden::leaf_mut);
        leaf.map(Leaf::end).transpose()
    }

    /// The scratch folder, if it is one that no namespace holds, and so nothing bounds.
    fn open_folder(&self) -> Option<&OwnedFd> {
        self.warden.as_ref()?.scratch()
    }

    /// How many tasks may be seen; where there are namespaces, the kernel has counted them already.
    fn most_tasks(&self) -> u64 {
        match self.open_folder() {
            Some(_) => self.limits.processes,
            None => u64::MAX,
        }
    }

    /// Whether too much lies in a folder that nothing bounds.
    fn unbounded_folder(&self) -> Option<Stop> {
        let folder = self.open_folder()?;
        let used = scratch::used(folder, self.limits.scratch_inodes);
        let full =
            used.bytes > self.limits.scratch_bytes || used.files > self.limits.scratch_inodes;
        full.then_some(Stop::Disk)
    }

    /// Reads everything that lies in the pipes: no writer is left.
    fn drain_rest(&mut self) {
        let mut before = u64::MAX;
        while before != self.total() {
            before = self.total();
            self.drain();
        }
    }

    fn total(&self) -> u64 {
        self.stdout.seen + self.stderr.seen + self.report.seen
    }

    /// What the report's reader accepts.
    pub(crate) fn read_report(&self, bounds: Bounds) -> Result<report::Report, Fault> {
        report::decode(&self.report.bytes, bounds).map_err(|what| Fault::Lost { what })
    }
}

impl Drop for Running {
    /// A fault on the way must not leave a box behind.
    fn drop(&mut self) {
        if !self.ended {
            let mut fds = [PollFd::new(&self.init.pidfd, PollFlags::IN)];
            let most = Timespec {
                tv_sec: EMPTY_S as i64,
                tv_nsec: 0,
            };
            let mut wait = || rustix::io::retry_on_intr(|| poll(&mut fds, Some(&most)));
            let is_walled = self
                .warden
                .as_ref()
                .is_none_or(|one| one.scratch().is_none());
            if !is_walled {
                // No namespace dies with the init: it has to empty the box itself.
                self.control = None;
                let _ = wait();
            }
            if let Some(leaf) = self.leaf() {
                leaf.kill();
            }
            // The init may have ended already; then there is nothing to kill and the wait is short.
            let _ = rustix::process::pidfd_send_signal(&self.init.pidfd, Signal::KILL);
            let _ = wait();
        }
    }
}
