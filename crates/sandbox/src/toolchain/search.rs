//! Looking for tools on this machine, and asking them who they are.
//!
//! What is asked here runs outside of the box: it is the host's own tool, and no word of a model
//! reaches it. Nothing is installed and nothing is fetched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

impl Missing {
    /// What is missing, and its packages on Debian, Fedora and Arch.
    pub(super) fn new(what: &str, [debian, fedora, arch]: [&str; 3]) -> Self {
        Self {
            what: what.to_owned(),
            package: debian.to_owned(),
            remedy: install(debian, fedora, arch),
        }
    }
}

/// The executables of this name on the search path, first come first.
pub(super) fn on_path(name: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .filter(|candidate| candidate.is_file())
        .collect()
}

/// What a trusted tool of this machine says on standard output, if it ends well. A shim that would
/// fetch the tool it stands for is told not to.
pub(super) fn ask(tool: &Path, words: &[&str]) -> Option<String> {
    let said = Command::new(tool)
        .args(words)
        .env("RUSTUP_AUTO_INSTALL", "0")
        .env("GOTOOLCHAIN", "local")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    said.status.success().then_some(text)
}

/// The first line of what a tool says to `--version`.
pub(super) fn version(tool: &Path) -> Option<String> {
    let said = ask(tool, &["--version"])?;
    Some(said.lines().next()?.trim().to_owned())
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
pub(super) fn beyond_system(prefix: &Path) -> Vec<PathBuf> {
    let system = ["/usr", "/bin", "/lib", "/lib64"]
        .iter()
        .any(|known| prefix.starts_with(known));
    if system {
        Vec::new()
    } else {
        vec![prefix.to_owned()]
    }
}

/// What has to be readable for a tool that lies in the `bin` of its own folder.
pub(super) fn beside(tool: &Path) -> Vec<PathBuf> {
    let prefix = tool.parent().and_then(Path::parent);
    prefix.map(beyond_system).unwrap_or_default()
}
