//! SentencePiece BPE: a space is `▁`, and what no piece covers falls back to bytes.
//!
//! llama.cpp merges the neighbours whose union has the highest score, whatever the halves; a
//! `tokenizer.json` merges listed pairs by rank. Both cut alike if a piece's score is the rank at which it
//! first appears and every way to halve a piece is listed, as it is in files made from SentencePiece.
//! That is checked, because a list made in another way gives other tokens under the same name.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::Value;

use super::file::{File, List};
use super::{Kind, Vocabulary};
use crate::Error;

const SPACE: &str = "▁";

/// Rules and scores; kinds of the list are refined.
pub(super) fn vocabulary(file: &File, list: &mut List, path: &Path) -> Result<Vocabulary, Error> {
    mark_bytes(file, list, path)?;
    let scores = scores(file, list, path)?;
    Ok(Vocabulary {
        model: "llama",
        pre: "default".into(),
        adds_space: Some(adds_space(file, path)?),
        scores,
        ..Vocabulary::default()
    })
}

fn mark_bytes(file: &File, list: &mut List, path: &Path) -> Result<(), Error> {
    for byte in 0..=u8::MAX {
        let token = format!("<0x{byte:02X}>");
        let Some(id) = list.ids.get(&token) else {
            let what = format!("it falls back to bytes and has no token {token}");
            return Err(Error::damaged(path, what));
        };
        list.kinds[*id as usize] = Kind::Byte;
    }
    if let Some(id) = file.model.unk_token.as_ref().and_then(|t| list.ids.get(t)) {
        list.kinds[*id as usize] = Kind::Unknown;
    }
    Ok(())
}

/// Minus the rank of the first merge that makes a piece; 0 for pieces that no merge makes.
fn scores(file: &File, list: &List, path: &Path) -> Result<Vec<f32>, Error> {
    let mut scores = vec![0.0; list.tokens.len()];
    let mut pairs = HashSet::new();
    let mut rank_of: HashMap<String, usize> = HashMap::new();
    for (rank, merge) in file.model.merges.iter().enumerate() {
        let (left, right) = merge
            .halves()
            .ok_or_else(|| Error::damaged(path, format!("merge {rank} has not two halves")))?;
        pairs.insert((left, right));
        rank_of.entry(format!("{left}{right}")).or_insert(rank);
    }
    for (token, rank) in &rank_of {
        match list.ids.get(token) {
            Some(id) => scores[*id as usize] = -(*rank as f32) - 1.0,
            // Tokens that were dropped with their rows cannot be made any more.
            None if file.model.vocab.contains_key(token) => {}
            None => {
                let what = format!("a merge makes {token:?}, which is no token");
                return Err(Error::damaged(path, what));
            }
        }
    }
    match unlisted(list, &pairs) {
        None => Ok(scores),
        Some((left, right)) => {
            let what = format!(
                "its merges do not come from SentencePiece: {left:?} and {right:?} make a token and are not merged, but llama.cpp would merge them"
            );
            Err(Error::unsupported(path, what))
        }
    }
}

/// Two pieces whose union is a piece although no merge says so.
fn unlisted<'a>(list: &'a List, pairs: &HashSet<(&str, &str)>) -> Option<(&'a str, &'a str)> {
    let is_piece = |text: &str| {
        let id = list.ids.get(text);
        id.is_some_and(|id| list.kinds[*id as usize] == Kind::Normal)
    };
    let normal = list.tokens.iter().filter(|token| is_piece(token));
    let mut halves = normal.flat_map(|token| {
        let cuts = token.char_indices().skip(1);
        cuts.map(|(at, _)| token.split_at(at))
    });
    halves.find(|(left, right)| {
        is_piece(left) && is_piece(right) && !pairs.contains(&(*left, *right))
    })
}

/// Whether a space is put before the text, by either of the two ways in which files say so.
fn adds_space(file: &File, path: &Path) -> Result<bool, Error> {
    let steps = match file.normalizer["type"].as_str() {
        Some("Sequence") => file.normalizer["normalizers"].as_array().cloned(),
        Some(_) => Some(vec![file.normalizer.clone()]),
        None => None,
    };
    let mut prepends = false;
    let mut replaces = false;
    for step in steps.unwrap_or_default() {
        match step["type"].as_str() {
            Some("Prepend") if step["prepend"] == SPACE => prepends = true,
            Some("Replace") if step["pattern"]["String"] == " " && step["content"] == SPACE => {
                replaces = true;
            }
            _ => return Err(refused(&step, path)),
        }
    }
    match file.pre_tokenizer["type"].as_str() {
        None if replaces => Ok(prepends),
        Some("Metaspace") if !replaces && file.pre_tokenizer["split"] == false => {
            Ok(file.pre_tokenizer["prepend_scheme"] != "never")
        }
        _ => Err(refused(&file.pre_tokenizer, path)),
    }
}

fn refused(step: &Value, path: &Path) -> Error {
    let step: String = step.to_string().chars().take(200).collect();
    let what =
        format!("it changes text before it is cut in a way that llama.cpp does not ({step})");
    Error::unsupported(path, what)
}
