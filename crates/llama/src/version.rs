//! Which llama.cpp this is and what its CPU code was compiled for.

#![allow(unsafe_code, reason = "two C functions that return static strings")]

use std::ffi::{CStr, c_char};

use llama_cpp_sys_2 as sys;

/// Facts of the engine's build, for records and `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// llama.cpp's own version.
    pub version: String,
    /// ggml's version and commit.
    pub ggml: String,
    /// Instruction sets compiled into the CPU code and present here: `AVX2`, `AVX512` …
    pub cpu_features: Vec<String>,
    /// llama.cpp's own one-line description.
    pub system: String,
}

/// The facts of this build.
pub fn build() -> Build {
    crate::log::install();
    // SAFETY: each function returns a static string that ends in NUL.
    let (version, ggml, commit, system) = unsafe {
        (
            text(sys::llama_version()),
            text(sys::ggml_version()),
            text(sys::ggml_commit()),
            text(sys::llama_print_system_info()),
        )
    };
    let cpu_features = features(&system);
    Build {
        version,
        ggml: format!("{ggml} ({commit})"),
        cpu_features,
        system,
    }
}

/// From `CPU : SSE3 = 1 | AVX = 1 | OPENMP = 1 | …`.
fn features(system: &str) -> Vec<String> {
    let cpu = system.split_once("CPU :").map_or(system, |(_, rest)| rest);
    cpu.split('|')
        .filter_map(|part| part.trim().strip_suffix("= 1"))
        .map(|name| name.trim().to_owned())
        .collect()
}

/// # Safety
/// `pointer` is null or a string that ends in NUL and is never freed.
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return "unknown".into();
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(pointer) }
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::{build, features};

    #[test]
    fn features_are_the_names_that_are_on() {
        assert_eq!(
            features("CPU : SSE3 = 1 | AVX512 = 0 | OPENMP = 1 | "),
            ["SSE3", "OPENMP"]
        );
    }

    #[test]
    fn this_build_has_a_version_and_vector_instructions() {
        let build = build();
        assert!(build.version.contains('.'), "{build:?}");
        assert!(!build.cpu_features.is_empty(), "{build:?}");
    }
}
