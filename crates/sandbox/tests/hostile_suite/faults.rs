//! Group F: what goes wrong on our side is a fault, never a verdict, and leaves nothing.
//!
//! Each test breaks something of the supervisor or of what it made, in a process of its own, and looks at
//! what the next caller is told.

use std::process::Command;
use std::time::Duration;

use sandbox::toolchain::{self, Language};
use sandbox::{Cell, Ending, Fault, Fittings, Limits, Program, Sandbox, Tier};

use crate::host;

/// The variable that turns [`broken`] on; it says what is broken.
pub(crate) const BROKEN: &str = "WHET_SUITE_BROKEN";

fn sleeper(seconds: &str) -> Program {
    Program::new(["/bin/sleep", seconds])
}

pub(crate) fn limits(wall: Duration) -> Limits {
    Limits {
        wall,
        ..Limits::run()
    }
}

/// Runs [`broken`] in a process of its own; what it said.
fn apart(what: &str, prepare: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "faults::broken",
        "--exact",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env(BROKEN, what);
    prepare(&mut command);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// Not a test of its own: what the others start.
#[test]
fn broken() {
    match std::env::var(BROKEN).as_deref() {
        Ok("no toolchain") => no_toolchain(),
        Ok("no temporary folder") => no_temporary_folder(),
        Ok("few descriptors") => few_descriptors(),
        Ok("inherited") => inherited(),
        Ok("stopped") => stopped(),
        Ok("lone") => lone(),
        Ok(crate::groups::ALONE) => crate::groups::alone(),
        Ok(other) => panic!("{other}"),
        Err(_) => return,
    }
    println!("as it should be");
}

#[test]
fn f02_a_full_or_missing_temporary_folder_changes_nothing() {
    let said = apart("no temporary folder", |command| {
        command.env("TMPDIR", "/nowhere");
    });
    assert!(said.contains("as it should be"), "{said}");
}

fn no_temporary_folder() {
    let cell = Cell::open().unwrap();
    let outcome = cell
        .execute(&Program::new(["/bin/true"]), &Limits::run())
        .unwrap();
    assert_eq!(outcome.ending, Ending::Exited(0));
}

#[test]
fn f03_a_missing_compiler_is_named_and_is_no_score() {
    let said = apart("no toolchain", |command| {
        command.env("PATH", "/nowhere");
    });
    assert!(said.contains("as it should be"), "{said}");
}

fn no_toolchain() {
    for language in [Language::Cpp, Language::Python] {
        let missing = toolchain::find(language).unwrap_err();
        assert!(!missing.package.is_empty() && !missing.remedy.is_empty());
    }
    let absent = Program::new(["/usr/bin/no-such-compiler", "main.cpp"]);
    let cell = Cell::open().unwrap();
    let answer = cell.execute(&absent, &Limits::compile());
    assert!(matches!(answer, Err(Fault::Missing { .. })), "{answer:?}");
}

/// Breaks something while a sleeper of this length runs, which tells it from those of other tests; given is
/// what runs inside of the box: the sleeper and its init, last to first.
fn inside(
    (cell, seconds): (&dyn Sandbox, &str),
    break_it: impl FnOnce(&[i32]) + Send,
) -> Result<sandbox::Outcome, Fault> {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| cell.execute(&sleeper(seconds), &limits(Duration::from_secs(60))));
        let own = std::process::id() as i32;
        let is_sleeper =
            |pid: &i32| host::portrait(*pid).ends_with(&format!("/bin/sleep {seconds}]"));
        let chain = loop {
            let all = host::descendants(own);
            if all.iter().any(is_sleeper) {
                break all;
            }
            if run.is_finished() {
                panic!("the sleeper never slept: {:?}", run.join().unwrap());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let sleeper = chain.iter().copied().find(is_sleeper).unwrap();
        let mut above = vec![sleeper];
        while let Some(&parent) = chain
            .iter()
            .find(|&&pid| host::children(pid).contains(&above[above.len() - 1]))
        {
            above.push(parent);
        }
        break_it(&above);
        run.join().unwrap()
    })
}

/// By the shell's own `kill`; the program of that name is not everywhere. Who is gone by now needs no signal.
pub(crate) fn kill(pid: i32, signal: &str) {
    let status = Command::new("/bin/sh")
        .args(["-c", "kill $0 $1", signal, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success() || !host::is_alive(pid), "{pid}");
}

/// Looks until something holds; how long that takes on a busy machine is not what is tested.
pub(crate) fn comes_true(mut holds: impl FnMut() -> bool) -> bool {
    (0..3000).any(|_| {
        let is_so = holds();
        if !is_so {
            std::thread::sleep(Duration::from_millis(10));
        }
        is_so
    })
}

/// The sleepers would sleep for five minutes: none of them is gone by itself.
pub(crate) fn no_sleeper_is_left(pids: &[i32]) {
    if comes_true(|| !pids.iter().any(|&pid| host::is_alive(pid))) {
        return;
    }
    panic!(
        "{:?}",
        pids.iter()
            .map(|&pid| host::portrait(pid))
            .collect::<Vec<_>>()
    );
}

#[test]
fn f05_a_killed_init_is_a_fault_and_the_next_run_is_well() {
    killed_init(Tier::T3, "300.1");
    killed_init(Tier::T2, "301.1");
}

pub(crate) fn killed_init(tier: Tier, seconds: &str) {
    let cell = Cell::at(tier, Fittings::default()).unwrap();
    let mut gone = Vec::new();
    let answer = inside((&cell, seconds), |chain| {
        gone = chain[..2].to_vec();
        kill(chain[1], "-KILL");
    });
    assert!(matches!(answer, Err(Fault::Lost { .. })), "{answer:?}");
    no_sleeper_is_left(&gone);
    let next = cell
        .execute(&Program::new(["/bin/true"]), &Limits::run())
        .unwrap();
    assert_eq!(next.ending, Ending::Exited(0));
}

#[test]
fn f06_a_program_that_the_host_kills_is_told_as_killed() {
    // As the kernel does when memory runs out: the program alone dies, and no limit is blamed.
    for (tier, seconds) in [(Tier::T3, "300.2"), (Tier::T2, "301.2")] {
        let cell = Cell::at(tier, Fittings::default()).unwrap();
        let answer = inside((&cell, seconds), |chain| kill(chain[0], "-KILL"));
        assert_eq!(answer.unwrap().ending, Ending::Signalled(9));
    }
}

#[test]
fn f07_a_killed_maker_of_boxes_is_a_fault_or_a_run_and_never_a_wrong_verdict() {
    killed_maker(Tier::T3, "300.3");
    killed_maker(Tier::T2, "301.3");
}

pub(crate) fn killed_maker(tier: Tier, seconds: &str) {
    let cell = Cell::at(tier, Fittings::default()).unwrap();
    let mut chain_seen = Vec::new();
    let answer = inside((&cell, seconds), |chain| {
        chain_seen = chain.to_vec();
        chain[2..].iter().for_each(|&pid| kill(pid, "-KILL"));
        // The run itself goes on, if it does at all, until it is told to end.
        if host::is_alive(chain[0]) {
            kill(chain[0], "-TERM");
        }
    });
    match answer {
        Ok(outcome) => assert!(
            matches!(outcome.ending, Ending::Signalled(9 | 15)),
            "{outcome:?}"
        ),
        Err(fault) => assert!(matches!(fault, Fault::Lost { .. }), "{fault}"),
    }
    no_sleeper_is_left(&chain_seen[..2]);
    let next = cell.execute(&Program::new(["/bin/true"]), &Limits::run());
    assert!(matches!(next, Err(Fault::Lost { .. })), "{next:?}");
}

#[test]
fn f11_without_namespaces_a_killed_warden_leaves_its_tree_to_who_made_it() {
    let cell = Cell::at(Tier::T2, Fittings::default()).unwrap();
    let mut gone = Vec::new();
    let answer = inside((&cell, "301.4"), |chain| {
        gone = chain[..3].to_vec();
        // Who made the cell ends the init, whom it now adopts, and then the program.
        kill(chain[2], "-KILL");
    });
    assert!(matches!(answer, Err(Fault::Lost { .. })), "{answer:?}");
    no_sleeper_is_left(&gone);
    let next = cell.execute(&Program::new(["/bin/true"]), &Limits::run());
    assert_eq!(next.unwrap().ending, Ending::Exited(0));
}

#[test]
fn f12_without_namespaces_a_killed_supervisor_leaves_no_process_and_no_folder() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["faults::broken", "--exact", "--nocapture"]);
    let mut supervisor = command.env(BROKEN, "lone").spawn().unwrap();
    let is_there = |pid: &i32| host::portrait(*pid).ends_with("/bin/sleep 301.5]");
    let (own, mut all) = (supervisor.id() as i32, Vec::new());
    while !all.iter().any(is_there) {
        all = host::descendants(own);
        assert!(supervisor.try_wait().unwrap().is_none(), "it ended early");
        std::thread::sleep(Duration::from_millis(2));
    }
    let boxes = scratch_of(supervisor.id());
    assert_eq!(boxes.len(), 1, "{boxes:?}");
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    no_sleeper_is_left(&all);
    let is_gone = comes_true(|| scratch_of(own as u32).is_empty());
    assert!(is_gone, "{:?}", scratch_of(own as u32));
}

/// The scratch folders of a supervisor, wherever they may lie.
fn scratch_of(supervisor: u32) -> Vec<std::path::PathBuf> {
    let places = ["/dev/shm".into(), std::env::temp_dir(), "/var/tmp".into()];
    let prefix = format!("whet-box-{supervisor}-");
    let found = places
        .iter()
        .filter_map(|place| std::fs::read_dir(place).ok());
    let names = found.flatten().flatten().map(|found| found.path());
    let is_its = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with(&prefix)
    };
    names.filter(is_its).collect()
}

/// Two forks away, so that nobody but the cell knows of the sleeper.
fn lone() {
    let cell = Cell::at(Tier::T2, Fittings::default()).unwrap();
    let script = "(/bin/sleep 301.5 >/dev/null & ) ; /bin/sleep 302.5";
    let program = Program::new(["/bin/sh", "-c", script]);
    let _ = cell.execute(&program, &limits(Duration::from_secs(60)));
}

#[test]
fn f08_without_descriptors_nothing_is_judged_and_nothing_is_kept() {
    let said = apart("few descriptors", |_| {});
    assert!(said.contains("as it should be"), "{said}");
}

fn few_descriptors() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let cell = Cell::open().unwrap();
    let program = Program::new(["/bin/true"]);
    let before = open();
    let mut held = Vec::new();
    let most = rustix::process::Rlimit {
        current: Some(64),
        maximum: Some(4096),
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, most).unwrap();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        held.push(file);
    }
    let mut runs = 0;
    while held.pop().is_some() {
        match cell.execute(&program, &Limits::run()) {
            Ok(outcome) => {
                assert_eq!(outcome.ending, Ending::Exited(0));
                runs += 1;
            }
            Err(fault) => assert!(
                matches!(
                    fault,
                    Fault::Supervisor { .. } | Fault::Lost { .. } | Fault::Layer { .. }
                ),
                "{fault}"
            ),
        }
    }
    assert!(runs > 0, "with enough of them it runs");
    assert!(open() <= before + 4, "{} of {before}", open());
}

#[test]
fn f09_what_the_supervisor_was_given_does_not_reach_the_program() {
    // Low priority is handed on by design: the machine's owner asked for it.
    let said = apart("inherited", |command| {
        command
            .env("SECRET_TOKEN", "s3cr3t")
            .env("LD_PRELOAD", "/nowhere.so");
    });
    assert!(said.contains("as it should be"), "{said}");
}

fn inherited() {
    let secret = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&secret, rustix::io::FdFlags::empty()).unwrap();
    let cell = Cell::open().unwrap();
    let script =
        "set; echo; for n in 3 4 5 6 7 8 9; do (: <&$n) 2>/dev/null && echo open $n; done; umask";
    let program = Program::new(["/bin/sh", "-c", script]);
    let outcome = cell.execute(&program, &Limits::run()).unwrap();
    let said = String::from_utf8(outcome.stdout.bytes).unwrap();
    assert!(
        !said.contains("s3cr3t") && !said.contains("PRELOAD"),
        "{said}"
    );
    assert!(
        !said.contains("open ") && said.ends_with("0022\n"),
        "{said}"
    );
    drop(secret);
}

#[test]
fn f10_a_supervisor_that_was_stopped_for_long_blames_nobody() {
    let said = apart("stopped", |_| {});
    assert!(said.contains("as it should be"), "{said}");
}

/// As when the machine sleeps: the program ends meanwhile, long before its wall, also where others use the processors.
fn stopped() {
    let own = std::process::id();
    let cell = Cell::open().unwrap();
    let wake = format!("sleep 0.1; kill -STOP {own}; sleep 7; kill -CONT {own}");
    let mut wake = Command::new("/bin/sh").args(["-c", &wake]).spawn().unwrap();
    let outcome = cell
        .execute(&sleeper("0.4"), &limits(Duration::from_secs(6)))
        .unwrap();
    wake.wait().unwrap();
    assert_eq!(outcome.ending, Ending::Exited(0), "{outcome:?}");
}
