//! All programs in a random order, several at a time, each held against its description.
//!
//! Each thread has a cell of its own and runs one program at a time in it. So whatever lives below that
//! cell's process after an outcome, and was not there before, is a survivor.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sandbox::Cell;

use crate::allowed::{complaint_after, complaint_of_peer, complaints};
use crate::bench::{self, Bench, Runs};
use crate::entry::{self, Entry};
use crate::host::{self, Host};

/// Programs at a time.
const HANDS: usize = 4;

/// The most that this process may grow by: buffers of the largest outputs, kept by the allocator.
const ROOM: u64 = 256 << 20;

/// The most by which the second half of a soak may lie above its first half.
const DRIFT: u64 = 32 << 20;

/// A cell with what lives below it while nothing runs.
struct Hand {
    cell: Cell,
    roots: Vec<i32>,
    idle: Mutex<BTreeSet<i32>>,
}

impl Hand {
    fn open() -> Self {
        let before = host::children(std::process::id() as i32);
        let cell = bench::cell(crate::tier());
        bench::warm_up(&cell);
        let now = host::children(std::process::id() as i32);
        let roots: Vec<i32> = now
            .into_iter()
            .filter(|pid| !before.contains(pid))
            .collect();
        assert!(!roots.is_empty(), "a cell has a process of its own");
        let hand = Self {
            cell,
            roots,
            idle: Mutex::default(),
        };
        *hand.idle.lock().unwrap() = hand.living();
        hand
    }

    fn living(&self) -> BTreeSet<i32> {
        self.roots
            .iter()
            .flat_map(|&root| host::descendants(root))
            .collect()
    }

    /// Who lives on after a verdict. No moment of grace: an outcome says that all are gone. The cells
    /// themselves, which are right below the process that makes them, may come and go.
    fn survivors(&self) -> Vec<String> {
        let cells: Vec<i32> = self
            .roots
            .iter()
            .flat_map(|&root| host::children(root))
            .collect();
        let idle = self.idle.lock().unwrap();
        let new = self
            .living()
            .into_iter()
            .filter(|pid| !idle.contains(pid) && !cells.contains(pid) && host::is_alive(*pid));
        new.map(host::portrait).collect()
    }
}

/// A small generator of our own: the order has to be the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.roll(at + 1));
        }
    }
}

/// What a round has found out so far.
#[derive(Default)]
struct Findings {
    wrong: Mutex<Vec<String>>,
    times: Mutex<Vec<(Duration, String)>>,
    endings: Mutex<BTreeSet<String>>,
}

/// A process of the host that the programs are told of; it holds nothing of ours open.
struct Victim(Child);

impl Victim {
    fn new() -> Self {
        let mut command = Command::new("/bin/sleep");
        command
            .arg("3600")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The whole suite, in this process.
pub(crate) fn run(stage: &Path) {
    let seed = crate::setting("WHET_SUITE_SEED")
        .unwrap_or_else(fresh_seed)
        .max(1);
    let repeats = crate::setting("WHET_SUITE_REPEATS").unwrap_or(1);
    println!("suite: seed {seed}");
    let entries = chosen(entry::read(&stage.join("programs"), crate::tier()));
    let secret = std::fs::read_to_string(stage.join("secret")).unwrap();
    let mut victim = Victim::new();
    let start = Instant::now();
    let before = Host::now();
    let (findings, resident) = rounds(&entries, stage, (&secret, victim.0.id()), (seed, repeats));
    assert_eq!(before, Host::now(), "the host is what it was");
    assert!(
        victim.0.try_wait().unwrap().is_none(),
        "a process of the host was killed"
    );
    let wrong = findings.wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "seed {seed}\n{}", wrong.join("\n"));
    let growth = growth(&resident);
    let mut times = findings.times.into_inner().unwrap();
    times.sort();
    let slowest: Vec<String> = times
        .iter()
        .rev()
        .take(6)
        .map(|(time, id)| format!("{id} {} ms", time.as_millis()))
        .collect();
    println!(
        "suite: {} programs contained at {}, {} runs in {:.1} s, grown by {} KiB; slowest: {}",
        entries.len(),
        crate::tier(),
        times.len(),
        start.elapsed().as_secs_f64(),
        growth >> 10,
        slowest.join(", ")
    );
    if crate::setting("WHET_SUITE_ENDINGS").is_some() {
        for line in findings.endings.into_inner().unwrap() {
            println!("suite: {line}");
        }
    }
}

fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_nanos() as u64 % 1_000_000_000
}

fn chosen(mut entries: Vec<Entry>) -> Vec<Entry> {
    if let Ok(only) = std::env::var("WHET_SUITE_ONLY") {
        entries.retain(|entry| only.split(',').any(|wish| entry.id.starts_with(wish)));
    }
    entries.retain(|entry| {
        let found = bench::tool(entry.language).is_some();
        if !found {
            println!(
                "suite: {} left out: {} is not here",
                entry.name,
                entry.language.name()
            );
        }
        found
    });
    entries
}

/// Runs everything `repeats` times; resident memory before, and after each round.
fn rounds(
    entries: &[Entry],
    stage: &Path,
    (secret, victim): (&str, u32),
    (seed, repeats): (u64, u64),
) -> (Findings, Vec<u64>) {
    let hands: Vec<Hand> = (0..HANDS).map(|_| Hand::open()).collect();
    let bench = Bench::new(&hands[0].cell, entries, stage, victim);
    let idle = Host::now();
    let findings = Findings::default();
    let mut order: Vec<&Entry> = entries.iter().collect();
    let mut dice = Dice(seed);
    let mut resident = vec![host::resident()];
    for round in 0..repeats {
        dice.shuffle(&mut order);
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for hand in &hands {
                let (next, order, bench, findings) = (&next, &order, &bench, &findings);
                scope.spawn(move || {
                    while let Some(entry) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                        one(hand, entry, bench, (secret, findings));
                    }
                });
            }
        });
        resident.push(host::resident());
        let now = Host::now();
        if now != idle {
            let text = format!("round {round} changed the host:\n{idle:#?}\n{now:#?}");
            findings.wrong.lock().unwrap().push(text);
        }
        if repeats > 1 {
            println!(
                "suite: round {round}: {} KiB resident",
                host::resident() >> 10
            );
        }
    }
    (findings, resident)
}

/// How much this process grew, if that is not too much.
fn growth(resident: &[u64]) -> u64 {
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or_default();
    let (early, late) = resident.split_at(resident.len() / 2 + 1);
    let drift = most(late).saturating_sub(most(early));
    assert!(
        late.len() < 3 || drift < DRIFT,
        "drifted by {drift} bytes: {resident:?}"
    );
    let growth = most(resident) - resident[0];
    assert!(growth < ROOM, "grown by {growth} bytes");
    growth
}

/// One program: run, compared, and nothing of it left.
fn one(hand: &Hand, entry: &Entry, bench: &Bench, (secret, findings): (&str, &Findings)) {
    let start = Instant::now();
    let is_told = crate::setting("WHET_SUITE_ENDINGS").is_some();
    if is_told {
        eprintln!("begins {}", entry.name);
    }
    let runs = bench.run(&hand.cell, entry);
    if is_told {
        eprintln!("ended {}", entry.name);
    }
    let Runs {
        outcomes,
        after,
        peer,
    } = match runs {
        Ok(runs) => runs,
        Err(fault) => {
            let text = format!("{}: a fault: {fault}", entry.name);
            findings.wrong.lock().unwrap().push(text);
            return;
        }
    };
    let survivors = hand.survivors();
    let mut wrong: Vec<String> = outcomes
        .iter()
        .flat_map(|outcome| complaints(entry, outcome, secret))
        .collect();
    wrong.extend(survivors.iter().map(|who| format!("it lives on: {who}")));
    wrong.extend(
        after
            .as_ref()
            .and_then(|outcome| complaint_after(entry, outcome)),
    );
    wrong.extend(
        peer.as_ref()
            .and_then(|outcome| complaint_of_peer(entry, outcome)),
    );
    if entry.has("after") && after.is_none() && outcomes[0].ending.is_clean() {
        wrong.push("nothing was collected to run".to_owned());
    }
    if !wrong.is_empty() {
        let shown: Vec<String> = outcomes.iter().map(portrait).collect();
        let text = format!(
            "{}: {}\n    {}",
            entry.name,
            wrong.join("; "),
            shown.join("\n    ")
        );
        findings.wrong.lock().unwrap().push(text);
    }
    for outcome in &outcomes {
        let line = format!("{}: {}", entry.name, portrait(outcome));
        findings.endings.lock().unwrap().insert(line);
    }
    findings
        .times
        .lock()
        .unwrap()
        .push((start.elapsed(), entry.id.clone()));
}

fn portrait(outcome: &sandbox::Outcome) -> String {
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.chars().take(700).collect::<String>()
    };
    format!(
        "{}, cpu {} ms, wall {} ms, rss {:?} KiB, {:?} / {:?}",
        outcome.ending,
        outcome.cpu_ns / 1_000_000,
        outcome.wall_ns / 1_000_000,
        outcome.max_rss_bytes.map(|bytes| bytes >> 10),
        text(&outcome.stdout.bytes),
        text(&outcome.stderr.bytes)
    )
}
