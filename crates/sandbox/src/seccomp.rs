//! The system call filter: a deny list, assembled to classic BPF.
//!
//! Namespaces and the empty root keep the program away from the host; this filter keeps it away from
//! the kernel's rarely used corners, where most escapes begin. It is a deny list because verdicts must
//! not depend on which harmless call a new libc prefers; what is denied answers an error and does not
//! kill, so a runtime can fall back and a crash stays the program's own. Two things kill: a foreign
//! architecture's entry and, on x86-64, the x32 entry, since both would slip past the numbers below.
//!
//! `clone3` is answered "no such call" because its flags lie in memory that a filter cannot read;
//! libcs then use `clone`, whose flags it can. Numbers above [`NEWEST`] get the same answer: what this
//! file does not know is not there.
//!
//! The assembler is own code because the filter needs three answers at once (error, no such call,
//! kill) in one compact program; `tests` interpret it.
//!
//! Sources: `seccomp(2)`, the kernel's `Documentation/userspace-api/seccomp_filter.rst`, `linux/bpf_common.h`.

mod rules;
mod unwalled;

use std::collections::BTreeMap;

use libc::sock_filter;

use crate::badge::Tier;
use crate::program::Profile;
use rules::{Asks, CLONE, DENIED, DENIED_RUN, NEEDED, RULES, Rule};
pub(crate) use unwalled::own_signals;

#[cfg(target_arch = "x86_64")]
pub(crate) const ARCH: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
pub(crate) const ARCH: u32 = 0xC000_00B7;

/// The x32 entry of x86-64 sets this bit in the number.
#[cfg(target_arch = "x86_64")]
const X32: u32 = 0x4000_0000;

/// The newest call that this file has judged: `lsm_list_modules` of Linux 6.8, the same on both
/// architectures.
const NEWEST: u32 = 461;

pub(crate) const KILL: u32 = 0x8000_0000;
pub(crate) const ALLOW: u32 = 0x7FFF_0000;
const ERROR: u32 = 0x0005_0000;

const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_GREATER: u16 = 0x25;
#[cfg(target_arch = "x86_64")]
const JUMP_AT_LEAST: u16 = 0x35;
const JUMP_BITS: u16 = 0x45;
const RETURN: u16 = 0x06;

const OFFSET_NUMBER: u32 = 0;
const OFFSET_ARCH: u32 = 4;

const fn one(code: u16, k: u32) -> sock_filter {
    jump(code, k, 0, 0)
}

const fn jump(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

const fn error(errno: i32) -> sock_filter {
    one(RETURN, ERROR | errno as u32)
}

/// The instructions of one rule after its number has matched: they answer the error, or go on to the next
/// rule with the number loaded again, since a call may have several.
fn body(rule: &Rule) -> Vec<sock_filter> {
    // The low half of a 64-bit argument: both architectures are little-endian.
    let mut code = vec![one(LOAD, 16 + 8 * rule.argument)];
    match rule.asks {
        Asks::NoBits(bits) => code.push(jump(JUMP_BITS, bits, 0, 1)),
        Asks::OneOf(values) => {
            for (at, &value) in values.iter().enumerate() {
                code.push(jump(JUMP_EQUAL, value, (values.len() - at) as u8, 0));
            }
        }
        Asks::NoneOf(values) => {
            for (left, &value) in (0..values.len()).rev().zip(values) {
                code.push(jump(JUMP_EQUAL, value, left as u8, u8::from(left == 0)));
            }
        }
    }
    code.extend([error(rule.otherwise), one(LOAD, OFFSET_NUMBER)]);
    code
}

/// The filters of a sandbox. The cell's is big and installed once; a run inherits it and adds the small one
/// of its profile, because installing costs by the instruction and running hardly anything.
pub(crate) struct Filters {
    /// The cell's own.
    pub(crate) cell: Vec<sock_filter>,
    compile: Vec<sock_filter>,
    run: Vec<sock_filter>,
}

impl Filters {
    /// Assembles them. The result is the same on every call.
    pub(crate) fn new(tier: Tier) -> Self {
        Self {
            cell: assemble(),
            compile: supplement(tier, Profile::Compile),
            run: supplement(tier, Profile::Run),
        }
    }

    /// What a run adds to the cell's.
    pub(crate) fn of(&self, profile: Profile) -> &[sock_filter] {
        match profile {
            Profile::Compile => &self.compile,
            Profile::Run => &self.run,
        }
    }

    /// All of them as bytes, for the policy's hash.
    pub(crate) fn bytes(&self) -> [Vec<u8>; 3] {
        [&self.cell, &self.compile, &self.run].map(|filter| bytes(filter))
    }
}

/// What a profile's filter says beyond the cell's. It needs no look at the architecture: the cell's filter
/// judges every call too, and the sterner answer counts.
fn supplement(tier: Tier, profile: Profile) -> Vec<sock_filter> {
    let more: &[i64] = match profile {
        Profile::Compile => &[],
        Profile::Run => DENIED_RUN,
    };
    let (denied, rules): (&[i64], &[Rule]) = match tier.has_walls() {
        true => (&[], &[]),
        false => (unwalled::DENIED, unwalled::RULES),
    };
    let denied = NEEDED.iter().chain(more).chain(denied);
    let mut judged: BTreeMap<u32, Vec<sock_filter>> = BTreeMap::new();
    for &number in denied {
        judged.insert(number as u32, vec![error(libc::EPERM)]);
    }
    // A call may have several rules; each goes on to the next.
    for rule in rules.iter().chain([&CLONE]) {
        let code = judged.entry(rule.number as u32).or_default();
        code.extend(body(rule));
    }
    let judged: Vec<_> = judged.into_iter().collect();
    let mut code = vec![one(LOAD, OFFSET_NUMBER)];
    code.extend(search(&judged));
    code
}

/// Finds the number by halves. When a filter is installed the kernel tries it on every number that there is,
/// so the steps to the common answer are what installing costs.
fn search(judged: &[(u32, Vec<sock_filter>)]) -> Vec<sock_filter> {
    let mut code = Vec::new();
    match judged {
        [] => {}
        [(number, body)] => {
            code.push(jump(JUMP_EQUAL, *number, 0, body.len() as u8));
            code.extend_from_slice(body);
        }
        _ => {
            let (low, high) = judged.split_at(judged.len() / 2);
            let below = search(low);
            code.push(jump(JUMP_GREATER, high[0].0 - 1, below.len() as u8, 0));
            code.extend(below);
            code.extend(search(high));
            return code;
        }
    }
    code.push(one(RETURN, ALLOW));
    code
}

/// A rule behind the question whether the call is the rule's.
fn judged(rule: &Rule) -> Vec<sock_filter> {
    let body = body(rule);
    let mut code = vec![jump(JUMP_EQUAL, rule.number as u32, 0, body.len() as u8)];
    code.extend(body);
    code
}

/// Assembles the cell's filter.
fn assemble() -> Vec<sock_filter> {
    let mut code = vec![
        one(LOAD, OFFSET_ARCH),
        jump(JUMP_EQUAL, ARCH, 1, 0),
        one(RETURN, KILL),
        one(LOAD, OFFSET_NUMBER),
    ];
    #[cfg(target_arch = "x86_64")]
    code.extend([jump(JUMP_AT_LEAST, X32, 0, 1), one(RETURN, KILL)]);
    code.extend([jump(JUMP_GREATER, NEWEST, 0, 1), error(libc::ENOSYS)]);
    code.extend([
        jump(JUMP_EQUAL, libc::SYS_clone3 as u32, 0, 1),
        error(libc::ENOSYS),
    ]);
    for rule in RULES {
        code.extend(judged(rule));
    }
    for &number in DENIED {
        code.extend([jump(JUMP_EQUAL, number as u32, 0, 1), error(libc::EPERM)]);
    }
    code.push(one(RETURN, ALLOW));
    code
}

/// A filter as bytes.
pub(crate) fn bytes(filter: &[sock_filter]) -> Vec<u8> {
    let word = |one: &sock_filter| {
        let [a, b] = one.code.to_le_bytes();
        let [c, d, e, f] = one.k.to_le_bytes();
        [a, b, one.jt, one.jf, c, d, e, f]
    };
    filter.iter().flat_map(word).collect()
}

#[cfg(test)]
#[path = "seccomp_tests.rs"]
mod tests;
