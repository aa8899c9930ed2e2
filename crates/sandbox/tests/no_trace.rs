//! Many runs at once leave nothing behind, nor does a program that stays. Alone in their binary and one after the
//! other, because they count what the process holds.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test of the crate that starts programs"
)]

use std::sync::{Mutex, PoisonError};

use sandbox::toolchain::{self, Language};
use sandbox::{Cell, Ending, File, Fittings, Limits, Mode, Program, Sandbox, Tier};

/// Held by whoever counts.
static ALONE: Mutex<()> = Mutex::new(());

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
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
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

const RESIDENT: &str = "import os, socket, sys
line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, 3)
while True:
    question, ancillary, _, _ = line.recvmsg(1 << 17, socket.CMSG_SPACE(4))
    if not question: os._exit(0)
    os.close(int.from_bytes(ancillary[0][2][:4], sys.byteorder))
    os.write(3, b'.')
";

#[test]
fn a_program_that_stays_ends_with_its_sandbox_and_no_question_leaves_a_descriptor() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let python = toolchain::find(Language::Python).unwrap();
    let before = (descriptors(), children());
    {
        let cell = Cell::with(Fittings {
            readable: python.readable.clone(),
            ..Fittings::default()
        })
        .unwrap();
        cell.retire();
        let within = (descriptors(), children());
        let script = |text: &str| {
            python.run(File {
                name: "main.py".to_owned(),
                bytes: text.as_bytes().to_vec(),
                mode: Mode::Plain,
            })
        };
        let limits = Limits::run();
        let (asker, resident) = (script("import os\nos.read(3, 1)"), script(RESIDENT));
        let ask = || cell.consult((&asker, &limits), (&resident, &limits), b"?");
        for _ in 0..3 {
            assert!(ask().unwrap().is_some());
        }
        cell.retire();
        assert_eq!((descriptors(), children()), within);
        assert!(ask().unwrap().is_some());
    }
    assert_eq!((descriptors(), children()), before);
}
