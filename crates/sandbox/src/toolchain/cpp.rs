//! C++ by g++.
//!
//! Warnings are on and do not fail the step: reports count them. Optimisation is on because time
//! limits are set for optimised programs. The driver compiles and links in one call; the linker must be
//! asked too, since a program that does not link has not compiled.

use std::path::PathBuf;

use super::{Language, Missing, Toolchain, ask, beyond_system, install, on_path};
use crate::program::{File, Mode, Profile, Program};

const FLAGS: [&str; 4] = ["-std=c++17", "-Wall", "-O2", "-fdiagnostics-color=never"];
const SOURCE: &str = "main.cpp";
const BINARY: &str = "program";

pub(super) fn find() -> Result<Toolchain, Missing> {
    on_path("g++")
        .into_iter()
        .find_map(accept)
        .ok_or_else(|| Missing {
            what: "a C++ compiler (g++)".to_owned(),
            package: "g++".to_owned(),
            remedy: install("g++", "gcc-c++", "gcc"),
        })
}

fn accept(candidate: PathBuf) -> Option<Toolchain> {
    let path = candidate.canonicalize().ok()?;
    let version = ask(&path, &["--version"])?
        .lines()
        .next()?
        .trim()
        .to_owned();
    let flags = format!("g++ {} -o {BINARY} {SOURCE}", FLAGS.join(" "));
    let prefix = path.parent()?.parent()?.to_owned();
    let mut toolchain = Toolchain::new(Language::Cpp, path, version, flags);
    toolchain.readable = beyond_system(&prefix);
    Some(toolchain)
}

pub(super) fn compile(toolchain: &Toolchain, source: &str) -> Program {
    let mut argv = vec![toolchain.word()];
    argv.extend(FLAGS.map(str::to_owned));
    argv.extend(["-o", BINARY, SOURCE].map(str::to_owned));
    Program {
        argv,
        files: vec![File {
            name: SOURCE.to_owned(),
            bytes: source.as_bytes().to_vec(),
            mode: Mode::Plain,
        }],
        stdin: Vec::new(),
        collect: vec![BINARY.to_owned()],
        profile: Profile::Compile,
        warm: false,
    }
}

pub(super) fn run(built: File) -> Program {
    let file = File {
        name: BINARY.to_owned(),
        mode: Mode::Executable,
        ..built
    };
    Program {
        files: vec![file],
        ..Program::new([format!("{}/{BINARY}", Program::FOLDER)])
    }
}
