//! Two models that read the same text side by side, a piece of it at a time, so that every row of the one is held against
//! that of the other while both are in memory, and no more than a piece's rows are.

use engine::score::{self, Window};
use engine::{Session, Token};

use crate::Error;

/// Is told the place of a token in its window, the reference's row for it and the other's.
pub(crate) type OnRows<'a> = dyn FnMut(usize, &[f32], &[f32]) + 'a;

/// The reference's rows for the scored tokens of a piece, one after another.
#[derive(Default)]
pub(crate) struct Rows {
    logits: Vec<f32>,
    /// Place of the first of these tokens in its window.
    first: usize,
    /// Entries of a row.
    width: usize,
}

impl Rows {
    /// Has the reference read a piece.
    ///
    /// # Errors
    /// Those of [`Session::feed`].
    pub(crate) fn read(
        &mut self,
        session: &mut dyn Session,
        (window, piece): (&Window, usize),
    ) -> Result<(), engine::Error> {
        self.logits.clear();
        score::read_piece(session, 0, (window, piece), &mut |place, row| {
            if self.logits.is_empty() {
                (self.first, self.width) = (place, row.len());
            }
            self.logits.extend_from_slice(row);
        })
    }

    /// Has another model read the same piece, and hands over the place of each of its scored tokens, the reference's row
    /// and the other's.
    ///
    /// # Errors
    /// Those of [`Session::feed`].
    pub(crate) fn beside(
        &self,
        session: &mut dyn Session,
        (window, piece): (&Window, usize),
        on_rows: &mut OnRows<'_>,
    ) -> Result<(), engine::Error> {
        score::read_piece(session, 0, (window, piece), &mut |place, row| {
            let at = (place - self.first) * self.width;
            on_rows(place, &self.logits[at..at + self.width], row);
        })
    }
}

/// Why two rows cannot be held against each other, with the place of their token in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The reference's row is no distribution.
    Reference(usize),
    /// The other's is none.
    Other(usize),
    /// Both are, and the other holds something for impossible that the reference does not.
    Apart(usize),
}

impl Fault {
    /// Looked for only where something is wrong: the reference's row is looked at first, whatever the other's holds.
    pub(crate) fn of(place: usize, (ours, theirs): (&[f32], &[f32]), token: Token) -> Fault {
        // What only the wider one has is padding.
        let n = ours.len().min(theirs.len());
        let is_sound = |row: &[f32]| score::surprise(&row[..n], token).is_some();
        match (is_sound(ours), is_sound(theirs)) {
            (false, _) => Fault::Reference(place),
            (true, false) => Fault::Other(place),
            (true, true) => Fault::Apart(place),
        }
    }

    /// The error, under the name of whose row it is; each name says as well what was read.
    pub(crate) fn error(self, reference: String, other: String) -> Error {
        let not_finite = |place: String, position: usize| Error::Scoring {
            place,
            source: engine::Error::NotFinite { position },
        };
        match self {
            Fault::Reference(position) => not_finite(reference, position),
            Fault::Other(position) => not_finite(other, position),
            Fault::Apart(position) => Error::Apart {
                place: other,
                position,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blamed(ours: [f32; 3], theirs: [f32; 3]) -> String {
        let fault = Fault::of(7, (&ours, &theirs), 1);
        fault.error("one".into(), "two".into()).to_string()
    }

    #[test]
    fn the_row_that_is_no_distribution_is_named_and_the_references_first() {
        let (sound, broken) = ([0.0, 1.0, 2.0], [0.0, 1.0, f32::NAN]);
        assert!(blamed(broken, sound).starts_with("one: "));
        assert!(blamed(broken, broken).starts_with("one: "));
        assert!(blamed(sound, broken).starts_with("two: "));
        assert!(blamed(sound, broken).contains("token 7 of the text hold NaN"));
    }

    #[test]
    fn sound_rows_of_an_infinite_divergence_are_not_said_to_hold_nan() {
        let said = blamed([0.0, 1.0, 2.0], [0.0, 1.0, f32::NEG_INFINITY]);
        assert!(
            said.starts_with("two: ") && said.contains("infinite"),
            "{said}"
        );
        assert!(said.contains("token 7") && !said.contains("NaN"), "{said}");
    }
}
