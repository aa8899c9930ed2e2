//! With what models compute: threads, and a graphics processor if there is one.

use bench::Plan;
use ledger::record::Warning;
use llama::Graphics;
use serde::{Deserialize, Serialize};

use crate::cli::Device;
use crate::terminal::Terminal;

/// With what a model computes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Compute {
    /// Threads of the processor.
    pub(crate) threads: usize,
    /// The graphics processor, by the engine's name; `None` for the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<String>,
}

impl Compute {
    /// One thread of the processor.
    pub(crate) const ONE_THREAD: Compute = Compute {
        threads: 1,
        device: None,
    };

    /// As it was asked for, or with all processors and what graphics processor there is.
    pub(crate) fn asked(threads: Option<usize>, device: &Device) -> Compute {
        Compute {
            threads: crate::subject::threads(threads),
            device: chosen(device, llama::graphics()).map(|found| found.name.clone()),
        }
    }

    /// As a plan says it.
    pub(crate) fn of(plan: &Plan) -> Compute {
        Compute {
            threads: plan.threads,
            device: plan.device.clone(),
        }
    }

    /// The graphics processor as a record names it: `Vulkan0, NVIDIA H100 80GB HBM3, 79.6 GiB`.
    pub(crate) fn device_in_words(&self) -> Option<String> {
        let name = self.device.as_ref()?;
        let known = llama::graphics().iter().find(|one| one.name == *name);
        Some(known.map_or_else(|| name.clone(), in_words))
    }

    /// What has to be said of figures that a graphics processor makes.
    pub(crate) fn warning(&self) -> Option<Warning> {
        Some(Warning {
            kind: "graphics_memory".into(),
            message: format!(
                "Models compute on {}, in its own memory",
                self.device_in_words()?
            ),
            advice: "bytes of the program, mapped and resident, are those of the machine's memory; what the graphics processor holds is gpu_peak_bytes, where its driver tells it".into(),
        })
    }
}

/// A graphics processor in one line.
pub(crate) fn in_words(one: &Graphics) -> String {
    let gib = one.memory_bytes as f64 / (1u64 << 30) as f64;
    format!("{}, {}, {gib:.1} GiB", one.name, one.title)
}

impl Device {
    /// The word for a device that is not there.
    pub(crate) fn missing(&self) -> Option<&str> {
        match self {
            Device::Graphics { word, .. } if chosen(self, llama::graphics()).is_none() => {
                Some(word)
            }
            _ => None,
        }
    }

    /// Says so if it is not there.
    pub(crate) fn say_fallback(&self, terminal: &Terminal) {
        if let Some(Warning {
            message, advice, ..
        }) = self.fallback()
        {
            terminal.note(&format!("{message}: {advice}"));
        }
    }

    /// What has to be said if it is not there.
    pub(crate) fn fallback(&self) -> Option<Warning> {
        self.missing().map(|word| Warning {
            kind: "device_fallback".into(),
            message: format!("{word} was asked for, and this build computes on the processor"),
            advice: "take no speed and no memory here for those of an accelerator; `whet doctor` says what this build can use".into(),
        })
    }
}

fn chosen<'a>(device: &Device, there: &'a [Graphics]) -> Option<&'a Graphics> {
    match device {
        Device::Auto => there.first(),
        Device::Processor => None,
        Device::Graphics { backend, place, .. } => there
            .iter()
            .filter(|one| backend.is_none_or(|wanted| one.backend.eq_ignore_ascii_case(wanted)))
            .nth(*place),
    }
}
