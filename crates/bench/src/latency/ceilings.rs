//! What the machine itself can do, beside which a model's speed is read.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use engine::ModelCard;
use measure::probe::{Arithmetic, Bandwidth, Numbers, multiply_rate, read_bandwidth};

use crate::Error;
use crate::desk::{Desk, Place, Subject};

/// The ceilings with a number of threads; a reason where one is not known.
pub(super) struct Ceilings {
    memory: Result<Bandwidth, String>,
    /// Of each kind of numbers that the models multiply.
    arithmetic: BTreeMap<Numbers, Result<Arithmetic, String>>,
}

impl Ceilings {
    /// Measures what these models are limited by.
    pub(super) fn measured(subjects: &[Subject<'_>], threads: usize, desk: &Desk<'_>) -> Self {
        let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        // All models of a run are in one place.
        let device = subjects
            .iter()
            .find_map(|one| one.model.card().device.as_ref());
        let asked = |what: &str| match device {
            Some(device) => Err(format!("{what} of {device} is not measured")),
            None => Ok(desk.clock),
        };
        let of_bytes = |clock| read_bandwidth(clock, threads).map_err(|absent| absent.to_string());
        let kinds = subjects.iter().flat_map(|one| kinds(one.model.card()));
        Self {
            memory: asked("the bandwidth of the memory").and_then(of_bytes),
            arithmetic: BTreeMap::from_iter(kinds.map(|kind| (kind, ())))
                .into_keys()
                .map(|kind| {
                    let of_kind = |clock| {
                        multiply_rate(clock, threads, kind).map_err(|absent| absent.to_string())
                    };
                    (kind, asked("the arithmetic").and_then(of_kind))
                })
                .collect(),
        }
    }

    /// Writes down those of one model.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn keep(
        &self,
        card: &ModelCard,
        place: &Place<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let memory = self.memory.as_ref();
        let passes = memory.map(|found| found.bytes_per_s_samples.clone());
        desk.note(
            place,
            "memory_bandwidth_bytes_per_s",
            passes.map_err(Clone::clone),
        )?;
        for kind in kinds(card) {
            let passes = self
                .of(kind)
                .map(|found| found.operations_per_s_samples.clone());
            let place = place.clone().with("numbers", kind.name());
            desk.note(&place, "arithmetic_operations_per_s", passes)?;
        }
        Ok(())
    }

    /// Bytes that memory delivers in a second.
    pub(super) fn bytes_per_s(&self) -> Result<f64, &str> {
        self.memory
            .as_ref()
            .map(Bandwidth::best)
            .map_err(String::as_str)
    }

    /// Operations that the processor does in a second in the proportion in which a model multiplies bytes and floats for a token
    /// of a prompt: their times add up. What only a row of logits takes is left out, as prefill asks for one row a prompt.
    pub(super) fn operations_per_s(&self, card: &ModelCard) -> Result<f64, String> {
        let of_token = |all: u64, of_row: u64| all.saturating_sub(of_row);
        let all = of_token(card.flops_per_token, card.flops_per_row).max(1);
        let bytes = of_token(card.quantised_flops, card.quantised_flops_per_row);
        let quantised = bytes as f64 / all as f64;
        let mut seconds = 0.0;
        for kind in kinds(card) {
            let share = match kind {
                Numbers::Int8 => quantised,
                Numbers::Float32 => 1.0 - quantised,
            };
            seconds += share / self.of(kind)?.best();
        }
        Ok(1.0 / seconds)
    }

    fn of(&self, kind: Numbers) -> Result<&Arithmetic, String> {
        match self.arithmetic.get(&kind) {
            Some(found) => found.as_ref().map_err(Clone::clone),
            None => Err(format!("the rate of {} was not measured", kind.name())),
        }
    }
}

/// What a model's weights are multiplied as.
fn kinds(card: &ModelCard) -> impl Iterator<Item = Numbers> + use<> {
    let has_bytes = card.quantised_flops > 0;
    let has_floats = !has_bytes || card.quantised_flops < card.flops_per_token;
    let floats = has_floats.then_some(Numbers::Float32);
    floats.into_iter().chain(has_bytes.then_some(Numbers::Int8))
}

#[cfg(test)]
mod tests {
    use engine::Model;
    use engine::toy::Toy;

    use super::*;

    fn card(flops_per_token: u64, quantised_flops: u64) -> ModelCard {
        ModelCard {
            flops_per_token,
            quantised_flops,
            ..Toy::new(1).card().clone()
        }
    }

    fn rate(best: f64) -> Result<Arithmetic, String> {
        Ok(Arithmetic {
            operations_per_s_samples: vec![best / 2.0, best],
            threads: 1,
        })
    }

    #[test]
    fn quantised_weights_are_held_against_bytes_floats_against_floats_and_a_mixture_against_both() {
        let ceilings = Ceilings {
            memory: Err("not asked".into()),
            arithmetic: BTreeMap::from([(Numbers::Float32, rate(2.0)), (Numbers::Int8, rate(8.0))]),
        };
        assert_eq!(ceilings.operations_per_s(&card(10, 10)), Ok(8.0));
        assert_eq!(ceilings.operations_per_s(&card(10, 0)), Ok(2.0));
        // Half of the operations at 8 and half at 2 a second: 1/16 and 1/4 of a second each.
        assert_eq!(ceilings.operations_per_s(&card(10, 5)), Ok(3.2));
        // Quantised layers, and an output matrix of floats, which a token of a prompt does not meet.
        let layers = ModelCard {
            flops_per_row: 5,
            ..card(10, 5)
        };
        assert_eq!(ceilings.operations_per_s(&layers), Ok(8.0));
        let floats = ModelCard {
            quantised_flops_per_row: 5,
            ..layers
        };
        assert_eq!(ceilings.operations_per_s(&floats), Ok(2.0));
        assert_eq!(ceilings.bytes_per_s(), Err("not asked"));
    }

    #[test]
    fn a_ceiling_that_is_not_known_has_its_reason_and_so_has_every_share_of_it() {
        let elsewhere = || Err("the arithmetic of a card is not measured".to_owned());
        let ceilings = Ceilings {
            memory: Err("the bandwidth of a card is not measured".into()),
            arithmetic: BTreeMap::from([
                (Numbers::Float32, rate(2.0)),
                (Numbers::Int8, elsewhere()),
            ]),
        };
        assert_eq!(ceilings.operations_per_s(&card(10, 0)), Ok(2.0));
        for quantised in [5, 10] {
            let reason = ceilings.operations_per_s(&card(10, quantised)).unwrap_err();
            assert_eq!(reason, "the arithmetic of a card is not measured");
        }
    }
}
