//! What one boxed run costs, beside the bare start of the same program.
//!
//! `cargo run --release -p sandbox --example spawn_cost [RUNS] [MIB]`; MIB megabytes of written memory are
//! held by the supervisor after the cell was opened, to show that its size does not matter.
#![allow(
    clippy::disallowed_methods,
    reason = "an example that measures: it reads the clock and starts a bare process to compare with"
)]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::process::{Command, Stdio};
use std::time::Instant;

use sandbox::{Cell, Limits, Program, Sandbox};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let runs: usize = words.next().map_or(Ok(300), |word| word.parse())?;
    let mib: usize = words.next().map_or(Ok(0), |word| word.parse())?;
    let cell = Cell::open()?;
    let ballast = vec![1_u8; mib << 20];
    let program = Program::new(["/bin/true"]);
    let boxed = times(runs, || {
        cell.execute(&program, &Limits::run())
            .map(drop)
            .map_err(Into::into)
    })?;
    let bare = times(runs, || {
        Command::new("/bin/true")
            .stdin(Stdio::null())
            .status()
            .map(drop)
            .map_err(Into::into)
    })?;
    println!(
        "n = {runs} each, {mib} MiB held by the supervisor ({})",
        ballast.len()
    );
    println!(
        "boxed  p10 {:>7.0} us  p50 {:>7.0} us",
        boxed[runs / 10],
        boxed[runs / 2]
    );
    println!(
        "bare   p10 {:>7.0} us  p50 {:>7.0} us",
        bare[runs / 10],
        bare[runs / 2]
    );
    Ok(())
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Microseconds of each run, sorted.
fn times(
    runs: usize,
    mut once: impl FnMut() -> Outcome,
) -> Result<Vec<f64>, Box<dyn std::error::Error>> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        once()?;
        times.push(start.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}
