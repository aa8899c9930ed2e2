//! The compilers and interpreters of this machine, and the command lines that are used with them.
//!
//! One file per language; a further one is that file and a line in `RECIPES` and [`Language`]. What
//! a language needs is data: how its tool is recognised, the words that compile, the words that run,
//! what each may use. Finding one runs the host's own tool outside of the box, with no word in it that
//! a model wrote; what it is then used for runs inside. The flags are part of what is measured, so they
//! are fixed here and travel in [`Toolchain::flags`].

mod c;
mod cpp;
mod go;
mod javascript;
mod preamble;
mod python;
mod recipe;
mod rust;
mod search;
mod workshop;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::limits::Limits;
use crate::pace::Pace;
use crate::program::{File, Mode, Outcome, Profile, Program};

use recipe::{Found, Recipe, Step, Steps};
pub use search::Missing;
pub use workshop::{Workshop, lost_a_process, settled};

/// Every tool, those of one language in the order of preference.
const RECIPES: &[Recipe] = &[
    c::GCC,
    cpp::GPP,
    cpp::CLANGPP,
    go::GO,
    javascript::NODE,
    python::CPYTHON,
    rust::RUSTC,
];

/// A language that programs are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// C17.
    C,
    /// C++17.
    Cpp,
    /// Go.
    Go,
    /// JavaScript as Node reads it.
    JavaScript,
    /// Python 3.
    Python,
    /// Rust, edition 2021.
    Rust,
}

impl Language {
    /// Every language, in the order of reports.
    pub const ALL: &'static [Self] = &[
        Self::C,
        Self::Cpp,
        Self::Go,
        Self::JavaScript,
        Self::Python,
        Self::Rust,
    ];

    /// Its name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Cpp => "C++",
            Self::Go => "Go",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
            Self::Rust => "Rust",
        }
    }
}

/// A compiler or interpreter that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// What it is for.
    pub language: Language,
    /// What it is called, for [`find_named`].
    pub name: &'static str,
    /// Its absolute path, links resolved.
    pub path: PathBuf,
    /// The line in which it says its version.
    pub version: String,
    /// SHA-256 in lower-case hex over path, version line, flags, and the program's size and time of last change: one that
    /// was built anew, with another library say, keeps the others. Two results under different hashes are not
    /// comparable without saying so.
    pub sha256: String,
    /// The command lines in use, for reports.
    pub flags: String,
    /// What must be readable inside the box beside the system's folders, for
    /// [`crate::Cell::with_readable`].
    pub readable: Vec<PathBuf>,
    /// By how much its limits of time are longer than those of its recipe.
    pub pace: Pace,
    steps: Arc<Steps>,
}

/// Looks for the first toolchain of a language on the search path.
///
/// # Errors
///
/// [`Missing`], with the package that holds the one that is preferred.
pub fn find(language: Language) -> Result<Toolchain, Missing> {
    let mut recipes = RECIPES.iter().filter(|recipe| recipe.language == language);
    let first = recipes
        .next()
        .map_or_else(|| Err(unknown(language.name())), Recipe::find);
    first.or_else(|missing| recipes.find_map(|recipe| recipe.find().ok()).ok_or(missing))
}

/// Looks for the toolchain of this name, one of [`names`].
///
/// # Errors
///
/// [`Missing`], with the package that holds it, or that there is no such name.
pub fn find_named(name: &str) -> Result<Toolchain, Missing> {
    let recipe = RECIPES.iter().find(|recipe| recipe.name == name);
    recipe.ok_or_else(|| unknown(name))?.find()
}

/// The name of every toolchain with its language; the first of a language is the one that
/// [`find`] prefers.
pub fn names() -> impl Iterator<Item = (&'static str, Language)> {
    RECIPES.iter().map(|recipe| (recipe.name, recipe.language))
}

fn unknown(name: &str) -> Missing {
    let known: Vec<_> = names().map(|(name, _)| name).collect();
    Missing {
        what: format!("a toolchain called `{name}`"),
        package: format!("one of {}", known.join(", ")),
        remedy: "choose one of these names".to_owned(),
    }
}

impl Toolchain {
    /// The step that tells whether a source text compiles. It leaves a binary among the collected
    /// files, or nothing where it only checks the syntax ([`Toolchain::built`]).
    pub fn compile(&self, source: &str) -> Program {
        Program {
            collect: self.steps.leaves.into_iter().map(str::to_owned).collect(),
            profile: Profile::Compile,
            ..self
                .steps
                .compile
                .program(source.as_bytes().to_vec(), Mode::Plain)
        }
    }

    /// What is to be run after a clean [`Toolchain::compile`] of this source: the binary that it left,
    /// or the text itself. `None` if the binary is missing.
    pub fn built(&self, compiled: Outcome, source: &str) -> Option<File> {
        match self.steps.leaves {
            Some(name) => compiled
                .collected
                .into_iter()
                .find(|file| file.name == name),
            None => Some(File {
                name: self.steps.run.file.to_owned(),
                bytes: source.as_bytes().to_vec(),
                mode: Mode::Plain,
            }),
        }
    }

    /// The step that runs what [`Toolchain::built`] gave; the file's name does not matter. Standard
    /// input is empty; set [`Program::stdin`] to give some.
    pub fn run(&self, built: File) -> Program {
        let mode = match self.steps.leaves {
            Some(_) => Mode::Executable,
            None => Mode::Plain,
        };
        self.steps.run.program(built.bytes, mode)
    }

    /// What [`Toolchain::compile`] may use on this machine.
    pub fn compile_limits(&self) -> Limits {
        self.steps.compile.limits.at(self.pace)
    }

    /// What [`Toolchain::run`] may use on this machine.
    pub fn run_limits(&self) -> Limits {
        self.steps.run.limits.at(self.pace)
    }

    /// A toolchain that is on no machine, for tests with [`crate::Scripted`]; its limits are an ordinary
    /// machine's.
    pub fn scripted(language: Language) -> Self {
        let recipe = Recipe {
            name: "scripted",
            language,
            what: "",
            packages: [""; 3],
            accept: |_| None,
        };
        let tool = Path::new("/absent/tool");
        let found = Found {
            path: tool.to_owned(),
            version: "scripted 1".to_owned(),
            readable: Vec::new(),
            steps: Steps::native(
                Step::new(tool, &["source"], "source", Limits::compile()),
                Limits::run(),
            ),
        };
        recipe.toolchain(found, Pace::ORDINARY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_toolchain_and_every_name_is_its_own() {
        for language in Language::ALL {
            assert!(
                names().any(|(_, has)| has == *language),
                "{}",
                language.name()
            );
        }
        let distinct: std::collections::BTreeSet<_> = names().map(|(name, _)| name).collect();
        assert_eq!(distinct.len(), RECIPES.len());
    }

    #[test]
    fn what_is_missing_is_said_with_its_package() {
        let recipe = Recipe {
            name: "no-such-tool-anywhere",
            ..cpp::GPP
        };
        let said = recipe.find().unwrap_err().to_string();
        assert!(said.contains("g++") && said.contains("install"), "{said}");
        let said = find_named("tcc").unwrap_err().to_string();
        assert!(said.contains("`tcc`") && said.contains("clang++"), "{said}");
    }
}
