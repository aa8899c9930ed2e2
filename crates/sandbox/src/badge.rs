//! Which containment a result was obtained under.
//!
//! Two results may be compared only under the same policy, so the badge carries a hash over everything
//! that defines it, and the facts of the machine beside it for the reader.

use std::fmt;

use sha2::{Digest, Sha256};

/// The strength of a sandbox and the policy that it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// How strong it is.
    pub tier: Tier,
    /// SHA-256 in lower-case hex over the tier, the limits' profile version, all system call filters,
    /// the Landlock version in use and the list of what can be read.
    pub policy_sha256: String,
    /// Name and value pairs about the machine, for reports.
    pub facts: Vec<(String, String)>,
    /// What a stronger tier would keep in and this one does not, one sentence each.
    pub exceptions: Vec<String>,
}

/// The strength of a sandbox. There is no tier without one: what cannot be built is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// No program runs at all: a scripted stand-in for tests.
    Scripted,
    /// No namespaces: Landlock, a sterner seccomp filter, rlimits, and a process group that nobody can
    /// leave. [`Badge::exceptions`] lists what is weaker than T3.
    T2,
    /// Namespaces of every kind, a minimal read-only root, seccomp, rlimits, and Landlock where the
    /// kernel has it; the memory of the whole tree is watched and not enforced.
    T3,
    /// T3 and a control group of version 2 for each run: memory and processes of the whole tree are limits of
    /// the kernel.
    T4,
}

impl Tier {
    /// Whether each box has namespaces of its own.
    pub(crate) fn has_walls(self) -> bool {
        self >= Self::T3
    }

    /// Whether each run has a control group of its own.
    pub(crate) fn has_leaves(self) -> bool {
        self == Self::T4
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Scripted => "scripted",
            Self::T2 => "T2",
            Self::T3 => "T3",
            Self::T4 => "T4",
        })
    }
}

/// SHA-256 over the parts, each preceded by its length so that no two lists collide.
pub(crate) fn sha256_hex<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
