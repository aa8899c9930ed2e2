//! The table of ggml tensor types and the place of a tensor in a file.
//!
//! A type packs `block_len` neighbouring elements of a row into `block_bytes` bytes. The numbers are
//! those of the `static_assert`s in `ggml/src/ggml-common.h` (llama.cpp as packed in
//! llama-cpp-sys-2 0.1.161). The table of the Python package gguf 0.19.0 agrees except for Q8_1: it
//! says 40 bytes, the C struct has two half floats and 32 bytes, that is 36; C is what runs.
//!
//! No arithmetic on elements here; `quant` decodes the few formats that are needed.

use std::fmt;

macro_rules! tensor_types {
    ($($variant:ident = $code:literal, $name:literal, $len:literal, $bytes:literal;)*) => {
        /// A ggml tensor type. The order is that of the type numbers in a file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, non_camel_case_types, reason = "the variants are ggml's own names")]
        #[repr(u32)]
        pub enum TensorType { $($variant = $code,)* }

        impl TensorType {
            /// All known types in the order of their numbers.
            pub const ALL: &'static [TensorType] = &[$(TensorType::$variant,)*];

            /// The type with this number in a file, if it is known and not withdrawn.
            pub fn from_code(code: u32) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The name as llama.cpp prints it, e.g. `q4_K`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The number of elements in one block.
            pub fn block_len(self) -> u64 {
                match self { $(Self::$variant => $len,)* }
            }

            /// The number of bytes in one block, scales included.
            pub fn block_bytes(self) -> u64 {
                match self { $(Self::$variant => $bytes,)* }
            }
        }
    };
}

tensor_types! {
    F32 = 0, "f32", 1, 4;
    F16 = 1, "f16", 1, 2;
    Q4_0 = 2, "q4_0", 32, 18;
    Q4_1 = 3, "q4_1", 32, 20;
    Q5_0 = 6, "q5_0", 32, 22;
    Q5_1 = 7, "q5_1", 32, 24;
    Q8_0 = 8, "q8_0", 32, 34;
    Q8_1 = 9, "q8_1", 32, 36;
    Q2_K = 10, "q2_K", 256, 84;
    Q3_K = 11, "q3_K", 256, 110;
    Q4_K = 12, "q4_K", 256, 144;
    Q5_K = 13, "q5_K", 256, 176;
    Q6_K = 14, "q6_K", 256, 210;
    Q8_K = 15, "q8_K", 256, 292;
    IQ2_XXS = 16, "iq2_xxs", 256, 66;
    IQ2_XS = 17, "iq2_xs", 256, 74;
    IQ3_XXS = 18, "iq3_xxs", 256, 98;
    IQ1_S = 19, "iq1_s", 256, 50;
    IQ4_NL = 20, "iq4_nl", 32, 18;
    IQ3_S = 21, "iq3_s", 256, 110;
    IQ2_S = 22, "iq2_s", 256, 82;
    IQ4_XS = 23, "iq4_xs", 256, 136;
    I8 = 24, "i8", 1, 1;
    I16 = 25, "i16", 1, 2;
    I32 = 26, "i32", 1, 4;
    I64 = 27, "i64", 1, 8;
    F64 = 28, "f64", 1, 8;
    IQ1_M = 29, "iq1_m", 256, 56;
    BF16 = 30, "bf16", 1, 2;
    TQ1_0 = 34, "tq1_0", 256, 54;
    TQ2_0 = 35, "tq2_0", 256, 66;
    MXFP4 = 39, "mxfp4", 32, 17;
    NVFP4 = 40, "nvfp4", 64, 36;
    Q1_0 = 41, "q1_0", 128, 18;
    Q2_0 = 42, "q2_0", 64, 18;
}

impl TensorType {
    /// The number of this type in a file.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The bytes of `elements` elements; `None` when they do not fill whole blocks or overflow.
    pub fn bytes_of(self, elements: u64) -> Option<u64> {
        if !elements.is_multiple_of(self.block_len()) {
            return None;
        }
        (elements / self.block_len()).checked_mul(self.block_bytes())
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl serde::Serialize for TensorType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The elements and bytes of a shape, or the reason why there are none.
///
/// # Errors
/// Says in words when the product overflows or the rows do not fill whole blocks.
pub fn extent(dims: &[u64], kind: TensorType) -> Result<(u64, u64), String> {
    let row = dims.first().copied().unwrap_or(1);
    if !row.is_multiple_of(kind.block_len()) {
        return Err(format!(
            "a row of {row} elements does not fill whole {kind} blocks of {}",
            kind.block_len()
        ));
    }
    let overflow = || format!("the shape {dims:?} is larger than any memory");
    // ggml counts in signed 64 bits.
    let elements = dims
        .iter()
        .try_fold(1_i64, |product, &dim| {
            product.checked_mul(i64::try_from(dim).ok()?)
        })
        .ok_or_else(overflow)?
        .cast_unsigned();
    let bytes = kind.bytes_of(elements).ok_or_else(overflow)?;
    Ok((elements, bytes))
}

/// One tensor of a file: its name, shape, type and place, without its elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    pub(crate) name: String,
    pub(crate) dims: Vec<u64>,
    pub(crate) kind: TensorType,
    pub(crate) offset: u64,
    pub(crate) elements: u64,
    pub(crate) bytes: u64,
}

impl Tensor {
    /// The name, e.g. `blk.3.ffn_up.weight`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shape, fastest-running dimension (a row's length) first, as ggml writes it; at most four.
    pub fn dims(&self) -> &[u64] {
        &self.dims
    }

    /// The element type.
    pub fn kind(&self) -> TensorType {
        self.kind
    }

    /// The first byte, counted from the start of the file's tensor data.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of elements.
    pub fn elements(&self) -> u64 {
        self.elements
    }

    /// The number of bytes in the file, padding not counted.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The bytes of one row (the elements that differ only in the first dimension).
    pub fn row_bytes(&self) -> u64 {
        let row = self.dims.first().copied().unwrap_or(1);
        self.kind.bytes_of(row).unwrap_or(self.bytes)
    }
}
