//! C is found as C++ is; only its fences have other tags.

use super::{Rules, cpp};

/// A block of C++ is not taken for C; without any other it is found by its `#include`.
pub(super) const RULES: Rules = Rules {
    tags: &["c", "h", "c89", "c99", "c11", "c17", "c23", "ansic"],
    looks_like_code: cpp::looks_like_code,
    program: cpp::program,
};
