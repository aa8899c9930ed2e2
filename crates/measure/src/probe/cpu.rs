//! The processor as this process may use it: cores, abilities, cache, frequency.
//!
//! "Usable" means after affinity and control-group quota; a container on a large machine counts
//! its share, not the machine. On ARM the kernel gives no marketing name; the board's model stands
//! in for it where the device tree has one.

use std::collections::{BTreeMap, BTreeSet};

use super::cgroup::cpu_quota;
use super::text::{Root, field, no_field, number_list};
use super::{Absent, Fact, Finding};

const INFO: &str = "proc/cpuinfo";
const DEVICES: &str = "sys/devices/system/cpu";

/// Instruction sets that decide how fast a quantised model runs, in the kernel's spelling.
const RELEVANT: &[&str] = &[
    "ssse3",
    "sse4_1",
    "sse4_2",
    "avx",
    "f16c",
    "fma",
    "avx2",
    "bmi2",
    "avx_vnni",
    "avx512f",
    "avx512bw",
    "avx512dq",
    "avx512vl",
    "avx512cd",
    "avx512vbmi",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "amx_tile",
    "amx_int8",
    "amx_bf16",
    "neon",
    "asimd",
    "fphp",
    "asimdhp",
    "asimddp",
    "asimdfhm",
    "i8mm",
    "bf16",
    "sve",
    "sve2",
    "svei8mm",
    "svebf16",
    "sme",
    "sme2",
];

/// The name of the processor, or of the board it sits on.
pub(crate) fn model(root: Root) -> Finding {
    let info = root.text(INFO)?;
    let named = ["model name", "cpu model", "uarch", "cpu"]
        .iter()
        .find_map(|key| field(&info, key));
    match named.filter(|name| name.parse::<u64>().is_err()) {
        Some(name) => Ok(Fact::Text(name.to_owned())),
        None => root
            .value("sys/firmware/devicetree/base/model")
            .map(Fact::Text)
            .map_err(|_| {
                Absent::because(format!(
                    "/{INFO} names no processor model and there is no device tree"
                ))
            }),
    }
}

/// Processors that the affinity of this process allows.
pub(crate) fn allowed(root: Root) -> Result<Vec<usize>, Absent> {
    const STATUS: &str = "proc/self/status";
    const KEY: &str = "Cpus_allowed_list";
    let status = root.text(STATUS)?;
    let list = field(&status, KEY).ok_or_else(|| no_field(STATUS, KEY))?;
    number_list(list).ok_or_else(|| {
        Absent::because(format!(
            "{KEY} in /{STATUS} is {list:?}, not a list of processors"
        ))
    })
}

/// How many processors that affinity allows.
pub(crate) fn logical(root: Root) -> Finding {
    Ok(count(allowed(root)?.len()))
}

/// Distinct cores behind the allowed processors; two hardware threads of one core count once.
pub(crate) fn physical(root: Root) -> Finding {
    let mut cores = BTreeSet::new();
    for cpu in allowed(root)? {
        let topology = format!("{DEVICES}/cpu{cpu}/topology");
        let package = root.value(&format!("{topology}/physical_package_id"))?;
        cores.insert((package, root.value(&format!("{topology}/core_id"))?));
    }
    Ok(count(cores.len()))
}

/// Whole processors usable at once: affinity, cut by the quota, at least one.
pub(crate) fn usable_count(root: Root) -> Result<usize, Absent> {
    let allowed = allowed(root)?.len();
    let quota = cpu_quota(root).map_or(allowed, |quota| (quota.floor() as usize).max(1));
    Ok(allowed.min(quota))
}

/// [`usable_count`] as a fact.
pub(crate) fn usable(root: Root) -> Finding {
    usable_count(root).map(count)
}

/// Processors' worth of time that control groups grant; the word "none" where no quota is set.
pub(crate) fn quota(root: Root) -> Finding {
    root.text("proc/self/cgroup")?;
    Ok(cpu_quota(root).map_or_else(|| Fact::Text("none".to_owned()), Fact::Number))
}

/// Those instruction sets of [`RELEVANT`] that the processor offers.
pub(crate) fn flags(root: Root) -> Finding {
    let info = root.text(INFO)?;
    let offered = field(&info, "flags").or_else(|| field(&info, "Features"));
    let offered: BTreeSet<&str> = offered
        .ok_or_else(|| no_field(INFO, "flags"))?
        .split_whitespace()
        .collect();
    let found = RELEVANT.iter().filter(|name| offered.contains(**name));
    Ok(Fact::List(found.map(|name| (*name).to_owned()).collect()))
}

/// Bytes of last-level cache behind the allowed processors, shared ones counted once.
pub(crate) fn last_level_cache_bytes(root: Root) -> Result<u64, Absent> {
    let mut caches = BTreeSet::new();
    for cpu in allowed(root)? {
        caches.extend(largest_cache(root, cpu));
    }
    match caches.iter().map(|(_, bytes)| bytes).sum() {
        0 => Err(Absent::because(format!("/{DEVICES} tells no cache sizes"))),
        bytes => Ok(bytes),
    }
}

/// Who shares the highest cache level of `cpu`, and its bytes.
fn largest_cache(root: Root, cpu: usize) -> Option<(String, u64)> {
    /// More than any processor has; the kernel numbers them without gaps.
    const MOST: usize = 16;
    let folder = |index| format!("{DEVICES}/cpu{cpu}/cache/index{index}");
    let levels = (0..MOST).map_while(|index| {
        Some((
            root.number(&format!("{}/level", folder(index))).ok()?,
            index,
        ))
    });
    let (_, index) = levels.max()?;
    let bytes = cache_size(&root.value(&format!("{}/size", folder(index))).ok()?)?;
    let sharers = root.value(&format!("{}/shared_cpu_list", folder(index)));
    Some((sharers.unwrap_or_else(|_| cpu.to_string()), bytes))
}

/// `32768K` or `32M` in bytes.
fn cache_size(size: &str) -> Option<u64> {
    let (number, scale) = match size.split_at_checked(size.len().checked_sub(1)?)? {
        (number, "K") => (number, 1 << 10),
        (number, "M") => (number, 1 << 20),
        _ => (size, 1),
    };
    number.parse::<u64>().ok()?.checked_mul(scale)
}

/// The frequency governors of the allowed processors.
pub(crate) fn governor(root: Root) -> Finding {
    let read = |cpu| root.value(&format!("{DEVICES}/cpu{cpu}/cpufreq/scaling_governor"));
    let governors: Result<BTreeSet<String>, Absent> =
        allowed(root)?.into_iter().map(read).collect();
    let governors = governors.map_err(no_scaling)?;
    Ok(Fact::Text(
        governors.into_iter().collect::<Vec<_>>().join(", "),
    ))
}

/// "on" where the processor may exceed its nominal frequency for as long as it stays cool, else "off".
pub(crate) fn boost(root: Root) -> Finding {
    let on = |on: bool| Ok(Fact::Text(if on { "on" } else { "off" }.to_owned()));
    if let Ok(forbidden) = root.number(&format!("{DEVICES}/intel_pstate/no_turbo")) {
        return on(forbidden == 0);
    }
    let allowed = root.number(&format!("{DEVICES}/cpufreq/boost"));
    on(allowed.map_err(no_scaling)? != 0)
}

/// "yes" where two hardware threads of one core are in use, else "no".
pub(crate) fn threads_share_cores(root: Root) -> Finding {
    let active = root.number(&format!("{DEVICES}/smt/active"))?;
    Ok(Fact::Text(
        if active == 0 { "no" } else { "yes" }.to_owned(),
    ))
}

/// The highest frequency that any allowed processor may reach, in hertz.
pub(crate) fn max_hz(root: Root) -> Finding {
    let all = frequencies(root, "cpuinfo_max_freq").map_err(no_scaling)?;
    Ok(Fact::Number(all.into_values().fold(0.0, f64::max)))
}

/// The mean of [`hertz`] as a fact.
pub(crate) fn current_hz(root: Root) -> Finding {
    let all = hertz(root)?;
    Ok(Fact::Number(mean_hz(&all)))
}

/// The frequencies of the allowed processors now, by their numbers, in hertz, at least one; in a virtual machine this is
/// often the nominal one.
pub(crate) fn hertz(root: Root) -> Result<BTreeMap<usize, f64>, Absent> {
    frequencies(root, "scaling_cur_freq").or_else(|_| {
        let mut listed = listed_frequencies(root)?;
        let allowed = allowed(root).unwrap_or_default();
        if listed.keys().any(|cpu| allowed.contains(cpu)) {
            listed.retain(|cpu, _| allowed.contains(cpu));
        }
        Ok(listed)
    })
}

/// The mean over processors, of which there is at least one.
pub(crate) fn mean_hz(hertz: &BTreeMap<usize, f64>) -> f64 {
    hertz.values().sum::<f64>() / hertz.len() as f64
}

/// One frequency per allowed processor from cpufreq, which counts in kilohertz.
fn frequencies(root: Root, file: &str) -> Result<BTreeMap<usize, f64>, Absent> {
    let read = |cpu| root.number(&format!("{DEVICES}/cpu{cpu}/cpufreq/{file}"));
    allowed(root)?
        .into_iter()
        .map(|cpu| Ok((cpu, read(cpu)? as f64 * 1e3)))
        .collect()
}

/// The frequencies that `/proc/cpuinfo` lists.
fn listed_frequencies(root: Root) -> Result<BTreeMap<usize, f64>, Absent> {
    let info = root.text(INFO)?;
    let (mut all, mut processor) = (BTreeMap::new(), 0);
    for line in info.lines() {
        let number = field(line, "processor").and_then(|number| number.parse().ok());
        processor = number.unwrap_or(processor);
        let mhz = field(line, "cpu MHz").and_then(|mhz| mhz.parse::<f64>().ok());
        if let Some(mhz) = mhz.filter(|mhz| mhz.is_finite() && *mhz > 0.0) {
            all.insert(processor, mhz * 1e6);
        }
    }
    match all.is_empty() {
        true => Err(no_field(INFO, "cpu MHz")),
        false => Ok(all),
    }
}

fn no_scaling(cause: Absent) -> Absent {
    cause.with_remedy("virtual machines hide frequency scaling; look on the host")
}

fn count(number: usize) -> Fact {
    Fact::Number(number as f64)
}
