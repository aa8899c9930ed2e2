//! The warm interpreters of a cell, on the warden's side.
//!
//! An interpreter is started when the first program asks for it, and stays. It is trusted: it runs our driver
//! (`warm.py`) and modules of ours, and no candidate's byte ever reaches it; each program is a fork of it that
//! puts itself behind the run's layers before it reads its script. The run's init is the same as ever, a
//! clone of the warden with everything that a run renews: the interpreter only enters its pid namespace to
//! fork, so the fork is process 2 there and dies with the init. The interpreter therefore keeps what entering
//! takes: the capabilities to mount and to change roots, in the cell's own namespaces, by the ambient set.
//!
//! Where no interpreter can be had (no such file, no `ctypes`), programs are executed as before.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit};

use crate::badge::Tier;
use crate::fittings::Warm;
use crate::limits::Limits;
use crate::packet;
use crate::plan::{self, Plan};
use crate::program::{Profile, Program};
use crate::sys::{self, Call, Stack, Strings};
use crate::{infant, order};

/// The text of the driver of warm interpreters, which takes part in every verdict that comes by them.
pub const DRIVER_TEXT: &str = include_str!("warm.py");

/// The driver and its name beside the modules.
pub(crate) const DRIVER: (&str, &str) = (".warm.py", DRIVER_TEXT);

/// How long an interpreter may take to import what is wanted, in seconds.
const START_S: i64 = 20;

/// The interpreters.
pub(crate) struct Nursery<'a> {
    beds: Vec<(&'a Warm, Bed)>,
    /// The host's `/proc`, through which an init names its own namespaces.
    processes: Option<RawFd>,
    orders: u64,
}

enum Bed {
    /// Nobody asked yet.
    Empty,
    /// It waits for orders on this connection.
    Warm(OwnedFd),
    /// It could not be had.
    Unfit,
}

/// Where a run's init finds the interpreter, and what it tells it.
pub(crate) struct Cradle {
    /// A copy of the warden's descriptor.
    pub(crate) line: RawFd,
    pub(crate) processes: RawFd,
    pub(crate) number: u64,
    pub(crate) order: Vec<u8>,
}

impl<'a> Nursery<'a> {
    pub(crate) fn new(warm: &'a [Warm], processes: Option<RawFd>) -> Self {
        Self {
            beds: warm.iter().map(|one| (one, Bed::Empty)).collect(),
            processes,
            orders: 0,
        }
    }

    /// How many interpreters live; the kernel counts them to the program's processes.
    pub(crate) fn living(&self) -> u64 {
        let warm = |bed: &&(_, Bed)| matches!(bed.1, Bed::Warm(_));
        self.beds.iter().filter(warm).count() as u64
    }

    /// Makes sure that the interpreter for this program lives, if there is one. True if it does.
    pub(crate) fn wake(&mut self, program: &Program, limits: &Limits, stack: &Stack) -> bool {
        if self.processes.is_none() || !may_be_forked(program, limits) {
            return false;
        }
        let Some((warm, bed)) = self.beds.iter_mut().find(|(warm, _)| is_of(program, warm)) else {
            return false;
        };
        if let Bed::Warm(line) = bed
            && !is_open(line)
        {
            *bed = Bed::Empty;
        }
        if matches!(bed, Bed::Empty) {
            *bed = start(warm, stack).map_or(Bed::Unfit, Bed::Warm);
        }
        matches!(bed, Bed::Warm(_))
    }

    /// The order for this run, whose interpreter was woken.
    pub(crate) fn cradle(&mut self, program: &Program, plan: &Plan<'_>) -> Option<Cradle> {
        let bed = self.beds.iter().find(|(warm, _)| is_of(program, warm));
        let (Some((_, Bed::Warm(line))), Some(processes)) = (bed, self.processes) else {
            return None;
        };
        self.orders += 1;
        Some(Cradle {
            line: line.as_raw_fd(),
            processes,
            number: self.orders,
            order: order::encode(plan, self.orders, program.argv.last()?),
        })
    }
}

/// Whether a fork can look like this program executed: the interpreter has read its own stack's limit.
fn may_be_forked(program: &Program, limits: &Limits) -> bool {
    program.warm
        && program.profile == Profile::Run
        && limits.stack_bytes == Limits::run().stack_bytes
}

/// Whether these are the interpreter's words and one script among the program's files.
fn is_of(program: &Program, warm: &Warm) -> bool {
    match program.argv.split_last() {
        Some((script, words)) => {
            words == warm.argv && program.files.iter().any(|file| file.name == *script)
        }
        None => false,
    }
}

fn is_open(line: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(line, PollFlags::IN)];
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    matches!(poll(&mut fds, Some(&now)), Ok(0))
}

/// What the interpreter's process is given.
struct Start {
    argv: Strings,
    env: Strings,
    line: OwnedFd,
}

fn start(warm: &Warm, stack: &Stack) -> Option<OwnedFd> {
    let (ours, line) = packet::connection().ok()?;
    let stem = |file: &crate::File| file.name.strip_suffix(".py").map(str::to_owned);
    let modules = warm.modules.iter().filter_map(stem);
    let driver = format!("{}/{}", Program::FOLDER, DRIVER.0);
    let words = warm.argv.iter().cloned().chain([driver]);
    let words = words.chain(warm.imports.iter().cloned()).chain(modules);
    let argv = words.map(CString::new).collect::<Result<_, _>>().ok()?;
    let mut env = plan::environment(Tier::T3, Profile::Run);
    // Every fork would look up the same symbols again. The driver takes the word away.
    env.push(c"LD_BIND_NOW=1".into());
    let given = Start {
        argv: Strings::new(argv),
        env: Strings::new(env),
        line,
    };
    Call::new(run, &given, stack).spawn().ok()?;
    drop(given);
    let mut fds = [PollFd::new(&ours, PollFlags::IN)];
    let most = Timespec {
        tv_sec: START_S,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&most)).ok().filter(|&news| news > 0)?;
    infant::is_ready(&ours).then_some(ours)
}

/// The interpreter's process until it is executed.
fn run(given: &Start) {
    if prepare(given).is_ok() {
        sys::exec(&given.argv, &given.env);
    }
    sys::exit(127);
}

fn prepare(given: &Start) -> Result<(), Errno> {
    sys::notice_children();
    sys::unblock_signals();
    rustix::process::chdir(c"/box")?;
    let null = rustix::fs::openat(
        CWD,
        c"/dev/null",
        OFlags::RDWR | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    rustix::stdio::dup2_stdin(&null)?;
    // Of the same kind as a program's, because the interpreter looks at them when it starts.
    let (_, nobody_reads) = rustix::pipe::pipe()?;
    rustix::stdio::dup2_stdout(&nobody_reads)?;
    rustix::stdio::dup2_stderr(&nobody_reads)?;
    // Threads get the stack that this says at the interpreter's start.
    let stack = Some(Limits::run().stack_bytes);
    let stack = Rlimit {
        current: stack,
        maximum: stack,
    };
    rustix::process::setrlimit(Resource::Stack, stack)?;
    sys::keep_capabilities()?;
    sys::close_on_exec()?;
    sys::become_peer(given.line.as_fd())
}
