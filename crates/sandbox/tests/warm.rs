//! A program that is forked from a warm interpreter comes to the same end as one that is executed.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test of the crate that starts programs"
)]

use std::sync::OnceLock;
use std::time::Duration;

use sandbox::toolchain::{self, Language, Toolchain};
use sandbox::{
    Captured, Cell, Ending, File, Fittings, Limits, Mode, Outcome, Program, Sandbox, Warm,
};

fn python() -> &'static Toolchain {
    static PYTHON: OnceLock<Toolchain> = OnceLock::new();
    PYTHON.get_or_init(|| toolchain::find(Language::Python).unwrap())
}

fn file(name: &str, text: &str) -> File {
    File {
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
        mode: Mode::Plain,
    }
}

const HELPER: &str = "VALUE = 7\ndef where():\n    return __file__, __name__\n";

fn program(text: &str) -> Program {
    let mut program = python().run(file("main.py", text));
    program.files.push(file("helper.py", HELPER));
    program
}

fn warm() -> Warm {
    let mut argv = program("").argv;
    argv.pop();
    Warm {
        argv,
        modules: vec![file("helper.py", HELPER)],
        imports: ["json", "re", "random", "threading", "no_such_module"]
            .map(str::to_owned)
            .to_vec(),
    }
}

fn cell() -> &'static Cell {
    static CELL: OnceLock<Cell> = OnceLock::new();
    CELL.get_or_init(|| {
        Cell::with(Fittings {
            readable: python().readable.clone(),
            warm: vec![warm()],
        })
        .unwrap()
    })
}

fn run(program: &Program, is_warm: bool, limits: &Limits) -> Outcome {
    let program = Program {
        warm: is_warm,
        ..program.clone()
    };
    let outcome = cell().execute(&program, limits).unwrap();
    assert_eq!(outcome.warm, is_warm, "{outcome:?}");
    outcome
}

fn text(stream: &Captured) -> String {
    String::from_utf8_lossy(&stream.bytes).into_owned()
}

/// Programs whose whole outcome must be the same.
const TABLE: &[&str] = &[
    "",
    "print('hello')",
    "import sys\nsys.stdout.write('no newline')",
    "import sys\nsys.exit()",
    "import sys\nsys.exit(3)",
    "import sys\nsys.exit('a word')",
    "raise SystemExit(True)",
    "import os\nprint('lost')\nos._exit(4)",
    "1/0",
    "def f(n):\n    if n == 0: raise ValueError('deep')\n    f(n - 1)\nf(3)",
    "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e",
    "try:\n    1/0\nexcept ZeroDivisionError:\n    raise KeyError('x')",
    "def f(:\n",
    "x = 'unclosed\n",
    "  indented = 1\n",
    "raise KeyboardInterrupt",
    "import atexit\natexit.register(print, 'bye')\nprint('work')",
    "import atexit\natexit.register(print, 'bye')\n1/0",
    "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()\nprint('main')",
    "import threading\ndef boom(): raise RuntimeError('in a thread')\nt = threading.Thread(target=boom, name='T')\nt.start()\nt.join()",
    "print(__name__, __file__, __doc__, __spec__, __package__, type(__loader__).__name__, __cached__ if '__cached__' in globals() else None)",
    "print(list(globals()))",
    "import __main__\nprint(__main__.__dict__ is globals())",
    "import sys\nprint(sys.argv, sys.orig_argv, sys.path, sys.flags, sys.executable, sys.getrecursionlimit())",
    "import sys\nfor s in (sys.stdin, sys.stdout, sys.stderr):\n    print(repr(s), s.encoding, s.errors, s.line_buffering, s.write_through, s.buffer.raw, s.isatty(), s.closed)",
    "import sys\nprint(sys.__stdout__ is sys.stdout, sys.__stdin__ is sys.stdin, sys.__stderr__ is sys.stderr)",
    "import os\nprint(sorted(os.environ.items()), os.getcwd(), sorted(os.listdir('.')), os.getpid(), os.getuid())",
    "import os\nprint(os.getsid(0), os.getpgid(0), os.umask(0), os.getgroups())",
    "import os\nfor n in range(20):\n    try: os.fstat(n); print(n)\n    except OSError: pass",
    "import resource\nfor n in range(16):\n    if n != 4: print(n, resource.getrlimit(n))",
    "import signal\nprint([(int(s), str(signal.getsignal(s))) for s in sorted(signal.valid_signals())], signal.pthread_sigmask(0, []))",
    "import helper\nprint(helper.VALUE, helper.where(), helper.__spec__.origin)",
    "import helper\nhelper.VALUE = 8\nimport importlib\nprint(importlib.reload(helper).VALUE)",
    "print({'a', 'b', 'c', 'd', 'e', 'f'}, hash('word'))",
    "import random\nrandom.seed(5)\nprint(random.random())",
    "import os\npid = os.fork()\nif pid == 0:\n    print('child', os.getppid(), flush=True)\n    os._exit(0)\nprint(os.waitpid(pid, 0)[1])",
    "import os\nif os.fork() == 0:\n    import time\n    time.sleep(100)\nprint('left a child')",
    "import subprocess\nprint(subprocess.run(['/bin/echo', 'sub'], capture_output=True).stdout)",
    "open('made', 'w').write('x')\nimport made_not",
    "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "import os\nos.abort()",
    "import ctypes\nctypes.string_at(0)",
    "print(input(), input())",
    "import sys\nprint(repr(sys.stdin.read()))",
    "import sys\nprint(sys.stdin.buffer.read())",
    "print(open('/dev/null').read(), 'ä', '\\udcff'.encode('utf-8', 'surrogateescape'))",
    "import sys\nsys.stdout.buffer.write(b'\\xff\\x00')\nprint('\\udcfe')",
    "import os\nos.close(1)\nprint('to nobody')",
    "import sys\nsys.excepthook = lambda *a: print('hooked', a[0])\n1/0",
    "import sys\ndef hook(*a): raise TypeError('hook')\nsys.excepthook = hook\n1/0",
    "class A:\n    def __del__(self): print('gone')\na = A()",
    "import sys\nprint('before')\nprint('err', file=sys.stderr)\nprint('after')",
    "from __future__ import annotations\ndef f(x: nothing): pass\nprint(f.__annotations__)",
    "# -*- coding: latin-1 -*-\nprint('plain')",
    "\u{feff}print('mark')",
    "import os\nfor call in (os.setuid, os.setgid):\n    try: call(0); print('may')\n    except OSError as e: print(e)",
    "import os\nfor path in ('/', '/usr', '/etc', '/dev'):\n    try: open(path + '/x', 'w'); print('may')\n    except OSError as e: print(e)",
    "import socket\nfor family in (socket.AF_INET, socket.AF_INET6):\n    try: socket.socket(family); print('may')\n    except OSError as e: print(e)",
    "print(sum(i * i for i in range(1000)))\nassert False, 'message'",
];

#[test]
fn every_program_of_the_table_ends_as_it_does_when_executed() {
    for text_of in TABLE {
        let mut program = program(text_of);
        program.stdin = b"one\r\ntwo\n".to_vec();
        program.collect = vec!["made".to_owned()];
        let limits = Limits::run();
        let (cold, forked) = (run(&program, false, &limits), run(&program, true, &limits));
        assert_eq!(
            cold.ending, forked.ending,
            "{text_of}\n{cold:?}\n{forked:?}"
        );
        assert_eq!(text(&cold.stdout), text(&forked.stdout), "{text_of}");
        assert_eq!(text(&cold.stderr), text(&forked.stderr), "{text_of}");
        assert_eq!(cold.collected, forked.collected, "{text_of}");
    }
}

/// The driver's own two frames count, so the depth differs by them and nothing else does.
#[test]
fn endless_recursion_ends_in_the_same_words() {
    let endless = program("def f(): return f()\nf()");
    let last = |is_warm| {
        let outcome = run(&endless, is_warm, &Limits::run());
        let said = text(&outcome.stderr);
        (outcome.ending, said.lines().last().map(str::to_owned))
    };
    assert_eq!(last(false), last(true));
}

#[test]
fn limits_are_the_same_for_a_fork() {
    let tight = Limits {
        cpu: Duration::from_millis(300),
        memory_bytes: 64 << 20,
        wall: Duration::from_secs(5),
        ..Limits::run()
    };
    // What it takes to touch so many pages for the first time depends on the machine.
    let roomy = Limits {
        cpu: Duration::from_secs(3),
        ..tight.clone()
    };
    let short = Limits {
        wall: Duration::from_millis(200),
        ..tight.clone()
    };
    for (text_of, limits, ending) in [
        ("while True: pass", &tight, Ending::CpuLimit),
        (
            "import os\nfor _ in range(3): os.fork()\nwhile True: pass",
            &tight,
            Ending::CpuLimit,
        ),
        (
            "b = bytearray(200 << 20)\nfor i in range(0, len(b), 4096): b[i] = 1\nwhile True: pass",
            &roomy,
            Ending::MemoryLimit,
        ),
        ("import time\ntime.sleep(60)", &short, Ending::WallLimit),
        (
            "while True: print('x' * 60000)",
            &Limits::run(),
            Ending::OutputLimit,
        ),
        (
            "import os\nos.write(os.open('f', 65), b'x' * (17 << 20))\nos.write(1, b'')\nimport signal\nsignal.signal(25, signal.SIG_DFL)\nos.pwrite(os.open('f', 1), b'x', 17 << 20)",
            &Limits::run(),
            Ending::FileLimit,
        ),
    ] {
        for is_warm in [false, true] {
            let outcome = run(&program(text_of), is_warm, limits);
            assert_eq!(outcome.ending, ending, "{text_of} {is_warm}: {outcome:?}");
        }
    }
}

#[test]
fn as_many_processes_can_be_made_by_a_fork() {
    let bomb = "import os, time\nn = 0\ntry:\n    while True:\n        if os.fork() == 0:\n            time.sleep(60)\n        n += 1\nexcept OSError:\n    print(n)";
    for is_warm in [true, false] {
        assert_eq!(
            text(&run(&program(bomb), is_warm, &Limits::run()).stdout),
            "15\n"
        );
    }
}

#[test]
fn nothing_of_a_run_is_seen_by_the_next() {
    let leaves = "import builtins, sys, json, os, helper\nbuiltins.mark = sys.mark = json.mark = helper.mark = 1\n\
                  open('/tmp/left', 'w').write('x')\nos.environ['LEFT'] = 'x'\nsys.setrecursionlimit(77)";
    let looks = "import builtins, sys, json, os, helper\n\
                 print([hasattr(m, 'mark') for m in (builtins, sys, json, helper)], os.path.exists('/tmp/left'), 'LEFT' in os.environ, sys.getrecursionlimit())";
    for _ in 0..3 {
        run(&program(leaves), true, &Limits::run());
        let outcome = run(&program(looks), true, &Limits::run());
        let expected = "[False, False, False, False] False False 1000\n";
        assert_eq!(text(&outcome.stdout), expected);
    }
}

#[test]
fn two_forks_do_not_share_their_chance() {
    let draws = "import random\nprint(random.random(), random.SystemRandom().random())";
    let first = run(&program(draws), true, &Limits::run());
    let second = run(&program(draws), true, &Limits::run());
    assert_ne!(text(&first.stdout), text(&second.stdout));
}

#[test]
fn a_fork_cannot_reach_the_interpreter_the_init_or_another_root() {
    let attacks = "import ctypes, os, signal\n\
        libc = ctypes.CDLL(None, use_errno=True)\n\
        def call(name, *words):\n    print(name, getattr(libc, name)(*words), ctypes.get_errno() if True else 0)\n\
        print(os.getppid())\n\
        call('ptrace', 16, 1, 0, 0)\n\
        call('umount2', b'/box', 2)\n\
        call('mount', b'x', b'/box', b'tmpfs', 0, None)\n\
        call('unshare', 0x10000000)\n\
        call('setns', 0, 0)\n\
        call('chroot', b'/')\n\
        call('prctl', 47, 2, 21, 0, 0)\n\
        call('capset', ctypes.create_string_buffer((0x20080522).to_bytes(8, 'little')), ctypes.create_string_buffer(b'\\xff' * 24))\n\
        print([p for p in range(3, 2000) if not os.path.exists('/proc') and alive(p)])\n";
    let alive = "import os\ndef alive(p):\n    try: os.kill(p, 0)\n    except ProcessLookupError: return False\n    except PermissionError: pass\n    return True\n";
    let outcome = run(&program(&[alive, attacks].concat()), true, &Limits::run());
    let said = text(&outcome.stdout);
    let denied: Vec<_> = said.lines().filter(|line| line.contains(" -1 ")).collect();
    assert_eq!(denied.len(), 8, "{said} {}", text(&outcome.stderr));
    assert!(said.ends_with("[]\n"), "{said}");
}

#[test]
fn what_is_not_the_interpreter_and_one_script_is_executed() {
    let mut others = vec![program("print(1)"); 4];
    others[0].argv.push("word".to_owned());
    others[1].argv.insert(1, "-O".to_owned());
    others[2].files[0].name = "other.py".to_owned();
    others[2].argv[4] = "/box/other.py".to_owned();
    others[3].profile = sandbox::Profile::Compile;
    for other in others {
        let asks = Program {
            warm: true,
            ..other
        };
        let outcome = cell().execute(&asks, &Limits::compile()).unwrap();
        assert_eq!(
            (outcome.warm, text(&outcome.stdout).as_str()),
            (false, "1\n")
        );
    }
}

#[test]
fn an_interpreter_that_cannot_be_had_is_done_without() {
    let broken = Warm {
        modules: vec![file("broken.py", "raise RuntimeError('no')")],
        ..warm()
    };
    let absent = Warm {
        argv: vec!["/usr/bin/no-such-python".to_owned()],
        ..warm()
    };
    let cell = Cell::with(Fittings {
        readable: python().readable.clone(),
        warm: vec![absent, broken],
    })
    .unwrap();
    let asks = Program {
        warm: true,
        ..program("print(1)")
    };
    for _ in 0..2 {
        let outcome = cell.execute(&asks, &Limits::run()).unwrap();
        assert_eq!(
            (outcome.warm, text(&outcome.stdout).as_str()),
            (false, "1\n")
        );
    }
}

#[test]
fn forks_converse_and_an_end_is_an_end_of_file() {
    let asks = "import socket\npeer = socket.socket(fileno=3)\nfor n in range(50):\n    peer.sendall(b'%d\\n' % n)\n    assert peer.recv(9) == b'%d\\n' % n\nprint('done')";
    let echoes = "import socket\npeer = socket.socket(fileno=3)\nwhile True:\n    got = peer.recv(9)\n    if not got: break\n    peer.sendall(got)\nprint('end')";
    let both = [asks, echoes].map(|text| Program {
        warm: true,
        ..program(text)
    });
    let limits = Limits::run();
    for _ in 0..3 {
        let [one, other] = cell()
            .converse([(&both[0], &limits), (&both[1], &limits)])
            .unwrap();
        assert!(one.warm && other.warm);
        assert_eq!(text(&one.stdout), "done\n", "{one:?}");
        assert_eq!(text(&other.stdout), "end\n", "{other:?}");
    }
}
