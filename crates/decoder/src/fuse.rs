//! An adapter is folded into the model: W + s·B·A for every matrix with factors, everything else as it was.
//!
//! The sum is rounded to the type it is stored in, and a coarse one swallows small changes; so the fused matrices
//! get a type of their own. Whoever serves the file should measure it, not the adapter.

use std::path::Path;

use gguf::{Gguf, TensorType, Writer, quant};

use crate::adapter::{Adapter, Factor, Place};
use crate::dequantise::decode;
use crate::export::in_order_of_file;
use crate::matrix::Matrix;
use crate::product::add_product;
use crate::{Error, Shape, Target};

/// Writes the fused model; matrices with factors are stored as `kind` (f32, f16, q8_0 or q4_0).
///
/// # Errors
/// [`Error::Gguf`] when a file cannot be read or written, [`Error::Tensor`] for a value that `kind` cannot hold or
/// rows that do not fill its blocks.
pub fn fuse(base: &Path, adapter: &Adapter, kind: TensorType, to: &Path) -> Result<(), Error> {
    let file = Gguf::open(base)?;
    let shape = Shape::of(&file)?;
    let mut writer = Writer::new();
    for (key, value) in file.metadata() {
        writer.set(key, value.clone())?;
    }
    for tensor in file.tensors() {
        let kind = match fused(adapter, tensor.name()) {
            Some(_) => kind,
            None => tensor.kind(),
        };
        writer.announce(tensor.name(), tensor.dims(), kind)?;
    }
    writer.write_with::<Error>(to, |name, sink| {
        let bytes = file.tensor_bytes(name)?;
        let Some(place) = fused(adapter, name) else {
            return Ok(sink.write(&bytes)?);
        };
        let wrong = |what: String| Error::Tensor {
            path: base.to_owned(),
            tensor: name.to_owned(),
            what,
        };
        let stored = file.tensor(name).map(gguf::Tensor::kind);
        let values = stored.and_then(|stored| decode(stored, &bytes));
        let values = values.ok_or_else(|| wrong("its type is not decoded here".into()))?;
        let sum = sum(values, adapter, place, &shape);
        let encoded = quant::encode(kind, sum.values());
        let encoded =
            encoded.ok_or_else(|| wrong(format!("its rows cannot be stored as {kind}")))?;
        let encoded = encoded.map_err(|bad| wrong(format!("{kind} cannot hold {}", bad.value)))?;
        Ok(sink.write(&encoded)?)
    })?;
    Ok(())
}

/// The matrix of that name, if the adapter has factors for it.
fn fused(adapter: &Adapter, name: &str) -> Option<(usize, Target)> {
    let (layer, stem) = name
        .strip_prefix("blk.")?
        .strip_suffix(".weight")?
        .split_once('.')?;
    let mut targets = adapter.lora().targets.iter();
    let target = targets.find(|target| target.in_gguf() == stem)?;
    Some((layer.parse().ok()?, *target))
}

fn sum(
    values: Vec<f32>,
    adapter: &Adapter,
    (layer, target): (usize, Target),
    shape: &Shape,
) -> Matrix {
    let [out, input] = target.sides(shape);
    let mut sum = Matrix::new([out, input], values);
    let Some(factors) = adapter.layers[layer].of(target) else {
        return sum;
    };
    let place = Place {
        layer,
        target,
        factor: Factor::B,
    };
    let rank = factors.b.columns();
    let b = in_order_of_file(factors.b.values().to_vec(), place, shape, rank);
    let b = Matrix::new([out, rank], b);
    add_product(&mut sum, b.view(), factors.a.view(), factors.scale);
    sum
}
