//! Counters made up: who worked, who waited, who stole.

use super::*;

const MACHINE: Ticks = Ticks {
    total: 100_000,
    busy: 10_000,
    steal: 100,
    processors: 4,
};

fn at(ticks: Ticks, spent: u64) -> Snapshot {
    Snapshot {
        load_1m: 0.0,
        ticks,
        own: OwnTicks { spent, age: 1e6 },
        usable: 4,
    }
}

/// `MACHINE` after 10 s (4000 ticks) in which `busy` and `steal` ticks passed.
fn later(busy: u64, steal: u64) -> Ticks {
    Ticks {
        total: 104_000,
        busy: 10_000 + busy,
        steal: 100 + steal,
        processors: 4,
    }
}

#[test]
fn work_of_others_is_what_this_process_did_not_do() {
    let quiet = doubts_between(&at(MACHINE, 500), &at(later(2000, 0), 2500)).unwrap();
    assert_eq!(quiet, []);
    let busy = doubts_between(&at(MACHINE, 500), &at(later(3000, 0), 2500)).unwrap();
    assert_eq!(
        busy,
        [Doubt::OtherWork {
            busy: 1.0,
            processors: 4
        }]
    );
}

#[test]
fn stolen_time_is_a_doubt_of_its_own() {
    let stolen = doubts_between(&at(MACHINE, 0), &at(later(0, 400), 0)).unwrap();
    assert_eq!(stolen, [Doubt::Steal { share: 0.1 }]);
    assert_eq!(
        doubts_between(&at(MACHINE, 0), &at(later(0, 40), 0)),
        Ok(vec![])
    );
}

#[test]
fn more_own_time_than_the_machine_counted_is_no_negative_work() {
    assert_eq!(
        doubts_between(&at(MACHINE, 0), &at(later(100, 0), 4000)),
        Ok(vec![])
    );
}

#[test]
fn a_window_too_short_or_backwards_says_so() {
    let short = Ticks {
        total: 100_199,
        ..MACHINE
    };
    assert!(doubts_between(&at(MACHINE, 0), &at(short, 0)).is_err());
    assert!(doubts_between(&at(later(0, 0), 0), &at(MACHINE, 0)).is_err());
}

#[test]
fn the_load_that_this_process_caused_itself_is_no_doubt() {
    // A minute old, one processor busy all the time: about 1 of the load is its own.
    let young = OwnTicks {
        spent: 6000,
        age: 6000.0,
    };
    let own_load = Snapshot {
        load_1m: 1.3,
        own: young,
        ..at(MACHINE, 0)
    };
    assert_eq!(own_load.doubts(), []);
    let foreign = Snapshot {
        load_1m: 2.0,
        ..own_load
    };
    assert_eq!(
        foreign.doubts(),
        [Doubt::OtherLoad {
            load_1m: 2.0,
            own: 1.0,
            processors: 4
        }]
    );
    // A process of two seconds with the same load has not caused it.
    let fresh = Snapshot {
        own: OwnTicks {
            spent: 200,
            age: 200.0,
        },
        ..own_load
    };
    assert_eq!(fresh.doubts().len(), 1);
}

#[test]
fn many_processors_take_more_load_before_it_is_a_doubt() {
    let large = Snapshot {
        load_1m: 3.0,
        usable: 64,
        ..at(MACHINE, 0)
    };
    assert_eq!(large.doubts(), []);
}

#[test]
fn a_governor_that_lowers_the_frequency_is_a_doubt_and_none_is_not() {
    let tree = tempfile::tempdir().unwrap();
    let root = Root::at(tree.path());
    assert_eq!(governor_doubt_below(root), None, "nothing is told");
    std::fs::create_dir_all(tree.path().join("proc/self")).unwrap();
    let status = tree.path().join("proc/self/status");
    std::fs::write(status, "Cpus_allowed_list:\t0-1\n").unwrap();
    let set = |cpu: u32, name: &str| {
        let folder = format!("sys/devices/system/cpu/cpu{cpu}/cpufreq");
        let folder = tree.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("scaling_governor"), format!("{name}\n")).unwrap();
    };
    (0..2).for_each(|cpu| set(cpu, "performance"));
    assert_eq!(governor_doubt_below(root), None);
    set(1, "powersave");
    let names = "performance, powersave".to_owned();
    assert_eq!(governor_doubt_below(root), Some(Doubt::Governor { names }));
}

#[test]
fn a_frequency_that_fell_by_more_than_a_tenth_is_a_doubt() {
    assert_eq!(frequency_doubt(2.8e9, 3e9), None);
    assert_eq!(
        frequency_doubt(2.6e9, 3e9),
        Some(Doubt::Frequency {
            lowest_hz: 2.6e9,
            highest_hz: 3e9
        })
    );
}

#[test]
fn counters_are_read_behind_a_hostile_program_name() {
    let tree = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(tree.path().join("proc/self")).unwrap();
    let fields = "1 2 3 4 5 6 7 8 9 10 100 20 3 -4 20 0 1 0 1500 0 0";
    let stat = format!("42 (a) R (b c) S {fields}\n");
    std::fs::write(tree.path().join("proc/self/stat"), &stat).unwrap();
    std::fs::write(tree.path().join("proc/uptime"), "20.00 31.5\n").unwrap();
    let read = || OwnTicks::read(Root::at(tree.path()));
    assert_eq!(
        read(),
        Ok(OwnTicks {
            spent: 123,
            age: 500.0
        })
    );
    // Cut anywhere before the start time, it is refused instead of half read.
    let start = stat.find("1500").unwrap();
    for end in 0..start {
        std::fs::write(tree.path().join("proc/self/stat"), &stat[..end]).unwrap();
        assert!(read().is_err(), "{:?}", &stat[..end]);
    }
}

#[test]
fn guest_time_is_not_counted_twice() {
    let tree = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(tree.path().join("proc")).unwrap();
    let stat = "cpu  10 1 2 80 3 1 2 1 9 9\ncpu0 1\ncpu1 1\ncpufreq 3\n";
    std::fs::write(tree.path().join("proc/stat"), stat).unwrap();
    let ticks = Ticks::read(Root::at(tree.path()));
    assert_eq!(
        ticks,
        Ok(Ticks {
            total: 100,
            busy: 16,
            steal: 1,
            processors: 2
        })
    );
}

#[test]
fn the_real_machine_keeps_the_counters() {
    if cfg!(target_os = "linux") {
        let now = snapshot().unwrap();
        assert!(now.ticks.total > 0 && now.ticks.busy <= now.ticks.total);
        assert!(doubts_between(&now, &now).is_err());
    } else {
        assert!(snapshot().is_err());
    }
}
