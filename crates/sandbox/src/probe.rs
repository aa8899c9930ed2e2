//! Containment proved by attack.
//!
//! A sandbox that says it is up may still leak, so the doctor lays out bait on the host (a file, sockets
//! with listeners, a process to hit) and sends attackers into the box. The attacker's own words count for
//! little; wherever it can be, the bait is looked at afterwards: was the listener called, does the file
//! still read the same. An attack that could not be carried out is not a success: its check is not held.
//!
//! The attackers are Python, because it is on almost every machine and has sockets and system calls at
//! hand; the crate's tests attack further, with compiled programs.

use std::io::{ErrorKind, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::program::{Ending, File, Mode, Outcome};
use crate::toolchain::Toolchain;
use crate::{Limits, Sandbox};

/// The result of one attack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was attacked.
    pub name: &'static str,
    /// Whether the box held.
    pub held: Held,
    /// What was seen.
    pub detail: String,
    /// What to do when it did not hold.
    pub remedy: Option<String>,
}

/// Whether a layer held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The attack was carried out and failed.
    Yes,
    /// The attack succeeded, or could not be carried out.
    No,
}

const ATTACKS: &str = include_str!("probe.py");

/// What lies on the host to be stolen, called or broken.
struct Bait {
    secret: String,
    files: Vec<PathBuf>,
    sockets: PathBuf,
    tcp: TcpListener,
    udp: UdpSocket,
    unix: UnixListener,
    named: UnixListener,
    abstract_name: String,
}

impl Bait {
    /// Lays everything out below `folder`, and one file in the home folder if there is one.
    fn lay(folder: &Path) -> std::io::Result<Self> {
        let secret = format!(
            "bait-{}-{}",
            std::process::id(),
            crate::clock::monotonic_ns()
        );
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .filter(|home| home.is_dir());
        let mut files = vec![folder.join("bait")];
        files.extend(home.map(|home| home.join(format!(".{secret}"))));
        for file in &files {
            std::fs::File::create_new(file)?.write_all(secret.as_bytes())?;
        }
        let sockets = folder.join("s");
        let address = SocketAddr::from_abstract_name(&secret)?;
        let bait = Self {
            tcp: TcpListener::bind("127.0.0.1:0")?,
            udp: UdpSocket::bind("127.0.0.1:0")?,
            unix: UnixListener::bind(&sockets)?,
            named: UnixListener::bind_addr(&address)?,
            abstract_name: secret.clone(),
            secret,
            files,
            sockets,
        };
        bait.tcp.set_nonblocking(true)?;
        bait.udp.set_nonblocking(true)?;
        bait.unix.set_nonblocking(true)?;
        bait.named.set_nonblocking(true)?;
        Ok(bait)
    }

    /// What the attacker is told, one `name=value` per line.
    fn briefing(&self) -> std::io::Result<String> {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        Ok(format!(
            "files={}\nsocket={}\nabstract={}\ntcp={}\nudp={}\nvictim={}\n",
            files.join(":"),
            self.sockets.display(),
            self.abstract_name,
            self.tcp.local_addr()?.port(),
            self.udp.local_addr()?.port(),
            std::process::id(),
        ))
    }

    /// Which listeners were called.
    fn called(&self) -> Vec<&'static str> {
        let quiet = |kind: Option<ErrorKind>| kind == Some(ErrorKind::WouldBlock);
        let calls = [
            (
                "tcp",
                quiet(self.tcp.accept().err().map(|error| error.kind())),
            ),
            (
                "udp",
                quiet(self.udp.recv(&mut [0; 16]).err().map(|error| error.kind())),
            ),
            (
                "unix socket",
                quiet(self.unix.accept().err().map(|error| error.kind())),
            ),
            (
                "abstract socket",
                quiet(self.named.accept().err().map(|error| error.kind())),
            ),
        ];
        calls
            .into_iter()
            .filter(|(_, quiet)| !quiet)
            .map(|(name, _)| name)
            .collect()
    }

    /// Whether every file still reads as it was laid.
    fn untouched(&self) -> bool {
        self.files
            .iter()
            .all(|file| std::fs::read(file).is_ok_and(|now| now == self.secret.as_bytes()))
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        for file in self.files.iter().chain([&self.sockets]) {
            // The folder is temporary; a file that the attacker removed is reported by `untouched`.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// A folder of our own below the system's temporary folder, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let name = format!(
            "probe-{}-{}",
            std::process::id(),
            crate::clock::monotonic_ns()
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Attacks the sandbox and reports every check; `python` must be readable inside it.
///
/// The list always has the same checks in the same order. When the bait cannot be laid, or the attacker
/// cannot run, the checks that depend on it are not held, and say so.
pub fn probe(sandbox: &dyn Sandbox, python: &Toolchain) -> Vec<Check> {
    match Folder::new().and_then(|folder| Bait::lay(&folder.0).map(|bait| (folder, bait))) {
        Ok((_folder, bait)) => {
            let mut checks = reach_out(sandbox, python, &bait);
            checks.extend(exhaust(sandbox, python));
            checks
        }
        Err(error) => vec![Check {
            name: "bait",
            held: Held::No,
            detail: error.to_string(),
            remedy: Some(
                "make the temporary and the home folder writable for the doctor".to_owned(),
            ),
        }],
    }
}

/// One attack by name, with the briefing as its input.
fn attack(
    sandbox: &dyn Sandbox,
    python: &Toolchain,
    name: &str,
    briefing: &str,
) -> Result<Outcome, String> {
    let bytes = format!("ATTACK = {name:?}\n{ATTACKS}").into_bytes();
    let mut program = python.run(File {
        name: "main.py".to_owned(),
        bytes,
        mode: Mode::Plain,
    });
    program.stdin = briefing.as_bytes().to_vec();
    let mut limits = Limits::run();
    limits.memory_bytes = 64 << 20;
    limits.wall = Duration::from_secs(5);
    sandbox
        .execute(&program, &limits)
        .map_err(|fault| fault.to_string())
}

/// The attacks on what lies outside.
const OUTWARD: [&str; 8] = [
    "read the bait",
    "write outside",
    "call the network",
    "call local sockets",
    "reach other processes",
    "nest namespaces",
    "mount",
    "read the environment",
];

fn reach_out(sandbox: &dyn Sandbox, python: &Toolchain, bait: &Bait) -> Vec<Check> {
    let briefing = bait.briefing().unwrap_or_default();
    OUTWARD
        .iter()
        .map(|&name| {
            let (held, detail) = match attack(sandbox, python, name, &briefing) {
                Err(fault) => (Held::No, fault),
                Ok(outcome) => judge(bait, &outcome),
            };
            check(name, held, detail)
        })
        .collect()
}

/// The attacker must have come to its end saying that it failed, and the bait must agree.
fn judge(bait: &Bait, outcome: &Outcome) -> (Held, String) {
    let said = String::from_utf8_lossy(&outcome.stdout.bytes).into_owned();
    if said.contains(&bait.secret) {
        return (Held::No, "the bait was read".to_owned());
    }
    if !bait.untouched() {
        return (Held::No, "the bait was changed".to_owned());
    }
    let called = bait.called();
    if !called.is_empty() {
        return (
            Held::No,
            format!("the host was called by {}", called.join(", ")),
        );
    }
    let lines: Vec<&str> = said.lines().collect();
    match lines.split_last() {
        Some((&"done", [])) => (Held::No, "the attacker tried nothing".to_owned()),
        Some((&"done", tries)) if tries.iter().all(|line| line.starts_with("denied ")) => {
            (Held::Yes, tries.join("; "))
        }
        _ => (
            Held::No,
            format!(
                "the attacker said {said:?} and ended with {}",
                outcome.ending
            ),
        ),
    }
}

/// Whether the end of an attack is the one that a box that holds would give.
type Rule = fn(&Outcome) -> bool;

/// The attacks on what there is to use up: name, and the rule over the outcome.
fn exhaust(sandbox: &dyn Sandbox, python: &Toolchain) -> Vec<Check> {
    let rules: [(&str, Rule); 5] = [
        ("fork without end", |out| {
            let processes = number(out);
            out.ending.is_clean()
                && processes.is_some_and(|made| (2..=Limits::run().processes).contains(&made))
        }),
        ("touch twice the memory", |out| {
            out.ending == Ending::MemoryLimit
        }),
        ("fill the disk", |out| {
            let room = Limits::run().scratch_bytes;
            let filled = number(out).is_some_and(|bytes| (room / 2..=room).contains(&bytes));
            out.ending.is_clean() && filled
        }),
        ("write without end", |out| {
            out.ending == Ending::OutputLimit
                && out.stdout.bytes.len() as u64 <= Limits::run().stdout_bytes
        }),
        ("leave a daemon", |out| {
            out.ending.is_clean() && out.stdout.bytes.starts_with(b"left")
        }),
    ];
    rules
        .iter()
        .map(|&(name, rule)| {
            let (held, detail) = match attack(sandbox, python, name, "") {
                Err(fault) => (Held::No, fault),
                Ok(outcome) => {
                    let held = if rule(&outcome) && gone(&outcome) {
                        Held::Yes
                    } else {
                        Held::No
                    };
                    let wall = outcome.wall_ns / 1_000_000;
                    (held, format!("{} after {wall} ms", outcome.ending))
                }
            };
            check(name, held, detail)
        })
        .collect()
}

/// The number that the attacker printed.
fn number(outcome: &Outcome) -> Option<u64> {
    std::str::from_utf8(&outcome.stdout.bytes)
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// A daemon carries a mark in its command line; no process of the host may carry it any more.
fn gone(outcome: &Outcome) -> bool {
    let said = String::from_utf8_lossy(&outcome.stdout.bytes);
    let Some(mark) = said.trim().strip_prefix("left ") else {
        return true;
    };
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return false;
    };
    let marked = |folder: PathBuf| {
        std::fs::read(folder.join("comm"))
            .is_ok_and(|name| String::from_utf8_lossy(&name).trim() == mark)
    };
    !processes.flatten().any(|entry| marked(entry.path()))
}

fn check(name: &'static str, held: Held, detail: String) -> Check {
    let remedy = match held {
        Held::Yes => None,
        Held::No => Some(
            "run nothing that a model wrote on this machine until this holds; report it with the facts of the badge"
                .to_owned(),
        ),
    };
    Check {
        name,
        held,
        detail,
        remedy,
    }
}
