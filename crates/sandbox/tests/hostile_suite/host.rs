//! The host as this process sees it, before and after.

use std::fs;

/// What may not be changed by any program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Host {
    mounts: String,
    name: String,
    core_pattern: String,
    descriptors: usize,
    children: Vec<i32>,
    ours: Vec<String>,
}

/// The user numbers that the boxes of this process may appear under.
fn users() -> std::ops::Range<u64> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .unwrap();
    match line
        .split_ascii_whitespace()
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap()
    {
        0 => {
            // As `identity.rs` chooses them.
            let first = 1_850_000_000 + u64::from(std::process::id() % (1 << 22)) * 64;
            first..first + 64
        }
        own => own..own + 1,
    }
}

/// Things of the host that belong to these users: sockets, queues and shared memory, loose files.
fn belongings() -> Vec<String> {
    let users = users();
    let is_ours = |word: Option<&str>| {
        word.and_then(|word| word.parse().ok())
            .is_some_and(|user: u64| users.contains(&user))
    };
    let mut found = Vec::new();
    for (file, column) in [
        ("net/tcp", 7),
        ("net/tcp6", 7),
        ("net/udp", 7),
        ("net/udp6", 7),
        ("net/raw", 7),
        ("net/packet", 7),
        ("sysvipc/shm", 7),
        ("sysvipc/sem", 4),
        ("sysvipc/msg", 7),
    ] {
        let text = fs::read_to_string(format!("/proc/{file}")).unwrap_or_default();
        let lines = text.lines().skip(1);
        let hers = lines.filter(|line| is_ours(line.split_ascii_whitespace().nth(column)));
        found.extend(hers.map(|line| format!("{file}: {line}")));
    }
    found.extend(files(&users));
    found
}

fn files(users: &std::ops::Range<u64>) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let bait = |path: &std::path::Path| path.to_string_lossy().contains("/bait");
    let folders = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/dev/mqueue", "/"];
    folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(Iterator::flatten)
        .filter(|found| {
            let owner = fs::symlink_metadata(found.path()).map(|meta| u64::from(meta.uid()));
            owner.is_ok_and(|owner| users.contains(&owner)) && !bait(&found.path())
        })
        .map(|found| found.path().display().to_string())
        .collect()
}

impl Host {
    pub(crate) fn now() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self {
            mounts: read("/proc/self/mounts"),
            name: read("/proc/sys/kernel/hostname"),
            core_pattern: read("/proc/sys/kernel/core_pattern"),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            children: children(std::process::id() as i32),
            ours: belongings(),
        }
    }
}

/// The children of a process, by all its threads.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let lists = threads.flatten().filter_map(|thread| {
        let list = fs::read_to_string(thread.path().join("children")).ok()?;
        Some(
            list.split_ascii_whitespace()
                .filter_map(|word| word.parse().ok())
                .collect::<Vec<_>>(),
        )
    });
    let mut all: Vec<i32> = lists.flatten().collect();
    all.sort_unstable();
    all
}

/// Everything below a process.
pub(crate) fn descendants(pid: i32) -> Vec<i32> {
    let mut all = children(pid);
    let mut at = 0;
    while let Some(&one) = all.get(at) {
        all.extend(children(one));
        at += 1;
    }
    all
}

/// Whether a process is more than an entry that its parent has not taken off the list yet.
pub(crate) fn is_alive(pid: i32) -> bool {
    let bytes = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let state = text
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// A process in words.
pub(crate) fn portrait(pid: i32) -> String {
    let read = |file: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes)
            .replace('\0', " ")
            .trim()
            .to_owned()
    };
    format!("{pid} {} [{}]", read("comm"), read("cmdline"))
}

/// Resident memory of this process, in bytes.
pub(crate) fn resident() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
