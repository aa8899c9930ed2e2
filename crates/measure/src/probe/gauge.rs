//! What can be read again and again while something else works.

use std::collections::BTreeMap;

/// Numbers by name, in base units. What cannot be read has no entry; it is never a 0.
///
/// | name | meaning |
/// |---|---|
/// | `cpu_busy_share` | of the processors' time since the reading before |
/// | `cpu_hz`, `cpu_celsius` | mean frequency of the allowed processors; the hottest sensor |
/// | `cpu_busy_hz` | the same, each weighed with its work since the reading before |
/// | `cpu_joules` | energy of all packages since the reading before |
/// | `process_cpu_seconds` | processor time of this program and what it started, since the reading before |
/// | `process_bytes` | resident memory of this process |
/// | `system_used_bytes`, `system_total_bytes` | the machine's memory, used as in not available |
/// | `gpu<n>_busy_share`, `_used_bytes`, `_total_bytes`, `_gtt_bytes` | of one accelerator |
/// | `gpu<n>_celsius`, `_hz`, `_watts`, `_joules` | the same; joules since the reading before |
pub type Readings = BTreeMap<String, f64>;

/// One part of the machine that is read repeatedly.
pub trait Gauge: Send {
    /// Adds what can be read now. Some numbers say what happened since the last call.
    fn read(&mut self, now_ns: u64, into: &mut Readings);

    /// Whether it tells power or energy, and is therefore read where a phase of work ends.
    fn measures_energy(&self) -> bool {
        false
    }

    /// Whether it is read between two phases that are timed, too, and not only with everything else.
    fn is_read_in_laps(&self) -> bool {
        self.measures_energy()
    }
}

/// Writes a reading down if there is one that is a finite number.
pub(crate) fn put(into: &mut Readings, name: impl Into<String>, value: Option<f64>) {
    if let Some(value) = value.filter(|value| value.is_finite()) {
        into.insert(name.into(), value);
    }
}
