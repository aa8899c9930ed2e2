//! The folder of a PEFT adapter: `adapter_config.json` and `adapter_model.safetensors`.

use std::collections::{BTreeMap, HashMap};
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
    let mut metadata = BTreeMap::from([("format".to_owned(), "pt".to_owned())]);
    if let Some(sha256) = &base.sha256 {
        metadata.insert("base_sha256".to_owned(), sha256.clone());
    }
    let in_any_order: HashMap<String, String> = metadata.clone().into_iter().collect();
    let mut bytes = serialize(views, Some(in_any_order)).map_err(failed)?;
    put_in_order(&mut bytes, &metadata);
    Ok(bytes)
}

/// The library writes the metadata in the order of a hash map, another one each time; equal adapters have to be equal files.
/// In whatever order they stand, the same entries take the same bytes.
fn put_in_order(bytes: &mut [u8], metadata: &BTreeMap<String, String>) {
    /// Behind the length of the header.
    const HEAD: &[u8] = b"{\"__metadata__\":";
    let from = size_of::<u64>();
    let ordered = serde_json::to_vec(metadata).expect("strings are JSON");
    let place = from + HEAD.len()..from + HEAD.len() + ordered.len();
    let stands_first = bytes[from..].starts_with(HEAD);
    if let Some(place) = bytes.get_mut(place).filter(|_| stands_first) {
        place.copy_from_slice(&ordered);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_stand_in_one_order_whatever_the_library_makes_of_it() {
        let numbers = [0u8; 4];
        let metadata = BTreeMap::from([
            ("format", "pt"),
            ("base_sha256", "ab12"),
            ("z", "1"),
            ("y", "2"),
        ]);
        let metadata: BTreeMap<String, String> = metadata
            .into_iter()
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        let file = || {
            let view = TensorView::new(Dtype::F32, vec![1], &numbers).unwrap();
            let any: HashMap<String, String> = metadata.clone().into_iter().collect();
            let mut bytes = serialize([("a", view)], Some(any)).unwrap();
            put_in_order(&mut bytes, &metadata);
            bytes
        };
        let first = file();
        assert!((0..20).all(|_| file() == first));
        let (_, read) = safetensors::SafeTensors::read_metadata(&first).unwrap();
        let read: BTreeMap<String, String> = read.metadata().clone().unwrap().into_iter().collect();
        assert_eq!(read, metadata);
    }
}
