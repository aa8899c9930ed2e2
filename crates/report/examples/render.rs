//! Makes the report of a run folder: `cargo run --release -p report --example render -- RUN OUT`.
//!
//! Prints the scorecard and writes every file of the report into OUT.

#![allow(clippy::print_stdout, reason = "an example speaks to its terminal")]

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(run), Some(out)) = (words.next(), words.next()) else {
        return Err("usage: render RUN_FOLDER OUT_FOLDER".into());
    };
    let run = ledger::read(&run)?;
    print!(
        "{}",
        report::scorecard_text(&report::Scorecard::of(&run), 80, report::Colour::Never)
    );
    std::fs::create_dir_all(&out)?;
    for (name, bytes) in report::files(&run)? {
        std::fs::write(out.join(name), bytes)?;
    }
    Ok(())
}
