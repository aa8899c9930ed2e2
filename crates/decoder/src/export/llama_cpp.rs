//! The GGUF file of an adapter, as llama.cpp's `llama_adapter_lora_init` reads it.

use std::path::Path;

use gguf::{TensorType, Writer};

use super::Base;
use crate::adapter::{Adapter, Factor, Place};
use crate::load::{pairs, reorder};
use crate::{Error, Family, Shape, Target};

/// Writes the file, replacing one that is there.
///
/// # Errors
/// [`Error::Gguf`] when it cannot be written, or when a number in it is not finite.
pub fn gguf(adapter: &Adapter, shape: &Shape, base: &Base, path: &Path) -> Result<(), Error> {
    let mut writer = Writer::new();
    writer.set("general.type", "adapter")?;
    writer.set("general.architecture", shape.family.name())?;
    writer.set("general.name", format!("{} adapter", base.name).as_str())?;
    writer.set("general.base_model.count", 1_u32)?;
    writer.set("general.base_model.0.name", base.name.as_str())?;
    if let Some(sha256) = &base.sha256 {
        writer.set("whetstone.base_sha256", sha256.as_str())?;
    }
    writer.set("adapter.type", "lora")?;
    writer.set("adapter.lora.alpha", adapter.lora().alpha as f32)?;
    for (place, tensor) in adapter.parameters() {
        let [rows, columns] = tensor.dims();
        let numbers = in_order_of_file(tensor.values().to_vec(), place, shape, columns);
        let dims = [columns as u64, rows as u64];
        writer.tensor(&tensor_name(place), &dims, TensorType::F32, &numbers)?;
    }
    writer.write(path)?;
    Ok(())
}

/// Rows of B as the file has the rows of its matrix.
pub(crate) fn in_order_of_file(
    values: Vec<f32>,
    place: Place,
    shape: &Shape,
    row: usize,
) -> Vec<f32> {
    match place.factor {
        Factor::A => values,
        Factor::B => rows_of_file(values, place.target, shape, row),
    }
}

/// What a matrix gives, in the order in which the file has it.
pub(crate) fn rows_of_file(
    values: Vec<f32>,
    target: Target,
    shape: &Shape,
    row: usize,
) -> Vec<f32> {
    let heads = match target {
        Target::Query => shape.heads,
        Target::Key => shape.kv_heads,
        _ => return values,
    };
    match shape.family {
        Family::Llama => reorder(&values, row, &pairs(heads, shape.head)),
        Family::Qwen2 => values,
    }
}

/// The name of a factor.
pub(crate) fn tensor_name(place: Place) -> String {
    let factor = match place.factor {
        Factor::A => "lora_a",
        Factor::B => "lora_b",
    };
    format!(
        "blk.{}.{}.weight.{factor}",
        place.layer,
        place.target.in_gguf()
    )
}
