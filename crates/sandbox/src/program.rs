//! What goes into the box and what comes out of it: plain values, no behaviour.
//!
//! Everything that comes out was chosen by the program. It stays bytes: no text decoding, no parsing,
//! no escape sequences interpreted; whoever prints it escapes it.

use std::fmt;

use crate::group::Used;

/// One program: its words, its files and its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The command line; the first word is the absolute path inside the box. The files of the program
    /// lie in [`Program::FOLDER`]. Never put a secret or the candidate's text here.
    pub argv: Vec<String>,
    /// Files that lie in the scratch folder when the program starts.
    pub files: Vec<File>,
    /// What it reads from standard input.
    pub stdin: Vec<u8>,
    /// Names of files in the scratch folder that are wanted back when it has ended.
    pub collect: Vec<String>,
    /// Which system call filter and which limits' meaning apply.
    pub profile: Profile,
    /// Whether it may be forked from a warm interpreter of the cell instead of being executed from
    /// nothing. The result is the same; [`Outcome::warm`] tells what happened.
    pub warm: bool,
}

impl Program {
    /// The scratch folder and working directory inside the box.
    pub const FOLDER: &'static str = "/box";

    /// A program of these words, without files or input, under [`Profile::Run`].
    pub fn new<W: Into<String>>(argv: impl IntoIterator<Item = W>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            files: Vec::new(),
            stdin: Vec::new(),
            collect: Vec::new(),
            profile: Profile::Run,
            warm: false,
        }
    }
}

/// What kind of program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// A compiler: may also make anonymous memory files.
    Compile,
    /// A candidate's program.
    Run,
}

/// A file in the scratch folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// One path component: no slash, and neither `-` nor `@` in front, because compilers read those as
    /// options.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
    /// Whether it can be executed.
    pub mode: Mode,
}

/// The permission of a [`File`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Readable.
    Plain,
    /// Readable and executable.
    Executable,
}

/// How a program ended and what it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Why it ended.
    pub ending: Ending,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
    /// The wanted files that exist and are allowed, in the order asked. A missing one, a link, a
    /// folder, a pipe or one above `file_bytes` is left out; after a limit nothing is collected.
    pub collected: Vec<File>,
    /// CPU time of the reaped tree in nanoseconds, from the kernel's books. A process whose parent
    /// ignores SIGCHLD is missing from those books, but not at tier T4.
    pub cpu_ns: u64,
    /// Nanoseconds from just before the start of the program to its end.
    pub wall_ns: u64,
    /// The largest resident set of any one process. `None` when it is not above the resident set of
    /// the supervisor itself: the kernel's book starts there after a fork, so nothing is known.
    pub max_rss_bytes: Option<u64>,
    /// Whether it was forked from a warm interpreter.
    pub warm: bool,
    /// What the kernel booked for the whole tree, at tier T4.
    pub booked: Option<Used>,
}

/// The kept part of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// The first bytes, exactly as written.
    pub bytes: Vec<u8>,
    /// Whether more was written than was kept.
    pub truncated: bool,
}

/// Why a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It left with this code.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// Its file in the scratch folder is not something that the kernel can execute (the error number).
    NotExecutable(i32),
    /// Its tree used more CPU time than allowed.
    CpuLimit,
    /// It was still there at the wall deadline.
    WallLimit,
    /// A look found its tree above the memory limit, or at tier T4 the kernel did. A program that meets the address space limit
    /// sees a failed allocation instead and ends in its own way.
    MemoryLimit,
    /// It wrote more than `flood_bytes` to a stream.
    OutputLimit,
    /// It wrote a file above `file_bytes` and did not handle the signal.
    FileLimit,
    /// A look found its scratch folder too large. Where the kernel keeps the folder small, a program sees
    /// a full disk instead and ends in its own way.
    DiskLimit,
    /// A look found more processes and threads than allowed. Where the kernel counts them, a program sees
    /// a refused fork instead and ends in its own way.
    ProcessLimit,
}

impl Ending {
    /// Whether the program ended by itself with code 0. That is no evidence of a correct answer.
    pub fn is_clean(self) -> bool {
        self == Self::Exited(0)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(code) => write!(out, "exit {code}"),
            Self::Signalled(signal) => write!(out, "signal {signal}"),
            Self::NotExecutable(errno) => write!(out, "not executable (error {errno})"),
            Self::CpuLimit => out.write_str("CPU limit"),
            Self::WallLimit => out.write_str("wall limit"),
            Self::MemoryLimit => out.write_str("memory limit"),
            Self::OutputLimit => out.write_str("output limit"),
            Self::FileLimit => out.write_str("file size limit"),
            Self::DiskLimit => out.write_str("scratch folder limit"),
            Self::ProcessLimit => out.write_str("process limit"),
        }
    }
}
