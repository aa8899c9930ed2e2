//! The folder of a PEFT adapter becomes an adapter: `adapter_config.json` and `adapter_model.safetensors`.
//!
//! Taken is plain LoRA with one rank for the same matrices of every layer. PEFT has more kinds; each would give other
//! numbers if it were read as this one, so whatever the configuration turns on beyond it is refused by its name.

use std::path::Path;

use half::{bf16, f16};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use serde_json::Value;

use crate::adapter::Adapter;
use crate::export::peft_name;
use crate::matrix::Matrix;
use crate::{Error, Lora, Shape, Target};

/// Keys that change what an adapter does, unless they are off or empty.
const REFUSED: [&str; 10] = [
    "use_rslora",
    "use_dora",
    "fan_in_fan_out",
    "rank_pattern",
    "alpha_pattern",
    "modules_to_save",
    "layers_to_transform",
    "layer_replication",
    "lora_bias",
    "trainable_token_indices",
];

/// Reads the folder for a model of this shape.
///
/// # Errors
/// [`Error::File`] for another kind of adapter, one for another model, or a file that cannot be read.
pub fn peft(folder: &Path, shape: &Shape) -> Result<Adapter, Error> {
    let wrong = |name: &str, what: String| Error::File {
        path: folder.join(name),
        what,
    };
    let read = |name: &str| {
        let bytes = std::fs::read(folder.join(name));
        bytes.map_err(|error| wrong(name, format!("not read: {error}")))
    };
    let (config, weights) = ("adapter_config.json", "adapter_model.safetensors");
    let lora = serde_json::from_slice(&read(config)?)
        .map_err(|error| error.to_string())
        .and_then(|value| lora(&value))
        .map_err(|what| wrong(config, what))?;
    let bytes = read(weights)?;
    let stored = SafeTensors::deserialize(&bytes);
    let stored = stored.map_err(|error| wrong(weights, error.to_string()))?;
    let mut adapter = Adapter::new(shape, &lora, 0)?;
    let names: Vec<String> = adapter
        .parameters()
        .iter()
        .map(|one| peft_name(one.0))
        .collect();
    for (name, own) in names.iter().zip(adapter.parameters_mut()) {
        *own = matrix(&stored, name, own.dims()).map_err(|what| wrong(weights, what))?;
    }
    match stored
        .names()
        .into_iter()
        .find(|name| !names.iter().any(|own| own == name))
    {
        Some(stranger) => {
            let what = format!(
                "{stranger} has no place here: the same matrices of every layer are taken, and no others"
            );
            Err(wrong(weights, what))
        }
        None => Ok(adapter),
    }
}

/// The SHA-256 of the base's file, which a folder written here has in its weights; `None` in those of others.
///
/// # Errors
/// [`Error::File`] if the weights cannot be read.
pub fn base_of_peft(folder: &Path) -> Result<Option<String>, Error> {
    let path = folder.join("adapter_model.safetensors");
    let wrong = |what: String| Error::File {
        path: path.clone(),
        what,
    };
    let bytes = std::fs::read(&path).map_err(|error| wrong(format!("not read: {error}")))?;
    let read = SafeTensors::read_metadata(&bytes).map_err(|error| wrong(error.to_string()))?;
    let known = read.1.metadata().as_ref();
    Ok(known.and_then(|all| all.get("base_sha256").cloned()))
}

fn lora(config: &Value) -> Result<Lora, String> {
    let kind = config["peft_type"].as_str().unwrap_or("nothing");
    if kind != "LORA" {
        return Err(format!("peft_type is {kind}, not LORA"));
    }
    let is_off = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    if let Some(key) = REFUSED.iter().find(|key| !is_off(&config[**key])) {
        return Err(format!("it sets {key}, which is not computed here"));
    }
    match config["bias"].as_str() {
        None | Some("none") => {}
        Some(bias) => {
            return Err(format!(
                "its biases are trained ({bias}), which is not computed here"
            ));
        }
    }
    let rank = config["r"].as_u64().ok_or("r is missing")?;
    let targets = config["target_modules"].as_array();
    let targets = targets.ok_or("target_modules must be a list of names")?;
    let target = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        Target::parse(name).map_err(|error| error.to_string())
    };
    Ok(Lora {
        rank: rank as usize,
        alpha: config["lora_alpha"]
            .as_f64()
            .ok_or("lora_alpha is missing")?,
        targets: targets.iter().map(target).collect::<Result<_, _>>()?,
    })
}

fn matrix(stored: &SafeTensors<'_>, name: &str, dims: [usize; 2]) -> Result<Matrix, String> {
    let view = stored
        .tensor(name)
        .map_err(|_| format!("tensor {name} is missing"))?;
    if view.shape() != dims {
        return Err(format!(
            "{name} has the shape {:?}, not {dims:?}",
            view.shape()
        ));
    }
    let bytes = view.data();
    let halves = || bytes.as_chunks::<2>().0.iter();
    let values = match view.dtype() {
        Dtype::F32 => {
            let values = bytes.as_chunks::<4>().0.iter();
            values.map(|&value| f32::from_le_bytes(value)).collect()
        }
        Dtype::F16 => halves()
            .map(|&value| f16::from_le_bytes(value).to_f32())
            .collect(),
        Dtype::BF16 => halves()
            .map(|&value| bf16::from_le_bytes(value).to_f32())
            .collect(),
        other => {
            return Err(format!(
                "{name} is stored as {other:?}; f32, f16 and bf16 are read"
            ));
        }
    };
    Ok(Matrix::new(dims, values))
}
