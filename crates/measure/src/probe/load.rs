//! How busy the processors are, how fast and how hot; memory of this process and of the machine.

use std::collections::BTreeMap;
use std::fs;

use super::gauge::{Gauge, Readings, put};
use super::noise::{STAT, Ticks, busy_of_each};
use super::text::Root;
use super::{cpu, memory};

/// Sensors that sit on the processor, by the name of their driver.
const SENSORS: [&str; 5] = [
    "coretemp",
    "k10temp",
    "zenpower",
    "cpu_thermal",
    "soc_thermal",
];
/// The same among thermal zones, for boards without such a driver.
const ZONES: [&str; 4] = ["x86_pkg_temp", "cpu-thermal", "cpu_thermal", "soc-thermal"];

/// Ticks of work below which the frequency of those who did it says nothing: housekeeping.
const LEAST_WORK: u64 = 10;

/// Processors and memory, as far as the kernel tells of them.
pub(crate) struct Load<'r> {
    root: Root<'r>,
    before: Option<Ticks>,
    /// The busy ticks of each processor at the last look.
    worked: BTreeMap<usize, u64>,
    sensors: Vec<String>,
}

impl<'r> Load<'r> {
    /// Looks for sensors, and begins to count.
    pub(crate) fn new(root: Root<'r>) -> Load<'r> {
        let stat = root.text(STAT).unwrap_or_default();
        Load {
            root,
            before: Ticks::of(&stat).ok(),
            worked: busy_of_each(&stat),
            sensors: sensors(root),
        }
    }

    /// Share of the processors' time that somebody used since the last look; `None` if no tick has passed.
    fn busy(&mut self, stat: &str) -> Option<f64> {
        let now = Ticks::of(stat).ok();
        let before = std::mem::replace(&mut self.before, now)?;
        let now = now?;
        let passed = now.total.checked_sub(before.total).filter(|n| *n > 0)?;
        let busy = now.busy.checked_sub(before.busy)?;
        Some((busy as f64 / passed as f64).min(1.0))
    }

    /// The mean frequency of the processors, each weighed with its work since the last look: one that waits may be slow and
    /// says nothing of those that do not. `None` after hardly any work.
    fn busy_hz(&mut self, stat: &str, hertz: &BTreeMap<usize, f64>) -> Option<f64> {
        let now = busy_of_each(stat);
        let before = std::mem::replace(&mut self.worked, now);
        let work = |number: &usize| {
            let (now, before) = (self.worked.get(number)?, before.get(number)?);
            now.checked_sub(*before)
        };
        let told = hertz
            .iter()
            .filter_map(|(number, hz)| Some((work(number)?, *hz)));
        let (ticks, cycles) = told.fold((0, 0.0), |(ticks, cycles), (n, hz)| {
            (ticks + n, cycles + n as f64 * hz)
        });
        (ticks >= LEAST_WORK).then(|| cycles / ticks as f64)
    }

    fn hottest(&self) -> Option<f64> {
        let read = |file: &String| self.root.value(file).ok()?.parse::<f64>().ok();
        let all = self.sensors.iter().filter_map(read);
        all.map(|milli| milli / 1e3).max_by(f64::total_cmp)
    }
}

impl Gauge for Load<'_> {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        let stat = self.root.text(STAT).unwrap_or_default();
        put(into, "cpu_busy_share", self.busy(&stat));
        if let Ok(hertz) = cpu::hertz(self.root) {
            put(into, "cpu_hz", Some(cpu::mean_hz(&hertz)));
            put(into, "cpu_busy_hz", self.busy_hz(&stat, &hertz));
        }
        put(into, "cpu_celsius", self.hottest());
        let bytes = |bytes: u64| bytes as f64;
        let resident = memory::resident_below(self.root).ok();
        put(into, "process_bytes", resident.map(bytes));
        let total = memory::total_below(self.root).ok();
        let free = self.root.kib_field("proc/meminfo", "MemAvailable").ok();
        let used = total
            .zip(free)
            .and_then(|(all, free)| all.checked_sub(free));
        put(into, "system_used_bytes", used.map(bytes));
        put(into, "system_total_bytes", total.map(bytes));
    }
}

/// Files with a temperature of the processor, in thousandths of a degree.
fn sensors(root: Root) -> Vec<String> {
    let driver = |folder: &String| {
        let name = root.value(&format!("{folder}/name"));
        name.is_ok_and(|name| SENSORS.contains(&name.as_str()))
    };
    let of_driver: Vec<String> = folders(root, "sys/class/hwmon")
        .into_iter()
        .filter(driver)
        .flat_map(|folder| inputs(root, &folder))
        .collect();
    if !of_driver.is_empty() {
        return of_driver;
    }
    let zone = |folder: &String| {
        let kind = root.value(&format!("{folder}/type"));
        kind.is_ok_and(|kind| ZONES.contains(&kind.as_str()))
    };
    let zones = folders(root, "sys/class/thermal").into_iter().filter(zone);
    zones.map(|folder| format!("{folder}/temp")).collect()
}

/// `temp<n>_input` of one driver.
fn inputs(root: Root, folder: &str) -> Vec<String> {
    let files = names(root, folder).into_iter();
    files
        .filter(|name| name.starts_with("temp") && name.ends_with("_input"))
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

/// The entries of a folder with their path below the root, in order.
pub(crate) fn folders(root: Root, folder: &str) -> Vec<String> {
    let names = names(root, folder).into_iter();
    names.map(|name| format!("{folder}/{name}")).collect()
}

pub(crate) fn names(root: Root, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root.path(folder)).into_iter().flatten();
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
