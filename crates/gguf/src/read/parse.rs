//! The parts of a GGUF header, in the order of the file.
//!
//! The same contradictions are refused that llama.cpp refuses (`ggml/src/gguf.cpp`), so that a file
//! accepted here does not abort there: duplicate names, tensors that do not follow one another,
//! alignments that are no power of two, arrays of arrays.

use std::collections::HashMap;
use std::path::Path;

use super::cursor::Cursor;
use crate::tensor::extent;
use crate::value::ARRAY;
use crate::{Array, Error, Strings, Tensor, TensorType, Value};

const MAGIC: &[u8; 4] = b"GGUF";
const MAX_ENTRIES: u64 = 1 << 16;
const MAX_TENSORS: u64 = 1 << 16;
const MAX_KEY_BYTES: u64 = (1 << 16) - 1;
const MAX_STRING_BYTES: u64 = 16 << 20;
const MAX_ARRAY_LEN: u64 = 1 << 25;
/// ggml keeps names in 64 bytes with a closing zero.
pub(crate) const MAX_TENSOR_NAME_BYTES: u64 = 63;
pub(crate) const MAX_DIMS: u32 = 4;
pub(crate) const DEFAULT_ALIGNMENT: u32 = 32;
pub(crate) const ALIGNMENT_KEY: &str = "general.alignment";

/// Named things in the order of the file, and the way from a name to its place.
type Listed<T> = (Vec<T>, HashMap<String, usize>);

/// What the fixed first 24 bytes say.
pub(super) struct Counts {
    pub(super) version: u32,
    pub(super) tensors: u64,
    pub(super) entries: u64,
}

pub(super) fn counts(cursor: &mut Cursor, path: &Path) -> Result<Counts, Error> {
    let magic: [u8; 4] = cursor.array()?;
    if &magic != MAGIC {
        let found = format!("\"{}\"", magic.escape_ascii());
        return Err(Error::NotGguf {
            path: path.to_owned(),
            found,
        });
    }
    let version = cursor.u32()?;
    // A small number with its bytes reversed has zeros in its lower half.
    if version != 0 && version & 0xffff == 0 {
        return Err(Error::BigEndian {
            path: path.to_owned(),
        });
    }
    if version != 2 && version != 3 {
        return Err(Error::Version {
            path: path.to_owned(),
            version,
        });
    }
    let tensors = cursor.u64()?;
    let entries = cursor.u64()?;
    for (unit, count, limit) in [
        ("tensors", tensors, MAX_TENSORS),
        ("metadata entries", entries, MAX_ENTRIES),
    ] {
        if count > limit {
            return Err(cursor.limit(unit, count, limit));
        }
    }
    Ok(Counts {
        version,
        tensors,
        entries,
    })
}

/// Reads all metadata entries.
pub(super) fn metadata(cursor: &mut Cursor, count: u64) -> Result<Listed<(String, Value)>, Error> {
    // The shortest entry: key length, one letter, type, one byte.
    cursor.enter(format!("the list of {count} metadata entries"));
    cursor.expect(count, 14)?;
    let mut entries = Vec::new();
    let mut index = HashMap::new();
    for number in 1..=count {
        cursor.enter(format!("metadata entry {number} of {count}"));
        let key = cursor.string(MAX_KEY_BYTES)?;
        if key.is_empty() {
            return Err(cursor.damaged("the key is empty"));
        }
        cursor.enter(format!("metadata key {key}"));
        if index.insert(key.clone(), entries.len()).is_some() {
            return Err(cursor.damaged("the key appears twice"));
        }
        entries.push((key, value(cursor)?));
    }
    Ok((entries, index))
}

fn value(cursor: &mut Cursor) -> Result<Value, Error> {
    Ok(match cursor.u32()? {
        0 => Value::U8(u8::from_le_bytes(cursor.array()?)),
        1 => Value::I8(i8::from_le_bytes(cursor.array()?)),
        2 => Value::U16(u16::from_le_bytes(cursor.array()?)),
        3 => Value::I16(i16::from_le_bytes(cursor.array()?)),
        4 => Value::U32(u32::from_le_bytes(cursor.array()?)),
        5 => Value::I32(i32::from_le_bytes(cursor.array()?)),
        6 => Value::F32(f32::from_le_bytes(cursor.array()?)),
        7 => {
            let [byte] = cursor.array()?;
            Value::Bool(truth(cursor, byte)?)
        }
        8 => Value::String(cursor.string(MAX_STRING_BYTES)?),
        ARRAY => Value::Array(array(cursor)?),
        10 => Value::U64(u64::from_le_bytes(cursor.array()?)),
        11 => Value::I64(i64::from_le_bytes(cursor.array()?)),
        12 => Value::F64(f64::from_le_bytes(cursor.array()?)),
        code => return Err(cursor.damaged(format!("the value type {code} does not exist"))),
    })
}

fn truth(cursor: &Cursor, byte: u8) -> Result<bool, Error> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(cursor.damaged(format!("a truth value is {byte}, neither 0 nor 1"))),
    }
}

fn array(cursor: &mut Cursor) -> Result<Array, Error> {
    let code = cursor.u32()?;
    let count = cursor.u64()?;
    if count > MAX_ARRAY_LEN {
        return Err(cursor.limit("array elements", count, MAX_ARRAY_LEN));
    }
    Ok(match code {
        0 => Array::U8(numbers(cursor, count, u8::from_le_bytes)?),
        1 => Array::I8(numbers(cursor, count, i8::from_le_bytes)?),
        2 => Array::U16(numbers(cursor, count, u16::from_le_bytes)?),
        3 => Array::I16(numbers(cursor, count, i16::from_le_bytes)?),
        4 => Array::U32(numbers(cursor, count, u32::from_le_bytes)?),
        5 => Array::I32(numbers(cursor, count, i32::from_le_bytes)?),
        6 => Array::F32(numbers(cursor, count, f32::from_le_bytes)?),
        7 => {
            let bytes = cursor.vec(count)?;
            Array::Bool(
                bytes
                    .into_iter()
                    .map(|byte| truth(cursor, byte))
                    .collect::<Result<_, _>>()?,
            )
        }
        8 => Array::String(strings(cursor, count)?),
        ARRAY => return Err(cursor.damaged("arrays of arrays are not supported")),
        10 => Array::U64(numbers(cursor, count, u64::from_le_bytes)?),
        11 => Array::I64(numbers(cursor, count, i64::from_le_bytes)?),
        12 => Array::F64(numbers(cursor, count, f64::from_le_bytes)?),
        code => return Err(cursor.damaged(format!("the array type {code} does not exist"))),
    })
}

fn numbers<const N: usize, T>(
    cursor: &mut Cursor,
    count: u64,
    decode: fn([u8; N]) -> T,
) -> Result<Vec<T>, Error> {
    // `count` is at most MAX_ARRAY_LEN, so the product cannot overflow.
    let bytes = cursor.vec(count * N as u64)?;
    Ok(bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(|&chunk| decode(chunk))
        .collect())
}

fn strings(cursor: &mut Cursor, count: u64) -> Result<Strings, Error> {
    cursor.expect(count, 8)?;
    let mut strings = Strings::new();
    strings.reserve(cursor.size(count)?);
    for _ in 0..count {
        let len = cursor.string_len(MAX_STRING_BYTES)?;
        cursor.fill(strings.push_zeroed(len))?;
    }
    Ok(strings)
}

/// The alignment that the metadata asks for.
pub(super) fn alignment(cursor: &mut Cursor, value: Option<&Value>) -> Result<u32, Error> {
    cursor.enter(format!("metadata key {ALIGNMENT_KEY}"));
    match value {
        None => Ok(DEFAULT_ALIGNMENT),
        Some(&Value::U32(alignment)) if alignment.is_power_of_two() => Ok(alignment),
        Some(other) => Err(cursor.damaged(format!("{} is no u32 power of two", other.describe()))),
    }
}

/// Reads all tensor infos.
pub(super) fn tensors(
    cursor: &mut Cursor,
    count: u64,
    path: &Path,
) -> Result<Listed<Tensor>, Error> {
    // The shortest info: name length, dimension count, type, offset.
    cursor.enter(format!("the list of {count} tensors"));
    cursor.expect(count, 24)?;
    let mut tensors = Vec::new();
    let mut index = HashMap::new();
    for number in 1..=count {
        cursor.enter(format!("tensor info {number} of {count}"));
        let tensor = tensor(cursor, path)?;
        if index.insert(tensor.name.clone(), tensors.len()).is_some() {
            return Err(cursor.damaged("the tensor appears twice"));
        }
        tensors.push(tensor);
    }
    Ok((tensors, index))
}

fn tensor(cursor: &mut Cursor, path: &Path) -> Result<Tensor, Error> {
    let name = cursor.string(MAX_TENSOR_NAME_BYTES)?;
    cursor.enter(format!("the info of tensor {name}"));
    let rank = cursor.u32()?;
    if rank > MAX_DIMS {
        return Err(cursor.limit("dimensions", rank.into(), MAX_DIMS.into()));
    }
    let dims = (0..rank)
        .map(|_| cursor.u64())
        .collect::<Result<Vec<_>, _>>()?;
    let code = cursor.u32()?;
    let kind = TensorType::from_code(code).ok_or_else(|| Error::UnknownTensorType {
        path: path.to_owned(),
        tensor: name.clone(),
        code,
    })?;
    let offset = cursor.u64()?;
    let (elements, bytes) = extent(&dims, kind).map_err(|what| cursor.damaged(what))?;
    Ok(Tensor {
        name,
        dims,
        kind,
        offset,
        elements,
        bytes,
    })
}

/// Checks that the tensors lie behind one another inside the file; gives the start of their data.
pub(super) fn data_start(
    cursor: &mut Cursor,
    tensors: &[Tensor],
    alignment: u32,
) -> Result<u64, Error> {
    let align = |at: u64| at.checked_next_multiple_of(alignment.into());
    cursor.enter("the padding before the tensor data".to_owned());
    let start = align(cursor.at()).ok_or_else(|| cursor.cut(u64::MAX))?;
    let mut next = 0_u64;
    for tensor in tensors {
        cursor.enter(format!("tensor {}", tensor.name));
        if tensor.offset != next {
            return Err(cursor.damaged(format!(
                "it lies at byte {} of the data, not at {next}",
                tensor.offset
            )));
        }
        let end = start
            .checked_add(next)
            .and_then(|at| at.checked_add(tensor.bytes));
        let end = end.ok_or_else(|| cursor.cut(u64::MAX))?;
        if end > cursor.len() {
            return Err(cursor.cut(end));
        }
        // Only the padding behind the last tensor may be missing, as in llama.cpp.
        next = align(next + tensor.bytes).ok_or_else(|| cursor.cut(u64::MAX))?;
    }
    Ok(start)
}
