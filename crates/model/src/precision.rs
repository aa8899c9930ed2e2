//! In how many bits weights are stored, and which tensors are spared.
//!
//! Vectors stay f32 as in every GGUF file. The token table and the output matrix are the most
//! sensitive; at q4_0 they are kept as q8_0, where llama.cpp's own quantiser takes q6_K, which has
//! no encoder here.

use gguf::TensorType;

/// How the matrices of a model are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// As 32-bit floats.
    F32,
    /// As 16-bit floats.
    F16,
    /// As 8-bit integers with a scale for every 32 weights.
    Q8_0,
    /// As 4-bit integers with a scale for every 32 weights.
    Q4_0,
}

/// What a tensor is for, as far as its type depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A norm or a bias.
    Vector,
    /// A matrix inside a layer.
    Matrix,
    /// The token table or the output matrix.
    Table,
}

impl Precision {
    /// All precisions, the finest first.
    pub const ALL: [Precision; 4] = [Self::F32, Self::F16, Self::Q8_0, Self::Q4_0];

    /// The name, as it stands in the names of files.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8_0 => "q8_0",
            Self::Q4_0 => "q4_0",
        }
    }

    /// llama.cpp's number of this recipe (`enum llama_ftype`).
    pub(crate) fn file_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q4_0 => 2,
            Self::Q8_0 => 7,
        }
    }

    /// The type of a tensor with rows of that length. Rows that do not fill whole blocks are f16.
    pub(crate) fn kind(self, role: Role, row: u64) -> TensorType {
        let wanted = match (self, role) {
            (_, Role::Vector) | (Self::F32, _) => TensorType::F32,
            (Self::F16, _) => TensorType::F16,
            (Self::Q8_0, _) | (Self::Q4_0, Role::Table) => TensorType::Q8_0,
            (Self::Q4_0, Role::Matrix) => TensorType::Q4_0,
        };
        if row.is_multiple_of(wanted.block_len()) {
            wanted
        } else {
            TensorType::F16
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_stay_floats_and_odd_rows_stay_halves() {
        for precision in Precision::ALL {
            assert_eq!(precision.kind(Role::Vector, 33), TensorType::F32);
        }
        assert_eq!(Precision::Q4_0.kind(Role::Matrix, 64), TensorType::Q4_0);
        assert_eq!(Precision::Q4_0.kind(Role::Table, 64), TensorType::Q8_0);
        assert_eq!(Precision::Q4_0.kind(Role::Matrix, 33), TensorType::F16);
        assert_eq!(Precision::Q8_0.kind(Role::Table, 48), TensorType::F16);
        assert_eq!(Precision::F32.kind(Role::Table, 33), TensorType::F32);
    }
}
