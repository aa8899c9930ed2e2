//! The program's log: a file if asked for, else nothing but what `-v` shows.

use std::fs::File;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

use crate::cli::Global;

/// Starts logging as the flags say. `WHET_LOG` takes a filter such as `debug` or `llama.cpp=trace`.
pub(crate) fn start(global: &Global) -> anyhow::Result<()> {
    let level = match global.verbose {
        0 => "off",
        1 => "info",
        _ => "debug",
    };
    let in_file = if global.verbose == 0 { "debug" } else { level };
    let filter = |default: &str| {
        EnvFilter::try_from_env("WHET_LOG").unwrap_or_else(|_| EnvFilter::new(default))
    };
    match &global.log_file {
        Some(path) => {
            let file = File::create(path).map_err(|error| {
                crate::exit::Usage(format!(
                    "cannot write the log file {}: {error}",
                    path.display()
                ))
            })?;
            let log = tracing_subscriber::fmt()
                .with_env_filter(filter(in_file))
                .with_ansi(false);
            log.with_writer(Mutex::new(file)).init();
        }
        None => {
            let log = tracing_subscriber::fmt().with_env_filter(filter(level));
            log.with_writer(std::io::stderr).init();
        }
    }
    Ok(())
}
