//! The inventory of this machine, as it belongs into the record of every run.
//!
//! The order of the facts is the order in which they are shown. Nothing here identifies the owner:
//! no host name, no serial number, no user, no address.

use super::text::Root;
use super::{Fact, Finding, cpu, host, memory};

/// All facts by name, each found or absent with its reason. Takes a few milliseconds.
pub fn machine() -> Vec<(&'static str, Finding)> {
    facts(Root::machine())
}

/// How many processors this process can use at once, after affinity and control-group quota.
///
/// # Errors
/// [`super::Absent`] where the system tells none of them.
pub fn usable_processors() -> Result<usize, super::Absent> {
    cpu::usable_count(Root::machine()).or_else(|absent| {
        match std::thread::available_parallelism() {
            Ok(count) => Ok(count.get()),
            Err(_) => Err(absent),
        }
    })
}

fn facts(root: Root) -> Vec<(&'static str, Finding)> {
    vec![
        ("cpu_model", cpu::model(root)),
        (
            "cpu_architecture",
            Ok(Fact::Text(std::env::consts::ARCH.to_owned())),
        ),
        ("cpu_physical_cores", cpu::physical(root)),
        ("cpu_logical_cores", cpu::logical(root)),
        ("cpu_quota", cpu::quota(root)),
        ("cpu_usable", cpu::usable(root)),
        ("cpu_flags", cpu::flags(root)),
        (
            "cpu_last_level_cache",
            cpu::last_level_cache_bytes(root).map(Fact::Bytes),
        ),
        ("cpu_governor", cpu::governor(root)),
        ("cpu_boost", cpu::boost(root)),
        ("cpu_threads_share_cores", cpu::threads_share_cores(root)),
        ("cpu_max_hz", cpu::max_hz(root)),
        ("cpu_current_hz", cpu::current_hz(root)),
        ("memory_total", memory::total_below(root).map(Fact::Bytes)),
        (
            "memory_available",
            memory::available_below(root).map(Fact::Bytes),
        ),
        ("kernel", host::kernel(root)),
        ("os", host::os_name(root)),
        ("load_1m", host::load_1m(root).map(Fact::Number)),
        ("steal_share_since_boot", host::steal_share(root)),
        ("virtualised", host::virtualised(root)),
        ("hypervisor", host::hypervisor(root)),
        ("battery", host::battery(root)),
    ]
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
