//! `--config FILE.yml`: a training's settings from a file, beneath those of the command line.

use anyhow::{Result, bail};

use crate::cli::{self, Command, Train};
use crate::exit::Usage;
use crate::recipe::Settings;
use crate::terminal::Terminal;

/// A training, and the file that said a part of it.
pub(super) struct Configured {
    pub(super) what: Train,
    settings: Option<Settings>,
}

impl Configured {
    /// The training that was typed, with what its file says.
    pub(super) fn of(what: Train, terminal: &Terminal) -> Result<Configured> {
        let Some(path) = what.config() else {
            let settings = None;
            return Ok(Configured { what, settings });
        };
        let settings = Settings::read(path, what.name())?;
        if !settings.idle.is_empty() {
            let idle = settings.idle.join(", ");
            terminal.note(&format!(
                "Of other trainers, and without an effect here: {idle}"
            ));
        }
        let typed = cli::words(std::env::args_os().collect());
        let what = match settings.resolved(typed)?.command {
            Command::Train(what) => what,
            _ => bail!("the words are no training"),
        };
        Ok(Configured {
            what,
            settings: Some(settings),
        })
    }

    /// A mistake of the user at the key that it is about, if the file said it.
    pub(super) fn placed(&self, error: anyhow::Error) -> anyhow::Error {
        match (&self.settings, error.downcast_ref::<Usage>()) {
            (Some(settings), Some(Usage(why))) => settings.placed(why).into(),
            _ => error,
        }
    }
}
