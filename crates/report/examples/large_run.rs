//! Writes the folder of a run of many answers: `cargo run --release -p report --example large_run -- RUNS N`.
//!
//! For `benches/large-report.sh`; prints the folder's path.

#![allow(clippy::print_stdout, reason = "an example speaks to its terminal")]
#![allow(clippy::unwrap_used, reason = "the fixture is one of tests")]

#[allow(dead_code, reason = "the tests use all of it")]
#[path = "../tests/fixture/mod.rs"]
mod fixture;
#[path = "../tests/fixture/large.rs"]
mod large;

use std::error::Error;
use std::path::PathBuf;

use ledger::RunFolder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(runs), Some(n)) = (words.next(), words.next()) else {
        return Err("usage: large_run RUNS_FOLDER N_ANSWERS".into());
    };
    let run = large::run(n.parse()?);
    let mut folder = RunFolder::create(&PathBuf::from(runs), &run.header)?;
    for attempt in &run.attempts {
        folder.append_attempt(attempt)?;
    }
    for verdict in &run.verdicts {
        folder.append_verdict(verdict)?;
    }
    println!("{}", folder.path().display());
    Ok(())
}
