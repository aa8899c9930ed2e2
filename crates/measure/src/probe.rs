//! What this machine is, what it is doing, and what this process takes of it.
//!
//! Every probe answers with a value or with [`Absent`]: the reason why there is none, and what
//! would help. An absent value is never a 0. Readings come from the text files that Linux keeps under
//! `/proc` and `/sys`, and of NVIDIA's cards from the library of their driver; no process is started for
//! them, only the counters of the processor's energy need a privilege, and on other systems each
//! says that it is absent.
//!
//! The files are read one field at a time instead of through a whole-file parser, because kernels
//! in small virtual machines and sandboxes leave out fields, and one missing field must not cost
//! all the others.

mod amd;
pub mod arithmetic;
pub mod bandwidth;
mod cgroup;
mod cpu;
pub mod gauge;
mod hardware;
mod host;
mod load;
pub mod machine;
pub mod mapping;
pub mod memory;
pub mod noise;
mod nvidia;
mod passes;
mod rapl;
mod spent;
mod text;

use serde::{Deserialize, Serialize};

pub use arithmetic::{Arithmetic, Numbers, multiply_rate};
pub use bandwidth::{Bandwidth, read_bandwidth};
pub use hardware::{Hardware, Source};
pub use machine::machine;

/// Why a reading is missing, and what would bring it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Absent {
    /// Cause and place.
    pub reason: String,
    /// What the user can do, where something can be done.
    pub remedy: Option<String>,
}

impl Absent {
    /// A reading that is missing for `reason`, without a known remedy.
    pub fn because(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            remedy: None,
        }
    }

    /// The same with a remedy.
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }
}

/// One fact about the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A name or a state.
    Text(String),
    /// A number; the fact's name says of what (`_hz`, `_share`).
    Number(f64),
    /// A size in bytes.
    Bytes(u64),
    /// Several names.
    List(Vec<String>),
}

/// The fact that a probe found, or why it found none.
pub type Finding = Result<Fact, Absent>;
