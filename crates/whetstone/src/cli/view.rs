//! The words of `whet view`.

use std::path::PathBuf;

use clap::Args;

/// `whet view`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet view                                the newest run: its problems, and how attempts at them ended
  whet view RUN --cause compile_error      only where that happened
  whet view RUN --problem factorial        every answer to it, with its verdict and what was said of it

What a model, a compiler or a program wrote is shown with its control characters made visible.")]
pub(crate) struct View {
    /// A run folder, or its name below the folder of runs (default: the newest)
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<PathBuf>,
    /// Folder of run folders
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) root: PathBuf,
    /// Show the answers to this problem
    #[arg(long, value_name = "ID")]
    pub(crate) problem: Option<String>,
    /// Only this suite
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: Option<String>,
    /// Only this model
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Only attempts that ended so: pass, wrong_output, compile_error, …
    #[arg(long, value_name = "WORD")]
    pub(crate) cause: Option<String>,
}
