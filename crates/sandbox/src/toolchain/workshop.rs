//! The fast way to compile C++: the same verdict for a fraction of the time.
//!
//! Most of a small program's compile time goes into the headers that it begins with. A [`Workshop`]
//! keeps them precompiled, one file per list of headers, made in a box by the same compiler with the
//! same flags. The text of the program is not touched: the precompiled list is put in front of it, and
//! when the compiler comes to the program's own includes, they are there already. A list is what the
//! program itself begins with (`preamble`), or the first part of it; never a header that it does not
//! ask for, since it would then compile although it should not. Second, the program is linked by mold
//! where that is installed.
//!
//! The folder is written by the supervisor alone and read-only in every box. Nothing in it comes from a
//! model but the choice and order of known names. A list is made when it is seen for the second time,
//! the most common ones at once; before a list is used, a program is compiled with it to see that it
//! works, and the headers that it was made of must be as they were then.
//!
//! What is not kept: the words in which an error tells how a header came to be included, and those of
//! the linker. What is not done: nothing is ever removed from the folder, and after `MOST_LISTS` no
//! more are made.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{Language, Toolchain, preamble, search};
use crate::Sandbox;
use crate::badge::sha256_hex;
use crate::limits::Limits;
use crate::program::{Ending, File, Mode, Outcome, Profile, Program};

/// The most lists of headers that are kept for one compiler: each takes 20 to 100 megabytes.
const MOST_LISTS: usize = 24;

/// Lists that are made when they are first seen.
const COMMON: [&[&str]; 2] = [&["bits/stdc++.h"], &["iostream"]];

const HEADER: &str = "preamble.hpp";
const PRECOMPILED: &str = "preamble.hpp.gch";
const SOURCES: &str = "sources";

/// How words begin that keep a program from mold: functions of the C library about which the usual
/// linker warns and mold does not, and what could tell a linker something unusual.
#[rustfmt::skip]
const UNUSUAL: [&str; 26] = [
    "asm", "__asm", "bdflush", "chflags", "fchflags", "getpw", "gets", "getwd", "gtty", "ifunc",
    "inet6_option_", "lchmod", "mktemp", "pthread_attr_getstackaddr", "pthread_attr_setstackaddr",
    "re_max_failures", "revoke", "section", "setlogin", "siggetmask", "sigreturn", "sigstack", "stty",
    "tempnam", "tmpnam", "__section",
];

/// What is kept ready for one compiler.
#[derive(Debug)]
pub struct Workshop {
    toolchain: Toolchain,
    folder: PathBuf,
    has_mold: bool,
    lists: Mutex<HashMap<String, State>>,
}

/// How far a list of headers has come, in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// One program began so.
    Seen,
    /// Somebody looks after it, or it cannot be had; programs are compiled without it.
    Without,
    /// It works.
    Ready,
}

impl Workshop {
    /// Opens the workshop of a compiler in a cache folder, which is made if it is not there. `None` for
    /// a toolchain that has no fast way: only g++ has one.
    ///
    /// Open it before the cell: [`Workshop::readable`] belongs into what the cell shows.
    ///
    /// # Errors
    ///
    /// The folder cannot be made.
    pub fn open(toolchain: &Toolchain, cache: &Path) -> io::Result<Option<Self>> {
        if toolchain.language != Language::Cpp || toolchain.name != "g++" {
            return Ok(None);
        }
        let folder = cache.join(&toolchain.sha256[..16]);
        fs::create_dir_all(&folder)?;
        show(&folder, 0o755)?;
        Ok(Some(Self {
            has_mold: links_with_mold(&toolchain.path),
            toolchain: toolchain.clone(),
            folder: folder.canonicalize()?,
            lists: Mutex::default(),
        }))
    }

    /// What must be readable inside the box, beside [`Toolchain::readable`].
    pub fn readable(&self) -> Vec<PathBuf> {
        vec![self.folder.clone()]
    }

    /// The fast step for [`Toolchain::compile`], under the same limits; `None` where there is none for
    /// this source. A list of headers that is due is made first, which can take seconds.
    ///
    /// Use its outcome if it is [`settled`]; otherwise compile the slow way.
    pub fn compile(&self, source: &str, sandbox: &dyn Sandbox) -> Option<Program> {
        let list = self.list_for(&preamble::headers(source), sandbox);
        let links_fast = self.has_mold && !is_unusual(source);
        if list.is_none() && !links_fast {
            return None;
        }
        let mut program = self.toolchain.compile(source);
        if let Some(list) = list {
            program.argv.extend(self.using(&list));
        }
        if links_fast {
            let words = ["-fuse-ld=mold", "-Wl,--no-threads", "-Wl,--no-fork"];
            program.argv.extend(words.map(str::to_owned));
        }
        Some(program)
    }

    /// The words that put a list in front of a program. The compiler may keep a little more garbage
    /// than it would, so that it does not walk through all headers to find some.
    fn using(&self, list: &str) -> [String; 4] {
        let header = self.folder.join(list).join(HEADER);
        let header = header.to_string_lossy().into_owned();
        let heap = "ggc-min-heapsize=262144".to_owned();
        ["--param".to_owned(), heap, "-include".to_owned(), header]
    }

    /// The longest list that is ready and with which these headers begin. Their whole list is made if
    /// it is due.
    fn list_for(&self, headers: &[&str], sandbox: &dyn Sandbox) -> Option<String> {
        if headers.is_empty() {
            return None;
        }
        self.attend(headers, sandbox);
        let lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        (1..=headers.len())
            .rev()
            .map(|length| self.name(&headers[..length]))
            .find(|name| lists.get(name) == Some(&State::Ready))
    }

    /// A list's folder.
    fn name(&self, headers: &[&str]) -> String {
        let text = text(headers);
        let parts = [self.toolchain.sha256.as_bytes(), text.as_bytes()];
        sha256_hex(parts)[..16].to_owned()
    }

    /// Notes that a program begins so, and makes the list or takes it from the folder if it is due.
    fn attend(&self, headers: &[&str], sandbox: &dyn Sandbox) {
        let name = self.name(headers);
        let folder = self.folder.join(&name);
        {
            let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = COMMON.contains(&headers) || is_fresh(&folder);
            match lists.get(&name) {
                None if !is_due => {
                    lists.insert(name, State::Seen);
                    return;
                }
                None | Some(State::Seen) => lists.insert(name.clone(), State::Without),
                Some(State::Without | State::Ready) => return,
            };
        }
        let is_there =
            is_fresh(&folder) || (self.has_room() && self.make(headers, &folder, sandbox));
        if is_there && self.works(&name, sandbox) {
            let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
            lists.insert(name, State::Ready);
        }
    }

    fn has_room(&self) -> bool {
        fs::read_dir(&self.folder).is_ok_and(|lists| lists.count() < MOST_LISTS)
    }

    /// Precompiles a list in a box and puts it into the folder.
    fn make(&self, headers: &[&str], folder: &Path, sandbox: &dyn Sandbox) -> bool {
        let text = text(headers);
        let mut step = self.toolchain.compile("");
        let flags = step
            .argv
            .iter()
            .filter(|word| word.starts_with("-") && *word != "-o");
        let mut argv = vec![step.argv[0].clone()];
        argv.extend(flags.cloned());
        let words = [
            "-x",
            "c++-header",
            HEADER,
            "-o",
            PRECOMPILED,
            "-MD",
            "-MF",
            SOURCES,
        ];
        argv.extend(words.map(str::to_owned));
        step.argv = argv;
        step.files = vec![File {
            name: HEADER.to_owned(),
            bytes: text.clone().into_bytes(),
            mode: Mode::Plain,
        }];
        step.collect = [PRECOMPILED, SOURCES].map(str::to_owned).to_vec();
        step.profile = Profile::Compile;
        let Ok(outcome) = sandbox.execute(&step, &Limits::compile_large().at(self.toolchain.pace))
        else {
            return false;
        };
        let [precompiled, sources] = &outcome.collected[..] else {
            return false;
        };
        outcome.ending.is_clean()
            && put_list(folder, &text, &precompiled.bytes, &sources.bytes).is_ok()
    }

    /// Whether a program compiles with the list in this sandbox, and the compiler really uses it.
    fn works(&self, name: &str, sandbox: &dyn Sandbox) -> bool {
        let mut step = self.toolchain.compile("int main() {}\n");
        step.argv.extend(self.using(name));
        step.argv.push("-Winvalid-pch".to_owned());
        let outcome = sandbox.execute(&step, &self.toolchain.compile_limits());
        outcome.is_ok_and(|outcome| outcome.ending.is_clean() && outcome.stderr.bytes.is_empty())
    }
}

/// Whether the outcome of a fast step counts. A refused program is refused by both ways; what has to do
/// with memory, time or the compiler itself is tried again the slow way.
pub fn settled(outcome: &Outcome) -> bool {
    const OWN: [&str; 5] = [
        "memory exhausted",
        "out of memory",
        "internal compiler error",
        // Whatever follows: one attempt too many costs less than one too few.
        "Killed signal",
        "PCH",
    ];
    match outcome.ending {
        Ending::Exited(0) => !outcome.collected.is_empty(),
        Ending::Exited(1) => !says(outcome, &OWN) && !lost_a_process(outcome),
        _ => false,
    }
}

/// Whether a compiler says that one of its own processes was killed: g++, clang++, rustc of its linker, Go.
pub fn lost_a_process(outcome: &Outcome) -> bool {
    const LOST: [&str; 4] = [
        "Killed signal terminated program",
        "unable to execute command: Killed",
        "signal: 9 (SIGKILL)",
        "signal: killed",
    ];
    says(outcome, &LOST)
}

fn says(outcome: &Outcome, words: &[&str]) -> bool {
    let said = String::from_utf8_lossy(&outcome.stderr.bytes);
    words.iter().any(|word| said.contains(word))
}

/// The text of a list.
fn text(headers: &[&str]) -> String {
    headers
        .iter()
        .map(|header| format!("#include <{header}>\n"))
        .collect()
}

fn links_with_mold(compiler: &Path) -> bool {
    let in_box = ["/usr/local/bin", "/usr/bin", "/bin"];
    in_box
        .iter()
        .any(|folder| Path::new(folder).join("ld.mold").is_file())
        && search::ask(compiler, &["-fuse-ld=mold", "-Wl,--version"])
            .is_some_and(|said| said.starts_with("mold "))
}

/// Whether a word of the text is one that keeps it from mold.
fn is_unusual(source: &str) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut words = source.as_bytes().split(|byte| !is_part(byte));
    words.any(|word| {
        UNUSUAL
            .iter()
            .any(|begin| word.starts_with(begin.as_bytes()))
    })
}

/// Puts a list into its folder. The record of its sources comes last: without it there is no list.
fn put_list(folder: &Path, text: &str, precompiled: &[u8], sources: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    show(folder, 0o755)?;
    put(&folder.join(HEADER), text.as_bytes())?;
    put(&folder.join(PRECOMPILED), precompiled)?;
    let sources = String::from_utf8_lossy(sources);
    let paths = sources
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    let states: Option<Vec<_>> = paths.map(state).collect();
    let states = states.ok_or(io::ErrorKind::NotFound)?;
    put(&folder.join(SOURCES), states.concat().as_bytes())
}

/// Writes a file so that others see it whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    fs::write(&draft, bytes)?;
    show(&draft, 0o644)?;
    fs::rename(&draft, path)
}

/// Lets the boxes' users read it.
fn show(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// A header as it is now, in one line: size, time of the last change, path.
fn state(path: &str) -> Option<String> {
    Some(format!("{} {path}\n", search::stamp(Path::new(path))?))
}

/// Whether a list is there and its headers are as they were.
fn is_fresh(folder: &Path) -> bool {
    let Ok(known) = fs::read_to_string(folder.join(SOURCES)) else {
        return false;
    };
    let is_same = |line: &str| {
        let path = line.splitn(3, ' ').nth(2).unwrap_or_default();
        state(path).is_some_and(|now| now.trim_end() == line)
    };
    folder.join(PRECOMPILED).is_file() && !known.is_empty() && known.lines().all(is_same)
}

#[cfg(test)]
#[path = "workshop_tests.rs"]
mod tests;
