//! Everything needed to go on: weights, the optimiser's means, the step, and what the training was.
//!
//! One safetensors file, so that it is there whole or not at all. The order of examples needs no place in it:
//! it follows from the seed and the step. A checkpoint of another model, other examples or another recipe is
//! refused, because what would come of it is neither training.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use decoder::Matrix;
use decoder::export::put;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, View, serialize_to_file};
use serde::{Deserialize, Serialize};

use crate::{AdamW, Error, Recipe};

const KEY: &str = "whetstone.training";

/// Stands for the SHA-256 of a base that nobody took; programs before this one took none of files named by path.
pub(crate) const UNKNOWN: &str = "of unknown SHA-256";

/// What a checkpoint must agree with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) recipe: Recipe,
    /// What is trained: rank, alpha and targets of an adapter, or all weights.
    pub(crate) adapter: String,
    /// The base model: its name, and the SHA-256 of its file where it is known.
    pub(crate) base: String,
    /// A number that stands for all examples.
    pub(crate) examples: String,
}

/// A matrix on its way into a file; those of a whole model pass one after another.
struct Stored<'a>(&'a Matrix);

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = self.0.values().iter();
        Cow::Owned(values.flat_map(|value| value.to_le_bytes()).collect())
    }

    fn data_len(&self) -> usize {
        size_of_val(self.0.values())
    }
}

/// How far a training is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Steps that were taken.
    pub(crate) steps: usize,
    /// The least surprise at the held-out examples so far.
    pub(crate) best: Option<f64>,
    /// Steps after which it was that.
    #[serde(default)]
    pub(crate) best_step: Option<usize>,
    /// The surprise at them before the first step.
    #[serde(default)]
    pub(crate) before: Option<f64>,
    /// The surprise that the next gain is counted from.
    #[serde(default)]
    pub(crate) gained: Option<f64>,
    /// Looks without gain since then.
    pub(crate) in_vain: usize,
}

#[derive(Serialize, Deserialize)]
struct Header {
    identity: Identity,
    progress: Progress,
}

pub(crate) fn write(
    path: &Path,
    (identity, progress): (&Identity, &Progress),
    parameters: &[&Matrix],
    adamw: &AdamW,
) -> Result<(), Error> {
    let kinds = [
        ("weight", parameters.to_vec()),
        ("mean", adamw.means.iter().collect()),
        ("square", adamw.squares.iter().collect()),
    ];
    let stored = kinds.iter().flat_map(|(kind, all): &(&str, Vec<&Matrix>)| {
        let all = all.iter().enumerate();
        all.map(move |(i, one)| (format!("{kind}.{i}"), Stored(one)))
    });
    let header = Header {
        identity: identity.clone(),
        progress: progress.clone(),
    };
    let header = serde_json::to_string(&header).map_err(|error| Error::file(path, error))?;
    let metadata = HashMap::from([(KEY.to_owned(), header)]);
    Ok(put(path, |file| {
        serialize_to_file(stored, Some(metadata), file.path())
    })?)
}

/// Reads a checkpoint into `parameters` and `adamw`; `None` when there is none.
pub(crate) fn read(
    path: &Path,
    identity: &Identity,
    parameters: Vec<&mut Matrix>,
    adamw: &mut AdamW,
) -> Result<Option<Progress>, Error> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::file(path, error)),
    };
    let failed = |error: safetensors::SafeTensorError| Error::file(path, error);
    let header = header(&bytes).map_err(|what| Error::file(path, what))?;
    agree(&header.identity, identity).map_err(|what| Error::file(path, what))?;
    let stored = SafeTensors::deserialize(&bytes).map_err(failed)?;
    let shapes: Vec<[usize; 2]> = adamw.means.iter().map(Matrix::dims).collect();
    let all = |kind: &str| {
        let tensors = shapes.iter().enumerate().map(|(i, shape)| {
            let name = format!("{kind}.{i}");
            let view = stored.tensor(&name).map_err(failed)?;
            if view.shape() != shape || view.dtype() != Dtype::F32 {
                return Err(Error::file(path, format!("{name} has another shape")));
            }
            Ok(matrix(view.data(), *shape))
        });
        tensors.collect::<Result<Vec<Matrix>, Error>>()
    };
    let weights = all("weight")?;
    (adamw.means, adamw.squares) = (all("mean")?, all("square")?);
    adamw.steps = header.progress.steps;
    let own = parameters.into_iter();
    own.zip(weights).for_each(|(own, read)| *own = read);
    Ok(Some(header.progress))
}

fn header(bytes: &[u8]) -> Result<Header, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let text = metadata.metadata().as_ref().and_then(|all| all.get(KEY));
    let text = text.ok_or("it is no checkpoint of a training")?;
    serde_json::from_str(text).map_err(|error| format!("its header cannot be read: {error}"))
}

fn agree(stored: &Identity, own: &Identity) -> Result<(), String> {
    let other = |what: &str| {
        Err(format!(
            "it belongs to a training with {what}; take another folder, or ask for the same training again"
        ))
    };
    if !is_base(&stored.base, &own.base) {
        return other(&format!("another model, {}", stored.base));
    }
    if stored.adapter != own.adapter {
        return other(&format!("another adapter, {}", stored.adapter));
    }
    if stored.examples != own.examples {
        return other("other examples");
    }
    if stored.recipe != own.recipe {
        return other("other settings");
    }
    Ok(())
}

/// Whether a checkpoint's base is this one, as far as it is told.
fn is_base(stored: &str, own: &str) -> bool {
    let name = stored.strip_suffix(UNKNOWN);
    stored == own || name.is_some_and(|name| own.starts_with(name))
}

fn matrix(bytes: &[u8], shape: [usize; 2]) -> Matrix {
    let (values, _) = bytes.as_chunks::<4>();
    let values = values.iter().map(|&v| f32::from_le_bytes(v)).collect();
    Matrix::new(shape, values)
}

#[cfg(test)]
mod tests {
    use super::is_base;

    #[test]
    fn another_file_of_the_same_name_is_another_base_and_an_older_checkpoint_knows_the_name_alone()
    {
        assert!(is_base("toy abc", "toy abc"));
        assert!(!is_base("toy abc", "toy abd"));
        assert!(is_base("toy of unknown SHA-256", "toy abc"));
        assert!(!is_base("toy of unknown SHA-256", "toy2 abc"));
        assert!(!is_base("toy abc", "toy of unknown SHA-256"));
    }
}
