//! JSON as a tree whose nodes know their places, like that of YAML.
//!
//! A value is kept as the piece of text that it was written in; where that piece begins in the whole text is its place.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::value::RawValue;

use crate::recipe::{Key, Mistake, Node, Place, What};

/// How deep lists and mappings may stand in each other.
const DEEPEST: usize = 16;

/// One JSON value.
pub(super) fn read(text: &str, name: &str) -> Result<Node, Mistake> {
    let page = Page {
        text,
        file: name.into(),
        first_line: 1,
    };
    page.value(text, 0)
}

/// A list with the value of each line that is not blank.
pub(super) fn read_lines(text: &str, name: &str) -> Result<Node, Mistake> {
    let text = text.trim_start_matches('\u{feff}');
    let file: Rc<str> = name.into();
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let nodes = lines.map(|(at, line)| {
        let page = Page {
            text: line,
            file: Rc::clone(&file),
            first_line: at + 1,
        };
        page.value(line, 0)
    });
    Ok(Node {
        place: Place {
            file: Rc::clone(&file),
            line: 1,
            column: 1,
        },
        what: What::List(nodes.collect::<Result<_, _>>()?),
    })
}

/// A text, or one line of it.
struct Page<'t> {
    text: &'t str,
    file: Rc<str>,
    first_line: usize,
}

impl<'t> Page<'t> {
    /// The value in a piece of the text.
    fn value(&self, piece: &'t str, depth: usize) -> Result<Node, Mistake> {
        let raw: &'t RawValue = serde_json::from_str(piece).map_err(|error| self.fault(&error))?;
        let written = raw.get();
        let place = self.place(offset(self.text, written));
        if depth > DEEPEST {
            return Err(Mistake::at(
                &place,
                "it is nested deeper than any benchmark",
            ));
        }
        let what = match written.as_bytes().first() {
            Some(b'[') => {
                let all: Vec<&'t RawValue> = self.parsed(written)?;
                let nodes = all.into_iter().map(|one| self.value(one.get(), depth + 1));
                What::List(nodes.collect::<Result<_, _>>()?)
            }
            Some(b'{') => self.map(written, depth)?,
            Some(b'"') => What::Word {
                text: self.parsed(written)?,
                quoted: true,
            },
            _ => What::Word {
                text: written.to_owned(),
                quoted: false,
            },
        };
        Ok(Node { place, what })
    }

    /// Entries in the order in which they were written.
    fn map(&self, written: &'t str, depth: usize) -> Result<What, Mistake> {
        let all: BTreeMap<String, &'t RawValue> = self.parsed(written)?;
        let mut entries = Vec::new();
        for (name, raw) in all {
            let at = offset(self.text, raw.get());
            // The name stands right before its value.
            let key = self.text[..at]
                .rfind('"')
                .and_then(|end| self.text[..end].rfind('"'));
            let place = self.place(key.unwrap_or(at));
            entries.push((Key { place, name }, self.value(raw.get(), depth + 1)?));
        }
        entries.sort_by_key(|(_, node)| (node.place.line, node.place.column));
        Ok(What::Map(entries))
    }

    fn parsed<T: serde::Deserialize<'t>>(&self, piece: &'t str) -> Result<T, Mistake> {
        serde_json::from_str(piece).map_err(|error| self.fault(&error))
    }

    fn place(&self, offset: usize) -> Place {
        let before = &self.text[..offset];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            file: Rc::clone(&self.file),
            line: self.first_line + before.matches('\n').count(),
            column: before[line..].chars().count() + 1,
        }
    }

    /// What the parser says of the whole text.
    fn fault(&self, error: &serde_json::Error) -> Mistake {
        let place = Place {
            file: Rc::clone(&self.file),
            line: self.first_line + error.line().saturating_sub(1),
            column: error.column().max(1),
        };
        let said = error.to_string();
        let why = said.split(" at line ").next().unwrap_or(&said);
        Mistake::at(&place, format!("it is no JSON: {why}"))
    }
}

/// Where a piece of a text begins in it.
fn offset(text: &str, piece: &str) -> usize {
    (piece.as_ptr() as usize)
        .saturating_sub(text.as_ptr() as usize)
        .min(text.len())
}
