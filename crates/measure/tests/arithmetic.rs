//! The arithmetic test on the real machine. It asserts plausibility only: the machine may be busy.

use std::num::NonZeroUsize;

use measure::SystemClock;
use measure::probe::{Numbers, multiply_rate};

#[test]
fn the_real_machine_multiplies_at_a_rate_that_only_vectors_in_registers_reach() {
    let one = NonZeroUsize::MIN;
    let found = multiply_rate(&SystemClock::start(), one, Numbers::Float32).unwrap();
    assert_eq!(found.threads, 1);
    // A single multiplication at a time reaches 5e9 at best; no core of today has 1e12.
    let rates = &found.operations_per_s_samples;
    assert!(
        rates.iter().all(|rate| *rate < 1e12),
        "the loop was left out: {found:?}"
    );
    if cfg!(target_feature = "avx2") {
        assert!(
            found.best() > 5e9,
            "the sums were not kept in registers: {found:?}"
        );
    }
}

#[test]
fn products_of_bytes_are_at_least_as_fast_as_those_of_floats_or_absent_with_a_reason() {
    let clock = SystemClock::start();
    match multiply_rate(&clock, NonZeroUsize::MIN, Numbers::Int8) {
        Ok(bytes) => {
            let floats = multiply_rate(&clock, NonZeroUsize::MIN, Numbers::Float32).unwrap();
            // Four times as many lie in a register; half as fast leaves room for a disturbed machine.
            assert!(bytes.best() > 0.5 * floats.best(), "{bytes:?} {floats:?}");
            assert!(bytes.best() < 4e12, "the loop was left out: {bytes:?}");
        }
        Err(absent) => assert!(absent.reason.contains("AVX2"), "{absent}"),
    }
}
