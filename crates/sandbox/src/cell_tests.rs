//! Every layer refused once: the answer is always a fault that names the layer, and never a run.

use super::*;
use crate::fittings::Warm;
use crate::landlock;
use crate::program::{File, Mode};

/// The tiers that every machine of ours has, and the strongest where control groups can be divided.
fn tiers() -> Vec<Tier> {
    let mut all = vec![Tier::T2, Tier::T3];
    all.extend(strongest());
    all
}

fn strongest() -> Option<Tier> {
    match Cell::at(Tier::T4, Fittings::default()) {
        Ok(_) => Some(Tier::T4),
        Err(fault) => {
            assert!(fault.is_of(Step::is_group), "{fault}");
            println!("NOT TESTED: tier T4: {fault}");
            None
        }
    }
}

/// A program whose output would show that it ran.
fn telltale() -> Program {
    Program::new(["/bin/echo", "ran"])
}

#[test]
fn a_whole_cell_runs_the_telltale() {
    for tier in tiers() {
        let cell = Cell::at(tier, Fittings::default()).unwrap();
        let outcome = cell.execute(&telltale(), &Limits::run()).unwrap();
        assert_eq!(
            (outcome.ending, outcome.stdout.bytes.as_slice()),
            (Ending::Exited(0), &b"ran\n"[..]),
            "{tier}"
        );
        assert_eq!(cell.badge().tier, tier);
        assert_eq!(cell.badge().exceptions.is_empty(), tier >= Tier::T3);
        assert_eq!(outcome.booked.is_some(), tier == Tier::T4);
    }
}

/// The layers that a tier has.
fn layers(tier: Tier) -> impl Iterator<Item = Step> {
    let never: &[Step] = match tier {
        Tier::T2 => &[
            Step::Root,
            Step::Mounts,
            Step::Pivot,
            Step::Group,
            Step::Join,
        ],
        Tier::T4 => &[Step::Tree],
        _ => &[Step::Tree, Step::Group, Step::Join],
    };
    let always = [Step::Kernel, Step::Look, Step::Warm];
    let there = move |step: &Step| !never.contains(step) && !always.contains(step);
    Step::ALL.iter().copied().filter(there)
}

#[test]
fn every_refused_layer_is_a_fault_that_names_it_and_nothing_runs() {
    let all = tiers().into_iter();
    let all = all.flat_map(|tier| layers(tier).map(move |step| (tier, step)));
    for (tier, step) in all {
        let cell = Cell::sabotaged(tier, step, Fittings::default()).unwrap();
        match cell.execute(&telltale(), &Limits::run()) {
            Err(Fault::Layer {
                step: named,
                remedy,
                ..
            }) => {
                assert_eq!(named, step);
                assert!(!remedy.is_empty());
            }
            other => panic!("{tier} {step:?}: {other:?}"),
        }
        assert!(
            cell.prove().is_err(),
            "{tier} {step:?}: such a cell cannot be opened"
        );
    }
}

/// A cell with a warm interpreter and a program whose output would show that it ran.
fn warm() -> (Fittings, Program) {
    let python = crate::toolchain::find(crate::toolchain::Language::Python).unwrap();
    let file = crate::File {
        name: "main.py".to_owned(),
        bytes: b"print('ran')".to_vec(),
        mode: crate::Mode::Plain,
    };
    let telltale = Program {
        warm: true,
        ..python.run(file)
    };
    let mut argv = telltale.argv.clone();
    argv.pop();
    let warm = Warm {
        argv,
        modules: Vec::new(),
        imports: Vec::new(),
    };
    let fittings = Fittings {
        readable: python.readable.clone(),
        warm: vec![warm],
    };
    (fittings, telltale)
}

#[test]
fn every_refused_layer_of_a_fork_is_a_fault_that_names_it_and_nothing_runs() {
    let (fittings, telltale) = warm();
    for tier in [Some(Tier::T3), strongest()].into_iter().flatten() {
        let good = Cell::at(tier, fittings.clone()).unwrap();
        let outcome = good.execute(&telltale, &Limits::run()).unwrap();
        assert!(
            outcome.warm && outcome.stdout.bytes == b"ran\n",
            "{outcome:?}"
        );
        for step in layers(tier).chain([Step::Warm]) {
            let cell = Cell::sabotaged(tier, step, fittings.clone()).unwrap();
            match cell.execute(&telltale, &Limits::run()) {
                Err(Fault::Layer { step: named, .. }) => assert_eq!(named, step),
                other => panic!("{tier} {step:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_sandbox_says_why_it_has_no_control_groups_and_leaves_none_where_it_has() {
    let cell = Cell::open().unwrap();
    let why = |cell: &Cell| {
        let mut facts = cell.badge().facts.clone().into_iter();
        facts.find(|(name, _)| name == "why not T4")
    };
    if strongest().is_none() {
        let (_, why) = why(&cell).unwrap();
        assert!(why.contains("control group"), "{why}");
        return;
    }
    assert_eq!((cell.badge().tier, why(&cell)), (Tier::T4, None));
    let mut template = Template::new(Tier::T4, Fittings::default()).unwrap();
    let pool = Pool::new(&mut template, None).unwrap();
    let leaves = template.leaves.unwrap();
    assert!(leaves.is_dir());
    drop(pool);
    assert!(!leaves.exists());
}

#[test]
fn the_kernel_ends_a_tree_for_its_memory_and_books_what_nobody_reaped() {
    if strongest().is_none() {
        return;
    }
    let (fittings, mut program) = warm();
    let cell = Cell::at(Tier::T4, fittings).unwrap();
    let limits = Limits {
        memory_bytes: 64 << 20,
        ..Limits::run()
    };
    for warm in [false, true] {
        program.warm = warm;
        let mut run = |script: &str| {
            program.files[0].bytes = script.as_bytes().to_vec();
            let outcome = cell.execute(&program, &limits).unwrap();
            assert_eq!(outcome.warm, warm);
            outcome
        };
        // No process comes near the limit by itself, and shared memory belongs to none of them.
        let many = "import mmap, os, time\nfor _ in range(6):\n  if os.fork() == 0:\n    m = mmap.mmap(-1, 40 << 20); m.write(bytes(40 << 20)); time.sleep(60)\ntime.sleep(60)\n";
        let outcome = run(many);
        assert_eq!(outcome.ending, Ending::MemoryLimit, "{outcome:?}");
        assert!(outcome.booked.unwrap().memory_kills > 0);
        // The next run in the same cell starts with clean books.
        let outcome = run("print('well')");
        assert_eq!(outcome.ending, Ending::Exited(0), "{outcome:?}");
        assert_eq!(outcome.booked.unwrap().memory_kills, 0);
        let unreaped = "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\nif os.fork() == 0:\n  while time.process_time() < 0.3: pass\n  os._exit(0)\ntry: os.wait()\nexcept ChildProcessError: pass\n";
        let outcome = run(unreaped);
        assert_eq!(outcome.ending, Ending::Exited(0), "{outcome:?}");
        assert!(outcome.cpu_ns >= 250_000_000, "{outcome:?}");
    }
}

/// A cell without namespaces on a kernel whose Landlock is of this version.
fn unwalled(landlock_abi: u32) -> Cell {
    let mut template = Template::new(Tier::T2, Fittings::default()).unwrap();
    template.landlock_abi = landlock_abi;
    Cell::assembled(template, None).unwrap()
}

#[test]
fn without_namespaces_the_init_cannot_be_signalled_whether_landlock_knows_signals_or_not() {
    // The init has the program's own user number. Were it killed, the run would be lost.
    let script = "kill -9 $PPID; kill -9 -1; kill -9 -$PPID; kill -9 $$";
    for abi in [landlock::OLDEST_ALONE, 5, landlock::SCOPES_SIGNALS, 7] {
        if abi > crate::sys::landlock_abi() {
            continue;
        }
        let program = Program::new(["/bin/sh", "-c", script]);
        let outcome = unwalled(abi).execute(&program, &Limits::run()).unwrap();
        assert_eq!(outcome.ending, Ending::Signalled(9), "{abi}: {outcome:?}");
        let said = String::from_utf8_lossy(&outcome.stderr.bytes).into_owned();
        assert!(said.contains("not permitted") || abi >= 6, "{abi}: {said}");
    }
}

#[test]
fn without_namespaces_nobody_leaves_the_group_and_a_program_finds_an_empty_folder() {
    let cell = unwalled(7);
    let run = |script: &str| {
        let program = Program::new(["/bin/sh", "-c", script]);
        let outcome = cell.execute(&program, &Limits::run()).unwrap();
        String::from_utf8(outcome.stdout.bytes).unwrap()
    };
    let escape = "setsid /bin/sleep 30 2>&1; ls -A; mkdir -p a/b/c; echo x > a/b/c/d; ln -s / e";
    let first = run(escape);
    assert!(first.contains("not permitted"), "{first}");
    assert_eq!(run(escape), first, "as the first time");
    assert_eq!(
        run("ls -A; pwd; ls -A $HOME"),
        format!("{}\n", run("pwd").trim())
    );
}

#[test]
fn without_namespaces_too_many_processes_and_too_large_a_folder_are_ends_of_their_own() {
    let cell = unwalled(7);
    let run = |script: &str, limits: &Limits| {
        let program = Program::new(["/bin/sh", "-c", script]);
        cell.execute(&program, limits).unwrap().ending
    };
    let limits = Limits {
        scratch_bytes: 1 << 20,
        ..Limits::run()
    };
    let fill = "while :; do head -c 600000 /dev/zero > f$i; i=$((i+1)); sleep 0.05; done";
    assert_eq!(run(fill, &limits), Ending::DiskLimit);
    let many = "i=0; while [ $i -lt 40 ]; do sleep 20 & i=$((i+1)); done; wait";
    let limits = Limits {
        processes: 200,
        scratch_inodes: 20,
        ..Limits::run()
    };
    let files = "while :; do : > g$i; i=$((i+1)); sleep 0.01; done";
    assert_eq!(run(files, &limits), Ending::DiskLimit);
    let few = Limits {
        processes: 8,
        ..Limits::run()
    };
    let ended = run(many, &few);
    let refused = matches!(ended, Ending::Exited(_));
    assert!(ended == Ending::ProcessLimit || refused, "{ended}");
}

#[test]
fn how_large_a_program_is_does_not_decide_whether_it_can_be_started() {
    // What stands behind the parts of an executable is nobody's business.
    let mut bytes = std::fs::read("/bin/true").unwrap();
    bytes.resize(40 << 20, 0);
    let program = Program {
        files: vec![File {
            name: "large".to_owned(),
            bytes,
            mode: Mode::Executable,
        }],
        ..Program::new(["/box/large"])
    };
    let limits = Limits::run();
    assert!(limits.scratch_bytes < 40 << 20);
    let mut cells = vec![Cell::open().unwrap(), unwalled(7)];
    cells.extend(strongest().map(|tier| Cell::at(tier, Fittings::default()).unwrap()));
    for cell in cells {
        let outcome = cell.execute(&program, &limits).unwrap();
        assert_eq!(outcome.ending, Ending::Exited(0), "{}", cell.badge().tier);
    }
}

/// Python and a C++ compiler that every user may reach.
fn attackers() -> Vec<crate::toolchain::Toolchain> {
    let found = ["python3", "g++"].map(crate::toolchain::find_named);
    found.into_iter().map(Result::unwrap).collect()
}

/// The names of the doctor's attacks that got through, or failed to be carried out, in this cell.
fn got_through(mut template: Template, without: Option<Step>) -> Vec<&'static str> {
    template.without = without;
    let cell = Cell::assembled(template, None).unwrap();
    let checks = crate::probe(&cell, &attackers());
    let broken = checks
        .into_iter()
        .filter(|check| check.held != crate::Held::Yes);
    broken.map(|check| check.name).collect()
}

fn fittings() -> Fittings {
    let readable = attackers().into_iter().flat_map(|tool| tool.readable);
    Fittings {
        readable: readable.collect(),
        ..Fittings::default()
    }
}

#[test]
fn for_every_layer_there_is_an_attack_that_notices_that_it_is_missing() {
    let missing = [
        (Step::Hidden, "gain privileges"),
        (Step::Bounds, "gain privileges"),
        (Step::Capabilities, "gain privileges"),
        (Step::Guard, "rare kernel calls"),
        (Step::Landlock, "count Landlock's domains"),
        (Step::Seccomp, "rare kernel calls"),
        (Step::Rlimits, "raise the limits"),
    ];
    for tier in [Some(Tier::T3), strongest()].into_iter().flatten() {
        let template = || Template::new(tier, fittings()).unwrap();
        assert_eq!(got_through(template(), None), Vec::<&str>::new());
        let groups = [
            (Step::Join, "fork without end"),
            (Step::Join, "touch memory by many"),
        ];
        let groups = groups.into_iter().filter(|_| tier == Tier::T4);
        for (step, attack) in missing.into_iter().chain(groups) {
            let through = got_through(template(), Some(step));
            assert!(through.contains(&attack), "{tier} {step:?}: {through:?}");
        }
    }
}

#[test]
fn without_namespaces_too_there_is_an_attack_that_notices_each_missing_layer() {
    /// Set in the process that does it: with the system's own tools, because those in a home are closed to others.
    const APART: &str = "WHET_SANDBOX_APART";
    if std::env::var_os(APART).is_none() {
        let name = "without_namespaces_too_there_is_an_attack_that_notices_each_missing_layer";
        let path = std::thread::current().name().unwrap_or(name).to_owned();
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        again
            .args([&path, "--exact", "--nocapture"])
            .env("PATH", "/usr/bin:/bin")
            .env(APART, "1");
        let output = again.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
        return;
    }
    let template = Template::new(Tier::T2, fittings()).unwrap();
    assert_eq!(got_through(template, None), Vec::<&str>::new());
    let missing = [
        (Step::Hidden, "gain privileges"),
        (Step::Guard, "rare kernel calls"),
        (Step::Landlock, "read the bait"),
        // The filter is what keeps the tree in one group.
        (Step::Seccomp, "leave a daemon"),
        (Step::Rlimits, "raise the limits"),
    ];
    for (step, attack) in missing {
        let template = Template::new(Tier::T2, fittings()).unwrap();
        let through = got_through(template, Some(step));
        assert!(through.contains(&attack), "{step:?}: {through:?}");
    }
}
