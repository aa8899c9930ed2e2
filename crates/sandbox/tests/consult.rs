//! A program that stays in its box answers one question after another, each with its own limits.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test of the crate that starts programs"
)]

use std::sync::OnceLock;
use std::time::Duration;

use sandbox::toolchain::{self, Language, Toolchain};
use sandbox::{Cell, Ending, File, Fittings, Limits, Mode, Outcome, Program, Sandbox, Tier, Warm};

fn python() -> &'static Toolchain {
    static PYTHON: OnceLock<Toolchain> = OnceLock::new();
    PYTHON.get_or_init(|| toolchain::find(Language::Python).unwrap())
}

fn script(text: &str) -> Program {
    let mut program = python().run(File {
        name: "main.py".to_owned(),
        bytes: text.as_bytes().to_vec(),
        mode: Mode::Plain,
    });
    program.warm = true;
    program
}

fn fittings() -> Fittings {
    let mut argv = script("").argv;
    argv.pop();
    Fittings {
        readable: python().readable.clone(),
        warm: vec![Warm {
            argv,
            modules: Vec::new(),
            imports: vec!["socket".to_owned()],
        }],
    }
}

/// A cell of its own for each test: how often a resident was asked shows in what it says.
fn cell() -> Cell {
    Cell::with(fittings()).unwrap()
}

/// Does what it is told and says which question it was, and what the asker wrote.
const RESIDENT: &str = "import os, socket, sys, time
line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, os.dup(3))
count = 0
while True:
    question, ancillary, _, _ = line.recvmsg(1 << 17, socket.CMSG_SPACE(4))
    if not question: os._exit(0)
    peer = int.from_bytes(ancillary[0][2][:4], sys.byteorder)
    count += 1
    told = question[:9]
    if told == b'dies': os._exit(0)
    if told == b'spins':
        while True: pass
    if told == b'sleeps': time.sleep(100)
    if told == b'works':
        until = time.process_time() + 0.3
        while time.process_time() < until: pass
    if told == b'grows': kept = b'x' * (40 << 20)
    if told == b'babbles': os.write(line.fileno(), b'what?')
    if told == b'two parts': os.write(line.fileno(), b'+first ')
    heard = b'' if told == b'hangs up' else os.read(peer, 100)
    os.close(peer)
    os.write(line.fileno(), b'.%d ' % count + heard)
    if told == b'leaves': os._exit(0)
";
const ASKER: &str = "import os\nos.write(3, b'hello')\nos.read(3, 1)\n";

fn limits() -> Limits {
    Limits {
        cpu: Duration::from_millis(800),
        wall: Duration::from_secs(5),
        ..Limits::run()
    }
}

fn ask_for(cell: &Cell, asker: &str, question: &str) -> Option<[Outcome; 2]> {
    let (asker, resident) = (script(asker), script(RESIDENT));
    let limits = limits();
    cell.consult((&asker, &limits), (&resident, &limits), question.as_bytes())
        .unwrap()
}

/// What the resident answered; nothing if it did not.
fn ask(cell: &Cell, question: &str) -> Option<String> {
    let [asker, resident] = ask_for(cell, ASKER, question)?;
    assert!(asker.ending.is_clean() && resident.ending.is_clean());
    assert!(asker.warm && resident.warm, "{asker:?} {resident:?}");
    Some(String::from_utf8(resident.stdout.bytes).unwrap())
}

fn answer(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_resident_stays_for_the_next_question_and_hears_each_asker_alone() {
    let cell = cell();
    for count in 1..=5 {
        let question = if count == 3 { "two parts" } else { "read" };
        let first = if count == 3 { "first " } else { "" };
        assert_eq!(
            ask(&cell, question),
            answer(&format!("{first}{count} hello"))
        );
    }
    cell.retire();
    assert_eq!(ask(&cell, "read"), answer("1 hello"));
}

#[test]
fn two_who_ask_at_once_have_a_resident_each() {
    let cell = cell();
    let counts = std::thread::scope(|scope| {
        let asks = || {
            (0..5)
                .map(|_| ask(&cell, "read").unwrap())
                .collect::<Vec<_>>()
        };
        let [one, other] = [(); 2].map(|()| scope.spawn(asks));
        [one.join().unwrap(), other.join().unwrap()]
    });
    // Each of ten questions was counted by one of at most two.
    let of_first = counts.iter().flatten().filter(|said| *said == "1 hello");
    assert!((1..=2).contains(&of_first.count()), "{counts:?}");
}

#[test]
fn whoever_does_not_answer_is_replaced() {
    let cell = cell();
    assert_eq!(ask(&cell, "read"), answer("1 hello"));
    for gone in ["dies", "spins", "sleeps", "babbles"] {
        assert_eq!(ask_for(&cell, ASKER, gone), None, "{gone}");
        assert_eq!(ask(&cell, "read"), answer("1 hello"), "after {gone}");
        assert_eq!(ask(&cell, "read"), answer("2 hello"), "after {gone}");
    }
}

#[test]
fn whoever_answers_and_leaves_or_grows_is_not_asked_again() {
    let cell = cell();
    assert_eq!(ask(&cell, "read"), answer("1 hello"));
    assert_eq!(ask(&cell, "grows"), answer("2 hello"));
    assert_eq!(ask(&cell, "read"), answer("1 hello"));
    assert_eq!(ask(&cell, "leaves"), answer("2 hello"));
    // Whoever is quicker than its end finds nobody to answer.
    let next = ask(&cell, "read");
    assert!(next.is_none() || next == answer("1 hello"), "{next:?}");
}

#[test]
fn each_question_has_its_own_time_and_its_own_book() {
    let cell = cell();
    let mut answers = Vec::new();
    // Together far more than one may use.
    for _ in 0..9 {
        let [_, resident] = ask_for(&cell, ASKER, "works").unwrap();
        let used = Duration::from_nanos(resident.cpu_ns);
        assert!(used >= Duration::from_millis(280), "{used:?}");
        assert!(used < Duration::from_millis(700), "{used:?}");
        assert!(resident.wall_ns >= resident.cpu_ns / 2);
        answers.push(String::from_utf8(resident.stdout.bytes).unwrap());
    }
    // It was replaced in between, when it had used enough.
    assert_eq!(answers[1], "2 hello");
    assert!(answers[2..].contains(&"1 hello".to_owned()), "{answers:?}");
}

#[test]
fn a_limit_of_the_asker_is_told_beside_the_answer() {
    let cell = cell();
    let [asker, resident] = ask_for(&cell, "while True: pass", "hangs up").unwrap();
    assert_eq!(asker.ending, Ending::CpuLimit);
    assert_eq!(resident.stdout.bytes, b"1 ");
    let [asker, resident] = ask_for(&cell, "import os\nos._exit(3)", "read").unwrap();
    assert_eq!(asker.ending, Ending::Exited(3));
    assert_eq!(resident.stdout.bytes, b"2 ");
}

#[test]
fn an_asker_has_its_end_of_the_connection_and_nothing_of_the_line() {
    let cell = cell();
    let looks = "import os, socket
def is_open(n):
    try: return bool(os.fstat(n))
    except OSError: return False
found = [n for n in range(3, 64) if is_open(n)]
peer = socket.socket(fileno=3)
os.write(3, b'%s %d' % (repr(found).encode(), peer.type))
";
    let [_, resident] = ask_for(&cell, looks, "read").unwrap();
    assert_eq!(resident.stdout.bytes, b"1 [3] 1");
}

#[test]
fn a_question_that_is_too_long_and_a_box_without_walls_are_for_a_pair() {
    let cell = cell();
    assert_eq!(ask_for(&cell, ASKER, &"x".repeat(65_537)), None);
    if let Ok(unwalled) = Cell::at(Tier::T2, fittings()) {
        assert_eq!(ask_for(&unwalled, ASKER, "read"), None);
    }
}

#[test]
fn where_no_question_is_ever_answered_no_more_are_asked() {
    let cell = cell();
    for _ in 0..8 {
        assert_eq!(ask_for(&cell, ASKER, "dies"), None);
    }
    assert_eq!(ask(&cell, "read"), None);
}
