//! Brings one model of the catalogue into the cache, from the command line:
//! `cargo run --release -p hub --example pull -- smollm2-135m`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

use std::sync::atomic::AtomicBool;

use hub::{Cache, Offline, Progress, Sources};

/// Prints stages and every tenth of the file.
struct Lines {
    tenth: u64,
}

impl Progress for Lines {
    fn stage(&mut self, text: &str) {
        eprintln!("{text}");
    }

    fn bytes(&mut self, done: u64, total: u64) {
        let tenth = done * 10 / total.max(1);
        if tenth != self.tenth {
            self.tenth = tenth;
            eprintln!("  {done} of {total} bytes");
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("give the name of a model")?;
    let entry = hub::find(&name)?;
    let (cache, sources) = (Cache::from_env()?, Sources::from_env(Offline::No));
    let stop = AtomicBool::new(false);
    match hub::pull(entry, &cache, &sources, &mut Lines { tenth: 0 }, &stop) {
        Ok(path) => println!("{}", path.display()),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
    Ok(())
}
