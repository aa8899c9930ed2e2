//! A look at the tree of processes in a box, from outside, through the host's `/proc`.
//!
//! The box's init adopts every orphan, so all processes of a box hang below it. A look is not atomic: a
//! process that is born or adopted while we walk can be missed by one look and is seen by the next.
//! CPU time cannot be lost that way, since the init's book gets it when it reaps. Resident memory that
//! several processes share after a fork would count for each; so when the plain sum is above the
//! limit, the proportional sums (PSS) are read, which cost more and count each page once.
//!
//! Whoever is watched may try to look like nothing: a name that is no text must not spoil the line that
//! it stands in, and a process whose first thread has left is read through its other threads.

use std::fs;

/// What a tree has used so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// CPU time of the living and of the reaped, without the init's own.
    pub(crate) cpu_ns: u64,
    /// Touched memory of the living, without the init's.
    pub(crate) memory_bytes: u64,
    /// Processes and threads that live, without the init.
    pub(crate) tasks: u64,
}

/// The most processes that a look visits; no limit allows more.
const MOST: usize = 4096;

/// What a look need not go beyond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enough {
    /// Memory is exact only above it.
    pub(crate) memory_bytes: u64,
    /// With more tasks the look is over: they are reason enough to end the tree, and while a look walks through a
    /// tree that forks without end, that tree grows faster than it is walked.
    pub(crate) tasks: u64,
}

/// Looks at everything below `init`, and below the program if it is a `fork` of another parent.
pub(crate) fn look(init: i32, fork: Option<i32>, enough: Enough) -> Look {
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    let page = rustix::param::page_size() as u64;
    let mut found = vec![init];
    found.extend(fork);
    let mut look = Look::default();
    let mut at = 0;
    while let Some(&pid) = found.get(at) {
        at += 1;
        let Some(book) = book(pid) else { continue };
        let cpu = if pid == init {
            book.reaped
        } else {
            book.own + book.reaped
        };
        look.cpu_ns += cpu.saturating_mul(1_000_000_000 / ticks);
        if pid != init {
            look.memory_bytes += pages(pid, &book) * page;
            look.tasks += book.tasks;
        }
        if look.tasks > enough.tasks {
            return look;
        }
        children(pid, &mut found);
    }
    if look.memory_bytes > enough.memory_bytes {
        let exact = |&pid: &i32| {
            // Who cannot be looked into counts in full.
            proportional(pid).or_else(|| Some(pages(pid, &book(pid)?) * page))
        };
        look.memory_bytes = found.iter().skip(1).filter_map(exact).sum();
    }
    look
}

/// One line of `/proc/PID/stat`, in ticks and pages.
struct Book {
    own: u64,
    reaped: u64,
    pages: u64,
    tasks: u64,
}

fn book(pid: i32) -> Option<Book> {
    read(&format!("/proc/{pid}"))
}

/// What a process holds in memory, in bytes; nothing when it is gone.
pub(crate) fn held_bytes(pid: i32) -> Option<u64> {
    let book = book(pid)?;
    Some(pages(pid, &book) * rustix::param::page_size() as u64)
}

/// The book of a process or, in its `task` folder, of a thread. Its name may hold any bytes.
fn read(folder: &str) -> Option<Book> {
    let bytes = fs::read(format!("{folder}/stat")).ok()?;
    parse(&String::from_utf8_lossy(&bytes))
}

/// Resident pages in a line of the book.
pub(crate) fn pages_in(line: &str) -> Option<u64> {
    parse(line).map(|book| book.pages)
}

/// The folders of a process's threads.
fn threads(pid: i32) -> impl Iterator<Item = String> {
    let folder = format!("/proc/{pid}/task");
    let found = fs::read_dir(&folder).into_iter().flatten().flatten();
    found.map(move |thread| format!("{folder}/{}", thread.file_name().to_string_lossy()))
}

/// Resident pages. A first thread that has left shows none, and the others show those of all.
fn pages(pid: i32, book: &Book) -> u64 {
    if book.pages > 0 {
        return book.pages;
    }
    let shown = threads(pid).filter_map(|thread| Some(read(&thread)?.pages));
    shown.max().unwrap_or(0)
}

/// The name of a process may hold spaces and brackets: fields count from the last bracket.
fn parse(stat: &str) -> Option<Book> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some(Book {
        own: field(14)?.saturating_add(field(15)?),
        reaped: field(16)?.saturating_add(field(17)?),
        pages: field(24)?,
        tasks: field(20)?,
    })
}

/// Adds the children of every thread of `pid`.
fn children(pid: i32, found: &mut Vec<i32>) {
    for thread in threads(pid) {
        let Ok(list) = fs::read_to_string(format!("{thread}/children")) else {
            continue;
        };
        let new = list
            .split_ascii_whitespace()
            .filter_map(|word| word.parse::<i32>().ok());
        let room = MOST.saturating_sub(found.len());
        found.extend(new.take(room));
    }
}

/// The proportional set of a process, read through the first thread that shows it; a process that is
/// gone has none, nor has one that is hidden from this user.
fn proportional(pid: i32) -> Option<u64> {
    let own = share(&format!("/proc/{pid}"));
    own.or_else(|| threads(pid).find_map(|thread| share(&thread)))
}

/// The proportional set in a folder of the kernel's books, in bytes.
fn share(folder: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("{folder}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib = line.trim().trim_end_matches(" kB").parse::<u64>().ok()?;
    Some(kib * 1024)
}

/// Whether this kernel lists the children of a thread and the proportional sets: without them nothing
/// can be watched.
pub(crate) fn can_look() -> bool {
    fs::read_to_string("/proc/thread-self/children").is_ok()
        && fs::read_to_string("/proc/self/smaps_rollup").is_ok_and(|text| text.contains("Pss:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_full_of_brackets_does_not_shift_the_fields() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22";
        let book = parse(&format!("7 (a) R) 9 9) {rest}")).unwrap();
        assert_eq!((book.own, book.reaped, book.pages), (11 + 12, 13 + 14, 21));
        assert!(parse("7 no bracket").is_none());
        assert!(parse("7 (x) S 1").is_none());
    }

    #[test]
    fn this_process_can_be_looked_at() {
        assert!(can_look());
        let own = book(std::process::id() as i32).unwrap();
        assert!(own.pages > 0);
        assert!(proportional(std::process::id() as i32) > Some(0));
    }
}
