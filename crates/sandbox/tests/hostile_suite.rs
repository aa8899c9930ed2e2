//! The hostile suite: every program of `suite/` in every box, as root and as an ordinary user.
//!
//! One file is one attack; its first lines say what may come of it (`hostile_suite/entry.rs` reads them).
//! All of them run in a random order, several at a time, in a process of its own that runs once as
//! whoever started the tests and once as a user number that nobody has, at T3 and at T2 (where the keys
//! `t2-…` say what may differ); at T4, where control groups can be divided, as whoever started them. After each program its outcome
//! is held against its description, and nothing of it may live; after all of them the host has to be
//! what it was.
//!
//! `WHET_SUITE_SEED` repeats an order, `WHET_SUITE_REPEATS` asks for a soak, `WHET_SUITE_ONLY` picks
//! programs by the beginning of their ids, `WHET_SUITE_ENDINGS=1` shows how each ended.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests, which say how it went"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests of the crate that starts programs"
)]

#[path = "hostile_suite/allowed.rs"]
mod allowed;
#[path = "hostile_suite/bench.rs"]
mod bench;
#[path = "hostile_suite/entry.rs"]
mod entry;
#[path = "hostile_suite/faults.rs"]
mod faults;
#[path = "hostile_suite/groups.rs"]
mod groups;
#[path = "hostile_suite/host.rs"]
mod host;
#[path = "hostile_suite/round.rs"]
mod round;
#[path = "hostile_suite/stage.rs"]
mod stage;

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use sandbox::Tier;
use stage::Stage;

/// Where the process that runs the programs finds them; its presence turns [`every_program_once`] on.
const STAGE: &str = "WHET_SUITE_STAGE";
/// Which tier it attacks.
const TIER: &str = "WHET_SUITE_TIER";

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is not a number")),
    )
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.contains("Uid:\t0\t0")
}

/// The tier that is attacked.
fn tier() -> Tier {
    match std::env::var(TIER).as_deref() {
        Ok("T2") => Tier::T2,
        Ok("T4") => Tier::T4,
        Ok("T3") | Err(_) => Tier::T3,
        Ok(other) => panic!("{TIER}={other}"),
    }
}

/// Runs one test of this binary in a process of its own, with a temporary folder of its own.
fn apart(test: &str, stage: &Stage, user: Option<u32>, tier: Tier) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(STAGE, stage.folder())
        .env(TIER, tier.to_string())
        .env("TMPDIR", stage.temporary())
        .current_dir("/");
    if user.is_some() || tier == Tier::T2 {
        // What lies in a home that others may not enter is not for them.
        command.env("PATH", "/usr/bin:/bin");
    }
    if let Some(user) = user {
        command.uid(user).gid(user).env("HOME", stage.home());
    }
    if setting("WHET_SUITE_ENDINGS").is_some() {
        command.stderr(std::process::Stdio::inherit());
    }
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// The lines that say how it went.
fn summary(text: &str) -> String {
    let lines = text.lines().filter(|line| line.starts_with("suite: "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The whole suite at this tier, as whoever started the tests or as a user number that nobody has.
fn contained(tier: Tier, user: Option<u32>) {
    let stage = Stage::new(user);
    let text = apart("every_program_once", &stage, user, tier);
    let said = summary(&text);
    assert!(said.contains(&format!("contained at {tier}")), "{text}");
    println!("{said}");
    stage.assert_untouched();
}

fn contained_as_an_ordinary_user(tier: Tier) {
    match is_root() {
        true => contained(tier, Some(stage::nobody())),
        false => println!("skipped: the suite already runs as an ordinary user"),
    }
}

#[test]
fn every_program_is_contained_as_whoever_started_the_tests() {
    contained(Tier::T3, None);
}

#[test]
fn every_program_is_contained_as_an_ordinary_user() {
    contained_as_an_ordinary_user(Tier::T3);
}

#[test]
fn without_namespaces_every_program_is_contained_as_whoever_started_the_tests() {
    contained(Tier::T2, None);
}

#[test]
fn without_namespaces_every_program_is_contained_as_an_ordinary_user() {
    contained_as_an_ordinary_user(Tier::T2);
}

#[test]
fn with_control_groups_every_program_is_contained_as_whoever_started_the_tests() {
    match sandbox::Cell::at(Tier::T4, sandbox::Fittings::default()) {
        Ok(_) => contained(Tier::T4, None),
        Err(fault) => println!("NOT TESTED: tier T4: {fault}"),
    }
}

/// Not a test of its own: what those above run in a process of its own.
#[test]
fn every_program_once() {
    let Some(folder) = std::env::var_os(STAGE) else {
        return;
    };
    round::run(Path::new(&folder));
}

#[test]
fn the_suite_is_large_and_every_description_is_whole() {
    let entries = entry::read(&stage::suite(), Tier::T3);
    let of = |group: &str| {
        entries
            .iter()
            .filter(|entry| entry.id.starts_with(group))
            .count()
    };
    let (h, c, p) = (of("H"), of("C"), of("P"));
    assert!(h >= 60 && c >= 18 && p >= 3, "{h} {c} {p}");
    assert!(entries.len() >= 90, "{}", entries.len());
}
