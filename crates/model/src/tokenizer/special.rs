//! Which tokens begin and end texts, and the template of conversations: `tokenizer_config.json`.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::file::{File, List};
use super::{Kind, MAX_FILE, Special};
use crate::Error;
use crate::config::SpecialIds;
use crate::stored::text;

/// Names under which chat models end a turn.
const ENDS_OF_TURN: [&str; 4] = ["<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>"];

/// The fields that are looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    bos_token: Value,
    eos_token: Value,
    unk_token: Value,
    pad_token: Value,
    add_bos_token: Option<bool>,
    add_eos_token: Option<bool>,
    chat_template: Value,
    /// The template in the end: from a file of its own, or from here.
    #[serde(skip)]
    pub(super) template: Option<String>,
}

impl Settings {
    /// Reads what the folder has; a folder without settings is a base model without names for its
    /// special tokens.
    pub(super) fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join("tokenizer_config.json");
        let mut settings = Self::default();
        if path.is_file() {
            let damaged = |error: serde_json::Error| Error::damaged(&path, error.to_string());
            // By way of a map, because a list would pass for an object without fields.
            let map: Map<String, Value> =
                serde_json::from_str(&text(&path, MAX_FILE)?).map_err(damaged)?;
            settings = serde_json::from_value(Value::Object(map)).map_err(damaged)?;
        }
        let own = folder.join("chat_template.jinja");
        settings.template = if own.is_file() {
            Some(text(&own, MAX_FILE)?)
        } else {
            template(&settings.chat_template)
        };
        Ok(settings)
    }

    /// Ids by the names given here, else by the model's configuration.
    pub(super) fn special(&self, list: &List, ids: &SpecialIds) -> Special {
        let named = |token: &Value| list.ids.get(content(token)?).copied();
        let known = |id: Option<u32>| id.filter(|id| (*id as usize) < list.tokens.len());
        let end_of_turn = |name: &&str| {
            let id = *list.ids.get(*name)?;
            (list.kinds[id as usize] == Kind::Control).then_some(id)
        };
        Special {
            bos: named(&self.bos_token).or(known(ids.bos)),
            eos: named(&self.eos_token).or(known(ids.eos)),
            eot: ENDS_OF_TURN.iter().find_map(end_of_turn),
            unknown: named(&self.unk_token),
            pad: named(&self.pad_token).or(known(ids.pad)),
        }
    }

    /// Whether a text gets a token before and after it. What is done with every text is said by the
    /// post-processor; the settings decide where there is none that says it.
    pub(super) fn added(&self, file: &File, list: &List, special: &Special) -> (bool, bool) {
        let frame = frame(&file.post_processor);
        let is = |token: Option<&str>, id: Option<u32>| {
            token.is_some_and(|token| id.is_some() && list.ids.get(token).copied() == id)
        };
        match frame {
            Some((first, last)) => (is(first, special.bos), is(last, special.eos)),
            None => (
                self.add_bos_token == Some(true) && special.bos.is_some(),
                self.add_eos_token == Some(true) && special.eos.is_some(),
            ),
        }
    }
}

/// A token is written as text or as an object with its text.
fn content(token: &Value) -> Option<&str> {
    token.as_str().or_else(|| token.get("content")?.as_str())
}

/// The only template, or the one called default.
fn template(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    let all = value.as_array()?;
    let default = all.iter().find(|one| one["name"] == "default")?;
    default["template"].as_str().map(str::to_owned)
}

/// The special tokens with which a template of single texts begins and ends.
fn frame(processor: &Value) -> Option<(Option<&str>, Option<&str>)> {
    if processor["type"] == "Sequence" {
        let parts = processor["processors"].as_array()?;
        return parts.iter().find_map(single);
    }
    single(processor)
}

fn single(processor: &Value) -> Option<(Option<&str>, Option<&str>)> {
    if processor["type"] != "TemplateProcessing" {
        return None;
    }
    let parts = processor["single"].as_array()?;
    Some((special(parts.first()), special(parts.last())))
}

fn special(part: Option<&Value>) -> Option<&str> {
    part?["SpecialToken"]["id"].as_str()
}
