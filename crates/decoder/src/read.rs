//! A file of an adapter becomes an adapter again, so that it can be merged or written in another form: here a GGUF
//! file, in [`peft()`] a folder of PEFT.
//!
//! Taken is what fits [`Adapter`]: one rank, and the same matrices in every layer. llama.cpp allows more; such a file is
//! refused by the name of the tensor that does not fit.

mod peft;

use std::path::Path;

use gguf::{Gguf, Value};

use crate::adapter::{Adapter, Factor};
use crate::dequantise::decode;
use crate::export::tensor_name;
use crate::load::{halves, reorder};
use crate::matrix::Matrix;
use crate::{Error, Family, Lora, Shape, Target};
pub use peft::{base_of_peft, peft};

/// Reads an adapter for a model of this shape.
///
/// # Errors
/// [`Error::File`] when it is no adapter or one for another model, [`Error::Gguf`] when it cannot be read.
pub fn adapter(path: &Path, shape: &Shape) -> Result<Adapter, Error> {
    let file = Gguf::open(path)?;
    let wrong = |what: String| Error::File {
        path: path.to_owned(),
        what,
    };
    let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or("nothing");
    for (key, wanted) in [
        ("general.type", "adapter"),
        ("adapter.type", "lora"),
        ("general.architecture", shape.family.name()),
    ] {
        let found = text(key);
        if found != wanted {
            return Err(wrong(format!("{key} is {found}, not {wanted}")));
        }
    }
    let lora = lora(&file).map_err(wrong)?;
    let mut adapter = Adapter::new(shape, &lora, 0)?;
    let places: Vec<_> = adapter.parameters().iter().map(|one| one.0).collect();
    for (place, own) in places.iter().zip(adapter.parameters_mut()) {
        let name = tensor_name(*place);
        let [rows, columns] = own.dims();
        let dims = [columns as u64, rows as u64];
        let stored = file.tensor(&name);
        let stored = stored.ok_or_else(|| wrong(format!("tensor {name} is missing")))?;
        if stored.dims() != dims {
            let found = stored.dims();
            return Err(wrong(format!(
                "{name} has the shape {found:?}, not {dims:?}"
            )));
        }
        let values = decode(stored.kind(), &file.tensor_bytes(&name)?);
        let values =
            values.ok_or_else(|| wrong(format!("{name}: its type is not decoded here")))?;
        let heads = match (place.factor, place.target) {
            (Factor::B, Target::Query) => shape.heads,
            (Factor::B, Target::Key) => shape.kv_heads,
            _ => 0,
        };
        let values = match shape.family {
            Family::Llama if heads > 0 => reorder(&values, columns, &halves(heads, shape.head)),
            _ => values,
        };
        *own = Matrix::new([rows, columns], values);
    }
    let known: Vec<String> = places.into_iter().map(tensor_name).collect();
    match file
        .tensors()
        .iter()
        .find(|one| !known.iter().any(|name| name == one.name()))
    {
        Some(stranger) => Err(wrong(format!(
            "{} has no place here: the same matrices of every layer are taken, and no others",
            stranger.name()
        ))),
        None => Ok(adapter),
    }
}

fn lora(file: &Gguf) -> Result<Lora, String> {
    let factor_of_first = |target: &Target| {
        let name = format!("blk.0.{}.weight.lora_a", target.in_gguf());
        file.tensor(&name)
            .and_then(|one| one.dims().get(1).copied())
    };
    let alpha = file.get("adapter.lora.alpha").and_then(Value::as_f64);
    let targets: Vec<Target> = Target::ALL
        .into_iter()
        .filter(|t| factor_of_first(t).is_some())
        .collect();
    let rank = targets.first().and_then(factor_of_first);
    Ok(Lora {
        rank: rank.ok_or("no matrix of the first layer has factors")? as usize,
        alpha: alpha.ok_or("adapter.lora.alpha is missing")?,
        targets,
    })
}
