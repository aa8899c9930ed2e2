//! NVIDIA accelerators, through the driver's own library, which is loaded when the program runs.
//!
//! Energy comes from the driver's counter where the card has one: its power reading covers a part of the time
//! only on some cards. Machines whose accelerator shares the system's memory answer "not supported" to the
//! question for memory; that is a missing reading with a reason, never 0.

use super::Absent;
use super::gauge::{Gauge, Readings, put};
use super::load::folders;
use super::text::Root;
use crate::energy::Counter;

/// NVIDIA in the list of PCI vendors.
const VENDOR: &str = "0x10de";

/// What is asked of a card; each answer stands for itself, and an error says why there is none.
pub(crate) trait Card: Send {
    /// Its product name.
    fn product(&self) -> Result<String, String>;
    /// Share of the time in which it computed something, in percent.
    fn busy_percent(&self) -> Result<u32, String>;
    /// Bytes used and in all.
    fn memory(&self) -> Result<(u64, u64), String>;
    /// Degrees.
    fn celsius(&self) -> Result<u32, String>;
    /// Megahertz.
    fn mhz(&self) -> Result<u32, String>;
    /// Milliwatts.
    fn milliwatts(&self) -> Result<u32, String>;
    /// Millijoules since the driver was loaded.
    fn millijoules(&self) -> Result<u64, String>;
}

/// One card.
pub(crate) struct Nvidia<C> {
    card: C,
    name: String,
    /// `None` if the card counts no energy.
    counter: Option<Counter>,
}

impl<C: Card> Nvidia<C> {
    /// A card that is called so among the readings.
    pub(crate) fn new(card: C, name: String) -> Nvidia<C> {
        let counter = card.millijoules().is_ok().then(Counter::default);
        Nvidia {
            card,
            name,
            counter,
        }
    }

    /// Its prefix among the readings.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its product name, or its prefix.
    pub(crate) fn product(&self) -> String {
        self.card.product().unwrap_or_else(|_| self.name.clone())
    }

    /// How its energy is known, or why it is not.
    pub(crate) fn energy(&self) -> Result<&'static str, Absent> {
        if self.counter.is_some() {
            return Ok("counter");
        }
        match self.card.milliwatts() {
            Ok(_) => Ok("power readings"),
            Err(error) => Err(Absent::because(format!(
                "the driver tells neither energy nor power of {}: {error}",
                self.product()
            ))),
        }
    }

    /// Whether the memory that it uses is known.
    pub(crate) fn memory(&self) -> Result<(), Absent> {
        let known = self.card.memory().map(|_| ());
        known.map_err(|error| {
            Absent::because(format!(
                "the driver does not tell the memory of {} ({error}); where it shares the system's memory, that is the number to look at",
                self.product()
            ))
        })
    }
}

impl<C: Card> Gauge for Nvidia<C> {
    fn read(&mut self, now_ns: u64, into: &mut Readings) {
        let card = &self.card;
        let memory = card.memory().ok();
        let energy = card.millijoules().ok().map(|milli| milli as f64 / 1e3);
        let counter = self.counter.as_mut();
        let joules = counter.and_then(|counter| counter.step(now_ns, energy));
        let scaled = |number: Result<u32, String>, factor: f64| {
            let number = number.ok();
            number.map(|number| f64::from(number) * factor)
        };
        for (field, value) in [
            ("busy_share", scaled(card.busy_percent(), 0.01)),
            ("used_bytes", memory.map(|(used, _)| used as f64)),
            ("total_bytes", memory.map(|(_, total)| total as f64)),
            ("celsius", scaled(card.celsius(), 1.0)),
            ("hz", scaled(card.mhz(), 1e6)),
            ("watts", scaled(card.milliwatts(), 1e-3)),
            ("joules", joules),
        ] {
            put(into, format!("{}_{field}", self.name), value);
        }
    }

    fn measures_energy(&self) -> bool {
        self.energy().is_ok()
    }
}

/// Whether the machine has an NVIDIA card, driver or not.
pub(crate) fn is_there(root: Root) -> bool {
    let devices = folders(root, "sys/bus/pci/devices").into_iter();
    let is_display = |device: &String| {
        let class = root.value(&format!("{device}/class"));
        class.is_ok_and(|class| class.starts_with("0x03"))
    };
    let is_nvidia = |device: &String| {
        let vendor = root.value(&format!("{device}/vendor"));
        vendor.is_ok_and(|vendor| vendor == VENDOR)
    };
    devices.filter(is_nvidia).any(|device| is_display(&device))
}

/// The cards as gauges, with what is to be said of each; called `gpu<first>` and so on.
#[cfg(target_os = "linux")]
pub(crate) use library::all;

#[cfg(target_os = "linux")]
mod library {
    //! The driver's library behind the questions.

    use std::sync::Arc;

    use nvml_wrapper::Nvml;
    use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
    use nvml_wrapper::error::NvmlError;

    use super::{Absent, Card, Nvidia};

    /// A card of the loaded library.
    pub(crate) struct Loaded {
        library: Arc<Nvml>,
        index: u32,
    }

    /// Every card that the driver shows, called `gpu<first>` and so on.
    pub(crate) fn all(first: usize) -> Result<Vec<Nvidia<Loaded>>, Absent> {
        let library = Arc::new(Nvml::init().map_err(no_library)?);
        let count = library.device_count().map_err(no_library)?;
        let card = |index: u32| {
            let library = Arc::clone(&library);
            let name = format!("gpu{}", first + index as usize);
            Nvidia::new(Loaded { library, index }, name)
        };
        Ok((0..count).map(card).collect())
    }

    fn no_library(error: NvmlError) -> Absent {
        Absent::because(format!("the driver's library does not answer: {error}"))
            .with_remedy("install NVIDIA's driver, with libnvidia-ml.so.1, and load it")
    }

    impl Loaded {
        fn ask<T>(
            &self,
            question: impl Fn(&nvml_wrapper::Device<'_>) -> Result<T, NvmlError>,
        ) -> Result<T, String> {
            let device = self.library.device_by_index(self.index);
            device
                .and_then(|device| question(&device))
                .map_err(|error| error.to_string())
        }
    }

    impl Card for Loaded {
        fn product(&self) -> Result<String, String> {
            self.ask(|device| device.name())
        }

        fn busy_percent(&self) -> Result<u32, String> {
            self.ask(|device| device.utilization_rates().map(|rates| rates.gpu))
        }

        fn memory(&self) -> Result<(u64, u64), String> {
            self.ask(|device| {
                device
                    .memory_info()
                    .map(|memory| (memory.used, memory.total))
            })
        }

        fn celsius(&self) -> Result<u32, String> {
            self.ask(|device| device.temperature(TemperatureSensor::Gpu))
        }

        fn mhz(&self) -> Result<u32, String> {
            self.ask(|device| device.clock_info(Clock::Graphics))
        }

        fn milliwatts(&self) -> Result<u32, String> {
            self.ask(|device| device.power_usage())
        }

        fn millijoules(&self) -> Result<u64, String> {
            self.ask(|device| device.total_energy_consumption())
        }
    }
}

#[cfg(test)]
#[path = "nvidia_tests.rs"]
mod tests;
