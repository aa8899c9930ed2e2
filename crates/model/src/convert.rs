//! From a folder or checkpoint to a GGUF file.

use std::path::{Path, PathBuf};

use gguf::{TensorType, Writer};
use serde_json::{Map, Value};

use crate::attention::interleave;
use crate::config::{Config, Decoder, Family};
use crate::layout::{self, Wanted};
use crate::metadata::{self, Title};
use crate::pour::{PIECE, Pieces, Pour, Watch};
use crate::stored::{Reader, Stored, Tensors, text};
use crate::tokenizer::{self, FEWEST, Fitting, Vocabulary};
use crate::{Error, Precision, folder, torch};

/// The largest `config.json` that is read.
const MAX_CONFIG: u64 = 16 << 20;

/// Where the tokenizer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens<'a> {
    /// From the folder that holds the model.
    Own,
    /// From another folder with a tokenizer.json.
    Folder(&'a Path),
    /// None: every byte is a token. Text passes through; quality means nothing.
    Bytes,
}

/// How a model is imported.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// How matrices are stored.
    pub precision: Precision,
    /// The name in the file; the source's own if there is none.
    pub name: Option<&'a str>,
    /// Where the tokenizer comes from.
    pub tokens: Tokens<'a>,
    /// llama.cpp's name for the splitting rule, in place of the one that is found.
    pub pre: Option<&'a str>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Length of the file.
    pub bytes: u64,
    /// What the user should know about it, one sentence each.
    pub notes: Vec<String>,
}

/// A model as it was found, before anything is converted.
struct Source {
    path: PathBuf,
    tensors: Tensors,
    config: Config,
    decoder: Decoder,
    title: Title,
}

/// Converts the model at `from`, a folder or a PyTorch checkpoint, into the GGUF file `to`.
///
/// The same source gives the same bytes everywhere.
///
/// # Errors
/// Whatever is wrong with the source, see [`Error`]; a file that was at `to` before is then untouched.
pub fn import(
    from: &Path,
    to: &Path,
    options: &Options<'_>,
    watch: &mut Watch<'_>,
) -> Result<Imported, Error> {
    let mut source = if from.is_dir() {
        of_folder(from)?
    } else {
        of_checkpoint(from)?
    };
    if let Some(name) = options.name {
        source.title.name = name.to_owned();
    }
    let wanted = layout::fit(&source.decoder, &source.tensors, &source.path)?;
    let vocabulary = vocabulary(&source, options)?;
    let mut writer = Writer::new();
    metadata::describe(
        &mut writer,
        &source.title,
        &source.decoder,
        &vocabulary,
        options.precision,
    )?;
    let pour = Pour {
        writer,
        wanted: &wanted,
        precision: options.precision,
    };
    let pieces = |_, wanted: &Wanted| pieces(&source, wanted);
    Ok(Imported {
        bytes: pour.into_file(to, pieces, watch)?,
        notes: notes(&wanted, &vocabulary, options),
    })
}

fn of_folder(path: &Path) -> Result<Source, Error> {
    let place = path.join("config.json");
    if !place.is_file() {
        let remedy = "give a folder with config.json, tokenizer.json and safetensors files";
        return Err(Error::missing(path, "config.json", remedy));
    }
    let config = Config::parse(&text(&place, MAX_CONFIG)?, &place)?;
    let family = config.family(&place)?;
    Ok(Source {
        decoder: config.decoder(family, &place)?,
        tensors: folder::tensors(path)?,
        title: Title {
            name: name_of(path),
            general: Vec::new(),
        },
        path: path.to_owned(),
        config,
    })
}

/// A checkpoint of the SmallCoder family: a decoder like Llama, whose configuration says only what
/// differs from the family's own.
fn of_checkpoint(path: &Path) -> Result<Source, Error> {
    let checkpoint = torch::open(path)?;
    let mut fields = smallcoder_defaults();
    if let Some(Value::Object(own)) = checkpoint.config {
        fields.extend(own);
    }
    let config = Config::from_value(Value::Object(fields), path)?;
    let facts = checkpoint.facts.iter();
    let facts: Vec<String> = facts
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let description = (!facts.is_empty()).then(|| ("description", facts.join(", ")));
    Ok(Source {
        decoder: config.decoder(Family::Llama, path)?,
        tensors: checkpoint.tensors,
        title: Title {
            name: checkpoint
                .facts
                .get("variant_name")
                .and_then(Value::as_str)
                .map_or_else(|| name_of(path), str::to_owned),
            general: description.into_iter().collect(),
        },
        path: path.to_owned(),
        config,
    })
}

fn smallcoder_defaults() -> Map<String, Value> {
    let defaults = serde_json::json!({
        "vocab_size": 32_000, "hidden_size": 1152, "intermediate_size": 3328,
        "num_hidden_layers": 18, "num_attention_heads": 16, "num_key_value_heads": 4,
        "max_position_embeddings": 4096, "rms_norm_eps": 1e-6, "rope_theta": 10_000.0,
        "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2,
    });
    defaults.as_object().cloned().unwrap_or_default()
}

/// What a source is called: a folder by its name, a file by its name without the ending.
pub fn name_of(path: &Path) -> String {
    // A folder may be given as `.` or with a slash at its end.
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = if whole.is_dir() {
        whole.file_name()
    } else {
        whole.file_stem()
    };
    name.map_or_else(
        || "model".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn vocabulary(source: &Source, options: &Options<'_>) -> Result<Vocabulary, Error> {
    let rows = source.decoder.vocabulary;
    let folder = match options.tokens {
        Tokens::Folder(folder) => folder,
        Tokens::Own if source.path.is_dir() => &source.path,
        Tokens::Own => {
            let remedy = "name a folder with tokenizer.json by --tokenizer FOLDER, or take --tokenizer bytes to measure only speed and memory";
            return Err(Error::missing(&source.path, "tokenizer", remedy));
        }
        Tokens::Bytes if rows < FEWEST => {
            let what = format!("a token table of {rows} rows is too small for all bytes");
            return Err(Error::unsupported(&source.path, what));
        }
        Tokens::Bytes => return Ok(tokenizer::placeholder(rows)),
    };
    let fitting = Fitting {
        rows,
        ids: source.config.special_ids(),
        pre: options.pre,
        may_shrink: matches!(options.tokens, Tokens::Folder(_)),
    };
    tokenizer::load(folder, &fitting)
}

/// The rows of a tensor, in the order in which llama.cpp wants them.
fn pieces<'a>(source: &'a Source, wanted: &Wanted) -> Result<Pieces<'a>, Error> {
    let Some(stored) = source.tensors.get(&wanted.source) else {
        let decoder = &source.decoder;
        let factors = decoder.rotation.factors(decoder.rope_base, decoder.head);
        return Ok(Box::new(factors.into_iter().map(Ok)));
    };
    let head = wanted.interleaved as usize;
    if head == 0 {
        let row = stored.shape.last().copied().unwrap_or(1).max(1);
        return Ok(Box::new(Reader::new(stored, PIECE / row)?));
    }
    let reader = Reader::new(&as_matrix(stored), head as u64)?;
    Ok(Box::new(
        reader.map(move |rows| Ok(interleave(&rows?, head))),
    ))
}

/// A bias is a matrix whose rows have one element.
fn as_matrix(stored: &Stored) -> Stored {
    let mut stored = stored.clone();
    if stored.shape.len() == 1 {
        stored.shape.push(1);
    }
    stored
}

fn notes(wanted: &[Wanted], vocabulary: &Vocabulary, options: &Options<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let asked = options.precision;
    let odd = |wanted: &&Wanted| {
        let in_blocks = matches!(asked, Precision::Q8_0 | Precision::Q4_0);
        in_blocks && wanted.kind(asked) == TensorType::F16
    };
    let n_odd = wanted.iter().filter(odd).count();
    if n_odd > 0 {
        notes.push(format!(
            "{n_odd} matrices are f16, because their rows do not fill blocks of 32"
        ));
    }
    if options.tokens == Tokens::Bytes {
        notes.push(format!(
            "the tokenizer is a placeholder of bytes for {} rows: speed and memory can be measured, quality cannot",
            vocabulary.tokens.len()
        ));
    }
    if vocabulary.composes {
        notes.push("the original composes accents (NFC) before it cuts text and llama.cpp does not: text with decomposed accents becomes other tokens".into());
    }
    notes
}
