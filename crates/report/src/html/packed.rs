//! The attempts of a large run, packed: the page's script draws those that are looked at.
//!
//! Ten thousand attempts as markup are a hundred thousand elements before anybody has asked for one, and every program
//! in them stands there twice. Packed, their heads are one block, and what opens below a head is in blocks of
//! [`BLOCK`] attempts, unpacked when one of them is opened or searched. A block is JSON, compressed (gzip) and written in
//! base64, so nothing that a model wrote is markup. It is no format for others: the records lie beside the page.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use super::base64::base64;
use super::samples::Sample;
use crate::error::Error;

/// More attempts than this are packed. Fewer stay markup, which can be read without a script.
pub(super) const PLAIN: usize = 1000;
/// Attempts in a block.
const BLOCK: usize = 100;

/// What the page's script draws attempts from.
#[derive(Debug, Serialize)]
pub(super) struct Packed {
    /// What is seen of each attempt before it is opened.
    heads: String,
    /// What is seen then.
    blocks: Vec<String>,
    /// Attempts in each block but the last.
    block: usize,
}

/// Packs attempts.
///
/// # Errors
/// [`Error::Json`] and [`Error::Packed`] if a writer into memory fails.
pub(super) fn packed(samples: &[Sample]) -> Result<Packed, Error> {
    let heads: Vec<_> = samples.iter().map(Sample::head).collect();
    let block = |samples: &[Sample]| block(&samples.iter().map(Sample::body).collect::<Vec<_>>());
    Ok(Packed {
        heads: self::block(&heads)?,
        blocks: samples.chunks(BLOCK).map(block).collect::<Result<_, _>>()?,
        block: BLOCK,
    })
}

/// One value as a block.
///
/// # Errors
/// Those of [`packed`].
pub(super) fn block(value: &impl Serialize) -> Result<String, Error> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer
        .write_all(&serde_json::to_vec(value)?)
        .map_err(Error::Packed)?;
    Ok(base64(&packer.finish().map_err(Error::Packed)?))
}
