//! `whet init` and `whet schema`: a recipe to begin with, and what editors know of all.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli::Init;
use crate::destination;
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// Writes a recipe to begin with.
pub(crate) fn init(flags: &Init, terminal: &Terminal) -> Result<Exit> {
    let text = flags.preset.text();
    let path = match &flags.output {
        Some(path) if path == Path::new("-") => {
            terminal.result(text)?;
            return Ok(Exit::Done);
        }
        Some(path) => path.clone(),
        None => PathBuf::from(flags.preset.file()),
    };
    let name = path.display();
    if path.is_file() {
        let why = format!("{name} is there already; name another file with -o");
        return Err(Usage(why).into());
    }
    destination::check(&path)?;
    let mut file = File::create_new(&path).with_context(|| format!("cannot write {name}"))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {name}"))?;
    let check = flags.preset.check(&name.to_string());
    terminal.note(&format!("Wrote {name}. What it means: {check}"));
    Ok(Exit::Done)
}

/// Prints the schema of recipes.
pub(crate) fn schema(terminal: &Terminal) -> Result<Exit> {
    terminal.result(&serde_json::to_string_pretty(&crate::recipe::schema())?)?;
    Ok(Exit::Done)
}
