//! Weights flow from where they are, piece by piece, into a GGUF file.

use std::ops::ControlFlow;
use std::path::Path;

use gguf::{Sink, TensorType, Writer, quant};

use crate::layout::Wanted;
use crate::{Error, Precision};

/// Elements of a piece: a few megabytes of floats.
pub(crate) const PIECE: u64 = 1 << 20;

/// How far the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Bytes of tensors that are written.
    pub done: u64,
    /// Bytes of tensors that the file will have.
    pub total: u64,
}

/// Is told of every piece that was written, and says whether to go on.
pub type Watch<'a> = dyn FnMut(Step) -> ControlFlow<()> + 'a;

/// The rows of one tensor, whole rows in each piece.
pub(crate) type Pieces<'a> = Box<dyn Iterator<Item = Result<Vec<f32>, Error>> + 'a>;

/// What is to be poured where.
pub(crate) struct Pour<'a> {
    pub(crate) writer: Writer,
    pub(crate) wanted: &'a [Wanted],
    pub(crate) precision: Precision,
}

impl Pour<'_> {
    /// Writes the file; gives its length in bytes.
    pub(crate) fn into_file<'s>(
        mut self,
        path: &Path,
        pieces: impl Fn(usize, &Wanted) -> Result<Pieces<'s>, Error>,
        watch: &mut Watch<'_>,
    ) -> Result<u64, Error> {
        for wanted in self.wanted {
            let kind = wanted.kind(self.precision);
            self.writer.announce(&wanted.name, &wanted.dims, kind)?;
        }
        let total = self.wanted.iter().map(|wanted| self.bytes(wanted)).sum();
        let mut step = Step { done: 0, total };
        let mut indices = 0..self.wanted.len();
        self.writer.write_with(path, |_, sink| {
            // The writer asks in the order in which tensors were announced.
            let Some(index) = indices.next() else {
                return Ok(());
            };
            let wanted = &self.wanted[index];
            let stopped = || Error::Stopped {
                path: path.to_owned(),
            };
            let mut at = 0;
            for piece in pieces(index, wanted)? {
                let piece = piece?;
                step.done += put(sink, wanted, self.precision, (at, &piece))?;
                at += piece.len() as u64;
                if watch(step).is_break() {
                    return Err(stopped());
                }
            }
            Ok(())
        })
    }

    fn bytes(&self, wanted: &Wanted) -> u64 {
        let kind = wanted.kind(self.precision);
        kind.bytes_of(wanted.dims.iter().product()).unwrap_or(0)
    }
}

/// Encodes a piece and hands it on; gives its bytes. `at` is the place of its first value.
fn put(
    sink: &mut Sink<'_>,
    wanted: &Wanted,
    precision: Precision,
    (at, values): (u64, &[f32]),
) -> Result<u64, Error> {
    let kind = wanted.kind(precision);
    let refused = |index: usize, value: f32| Error::Unrepresentable {
        tensor: wanted.name.clone(),
        index: at + index as u64,
        value,
        kind,
        remedy: remedy(value),
    };
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(refused(index, values[index]));
    }
    let encoded = quant::encode(kind, values).ok_or_else(|| uneven(wanted, kind))?;
    let bytes = encoded.map_err(|bad| refused(bad.index, bad.value))?;
    sink.write(&bytes)?;
    Ok(bytes.len() as u64)
}

fn remedy(value: f32) -> &'static str {
    if value.is_finite() {
        "take f32"
    } else {
        "the file is damaged or its training diverged; take an earlier checkpoint"
    }
}

/// Unreachable for pieces of whole rows; an error all the same, because a panic would say less.
fn uneven(wanted: &Wanted, kind: TensorType) -> Error {
    Error::Gguf(gguf::Error::Unwritable {
        item: format!("tensor {:?}", wanted.name),
        what: format!("a piece of it does not fill whole {kind} blocks"),
    })
}
