//! Whether a combination can fit, said before it is begun.
//!
//! An estimate from below: the cache by its formula, the largest buffers for computing that an earlier
//! session announced, and what of the weights is not in memory yet. A machine that does not tell what is
//! free is trusted; the engine still refuses what it cannot get, and alone knows what a graphics processor has.

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
        let card = model.card();
        if card.device.is_some() {
            return Ok(());
        }
        let (Some(elements), Ok(free)) = (card.cache_elements, available_bytes()) else {
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

#[cfg(test)]
mod tests {
    use engine::toy::{Bytes, Toy};
    use engine::{CacheKind, Error, ModelCard, Session, SessionShape, Tokenizer};

    use super::*;

    /// A toy in some place.
    struct Placed(Toy, ModelCard);

    impl Model for Placed {
        fn card(&self) -> &ModelCard {
            &self.1
        }

        fn tokenizer(&self) -> &dyn Tokenizer {
            &Bytes
        }

        fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
            self.0.open(shape)
        }
    }

    #[test]
    fn what_a_card_is_to_hold_is_not_held_against_the_memory_of_the_machine() {
        let huge = Filling {
            n_tokens: 1 << 60,
            n_sequences: 1,
            cache: CacheKind::F16,
        };
        let fits = |device: Option<&str>| {
            let card = ModelCard {
                device: device.map(str::to_owned),
                ..Toy::new(1).card().clone()
            };
            let model = Placed(Toy::new(1), card);
            Room::of(&model).fits(&model, huge)
        };
        assert!(fits(None).unwrap_err().contains("of memory are free"));
        assert_eq!(fits(Some("Vulkan0")), Ok(()));
    }
}
