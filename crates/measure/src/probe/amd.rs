//! AMD graphics, from the files of its kernel driver, which everybody may read.
//!
//! No tool is started and no library loaded. Consumer parts have no counter of energy, so power is
//! read. A part that shares the system's memory keeps models in the GTT, which therefore has a number
//! of its own beside the memory of the card. What such a part calls its power is that of the whole package
//! (*socket power* of the driver), processor cores included.

use std::fs;

use super::gauge::{Gauge, Readings, put};
use super::load::folders;
use super::text::Root;

const CARDS: &str = "sys/class/drm";
const VENDOR: &str = "0x1002";
/// Cards of the last ten years have more memory of their own; a processor's graphics are given less, unless somebody
/// asked the firmware for more.
const LEAST_OF_CARD: f64 = (2_u64 << 30) as f64;

/// One card.
pub(crate) struct Amd<'r> {
    root: Root<'r>,
    device: String,
    monitor: Option<String>,
    name: String,
    /// Not if its power is counted as that of the processor's package.
    tells_power: bool,
}

impl<'r> Amd<'r> {
    /// Every AMD card, in the kernel's order; they are called `gpu<first>` and so on.
    pub(crate) fn all(root: Root<'r>, first: usize) -> Vec<Amd<'r>> {
        let is_card = |folder: &String| {
            let name = folder.rsplit('/').next().unwrap_or_default();
            let number = name.strip_prefix("card");
            number.is_some_and(|number| number.parse::<u32>().is_ok())
        };
        let devices = folders(root, CARDS).into_iter().filter(is_card);
        devices
            .map(|card| format!("{card}/device"))
            .filter(|device| {
                root.value(&format!("{device}/vendor"))
                    .is_ok_and(|v| v == VENDOR)
            })
            .enumerate()
            .map(|(at, device)| Amd {
                root,
                monitor: folders(root, &format!("{device}/hwmon")).into_iter().next(),
                device,
                name: format!("gpu{}", first + at),
                tells_power: true,
            })
            .collect()
    }

    /// Its prefix among the readings.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it lies in the processor's package. The third byte of the driver's table of metrics says of which kind that
    /// table is: 1 of cards, 2 and 3 of processors with graphics. Kernels before 5.9 have no table.
    pub(crate) fn is_in_package(&self) -> bool {
        let table = fs::read(self.root.path(&format!("{}/gpu_metrics", self.device)));
        match table.ok().and_then(|bytes| bytes.get(2).copied()) {
            Some(format) => matches!(format, 2 | 3),
            None => {
                let own = self.number("mem_info_vram_total");
                own.is_some_and(|bytes| bytes < LEAST_OF_CARD)
            }
        }
    }

    /// From now on its power is no reading.
    pub(crate) fn hide_power(&mut self) {
        self.tells_power = false;
    }

    /// Watts now; the average over the driver's own interval where it keeps one.
    pub(crate) fn watts(&self) -> Option<f64> {
        if !self.tells_power {
            return None;
        }
        let average = self.monitored("power1_average", 1e-6);
        average.or_else(|| self.monitored("power1_input", 1e-6))
    }

    fn number(&self, file: &str) -> Option<f64> {
        let value = self.root.number(&format!("{}/{file}", self.device));
        value.ok().map(|value| value as f64)
    }

    fn monitored(&self, file: &str, factor: f64) -> Option<f64> {
        let monitor = self.monitor.as_ref()?;
        let value = self.root.number(&format!("{monitor}/{file}"));
        value.ok().map(|value| value as f64 * factor)
    }
}

impl Gauge for Amd<'_> {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        let share = self
            .number("gpu_busy_percent")
            .map(|percent| percent / 100.0);
        for (field, value) in [
            ("busy_share", share),
            ("used_bytes", self.number("mem_info_vram_used")),
            ("total_bytes", self.number("mem_info_vram_total")),
            ("gtt_bytes", self.number("mem_info_gtt_used")),
            ("celsius", self.monitored("temp1_input", 1e-3)),
            ("hz", self.monitored("freq1_input", 1.0)),
            ("watts", self.watts()),
        ] {
            put(into, format!("{}_{field}", self.name), value);
        }
    }

    fn measures_energy(&self) -> bool {
        self.watts().is_some()
    }
}
