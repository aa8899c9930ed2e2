//! The bandwidth test on the real machine. It asserts plausibility only: the machine may be busy.

#![cfg(target_os = "linux")]

use std::num::NonZeroUsize;

use measure::SystemClock;
use measure::probe::read_bandwidth;

#[test]
fn the_real_machine_reads_memory_at_a_plausible_speed_or_says_why_not() {
    let threads = NonZeroUsize::new(2).unwrap();
    match read_bandwidth(&SystemClock::start(), threads) {
        Ok(found) => {
            assert_eq!(found.threads, 2);
            assert!(found.buffer_bytes >= 256 << 20 && !found.bytes_per_s_samples.is_empty());
            // 100 MB/s is slower than a disk, 20 TB/s faster than any memory: the sum was left out.
            assert!(
                found
                    .bytes_per_s_samples
                    .iter()
                    .all(|s| (1e8..2e13).contains(s)),
                "{found:?}"
            );
            assert!(found.bytes_per_s_samples.contains(&found.best()));
        }
        Err(absent) => assert!(absent.reason.contains("bytes available"), "{absent}"),
    }
}
