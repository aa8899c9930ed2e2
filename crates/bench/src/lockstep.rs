//! Two models that read the same text side by side, a piece of it at a time, so that every row of the one is held against
//! that of the other while both are in memory, and no more than a piece's rows are.

use engine::Session;
use engine::score::{self, Window};

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
        on_rows: &mut dyn FnMut(usize, &[f32], &[f32]),
    ) -> Result<(), engine::Error> {
        score::read_piece(session, 0, (window, piece), &mut |place, row| {
            let at = (place - self.first) * self.width;
            on_rows(place, &self.logits[at..at + self.width], row);
        })
    }
}
