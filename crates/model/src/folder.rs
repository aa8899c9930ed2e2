//! A folder as `save_pretrained` writes it: safetensors files, whole or in shards with an index.
//!
//! Only headers are read here. The safetensors crate checks that tensors follow one another without
//! gaps or overlaps; that the file is as long as its header says is checked here, so that a cut
//! download is found before the first byte is converted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::Metadata;
use serde::Deserialize;

use crate::Error;
use crate::error::io_at;
use crate::stored::{Element, Stored, Tensors, text};

/// The longest header that the format allows.
const MAX_HEADER: u64 = 100_000_000;
const MAX_INDEX: u64 = 64 << 20;
const WHOLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The tensors of all safetensors files of a folder.
pub(crate) fn tensors(folder: &Path) -> Result<Tensors, Error> {
    let index = folder.join(INDEX);
    let whole = folder.join(WHOLE);
    if index.is_file() && !whole.is_file() {
        return sharded(folder, &index);
    }
    if !whole.is_file() {
        return Err(lacking(folder));
    }
    let mut tensors = Tensors::default();
    add_file(&mut tensors, &whole)?;
    Ok(tensors)
}

fn lacking(folder: &Path) -> Error {
    let pickled = folder.join("pytorch_model.bin").exists();
    let remedy = if pickled {
        "it holds pytorch_model.bin; save it again with save_pretrained(..., safe_serialization=True)"
    } else {
        "give a folder with config.json, tokenizer.json and safetensors files"
    };
    Error::missing(folder, WHOLE, remedy)
}

fn sharded(folder: &Path, index: &Path) -> Result<Tensors, Error> {
    let read: Index = serde_json::from_str(&text(index, MAX_INDEX)?)
        .map_err(|error| Error::damaged(index, error.to_string()))?;
    let mut files: Vec<&String> = read.weight_map.values().collect();
    files.sort();
    files.dedup();
    let mut tensors = Tensors::default();
    for file in files {
        add_file(&mut tensors, &shard(folder, index, file)?)?;
    }
    for (name, file) in &read.weight_map {
        let found = tensors.get(name);
        if found.is_none_or(|stored| stored.path != folder.join(file)) {
            let what = format!("it says that {name} is in {file}, which has no such tensor");
            return Err(Error::damaged(index, what));
        }
    }
    Ok(tensors)
}

/// A shard is a plain name beside the index: an index may not lead out of its folder.
fn shard(folder: &Path, index: &Path, name: &str) -> Result<PathBuf, Error> {
    if Path::new(name)
        .file_name()
        .is_none_or(|plain| plain != name)
    {
        let what = format!("it names {name:?}, which is no file of the same folder");
        return Err(Error::damaged(index, what));
    }
    let path = folder.join(name);
    if path.is_file() {
        return Ok(path);
    }
    let remedy = "it is named in the index; fetch the missing shard";
    Err(Error::missing(folder, name, remedy))
}

fn add_file(tensors: &mut Tensors, path: &Path) -> Result<(), Error> {
    let damaged = |what: String| Error::damaged(path, what);
    let mut file = File::open(path).map_err(io_at("open", path))?;
    let len = file.metadata().map_err(io_at("open", path))?.len();
    let header = header(&mut file, path, len)?;
    let data = 8 + header.len() as u64;
    let metadata: Metadata =
        serde_json::from_slice(&header).map_err(|error| damaged(format!("its header: {error}")))?;
    let end = data + metadata.data_len() as u64;
    if end != len {
        return Err(damaged(format!(
            "its header describes {end} bytes and the file has {len}"
        )));
    }
    for name in metadata.offset_keys() {
        let Some(info) = metadata.info(&name) else {
            continue;
        };
        let stored = Stored {
            path: path.to_owned(),
            offset: data + info.data_offsets.0 as u64,
            shape: info.shape.iter().map(|&dim| dim as u64).collect(),
            element: element(info.dtype),
        };
        tensors.add(name, stored)?;
    }
    Ok(())
}

fn header(file: &mut File, path: &Path, len: u64) -> Result<Vec<u8>, Error> {
    let mut length = [0; 8];
    if len < 8 {
        return Err(Error::damaged(path, "it is shorter than its header"));
    }
    file.read_exact(&mut length).map_err(io_at("read", path))?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER || length > len - 8 {
        let what = format!("it claims a header of {length} bytes and has {len} in all");
        return Err(Error::damaged(path, what));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(io_at("read", path))?;
    Ok(header)
}

fn element(dtype: Dtype) -> Element {
    match dtype {
        Dtype::F64 => Element::F64,
        Dtype::F32 => Element::F32,
        Dtype::F16 => Element::F16,
        Dtype::BF16 => Element::BF16,
        // Sizes of less than a byte round up; nothing is read of such a tensor.
        other => Element::Other("integers", (other.bitsize() as u64).div_ceil(8)),
    }
}
