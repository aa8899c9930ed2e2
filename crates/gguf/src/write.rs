//! Writes GGUF version 3: little endian, alignment 32, metadata and tensors in the order given.
//!
//! The file appears whole or not at all: it is written beside its place under a temporary name,
//! flushed to the disk and renamed. The encoded tensors wait in memory until then, which suits toys,
//! adapters and small models; nothing here streams tens of gigabytes.

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::read::{ALIGNMENT_KEY, DEFAULT_ALIGNMENT, MAX_DIMS, MAX_TENSOR_NAME_BYTES};
use crate::tensor::extent;
use crate::{Array, Error, TensorType, Value, quant};

const VERSION: u32 = 3;

struct Stored {
    name: String,
    dims: Vec<u64>,
    kind: TensorType,
    bytes: Vec<u8>,
}

/// Collects metadata and tensors and writes them as one file. The same calls give the same bytes.
#[derive(Default)]
pub struct Writer {
    metadata: Vec<(String, Value)>,
    tensors: Vec<Stored>,
    taken: HashSet<(Section, String)>,
}

#[derive(PartialEq, Eq, Hash)]
enum Section {
    Metadata,
    Tensor,
}

impl Writer {
    /// A writer for a file without metadata and tensors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a metadata entry.
    ///
    /// # Errors
    /// [`Error::Unwritable`] for an empty, overlong or repeated key, and for an alignment other than 32.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) -> Result<&mut Self, Error> {
        let value = value.into();
        let refuse = |what: &str| Err(unwritable(format!("metadata key {key:?}"), what));
        if key.is_empty() || key.len() > usize::from(u16::MAX) {
            return refuse("a key has 1 to 65535 bytes");
        }
        if key == ALIGNMENT_KEY && value != Value::U32(DEFAULT_ALIGNMENT) {
            return refuse("this writer aligns tensors to 32 bytes; leave the key out");
        }
        if !self.taken.insert((Section::Metadata, key.to_owned())) {
            return refuse("the key is set already");
        }
        self.metadata.push((key.to_owned(), value));
        Ok(self)
    }

    /// Appends a tensor, encoding `values` (rows behind one another) as f32, f16, q8_0 or q4_0.
    /// `dims` has the row length first.
    ///
    /// # Errors
    /// [`Error::Unwritable`] for a name, shape, type or value that the format cannot hold.
    pub fn tensor(
        &mut self,
        name: &str,
        dims: &[u64],
        kind: TensorType,
        values: &[f32],
    ) -> Result<&mut Self, Error> {
        let item = || format!("tensor {name:?}");
        let bytes = quant::encode(kind, values)
            .ok_or_else(|| {
                unwritable(
                    item(),
                    format!("{} values cannot be encoded as {kind}", values.len()),
                )
            })?
            .map_err(|bad| {
                let quant::Unrepresentable { index, value } = bad;
                unwritable(
                    item(),
                    format!("value {index} is {value}, which {kind} cannot hold"),
                )
            })?;
        self.encoded_tensor(name, dims, kind, bytes)
    }

    /// Appends a tensor whose bytes are encoded already, in any type.
    ///
    /// # Errors
    /// [`Error::Unwritable`] for a name or shape that the format cannot hold or that `bytes` do not fill.
    pub fn encoded_tensor(
        &mut self,
        name: &str,
        dims: &[u64],
        kind: TensorType,
        bytes: Vec<u8>,
    ) -> Result<&mut Self, Error> {
        let refuse = |what: String| unwritable(format!("tensor {name:?}"), what);
        if name.is_empty() || name.len() as u64 > MAX_TENSOR_NAME_BYTES {
            return Err(refuse(format!(
                "a name has 1 to {MAX_TENSOR_NAME_BYTES} bytes"
            )));
        }
        if dims.len() > MAX_DIMS as usize {
            return Err(refuse(format!(
                "{} dimensions are more than {MAX_DIMS}",
                dims.len()
            )));
        }
        let (_, wanted) = extent(dims, kind).map_err(refuse)?;
        if wanted != bytes.len() as u64 {
            return Err(refuse(format!(
                "{kind} {dims:?} takes {wanted} bytes, not {}",
                bytes.len()
            )));
        }
        if !self.taken.insert((Section::Tensor, name.to_owned())) {
            return Err(refuse("the name is taken already".to_owned()));
        }
        self.tensors.push(Stored {
            name: name.to_owned(),
            dims: dims.to_vec(),
            kind,
            bytes,
        });
        Ok(self)
    }

    /// Writes the file, replacing one that is there; gives its length in bytes.
    ///
    /// # Errors
    /// [`Error::Io`]; a file that was at `path` before is then untouched.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        self.write_atomically(path).map_err(|source| Error::Io {
            path: path.to_owned(),
            doing: "write",
            source,
        })
    }

    fn write_atomically(&self, path: &Path) -> std::io::Result<u64> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".gguf-").suffix(".part");
        // A temporary file is private by default; a model is as public as any file the user creates.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        let mut out = BufWriter::new(file.as_file_mut());
        let header = self.header();
        out.write_all(&header)?;
        for tensor in &self.tensors {
            out.write_all(&tensor.bytes)?;
            out.write_all(&[0; DEFAULT_ALIGNMENT as usize][..padding(tensor.bytes.len())])?;
        }
        out.flush()?;
        drop(out);
        file.as_file().sync_all()?;
        file.persist(path)?.metadata().map(|written| written.len())
    }

    /// Everything before the tensor data, padded to the alignment.
    fn header(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            put_string(&mut out, key.as_bytes());
            out.extend(value.code().to_le_bytes());
            put_value(&mut out, value);
        }
        let mut offset = 0_u64;
        for tensor in &self.tensors {
            put_string(&mut out, tensor.name.as_bytes());
            out.extend((tensor.dims.len() as u32).to_le_bytes());
            out.extend(tensor.dims.iter().flat_map(|dim| dim.to_le_bytes()));
            out.extend(tensor.kind.code().to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset += (tensor.bytes.len() + padding(tensor.bytes.len())) as u64;
        }
        out.resize(out.len() + padding(out.len()), 0);
        out
    }
}

fn unwritable(item: String, what: impl Into<String>) -> Error {
    Error::Unwritable {
        item,
        what: what.into(),
    }
}

fn padding(len: usize) -> usize {
    len.next_multiple_of(DEFAULT_ALIGNMENT as usize) - len
}

fn put_string(out: &mut Vec<u8>, string: &[u8]) {
    out.extend((string.len() as u64).to_le_bytes());
    out.extend(string);
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::U8(v) => out.extend(v.to_le_bytes()),
        Value::I8(v) => out.extend(v.to_le_bytes()),
        Value::U16(v) => out.extend(v.to_le_bytes()),
        Value::I16(v) => out.extend(v.to_le_bytes()),
        Value::U32(v) => out.extend(v.to_le_bytes()),
        Value::I32(v) => out.extend(v.to_le_bytes()),
        Value::F32(v) => out.extend(v.to_le_bytes()),
        Value::Bool(v) => out.push(u8::from(*v)),
        Value::String(v) => put_string(out, v.as_bytes()),
        Value::Array(v) => put_array(out, v),
        Value::U64(v) => out.extend(v.to_le_bytes()),
        Value::I64(v) => out.extend(v.to_le_bytes()),
        Value::F64(v) => out.extend(v.to_le_bytes()),
    }
}

fn put_array(out: &mut Vec<u8>, array: &Array) {
    out.extend(array.element_code().to_le_bytes());
    out.extend((array.len() as u64).to_le_bytes());
    match array {
        Array::U8(v) => out.extend(v),
        Array::I8(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::U16(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::I16(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::U32(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::I32(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::F32(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::Bool(v) => out.extend(v.iter().map(|&v| u8::from(v))),
        Array::String(v) => v.iter().for_each(|string| put_string(out, string)),
        Array::U64(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::I64(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
        Array::F64(v) => out.extend(v.iter().flat_map(|v| v.to_le_bytes())),
    }
}
