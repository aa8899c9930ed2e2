//! Token ids in NumPy's `.npy` format: a flat array of integers.
//!
//! Only what cannot be misread is taken: one axis, C order, little-endian integers of known width. The
//! rest is refused with the words that make it right, rather than converted by a guess. Format:
//! NumPy enhancement proposal 1.

use engine::Token;

const MAGIC: &[u8] = b"\x93NUMPY";
/// What turns any array of ids into one that is taken.
const REMEDY: &str = "save it with numpy.save(path, ids.astype('<u4').ravel())";

/// The ids of a file.
pub(super) fn tokens(bytes: &[u8]) -> Result<Vec<Token>, String> {
    let (header, data) = parts(bytes)?;
    let width = width(&quoted(header, "descr")?)?;
    if raw(header, "fortran_order")?.starts_with("True") {
        return Err(format!("its array is in Fortran order; {REMEDY}"));
    }
    let n = length(header)?;
    let needed = n.checked_mul(width.bytes);
    if needed != Some(data.len()) {
        return Err(format!(
            "its header promises {n} ids of {} bytes, and {} bytes follow; the file is cut or not what it says",
            width.bytes,
            data.len()
        ));
    }
    let ids = data.chunks_exact(width.bytes).enumerate();
    ids.map(|(i, id)| id_of(i, id, width)).collect()
}

#[derive(Debug, Clone, Copy)]
struct Width {
    bytes: usize,
    signed: bool,
}

/// The header's text and what follows it.
fn parts(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let cut = || "the file ends within its header".to_owned();
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or("it does not begin like a .npy file")?;
    let (version, rest) = rest.split_at_checked(2).ok_or_else(cut)?;
    let n_length = match version[0] {
        1 => 2,
        2 | 3 => 4,
        other => return Err(format!("version {other} of the .npy format is not known")),
    };
    let (length, rest) = rest.split_at_checked(n_length).ok_or_else(cut)?;
    let length = length
        .iter()
        .rev()
        .fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "its header is no text")?;
    Ok((header, data))
}

/// What stands behind a key of the header, which is a Python dictionary.
fn raw<'h>(header: &'h str, key: &str) -> Result<&'h str, String> {
    let behind = header
        .split_once(&format!("'{key}'"))
        .and_then(|(_, rest)| rest.trim_start().strip_prefix(':'));
    behind
        .map(str::trim_start)
        .ok_or_else(|| format!("its header does not say {key}"))
}

fn quoted(header: &str, key: &str) -> Result<String, String> {
    let inside = raw(header, key)?
        .strip_prefix('\'')
        .and_then(|rest| rest.split_once('\''));
    let (word, _) =
        inside.ok_or_else(|| format!("its {key} is a structure, not one number; {REMEDY}"))?;
    Ok(word.to_owned())
}

fn width(descr: &str) -> Result<Width, String> {
    let known = [
        ("|u1", 1, false),
        ("<u2", 2, false),
        ("<u4", 4, false),
        ("<u8", 8, false),
        ("<i2", 2, true),
        ("<i4", 4, true),
        ("<i8", 8, true),
    ];
    if let Some((_, bytes, signed)) = known.into_iter().find(|(name, ..)| *name == descr) {
        return Ok(Width { bytes, signed });
    }
    Err(match descr.starts_with('>') {
        true => format!("its numbers are big-endian ({descr}); {REMEDY}"),
        false => format!("its numbers are {descr}, not token ids; {REMEDY}"),
    })
}

/// The length of an array of one axis.
fn length(header: &str) -> Result<usize, String> {
    let inside = raw(header, "shape")?
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'));
    let (shape, _) = inside.ok_or("its shape cannot be read")?;
    let axes: Vec<&str> = shape
        .split(',')
        .map(str::trim)
        .filter(|axis| !axis.is_empty())
        .collect();
    match axes[..] {
        [n] => n
            .parse()
            .map_err(|_| format!("its shape ({shape}) is no length")),
        _ => Err(format!(
            "its shape is ({shape}), and a flat row of ids is needed; {REMEDY}"
        )),
    }
}

fn id_of(index: usize, bytes: &[u8], width: Width) -> Result<Token, String> {
    let value = bytes
        .iter()
        .rev()
        .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let sign = 1u64 << (8 * width.bytes - 1);
    match Token::try_from(value) {
        Ok(id) if !width.signed || value & sign == 0 => Ok(id),
        _ => Err(format!("number {index} is no token id")),
    }
}
