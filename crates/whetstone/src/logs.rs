//! The program's log: a file if asked for, else nothing but what `-v` shows.

use std::fs::File;
use std::io::IsTerminal;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::cli::{Global, When};
use crate::destination;
use crate::exit::Usage;
use crate::terminal::allows_colour;

/// Starts logging as the flags say. `WHET_LOG` takes a filter such as `debug` or `llama.cpp=trace`.
pub(crate) fn start(global: &Global) -> anyhow::Result<()> {
    let level = match global.verbose {
        0 => "off",
        1 => "info",
        _ => "debug",
    };
    let in_file = if global.verbose == 0 { "debug" } else { level };
    let default = match global.log_file {
        Some(_) => in_file,
        None => level,
    };
    let filter = filter(default)?;
    match &global.log_file {
        Some(path) => {
            let refused = |why: String| {
                Usage(format!(
                    "cannot write the log file {}: {why}",
                    path.display()
                ))
            };
            if let Some(why) = destination::obstacle(path) {
                return Err(refused(why.to_owned()).into());
            }
            let file = File::create(path).map_err(|error| refused(error.to_string()))?;
            let log = tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_ansi(false);
            log.with_writer(Mutex::new(file)).init();
        }
        None => {
            let is_coloured = match global.color {
                When::Always => true,
                When::Never => false,
                When::Auto => {
                    std::io::stderr().is_terminal()
                        && allows_colour(|name| std::env::var(name).ok())
                }
            };
            let log = tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_ansi(is_coloured);
            log.with_writer(std::io::stderr).init();
        }
    }
    Ok(())
}

/// What `WHET_LOG` asks for, or the default. A filter that cannot be read is refused: whoever set it waits for lines.
fn filter(default: &str) -> Result<EnvFilter, Usage> {
    let asked = std::env::var("WHET_LOG").unwrap_or_default();
    if asked.is_empty() {
        return Ok(EnvFilter::new(default));
    }
    EnvFilter::try_new(&asked).map_err(|error| {
        Usage(format!(
            "WHET_LOG is {asked:?}, which is no filter ({error}); write debug or llama.cpp=trace"
        ))
    })
}
