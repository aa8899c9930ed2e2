//! The folder of a PEFT adapter: `adapter_config.json` and `adapter_model.safetensors`.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::json;

use super::{Base, write_whole};
use crate::adapter::{Adapter, Factor, Place};
use crate::{Error, Target};

/// Writes the two files into `folder`, which is made if it is not there.
///
/// # Errors
/// [`Error::File`].
pub fn peft(adapter: &Adapter, base: &Base, folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::File {
        path: folder.to_owned(),
        what: format!("not made: {source}"),
    })?;
    let weights = folder.join("adapter_model.safetensors");
    write_whole(&weights, &tensors(adapter, base, &weights)?)?;
    let config = serde_json::to_vec_pretty(&config(adapter, base));
    let config = config.expect("a value of strings and numbers is JSON");
    write_whole(&folder.join("adapter_config.json"), &config)
}

fn config(adapter: &Adapter, base: &Base) -> serde_json::Value {
    let lora = adapter.lora();
    let targets: Vec<&str> = lora.targets.iter().map(|target| target.name()).collect();
    json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base.name,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": 0.0,
        "target_modules": targets,
        "bias": "none",
        "fan_in_fan_out": false,
        "init_lora_weights": true,
        "inference_mode": true,
        "modules_to_save": null,
    })
}

fn tensors(adapter: &Adapter, base: &Base, path: &Path) -> Result<Vec<u8>, Error> {
    let stored: Vec<(String, [usize; 2], Vec<u8>)> = adapter
        .parameters()
        .iter()
        .map(|(place, tensor)| {
            let bytes = tensor.values().iter().flat_map(|v| v.to_le_bytes());
            (name(*place), tensor.dims(), bytes.collect())
        })
        .collect();
    let failed = |error: safetensors::SafeTensorError| Error::File {
        path: path.to_owned(),
        what: format!("not written: {error}"),
    };
    let views = stored
        .iter()
        .map(|(name, dims, bytes)| {
            let view = TensorView::new(Dtype::F32, dims.to_vec(), bytes)?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    let mut metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    if let Some(sha256) = &base.sha256 {
        metadata.insert("base_sha256".to_owned(), sha256.clone());
    }
    serialize(views, Some(metadata)).map_err(failed)
}

/// The name that `get_peft_model_state_dict` gives it.
pub(crate) fn name(place: Place) -> String {
    let factor = match place.factor {
        Factor::A => "lora_A",
        Factor::B => "lora_B",
    };
    let module = Target::in_transformers(place.target);
    format!(
        "base_model.model.model.layers.{}.{module}.{factor}.weight",
        place.layer
    )
}
