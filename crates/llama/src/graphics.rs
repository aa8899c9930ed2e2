//! Graphics processors that this build can compute on: none unless a backend for them was compiled in.

use std::sync::OnceLock;

use llama_cpp_2::{LlamaBackendDevice, LlamaBackendDeviceType, list_llama_ggml_backend_devices};

use crate::log;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graphics {
    /// llama.cpp's name, by which models are sent there: `Vulkan0`.
    pub name: String,
    /// The vendor's name.
    pub title: String,
    /// The interface through which it is reached: `Vulkan`.
    pub backend: String,
    /// Memory that it can use, in bytes; that of the machine where it has none of its own.
    pub memory_bytes: u64,
    index: usize,
}

/// All of them, in llama.cpp's order; looked for once.
pub fn graphics() -> &'static [Graphics] {
    static FOUND: OnceLock<Vec<Graphics>> = OnceLock::new();
    FOUND.get_or_init(|| {
        log::install();
        let all = list_llama_ggml_backend_devices().into_iter();
        all.filter(computes).map(Graphics::of).collect()
    })
}

/// llama.cpp's number of the one that has this name.
pub(crate) fn index(name: &str) -> Result<usize, String> {
    let found = graphics().iter().find(|one| one.name == name);
    found.map(|one| one.index).ok_or_else(|| {
        let names: Vec<&str> = graphics().iter().map(|one| one.name.as_str()).collect();
        match names.as_slice() {
            [] => format!("there is no {name}: this build finds no graphics processor"),
            names => format!("there is no {name}; there are {}", names.join(", ")),
        }
    })
}

/// Bytes that there are where a model computes: what is free of the machine's memory, or the memory of the graphics processor
/// of that name. `None` where nothing tells it.
pub fn memory_for(device: Option<&str>) -> Option<u64> {
    match device {
        Some(name) => memory_of(graphics(), name),
        None => measure::probe::memory::available_bytes().ok(),
    }
}

fn memory_of(all: &[Graphics], name: &str) -> Option<u64> {
    let found = all.iter().find(|one| one.name == name)?;
    (found.memory_bytes > 0).then_some(found.memory_bytes)
}

fn computes(device: &LlamaBackendDevice) -> bool {
    matches!(
        device.device_type,
        LlamaBackendDeviceType::Gpu | LlamaBackendDeviceType::IntegratedGpu
    )
}

impl Graphics {
    fn of(device: LlamaBackendDevice) -> Graphics {
        Graphics {
            name: device.name,
            title: device.description,
            backend: device.backend,
            memory_bytes: device.memory_total as u64,
            index: device.index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Graphics, graphics, index, memory_for, memory_of};

    #[test]
    fn a_processor_that_is_not_there_is_named_in_the_refusal() {
        let refusal = index("Abacus7").unwrap_err();
        assert!(refusal.contains("there is no Abacus7"), "{refusal}");
    }

    #[test]
    fn what_a_card_holds_is_held_against_its_own_memory() {
        let card = |name: &str, memory_bytes: u64| Graphics {
            name: name.into(),
            title: "made up".into(),
            backend: "Vulkan".into(),
            memory_bytes,
            index: 0,
        };
        let all = [card("Vulkan0", 24 << 30), card("Vulkan1", 0)];
        assert_eq!(memory_of(&all, "Vulkan0"), Some(24 << 30));
        assert_eq!(memory_of(&all, "Vulkan1"), None, "it does not say");
        assert_eq!(memory_for(Some("Abacus7")), None, "not the machine's");
    }

    #[test]
    fn each_is_found_by_its_own_name() {
        for one in graphics() {
            assert_eq!(index(&one.name), Ok(one.index));
        }
    }
}
