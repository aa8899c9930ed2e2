//! `whet models`: the catalogue, the cache, what a file says, and files that are made of others.

mod convert;
mod quantize;
pub(super) mod written;

pub(super) use written::{place, watching};

use anyhow::Result;
use gguf::{CacheType, Gguf, ModelFacts};
use serde_json::{Value, json};

use crate::cli::{Format, Models};
use crate::exit::{Exit, Usage};
use crate::interrupt;
use crate::subject::{Finder, Located};
use crate::terminal::Terminal;

/// Lists, fetches, shows, converts or quantises models.
pub(crate) fn run(what: &Models, terminal: &Terminal, offline: bool) -> Result<Exit> {
    match what {
        Models::Ls { format } => list(terminal, *format),
        Models::Pull { names } => pull(names, terminal, offline),
        Models::Show { model, format } => show(model, terminal, *format),
        Models::Rm { names } => remove(names, terminal),
        Models::Import(flags) => convert::import(flags, terminal),
        Models::Make(flags) => convert::make(flags, terminal),
        Models::Quantize(flags) => quantize::run(flags, terminal, offline),
    }
}

fn list(terminal: &Terminal, format: Format) -> Result<Exit> {
    let cache = hub::Cache::from_env()?;
    let mut rows = Vec::new();
    for entry in hub::catalogue::ENTRIES {
        rows.push((entry, state_word(&cache.state(entry)?)));
    }
    if format == Format::Json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|(entry, state)| {
                json!({"name": entry.name, "title": entry.title, "bytes": entry.bytes, "sha256": entry.sha256,
                       "licence": entry.licence, "state": state, "path": cache.path(entry)})
            })
            .collect();
        terminal.result(&serde_json::to_string_pretty(&rows)?)?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "{:<20} {:>8}  {:<12} {}\n",
        "NAME", "SIZE", "STATE", "MODEL"
    );
    for (entry, state) in &rows {
        let size = format!("{} MB", entry.bytes / 1_000_000);
        text += &format!(
            "{:<20} {size:>8}  {state:<12} {}\n",
            entry.name, entry.title
        );
    }
    terminal.result(&text)?;
    terminal.note(&format!(
        "Files are kept in {}; any .gguf path can be used as well.",
        cache.folder().display()
    ));
    Ok(Exit::Done)
}

fn state_word(state: &hub::State) -> String {
    match state {
        hub::State::Absent => "-".into(),
        hub::State::Partial { bytes } => format!("{} MB here", bytes / 1_000_000),
        hub::State::Present { .. } => "here".into(),
        hub::State::Damaged { .. } => "damaged".into(),
    }
}

fn pull(names: &[String], terminal: &Terminal, offline: bool) -> Result<Exit> {
    let entries: Result<Vec<_>, _> = names.iter().map(|name| hub::find(name)).collect();
    let entries = entries.map_err(|error| Usage(error.to_string()))?;
    let cache = hub::Cache::from_env()?;
    let stop = interrupt::listen()?;
    let finder = Finder {
        terminal,
        offline,
        stop,
    };
    for entry in entries {
        let path = finder.pull(entry, &cache)?;
        terminal.result(&path.display().to_string())?;
    }
    Ok(Exit::Done)
}

/// Deletes what the cache holds of models; a name of which it holds nothing is a mistake, and then nothing goes.
fn remove(names: &[String], terminal: &Terminal) -> Result<Exit> {
    let entries: Result<Vec<_>, _> = names.iter().map(|name| hub::find(name)).collect();
    let entries = entries.map_err(|error| Usage(error.to_string()))?;
    let cache = hub::Cache::from_env()?;
    let mut said = Vec::new();
    for entry in &entries {
        let bytes = cache.held(entry);
        if bytes == 0 {
            return Err(Usage(not_held(entry, &cache)?).into());
        }
        said.push(format!("{} ({} MB)", entry.name, bytes / 1_000_000));
    }
    let (said, folder) = (said.join(", "), cache.folder().display());
    if !terminal.agrees(&format!("Delete {said} from {folder}?")) {
        let why = "nothing was deleted; --yes deletes without a question";
        return Err(Usage(why.into()).into());
    }
    for entry in entries {
        cache.remove(entry)?;
        terminal.note(&format!("Deleted {}", cache.path(entry).display()));
    }
    Ok(Exit::Done)
}

fn not_held(entry: &hub::Entry, cache: &hub::Cache) -> Result<String> {
    let (name, folder) = (entry.name, cache.folder().display());
    Ok(match cache.state(entry)? {
        hub::State::Present { path } => format!(
            "{name} is not in {folder}: its file is {}, which belongs to another program's cache; delete it there",
            path.display()
        ),
        _ => format!("{name} is not in {folder}; `whet models ls` shows what is"),
    })
}

fn show(word: &str, terminal: &Terminal, format: Format) -> Result<Exit> {
    let quiet_offline = std::sync::atomic::AtomicBool::new(false);
    let located = Finder {
        terminal,
        offline: true,
        stop: &quiet_offline,
    }
    .base(word)?;
    let file = Gguf::open(&located.path)?;
    let facts = ModelFacts::of(&file)?;
    let sha256 = match &located.sha256 {
        Some(sha256) => sha256.clone(),
        None => hub::sha256_file(&located.path)?,
    };
    let text = match format {
        Format::Json => serde_json::to_string_pretty(&as_json(&located, &facts, &sha256)?)?,
        Format::Table => as_text(&located, &facts, &sha256),
    };
    terminal.result(&text)?;
    Ok(Exit::Done)
}

fn as_json(located: &Located, facts: &ModelFacts, sha256: &str) -> Result<Value> {
    let mut value = serde_json::to_value(facts)?;
    if let Some(map) = value.as_object_mut() {
        map.insert("path".into(), json!(located.path));
        map.insert("sha256".into(), json!(sha256));
        let per_token = CacheType::ALL.iter().map(|kind| {
            (
                kind.to_string(),
                json!(facts.kv_bytes_per_token(*kind, *kind).ok()),
            )
        });
        map.insert(
            "kv_bytes_per_token".into(),
            Value::Object(per_token.collect()),
        );
    }
    Ok(value)
}

fn as_text(located: &Located, facts: &ModelFacts, sha256: &str) -> String {
    let weights = &facts.weights;
    let tied = match weights.output {
        gguf::facts::OutputMatrix::Tied => "output tied to the embedding",
        gguf::facts::OutputMatrix::Own => "output of its own",
        gguf::facts::OutputMatrix::Absent => "no output matrix",
    };
    let known = |value: Option<u64>| value.map_or_else(|| "unknown".into(), grouped);
    let mut lines = vec![
        ("file", located.path.display().to_string()),
        ("sha256", sha256.to_owned()),
        ("size", format!("{} bytes", grouped(facts.file_bytes))),
        (
            "name",
            facts.name.clone().unwrap_or_else(|| "unknown".into()),
        ),
        ("architecture", facts.architecture.clone()),
        (
            "quantisation",
            facts
                .quantisation
                .clone()
                .unwrap_or_else(|| "unknown".into()),
        ),
        (
            "parameters",
            format!("{} ({tied})", grouped(weights.parameters)),
        ),
        ("layers", facts.n_layers.to_string()),
        ("width", facts.embedding_length.to_string()),
        ("context", format!("{} tokens", known(facts.context_length))),
        (
            "vocabulary",
            format!("{} tokens, {}", known(facts.vocabulary), tokenizer(facts)),
        ),
        (
            "chat template",
            facts.chat_template.as_ref().map_or_else(
                || "none: a base model".into(),
                |t| format!("{} characters", t.len()),
            ),
        ),
        (
            "read per token",
            format!("{} bytes of weights", grouped(weights.bytes_per_token)),
        ),
    ];
    for (kind, share) in &weights.types {
        let text = format!(
            "{:>4} tensors, {:>13} bytes",
            share.tensors,
            grouped(share.bytes)
        );
        lines.push(("tensors", format!("{:<6} {text}", kind.to_string())));
    }
    for kind in CacheType::ALL {
        let text = match facts.kv_bytes_per_token(kind, kind) {
            Ok(bytes) => format!("{} bytes per token", grouped(bytes)),
            Err(error) => error.to_string(),
        };
        lines.push(("KV cache", format!("{:<6} {text}", kind.to_string())));
    }
    lines
        .iter()
        .map(|(name, value)| format!("{name:<15} {value}\n"))
        .collect()
}

fn tokenizer(facts: &ModelFacts) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "?".into());
    format!(
        "{} ({})",
        part(&facts.tokenizer.model),
        part(&facts.tokenizer.pre)
    )
}

/// 1234567 as `1,234,567`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
