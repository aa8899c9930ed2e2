//! The words of `--device`: where others compute, and that it is the processor here.

/// Where somebody wants to compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Device {
    /// Where this program computes.
    Processor,
    /// Where it does not; the word that was typed.
    Other(String),
}

/// What names an accelerator, before a number if there is one.
const OTHERS: [&str; 6] = ["cuda", "gpu", "mps", "metal", "rocm", "vulkan"];

/// Reads the word.
///
/// # Errors
/// A sentence, if it names no device.
pub(super) fn parse(word: &str) -> Result<Device, String> {
    let kind = word.split(':').next().unwrap_or(word);
    match kind {
        "auto" | "cpu" => Ok(Device::Processor),
        kind if OTHERS.contains(&kind) => Ok(Device::Other(word.to_owned())),
        _ => Err(format!(
            "there are auto and cpu; {} fall back to the processor",
            OTHERS.join(", ")
        )),
    }
}

impl Device {
    /// The device that is asked for and not there.
    pub(crate) fn missing(&self) -> Option<&str> {
        match self {
            Device::Processor => None,
            Device::Other(word) => Some(word),
        }
    }
}
