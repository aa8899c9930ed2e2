//! The typed metadata values of a GGUF file.
//!
//! Arrays are plain vectors, except strings: a vocabulary has hundreds of thousands of them, so they
//! lie behind one another in one buffer. Array strings are kept as bytes, because some published
//! vocabularies hold tokens that are not UTF-8 and engines accept them; single strings must be UTF-8.
//! Arrays of arrays do not exist here: llama.cpp refuses them too.

/// One metadata value.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the variants are the format's own names")]
pub enum Value {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    String(String),
    Array(Array),
    U64(u64),
    I64(i64),
    F64(f64),
}

/// A metadata array; all elements have one type.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the variants are the format's own names")]
pub enum Array {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    Bool(Vec<bool>),
    String(Strings),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F64(Vec<f64>),
}

/// Many strings in one buffer, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Strings {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no strings.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of string `index`, if there is one. Usually UTF-8, not always.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        Some(&self.bytes[start..end])
    }

    /// All strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Appends a string.
    pub fn push(&mut self, string: &[u8]) {
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn reserve(&mut self, strings: usize) {
        self.ends.reserve_exact(strings);
    }

    /// Appends a string of `len` zero bytes and hands it out to be filled.
    pub(crate) fn push_zeroed(&mut self, len: usize) -> &mut [u8] {
        let start = self.bytes.len();
        self.bytes.resize(start + len, 0);
        self.ends.push(self.bytes.len());
        &mut self.bytes[start..]
    }
}

impl<S: AsRef<[u8]>> FromIterator<S> for Strings {
    fn from_iter<I: IntoIterator<Item = S>>(strings: I) -> Self {
        let mut all = Self::new();
        for string in strings {
            all.push(string.as_ref());
        }
        all
    }
}

/// The number of the array type in a file; the scalar numbers are in [`Value::code`].
pub(crate) const ARRAY: u32 = 9;

impl Value {
    /// The type's number in a file.
    pub fn code(&self) -> u32 {
        match self {
            Self::U8(_) => 0,
            Self::I8(_) => 1,
            Self::U16(_) => 2,
            Self::I16(_) => 3,
            Self::U32(_) => 4,
            Self::I32(_) => 5,
            Self::F32(_) => 6,
            Self::Bool(_) => 7,
            Self::String(_) => 8,
            Self::Array(_) => ARRAY,
            Self::U64(_) => 10,
            Self::I64(_) => 11,
            Self::F64(_) => 12,
        }
    }

    /// The value as an unsigned number, from any integer type, if it is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::U8(v) => Some(v.into()),
            Self::U16(v) => Some(v.into()),
            Self::U32(v) => Some(v.into()),
            Self::U64(v) => Some(v),
            Self::I8(v) => u64::try_from(v).ok(),
            Self::I16(v) => u64::try_from(v).ok(),
            Self::I32(v) => u64::try_from(v).ok(),
            Self::I64(v) => u64::try_from(v).ok(),
            _ => None,
        }
    }

    /// The value as a float, from either float type.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::F32(v) => Some(v.into()),
            Self::F64(v) => Some(v),
            _ => None,
        }
    }

    /// The value as text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match *self {
            Self::Bool(v) => Some(v),
            _ => None,
        }
    }

    /// The value as an array, if it is one.
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// A short description for messages, e.g. `the u32 7` or `an array of 12 f32`.
    pub fn describe(&self) -> String {
        match self {
            Self::U8(v) => format!("the u8 {v}"),
            Self::I8(v) => format!("the i8 {v}"),
            Self::U16(v) => format!("the u16 {v}"),
            Self::I16(v) => format!("the i16 {v}"),
            Self::U32(v) => format!("the u32 {v}"),
            Self::I32(v) => format!("the i32 {v}"),
            Self::F32(v) => format!("the f32 {v}"),
            Self::Bool(v) => format!("the bool {v}"),
            Self::String(v) => format!("a string of {} bytes", v.len()),
            Self::Array(v) => format!("an array of {} {}", v.len(), v.element_name()),
            Self::U64(v) => format!("the u64 {v}"),
            Self::I64(v) => format!("the i64 {v}"),
            Self::F64(v) => format!("the f64 {v}"),
        }
    }
}

macro_rules! each_array {
    ($array:expr, $v:ident => $body:expr) => {
        match $array {
            Array::U8($v) => $body,
            Array::I8($v) => $body,
            Array::U16($v) => $body,
            Array::I16($v) => $body,
            Array::U32($v) => $body,
            Array::I32($v) => $body,
            Array::F32($v) => $body,
            Array::Bool($v) => $body,
            Array::String($v) => $body,
            Array::U64($v) => $body,
            Array::I64($v) => $body,
            Array::F64($v) => $body,
        }
    };
}

const ELEMENTS: [(u32, &str); 12] = [
    (0, "u8"),
    (1, "i8"),
    (2, "u16"),
    (3, "i16"),
    (4, "u32"),
    (5, "i32"),
    (6, "f32"),
    (7, "bool"),
    (8, "strings"),
    (10, "u64"),
    (11, "i64"),
    (12, "f64"),
];

impl Array {
    /// The number of elements.
    pub fn len(&self) -> usize {
        each_array!(self, v => v.len())
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element type's number in a file.
    pub fn element_code(&self) -> u32 {
        ELEMENTS[self.rank()].0
    }

    fn element_name(&self) -> &'static str {
        ELEMENTS[self.rank()].1
    }

    fn rank(&self) -> usize {
        match self {
            Self::U8(_) => 0,
            Self::I8(_) => 1,
            Self::U16(_) => 2,
            Self::I16(_) => 3,
            Self::U32(_) => 4,
            Self::I32(_) => 5,
            Self::F32(_) => 6,
            Self::Bool(_) => 7,
            Self::String(_) => 8,
            Self::U64(_) => 9,
            Self::I64(_) => 10,
            Self::F64(_) => 11,
        }
    }

    /// Element `index` as a scalar value. Strings that are not UTF-8 give `None`.
    pub fn get(&self, index: usize) -> Option<Value> {
        match self {
            Self::U8(v) => v.get(index).copied().map(Value::U8),
            Self::I8(v) => v.get(index).copied().map(Value::I8),
            Self::U16(v) => v.get(index).copied().map(Value::U16),
            Self::I16(v) => v.get(index).copied().map(Value::I16),
            Self::U32(v) => v.get(index).copied().map(Value::U32),
            Self::I32(v) => v.get(index).copied().map(Value::I32),
            Self::F32(v) => v.get(index).copied().map(Value::F32),
            Self::Bool(v) => v.get(index).copied().map(Value::Bool),
            Self::String(v) => {
                let text = std::str::from_utf8(v.get(index)?).ok()?;
                Some(Value::String(text.to_owned()))
            }
            Self::U64(v) => v.get(index).copied().map(Value::U64),
            Self::I64(v) => v.get(index).copied().map(Value::I64),
            Self::F64(v) => v.get(index).copied().map(Value::F64),
        }
    }
}

macro_rules! from_plain {
    ($($plain:ty => $variant:ident),*) => {$(
        impl From<$plain> for Value {
            fn from(value: $plain) -> Self {
                Self::$variant(value)
            }
        }
        impl From<Vec<$plain>> for Value {
            fn from(values: Vec<$plain>) -> Self {
                Self::Array(Array::$variant(values))
            }
        }
    )*};
}

from_plain!(u8 => U8, i8 => I8, u16 => U16, i16 => I16, u32 => U32, i32 => I32,
    f32 => F32, bool => Bool, u64 => U64, i64 => I64, f64 => F64);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<Array> for Value {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<Strings> for Value {
    fn from(strings: Strings) -> Self {
        Self::Array(Array::String(strings))
    }
}
