//! Small buffers and made-up clocks.

use super::*;
use crate::FakeClock;

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

#[test]
fn the_buffer_leaves_the_cache_and_takes_an_eighth_of_the_memory_at_most() {
    let gib = 1u64 << 30;
    assert_eq!(buffer_size(0, 64 * gib), Ok(256 << 20));
    assert_eq!(buffer_size(256 << 20, 64 * gib), Ok(gib));
    assert_eq!(buffer_size(0, 2 * gib), Ok(256 << 20));
    let absent = buffer_size(0, 2 * gib - 1).unwrap_err();
    assert!(absent.reason.contains("2147483647") && absent.remedy.is_some());
    assert!(buffer_size(u64::MAX, u64::MAX).is_err());
}

#[test]
fn a_sample_is_bytes_over_the_time_of_its_pass() {
    // Each reading takes 1 ms: a pass lies between two of them.
    let clock = FakeClock::stepping(1_000_000);
    let found = read_passes(&clock, threads(3), 3 * 8 * 640).unwrap();
    assert_eq!((found.threads, found.buffer_bytes), (3, 3 * 8 * 640));
    assert_eq!(found.bytes_per_s_samples.len(), TEST.limits.most);
    for sample in &found.bytes_per_s_samples {
        assert!((sample / 15_360_000.0 - 1.0).abs() < 1e-12, "{sample}");
    }
    assert_eq!(found.best(), found.bytes_per_s_samples[0]);
}

#[test]
fn a_slow_machine_gets_fewer_passes_but_never_less_than_the_fewest() {
    let passes = |step| {
        let found = read_passes(&FakeClock::stepping(step), threads(1), 1 << 16).unwrap();
        found.bytes_per_s_samples.len()
    };
    // Filling and each pass read the clock once before and, with the limit, twice after.
    let Limits { least, most, ns } = TEST.limits;
    assert!((least + 1..most).contains(&passes(ns / 20)));
    assert_eq!(passes(u64::MAX / 16), least);
}

#[test]
fn a_clock_that_stands_still_gives_no_infinite_speed() {
    let absent = read_passes(&FakeClock::new(), threads(2), 1 << 16).unwrap_err();
    assert!(absent.reason.contains("clock"));
}

#[test]
fn a_buffer_that_no_machine_has_is_refused_and_nothing_hangs() {
    let absent = read_passes(&FakeClock::stepping(1), threads(2), u64::MAX / 2).unwrap_err();
    assert!(absent.reason.contains("words"), "{absent}");
}

#[test]
fn the_sum_reads_every_word_of_whole_rounds() {
    let words: Vec<u64> = (1..=(3 * LANES as u64)).collect();
    assert_eq!(sum(&words), words.iter().sum::<u64>());
    for place in [0, LANES - 1, LANES, 3 * LANES - 1] {
        let mut changed = words.clone();
        changed[place] += 1;
        assert_eq!(sum(&changed), sum(&words) + 1);
    }
    assert_eq!(sum(&vec![u64::MAX; LANES]), (LANES as u64).wrapping_neg());
}
