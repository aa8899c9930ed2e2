//! The shape of a tool: how it is recognised, the words that compile, the words that run.
//!
//! A recipe is data, written down in the file of its language. What is done with it is the same for all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::search::{self, Missing};
use super::{Language, Toolchain};
use crate::badge::sha256_hex;
use crate::limits::Limits;
use crate::pace::Pace;
use crate::program::{File, Mode, Program};

/// How one tool is found.
pub(super) struct Recipe {
    /// What it is called, on the search path and by people.
    pub(super) name: &'static str,
    pub(super) language: Language,
    /// What is said to be missing.
    pub(super) what: &'static str,
    /// Its packages on Debian, Fedora and Arch.
    pub(super) packages: [&'static str; 3],
    /// Recognises it in an executable of that name.
    pub(super) accept: fn(&Path) -> Option<Found>,
}

/// What recognising a tool brings to light.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) version: String,
    pub(super) readable: Vec<PathBuf>,
    pub(super) steps: Steps,
}

/// The two uses of a tool.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Steps {
    pub(super) compile: Step,
    /// What compiling leaves to be run; `None` where the text itself is run.
    pub(super) leaves: Option<&'static str>,
    pub(super) run: Step,
}

/// One use of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The whole command line.
    pub(super) argv: Vec<String>,
    /// The name of the one file that it reads.
    pub(super) file: &'static str,
    pub(super) limits: Limits,
}

/// What a compiled program is called.
pub(super) const BINARY: &str = "program";

/// Sets variables for the tool behind it; every system has it there.
pub(super) const ENV: &str = "/usr/bin/env";

impl Step {
    pub(super) fn new(tool: &Path, words: &[&str], file: &'static str, limits: Limits) -> Self {
        let tool = tool.to_string_lossy().into_owned();
        let words = words.iter().map(|&word| word.to_owned());
        Self {
            argv: std::iter::once(tool).chain(words).collect(),
            file,
            limits,
        }
    }

    /// The command line as a person would type it, with the tool's name for its path.
    pub(super) fn said(&self, path: &Path, name: &str) -> String {
        let words = self.argv.iter().filter(|&word| word != ENV);
        let short = words.map(|word| if Path::new(word) == path { name } else { word });
        short.collect::<Vec<_>>().join(" ")
    }

    /// The step on these bytes.
    pub(super) fn program(&self, bytes: Vec<u8>, mode: Mode) -> Program {
        Program {
            files: vec![File {
                name: self.file.to_owned(),
                bytes,
                mode,
            }],
            ..Program::new(&self.argv)
        }
    }
}

impl Steps {
    /// A compiler that leaves a binary, which runs under these limits.
    pub(super) fn native(compile: Step, run: Limits) -> Self {
        let path = format!("{}/{BINARY}", Program::FOLDER);
        Self {
            compile,
            leaves: Some(BINARY),
            run: Step::new(Path::new(&path), &[], BINARY, run),
        }
    }

    /// An interpreter that checks a text and then runs the same text.
    pub(super) fn interpreted(check: Step, run: Step) -> Self {
        Self {
            compile: check,
            leaves: None,
            run,
        }
    }
}

/// What was found, by name and search path: a shim of a version manager takes a tenth of a second to say who
/// it stands for.
static KNOWN: Mutex<BTreeMap<(&str, OsString), Toolchain>> = Mutex::new(BTreeMap::new());

impl Recipe {
    /// Looks on the search path, once in the life of this process for each path and name.
    pub(super) fn find(&self) -> Result<Toolchain, Missing> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (self.name, std::env::var_os("PATH").unwrap_or_default());
        if let Some(toolchain) = known.get(&key) {
            return Ok(toolchain.clone());
        }
        let toolchain = search::on_path(self.name)
            .iter()
            .find_map(|candidate| (self.accept)(candidate))
            .map(|found| self.toolchain(found, Pace::of_this_machine()))
            .ok_or_else(|| Missing::new(self.what, self.packages))?;
        known.insert(key, toolchain.clone());
        Ok(toolchain)
    }

    pub(super) fn toolchain(&self, found: Found, pace: Pace) -> Toolchain {
        let steps = &found.steps;
        let compile = steps.compile.said(&found.path, self.name);
        let flags = match steps.leaves {
            Some(_) => compile,
            None => format!(
                "check: {compile}; run: {}",
                steps.run.said(&found.path, self.name)
            ),
        };
        let stamp = search::stamp(&found.path).unwrap_or_default();
        let parts = [
            found.path.as_os_str().as_encoded_bytes(),
            found.version.as_bytes(),
            flags.as_bytes(),
            stamp.as_bytes(),
        ];
        Toolchain {
            language: self.language,
            name: self.name,
            sha256: sha256_hex(parts),
            path: found.path,
            version: found.version,
            flags,
            readable: found.readable,
            pace,
            steps: Arc::new(found.steps),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::{Workshop, cpp};

    #[test]
    fn flags_are_said_as_a_person_would_type_them() {
        let words = ["A=b", "/x/go", "build"];
        let step = Step::new(Path::new(ENV), &words, "main.go", Limits::run());
        assert_eq!(step.said(Path::new("/x/go"), "go"), "A=b go build");
    }

    #[test]
    fn a_compiler_that_was_built_anew_is_another_toolchain_with_headers_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g++");
        let found = || Found {
            path: path.clone(),
            version: "g++ 12".to_owned(),
            readable: Vec::new(),
            steps: Steps::native(Step::new(&path, &[], "x", Limits::compile()), Limits::run()),
        };
        let toolchain = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let once = cpp::GPP.toolchain(found(), Pace::ORDINARY);
            assert_eq!(once, cpp::GPP.toolchain(found(), Pace::ORDINARY));
            once
        };
        let headers = |toolchain: &Toolchain| {
            let workshop = Workshop::open(toolchain, folder.path()).unwrap();
            workshop.unwrap().readable()
        };
        let (first, second) = (toolchain("one"), toolchain("other"));
        assert_ne!(first.sha256, second.sha256);
        assert_ne!(headers(&first), headers(&second));
    }
}
