//! The bundled texts: short passages of code and of prose, written for this project (CC0).

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// One passage, scored by itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Passage {
    /// Its name.
    pub id: String,
    /// `rust`, `cpp`, `python` or `english`.
    pub language: String,
    /// The text.
    pub text: String,
}

/// The names of the bundled texts.
pub const TEXTS: [&str; 2] = ["code", "prose"];

const CODE: &str = include_str!("../data/passages/code.jsonl");
const PROSE: &str = include_str!("../data/passages/prose.jsonl");

/// The passages of a bundled text; `None` if there is no text of that name.
pub fn find(name: &str) -> Option<Vec<Passage>> {
    let parse = |line: &str| {
        serde_json::from_str(line).expect("the bundled passages are valid, a test reads them all")
    };
    source(name).map(|lines| lines.lines().map(parse).collect())
}

/// SHA-256 of a bundled text's file, lower-case hex.
pub fn sha256(name: &str) -> Option<String> {
    source(name).map(|lines| hash(lines.as_bytes()))
}

/// SHA-256, lower-case hex.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All passages of a text with empty lines between; nothing if there is no such text.
pub fn joined(name: &str) -> String {
    let texts: Vec<String> = find(name)
        .unwrap_or_default()
        .into_iter()
        .map(|passage| passage.text)
        .collect();
    texts.join("\n\n")
}

fn source(name: &str) -> Option<&'static str> {
    match name {
        "code" => Some(CODE),
        "prose" => Some(PROSE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_passage_can_be_read_and_has_a_name_of_its_own() {
        for name in TEXTS {
            let passages = find(name).unwrap();
            assert!(passages.len() >= 20, "{name}: {}", passages.len());
            let mut ids: Vec<&str> = passages.iter().map(|p| p.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), passages.len());
            assert!(passages.iter().all(|p| p.text.len() >= 400), "{name}");
        }
        assert!(find("nothing").is_none());
    }
}
