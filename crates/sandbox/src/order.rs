//! What a run's init tells a warm interpreter: the system calls that put a fork of it under the run's layers.
//!
//! Which calls, in which order and with what, is decided here; the driver (`warm.py`) only makes them. So
//! the program that begins as a fork stands behind the same layers as one that is executed, and the rules
//! live in one language. Each call carries the number of its [`Step`], so that a refusal is named.
//!
//! The format is words of eight little-endian bytes: the order's number, how many calls come before and
//! after the init's word, how many links, the script's length, the step of the fork itself; then the calls (step,
//! number, the kinds of the arguments by two bits each, six arguments), the links (a place in the memory
//! block that shall hold the address of another), the script's name, and the block.

use std::os::raw::c_long;

use crate::fault::Step;
use crate::init::ITSELF;
use crate::plan::{PEER, Plan};
use crate::seccomp;

/// The places of the descriptors that come with every order; at the first is the pid namespace.
const IPC: u64 = 1;
const MOUNTS: u64 = 2;
const STDOUT: u64 = 3;
const STDERR: u64 = 4;

const RELEASE_ALL: u64 = 4;
const CAPABILITY_VERSION: u32 = 0x2008_0522;

#[derive(Clone, Copy)]
enum Argument {
    Value(u64),
    /// An offset in the memory block.
    Memory(u64),
    /// A place among the descriptors.
    Descriptor(u64),
}

use Argument::{Descriptor, Memory, Value};

#[derive(Default)]
struct Order {
    calls: Vec<[u64; 9]>,
    links: Vec<[u64; 2]>,
    memory: Vec<u8>,
    /// A layer that shall be refused, for tests.
    sabotage: Option<Step>,
}

/// A call that no kernel has.
const NO_CALL: u64 = 0xFFFF;

impl Order {
    fn call(&mut self, step: Step, number: c_long, arguments: &[Argument]) {
        let mut call = [0; 9];
        call[0] = step as u64;
        call[1] = if self.sabotage == Some(step) {
            NO_CALL
        } else {
            number as u64
        };
        for (at, argument) in arguments.iter().enumerate() {
            let (kind, value) = match *argument {
                Value(value) => (0, value),
                Memory(value) => (1, value),
                Descriptor(value) => (2, value),
            };
            call[2] |= kind << (2 * at);
            call[3 + at] = value;
        }
        self.calls.push(call);
    }

    /// Puts bytes into the memory block.
    fn put(&mut self, bytes: &[u8]) -> u64 {
        let at = self.memory.len() as u64;
        self.memory.extend_from_slice(bytes);
        self.memory.resize(self.memory.len().next_multiple_of(8), 0);
        at
    }
}

/// The order for a run: its number, whether a Landlock ruleset comes with it, and the script's name.
pub(crate) fn encode(plan: &Plan<'_>, number: u64, script: &str) -> Vec<u8> {
    let mut order = Order {
        sabotage: plan.sabotage,
        ..Order::default()
    };
    join(&mut order, plan);
    enter(&mut order);
    streams(&mut order, plan);
    limits(&mut order, plan);
    confine(&mut order, plan);
    let before = order.calls.len() as u64;
    let (next, peer) = (u64::from(PEER.unsigned_abs()), places(plan).peer);
    match peer {
        Some(place) => {
            let arguments = [Descriptor(place), Value(next), Value(0)];
            order.call(Step::Streams, libc::SYS_dup3, &arguments);
        }
        None => order.call(Step::Streams, libc::SYS_close, &[Value(next)]),
    }
    let rest = [Value(next + 1), Value(u64::from(u32::MAX)), Value(0)];
    order.call(Step::Streams, libc::SYS_close_range, &rest);
    let after = order.calls.len() as u64 - before;
    let links = order.links.len() as u64;
    let fork = Step::Process as u64;
    let head = [number, before, after, links, script.len() as u64, fork];
    let mut out = head.map(u64::to_le_bytes).concat();
    let tables = order
        .calls
        .iter()
        .flatten()
        .chain(order.links.iter().flatten());
    out.extend(tables.flat_map(|word| word.to_le_bytes()));
    out.extend(script.as_bytes());
    out.resize(out.len().next_multiple_of(8), 0);
    out.extend(order.memory);
    out
}

/// The places of the descriptors that not every order has.
pub(crate) struct Places {
    pub(crate) stdin: Option<u64>,
    pub(crate) ruleset: Option<u64>,
    pub(crate) peer: Option<u64>,
    pub(crate) door: Option<u64>,
}

/// Where they lie.
pub(crate) fn places(plan: &Plan<'_>) -> Places {
    let mut next = STDERR;
    let mut place = |there: bool| {
        there.then(|| {
            next += 1;
            next
        })
    };
    Places {
        stdin: place(plan.ends.stdin.is_some()),
        ruleset: place(plan.landlock_abi > 0),
        peer: place(plan.ends.peer.is_some()),
        door: place(plan.door.is_some()),
    }
}

/// Into the run's control group, before anything is touched for the run.
fn join(order: &mut Order, plan: &Plan<'_>) {
    if let Some(place) = places(plan).door {
        let itself = order.put(ITSELF);
        let length = Value(ITSELF.len() as u64);
        let arguments = [Descriptor(place), Memory(itself), length];
        order.call(Step::Join, libc::SYS_write, &arguments);
    }
}

/// Into the run's namespaces; the pid namespace is entered by being forked into it.
fn enter(order: &mut Order) {
    for (place, kind) in [(IPC, libc::CLONE_NEWIPC), (MOUNTS, libc::CLONE_NEWNS)] {
        let arguments = [Descriptor(place), Value(u64::from(kind.unsigned_abs()))];
        order.call(Step::Fresh, libc::SYS_setns, &arguments);
    }
    let folder = order.put(b"/box\0");
    order.call(Step::Scratch, libc::SYS_chdir, &[Memory(folder)]);
}

fn streams(order: &mut Order, plan: &Plan<'_>) {
    order.call(Step::Streams, libc::SYS_setsid, &[]);
    match places(plan).stdin {
        Some(place) => {
            let arguments = [Descriptor(place), Value(0), Value(0)];
            order.call(Step::Streams, libc::SYS_dup3, &arguments);
        }
        None => {
            // What is opened next gets the lowest free number.
            order.call(Step::Streams, libc::SYS_close, &[Value(0)]);
            let null = order.put(b"/dev/null\0");
            let here = Value(libc::AT_FDCWD as u64);
            order.call(
                Step::Streams,
                libc::SYS_openat,
                &[here, Memory(null), Value(0)],
            );
        }
    }
    for (place, number) in [(STDOUT, 1), (STDERR, 2)] {
        let arguments = [Descriptor(place), Value(number), Value(0)];
        order.call(Step::Streams, libc::SYS_dup3, &arguments);
    }
}

fn limits(order: &mut Order, plan: &Plan<'_>) {
    for &(resource, soft, hard) in &plan.rlimits {
        let pair = order.put(&[soft, hard].map(u64::to_le_bytes).concat());
        let arguments = [Value(0), Value(resource as u64), Memory(pair), Value(0)];
        order.call(Step::Rlimits, libc::SYS_prlimit64, &arguments);
    }
}

fn confine(order: &mut Order, plan: &Plan<'_>) {
    let ambient = [Value(libc::PR_CAP_AMBIENT as u64), Value(RELEASE_ALL)];
    order.call(Step::Capabilities, libc::SYS_prctl, &ambient);
    let whose = order.put(&[CAPABILITY_VERSION, 0].map(u32::to_le_bytes).concat());
    let none = order.put(&[0; 24]);
    order.call(
        Step::Capabilities,
        libc::SYS_capset,
        &[Memory(whose), Memory(none)],
    );
    let privileges = [Value(libc::PR_SET_NO_NEW_PRIVS as u64), Value(1)];
    order.call(Step::Privileges, libc::SYS_prctl, &privileges);
    if let Some(place) = places(plan).ruleset {
        let arguments = [Descriptor(place), Value(0)];
        order.call(Step::Landlock, libc::SYS_landlock_restrict_self, &arguments);
    }
    let filter = order.put(&seccomp::bytes(plan.filter));
    let head = [plan.filter.len() as u64, 0].map(u64::to_le_bytes).concat();
    let program = order.put(&head);
    order.links.push([program + 8, filter]);
    let mode = Value(u64::from(libc::SECCOMP_MODE_FILTER));
    let arguments = [Value(libc::PR_SET_SECCOMP as u64), mode, Memory(program)];
    order.call(Step::Seccomp, libc::SYS_prctl, &arguments);
}
