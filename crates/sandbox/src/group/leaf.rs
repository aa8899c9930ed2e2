//! One leaf: the limits of a run, what it used, and that nothing of it is left.
//!
//! A leaf stays with its cell. The kernel's books in it go on from run to run, so what a run used is the
//! difference to the end of the one before; between two runs nothing lives there.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::{books, errno, put, refused, until_empty};
use crate::fault::Fault;
use crate::limits::Limits;

/// A leaf of the hierarchy.
pub(crate) struct Leaf {
    folder: PathBuf,
    /// The limits that are set: memory and processes.
    set: Option<(u64, u64)>,
    /// The books at the end of the last run.
    before: Books,
    peak: Peak,
}

/// What the kernel counts and never counts back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Books {
    cpu_ns: u64,
    /// How often memory met its limit and something had to be ended for it.
    limited: u64,
    /// What was ended for want of memory, the leaf's or the whole machine's.
    ended: u64,
    refused: u64,
}

/// The mark of the highest memory.
enum Peak {
    /// This file's own mark falls to what is used when something is written to it (Linux 6.12).
    Own { file: File, floor: u64 },
    /// One mark for all runs: it tells of the runs that raise it.
    Shared { before: u64, floor: u64 },
    /// This kernel keeps none (before Linux 5.19).
    None,
}

/// What the kernel booked for one run in a control group of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// CPU time of everything that ran, whether or not anybody reaped it, in nanoseconds.
    pub cpu_ns: u64,
    /// The most memory that was charged at once beyond what was charged at the start, in bytes: touched memory,
    /// files that were read or written, and what the kernel needed. `None` where the kernel's mark was
    /// already higher and cannot be reset.
    pub peak_bytes: Option<u64>,
    /// Processes that the kernel ended because the memory limit was met.
    pub memory_kills: u64,
    /// Forks that the kernel refused because there were as many processes as allowed.
    pub refused_forks: u64,
}

impl Leaf {
    /// Makes it, or takes over what an ended cell left.
    pub(super) fn make(folder: &Path) -> Result<Self, Errno> {
        match fs::create_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if !until_empty(folder, true) {
                    return Err(Errno::BUSY);
                }
            }
            made => made.map_err(|error| errno(&error))?,
        }
        put(folder, "memory.oom.group", "1")?;
        match put(folder, "memory.swap.max", "0") {
            // Then there is no swap: who looked for a place has made sure of it.
            Err(Errno::NOENT) => {}
            set => set?,
        }
        Ok(Self {
            folder: folder.to_owned(),
            set: None,
            before: books(folder)?,
            peak: Peak::find(folder),
        })
    }

    /// The way in: whoever writes `0` here moves itself into the leaf, with the rights of who opened it.
    pub(crate) fn door(&self) -> Result<OwnedFd, Fault> {
        let door = fs::OpenOptions::new()
            .write(true)
            .open(self.folder.join("cgroup.procs"));
        door.map(Into::into).map_err(|error| refused(errno(&error)))
    }

    /// Sets the limits of a run.
    pub(crate) fn begin(&mut self, limits: &Limits) -> Result<(), Fault> {
        let wanted = (most_memory(limits), limits.processes);
        if self.set != Some(wanted) {
            let set = put(&self.folder, "memory.max", &wanted.0.to_string())
                .and_then(|()| put(&self.folder, "pids.max", &wanted.1.to_string()));
            set.map_err(refused)?;
            self.set = Some(wanted);
            // What is charged from before, files that were read, may lie above a lower limit; the kernel books
            // that it met the limit, and this run has not.
            self.before = books(&self.folder).map_err(refused)?;
        }
        self.peak.begin(&self.folder);
        Ok(())
    }

    /// CPU time of the run so far, in nanoseconds.
    pub(crate) fn cpu_ns(&self) -> u64 {
        let now = cpu(&self.folder).unwrap_or(self.before.cpu_ns);
        now.saturating_sub(self.before.cpu_ns)
    }

    /// Ends everything in it.
    pub(crate) fn kill(&self) {
        let _ = put(&self.folder, "cgroup.kill", "1");
    }

    /// What the run used, when nothing of it is left. That is asked of the kernel, and waited for.
    pub(crate) fn end(&mut self) -> Result<Used, Fault> {
        if !until_empty(&self.folder, false) {
            return Err(Fault::Stuck {
                seconds: u64::from(super::EMPTY_MS) / 1000,
            });
        }
        let now = books(&self.folder).map_err(refused)?;
        let was = std::mem::replace(&mut self.before, now);
        let (limited, ended) = (now.limited - was.limited, now.ended - was.ended);
        if ended > 0 && limited == 0 {
            return Err(Fault::Lost {
                what: "the machine's memory ran out, and its kernel ended the program".to_owned(),
            });
        }
        Ok(Used {
            cpu_ns: now.cpu_ns - was.cpu_ns,
            peak_bytes: self.peak.end(&self.folder),
            memory_kills: ended,
            refused_forks: now.refused - was.refused,
        })
    }
}

/// What may be charged at once: the scratch folder lives in memory, beside what the program touches.
fn most_memory(limits: &Limits) -> u64 {
    limits.memory_bytes.saturating_add(limits.scratch_bytes)
}

fn read(folder: &Path, name: &str) -> Result<String, Errno> {
    fs::read_to_string(folder.join(name)).map_err(|error| errno(&error))
}

fn number(folder: &Path, name: &str) -> Option<u64> {
    read(folder, name).ok()?.trim().parse().ok()
}

fn cpu(folder: &Path) -> Result<u64, Errno> {
    let text = read(folder, "cpu.stat")?;
    let spent = books::value(&text, "usage_usec").ok_or(Errno::PROTO)?;
    Ok(spent.saturating_mul(1000))
}

fn books(folder: &Path) -> Result<Books, Errno> {
    let memory = read(folder, "memory.events")?;
    let of_memory = |key| books::value(&memory, key).ok_or(Errno::PROTO);
    let processes = read(folder, "pids.events")?;
    Ok(Books {
        cpu_ns: cpu(folder)?,
        limited: of_memory("oom")?,
        ended: of_memory("oom_kill")?,
        refused: books::value(&processes, "max").ok_or(Errno::PROTO)?,
    })
}

const PEAK: &str = "memory.peak";
const CURRENT: &str = "memory.current";

impl Peak {
    fn find(folder: &Path) -> Self {
        let path = folder.join(PEAK);
        let mut options = fs::OpenOptions::new();
        match options.read(true).write(true).open(&path) {
            Ok(file) => Self::Own { file, floor: 0 },
            Err(_) if path.exists() => Self::Shared {
                before: 0,
                floor: 0,
            },
            Err(_) => Self::None,
        }
    }

    fn begin(&mut self, folder: &Path) {
        let now = number(folder, CURRENT).unwrap_or(0);
        let reset = match self {
            Self::Own { file, floor } => {
                *floor = now;
                file.write_all(b"reset").is_ok()
            }
            Self::Shared { before, floor } => {
                *floor = now;
                *before = number(folder, PEAK).unwrap_or(u64::MAX);
                true
            }
            Self::None => true,
        };
        if !reset {
            // Root may open the file of an older kernel for writing, where it can only be read.
            *self = Self::Shared {
                before: number(folder, PEAK).unwrap_or(u64::MAX),
                floor: now,
            };
        }
    }

    fn end(&self, folder: &Path) -> Option<u64> {
        match self {
            Self::Own { file, floor } => {
                let mut bytes = [0; 32];
                let length = file.read_at(&mut bytes, 0).ok()?;
                let text = std::str::from_utf8(&bytes[..length]).ok()?;
                Some(text.trim().parse::<u64>().ok()?.saturating_sub(*floor))
            }
            Self::Shared { before, floor } => {
                let peak = number(folder, PEAK)?;
                (peak > *before).then(|| peak.saturating_sub(*floor))
            }
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that holds what a leaf's would. The kernel's files cannot be created, so neither are they here.
    fn fake() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("cgroup.events", "populated 0\nfrozen 0\n"),
            ("cgroup.kill", ""),
            ("cgroup.procs", ""),
            ("cpu.stat", "usage_usec 10\nuser_usec 4\nsystem_usec 6\n"),
            ("memory.current", "4096\n"),
            ("memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 2\n"),
            ("memory.max", "max\n"),
            ("memory.oom.group", "0\n"),
            ("memory.swap.max", "max\n"),
            ("pids.events", "max 3\n"),
            ("pids.max", "max\n"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn say(folder: &tempfile::TempDir, name: &str, text: &str) {
        fs::write(folder.path().join(name), text).unwrap();
    }

    fn read(folder: &tempfile::TempDir, name: &str) -> String {
        fs::read_to_string(folder.path().join(name)).unwrap()
    }

    #[test]
    fn the_limits_of_a_run_stand_before_it_begins() {
        let folder = fake();
        let mut leaf = Leaf::make(folder.path()).unwrap();
        let limits = Limits {
            memory_bytes: 100,
            scratch_bytes: 20,
            processes: 7,
            ..Limits::run()
        };
        leaf.begin(&limits).unwrap();
        // A plain file keeps the end of a longer text; a kernel's does not.
        assert!(read(&folder, "memory.max").starts_with("120"));
        assert!(read(&folder, "pids.max").starts_with('7'));
        assert!(read(&folder, "memory.oom.group").starts_with('1'));
        assert!(read(&folder, "memory.swap.max").starts_with('0'));
    }

    #[test]
    fn a_run_is_told_what_it_used_and_not_what_those_before_did() {
        let folder = fake();
        let mut leaf = Leaf::make(folder.path()).unwrap();
        leaf.begin(&Limits::run()).unwrap();
        say(&folder, "cpu.stat", "usage_usec 1010\n");
        assert_eq!(leaf.cpu_ns(), 1_000_000);
        say(&folder, "memory.events", "max 9\noom 2\noom_kill 6\n");
        say(&folder, "pids.events", "max 5\n");
        let used = leaf.end().unwrap();
        let expected = Used {
            cpu_ns: 1_000_000,
            peak_bytes: None,
            memory_kills: 4,
            refused_forks: 2,
        };
        assert_eq!(used, expected);
        leaf.begin(&Limits::run()).unwrap();
        let nothing = Used {
            cpu_ns: 0,
            memory_kills: 0,
            refused_forks: 0,
            ..expected
        };
        assert_eq!(leaf.end().unwrap(), nothing);
    }

    #[test]
    fn what_the_whole_machine_lacked_is_no_limit_of_the_program() {
        let folder = fake();
        let mut leaf = Leaf::make(folder.path()).unwrap();
        leaf.begin(&Limits::run()).unwrap();
        say(&folder, "memory.events", "oom 1\noom_kill 3\n");
        let fault = leaf.end().unwrap_err();
        assert!(matches!(fault, Fault::Lost { .. }), "{fault}");
    }

    #[test]
    fn a_mark_that_cannot_be_reset_tells_only_of_who_raised_it() {
        let folder = fake();
        say(&folder, PEAK, "8192\n");
        let mut peak = Peak::Shared {
            before: 0,
            floor: 0,
        };
        peak.begin(folder.path());
        assert_eq!(peak.end(folder.path()), None);
        say(&folder, PEAK, "12288\n");
        assert_eq!(peak.end(folder.path()), Some(8192));
    }

    #[test]
    fn a_leaf_that_is_gone_or_speaks_nonsense_is_a_fault() {
        let folder = fake();
        let mut leaf = Leaf::make(folder.path()).unwrap();
        leaf.begin(&Limits::run()).unwrap();
        say(&folder, "memory.events", "nothing\n");
        assert!(leaf.end().is_err());
        fs::remove_file(folder.path().join("memory.max")).unwrap();
        let other = Limits {
            processes: 3,
            ..Limits::run()
        };
        let fault = leaf.begin(&other).unwrap_err();
        let step = crate::Step::Group;
        assert!(matches!(fault, Fault::Layer { step: named, .. } if named == step));
    }
}
