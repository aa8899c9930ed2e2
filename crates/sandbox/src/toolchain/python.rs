//! Python by CPython.
//!
//! What stands on the search path may be a shim of a version manager, a script that picks one of many
//! interpreters. The interpreter itself is asked for its own path and prefix, outside of a virtual
//! environment; only that prefix is shown to the box, never the folder around it.
//!
//! The syntax check runs isolated (`-I`). The run does not: isolation would make the interpreter ignore
//! `PYTHONHASHSEED`, and the order of sets would change from run to run. The environment is our own list
//! anyhow, and the folder holds nothing but the program. Both leave out site packages (`-S`).

use std::path::PathBuf;

use super::{Language, Missing, Toolchain, ask, beyond_system, install, on_path};
use crate::program::{File, Mode, Profile, Program};

const SOURCE: &str = "main.py";
const CHECK_FLAGS: [&str; 2] = ["-I", "-S"];
const RUN_FLAGS: [&str; 3] = ["-s", "-S", "-B"];

/// Compiles and throws the result away; the text is read as bytes so that its own coding line counts.
const CHECK: &str = "compile(open('main.py','rb').read(),'main.py','exec')";

/// Path, prefix and version, one per line.
const WHO: &str = "import sys; print(getattr(sys, '_base_executable', None) or sys.executable); \
                   print(sys.base_prefix); print('Python', sys.version.split()[0])";

pub(super) fn find() -> Result<Toolchain, Missing> {
    on_path("python3")
        .into_iter()
        .find_map(accept)
        .ok_or_else(|| Missing {
            what: "a Python 3 interpreter (python3)".to_owned(),
            package: "python3".to_owned(),
            remedy: install("python3", "python3", "python"),
        })
}

fn accept(candidate: PathBuf) -> Option<Toolchain> {
    let answer = ask(&candidate, &["-I", "-S", "-c", WHO])?;
    let mut lines = answer.lines();
    let path = PathBuf::from(lines.next()?).canonicalize().ok()?;
    let prefix = PathBuf::from(lines.next()?).canonicalize().ok()?;
    let version = lines.next()?.to_owned();
    let flags = format!(
        "check: python3 {} -c \"{CHECK}\"; run: PYTHONHASHSEED=0 python3 {} {SOURCE}",
        CHECK_FLAGS.join(" "),
        RUN_FLAGS.join(" ")
    );
    let mut readable = beyond_system(&prefix);
    readable.extend(
        beyond_system(&path)
            .into_iter()
            .filter(|path| !path.starts_with(&prefix)),
    );
    let mut toolchain = Toolchain::new(Language::Python, path, version, flags);
    toolchain.readable = readable;
    Some(toolchain)
}

/// The interpreter with these flags on `main.py` with this content.
fn program(toolchain: &Toolchain, flags: &[&str], bytes: Vec<u8>) -> Program {
    let words = std::iter::once(toolchain.word()).chain(flags.iter().map(|&flag| flag.to_owned()));
    let file = File {
        name: SOURCE.to_owned(),
        bytes,
        mode: Mode::Plain,
    };
    Program {
        files: vec![file],
        ..Program::new(words)
    }
}

pub(super) fn compile(toolchain: &Toolchain, source: &str) -> Program {
    let flags = [&CHECK_FLAGS[..], &["-c", CHECK]].concat();
    Program {
        profile: Profile::Compile,
        ..program(toolchain, &flags, source.as_bytes().to_vec())
    }
}

pub(super) fn run(toolchain: &Toolchain, built: File) -> Program {
    program(
        toolchain,
        &[&RUN_FLAGS[..], &[SOURCE]].concat(),
        built.bytes,
    )
}
