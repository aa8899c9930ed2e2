//! The compilers and interpreters of this machine, and the command lines that are used with them.
//!
//! One file per language. Finding one runs the host's own tool outside of the box, with no word in it
//! that a model wrote; what it is then used for runs inside. The flags are part of what is measured, so
//! they are fixed here and travel in [`Toolchain::flags`].

mod cpp;
mod python;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::badge::sha256_hex;
use crate::program::{File, Program};

/// A language that programs are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// C++17 by g++.
    Cpp,
    /// Python 3 by CPython.
    Python,
}

impl Language {
    /// Every language, in the order of reports.
    pub const ALL: &'static [Self] = &[Self::Cpp, Self::Python];

    /// Its name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpp => "C++",
            Self::Python => "Python",
        }
    }
}

/// A compiler or interpreter that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// What it is for.
    pub language: Language,
    /// Its absolute path, links resolved.
    pub path: PathBuf,
    /// The line in which it says its version.
    pub version: String,
    /// SHA-256 in lower-case hex over path, version line and flags: two results under different hashes
    /// are not comparable without saying so.
    pub sha256: String,
    /// The command lines in use, for reports.
    pub flags: String,
    /// What must be readable inside the box beside the system's folders, for
    /// [`crate::Cell::with_readable`].
    pub readable: Vec<PathBuf>,
}

/// A toolchain that this machine does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} was not found; install {package}: {remedy}")]
pub struct Missing {
    /// What was looked for.
    pub what: String,
    /// The package that holds it.
    pub package: String,
    /// How to install it.
    pub remedy: String,
}

/// Looks for the toolchain of a language on the search path.
///
/// # Errors
///
/// [`Missing`], with the package that holds it.
pub fn find(language: Language) -> Result<Toolchain, Missing> {
    match language {
        Language::Cpp => cpp::find(),
        Language::Python => python::find(),
    }
}

impl Toolchain {
    /// The step that tells whether a source text compiles. For C++ it leaves the binary among the
    /// collected files; for Python it checks the syntax and leaves nothing.
    pub fn compile(&self, source: &str) -> Program {
        match self.language {
            Language::Cpp => cpp::compile(self, source),
            Language::Python => python::compile(self, source),
        }
    }

    /// The step that runs what was compiled: for C++ the collected binary, for Python the source text
    /// as a file of any name. Standard input is empty; set [`Program::stdin`] to give some.
    pub fn run(&self, built: File) -> Program {
        match self.language {
            Language::Cpp => cpp::run(built),
            Language::Python => python::run(self, built),
        }
    }

    fn new(language: Language, path: PathBuf, version: String, flags: String) -> Self {
        let parts = [
            path.as_os_str().as_encoded_bytes(),
            version.as_bytes(),
            flags.as_bytes(),
        ];
        let sha256 = sha256_hex(parts);
        Self {
            language,
            path,
            version,
            sha256,
            flags,
            readable: Vec::new(),
        }
    }

    /// The path as a word of a command line.
    fn word(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }
}

/// The executables of this name on the search path, first come first.
fn on_path(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .filter(|candidate| candidate.is_file())
        .collect()
}

/// What a trusted tool of this machine says on standard output, if it ends well.
fn ask(tool: &Path, words: &[&str]) -> Option<String> {
    let said = Command::new(tool)
        .args(words)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    said.status.success().then_some(text)
}

/// How to install a package here, by the package tool that is present.
fn install(debian: &str, fedora: &str, arch: &str) -> String {
    for (tool, words, package) in [
        ("apt-get", "apt-get install", debian),
        ("dnf", "dnf install", fedora),
        ("pacman", "pacman -S", arch),
    ] {
        if !on_path(tool).is_empty() {
            return format!("run `{words} {package}` as root");
        }
    }
    format!("with your system's package tool, as {debian}, {fedora} or {arch}")
}

/// What has to be readable for a tool whose own folder is `prefix`.
fn beyond_system(prefix: &Path) -> Vec<PathBuf> {
    let system = ["/usr", "/bin", "/lib", "/lib64"]
        .iter()
        .any(|known| prefix.starts_with(known));
    if system {
        Vec::new()
    } else {
        vec![prefix.to_owned()]
    }
}
