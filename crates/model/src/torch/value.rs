//! What a pickle can become here: plain values, and descriptions of tensors.
//!
//! Containers live in one list and refer to each other by number. So a pickle that nests a million
//! tuples, or puts a list into itself, costs no stack.

use std::rc::Rc;

use serde_json::{Map, Value as Json};

use crate::stored::Element;

/// How deep a configuration may nest.
const MAX_DEPTH: usize = 8;
/// How large a configuration may be: its values and the bytes of its texts. Texts are counted, because one that is
/// named again costs its pickle two bytes and a configuration a copy.
const MAX_SIZE: usize = 1 << 16;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    /// A list, tuple or dictionary: its number.
    Container(usize),
    /// A name that is known.
    Global(Global),
    Storage(usize),
    Tensor(usize),
}

/// The names that are known. All others are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    StorageOf(Element),
    /// A mark of an element type that stands in a configuration.
    ElementType,
}

#[derive(Debug)]
pub(super) enum Container {
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dict(Dict),
}

/// Pairs in the order in which they were set.
#[derive(Debug, Default)]
pub(super) struct Dict(pub(super) Vec<(Value, Value)>);

/// Numbers behind one another in an entry of the archive.
#[derive(Debug)]
pub(super) struct Storage {
    pub(super) key: Rc<str>,
    pub(super) element: Element,
    pub(super) elements: u64,
}

/// A view of a storage.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) storage: usize,
    /// In elements.
    pub(super) offset: u64,
    pub(super) shape: Vec<u64>,
    pub(super) strides: Vec<u64>,
}

/// Everything that a pickle made.
#[derive(Debug, Default)]
pub(super) struct Heap {
    pub(super) containers: Vec<Container>,
    pub(super) storages: Vec<Storage>,
    pub(super) tensors: Vec<Tensor>,
}

impl Tensor {
    /// Whether rows follow one another without gaps; strides of dimensions of one element are free.
    pub(super) fn is_contiguous(&self) -> bool {
        let mut expected = 1_u64;
        let dims = self.shape.iter().zip(&self.strides).rev();
        for (dim, stride) in dims {
            if *dim != 1 && *stride != expected {
                return false;
            }
            expected = expected.saturating_mul(*dim);
        }
        self.shape.len() == self.strides.len()
    }
}

impl Dict {
    /// The last value that was set under that text.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.texts()
            .filter(|(key, _)| *key == name)
            .last()
            .map(|(_, value)| value)
    }

    /// The pairs whose keys are texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().filter_map(|(key, value)| match key {
            Value::Text(text) => Some((&**text, value)),
            _ => None,
        })
    }
}

impl Heap {
    pub(super) fn dict(&self, value: &Value) -> Option<&Dict> {
        match value {
            Value::Container(index) => match &self.containers[*index] {
                Container::Dict(dict) => Some(dict),
                _ => None,
            },
            _ => None,
        }
    }

    /// The elements of a list or tuple.
    pub(super) fn sequence(&self, value: &Value) -> Option<&[Value]> {
        match value {
            Value::Container(index) => match &self.containers[*index] {
                Container::List(values) | Container::Tuple(values) => Some(values),
                Container::Dict(_) => None,
            },
            _ => None,
        }
    }

    /// A configuration as JSON; tensors and marks become null. `None` for one that is no configuration:
    /// too deep, too large, or inside itself.
    pub(super) fn json(&self, value: &Value) -> Option<Json> {
        let mut left = MAX_SIZE;
        self.json_within(value, MAX_DEPTH, &mut left)
    }

    fn json_within(&self, value: &Value, depth: usize, left: &mut usize) -> Option<Json> {
        *left = left.checked_sub(1)?;
        Some(match value {
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Int(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Text(text) => {
                *left = left.checked_sub(text.len())?;
                Json::from(&**text)
            }
            Value::Container(index) => {
                let depth = depth.checked_sub(1)?;
                match &self.containers[*index] {
                    Container::List(values) | Container::Tuple(values) => {
                        let values = values.iter().map(|v| self.json_within(v, depth, left));
                        Json::Array(values.collect::<Option<_>>()?)
                    }
                    Container::Dict(dict) => {
                        let pairs = dict.texts().map(|(name, value)| {
                            *left = left.checked_sub(name.len())?;
                            Some((name.to_owned(), self.json_within(value, depth, left)?))
                        });
                        Json::Object(pairs.collect::<Option<Map<_, _>>>()?)
                    }
                }
            }
            _ => Json::Null,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heap(containers: Vec<Container>) -> Heap {
        Heap {
            containers,
            ..Heap::default()
        }
    }

    #[test]
    fn a_configuration_is_as_large_as_what_it_says_and_not_as_its_pickle() {
        let text = Value::Text("a".repeat(1000).into());
        let list = |n| Container::List(vec![text.clone(); n]);
        assert!(heap(vec![list(60)]).json(&Value::Container(0)).is_some());
        assert_eq!(heap(vec![list(70)]).json(&Value::Container(0)), None);

        let named = |n| Container::Dict(Dict(vec![(text.clone(), Value::None); n]));
        assert!(heap(vec![named(60)]).json(&Value::Container(0)).is_some());
        assert_eq!(heap(vec![named(70)]).json(&Value::Container(0)), None);

        // Each holds the one before it 32 times: five of them are 33 million values.
        let twice = |n| Container::Tuple(vec![Value::Container(n); 32]);
        let all = vec![list(0), twice(0), twice(1), twice(2), twice(3), twice(4)];
        assert!(heap(all).json(&Value::Container(2)).is_some());
        let all = vec![list(0), twice(0), twice(1), twice(2), twice(3), twice(4)];
        assert_eq!(heap(all).json(&Value::Container(5)), None);
    }
}
