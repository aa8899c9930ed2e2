//! Everything that can be wrong with a model file, each as one sentence with cause, place and remedy.

use std::path::PathBuf;

/// The reason why a GGUF file could not be read, described or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an operation on the file.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operation, as a verb ("open", "read").
        doing: &'static str,
        /// The system's own reason.
        source: std::io::Error,
    },
    /// The path leads to a folder, pipe or device.
    #[error("{path} is not a regular file; give the path of a .gguf file")]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The first four bytes are not `GGUF`.
    #[error("{path} is not a GGUF file: it begins with {found}, not with \"GGUF\"")]
    NotGguf {
        /// The file.
        path: PathBuf,
        /// The first four bytes, escaped.
        found: String,
    },
    /// The file ends before something that it announces.
    #[error(
        "{path} is cut: {item} ends at byte {end} but the file has {len}; download it again (whet models pull NAME)"
    )]
    Cut {
        /// The file.
        path: PathBuf,
        /// What the missing bytes belong to.
        item: String,
        /// The byte position at which the item would end.
        end: u64,
        /// The file's length in bytes.
        len: u64,
    },
    /// The file was written for a big-endian machine.
    #[error(
        "{path} is a big-endian GGUF file; convert it to little endian (gguf-py: gguf-convert-endian)"
    )]
    BigEndian {
        /// The file.
        path: PathBuf,
    },
    /// The format version is not 2 or 3.
    #[error(
        "{path} has GGUF version {version}, but versions 2 and 3 are read; get a newly converted file"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version found.
        version: u32,
    },
    /// A count or length is larger than any sound file needs.
    #[error(
        "{path} claims {count} for {item}, more than the limit of {limit}; the file is damaged or hostile"
    )]
    Limit {
        /// The file.
        path: PathBuf,
        /// What is counted.
        item: String,
        /// The claimed number.
        count: u64,
        /// The largest number accepted.
        limit: u64,
    },
    /// A part of the file contradicts the format.
    #[error("{path} is damaged: {item}: {what}; download it again (whet models pull NAME)")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The place in the file.
        item: String,
        /// The contradiction.
        what: String,
    },
    /// A tensor has a type that this version does not know.
    #[error(
        "{path}: tensor {tensor} has the unknown type {code}; the file is newer than this program or damaged"
    )]
    UnknownTensorType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The type's number in the file.
        code: u32,
    },
    /// No tensor of this name is in the file.
    #[error("{path} has no tensor named {tensor}")]
    NoSuchTensor {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        tensor: String,
    },
    /// The tensor's block format has no decoder here.
    #[error(
        "{path}: tensor {tensor} is {kind}, which is not decoded here (f32, f16, bf16, q8_0 and q4_0 are)"
    )]
    NotDecoded {
        /// The file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
        /// The tensor's type.
        kind: crate::TensorType,
    },
    /// A metadata key that the facts need is absent.
    #[error(
        "{path} has no metadata key {key}, so its facts cannot be told; it may be an adapter, a projector or no language model"
    )]
    MissingKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
    },
    /// A metadata value has a type or size that makes no sense for its key.
    #[error(
        "{path}: metadata key {key} is {found}, but {wanted} is expected; the file was converted wrongly"
    )]
    BadKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// What the file holds.
        found: String,
        /// What the key means.
        wanted: &'static str,
    },
    /// The file is one part of a model that was split.
    #[error(
        "{path} is one of {count} parts of a split model; join them first (llama-gguf-split --merge FIRST OUT)"
    )]
    Split {
        /// The file.
        path: PathBuf,
        /// The number of parts.
        count: u64,
    },
    /// The cache of this architecture does not follow the plain per-head formula.
    #[error(
        "the cache of architecture {architecture} cannot be computed from the file: {why}; measure it instead"
    )]
    CacheUnknown {
        /// The architecture.
        architecture: String,
        /// The reason.
        why: String,
    },
    /// The cache type's blocks do not divide a head.
    #[error(
        "cache type {kind} packs {block} elements, which does not divide a head of {head}; use f16"
    )]
    CacheBlock {
        /// The cache type.
        kind: crate::CacheType,
        /// Elements in a block.
        block: u64,
        /// Elements in a head.
        head: u64,
    },
    /// A key or tensor given to the writer cannot be stored.
    #[error("cannot write {item}: {what}")]
    Unwritable {
        /// The key or tensor.
        item: String,
        /// The obstacle and the remedy.
        what: String,
    },
}
