//! What a boxed run costs, beside the bare start of the same program and beside a box made anew each time.
//!
//! `cargo bench -p sandbox --bench spawn [-- ROUNDS [checks]]`; the word leaves out all but the checks by interpreters.
//! The ways take turns within each round, so that a busy moment of the machine meets all of them. Nothing here is
//! asserted: times of a shared machine are read by a person.
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark: it reads the clock and starts a bare process to compare with"
)]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sandbox::toolchain::{self, Language};
use sandbox::{Cell, Ending, File, Fittings, Limits, Mode, Program, Sandbox, Warm};

type Done<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Done<()> {
    let rounds = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(500);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spawn");
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let noop = no_op(&folder)?;
    let cell = Cell::with(Fittings {
        readable: vec![folder],
        ..Fittings::default()
    })?;
    println!("load before: {}", load());
    if !std::env::args().any(|word| word == "checks") {
        spawns(&cell, &noop, rounds)?;
        rates(&cell, &noop)?;
        kills(&cell, rounds.min(100))?;
    }
    checks(rounds)?;
    println!("load after: {}", load());
    Ok(())
}

/// One way of doing something, and how long each try took.
struct Way<'a> {
    name: &'static str,
    does: Box<dyn FnMut() -> Done<()> + 'a>,
    times: Vec<Duration>,
}

impl<'a> Way<'a> {
    fn new(name: &'static str, does: impl FnMut() -> Done<()> + 'a) -> Self {
        Self {
            name,
            does: Box::new(does),
            times: Vec::new(),
        }
    }
}

/// Lets the ways take turns.
fn take_turns(ways: &mut [Way<'_>], rounds: usize) -> Done<()> {
    for _ in 0..rounds {
        for way in &mut *ways {
            let start = Instant::now();
            (way.does)()?;
            way.times.push(start.elapsed());
        }
    }
    Ok(())
}

fn row(name: &str, times: &mut [Duration]) -> f64 {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e6;
    println!(
        "{name:<34} n {:>5}  min {:>7.0}  p10 {:>7.0}  p50 {:>7.0}  p99 {:>7.0} us",
        times.len(),
        at(0.0),
        at(0.1),
        at(0.5),
        at(0.99)
    );
    at(0.5)
}

fn spawns(cell: &Cell, noop: &Path, rounds: usize) -> Done<()> {
    let program = Program::new([noop.to_string_lossy()]);
    let boxed = || expect(cell, &program, &Limits::run(), Ending::Exited(0)).map(drop);
    boxed()?;
    let mut ways = [
        Way::new("bare start", || bare(noop)),
        Way::new("pooled box", boxed),
    ];
    take_turns(&mut ways, rounds)?;
    let [mut bare_way, mut pooled] = ways;
    let plain = row(bare_way.name, &mut bare_way.times);
    let inside = row(pooled.name, &mut pooled.times);
    drop(pooled);
    let mut ways = [
        Way::new("bare start, beside the next", || bare(noop)),
        Way::new("box and cell made anew", || {
            cell.retire();
            expect(cell, &program, &Limits::run(), Ending::Exited(0)).map(drop)
        }),
    ];
    take_turns(&mut ways, rounds.min(200))?;
    for way in &mut ways {
        row(way.name, &mut way.times);
    }
    println!("pooled over bare, p50: {:.0} us", inside - plain);
    Ok(())
}

fn expect(cell: &Cell, program: &Program, limits: &Limits, ending: Ending) -> Done<u64> {
    let outcome = cell.execute(program, limits)?;
    if outcome.ending == ending {
        Ok(outcome.wall_ns)
    } else {
        Err(format!("ended with {} instead of {ending}", outcome.ending).into())
    }
}

fn bare(noop: &Path) -> Done<()> {
    let status = Command::new(noop)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    status.success().then_some(()).ok_or("not clean".into())
}

/// How often per second two workers get through something, `each` times each.
fn pace(each: usize, work: &(dyn Fn() -> bool + Sync)) -> Done<f64> {
    let start = Instant::now();
    let good = std::thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(|| (0..each).all(|_| work())));
        workers.into_iter().all(|one| one.join().unwrap_or(false))
    });
    let rate = 2.0 * each as f64 / start.elapsed().as_secs_f64();
    good.then_some(rate).ok_or("a run failed".into())
}

/// How many runs per second two workers get through.
fn rates(cell: &Cell, noop: &Path) -> Done<()> {
    let program = Program::new([noop.to_string_lossy()]);
    let bare = pace(500, &|| bare(noop).is_ok())?;
    let boxed = pace(500, &|| {
        expect(cell, &program, &Limits::run(), Ending::Exited(0)).is_ok()
    })?;
    println!("two workers: bare {bare:.0} per second, pooled {boxed:.0} per second");
    Ok(())
}

/// From the wall deadline of a sleeper to the verdict, when everything is reaped.
fn kills(cell: &Cell, rounds: usize) -> Done<()> {
    let limits = Limits {
        wall: Duration::from_millis(30),
        ..Limits::run()
    };
    let shell = "trap '' TERM; (sleep 100 &); (sleep 100 &); while :; do sleep 100; done";
    let sleeper = Program::new(["/bin/sh", "-c", shell]);
    let mut late = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let wall_ns = expect(cell, &sleeper, &limits, Ending::WallLimit)?;
        // What came before the program's start is not part of the kill.
        let after = start.elapsed().saturating_sub(limits.wall);
        let inside = Duration::from_nanos(wall_ns).saturating_sub(limits.wall);
        late.push(after.max(inside));
    }
    row("killed and reaped after deadline", &mut late);
    Ok(())
}

/// Solver and checker: they exchange five small messages, and the checker counts the answers.
const SOLVER: &str = "import socket
peer = socket.socket(fileno=3)
while True:
    got = peer.recv(64)
    if not got: break
    peer.sendall(b'%d' % (int(got) ** 2))
";
const CHECKER: &str = "import socket
peer = socket.socket(fileno=3)
for n in range(5):
    peer.sendall(b'%d' % n)
    assert peer.recv(64) == b'%d' % (n * n)
";
/// The naive way: both in one fresh interpreter without any box.
const NAIVE: &str = "def f(n): return n ** 2
for n in range(5): assert f(n) == n * n
";

/// Checks of a function per second: two conversing programs, forked and executed, and the naive way.
fn checks(rounds: usize) -> Done<()> {
    let Ok(python) = toolchain::find(Language::Python) else {
        println!("no Python here: no checks are measured");
        return Ok(());
    };
    let file = |text: &str| File {
        name: "main.py".to_owned(),
        bytes: text.as_bytes().to_vec(),
        mode: Mode::Plain,
    };
    let pair = [SOLVER, CHECKER].map(|text| python.run(file(text)));
    let mut argv = pair[0].argv.clone();
    argv.pop();
    let warm = Warm {
        argv: argv.clone(),
        modules: Vec::new(),
        imports: ["socket", "json", "re", "math"].map(str::to_owned).to_vec(),
    };
    let cell = Cell::with(Fittings {
        readable: python.readable.clone(),
        warm: vec![warm],
    })?;
    let check = |is_warm: bool| -> Done<()> {
        let pair = pair.clone().map(|program| Program {
            warm: is_warm,
            ..program
        });
        let limits = Limits::run();
        let ended = cell.converse([(&pair[0], &limits), (&pair[1], &limits)])?;
        let good = ended
            .iter()
            .all(|one| one.ending.is_clean() && one.warm == is_warm);
        good.then_some(())
            .ok_or_else(|| format!("{ended:?}").into())
    };
    let naive_check = || -> Done<()> {
        let status = Command::new(&argv[0])
            .args(["-c", NAIVE])
            .stdin(Stdio::null())
            .status()?;
        status.success().then_some(()).ok_or("not clean".into())
    };
    check(true)?;
    let mut ways = [
        Way::new("check: one naive interpreter", naive_check),
        Way::new("check: two boxes, executed", || check(false)),
        Way::new("check: two boxes, forked", || check(true)),
    ];
    take_turns(&mut ways, rounds.min(200))?;
    for way in &mut ways {
        row(way.name, &mut way.times);
    }
    let each = rounds.min(400);
    let naive = pace(each / 8, &|| naive_check().is_ok())?;
    let forked = pace(each, &|| check(true).is_ok())?;
    let again = pace(each / 8, &|| naive_check().is_ok())?;
    println!(
        "two workers: naive {naive:.0} and {again:.0} checks per second, forked {forked:.0} per second ({:.1} times)",
        forked / ((naive + again) / 2.0)
    );
    Ok(())
}

/// The smallest static program: it leaves with code 0.
fn no_op(folder: &Path) -> Done<PathBuf> {
    #[cfg(target_arch = "x86_64")]
    let (machine, code): (u16, &[u8]) = (62, &[0x31, 0xFF, 0xB8, 60, 0, 0, 0, 0x0F, 0x05]);
    #[cfg(target_arch = "aarch64")]
    let (machine, code): (u16, &[u8]) = (
        183,
        &[0, 0, 0x80, 0xD2, 0xA8, 0x0B, 0x80, 0xD2, 1, 0, 0, 0xD4],
    );
    const BASE: u64 = 0x40_0000;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
    file.extend(machine.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    file.extend([BASE + 120, 64, 0].map(u64::to_le_bytes).concat());
    file.extend(0_u32.to_le_bytes());
    file.extend([64_u16, 56, 1, 0, 0, 0].map(u16::to_le_bytes).concat());
    file.extend([1_u32, 5].map(u32::to_le_bytes).concat());
    let length = 120 + code.len() as u64;
    let segment = [0, BASE, BASE, length, length, 4096];
    file.extend(segment.map(u64::to_le_bytes).concat());
    file.extend(code);
    let path = folder.join("no-op");
    std::fs::write(&path, file)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg")
        .unwrap_or_default()
        .trim()
        .to_owned()
}
