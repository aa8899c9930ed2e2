//! Many runs at once leave nothing behind. Alone in its binary, because it counts what the process holds.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test of the crate that starts programs"
)]

use sandbox::{Cell, Ending, Limits, Program, Sandbox, Tier};

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn children() -> String {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .collect()
}

#[test]
fn two_hundred_runs_from_four_threads_leave_no_process_and_no_descriptor() {
    let before = (descriptors(), children());
    {
        let cell = Cell::open().unwrap();
        cell.retire();
        let within = (descriptors(), children());
        let shell = "i=0; while [ $i -lt 3 ]; do (sleep 100 &) ; i=$((i+1)); done; echo $0";
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let cell = &cell;
                scope.spawn(move || {
                    for number in 0..50 {
                        let mark = format!("{thread}-{number}");
                        let program = Program::new(["/bin/sh", "-c", shell, &mark]);
                        let outcome = cell.execute(&program, &Limits::run()).unwrap();
                        assert_eq!(outcome.ending, Ending::Exited(0));
                        assert_eq!(outcome.stdout.bytes, format!("{mark}\n").into_bytes());
                    }
                });
            }
        });
        let kept = descriptors() - within.0;
        // Two handles each, and one more that reads its control group's highest memory.
        let each = if cell.badge().tier == Tier::T4 { 3 } else { 2 };
        assert!(kept <= 4 * each, "a cell per thread: {kept}");
        cell.retire();
        assert_eq!((descriptors(), children()), within);
    }
    assert_eq!((descriptors(), children()), before);
}
