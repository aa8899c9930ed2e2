//! Everything that can be read while something else works, and why the rest cannot.
//!
//! Parts that are not there are not lamented: a machine without an accelerator has no line about one. A part
//! that is there and does not tell something has a reason.

use super::Absent;
use super::amd::Amd;
use super::gauge::Gauge;
use super::load::Load;
use super::nvidia;
use super::rapl::Rapl;
use super::spent::Spent;
use super::text::Root;

/// A source of power or energy, and how it is known or why it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The device's prefix among the readings: `cpu`, `gpu0` …
    pub device: String,
    /// What it is, for people.
    pub title: String,
    /// `counter of 2 packages`, `power readings` …
    pub energy: Result<String, Absent>,
    /// Why the memory of an accelerator is not known, where it is not.
    pub no_memory: Option<Absent>,
}

/// Why graphics in a processor's package have no power of their own where that package is counted.
const IN_PACKAGE: &str =
    "its power is that of the whole processor package, whose energy is counted already";

impl Source {
    /// Whether it is graphics whose energy the counters of the processor packages hold.
    pub fn is_in_package(&self) -> bool {
        matches!(&self.energy, Err(absent) if absent.reason == IN_PACKAGE)
    }
}

/// The gauges of this machine.
pub struct Hardware {
    /// What is read.
    pub gauges: Vec<Box<dyn Gauge>>,
    /// What tells power or energy, or should.
    pub sources: Vec<Source>,
}

impl Hardware {
    /// Looks at this machine. Loads the library of NVIDIA's driver where there is one.
    pub fn find() -> Hardware {
        let root = Root::machine();
        let mut hardware = Hardware::below(root);
        hardware.add_nvidia(root);
        hardware
    }

    /// What files alone tell.
    pub(crate) fn below(root: Root<'static>) -> Hardware {
        let mut hardware = Hardware {
            gauges: vec![Box::new(Load::new(root)), Box::new(Spent::new(root))],
            sources: Vec::new(),
        };
        hardware.add_packages(root);
        for card in Amd::all(root, 0) {
            hardware.add_amd(card);
        }
        hardware
    }

    /// Graphics in a processor's package tell the power of all of it, which must not be counted twice.
    fn add_amd(&mut self, mut card: Amd<'static>) {
        let in_package = card.is_in_package();
        let is_processor = |source: &Source| source.device == "cpu";
        let processor = self.sources.iter().find(|source| is_processor(source));
        let is_counted = processor.is_some_and(|source| source.energy.is_ok());
        let energy = match card.watts() {
            Some(_) if in_package && is_counted => {
                card.hide_power();
                Err(Absent::because(IN_PACKAGE))
            }
            Some(_) => Ok("power readings".to_owned()),
            None => Err(Absent::because("the driver's hwmon files tell no power")),
        };
        let title = match in_package {
            true => "processor package with AMD graphics",
            false => "AMD graphics",
        };
        self.sources.push(Source {
            device: card.name().to_owned(),
            title: title.to_owned(),
            energy,
            no_memory: None,
        });
        self.gauges.push(Box::new(card));
    }

    fn add_packages(&mut self, root: Root<'static>) {
        let found = if cfg!(target_os = "linux") {
            Rapl::find(root)
        } else {
            Err(Absent::because(
                "energy of the processor is read on Linux only; this system asks for a privileged tool",
            ))
        };
        let energy = found.map(|packages| {
            let energy = format!("counter, {} package(s)", packages.n_packages());
            self.gauges.push(Box::new(packages));
            energy
        });
        self.sources.push(Source {
            device: "cpu".to_owned(),
            title: "processor packages".to_owned(),
            energy,
            no_memory: None,
        });
    }

    #[cfg(target_os = "linux")]
    fn add_nvidia(&mut self, root: Root) {
        let first = self.sources.len() - 1;
        match nvidia::all(first) {
            Ok(cards) => {
                for card in cards {
                    self.sources.push(Source {
                        device: card.name().to_owned(),
                        title: card.product(),
                        energy: card.energy().map(str::to_owned),
                        no_memory: card.memory().err(),
                    });
                    self.gauges.push(Box::new(card));
                }
            }
            Err(absent) if nvidia::is_there(root) => self.sources.push(Source {
                device: format!("gpu{first}"),
                title: "NVIDIA graphics".to_owned(),
                no_memory: Some(absent.clone()),
                energy: Err(absent),
            }),
            Err(_) => {}
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn add_nvidia(&mut self, _root: Root) {}

    /// Why nothing tells power or energy; `None` if something does.
    pub fn no_energy(&self) -> Option<Absent> {
        no_energy(&self.sources)
    }
}

/// One reason out of those of all sources, and the remedies that there are.
fn no_energy(sources: &[Source]) -> Option<Absent> {
    let refusals: Vec<(&Source, &Absent)> = sources
        .iter()
        .filter_map(|source| Some((source, source.energy.as_ref().err()?)))
        .collect();
    if refusals.len() < sources.len() {
        return None;
    }
    let said = refusals
        .iter()
        .map(|(source, absent)| format!("{}: {absent}", source.title));
    let reason = said.collect::<Vec<_>>().join("; ");
    let remedies: Vec<String> = refusals
        .iter()
        .filter_map(|(_, absent)| absent.remedy.clone())
        .collect();
    Some(Absent {
        reason,
        remedy: (!remedies.is_empty()).then(|| remedies.join("; ")),
    })
}

#[cfg(test)]
#[path = "hardware_tests.rs"]
mod tests;
