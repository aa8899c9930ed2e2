//! Byte-level BPE: text is split by a rule, its bytes stand for letters, neighbours are merged by rank.

use std::path::Path;

use serde_json::Value;

use super::file::{File, Merge};
use super::{Vocabulary, split};
use crate::Error;

/// The rules; tokens and special ids are filled in by the caller.
pub(super) fn vocabulary(file: &File, pre: Option<&str>, path: &Path) -> Result<Vocabulary, Error> {
    let pre = match pre {
        Some(name) => name.to_owned(),
        None => {
            let ignores_merges = file.model.ignore_merges == Some(true);
            split::name(&file.pre_tokenizer, ignores_merges, path)?.to_owned()
        }
    };
    refuse_normalizers(&file.normalizer, path)?;
    let merges = file.model.merges.iter().enumerate();
    let merges = merges.map(|(rank, merge)| joined(file, rank, merge, path));
    let merges = merges.collect::<Result<Vec<_>, _>>()?;
    if merges.is_empty() {
        return Err(Error::damaged(path, "it has no merges"));
    }
    Ok(Vocabulary {
        model: "gpt2",
        pre,
        merges,
        composes: !file.normalizer.is_null(),
        ..Vocabulary::default()
    })
}

/// llama.cpp changes no text before it is split. Composing accents (NFC) is let pass with a note, as
/// it leaves nearly all text as it is; anything else would change every text.
fn refuse_normalizers(normalizer: &Value, path: &Path) -> Result<(), Error> {
    let steps = match normalizer["type"].as_str() {
        Some("Sequence") => normalizer["normalizers"].as_array().cloned(),
        _ => Some(vec![normalizer.clone()]),
    };
    let is_harmless = |step: &&Value| step.is_null() || step["type"] == "NFC";
    match steps
        .unwrap_or_default()
        .iter()
        .find(|step| !is_harmless(step))
    {
        None => Ok(()),
        Some(step) => {
            let step: String = step.to_string().chars().take(200).collect();
            let what =
                format!("it changes text before it is cut, which llama.cpp does not ({step})");
            Err(Error::unsupported(path, what))
        }
    }
}

/// The merge as GGUF writes it, after a look whether its halves and its result are tokens.
fn joined(file: &File, rank: usize, merge: &Merge, path: &Path) -> Result<String, Error> {
    let refuse = |what: &str| {
        Err(Error::damaged(
            path,
            format!("merge {rank} ({merge:?}) {what}"),
        ))
    };
    let Some((left, right)) = merge.halves() else {
        return refuse("has not two halves");
    };
    if left.contains(' ') || right.contains(' ') {
        return refuse("holds a space, which byte-level tokens never do");
    }
    let is_token = |token: &str| file.model.vocab.contains_key(token);
    let whole = format!("{left}{right}");
    if [left, right, &whole].into_iter().all(is_token) {
        Ok(format!("{left} {right}"))
    } else {
        refuse("names what is no token")
    }
}
