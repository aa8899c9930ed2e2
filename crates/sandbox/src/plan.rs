//! One run, prepared to the last byte before the clone.
//!
//! The child may not allocate, so everything that it needs lies ready here: C strings, the filter, the
//! limits as the kernel takes them, the descriptors. What a program may ask for is checked here too,
//! and a description that cannot be boxed never reaches the kernel.

use std::ffi::{CStr, CString};
use std::fs::File as HostFile;
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::process::Resource;

use crate::badge::Tier;
use crate::boxes::Site;
use crate::fault::{Fault, Step};
use crate::limits::Limits;
use crate::nursery::Cradle;
use crate::program::{File, Profile, Program};
use crate::request::Request;
use crate::sys::Strings;
use crate::template::Template;

/// The child's ends of the connections, all above [`PEER`].
pub(crate) struct Ends {
    /// Its end means "stop".
    pub(crate) control: OwnedFd,
    /// Records go out here.
    pub(crate) report: OwnedFd,
    /// The program's input; without one it reads the end of file.
    pub(crate) stdin: Option<OwnedFd>,
    /// The program's output.
    pub(crate) stdout: OwnedFd,
    /// The program's diagnostics.
    pub(crate) stderr: OwnedFd,
    /// The program's end of the connection with its counterpart, if it has one.
    pub(crate) peer: Option<OwnedFd>,
}

/// The descriptor of a program's connection with its counterpart.
pub(crate) const PEER: RawFd = 3;

/// Whether the caller's further groups are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    /// Root can give them up.
    Drop,
    /// An ordinary user cannot: the kernel keeps them.
    Keep,
}

/// Everything that a run's init needs.
pub(crate) struct Plan<'a> {
    pub(crate) tier: Tier,
    pub(crate) template: &'a Template,
    /// The scratch folder.
    pub(crate) folder: &'a CStr,
    pub(crate) landlock_abi: u32,
    pub(crate) filter: &'a [libc::sock_filter],
    /// The options of the scratch folder's mount.
    pub(crate) scratch: CString,
    pub(crate) files: Vec<(CString, &'a File)>,
    pub(crate) argv: Strings,
    pub(crate) env: Strings,
    pub(crate) rlimits: Vec<(Resource, u64, u64)>,
    pub(crate) collect: Vec<CString>,
    pub(crate) file_bytes: u64,
    pub(crate) ends: Ends,
    /// The way into the run's control group: the warden's descriptor.
    pub(crate) door: Option<RawFd>,
    /// The warm interpreter that the program is forked from, if it is.
    pub(crate) cradle: Option<Cradle>,
    /// A layer that shall be refused, for tests.
    pub(crate) sabotage: Option<Step>,
}

impl<'a> Plan<'a> {
    /// Prepares a run.
    pub(crate) fn new(
        request: &'a Request,
        ends: Ends,
        site: &'a Site<'a>,
        interpreters: u64,
    ) -> Result<Self, Fault> {
        let (program, limits) = (&request.program, &request.limits);
        let (template, folder) = (site.template, site.folder.as_c_str());
        let placed = |texts: Vec<CString>| {
            let texts = texts.into_iter().map(|text| placed(text, folder));
            Strings::new(texts.collect())
        };
        let spare = if template.tier.has_leaves() { SPARE } else { 0 };
        let counted = template.tier.has_walls() || !template.standing.is_user();
        Ok(Plan {
            tier: template.tier,
            template,
            folder,
            landlock_abi: template.landlock_abi,
            filter: template.filters.of(program.profile),
            scratch: scratch(limits),
            files: files(program)?,
            argv: placed(words(program)?),
            env: placed(environment(template.tier, program.profile)),
            rlimits: rlimits(limits, counted.then_some(OURS + spare + interpreters)),
            collect: wanted(program)?,
            file_bytes: limits.file_bytes,
            ends,
            door: site.door.as_ref().map(AsRawFd::as_raw_fd),
            cradle: None,
            sabotage: request.sabotage,
        })
    }
}

/// Processes of ours that the kernel counts to the program's: the warden and the init.
const OURS: u64 = 2;

/// By how much the limit of a user's processes lies above that of the run's control group, which counts exactly
/// the program's and so stands in front; this one is behind it.
const SPARE: u64 = 8;

/// A word of ours for a box whose scratch folder lies elsewhere: the folder's name is replaced wherever it
/// stands as a whole.
fn placed(text: CString, folder: &CStr) -> CString {
    const NAME: &[u8] = Program::FOLDER.as_bytes();
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        match rest.strip_prefix(NAME) {
            Some(behind) if matches!(behind.first(), None | Some(b'/' | b':')) => {
                out.extend_from_slice(folder.to_bytes());
                rest = behind;
            }
            _ => {
                out.push(first);
                rest = after;
            }
        }
    }
    CString::new(out).unwrap_or(text)
}

fn wrong(what: impl Into<String>) -> Fault {
    Fault::Program { what: what.into() }
}

/// The name of a scratch file: one component that no compiler takes for an option.
pub(crate) fn name(text: &str) -> Result<CString, Fault> {
    let plain = !text.is_empty()
        && text.len() <= 255
        && !matches!(text, "." | "..")
        && !text.starts_with(['-', '@'])
        && !text.contains(['/', '\n', '\0']);
    let text = if plain { Some(text) } else { None };
    text.and_then(|text| CString::new(text).ok()).ok_or_else(|| {
        wrong("a file's name must be one path component of at most 255 bytes, without a newline and not beginning with `-` or `@`")
    })
}

/// The command line, with an absolute path first.
pub(crate) fn words(program: &Program) -> Result<Vec<CString>, Fault> {
    let absolute = program
        .argv
        .first()
        .is_some_and(|first| first.starts_with('/'));
    if !absolute {
        return Err(wrong(
            "the first word must be the absolute path of the program inside the box",
        ));
    }
    let word =
        |word: &String| CString::new(word.as_str()).map_err(|_| wrong("a word holds a zero byte"));
    program.argv.iter().map(word).collect()
}

/// The files with their names checked.
pub(crate) fn files(program: &Program) -> Result<Vec<(CString, &File)>, Fault> {
    let mut seen = std::collections::BTreeSet::new();
    for file in &program.files {
        if !seen.insert(&file.name) {
            return Err(wrong("two files have the same name"));
        }
    }
    program
        .files
        .iter()
        .map(|file| Ok((name(&file.name)?, file)))
        .collect()
}

/// The names of the wanted files.
pub(crate) fn wanted(program: &Program) -> Result<Vec<CString>, Fault> {
    program.collect.iter().map(|text| name(text)).collect()
}

/// The whole environment of a program: an allow-list of constants, nothing of the caller's.
pub(crate) fn environment(tier: Tier, profile: Profile) -> Vec<CString> {
    let mut env = vec![
        c"PATH=/usr/local/bin:/usr/bin:/bin",
        c"HOME=/box",
        c"TMPDIR=/box",
        c"LANG=C.UTF-8",
        c"TZ=UTC",
        c"PYTHONHASHSEED=0",
        c"PYTHONDONTWRITEBYTECODE=1",
        c"OMP_NUM_THREADS=1",
        c"GOMAXPROCS=1",
    ];
    if profile == Profile::Compile {
        env.push(c"SOURCE_DATE_EPOCH=0");
    }
    if !tier.has_walls() {
        // It is there and may not be read, which Node.js does not forgive; where it is absent, it does.
        env.push(c"OPENSSL_CONF=/dev/null");
    }
    env.into_iter().map(Into::into).collect()
}

/// The limits as the kernel takes them: soft and hard. `ours` are processes of ours that it counts to the
/// program's; without a number it counts those of the user's whole session, and the watch counts instead.
pub(crate) fn rlimits(limits: &Limits, ours: Option<u64>) -> Vec<(Resource, u64, u64)> {
    // The watch ends a tree at its CPU limit; the kernel's own limit stands a second behind it, for
    // one process that escapes the watch, and kills a second later still.
    let cpu = whole_seconds_up(limits.cpu) + 1;
    let same = |resource, value| (resource, value, value);
    let processes = ours.map(|ours| same(Resource::Nproc, limits.processes + ours));
    let mut all = vec![
        (Resource::Cpu, cpu, cpu + 1),
        same(Resource::As, limits.address_bytes),
        same(Resource::Data, limits.data_bytes),
        same(Resource::Stack, limits.stack_bytes),
        same(Resource::Fsize, limits.file_bytes),
        same(Resource::Nofile, limits.open_files),
        same(Resource::Memlock, 0),
        same(Resource::Msgqueue, 0),
        same(Resource::Sigpending, 64),
    ];
    all.extend(processes);
    all
}

fn whole_seconds_up(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// The options of the scratch folder's mount.
fn scratch(limits: &Limits) -> CString {
    let (bytes, inodes) = (limits.scratch_bytes, limits.scratch_inodes);
    let options = format!("size={bytes},nr_inodes={inodes},mode=0700");
    CString::new(options).unwrap_or_default()
}

/// Bytes as a sealed file in memory: nobody can change it, and no pipe can stall.
pub(crate) fn in_memory(bytes: &[u8]) -> Result<OwnedFd, Fault> {
    let fault = Fault::supervisor("make a file in memory");
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let made = rustix::fs::memfd_create(c"sealed", flags).map_err(fault)?;
    let mut file = HostFile::from(above_stdio(made)?);
    let io = |source| Fault::Supervisor {
        doing: "write a file in memory",
        source,
    };
    file.write_all(bytes).map_err(io)?;
    std::io::Seek::rewind(&mut file).map_err(io)?;
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    rustix::fs::fcntl_add_seals(&file, seals)
        .map_err(Fault::supervisor("seal a file in memory"))?;
    Ok(file.into())
}

/// A pipe, closed on exec: the reading end and the writing end.
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Fault> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(Fault::supervisor("make a pipe"))?;
    Ok((above_stdio(read)?, above_stdio(write)?))
}

/// The two ends of a connection between two programs.
pub(crate) fn pair() -> Result<(OwnedFd, OwnedFd), Fault> {
    let flags = SocketFlags::CLOEXEC;
    rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)
        .map_err(Fault::supervisor("connect two programs"))
}

/// Moves a descriptor above 2, so that connecting the program's streams cannot overwrite it. Only a
/// supervisor whose own streams are closed gets one below.
fn above_stdio(fd: OwnedFd) -> Result<OwnedFd, Fault> {
    if fd.as_raw_fd() > 2 {
        return Ok(fd);
    }
    rustix::io::fcntl_dupfd_cloexec(&fd, 3).map_err(Fault::supervisor("move a descriptor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_or_look_like_options_are_refused() {
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "/etc/passwd",
            "../x",
            "-fplugin=x",
            "@args",
            "a\nb",
            "a\0b",
        ] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
        assert!(name(&"x".repeat(256)).is_err());
        for good in ["main.cpp", "a b", ".hidden", "ü", "...", &"x".repeat(255)] {
            assert!(name(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_relative_program_is_refused() {
        for argv in [vec![], vec!["true"], vec!["./a"], vec![""]] {
            assert!(words(&Program::new(argv)).is_err());
        }
        assert!(words(&Program::new(["/bin/true", "a\0b"])).is_err());
    }

    #[test]
    fn the_environment_holds_nothing_of_the_callers() {
        for profile in [Profile::Run, Profile::Compile] {
            for entry in environment(Tier::T3, profile) {
                assert!(!entry.to_string_lossy().contains("CARGO"), "{entry:?}");
            }
        }
    }

    #[test]
    fn the_kernels_cpu_limit_stands_behind_the_watch() {
        let mut limits = Limits::run();
        limits.cpu = Duration::from_millis(2500);
        let (_, soft, hard) = rlimits(&limits, Some(OURS))[0];
        assert_eq!((soft, hard), (4, 5));
    }

    #[test]
    fn a_box_elsewhere_is_told_where_it_is_and_nothing_else_is_changed() {
        for (text, expected) in [
            ("/box", "/elsewhere/0"),
            ("/box/main.cpp", "/elsewhere/0/main.cpp"),
            ("-I/box:/usr:/box", "-I/elsewhere/0:/usr:/elsewhere/0"),
            ("HOME=/box", "HOME=/elsewhere/0"),
            ("/boxes", "/boxes"),
            ("/usr/bin/g++", "/usr/bin/g++"),
            ("", ""),
        ] {
            let got = placed(CString::new(text).unwrap(), c"/elsewhere/0");
            assert_eq!(got.to_str().unwrap(), expected, "{text}");
        }
    }
}
