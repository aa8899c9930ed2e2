//! Writes GGUF version 3: little endian, alignment 32, metadata and tensors in the order given.
//!
//! The file appears whole or not at all: it is written beside its place under a temporary name,
//! flushed to the disk and renamed. Encoded tensors wait in memory until then, which suits toys and
//! adapters; announced ones are asked for in turn and pass through piece by piece, which suits models.

mod encode;
mod sink;

use std::collections::HashSet;
use std::io::{BufWriter, Write};
use std::path::Path;

use encode::{put_string, put_value};
pub use sink::Sink;
use sink::io_at;

use crate::read::{ALIGNMENT_KEY, DEFAULT_ALIGNMENT, MAX_DIMS, MAX_TENSOR_NAME_BYTES};
use crate::tensor::extent;
use crate::{Error, TensorType, Value, beside, put_in_place, quant};

const VERSION: u32 = 3;

struct Stored {
    name: String,
    dims: Vec<u64>,
    kind: TensorType,
    len: u64,
    /// None for a tensor that was only announced.
    bytes: Option<Vec<u8>>,
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
        let wanted = self.announce(name, dims, kind)?.tensors.last_mut();
        let Some(stored) = wanted else {
            return Ok(self);
        };
        if stored.len != bytes.len() as u64 {
            let what = format!(
                "{kind} {dims:?} takes {} bytes, not {}",
                stored.len,
                bytes.len()
            );
            self.tensors.pop();
            self.taken.remove(&(Section::Tensor, name.to_owned()));
            return Err(unwritable(format!("tensor {name:?}"), what));
        }
        stored.bytes = Some(bytes);
        Ok(self)
    }

    /// Appends a tensor whose bytes are handed over when the file is written, see [`Writer::write_with`].
    ///
    /// # Errors
    /// [`Error::Unwritable`] for a name or shape that the format cannot hold.
    pub fn announce(
        &mut self,
        name: &str,
        dims: &[u64],
        kind: TensorType,
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
        let (_, len) = extent(dims, kind).map_err(refuse)?;
        if !self.taken.insert((Section::Tensor, name.to_owned())) {
            return Err(refuse("the name is taken already".to_owned()));
        }
        self.tensors.push(Stored {
            name: name.to_owned(),
            dims: dims.to_vec(),
            kind,
            len,
            bytes: None,
        });
        Ok(self)
    }

    /// The length of the file that will be written, in bytes.
    pub fn file_bytes(&self) -> u64 {
        let data = self.tensors.iter().map(|tensor| padded(tensor.len));
        self.header().len() as u64 + data.sum::<u64>()
    }

    /// Writes the file, replacing one that is there; gives its length in bytes.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Unwritable`] for a tensor that was only announced; a file that was
    /// at `path` before is then untouched.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let lacking = |name: &str, _: &mut Sink<'_>| {
            Err(unwritable(
                format!("tensor {name:?}"),
                "it was announced and has no bytes",
            ))
        };
        self.write_with(path, lacking)
    }

    /// Writes the file, asking `supply` for the bytes of each announced tensor in turn; gives its
    /// length in bytes. Nothing of a file larger than a piece that `supply` hands over is kept.
    ///
    /// # Errors
    /// What `supply` returns, [`Error::Io`], and [`Error::Unwritable`] when it hands over too few or
    /// too many bytes; a file that was at `path` before is then untouched.
    pub fn write_with<E: From<Error>>(
        &self,
        path: impl AsRef<Path>,
        mut supply: impl FnMut(&str, &mut Sink<'_>) -> Result<(), E>,
    ) -> Result<u64, E> {
        let path = path.as_ref();
        let io = |source| io_at(path, source);
        let mut file = beside(path).map_err(io)?;
        let mut out = BufWriter::new(file.as_file_mut());
        out.write_all(&self.header()).map_err(io)?;
        for tensor in &self.tensors {
            let mut sink = Sink {
                out: &mut out,
                path: path.to_owned(),
                name: &tensor.name,
                left: tensor.len,
            };
            match &tensor.bytes {
                Some(bytes) => sink.write(bytes)?,
                None => supply(&tensor.name, &mut sink)?,
            }
            sink.finish()?;
            let padding = (padded(tensor.len) - tensor.len) as usize;
            out.write_all(&[0; DEFAULT_ALIGNMENT as usize][..padding])
                .map_err(io)?;
        }
        out.flush().map_err(io)?;
        drop(out);
        let written = put_in_place(file, path).map_err(io)?;
        Ok(written.metadata().map_err(io)?.len())
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
            offset += padded(tensor.len);
        }
        out.resize(padded(out.len() as u64) as usize, 0);
        out
    }
}

fn unwritable(item: String, what: impl Into<String>) -> Error {
    Error::Unwritable {
        item,
        what: what.into(),
    }
}

fn padded(len: u64) -> u64 {
    len.next_multiple_of(DEFAULT_ALIGNMENT.into())
}
