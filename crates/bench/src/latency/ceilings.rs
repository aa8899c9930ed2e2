//! What the machine itself can do, beside which a model's speed is read.

use std::num::NonZeroUsize;

use engine::ModelCard;
use measure::probe::{Numbers, multiply_rate, read_bandwidth};

use crate::Error;
use crate::desk::{Desk, Place, Subject};

/// The ceilings with a number of threads; a reason where one is not known.
pub(super) struct Ceilings {
    pub(super) threads: usize,
    /// Bytes that memory delivers.
    pub(super) bytes_per_s: Result<f64, String>,
    /// Operations on each kind of numbers that the models need.
    operations_per_s: Vec<(Numbers, Result<f64, String>)>,
}

impl Ceilings {
    /// Measures them and writes them down for each subject.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn measured(
        benchmark: &str,
        subjects: &[Subject<'_>],
        threads: usize,
        desk: &mut Desk<'_>,
    ) -> Result<Ceilings, Error> {
        let n_threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        // All models of a run are in one place.
        let elsewhere = subjects.iter().find_map(device);
        let clock = desk.clock;
        let asked = |what: &str| match &elsewhere {
            Some(device) => Err(format!("{what} of {device} is not measured")),
            None => Ok(clock),
        };
        let memory = asked("the bandwidth of the memory").and_then(|clock| {
            read_bandwidth(clock, n_threads).map_err(|absent| absent.to_string())
        });
        let mut kinds: Vec<Numbers> = subjects
            .iter()
            .filter_map(|subject| numbers(subject.model.card()))
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        let arithmetic: Vec<_> = kinds
            .into_iter()
            .map(|kind| {
                let measured = asked("the arithmetic").and_then(|clock| {
                    multiply_rate(clock, n_threads, kind).map_err(|absent| absent.to_string())
                });
                (kind, measured)
            })
            .collect();
        for subject in subjects {
            let place = Place::new(&subject.name, benchmark).with("threads", threads);
            let samples = memory.as_ref().map(|found| &found.bytes_per_s_samples);
            note(desk, &place, "memory_bandwidth_bytes_per_s", samples)?;
            for (kind, found) in &arithmetic {
                let place = place.clone().with("numbers", kind.name());
                let samples = found.as_ref().map(|found| &found.operations_per_s_samples);
                note(desk, &place, "arithmetic_operations_per_s", samples)?;
            }
        }
        Ok(Ceilings {
            threads,
            bytes_per_s: memory.map(|found| found.best()),
            operations_per_s: arithmetic
                .into_iter()
                .map(|(kind, found)| (kind, found.map(|found| found.best())))
                .collect(),
        })
    }

    /// The ceiling for the numbers that a model multiplies.
    pub(super) fn operations_per_s(&self, card: &ModelCard) -> Result<f64, String> {
        let kind = numbers(card).ok_or(
            "some matrices are quantised and some are floats, and they are multiplied at two rates",
        )?;
        let of = self.operations_per_s.iter().find(|(of, _)| *of == kind);
        of.map_or_else(
            || Err(format!("the rate of {} was not measured", kind.name())),
            |(_, found)| found.clone(),
        )
    }
}

fn note(
    desk: &mut Desk<'_>,
    place: &Place<'_>,
    metric: &str,
    samples: Result<&Vec<f64>, &String>,
) -> Result<(), Error> {
    match samples {
        Ok(samples) => desk.record(place, metric, samples.clone()),
        Err(reason) => desk.record_absent(place, metric, reason.clone()),
    }
}

/// What a model's weights are multiplied as, if it is one and the same for all.
fn numbers(card: &ModelCard) -> Option<Numbers> {
    match card.quantised_flops {
        0 => Some(Numbers::Float32),
        all if all == card.flops_per_token => Some(Numbers::Int8),
        _ => None,
    }
}

/// The graphics processor that computes, if one does.
fn device(subject: &Subject<'_>) -> Option<String> {
    subject.model.card().device.clone()
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

    #[test]
    fn quantised_weights_are_held_against_bytes_floats_against_floats_and_a_mixture_against_none() {
        let ceilings = Ceilings {
            threads: 1,
            bytes_per_s: Ok(1.0),
            operations_per_s: vec![(Numbers::Float32, Ok(2.0)), (Numbers::Int8, Ok(8.0))],
        };
        assert_eq!(ceilings.operations_per_s(&card(10, 10)), Ok(8.0));
        assert_eq!(ceilings.operations_per_s(&card(10, 0)), Ok(2.0));
        let reason = ceilings.operations_per_s(&card(10, 4)).unwrap_err();
        assert!(reason.contains("two rates"), "{reason}");
    }
}
