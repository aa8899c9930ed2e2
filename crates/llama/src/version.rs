//! Which llama.cpp this is and what its CPU code was compiled for.

#![allow(unsafe_code, reason = "two C functions that return static strings")]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};

use llama_cpp_sys_2 as sys;
use serde_json::{Value, json};

use crate::settings::settings;

/// Where the binding is pinned.
const MANIFEST: &str = include_str!("../../../Cargo.toml");
/// The package with llama.cpp's source in it.
const PACKAGE: &str = "llama-cpp-sys-2";
/// What changed llama.cpp's build, where the project's own configuration (.cargo/config.toml) built it: flags of some
/// kernels and kernels of ours, which make a third of their speed.
const CHANGES: Option<&str> = option_env!("GGML_WHETSTONE_FLAGS");

/// Facts of the engine's build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// llama.cpp's own version.
    pub version: String,
    /// ggml's version and commit.
    pub ggml: String,
    /// The package that its source came in, with its version.
    pub package: String,
    /// Beginning of the SHA-256 of what changes its build, flags and kernels of ours; the word "none" where it was built
    /// without.
    pub build_changes_sha256: String,
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
        package: format!(
            "{PACKAGE} {}",
            pinned(MANIFEST, PACKAGE).unwrap_or("unknown")
        ),
        build_changes_sha256: CHANGES.unwrap_or("none").to_owned(),
        cpu_features,
        system,
    }
}

/// What a record says of the engine: its build, and what all sessions are opened with.
pub fn facts() -> BTreeMap<String, Value> {
    let build = build();
    let facts = [
        ("name", json!("llama.cpp")),
        ("version", json!(build.version)),
        ("ggml", json!(build.ggml)),
        ("package", json!(build.package)),
        ("build_changes_sha256", json!(build.build_changes_sha256)),
        ("session", json!(settings())),
        ("compiled_for", json!(build.cpu_features)),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).into()
}

/// From `name = { version = "=1.2.3", …`.
fn pinned<'t>(manifest: &'t str, name: &str) -> Option<&'t str> {
    let found = manifest.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?.trim_start();
        rest.strip_prefix('=')?.split_once("version = \"=")
    });
    Some(found?.1.split_once('"')?.0)
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
    use super::{MANIFEST, PACKAGE, build, features, pinned};

    #[test]
    fn features_are_the_names_that_are_on() {
        assert_eq!(
            features("CPU : SSE3 = 1 | AVX512 = 0 | OPENMP = 1 | "),
            ["SSE3", "OPENMP"]
        );
    }

    #[test]
    fn the_package_is_pinned_exactly_and_not_taken_for_another() {
        let version = pinned(MANIFEST, PACKAGE).unwrap();
        assert_eq!(version.split('.').count(), 3, "{version}");
        let manifest =
            "a-b = { version = \"=9.9.9\" }\na = { version = \"=1.2.3\", x = [] }\nb = \"2\"\n";
        assert_eq!(pinned(manifest, "a"), Some("1.2.3"));
        assert_eq!(pinned(manifest, "b"), None);
    }

    #[test]
    fn this_build_has_a_version_and_vector_instructions() {
        let build = build();
        assert!(build.version.contains('.'), "{build:?}");
        assert!(!build.cpu_features.is_empty(), "{build:?}");
        // The tests are built by the project's configuration, so the flags of its script are in.
        assert_eq!(build.build_changes_sha256.len(), 16, "{build:?}");
    }
}
