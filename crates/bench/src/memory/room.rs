//! Whether a combination can fit, said before it is begun.
//!
//! An estimate from below: the cache by its formula, the largest buffers for computing that an earlier
//! session announced, and what of the weights is not in memory yet. A machine that does not tell what is
//! free is trusted; the engine still refuses what it cannot get.

use engine::Model;
use measure::probe::mapping::mapped_file;
use measure::probe::memory::available_bytes;

use crate::plan::Filling;

/// What is known of a model's needs beside the cache, in bytes.
pub(super) struct Room {
    /// Of buffers for computing, the most seen so far.
    scratch: u64,
    /// Of weights that were mapped and not touched when the benchmark began.
    weights: u64,
}

impl Room {
    pub(super) fn of(model: &dyn Model) -> Room {
        let mapped = model.file().and_then(|path| mapped_file(path).ok());
        Room {
            scratch: 0,
            weights: mapped.map_or(0, |found| {
                found.mapped_bytes - found.resident_bytes.min(found.mapped_bytes)
            }),
        }
    }

    /// What an opened session announced. From then on the weights are in memory.
    pub(super) fn learn(&mut self, scratch: u64) {
        self.scratch = self.scratch.max(scratch);
        self.weights = 0;
    }

    /// Why that combination is not begun, if it is not.
    pub(super) fn fits(&self, model: &dyn Model, filling: Filling) -> Result<(), String> {
        let (Some(elements), Ok(free)) = (model.card().cache_elements, available_bytes()) else {
            return Ok(());
        };
        let cache = filling.logical_bytes(elements);
        let others = self.scratch.saturating_add(self.weights);
        if cache.saturating_add(others) <= free {
            return Ok(());
        }
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        Err(format!(
            "not begun: it needs {:.1} GiB for its cache and at least {:.1} GiB beside it, and {:.1} GiB of memory are free; ask for a shorter context, fewer sequences or a smaller cache type",
            gib(cache),
            gib(others),
            gib(free)
        ))
    }
}
