//! `whet adapters`: what was trained, found and written in other forms.

use std::path::{Path, PathBuf};

use anyhow::Result;
use decoder::Shape;
use decoder::export::{self, Base};
use gguf::{Gguf, Value};
use report::table::{Entry, Side, Table, console};
use serde_json::json;

use super::models::written;
use crate::adapters::{self, Found};
use crate::cli::{Adapters, ExportAdapter, Form, Format};
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::subject::{Finder, Located};
use crate::terminal::Terminal;

/// Carries out what was asked for.
pub(crate) fn run(what: &Adapters, terminal: &Terminal, offline: bool) -> Result<Exit> {
    match what {
        Adapters::Ls { folder, format } => list(folder, *format, terminal),
        Adapters::Which { which, folder } => match adapters::find(Some(which), folder)? {
            Found::At(path) => {
                terminal.result(&path.display().to_string())?;
                Ok(Exit::Done)
            }
            Found::Missing(why) => Err(Usage(why).into()),
            Found::NotWanted => Ok(Exit::Done),
        },
        Adapters::Export(flags) => export(flags, terminal, offline),
    }
}

/// What a file says of itself; what it does not say is null.
struct Line {
    path: PathBuf,
    base: Option<String>,
    architecture: Option<String>,
    rank: Option<u64>,
    matrices: usize,
    bytes: u64,
    written: String,
}

impl Line {
    fn of(path: &Path, written: std::time::SystemTime) -> Self {
        let file = Gguf::open(path).ok();
        let text = |key: &str| {
            let value = file.as_ref()?.get(key)?;
            value.as_str().map(str::to_owned)
        };
        let tensors = file.as_ref().map_or(&[][..], Gguf::tensors);
        let factors = || tensors.iter().filter(|one| one.name().ends_with(".lora_a"));
        let written = jiff::Timestamp::try_from(written).map(|at| {
            let at = at.to_zoned(jiff::tz::TimeZone::system());
            at.strftime("%Y-%m-%d %H:%M").to_string()
        });
        Self {
            base: text("general.base_model.0.name"),
            architecture: text("general.architecture"),
            rank: factors().next().and_then(|one| one.dims().get(1).copied()),
            matrices: factors().count(),
            bytes: file.as_ref().map_or(0, Gguf::file_bytes),
            written: written.unwrap_or_default(),
            path: path.to_owned(),
        }
    }

    fn as_json(&self) -> serde_json::Value {
        json!({
            "path": self.path, "base": self.base, "architecture": self.architecture, "rank": self.rank,
            "matrices": self.matrices, "bytes": self.bytes, "written": self.written,
        })
    }
}

fn list(folder: &Path, format: Format, terminal: &Terminal) -> Result<Exit> {
    let mut found = adapters::adapters(folder)?;
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let lines: Vec<Line> = found.iter().map(|(path, at)| Line::of(path, *at)).collect();
    match format {
        Format::Json => {
            let all: Vec<_> = lines.iter().map(Line::as_json).collect();
            terminal.result(&serde_json::to_string_pretty(&all)?)?;
        }
        Format::Table if lines.is_empty() => {
            terminal.note(&format!(
                "There is no adapter below {}; `whet train sft` makes one.",
                folder.display()
            ));
        }
        Format::Table => {
            let table = as_table(&lines);
            terminal.result(&console(&table, terminal.width(), terminal.colour()))?;
        }
    }
    Ok(Exit::Done)
}

fn as_table(lines: &[Line]) -> Table {
    let mut table = Table::new(&[
        ("adapter", Side::Left),
        ("base", Side::Left),
        ("rank", Side::Right),
        ("matrices", Side::Right),
        ("MiB", Side::Right),
        ("written", Side::Left),
    ]);
    for line in lines {
        let cells = [
            line.path.display().to_string(),
            line.base.clone().unwrap_or_else(|| "–".into()),
            line.rank
                .map_or_else(|| "–".into(), |rank| rank.to_string()),
            line.matrices.to_string(),
            format!("{:.1}", line.bytes as f64 / f64::from(1 << 20)),
            line.written.clone(),
        ];
        table.push(cells.map(Entry::from).into());
    }
    table
}

fn export(flags: &ExportAdapter, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let is_peft = flags.adapter.join("adapter_config.json").is_file();
    if !is_peft && !flags.adapter.is_file() {
        let path = flags.adapter.display();
        return Err(Usage(format!(
            "there is no adapter {path}; `whet adapters ls` lists them"
        ))
        .into());
    }
    let finder = Finder {
        terminal,
        offline,
        stop: interrupt::listen()?,
    };
    let base = finder.base(&flags.model)?.hashed()?;
    let shape = Shape::of(&Gguf::open(&base.path)?)?;
    let adapter = match is_peft {
        true => decoder::read::peft(&flags.adapter, &shape),
        false => decoder::read::adapter(&flags.adapter, &shape),
    };
    let adapter = adapter.map_err(|error| Usage(error.to_string()))?;
    let trained_on = match is_peft {
        true => decoder::read::base_of_peft(&flags.adapter)?,
        false => base_of_gguf(&flags.adapter)?,
    };
    warn_of_another_base(trained_on.as_deref(), &base, terminal);
    let named = Base {
        name: base.name.clone(),
        sha256: base.sha256.clone(),
    };
    match flags.to {
        Form::Peft => {
            let to = flags.output.clone();
            let to = to.unwrap_or_else(|| PathBuf::from(format!("{}-adapter", base.name)));
            if to.exists() && !flags.force {
                let what = "it exists; give another name with -o, or add --force to replace it";
                return Err(Usage(format!("cannot write {}: {what}", to.display())).into());
            }
            export::peft(&adapter, &named, &to)?;
            terminal.result(&to.display().to_string())?;
        }
        Form::Gguf => {
            let default = format!("{}-adapter.gguf", named.name);
            let to = written::place(flags.output.as_deref(), &default, flags.force)?;
            export::gguf(&adapter, &shape, &named, &to)?;
            terminal.result(&to.display().to_string())?;
        }
        Form::Merged => {
            let kind = flags.precision.of_tensor();
            let default = format!("{}-merged-{}.gguf", base.name, kind.name());
            let to = written::place(flags.output.as_deref(), &default, flags.force)?;
            decoder::fuse(&base.path, &adapter, kind, &to)?;
            written::announce(&to, &[], terminal)?;
        }
    }
    Ok(Exit::Done)
}

/// An adapter fits any model of its shape; that it was trained on another file is said.
fn warn_of_another_base(trained_on: Option<&str>, base: &Located, terminal: &Terminal) {
    if let (Some(trained_on), Some(own)) = (trained_on, base.sha256.as_deref())
        && trained_on != own
    {
        terminal.note(&format!(
            "Warning: the adapter was trained on another file than {} (SHA-256 {}…, not {}…).",
            base.path.display(),
            trained_on.get(..12).unwrap_or(trained_on),
            own.get(..12).unwrap_or(own)
        ));
    }
}

/// The SHA-256 of the file that an adapter was trained on, if it says so.
fn base_of_gguf(adapter: &Path) -> Result<Option<String>> {
    let file = Gguf::open(adapter)?;
    let said = file.get("whetstone.base_sha256").and_then(Value::as_str);
    Ok(said.map(str::to_owned))
}
