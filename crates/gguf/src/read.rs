//! Opens a GGUF file: header, metadata and tensor infos; tensor data only on request.
//!
//! Only little-endian files of versions 2 and 3 are read. Opening costs a pass over the header (a few
//! megabytes for a large vocabulary) whatever the size of the weights. Nothing in a file is trusted:
//! any prefix and any mutation of a file gives an error or a model that lies inside the file, never a
//! panic and never more memory than a small multiple of the header.

mod cursor;
mod parse;

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use cursor::Cursor;
pub(crate) use parse::{ALIGNMENT_KEY, DEFAULT_ALIGNMENT, MAX_DIMS, MAX_TENSOR_NAME_BYTES};

use crate::{Error, Tensor, Value, quant};

/// An opened GGUF file; it holds the header, not the weights.
#[derive(Debug, Clone)]
pub struct Gguf {
    path: PathBuf,
    version: u32,
    len: u64,
    alignment: u32,
    data_start: u64,
    metadata: Vec<(String, Value)>,
    keys: HashMap<String, usize>,
    tensors: Vec<Tensor>,
    names: HashMap<String, usize>,
}

impl Gguf {
    /// Reads and checks the header of the file at `path`.
    ///
    /// # Errors
    /// Whatever is wrong with the file, see [`Error`]; a file that ends too early gives [`Error::Cut`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let mut cursor = Cursor::open(path)?;
        let counts = parse::counts(&mut cursor, path)?;
        let (metadata, keys) = parse::metadata(&mut cursor, counts.entries)?;
        let asked = keys.get(ALIGNMENT_KEY).map(|&place| &metadata[place].1);
        let alignment = parse::alignment(&mut cursor, asked)?;
        let (tensors, names) = parse::tensors(&mut cursor, counts.tensors, path)?;
        let data_start = parse::data_start(&mut cursor, &tensors, alignment)?;
        Ok(Self {
            path: path.to_owned(),
            version: counts.version,
            len: cursor.len(),
            alignment,
            data_start,
            metadata,
            keys,
            tensors,
            names,
        })
    }

    /// The path that was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The format version, 2 or 3.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The file's length in bytes when it was opened.
    pub fn file_bytes(&self) -> u64 {
        self.len
    }

    /// The alignment of tensor data in bytes.
    pub fn alignment(&self) -> u32 {
        self.alignment
    }

    /// The byte of the file at which the tensor data begins.
    pub fn data_start(&self) -> u64 {
        self.data_start
    }

    /// All metadata in the order of the file.
    pub fn metadata(&self) -> &[(String, Value)] {
        &self.metadata
    }

    /// The value of a metadata key, if the file has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.keys.get(key).map(|&place| &self.metadata[place].1)
    }

    /// All tensors in the order of the file.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tensor of this name, if the file has it.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.names.get(name).map(|&place| &self.tensors[place])
    }

    /// Reads the stored bytes of a tensor from the file.
    ///
    /// # Errors
    /// [`Error::NoSuchTensor`], or [`Error::Io`] and [`Error::Cut`] when the file changed since it was opened.
    pub fn tensor_bytes(&self, name: &str) -> Result<Vec<u8>, Error> {
        let tensor = self.tensor(name).ok_or_else(|| self.no_such(name))?;
        let start = self.data_start + tensor.offset;
        let io = |source| Error::Io {
            path: self.path.clone(),
            doing: "read",
            source,
        };
        let mut file = File::open(&self.path).map_err(io)?;
        file.seek(SeekFrom::Start(start)).map_err(io)?;
        // The length was checked against the file when it was opened, so it fits memory addresses
        // wherever the file does; `take` keeps a shrunken file from costing memory that it lacks.
        let mut bytes = Vec::new();
        file.take(tensor.bytes)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        if bytes.len() as u64 == tensor.bytes {
            return Ok(bytes);
        }
        let (end, len) = (start + tensor.bytes, start + bytes.len() as u64);
        Err(Error::Cut {
            path: self.path.clone(),
            item: format!("tensor {name}"),
            end,
            len,
        })
    }

    /// Reads a tensor and decodes it to floats, rows behind one another.
    ///
    /// # Errors
    /// As [`Gguf::tensor_bytes`], and [`Error::NotDecoded`] for types without a decoder here.
    pub fn tensor_values(&self, name: &str) -> Result<Vec<f32>, Error> {
        let tensor = self.tensor(name).ok_or_else(|| self.no_such(name))?;
        let bytes = self.tensor_bytes(name)?;
        quant::decode(tensor.kind, &bytes).ok_or_else(|| Error::NotDecoded {
            path: self.path.clone(),
            tensor: name.to_owned(),
            kind: tensor.kind,
        })
    }

    fn no_such(&self, name: &str) -> Error {
        Error::NoSuchTensor {
            path: self.path.clone(),
            tensor: name.to_owned(),
        }
    }
}
