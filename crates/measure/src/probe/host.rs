//! The system around the processor: kernel, distribution, load, stolen time, virtualisation, power.

use std::collections::BTreeSet;
use std::fs;

use super::noise::Ticks;
use super::text::{Root, field, unreadable};
use super::{Absent, Fact, Finding};

/// The kernel's release.
pub(crate) fn kernel(root: Root) -> Finding {
    root.value("proc/sys/kernel/osrelease").map(Fact::Text)
}

/// The distribution's name for people.
pub(crate) fn os_name(root: Root) -> Finding {
    let text = root
        .text("etc/os-release")
        .or_else(|_| root.text("usr/lib/os-release"))?;
    let value = |key| {
        let lines = text.lines().filter_map(|line| line.split_once('='));
        let quotes = |c| c == '"' || c == '\'';
        let mut values = lines
            .filter(|(name, _)| name.trim() == key)
            .map(|(_, value)| value.trim().trim_matches(quotes));
        values.find(|value| !value.is_empty()).map(str::to_owned)
    };
    let name = value("PRETTY_NAME").or_else(|| value("NAME"));
    name.map(Fact::Text)
        .ok_or_else(|| Absent::because("/etc/os-release holds no name"))
}

/// The load average over one minute: processes that run or wait for a processor or a disk.
pub(crate) fn load_1m(root: Root) -> Result<f64, Absent> {
    root.first_real("proc/loadavg")
}

/// Share of all processor time since boot that the host gave to somebody else.
pub(crate) fn steal_share(root: Root) -> Finding {
    let ticks = Ticks::read(root)?;
    if ticks.total == 0 {
        return Err(Absent::because("/proc/stat has counted no time yet"));
    }
    Ok(Fact::Number(ticks.steal as f64 / ticks.total as f64))
}

/// "yes" under a hypervisor that shows itself, "no" where the hardware itself answers.
pub(crate) fn virtualised(root: Root) -> Finding {
    // What the machine calls itself is enough where the processor cannot be asked.
    let named = hypervisor(root).is_ok();
    let info = match root.text("proc/cpuinfo") {
        Err(absent) if !named => return Err(absent),
        info => info.unwrap_or_default(),
    };
    let flagged =
        field(&info, "flags").map(|flags| flags.split_whitespace().any(|f| f == "hypervisor"));
    match (flagged, named) {
        (Some(true), _) | (_, true) => Ok(Fact::Text("yes".to_owned())),
        (Some(false), false) => Ok(Fact::Text("no".to_owned())),
        (None, false) => Err(Absent::because(
            "this processor has no flag that tells a virtual machine",
        )),
    }
}

/// The product that the virtual machine claims to be.
pub(crate) fn hypervisor(root: Root) -> Finding {
    /// Words by which hypervisors name themselves in the machine's identity.
    const NAMES: &[&str] = &[
        "qemu",
        "kvm",
        "vmware",
        "virtualbox",
        "xen",
        "hyper-v",
        "virtual machine",
        "bochs",
        "amazon ec2",
        "google compute",
        "parallels",
    ];
    if let Ok(kind) = root.value("sys/hypervisor/type") {
        return Ok(Fact::Text(kind));
    }
    let kernel = root.value("proc/sys/kernel/osrelease").unwrap_or_default();
    if kernel.to_lowercase().contains("microsoft") {
        return Ok(Fact::Text("WSL".to_owned()));
    }
    let identity =
        ["sys_vendor", "product_name"].map(|file| root.value(&format!("sys/class/dmi/id/{file}")));
    let identity = identity.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let lower = identity.to_lowercase();
    if NAMES.iter().any(|name| lower.contains(name)) {
        return Ok(Fact::Text(identity));
    }
    Err(Absent::because(
        "nothing in /sys or the kernel's name tells a hypervisor",
    ))
}

/// The states of all batteries ("charging", "discharging", ...), or "none".
pub(crate) fn battery(root: Root) -> Finding {
    const FOLDER: &str = "sys/class/power_supply";
    let entries = fs::read_dir(root.path(FOLDER)).map_err(|error| unreadable(FOLDER, &error))?;
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let states: BTreeSet<String> = names
        .filter_map(|name| battery_state(root, &format!("{FOLDER}/{name}")))
        .collect();
    if states.is_empty() {
        return Ok(Fact::Text("none".to_owned()));
    }
    Ok(Fact::Text(
        states.into_iter().collect::<Vec<_>>().join(", "),
    ))
}

/// The state of one power supply if it is the machine's own battery, not a mouse's.
fn battery_state(root: Root, folder: &str) -> Option<String> {
    let foreign = root
        .value(&format!("{folder}/scope"))
        .is_ok_and(|scope| scope == "Device");
    if foreign || root.value(&format!("{folder}/type")).ok()? != "Battery" {
        return None;
    }
    let state = root.value(&format!("{folder}/status"));
    Some(state.map_or_else(|_| "unknown".to_owned(), |state| state.to_lowercase()))
}
