//! Runs a pickle's instructions, all of which only move values about.
//!
//! Where Python would import a name and call it, four names are known and the rest is refused with the
//! name in the message. What a name does is done here, on descriptions; nothing is loaded or called.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use super::opcode::{Code, Op};
use super::value::{Container, Dict, Global, Heap, Storage, Tensor, Value};
use crate::Error;
use crate::stored::Element;

/// More instructions than any checkpoint has. Each leaves at most one value, mark or note in the memo, so this
/// bounds all of them together.
const MAX_STEPS: usize = 1 << 20;
/// More dimensions than any weight has. A tuple costs its pickle nothing the second time it is named, so whatever
/// is copied out of one has to be short.
pub(super) const MAX_DIMENSIONS: usize = 8;

/// Why a pickle was not read.
#[derive(Debug, PartialEq)]
pub(super) enum Refused {
    /// It is cut or contradicts itself.
    Damaged(String),
    /// It wants something that a checkpoint does not need.
    Foreign(String),
}

impl Refused {
    pub(super) fn at(self, path: &Path) -> Error {
        match self {
            Self::Damaged(what) => Error::damaged(path, format!("its pickle: {what}")),
            Self::Foreign(name) => {
                let what = format!(
                    "its pickle wants {name}, which is no part of a tensor and is not executed; save only tensors and plain values: torch.save({{'model_state_dict': model.state_dict(), 'config': {{...}}}}, FILE)"
                );
                Error::unsupported(path, what)
            }
        }
    }
}

impl From<String> for Refused {
    fn from(what: String) -> Self {
        Self::Damaged(what)
    }
}

impl From<&str> for Refused {
    fn from(what: &str) -> Self {
        Self::Damaged(what.to_owned())
    }
}

/// The value that a pickle describes, with everything it refers to.
pub(super) fn run(pickle: &[u8]) -> Result<(Heap, Value), Refused> {
    let mut code = Code(pickle);
    let mut machine = Machine::default();
    let mut n_steps = 0;
    loop {
        match code.next()? {
            Op::Stop => break,
            op => {
                n_steps += 1;
                machine.step(op)?;
            }
        }
        if n_steps > MAX_STEPS {
            return Err("it has more values than any checkpoint".into());
        }
    }
    let root = machine.pop()?;
    Ok((machine.heap, root))
}

#[derive(Default)]
struct Machine {
    heap: Heap,
    stack: Vec<Value>,
    marks: Vec<usize>,
    kept: HashMap<u32, Value>,
}

impl Machine {
    fn step(&mut self, op: Op<'_>) -> Result<(), Refused> {
        let made = match op {
            Op::Skip | Op::Stop => return Ok(()),
            Op::Mark => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            Op::None => Value::None,
            Op::Bool(truth) => Value::Bool(truth),
            Op::Int(number) => Value::Int(number),
            Op::Float(number) => Value::Float(number),
            Op::Text(text) => Value::Text(text.into()),
            Op::EmptyDict => self.container(Container::Dict(Dict::default())),
            Op::EmptyList => self.container(Container::List(Vec::new())),
            Op::EmptyTuple => self.container(Container::Tuple(Vec::new())),
            Op::Tuple => {
                let values = self.since_mark()?;
                self.container(Container::Tuple(values))
            }
            Op::TupleOf(n) => {
                let values = self.pop_many(n)?;
                self.container(Container::Tuple(values))
            }
            Op::Append => {
                let value = self.pop()?;
                return self.extend(vec![value]);
            }
            Op::Appends => {
                let values = self.since_mark()?;
                return self.extend(values);
            }
            Op::SetItem => {
                let pair = self.pop_many(2)?;
                return self.set(&pair);
            }
            Op::SetItems => {
                let pairs = self.since_mark()?;
                return self.set(&pairs);
            }
            Op::Keep(number) => return self.keep(number),
            Op::Recall(number) => {
                let kept = self.kept.get(&number);
                kept.ok_or("it recalls what it never kept")?.clone()
            }
            Op::Global(module, name) => Value::Global(known(module, name)?),
            Op::StackGlobal => {
                let names = self.pop_many(2)?;
                let [Value::Text(module), Value::Text(name)] = &names[..] else {
                    return Err("a name is no text".into());
                };
                Value::Global(known(module, name)?)
            }
            Op::PersistentId => self.storage()?,
            Op::Reduce => self.reduce()?,
            Op::Build => return self.build(),
        };
        self.stack.push(made);
        Ok(())
    }

    fn pop(&mut self) -> Result<Value, Refused> {
        let above = self.stack.len() > self.marks.last().copied().unwrap_or(0);
        let value = above.then(|| self.stack.pop()).flatten();
        value.ok_or_else(|| "it takes a value that is not there".into())
    }

    fn pop_many(&mut self, n: usize) -> Result<Vec<Value>, Refused> {
        let mut values: Vec<Value> = (0..n).map(|_| self.pop()).collect::<Result<_, _>>()?;
        values.reverse();
        Ok(values)
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, Refused> {
        let mark = self.marks.pop().ok_or("it misses a mark")?;
        Ok(self.stack.split_off(mark))
    }

    fn container(&mut self, container: Container) -> Value {
        self.heap.containers.push(container);
        Value::Container(self.heap.containers.len() - 1)
    }

    /// The container on top of the stack.
    fn top(&mut self) -> Result<&mut Container, Refused> {
        match self.stack.last() {
            Some(Value::Container(index)) => Ok(&mut self.heap.containers[*index]),
            _ => Err("it adds to what is no container".into()),
        }
    }

    fn extend(&mut self, values: Vec<Value>) -> Result<(), Refused> {
        match self.top()? {
            Container::List(list) => {
                list.extend(values);
                Ok(())
            }
            _ => Err("it appends to what is no list".into()),
        }
    }

    fn set(&mut self, flat: &[Value]) -> Result<(), Refused> {
        let (pairs, rest) = flat.as_chunks::<2>();
        match self.top()? {
            Container::Dict(dict) if rest.is_empty() => {
                dict.0.extend(
                    pairs
                        .iter()
                        .map(|[key, value]| (key.clone(), value.clone())),
                );
                Ok(())
            }
            _ => Err("it sets keys of what is no dictionary".into()),
        }
    }

    fn keep(&mut self, number: Option<u32>) -> Result<(), Refused> {
        let next = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        let value = self.stack.last().ok_or("it keeps nothing")?;
        self.kept.insert(number.unwrap_or(next), value.clone());
        Ok(())
    }

    /// A storage, from `('storage', type, key, device, elements)`.
    fn storage(&mut self) -> Result<Value, Refused> {
        let id = self.pop()?;
        let parts = self.heap.sequence(&id).unwrap_or_default();
        let [
            Value::Text(word),
            Value::Global(Global::StorageOf(element)),
            Value::Text(key),
            _device,
            Value::Int(elements),
        ] = parts
        else {
            return Err("a storage is described in an unknown way".into());
        };
        let elements = u64::try_from(*elements).map_err(|_| "a storage has a negative size")?;
        if &**word != "storage" {
            return Err(format!("it refers to a {} outside", shown(word)).into());
        }
        let (element, key) = (*element, Rc::clone(key));
        self.heap.storages.push(Storage {
            key,
            element,
            elements,
        });
        Ok(Value::Storage(self.heap.storages.len() - 1))
    }

    fn reduce(&mut self) -> Result<Value, Refused> {
        let pair = self.pop_many(2)?;
        let [Value::Global(global), arguments] = &pair[..] else {
            return Err("it calls what is no name".into());
        };
        let arguments = self.heap.sequence(arguments).unwrap_or_default();
        match (global, arguments) {
            (Global::OrderedDict, []) => Ok(self.container(Container::Dict(Dict::default()))),
            (Global::RebuildTensor, [storage, offset, shape, strides, ..]) => {
                let tensor = self.tensor(storage, offset, shape, strides)?;
                self.heap.tensors.push(tensor);
                Ok(Value::Tensor(self.heap.tensors.len() - 1))
            }
            (Global::RebuildParameter, [tensor @ Value::Tensor(_), ..]) => Ok(tensor.clone()),
            _ => Err(format!("it calls {global:?} in an unknown way").into()),
        }
    }

    fn tensor(
        &self,
        storage: &Value,
        offset: &Value,
        shape: &Value,
        strides: &Value,
    ) -> Result<Tensor, Refused> {
        let number = |value: &Value| match value {
            Value::Int(number) => u64::try_from(*number).ok(),
            _ => None,
        };
        let long = |value: &Value| {
            let numbers = self.heap.sequence(value);
            numbers.is_some_and(|numbers| numbers.len() > MAX_DIMENSIONS)
        };
        if long(shape) || long(strides) {
            let what = format!("a tensor has more than {MAX_DIMENSIONS} dimensions");
            return Err(what.into());
        }
        let numbers = |value: &Value| -> Option<Vec<u64>> {
            self.heap.sequence(value)?.iter().map(number).collect()
        };
        let tensor = match storage {
            Value::Storage(storage) => number(offset)
                .zip(numbers(shape))
                .zip(numbers(strides))
                .map(|((offset, shape), strides)| Tensor {
                    storage: *storage,
                    offset,
                    shape,
                    strides,
                }),
            _ => None,
        };
        tensor.ok_or_else(|| "a tensor is described in an unknown way".into())
    }

    /// Attributes of a dictionary (`_metadata` of a state_dict) say nothing about weights.
    fn build(&mut self) -> Result<(), Refused> {
        self.pop()?;
        match self.top()? {
            Container::Dict(_) => Ok(()),
            _ => Err("it gives attributes to what is no dictionary".into()),
        }
    }
}

/// The names that checkpoints need.
fn known(module: &str, name: &str) -> Result<Global, Refused> {
    match (module, name) {
        ("collections", "OrderedDict") => Ok(Global::OrderedDict),
        ("torch._utils", "_rebuild_tensor_v2") => Ok(Global::RebuildTensor),
        ("torch._utils", "_rebuild_parameter") => Ok(Global::RebuildParameter),
        ("torch", name) => in_torch(name).ok_or_else(|| foreign("torch", name)),
        _ => Err(foreign(module, name)),
    }
}

/// Storages, and marks of types as configurations hold them.
fn in_torch(name: &str) -> Option<Global> {
    let element = match name {
        "FloatStorage" => Element::F32,
        "HalfStorage" => Element::F16,
        "BFloat16Storage" => Element::BF16,
        "DoubleStorage" => Element::F64,
        "LongStorage" => Element::Other("int64", 8),
        "IntStorage" => Element::Other("int32", 4),
        "ShortStorage" => Element::Other("int16", 2),
        "CharStorage" => Element::Other("int8", 1),
        "ByteStorage" => Element::Other("uint8", 1),
        "BoolStorage" => Element::Other("bool", 1),
        "float32" | "float16" | "bfloat16" | "float64" => return Some(Global::ElementType),
        _ => return None,
    };
    Some(Global::StorageOf(element))
}

fn foreign(module: &str, name: &str) -> Refused {
    Refused::Foreign(format!("{}.{}", shown(module), shown(name)))
}

/// A text as an attacker chose it, kept short and printable.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}
