//! Checkpoints that `torch.save` wrote: a ZIP archive with a pickle and one entry per storage.
//!
//! A pickle is a program, and PyTorch runs it. Here it is read by a machine that can make dictionaries,
//! lists, numbers, texts and descriptions of tensors and knows no other name, so nothing of a file is
//! executed. Entries must be stored without compression, as PyTorch writes them: no archive is larger
//! than its file, and tensors are read where they lie. Every entry's checksum is verified first.

mod door;
mod machine;
mod opcode;
mod value;

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value as Json};
use zip::{CompressionMethod, ZipArchive};

use crate::Error;
use crate::error::io_at;
use crate::stored::{Stored, Tensors};
pub(crate) use door::pickle_door;
use machine::shown;
use value::{Heap, Tensor, Value};

/// The longest pickle that is read; that of a thousand tensors has about 200 kB.
const MAX_PICKLE: u64 = 16 << 20;
/// More entries than any model has storages.
const MAX_ENTRIES: usize = 1 << 17;
/// Longer than the name of any tensor, in bytes.
const MAX_NAME: usize = 255;

/// What a checkpoint holds of a model.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(crate) tensors: Tensors,
    /// The fields of its configuration, if it has one.
    pub(crate) config: Option<Json>,
    /// Plain facts beside it: variant, data set, epoch.
    pub(crate) facts: Map<String, Json>,
}

/// An entry of the archive: where its bytes lie.
struct Entry {
    start: u64,
    len: u64,
}

/// Reads a checkpoint without executing anything in it.
pub(crate) fn open(path: &Path) -> Result<Checkpoint, Error> {
    let mut file = File::open(path).map_err(io_at("open", path))?;
    refuse_other_formats(&mut file, path)?;
    let file_len = file.metadata().map_err(io_at("read", path))?.len();
    let mut archive = ZipArchive::new(file).map_err(|error| damaged(path, &error))?;
    let entries = entries(&mut archive, file_len, path)?;
    let (folder, pickle) = pickle(&mut archive, path)?;
    if let Some(order) = small(&mut archive, &format!("{folder}byteorder"))
        && order != b"little"
    {
        let what = "it was written on a big-endian machine; load and save it again on another one";
        return Err(Error::unsupported(path, what));
    }
    let (heap, root) = machine::run(&pickle).map_err(|refused| refused.at(path))?;
    let reading = Reading {
        path,
        folder: &folder,
        entries: &entries,
        heap: &heap,
    };
    reading.checkpoint(root)
}

fn damaged(path: &Path, cause: &dyn std::fmt::Display) -> Error {
    Error::damaged(path, format!("its archive cannot be read ({cause})"))
}

/// Says what a file is that is no archive of PyTorch.
fn refuse_other_formats(file: &mut File, path: &Path) -> Result<(), Error> {
    let mut start = Vec::new();
    let read = file.by_ref().take(4).read_to_end(&mut start);
    read.map_err(io_at("read", path))?;
    let what = match start.first() {
        _ if start.starts_with(b"PK") => return Ok(()),
        Some(0x80) => {
            "it is a bare pickle, as PyTorch wrote before 1.6; load it with a PyTorch on a machine that may be lost, and torch.save it again"
        }
        _ if start.starts_with(b"GGUF") => "it is a GGUF file already; name it as it is",
        _ => "it is no checkpoint of PyTorch; give a folder, or a file that torch.save wrote",
    };
    Err(Error::unsupported(path, what))
}

/// All entries by name, each read once to its end so that its checksum counts. Entries that lie over one another
/// are refused: reading a hundred thousand times the same bytes would take days.
fn entries(
    archive: &mut ZipArchive<File>,
    file_len: u64,
    path: &Path,
) -> Result<HashMap<String, Entry>, Error> {
    if archive.len() > MAX_ENTRIES {
        let what = format!("its archive has {} entries", archive.len());
        return Err(Error::damaged(path, what));
    }
    let (mut found, mut total) = (HashMap::new(), 0_u64);
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| damaged(path, &error))?;
        let name = entry.name().to_owned();
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            let what = format!(
                "its entry {} is compressed, which torch.save never does",
                shown(&name)
            );
            return Err(Error::unsupported(path, what));
        }
        let (start, len) = (entry.data_start(), entry.size());
        total = total.saturating_add(len);
        if total > file_len {
            return Err(damaged(path, &"its entries are larger than the file"));
        }
        let read = std::io::copy(&mut entry, &mut std::io::sink())
            .map_err(|error| damaged(path, &format!("{}: {error}", shown(&name))))?;
        let start = start.filter(|_| read == len);
        let start = start.ok_or_else(|| damaged(path, &format!("{} is cut", shown(&name))))?;
        if found.insert(name.clone(), Entry { start, len }).is_some() {
            return Err(damaged(path, &format!("{} is there twice", shown(&name))));
        }
    }
    Ok(found)
}

/// The archive's only `data.pkl` and the folder it is in.
fn pickle(archive: &mut ZipArchive<File>, path: &Path) -> Result<(String, Vec<u8>), Error> {
    let names = archive.file_names().map(str::to_owned);
    let found: Vec<String> = names
        .filter(|name| name == "data.pkl" || name.ends_with("/data.pkl"))
        .collect();
    let [name] = &found[..] else {
        let remedy = "give a file that torch.save wrote";
        return Err(Error::missing(path, "single entry data.pkl", remedy));
    };
    let folder = name.trim_end_matches("data.pkl").to_owned();
    if archive.by_name(&format!("{folder}constants.pkl")).is_ok() {
        let what = "it is a TorchScript archive, which is a program; give the checkpoint that torch.save wrote of the state_dict";
        return Err(Error::unsupported(path, what));
    }
    let entry = archive
        .by_name(name)
        .map_err(|error| damaged(path, &error))?;
    if entry.size() > MAX_PICKLE {
        let what = format!(
            "its pickle has {} bytes, more than any model needs",
            entry.size()
        );
        return Err(Error::unsupported(path, what));
    }
    let mut bytes = Vec::new();
    entry
        .take(MAX_PICKLE)
        .read_to_end(&mut bytes)
        .map_err(|error| damaged(path, &error))?;
    Ok((folder, bytes))
}

/// The bytes of a short entry, if there is one.
fn small(archive: &mut ZipArchive<File>, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let entry = archive.by_name(name).ok()?;
    entry.take(64).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// What is needed to make sense of the pickle's values.
struct Reading<'a> {
    path: &'a Path,
    folder: &'a str,
    entries: &'a HashMap<String, Entry>,
    heap: &'a Heap,
}

impl Reading<'_> {
    fn checkpoint(&self, root: Value) -> Result<Checkpoint, Error> {
        let dict = self.heap.dict(&root).ok_or_else(|| self.no_weights())?;
        let state = dict.get("model_state_dict").unwrap_or(&root);
        let state = self.heap.dict(state).ok_or_else(|| self.no_weights())?;
        let mut tensors = Tensors::default();
        for (name, value) in state.texts() {
            match value {
                Value::Tensor(index) => {
                    if name.len() > MAX_NAME || name.chars().any(char::is_control) {
                        let what = format!("its pickle names a tensor {}…", shown(name));
                        return Err(Error::damaged(self.path, what));
                    }
                    let stored = self.stored(name, &self.heap.tensors[*index])?;
                    tensors.add(name.to_owned(), stored)?;
                }
                _ => return Err(self.no_weights()),
            }
        }
        if tensors.is_empty() {
            return Err(self.no_weights());
        }
        let config = dict.get("config").and_then(|value| self.heap.json(value));
        let fact = |name: &&str| Some(((*name).to_owned(), self.heap.json(dict.get(name)?)?));
        let names = ["variant_name", "trained_on", "epoch", "total_epochs"];
        Ok(Checkpoint {
            tensors: tensors
                .without_prefix("_orig_mod.")
                .without_prefix("module."),
            config,
            facts: names.iter().filter_map(fact).collect(),
        })
    }

    fn no_weights(&self) -> Error {
        let remedy = "save it as torch.save({'model_state_dict': model.state_dict(), 'config': {...}}, FILE)";
        Error::missing(self.path, "dictionary of tensors", remedy)
    }

    /// Where a tensor lies, if it lies inside its storage and its rows follow one another.
    fn stored(&self, name: &str, tensor: &Tensor) -> Result<Stored, Error> {
        let refuse = |what: &str| Error::damaged(self.path, format!("{name}: {what}"));
        let storage = &self.heap.storages[tensor.storage];
        let entry = format!("{}data/{}", self.folder, storage.key);
        let entry = self.entries.get(&entry).ok_or_else(|| {
            refuse(&format!(
                "its storage {} is not in the archive",
                shown(&entry)
            ))
        })?;
        if !tensor.is_contiguous() {
            let what = format!("{name} is a view with gaps; save it again after .contiguous()");
            return Err(Error::unsupported(self.path, what));
        }
        let bytes = storage.element.bytes();
        let span = |elements: u64| elements.checked_mul(bytes);
        let elements = tensor
            .shape
            .iter()
            .try_fold(1_u64, |n, dim| n.checked_mul(*dim));
        let end = elements.and_then(|n| span(n.checked_add(tensor.offset)?));
        let announced = span(storage.elements).filter(|announced| *announced <= entry.len);
        match (end, announced) {
            (Some(end), Some(announced)) if end <= announced => Ok(Stored {
                path: self.path.to_owned(),
                offset: entry.start + tensor.offset * bytes,
                shape: tensor.shape.clone(),
                element: storage.element,
            }),
            _ => Err(refuse(&format!(
                "its shape {:?} from element {} does not lie in a storage of {} elements and {} bytes",
                tensor.shape, tensor.offset, storage.elements, entry.len
            ))),
        }
    }
}
