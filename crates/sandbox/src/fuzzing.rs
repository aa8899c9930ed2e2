//! Doors for fuzzers: whatever is read from a box, or from the kernel about one, as bytes.
//!
//! Each door gives the bytes to the reader that meets them in earnest and panics when something that
//! has to hold for all bytes does not. `fuzz/` calls them with libFuzzer; `tests/corpus.rs` replays the
//! corpus and changes of it in every ordinary test run. Nothing here is part of the crate's promise.

use crate::limits::Limits;
use crate::program::{Captured, Ending, Outcome};
use crate::report::{self, Bounds, Ended, Record, Report};
use crate::request::{Request, Way};
use crate::supervise::Stop;
use crate::toolchain::settled;
use crate::{tree, verdict};

/// A door by name.
pub type Door = fn(&[u8]);

/// Every door; the names are those of the targets and of the folders of the corpus.
pub const DOORS: [(&str, Door); 5] = [
    ("diagnostics", diagnostics_door),
    ("report", report_door),
    ("request", request_door),
    ("ending", ending_door),
    ("book", book_door),
];

/// What a compiler says on a fast way: whatever has to do with memory or the compiler itself is tried again.
fn diagnostics_door(bytes: &[u8]) {
    let outcome = |ending| Outcome {
        stderr: Captured {
            bytes: bytes.to_vec(),
            truncated: false,
        },
        ..Outcome::scripted(ending, "")
    };
    let has = |word: &str| {
        bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    let is_own = [
        "memory exhausted",
        "internal compiler error",
        "Killed signal",
    ]
    .iter()
    .any(|word| has(word));
    assert!(!is_own || !settled(&outcome(Ending::Exited(1))));
    for ending in [Ending::Exited(0), Ending::Exited(4), Ending::Signalled(9)] {
        // Nothing was collected, and a success without a program is none.
        assert!(!settled(&outcome(ending)));
    }
}

/// What an init says: a report is refused, or it is exactly what its bytes say and within the bounds.
fn report_door(bytes: &[u8]) {
    let bounds = Bounds {
        files: 3,
        file_bytes: 40,
    };
    let started = report::started(bytes);
    let Ok(Report::Ran {
        not_executed,
        ended,
        collected,
    }) = report::decode(bytes, bounds)
    else {
        return;
    };
    let (at_ns, fork) = started.unwrap_or_else(|| panic!("a report was read that has no start"));
    let mut again = Record::Started { at_ns, fork }.encode().to_vec();
    if let Some(errno) = not_executed {
        let errno = errno.raw_os_error() as u64;
        again.extend(Record::NotExecuted { errno }.encode());
    }
    again.extend(Record::Ended(ended).encode());
    for (index, file) in &collected {
        assert!(*index < bounds.files && file.len() as u64 <= bounds.file_bytes);
        let (index, length) = (*index as u64, file.len() as u64);
        again.extend(Record::Collected { index, length }.encode());
        again.extend(file);
    }
    again.extend(Record::Finished.encode());
    assert!(again == bytes, "another stream says the same");
    assert!(bytes.len() as u64 <= bounds.stream_bytes());
}

/// What a warden is asked: the request is refused, or it is the one that was meant.
fn request_door(bytes: &[u8]) {
    if let Some((way, rest)) = Way::decode(bytes) {
        assert_eq!(Some(&way.encode()), bytes.first());
        assert_eq!(rest.len() + Way::HEAD, bytes.len());
        if let Some(request) = Request::decode(rest) {
            assert_eq!(Request::decode(&request.encode()), Some(request));
        }
    }
}

/// Every ending that six numbers and what was noticed can give: no limit is overlooked.
fn ending_door(bytes: &[u8]) {
    let mut words = bytes.chunks_exact(8).map(|chunk| {
        let array: [u8; 8] = chunk.try_into().unwrap_or_default();
        u64::from_le_bytes(array)
    });
    let mut word = || words.next().unwrap_or_default();
    let limits = Limits::run();
    let (noticed, flooded) = (word(), word() & 1 == 1);
    let ended = Ended {
        status: word(),
        cpu_ns: word(),
        wall_ns: word(),
        max_rss_bytes: word(),
        floor_bytes: word(),
        asked: word(),
    };
    let stop = match noticed % 8 {
        0 => Some(Stop::Cpu),
        1 => Some(Stop::Memory),
        2 => Some(Stop::Wall),
        3 => Some(Stop::Flood),
        4 => Some(Stop::Broken),
        6 => Some(Stop::Disk),
        7 => Some(Stop::Processes),
        _ => None,
    };
    let ending = verdict::ending(stop, flooded, &ended, &limits);
    let over = |value: u64, most: std::time::Duration| u128::from(value) > most.as_nanos();
    let within = !flooded && !over(ended.cpu_ns, limits.cpu) && !over(ended.wall_ns, limits.wall);
    match ending {
        Ending::Exited(code) => assert!(within && (0..=255).contains(&code)),
        Ending::Signalled(signal) => assert!(within && (1..=127).contains(&signal)),
        Ending::FileLimit => assert!(within),
        Ending::OutputLimit => assert!(flooded),
        Ending::NotExecutable(_) => panic!("no report says so by its numbers"),
        Ending::CpuLimit
        | Ending::WallLimit
        | Ending::MemoryLimit
        | Ending::DiskLimit
        | Ending::ProcessLimit => assert!(!flooded),
    }
}

/// A line of the kernel's book of a process: its name is the program's to choose.
fn book_door(bytes: &[u8]) {
    let _ = tree::pages_in(&String::from_utf8_lossy(bytes));
    let name = String::from_utf8_lossy(bytes);
    let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22";
    let line = format!("7 ({name}) {rest}");
    assert_eq!(tree::pages_in(&line), Some(21), "{name:?}");
}
