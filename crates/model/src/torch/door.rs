//! What has to hold of a pickle that was read, whatever its bytes.

use super::machine::{self, MAX_DIMENSIONS};
use super::value::{Container, Heap, Value};

/// Reads bytes as a pickle and panics if what comes of them refers to what is not there, or is larger than a
/// configuration or a tensor may be.
pub(crate) fn pickle_door(bytes: &[u8]) {
    let Ok((heap, root)) = machine::run(bytes) else {
        return;
    };
    let held = heap.containers.iter().flat_map(values).chain([&root]);
    held.for_each(|value| assert!(is_there(&heap, value), "{value:?} refers to nothing"));
    for tensor in &heap.tensors {
        assert!(tensor.storage < heap.storages.len());
        assert!(tensor.shape.len().max(tensor.strides.len()) <= MAX_DIMENSIONS);
        let _ = tensor.is_contiguous();
    }
    if let Some(json) = heap.json(&root) {
        // Every byte of a text may have to be escaped.
        assert!(
            json.to_string().len() < 1 << 21,
            "a configuration that large"
        );
    }
}

fn values(container: &Container) -> Vec<&Value> {
    match container {
        Container::List(values) | Container::Tuple(values) => values.iter().collect(),
        Container::Dict(dict) => dict
            .0
            .iter()
            .flat_map(|(key, value)| [key, value])
            .collect(),
    }
}

fn is_there(heap: &Heap, value: &Value) -> bool {
    match value {
        Value::Container(index) => *index < heap.containers.len(),
        Value::Storage(index) => *index < heap.storages.len(),
        Value::Tensor(index) => *index < heap.tensors.len(),
        _ => true,
    }
}
