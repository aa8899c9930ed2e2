//! Looking for tools on this machine, and asking them who they are.
//!
//! What is asked here runs outside of the box: it is the host's own tool, and no word of a model
//! reaches it. Nothing is installed and nothing is fetched.

use std::os::unix::fs::MetadataExt;
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

/// Size and time of the last change of a file that is there.
pub(super) fn stamp(path: &Path) -> Option<String> {
    let meta = std::fs::metadata(path).ok()?;
    let (size, seconds, nanoseconds) = (meta.len(), meta.mtime(), meta.mtime_nsec());
    Some(format!("{size} {seconds}.{nanoseconds}"))
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

/// The file or folder, if it does not lie in one that every box shows.
pub(super) fn beyond_system(path: &Path) -> Vec<PathBuf> {
    let system = ["/usr", "/bin", "/lib", "/lib64"]
        .iter()
        .any(|known| path.starts_with(known));
    if system {
        Vec::new()
    } else {
        vec![path.to_owned()]
    }
}

/// Where the programs, libraries and headers of a prefix lie.
const PARTS: [&str; 6] = ["bin", "lib", "lib32", "lib64", "libexec", "include"];

/// What has to be readable for a tool that is installed under `prefix`: the prefix may be one that it shares with
/// everything else, as `~/.local` is, so only the folders of programs, libraries and headers, and these further
/// ones. A link among them is left out: what it leads to may be anything.
pub(super) fn parts(prefix: &Path, further: &[&str]) -> Vec<PathBuf> {
    let names = PARTS.iter().chain(further).filter(|name| !name.is_empty());
    let folders = names.map(|name| prefix.join(name));
    folders
        .filter(|folder| folder.is_dir() && folder.canonicalize().is_ok_and(|real| real == *folder))
        .flat_map(|folder| beyond_system(&folder))
        .collect()
}

/// What has to be readable for a tool that lies in the `bin` of its prefix. Compilers that were installed by themselves
/// keep assembler and linker in a folder that is called as the machine.
pub(super) fn beside(tool: &Path, machine: Option<&str>) -> Vec<PathBuf> {
    let prefix = tool.parent().and_then(Path::parent);
    let machine = machine.map(str::trim).filter(|name| !name.contains('/'));
    prefix.map_or_else(Vec::new, |prefix| parts(prefix, machine.as_slice()))
}

/// The same of a compiler of C or C++, which is asked for its machine where anything of it has to be shown.
pub(super) fn beside_compiler(tool: &Path) -> Vec<PathBuf> {
    if beyond_system(tool).is_empty() {
        return Vec::new();
    }
    beside(tool, ask(tool, &["-dumpmachine"]).as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_prefix_that_is_shared_only_programs_libraries_and_headers_are_shown() {
        let home = tempfile::tempdir().unwrap();
        let prefix = home.path().canonicalize().unwrap().join("local");
        let folders = [
            "bin",
            "lib",
            "share/keyrings",
            "state",
            "x86_64-linux",
            "elsewhere",
        ];
        for folder in folders {
            std::fs::create_dir_all(prefix.join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(prefix.join("elsewhere"), prefix.join("include")).unwrap();
        let shown = |machine| beside(&prefix.join("bin/g++"), machine);
        assert_eq!(shown(None), ["bin", "lib"].map(|name| prefix.join(name)));
        let with_machine = ["bin", "lib", "x86_64-linux"].map(|name| prefix.join(name));
        assert_eq!(shown(Some("x86_64-linux\n")), with_machine);
        assert_eq!(shown(Some("../local/share")), shown(None));
        assert!(beside(Path::new("/usr/bin/g++"), None).is_empty());
    }
}
