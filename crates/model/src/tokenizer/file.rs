//! `tokenizer.json`, as far as it decides how text is cut.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{Fitting, Kind};
use crate::Error;

/// The file.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) model: Model,
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    pub(super) normalizer: Value,
    #[serde(default)]
    pub(super) pre_tokenizer: Value,
    #[serde(default)]
    pub(super) post_processor: Value,
}

/// Its part `model`.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    pub(super) vocab: HashMap<String, u32>,
    #[serde(default)]
    pub(super) merges: Vec<Merge>,
    #[serde(default)]
    pub(super) byte_fallback: bool,
    #[serde(default)]
    pub(super) ignore_merges: Option<bool>,
    pub(super) unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
}

/// Two neighbours that become one token, in the old or the new way of writing.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Merge {
    Joined(String),
    Pair(String, String),
}

#[derive(Debug, Deserialize)]
struct Added {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
}

/// All tokens by id, one for each row of the token table.
pub(super) struct List {
    pub(super) tokens: Vec<String>,
    pub(super) kinds: Vec<Kind>,
    pub(super) ids: HashMap<String, u32>,
}

impl Merge {
    /// Left and right; `None` when the old way leaves open where one ends.
    pub(super) fn halves(&self) -> Option<(&str, &str)> {
        match self {
            Self::Pair(left, right) => Some((left, right)),
            Self::Joined(both) => {
                let (left, right) = both.split_once(' ')?;
                (!right.contains(' ')).then_some((left, right))
            }
        }
    }
}

impl File {
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let file: Self =
            serde_json::from_str(text).map_err(|error| Error::damaged(path, error.to_string()))?;
        let refuse = |what: String| Err(Error::unsupported(path, what));
        match file.model.kind.as_deref() {
            None | Some("BPE") => {}
            Some(other) => {
                return refuse(format!(
                    "its tokenizer is of the kind {other}; only BPE is converted"
                ));
            }
        }
        let marks = [
            &file.model.continuing_subword_prefix,
            &file.model.end_of_word_suffix,
        ];
        if marks.into_iter().flatten().any(|mark| !mark.is_empty()) {
            return refuse("its tokenizer marks parts of words, which llama.cpp does not".into());
        }
        Ok(file)
    }

    /// All tokens, with unused ones for rows that have none.
    pub(super) fn list(&self, fitting: &Fitting<'_>, path: &Path) -> Result<List, Error> {
        let rows = fitting.rows as usize;
        let mut found: Vec<Option<(&str, Kind)>> = vec![None; rows];
        let added = self.added_tokens.iter().map(|added| {
            let kind = if added.special {
                Kind::Control
            } else {
                Kind::UserDefined
            };
            (added.content.as_str(), added.id, kind)
        });
        let plain = self.model.vocab.iter();
        let plain = plain.map(|(token, id)| (token.as_str(), *id, Kind::Normal));
        // Added tokens come last: what they say of a token counts more.
        for (token, id, kind) in plain.chain(added) {
            let Some(place) = found.get_mut(id as usize) else {
                if fitting.may_shrink {
                    continue;
                }
                let what = format!(
                    "the token {token:?} has the id {id}, and the model's token table has {rows} rows"
                );
                return Err(Error::damaged(path, what));
            };
            if let Some((other, _)) = place.filter(|(other, _)| *other != token) {
                let what = format!("the tokens {other:?} and {token:?} share the id {id}");
                return Err(Error::damaged(path, what));
            }
            *place = Some((token, kind));
        }
        List::new(&found, path)
    }
}

impl List {
    fn new(found: &[Option<(&str, Kind)>], path: &Path) -> Result<Self, Error> {
        let mut list = Self {
            tokens: Vec::with_capacity(found.len()),
            kinds: Vec::with_capacity(found.len()),
            ids: HashMap::with_capacity(found.len()),
        };
        for (id, place) in (0_u32..).zip(found) {
            let (token, kind) = match place {
                Some((token, kind)) => ((*token).to_owned(), *kind),
                None => (format!("[PAD{id}]"), Kind::Unused),
            };
            if let Some(other) = list.ids.insert(token.clone(), id) {
                let what = format!("the token {token:?} has the ids {other} and {id}");
                return Err(Error::damaged(path, what));
            }
            list.tokens.push(token);
            list.kinds.push(kind);
        }
        Ok(list)
    }
}
