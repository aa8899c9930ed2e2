//! What a C++ program costs from text to judgement, the slow and the fast way in turns.
//!
//! `cargo bench -p sandbox --bench compile [-- ROUNDS]`; each round verifies one program of each kind each
//! way, on two workers: compile, link, run, compare, all boxed. Programs differ in every round. CPU time
//! is the kernel's book of the boxed trees; it holds on a busy machine, programs per second do not.
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark: it reads the clock and starts a bare process to compare with"
)]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sandbox::toolchain::{self, Toolchain, Workshop, settled};
use sandbox::{Cell, Ending, Limits, Program, Sandbox};

const BODY: &str = "using namespace std;
int main() {
    int n; cin >> n;
    vector<int> v(n);
    for (auto& x : v) cin >> x;
    sort(v.begin(), v.end());
    string s;
    for (int x : v) s += to_string(x + SALT) + \" \";
    cout << s << endl;
}
";
const KINDS: [(&str, &str, &str); 3] = [
    (
        "hello",
        "#include <iostream>\n",
        "int main() { int a, b, c, d; std::cin >> a >> b >> c >> d; std::cout << c + SALT << ' ' << d + SALT << ' ' << b + SALT << \" \\n\"; }\n",
    ),
    (
        "io",
        "#include <iostream>\n#include <vector>\n#include <algorithm>\n#include <string>\n",
        BODY,
    ),
    ("bits", "#include <bits/stdc++.h>\n", BODY),
];

struct Verifier<'a> {
    tool: &'a Toolchain,
    workshop: &'a Workshop,
    cell: &'a Cell,
}

/// What one verification took.
struct Cost {
    cpu_ms: f64,
    wall_ms: f64,
}

/// One program of a kind, another in each round, and what it prints.
fn program(kind: usize, salt: usize) -> (String, String) {
    let (_, head, body) = KINDS[kind];
    let text = format!("{head}{}", body.replace("SALT", &salt.to_string()));
    (text, [1, 2, 3].map(|n| (n + salt).to_string()).join(" "))
}

impl Verifier<'_> {
    /// Verifies one program: milliseconds of CPU time and on the wall.
    fn verify(&self, kind: usize, salt: usize, fast: bool) -> Result<Cost, Box<dyn Error>> {
        let start = Instant::now();
        let (source, expected) = program(kind, salt);
        let step = match fast {
            true => self
                .workshop
                .compile(&source, self.cell)
                .ok_or("no fast way")?,
            false => self.tool.compile(&source),
        };
        let patient = |limits| Limits {
            wall: Duration::from_secs(300),
            cpu: Duration::from_secs(60),
            ..limits
        };
        let compiled = self
            .cell
            .execute(&step, &patient(self.tool.compile_limits()))?;
        if fast && !settled(&compiled) {
            return Err("the fast way did not settle it".into());
        }
        let mut cpu_ns = compiled.cpu_ns;
        let mut run = self.tool.run(
            self.tool
                .built(compiled, &source)
                .ok_or("it does not compile")?,
        );
        run.stdin = b"3\n3 1 2\n".to_vec();
        let ran = self.cell.execute(&run, &patient(self.tool.run_limits()))?;
        cpu_ns += ran.cpu_ns;
        let is_right = ran.ending == Ending::Exited(0)
            && String::from_utf8_lossy(&ran.stdout.bytes).trim() == expected;
        match is_right {
            true => Ok(Cost {
                cpu_ms: cpu_ns as f64 / 1e6,
                wall_ms: start.elapsed().as_secs_f64() * 1e3,
            }),
            false => Err(format!("{} is judged wrong", KINDS[kind].0).into()),
        }
    }

    /// Verifies `n` programs of a kind on two workers: the cost of each, seconds for all.
    fn batch(&self, kind: usize, first: usize, n: usize, fast: bool) -> (Vec<Cost>, f64) {
        let (next, costs) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for at in std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed))
                        .take_while(|&at| at < n)
                    {
                        let (kind, salt) = (kind, first + at);
                        let cost = self.verify(kind, salt, fast).expect("each is right");
                        costs
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(cost);
                    }
                });
            }
        });
        let seconds = start.elapsed().as_secs_f64();
        let costs = costs.into_inner().unwrap_or_else(PoisonError::into_inner);
        (costs, seconds)
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds that a box adds to the start of a program; the tenth part of the starts that was
/// quickest tells, since a busy machine makes the others wait.
fn box_ms(cell: &Cell) -> Result<f64, Box<dyn Error>> {
    let program = Program::new(["/bin/true"]);
    let (mut boxed, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let start = Instant::now();
        cell.execute(&program, &Limits::run())?;
        boxed.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        Command::new("/bin/true").stdin(Stdio::null()).status()?;
        bare.push(start.elapsed().as_secs_f64() * 1e3);
    }
    boxed.sort_by(f64::total_cmp);
    bare.sort_by(f64::total_cmp);
    Ok(boxed[20] - bare[20])
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args()
        .find_map(|word| word.parse().ok())
        .unwrap_or(6);
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&cache)?;
    let tool = toolchain::find_named("g++")?;
    let workshop = Workshop::open(&tool, &cache.canonicalize()?)?.ok_or("g++ has a fast way")?;
    let cell = Cell::with_readable(&[workshop.readable(), tool.readable.clone()].concat())?;
    let verifier = Verifier {
        tool: &tool,
        workshop: &workshop,
        cell: &cell,
    };
    println!(
        "{} · {rounds} rounds of 2 programs · 2 workers",
        tool.version
    );
    let added_ms = box_ms(&cell)?;
    println!("kind   way   CPU ms (median)  programs/s   times");
    for (kind, (name, ..)) in KINDS.iter().enumerate() {
        // The lists are made beforehand: seen twice.
        workshop.compile(&program(kind, 0).0, &cell);
        workshop.compile(&program(kind, 1).0, &cell);
        let mut taken = [(Vec::new(), 0.0), (Vec::new(), 0.0)];
        for round in 0..rounds {
            for (way, (costs, seconds)) in taken.iter_mut().enumerate() {
                let (more, took) = verifier.batch(kind, 10 + 2 * round, 2, way == 1);
                costs.extend(more);
                *seconds += took;
            }
        }
        let shortest = taken[1]
            .0
            .iter()
            .map(|cost| cost.wall_ms)
            .fold(f64::INFINITY, f64::min);
        let [slow, fast] = taken.map(|(costs, seconds)| {
            let mut cpu: Vec<f64> = costs.iter().map(|cost| cost.cpu_ms).collect();
            (median(&mut cpu), costs.len() as f64 / seconds)
        });
        println!("{name:6} slow  {:15.1}  {:10.2}", slow.0, slow.1);
        println!(
            "{name:6} fast  {:15.1}  {:10.2}   {:.2}",
            fast.0,
            fast.1,
            slow.0 / fast.0
        );
        let share = 200.0 * added_ms / shortest;
        println!(
            "{name:6} two boxes: {:.2} ms of {shortest:.0} ms on the wall, {share:.1} %",
            2.0 * added_ms
        );
    }
    Ok(())
}
