//! At run time: what a program can use up, and how its end is told.

use super::*;

#[test]
fn a_fork_bomb_gets_as_far_as_its_limit() {
    assert_eq!(told(&["forks"]), "16\n");
    let outcome = run(&["forkbomb"]);
    assert!(
        matches!(outcome.ending, Ending::CpuLimit | Ending::WallLimit),
        "{outcome:?}"
    );
}

#[test]
fn threads_count_as_processes() {
    let made: u64 = told(&["threads"]).trim().parse().unwrap();
    assert!((8..=16).contains(&made), "{made}");
}

#[test]
fn touching_too_much_memory_is_a_memory_limit() {
    for bomb in ["touch", "shared", "touch-many"] {
        let outcome = cell()
            .execute(
                &program(&[bomb]),
                &Limits {
                    cpu: Duration::from_secs(3),
                    ..tight()
                },
            )
            .unwrap();
        assert_eq!(outcome.ending, Ending::MemoryLimit, "{bomb}: {outcome:?}");
    }
}

#[test]
fn one_process_meets_its_address_space_limit_in_the_kernel() {
    assert_eq!(told(&["huge"]), "refused\n");
    let limits = Limits {
        address_bytes: 48 << 20,
        stack_bytes: 8 << 20,
        ..tight()
    };
    for bomb in ["touch", "shared"] {
        let outcome = cell().execute(&program(&[bomb]), &limits).unwrap();
        assert_eq!(
            (outcome.ending, text(&outcome).as_str()),
            (Ending::Exited(3), "refused\n"),
            "{bomb}"
        );
    }
}

#[test]
fn pages_shared_after_a_fork_are_counted_once() {
    let limits = Limits {
        cpu: Duration::from_secs(3),
        ..tight()
    };
    let outcome = cell().execute(&program(&["cow"]), &limits).unwrap();
    assert_eq!(text(&outcome), "shared pages count once\n", "{outcome:?}");
}

#[test]
fn cpu_time_is_limited_for_the_whole_tree_and_against_deaf_programs() {
    for burner in ["spin", "spin-many"] {
        let outcome = run(&[burner]);
        assert_eq!(outcome.ending, Ending::CpuLimit, "{burner}: {outcome:?}");
        assert!(outcome.cpu_ns >= 190_000_000, "{burner}: {outcome:?}");
    }
}

#[test]
fn a_sleeper_that_ignores_every_signal_meets_the_wall() {
    let limits = Limits {
        wall: Duration::from_millis(150),
        ..tight()
    };
    for sleeper in ["sleep", "deaf"] {
        let outcome = cell().execute(&program(&[sleeper]), &limits).unwrap();
        assert_eq!(outcome.ending, Ending::WallLimit, "{sleeper}");
        assert!(outcome.wall_ns >= 150_000_000);
        assert!(outcome.cpu_ns < 100_000_000, "{outcome:?}");
    }
}

#[test]
fn a_flood_is_killed_and_what_was_kept_is_capped() {
    let limits = tight();
    let outcome = cell().execute(&program(&["flood", "1"]), &limits).unwrap();
    assert_eq!(outcome.ending, Ending::OutputLimit);
    assert_eq!(
        (outcome.stdout.bytes.len() as u64, outcome.stdout.truncated),
        (limits.stdout_bytes, true)
    );
    let outcome = cell().execute(&program(&["flood", "2"]), &limits).unwrap();
    assert_eq!(outcome.ending, Ending::OutputLimit);
    assert_eq!(
        (outcome.stderr.bytes.len() as u64, outcome.stderr.truncated),
        (limits.stderr_bytes, true)
    );
    assert!(outcome.stdout.bytes.is_empty() && !outcome.stdout.truncated);
}

#[test]
fn output_up_to_the_cap_is_whole_and_one_byte_more_is_marked() {
    for (bytes, truncated) in [(1 << 20, false), ((1 << 20) + 1, true), (4 << 20, true)] {
        let outcome = run(&["print", &bytes.to_string()]);
        assert_eq!(
            (outcome.ending, outcome.stdout.truncated),
            (Ending::Exited(0), truncated),
            "{bytes}"
        );
        assert_eq!(outcome.stdout.bytes.len(), bytes.min(1 << 20));
    }
}

#[test]
fn the_scratch_folder_is_full_when_its_caps_say_so() {
    let limits = Limits {
        cpu: Duration::from_secs(3),
        ..tight()
    };
    let outcome = cell().execute(&program(&["disk"]), &limits).unwrap();
    let said = text(&outcome);
    let written: u64 = said
        .trim()
        .strip_prefix("ENOSPC ")
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        written > 16 << 20 && written <= limits.scratch_bytes,
        "{said}"
    );
    let outcome = cell().execute(&program(&["inodes"]), &limits).unwrap();
    let said = text(&outcome);
    let made: u64 = said
        .trim()
        .strip_prefix("ENOSPC ")
        .unwrap()
        .parse()
        .unwrap();
    assert!(made > 1900 && made < limits.scratch_inodes, "{said}");
}

#[test]
fn a_big_file_is_cut_and_named_as_the_reason() {
    let limits = Limits {
        cpu: Duration::from_secs(3),
        ..tight()
    };
    assert_eq!(
        cell()
            .execute(&program(&["bigfile"]), &limits)
            .unwrap()
            .ending,
        Ending::FileLimit
    );
    let deaf = cell()
        .execute(&program(&["bigfile", "deaf"]), &limits)
        .unwrap();
    assert_eq!(text(&deaf), "EFBIG\nsparse EFBIG\n");
}

#[test]
fn limits_cannot_be_raised() {
    let said = told(&["raise"]);
    assert_eq!(said.matches("EPERM").count(), 7, "{said}");
    assert!(said.ends_with("core EPERM\ncore EPERM\n"), "{said}");
}

#[test]
fn every_end_is_told_as_it_was() {
    for (code, expected) in [("0", 0), ("1", 1), ("42", 42), ("255", 255)] {
        assert_eq!(run(&["exit", code]).ending, Ending::Exited(expected));
    }
    assert_eq!(
        run(&["abort"]).ending,
        Ending::Signalled(6),
        "an abort is no segmentation fault"
    );
    assert_eq!(run(&["throw"]).ending, Ending::Signalled(6));
    assert_eq!(run(&["segv"]).ending, Ending::Signalled(11));
    assert_eq!(run(&["deep"]).ending, Ending::Signalled(11));
    assert_eq!(run(&["suicide"]).ending, Ending::Signalled(9));
    assert_eq!(
        run(&["int80"]).ending,
        Ending::Signalled(31),
        "a foreign entry is killed with SIGSYS"
    );
}

#[test]
fn input_arrives_whole_and_cannot_be_changed() {
    let mut cat = program(&["cat"]);
    cat.stdin = (0..3_000_000_u32)
        .map(|n| (n % 251) as u8)
        .take(900_000)
        .collect();
    let outcome = cell().execute(&cat, &tight()).unwrap();
    let (echo, tail) = outcome.stdout.bytes.split_at(900_000);
    assert!(echo == cat.stdin);
    assert_eq!(tail, b"tamper EPERM\ntamper EPERM\n");
    assert!(
        text(&run(&["cat"])).starts_with("tamper"),
        "no input is the end of input"
    );
}

#[test]
fn terminal_escapes_and_bad_text_stay_bytes() {
    let mut cat = program(&["cat"]);
    cat.stdin = b"\x1b]0;title\x07\x1b[2J\0\xff\xfe\x80\r\n".to_vec();
    let outcome = cell().execute(&cat, &tight()).unwrap();
    assert!(outcome.stdout.bytes.starts_with(&cat.stdin));
}

#[test]
fn what_cannot_be_executed_is_the_programs_fault_and_what_is_missing_is_ours() {
    for (bytes, errno) in [
        (&b"not a program"[..], 8),
        (&b""[..], 8),
        (&b"\x7fELF"[..], 8),
    ] {
        let file = File {
            bytes: bytes.to_vec(),
            ..collection().clone()
        };
        let outcome = cell().execute(&gpp().run(file), &tight()).unwrap();
        assert_eq!(outcome.ending, Ending::NotExecutable(errno), "{bytes:?}");
    }
    let absent = Program::new(["/usr/bin/no-such-compiler"]);
    assert!(matches!(
        cell().execute(&absent, &tight()),
        Err(sandbox::Fault::Missing { .. })
    ));
}

#[test]
fn python_runs_and_says_what_was_wrong() {
    let good = python().compile("print('hi')\n");
    assert_eq!(
        cell().execute(&good, &Limits::compile()).unwrap().ending,
        Ending::Exited(0)
    );
    let bad = python().compile("def f(:\n");
    let outcome = cell().execute(&bad, &Limits::compile()).unwrap();
    assert_eq!(outcome.ending, Ending::Exited(1));
    assert!(String::from_utf8_lossy(&outcome.stderr.bytes).contains("SyntaxError"));
    let order = b"print({'a','b','c','d','e'}, __import__('math').sqrt(2), input())";
    let file = File {
        name: "x".to_owned(),
        bytes: order.to_vec(),
        mode: sandbox::Mode::Plain,
    };
    let mut step = python().run(file);
    step.stdin = b"line\n".to_vec();
    let first = cell().execute(&step, &Limits::run()).unwrap();
    assert!(
        text(&first).ends_with("1.4142135623730951 line\n"),
        "{first:?}"
    );
    for _ in 0..3 {
        assert_eq!(
            cell().execute(&step, &Limits::run()).unwrap().stdout,
            first.stdout,
            "sets keep their order"
        );
    }
}
