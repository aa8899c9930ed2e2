//! Group G: control groups (tier T4) when something of ours is killed. Where this process has none to divide, each
//! test says so and tries nothing.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use sandbox::{Cell, Fittings, Program, Sandbox, Tier};

use crate::faults::{
    BROKEN, comes_true, kill, killed_init, killed_maker, limits, no_sleeper_is_left,
};
use crate::host;

/// What turns [`alone`] on.
pub(crate) const ALONE: &str = "alone at T4";

const SLEEP: &str = "/bin/sleep 303.5";

fn is_absent() -> bool {
    match Cell::at(Tier::T4, Fittings::default()) {
        Ok(_) => false,
        Err(fault) => {
            println!("NOT TESTED: tier T4: {fault}");
            true
        }
    }
}

/// A supervisor in a process of its own, whose program sleeps in two processes.
pub(crate) fn alone() {
    let cell = Cell::at(Tier::T4, Fittings::default()).unwrap();
    let script = format!("({SLEEP} >/dev/null & ) ; /bin/sleep 304.5");
    let program = Program::new(["/bin/sh", "-c", &script]);
    let _ = cell.execute(&program, &limits(Duration::from_secs(60)));
}

/// Starts one and waits until its program sleeps; what runs below it.
fn started() -> (Child, Vec<i32>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["faults::broken", "--exact", "--nocapture"]);
    let mut supervisor = command.env(BROKEN, ALONE).spawn().unwrap();
    let is_there = |pid: &i32| host::portrait(*pid).ends_with(&format!("{SLEEP}]"));
    let (own, mut all) = (supervisor.id() as i32, Vec::new());
    while !all.iter().any(is_there) {
        all = host::descendants(own);
        assert!(supervisor.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(Duration::from_millis(2));
    }
    (supervisor, all)
}

/// The control groups of a supervisor.
fn leaves_of(supervisor: u32) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.filter(|one| one.file_type().is_ok_and(|kind| kind.is_dir())) {
            let name = entry.file_name().to_string_lossy().into_owned();
            match name.starts_with("whet-leaves-") && name.contains(&format!("-{supervisor}-")) {
                true => found.push(entry.path()),
                false => folders.push(entry.path()),
            }
        }
    }
    found
}

#[test]
fn g01_a_killed_init_or_maker_of_boxes_is_never_a_wrong_verdict() {
    if is_absent() {
        return;
    }
    killed_init(Tier::T4, "303.1");
    killed_maker(Tier::T4, "303.2");
}

#[test]
fn g02_a_killed_supervisor_leaves_no_process_and_no_control_group() {
    if is_absent() {
        return;
    }
    let (mut supervisor, all) = started();
    let own = supervisor.id();
    assert_eq!(leaves_of(own).len(), 1);
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    no_sleeper_is_left(&all);
    assert!(comes_true(|| leaves_of(own).is_empty()));
}

#[test]
fn g03_what_a_supervisor_left_that_was_killed_with_its_maker_of_boxes_is_removed_by_the_next() {
    if is_absent() {
        return;
    }
    let (mut supervisor, all) = started();
    let own = supervisor.id();
    let makers = host::children(own as i32);
    assert_eq!((makers.len(), leaves_of(own).len()), (1, 1));
    kill(makers[0], "-KILL");
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    no_sleeper_is_left(&all);
    let next = Cell::at(Tier::T4, Fittings::default());
    assert!(next.is_ok() && leaves_of(own).is_empty());
}
