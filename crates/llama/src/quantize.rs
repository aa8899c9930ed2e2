//! llama.cpp's own quantiser: fewer bits for a file's weights, in the mixtures that everybody uses.
//!
//! The result is written beside its place, looked over by our own reader and renamed, so a file with
//! its final name is whole. Weights that were rounded before are not rounded again unless that is asked
//! for. What the formats cost in quality is measured elsewhere.
//!
//! llama.cpp cannot be stopped within a file; whoever wants to stop waits for its end.

#![allow(unsafe_code, reason = "the binding has no safe call for the quantiser")]

use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::Path;
use std::sync::mpsc;

use engine::Error;
use gguf::{Gguf, ModelFacts, TensorType};
use llama_cpp_sys_2 as sys;

use crate::log::{self, Progress};

/// Rows that are worked on at once, in bytes.
const BUFFER: usize = 256 << 20;

/// What the weights become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mixture {
    /// 16-bit floats.
    F16,
    /// 8 bits with a scale for every 32 weights.
    Q8_0,
    /// 4 bits with a scale for every 32 weights.
    Q4_0,
    /// 4 bits in blocks of 256 with two levels of scales; the sensitive matrices get 6.
    Q4KM,
}

impl Mixture {
    /// All mixtures, the finest first.
    pub const ALL: [Mixture; 4] = [Self::F16, Self::Q8_0, Self::Q4_0, Self::Q4KM];

    /// The name, as it stands in the names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q4_0 => "q4_0",
            Self::Q4KM => "q4_k_m",
        }
    }

    /// Weights of a row that are packed together.
    pub fn block(self) -> u64 {
        match self {
            Self::F16 => 1,
            Self::Q8_0 | Self::Q4_0 => 32,
            Self::Q4KM => 256,
        }
    }

    fn code(self) -> sys::llama_ftype {
        match self {
            Self::F16 => sys::LLAMA_FTYPE_MOSTLY_F16,
            Self::Q8_0 => sys::LLAMA_FTYPE_MOSTLY_Q8_0,
            Self::Q4_0 => sys::LLAMA_FTYPE_MOSTLY_Q4_0,
            Self::Q4KM => sys::LLAMA_FTYPE_MOSTLY_Q4_K_M,
        }
    }
}

/// How a file is quantised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantise {
    /// What the weights become.
    pub to: Mixture,
    /// Threads that round.
    pub threads: usize,
    /// Whether weights that were rounded before may be rounded again.
    pub again: bool,
}

/// The tensors of a file that were rounded to blocks already, by type; empty for an original.
pub fn rounded(file: &Gguf) -> BTreeMap<TensorType, usize> {
    use TensorType::{BF16, F16, F32, F64, I8, I16, I32, I64};
    let mut counts = BTreeMap::new();
    for tensor in file.tensors() {
        if ![BF16, F16, F32, F64, I8, I16, I32, I64].contains(&tensor.kind()) {
            *counts.entry(tensor.kind()).or_default() += 1;
        }
    }
    counts
}

/// Writes a quantised copy of a model; tells `on_tensor` how many tensors of how many are reached.
///
/// # Errors
/// [`Error::Load`] when the file cannot be read or was quantised before, [`Error::Backend`] when
/// llama.cpp fails or its result is not sound; a file that was at `to` before is then untouched.
pub fn quantise(
    from: &Path,
    to: &Path,
    how: Quantise,
    on_tensor: &mut dyn FnMut(u64, u64),
) -> Result<ModelFacts, Error> {
    let refused = |cause: String| Error::Load {
        path: from.display().to_string(),
        cause,
    };
    let file = Gguf::open(from).map_err(|error| refused(error.to_string()))?;
    ModelFacts::of(&file).map_err(|error| refused(error.to_string()))?;
    let before = rounded(&file);
    if !before.is_empty() && !how.again {
        return Err(refused(lossy(&before)));
    }
    let failed = |cause: String| Error::Backend {
        operation: format!("quantised {} to {}", from.display(), how.to.name()),
        cause,
    };
    let part = gguf::beside(to).map_err(|error| failed(error.to_string()))?;
    run(from, part.path(), how, on_tensor).map_err(failed)?;
    let facts = look_over(&file, part.path()).map_err(failed)?;
    gguf::put_in_place(part, to).map_err(|error| failed(error.to_string()))?;
    Ok(facts)
}

fn lossy(before: &BTreeMap<TensorType, usize>) -> String {
    let counts: Vec<String> = before
        .iter()
        .map(|(kind, n)| format!("{n} tensors of {kind}"))
        .collect();
    format!(
        "it is quantised already ({}): rounding again adds a second error to the first, and 16 bits would not bring back what was lost; take a file in f16, bf16 or f32, or add --allow-requantize",
        counts.join(", ")
    )
}

/// llama.cpp works on a thread of its own, whose log tells how far it is.
fn run(
    from: &Path,
    to: &Path,
    how: Quantise,
    on_tensor: &mut dyn FnMut(u64, u64),
) -> Result<(), String> {
    log::install();
    let (from, to) = (text(from)?, text(to)?);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let work = scope.spawn(move || {
            log::begin();
            log::tell(Some(sender));
            let done = call(&from, &to, how);
            log::tell(None);
            done
        });
        for Progress { done, total } in receiver {
            on_tensor(done, total);
        }
        work.join()
            .unwrap_or_else(|_| Err("its thread panicked".into()))
    })
}

fn call(from: &CString, to: &CString, how: Quantise) -> Result<(), String> {
    // SAFETY: the defaults are a plain struct, and both paths are strings that end in NUL and outlive
    // the call, which copies what it needs. Exceptions end inside: the call returns a number.
    let status = unsafe {
        let mut params = sys::llama_model_quantize_default_params();
        params.ftype = how.to.code();
        params.nthread = i32::try_from(how.threads).unwrap_or(i32::MAX);
        params.allow_requantize = how.again;
        params.max_buf_size = BUFFER;
        sys::llama_model_quantize(from.as_ptr(), to.as_ptr(), &raw const params)
    };
    match status {
        0 => Ok(()),
        _ => Err(log::complaint("llama.cpp gave no reason")),
    }
}

fn text(path: &Path) -> Result<CString, String> {
    let name = path
        .to_str()
        .ok_or("its path is no text; rename the file")?;
    CString::new(name).map_err(|_| "its path holds a NUL byte".into())
}

/// The result is whole and has every tensor of the original in its shape.
fn look_over(original: &Gguf, path: &Path) -> Result<ModelFacts, String> {
    let unsound = |what: String| format!("the result is not sound: {what}");
    let file = Gguf::open(path).map_err(|error| unsound(error.to_string()))?;
    for tensor in original.tensors() {
        let found = file.tensor(tensor.name());
        if found.is_none_or(|found| found.dims() != tensor.dims()) {
            return Err(unsound(format!(
                "tensor {} is not as it was",
                tensor.name()
            )));
        }
    }
    ModelFacts::of(&file).map_err(|error| unsound(error.to_string()))
}
