//! Two programs talk over descriptor 3, and nothing else connects them.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test of the crate that starts programs"
)]

use std::sync::OnceLock;
use std::time::Duration;

use sandbox::toolchain::{self, Language, Toolchain};
use sandbox::{Cell, Ending, Fault, File, Fittings, Limits, Mode, Outcome, Program, Sandbox};

fn python() -> &'static Toolchain {
    static PYTHON: OnceLock<Toolchain> = OnceLock::new();
    PYTHON.get_or_init(|| toolchain::find(Language::Python).unwrap())
}

fn cell() -> &'static Cell {
    static CELL: OnceLock<Cell> = OnceLock::new();
    let readable = python().readable.clone();
    CELL.get_or_init(|| {
        Cell::with(Fittings {
            readable,
            ..Fittings::default()
        })
        .unwrap()
    })
}

/// A Python program; `peer` is its connection.
fn script(text: &str) -> Program {
    let head = "import os, socket, sys\npeer = socket.socket(fileno=3)\n";
    python().run(File {
        name: "main.py".to_owned(),
        bytes: format!("{head}{text}").into_bytes(),
        mode: Mode::Plain,
    })
}

fn converse(first: &str, second: &str) -> [Outcome; 2] {
    let limits = Limits {
        wall: Duration::from_secs(20),
        ..Limits::run()
    };
    let (first, second) = (script(first), script(second));
    cell()
        .converse([(&first, &limits), (&second, &limits)])
        .unwrap()
}

fn text(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stdout.bytes).into_owned()
}

fn clean(outcomes: &[Outcome; 2]) {
    for one in outcomes {
        let said = String::from_utf8_lossy(&one.stderr.bytes);
        assert!(one.ending.is_clean(), "{}: {said}", one.ending);
    }
}

const ECHO: &str =
    "while True:\n    got = peer.recv(64)\n    if not got: break\n    peer.sendall(got)\n";

#[test]
fn two_programs_play_ping_pong() {
    let ping = "for n in range(100):\n    peer.sendall(b'%d' % n)\n    assert peer.recv(64) == b'%d' % n\nprint('played')\n";
    for pair in [(ping, ECHO), (ECHO, ping)] {
        let outcomes = converse(pair.0, pair.1);
        clean(&outcomes);
        let said = [text(&outcomes[0]), text(&outcomes[1])].concat();
        assert_eq!(said, "played\n");
    }
}

#[test]
fn each_reads_the_end_of_file_when_the_other_is_gone_however_it_went() {
    for end in [
        "sys.exit(3)",
        "os._exit(4)",
        "os.kill(os.getpid(), 9)",
        "peer.close(); os.close(1)",
    ] {
        let outcomes = converse(end, "assert peer.recv(1) == b''\nprint('end')\n");
        assert_eq!(text(&outcomes[1]), "end\n", "{end}");
        assert!(outcomes[1].ending.is_clean());
    }
}

#[test]
fn a_child_of_one_that_holds_the_connection_does_not_keep_the_other_waiting() {
    let leaves = "if os.fork() == 0:\n    import time\n    time.sleep(100)\n";
    let outcomes = converse(leaves, "assert peer.recv(1) == b''\nprint('end')\n");
    clean(&outcomes);
    assert!(outcomes[1].wall_ns < 15_000_000_000);
}

#[test]
fn a_limit_of_one_is_told_beside_the_end_of_the_other() {
    let (spin, wait) = (
        script("while True: pass\n"),
        script("print(peer.recv(1))\n"),
    );
    let tight = Limits {
        cpu: Duration::from_millis(300),
        ..Limits::run()
    };
    let [spun, waited] = cell()
        .converse([(&spin, &tight), (&wait, &Limits::run())])
        .unwrap();
    assert_eq!(spun.ending, Ending::CpuLimit);
    assert_eq!(
        (waited.ending, text(&waited).as_str()),
        (Ending::Exited(0), "b''\n")
    );
    let short = Limits {
        wall: Duration::from_millis(200),
        ..Limits::run()
    };
    let both = cell().converse([(&wait, &short), (&wait, &short)]).unwrap();
    assert!(
        both.iter().any(|one| one.ending == Ending::WallLimit),
        "{both:?}"
    );
}

#[test]
fn neither_sees_the_files_or_processes_of_the_other() {
    let writes =
        "open('mine', 'w').write('secret')\npeer.sendall(b'%d' % os.getpid())\npeer.recv(1)\n";
    let looks = "pid = int(peer.recv(9))\nprint(os.listdir('/box'), os.listdir('/tmp'))\n\
                 assert (pid, os.getpid()) == (2, 2)\n\
                 print([p for p in range(3, 3000) if alive(p)])\npeer.send(b'x')\n";
    let alive = "def alive(p):\n    try: os.kill(p, 0)\n    except ProcessLookupError: return False\n    except PermissionError: pass\n    return True\n";
    let outcomes = converse(writes, &[alive, looks].concat());
    clean(&outcomes);
    assert_eq!(text(&outcomes[1]), "['main.py'] ['main.py']\n[]\n");
}

#[test]
fn the_connection_leads_to_the_other_program_and_to_nobody_else() {
    let looks = "import struct\n\
                 pid, uid, gid = struct.unpack('3i', peer.getsockopt(1, 17, 12))\n\
                 print(pid, repr(peer.getsockname()), repr(peer.getpeername()))\n\
                 for option in (77,):\n    try: print(peer.getsockopt(1, option))\n    except PermissionError: print('denied')\n\
                 try: peer.setsockopt(1, 76, 1)\nexcept PermissionError: print('denied')\n";
    let outcomes = converse(looks, "peer.recv(1)\n");
    clean(&outcomes);
    assert_eq!(text(&outcomes[0]), "0 '' ''\ndenied\ndenied\n");
}

#[test]
fn a_program_alone_has_no_fourth_descriptor() {
    let alone = File {
        name: "main.py".to_owned(),
        bytes: b"import os\ntry: os.fstat(3)\nexcept OSError as error: print(error.errno)\n"
            .to_vec(),
        mode: Mode::Plain,
    };
    let outcome = cell()
        .execute(&python().run(alone), &Limits::run())
        .unwrap();
    assert_eq!(text(&outcome), "9\n");
}

#[test]
fn a_fault_of_one_is_a_fault_of_the_call_and_leaves_nothing() {
    let (waits, limits) = (script("peer.recv(1)\n"), Limits::run());
    let absent = Program::new(["/usr/bin/no-such-program"]);
    for pair in [[&waits, &absent], [&absent, &waits]] {
        let answer = cell().converse(pair.map(|one| (one, &limits)));
        assert!(matches!(answer, Err(Fault::Missing { .. })), "{answer:?}");
    }
    let wrong = Program::new(["relative"]);
    let answer = cell().converse([&waits, &wrong].map(|one| (one, &limits)));
    assert!(matches!(answer, Err(Fault::Program { .. })), "{answer:?}");
}
