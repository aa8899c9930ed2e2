//! A vocabulary for models that came without one: every byte is a token, the other rows are unused.
//!
//! Any text has tokens and comes back unchanged, so speed and memory can be measured. Quality cannot:
//! a model trained with another vocabulary reads nonsense here, and whoever asks for this one knows.

use super::{Kind, Special, Vocabulary};

/// Unknown, begin and end come first, in the order of Llama.
const FIRST_BYTE: usize = 3;
const SPACE: usize = FIRST_BYTE + 256;

/// The smallest token table for which there is such a vocabulary.
pub(crate) const FEWEST: u32 = SPACE as u32 + 1;

/// The vocabulary for a token table of so many rows, at least [`FEWEST`].
pub(crate) fn placeholder(rows: u32) -> Vocabulary {
    let rows = rows.max(FEWEST) as usize;
    let mut kinds = vec![Kind::Unused as i32; rows];
    kinds[..FIRST_BYTE]
        .copy_from_slice(&[Kind::Unknown, Kind::Control, Kind::Control].map(|k| k as i32));
    kinds[FIRST_BYTE..SPACE].fill(Kind::Byte as i32);
    kinds[SPACE] = Kind::Normal as i32;
    Vocabulary {
        model: "llama",
        pre: "default".into(),
        tokens: (0..rows).map(token).collect(),
        kinds,
        scores: vec![0.0; rows],
        special: Special {
            bos: Some(1),
            eos: Some(2),
            unknown: Some(0),
            ..Special::default()
        },
        adds_bos: true,
        adds_space: Some(false),
        ..Vocabulary::default()
    }
}

fn token(id: usize) -> String {
    match id {
        0 => "<unk>".into(),
        1 => "<s>".into(),
        2 => "</s>".into(),
        FIRST_BYTE..SPACE => format!("<0x{:02X}>", id - FIRST_BYTE),
        SPACE => "▁".into(),
        _ => format!("[PAD{id}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_has_a_token_of_its_own_and_every_byte_one() {
        let vocabulary = placeholder(32_000);
        let tokens: HashSet<&String> = vocabulary.tokens.iter().collect();
        assert_eq!(tokens.len(), 32_000);
        assert!(tokens.contains(&"<0xFF>".to_owned()));
        assert_eq!(vocabulary.kinds.iter().filter(|k| **k == 6).count(), 256);
    }
}
