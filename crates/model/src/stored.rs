//! Tensors in files: where their bytes lie, and reading them row by row as floats.
//!
//! Both safetensors and PyTorch's archives keep a tensor as one run of little-endian numbers, so one
//! description serves both. Whoever makes one has checked that the run lies inside the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::{bf16, f16};

use crate::Error;
use crate::error::io_at;

/// How one number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    F64,
    F32,
    F16,
    BF16,
    /// Something that is no weight; its name and its bytes.
    Other(&'static str, u64),
}

impl Element {
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::Other(_, bytes) => bytes,
        }
    }

    fn decode(self, bytes: &[u8]) -> Option<Vec<f32>> {
        Some(match self {
            Self::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
            Self::F32 => each(bytes, f32::from_le_bytes),
            Self::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
            Self::BF16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
            Self::Other(..) => return None,
        })
    }
}

fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|&chunk| number(chunk))
        .collect()
}

/// One tensor of a file.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) path: PathBuf,
    /// Its first byte in the file.
    pub(crate) offset: u64,
    /// The slowest-running dimension first, as PyTorch writes it.
    pub(crate) shape: Vec<u64>,
    pub(crate) element: Element,
}

/// The tensors of a model, by name.
#[derive(Debug, Default)]
pub(crate) struct Tensors {
    by_name: BTreeMap<String, Stored>,
}

impl Tensors {
    /// Adds a tensor; two of one name are an error.
    pub(crate) fn add(&mut self, name: String, stored: Stored) -> Result<(), Error> {
        let path = stored.path.clone();
        match self.by_name.insert(name.clone(), stored) {
            None => Ok(()),
            Some(other) => Err(Error::damaged(
                &path,
                format!("the tensor {name} is also in {}", other.path.display()),
            )),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Stored> {
        self.by_name.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The names that begin so lose the beginning, as wrappers of a model add it.
    pub(crate) fn without_prefix(self, prefix: &str) -> Self {
        let shortened = self.by_name.into_iter().map(|(name, stored)| {
            let short = name.strip_prefix(prefix).map(str::to_owned);
            (short.unwrap_or(name), stored)
        });
        Self {
            by_name: shortened.collect(),
        }
    }
}

/// Reads one tensor from its first row to its last.
pub(crate) struct Reader {
    file: File,
    path: PathBuf,
    element: Element,
    row: u64,
    rows_left: u64,
    rows_at_once: u64,
}

impl Reader {
    /// `rows_at_once` rows make a piece.
    pub(crate) fn new(stored: &Stored, rows_at_once: u64) -> Result<Self, Error> {
        let path = &stored.path;
        let mut file = File::open(path).map_err(io_at("open", path))?;
        file.seek(SeekFrom::Start(stored.offset))
            .map_err(io_at("read", path))?;
        let row = stored.shape.last().copied().unwrap_or(1);
        let rows_left = match stored.shape.split_last() {
            Some((_, others)) => others.iter().product(),
            None => 1,
        };
        Ok(Self {
            file,
            path: path.clone(),
            element: stored.element,
            row,
            rows_left,
            rows_at_once: rows_at_once.max(1),
        })
    }

    fn piece(&mut self, rows: u64) -> Result<Vec<f32>, Error> {
        let wanted = rows * self.row * self.element.bytes();
        let mut bytes = Vec::new();
        let read = (&self.file).take(wanted).read_to_end(&mut bytes);
        read.map_err(io_at("read", &self.path))?;
        if bytes.len() as u64 != wanted {
            return Err(Error::damaged(
                &self.path,
                "it became shorter while it was read",
            ));
        }
        self.element.decode(&bytes).ok_or_else(|| {
            let what = "a weight is stored as integers; give the model before it was quantised";
            Error::unsupported(&self.path, what)
        })
    }
}

impl Iterator for Reader {
    type Item = Result<Vec<f32>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let rows = self.rows_at_once.min(self.rows_left);
        self.rows_left -= rows;
        (rows > 0).then(|| self.piece(rows))
    }
}

/// The whole text of a file that is held in memory; refuses more than `limit` bytes.
pub(crate) fn text(path: &Path, limit: u64) -> Result<String, Error> {
    let file = File::open(path).map_err(io_at("open", path))?;
    let mut bytes = Vec::new();
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(io_at("read", path))?;
    if bytes.len() as u64 > limit {
        let what = format!("it is larger than {limit} bytes, which no such file needs");
        return Err(Error::unsupported(path, what));
    }
    String::from_utf8(bytes)
        .map_err(|error| Error::damaged(path, format!("it is no text: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(path: &Path, shape: &[u64], element: Element) -> Stored {
        Stored {
            path: path.to_owned(),
            offset: 4,
            shape: shape.to_vec(),
            element,
        }
    }

    #[test]
    fn rows_come_in_pieces_and_whatever_the_type_as_floats() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        let numbers = [1.0_f32, -2.0, 0.5, 3.0, 4.0, -8.0];
        for element in [Element::F64, Element::F32, Element::F16, Element::BF16] {
            let mut bytes = b"skip".to_vec();
            for n in numbers {
                match element {
                    Element::F64 => bytes.extend(f64::from(n).to_le_bytes()),
                    Element::F32 => bytes.extend(n.to_le_bytes()),
                    Element::F16 => bytes.extend(f16::from_f32(n).to_le_bytes()),
                    _ => bytes.extend(bf16::from_f32(n).to_le_bytes()),
                }
            }
            std::fs::write(&path, bytes).unwrap();
            let pieces = Reader::new(&stored(&path, &[3, 2], element), 2).unwrap();
            let pieces: Vec<Vec<f32>> = pieces.map(Result::unwrap).collect();
            assert_eq!(pieces, [&numbers[..4], &numbers[4..]], "{element:?}");
        }
    }

    #[test]
    fn a_file_that_shrank_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shrunk");
        std::fs::write(&path, [0; 10]).unwrap();
        let mut reader = Reader::new(&stored(&path, &[2], Element::F32), 1).unwrap();
        let said = reader.next().unwrap().unwrap_err().to_string();
        assert!(
            said.contains("shrunk") && said.contains("shorter"),
            "{said}"
        );
    }
}
