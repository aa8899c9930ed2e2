//! Energy of the processor packages, from the kernel's powercap files (RAPL: Intel, and AMD since Zen).
//!
//! Each package counts microjoules in `energy_uj` and starts over behind `max_energy_range_uj`. Counted are the
//! packages alone, once each: their parts (cores, memory on some machines) lie inside or beside them, `psys`
//! contains them, and `intel-rapl-mmio` shows them a second time. Since 2020 the files belong to root,
//! because power betrays what others compute; where they are refused, it is said what would help.

use std::fs;

use super::gauge::{Gauge, Readings, put};
use super::text::{Root, unreadable};
use super::{Absent, Fact};
use crate::energy::Counter;

const FOLDER: &str = "sys/class/powercap";

/// All packages of the machine.
pub(crate) struct Rapl<'r> {
    root: Root<'r>,
    packages: Vec<Package>,
}

struct Package {
    file: String,
    counter: Counter,
}

impl<'r> Rapl<'r> {
    /// Finds the packages and reads each once.
    pub(crate) fn find(root: Root<'r>) -> Result<Rapl<'r>, Absent> {
        let mut packages = Vec::new();
        for zone in zones(root)? {
            let file = format!("{FOLDER}/{zone}/energy_uj");
            readable(root, &file)?;
            let range = root.number(&format!("{FOLDER}/{zone}/max_energy_range_uj"));
            let counter = Counter::new(range.ok().map(joules));
            packages.push(Package { file, counter });
        }
        match packages.is_empty() {
            false => Ok(Rapl { root, packages }),
            true => Err(Absent::because(format!(
                "/{FOLDER} names no processor package"
            ))),
        }
    }

    /// How many packages are counted.
    pub(crate) fn n_packages(&self) -> usize {
        self.packages.len()
    }
}

impl Gauge for Rapl<'_> {
    /// A sum that lacks a package would look like a smaller machine, so it is all of them or none.
    fn read(&mut self, now_ns: u64, into: &mut Readings) {
        let root = self.root;
        let steps: Vec<Option<f64>> = self
            .packages
            .iter_mut()
            .map(|package| {
                let now = root.number(&package.file).ok().map(joules);
                package.counter.step(now_ns, now)
            })
            .collect();
        put(into, "cpu_joules", steps.into_iter().sum());
    }

    fn measures_energy(&self) -> bool {
        true
    }
}

fn joules(micro: u64) -> f64 {
    micro as f64 / 1e6
}

/// Folders `intel-rapl:<n>` whose name says that they are a package, in order.
fn zones(root: Root) -> Result<Vec<String>, Absent> {
    let entries = fs::read_dir(root.path(FOLDER)).map_err(|error| no_zones(root, &error))?;
    let is_zone = |name: &String| {
        let number = name.strip_prefix("intel-rapl:");
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    let is_package = |zone: &String| {
        let name = root.value(&format!("{FOLDER}/{zone}/name"));
        name.is_ok_and(|name| name.starts_with("package"))
    };
    let mut zones: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(is_zone)
        .filter(is_package)
        .collect();
    zones.sort();
    Ok(zones)
}

fn no_zones(root: Root, error: &std::io::Error) -> Absent {
    let absent = unreadable(FOLDER, error);
    match super::host::virtualised(root) {
        Ok(Fact::Text(word)) if word == "yes" => absent.with_remedy(
            "virtual machines hide the processor's energy counters; measure on the host",
        ),
        _ => absent,
    }
}

fn readable(root: Root, file: &str) -> Result<(), Absent> {
    fs::read(root.path(file)).map_err(|error| refused(file, &error))?;
    root.number(file).map(|_| ())
}

fn refused(file: &str, error: &std::io::Error) -> Absent {
    if error.kind() != std::io::ErrorKind::PermissionDenied {
        return unreadable(file, error);
    }
    Absent::because(format!("/{file} may be read by root alone")).with_remedy(
        "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj lets everybody read it until the next start (a \
         udev rule for SUBSYSTEM==\"powercap\" keeps it so); sudo setcap cap_dac_read_search+ep lets this program alone",
    )
}

#[cfg(test)]
#[path = "rapl_tests.rs"]
mod tests;
