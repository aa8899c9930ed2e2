//! The texts that models are measured on: bundled ones, and files of the user's.
//!
//! A file becomes a text by its ending: `.jsonl` and `.parquet` hold documents, one in a field of each line or
//! row; `.npy` holds token ids that somebody's tokenizer made; everything else is plain text. What is read is
//! checked here, before any model is loaded. Nothing is opened here: whoever has the bytes hands them
//! over.

mod npy;
mod rows;
pub mod wikitext;

use engine::Token;
use serde_json::Value;

use crate::passages;

/// A text to be scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its name in records: that of a bundled text, or the file's without folders.
    pub name: String,
    /// SHA-256 of the bytes it was read from, lower-case hex.
    pub sha256: String,
    /// What it holds.
    pub content: Content,
}

/// What a text holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// One run of characters.
    Plain(String),
    /// Pieces that have nothing to do with each other.
    Documents(Vec<String>),
    /// Token ids that were made elsewhere.
    Tokens(Vec<Token>),
}

impl Text {
    /// The bundled text of that name.
    pub fn bundled(name: &str) -> Option<Text> {
        let passages = passages::find(name)?;
        Some(Text {
            name: name.to_owned(),
            sha256: passages::sha256(name)?,
            content: Content::Documents(passages.into_iter().map(|passage| passage.text).collect()),
        })
    }

    /// Reads the bytes of a file. `field` names what is read of each line of JSON or each row.
    ///
    /// # Errors
    /// What is wrong with the file, where, and what would help.
    pub fn read(name: &str, bytes: &[u8], field: &str) -> Result<Text, String> {
        let content = if name.ends_with(".npy") {
            Content::Tokens(npy::tokens(bytes)?)
        } else if name.ends_with(".jsonl") {
            Content::Documents(documents(utf8(bytes)?, field)?)
        } else if name.ends_with(".parquet") {
            Content::Documents(rows::documents(bytes, field)?)
        } else {
            Content::Plain(utf8(bytes)?.to_owned())
        };
        let text = Text {
            name: name.to_owned(),
            sha256: passages::hash(bytes),
            content,
        };
        match text.is_empty() {
            true => Err("there is nothing in it to score".to_owned()),
            false => Ok(text),
        }
    }

    fn is_empty(&self) -> bool {
        match &self.content {
            Content::Plain(text) => text.trim().is_empty(),
            Content::Documents(texts) => texts.iter().all(|text| text.trim().is_empty()),
            Content::Tokens(tokens) => tokens.is_empty(),
        }
    }

    /// About how many bytes of text there are, for a guess of how long it takes.
    pub fn n_bytes(&self) -> usize {
        /// Bytes of text that a token usually stands for.
        const BYTES_PER_TOKEN: usize = 4;
        match &self.content {
            Content::Plain(text) => text.len(),
            Content::Documents(texts) => texts.iter().map(String::len).sum(),
            Content::Tokens(tokens) => tokens.len() * BYTES_PER_TOKEN,
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        format!("byte {at} (line {line}) is no UTF-8; convert the file, for instance with iconv -t UTF-8")
    })
}

fn documents(lines: &str, field: &str) -> Result<Vec<String>, String> {
    let filled = lines
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let document = |(index, line): (usize, &str)| {
        let value: Value = serde_json::from_str(line)
            .map_err(|error| format!("line {} is no JSON: {error}", index + 1))?;
        match value.get(field) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(format!("line {}: the field {field} is no text", index + 1)),
            None => Err(format!(
                "line {} has no field {field}{}",
                index + 1,
                fields(&value)
            )),
        }
    };
    filled.map(document).collect()
}

fn fields(value: &Value) -> String {
    let texts = value.as_object().into_iter().flatten();
    let names: Vec<&str> = texts
        .filter(|(_, value)| value.is_string())
        .map(|(name, _)| name.as_str())
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("; --field may be {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests;
