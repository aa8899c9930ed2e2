//! The prompts of speculative decoding: the bundled ones by category, or a file with one a line.

use engine::{Special, Token};
use serde::Deserialize;
use task::chat::{Message, Specials, Turn};

use crate::desk::Subject;
use crate::{Error, passages};

const BUNDLED: &str = include_str!("../../data/prompts/speculation.jsonl");

/// The name of the bundled prompts.
pub const NAME: &str = "bundled";

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Prompt {
    /// Its name.
    pub id: String,
    /// `code`, `edit`, `repair`, `prose`, `json`, or `own` for those of a file.
    pub category: String,
    /// The text.
    pub prompt: String,
}

/// Prompts with the name and the hash of where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts {
    /// [`NAME`] or a path.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// In the order in which they are asked.
    pub list: Vec<Prompt>,
}

impl Prompts {
    /// The bundled prompts, written for this project (CC0): five of each category, categories in turns, so
    /// that any number of the first ones is balanced.
    pub fn bundled() -> Prompts {
        let parse = |line| {
            serde_json::from_str(line)
                .expect("the bundled prompts are valid, a test reads them all")
        };
        let all: Vec<Prompt> = BUNDLED.lines().map(parse).collect();
        let mut categories: Vec<&str> = Vec::new();
        for prompt in &all {
            if !categories.contains(&prompt.category.as_str()) {
                categories.push(&prompt.category);
            }
        }
        let of = |category: &str| -> Vec<&Prompt> {
            all.iter().filter(|p| p.category == category).collect()
        };
        let columns: Vec<Vec<&Prompt>> = categories.iter().map(|name| of(name)).collect();
        let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
        let in_turns = (0..longest).flat_map(|i| columns.iter().filter_map(move |c| c.get(i)));
        Prompts {
            name: NAME.into(),
            sha256: passages::hash(BUNDLED.as_bytes()),
            list: in_turns.map(|prompt| (*prompt).clone()).collect(),
        }
    }

    /// The prompts of a file: one a line, empty lines and those that begin with `#` left out.
    ///
    /// # Errors
    /// [`Error::Plan`] if it holds none or is no UTF-8.
    pub fn of_file(name: &str, bytes: &[u8]) -> Result<Prompts, Error> {
        let refused = |cause: &str| Error::Plan(format!("{name} {cause}"));
        let text = std::str::from_utf8(bytes).map_err(|_| refused("is no UTF-8 text"))?;
        let text = text.trim_start_matches('\u{feff}');
        let lines = text.lines().enumerate().map(|(i, line)| (i, line.trim()));
        let list: Vec<Prompt> = lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(i, line)| Prompt {
                id: format!("line-{}", i + 1),
                category: "own".into(),
                prompt: line.to_owned(),
            })
            .collect();
        match list.is_empty() {
            true => Err(refused("holds no prompt; write one a line")),
            false => Ok(Prompts {
                name: name.into(),
                sha256: passages::hash(bytes),
                list,
            }),
        }
    }
}

/// A prompt as the tokens of a model: through its chat template if it has one.
///
/// # Errors
/// Those of the template.
pub fn tokens(subject: &Subject<'_>, prompt: &Prompt) -> Result<Vec<Token>, Error> {
    let tokenizer = subject.model.tokenizer();
    let Some(template) = &subject.chat else {
        let start = tokenizer.start().into_iter();
        let text = tokenizer.encode(&prompt.prompt, Special::Plain);
        return Ok(start.chain(text).collect());
    };
    let text_of = |token: Option<Token>| token.map(|token| tokenizer.text(token));
    let specials = Specials {
        bos: text_of(tokenizer.start()),
        eos: text_of(tokenizer.end()),
        now: subject.now,
    };
    let said = [Message::new("user", prompt.prompt.as_str())];
    let text = template.render(&said, &specials, Turn::AddAssistant)?;
    Ok(tokenizer.encode(&text, Special::Parse))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_bundled_prompts_have_five_of_each_category_in_turns() {
        let prompts = Prompts::bundled();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for prompt in &prompts.list {
            *counts.entry(&prompt.category).or_default() += 1;
        }
        let wanted = ["code", "edit", "json", "prose", "repair"].map(|name| (name, 5));
        assert_eq!(counts, BTreeMap::from(wanted));
        let first: Vec<&str> = prompts.list[..5]
            .iter()
            .map(|p| p.category.as_str())
            .collect();
        assert_eq!(first, ["code", "edit", "repair", "prose", "json"]);
        let mut ids: Vec<&str> = prompts.list.iter().map(|p| p.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 25, "names tell prompts apart");
    }

    #[test]
    fn a_file_has_one_prompt_a_line_and_comments() {
        let text = b"# prompts\n\n  What is a monad?  \r\n#no\nReverse a list\n";
        let prompts = Prompts::of_file("p.txt", text).unwrap();
        let read: Vec<(&str, &str)> = prompts
            .list
            .iter()
            .map(|p| (p.id.as_str(), p.prompt.as_str()))
            .collect();
        assert_eq!(
            read,
            [("line-3", "What is a monad?"), ("line-5", "Reverse a list")]
        );
        let marked = "\u{feff}# prompts\nReverse a list\n".as_bytes();
        assert_eq!(Prompts::of_file("p.txt", marked).unwrap().list.len(), 1);
        for nothing in [&b""[..], b"# only\n", b"\xff\xfe"] {
            assert!(Prompts::of_file("p.txt", nothing).is_err());
        }
    }
}
