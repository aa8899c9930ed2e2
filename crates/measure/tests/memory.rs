//! Memory of the real process. Alone in its file, because every test of one binary shares the
//! process whose memory is measured.

#![cfg(target_os = "linux")]

use std::hint::black_box;

use measure::probe::memory::{
    available_bytes, peak_resident_bytes, reset_peak, resident_bytes, total_bytes,
};

const BLOCK: u64 = 96 << 20;
/// The kernel's counters lag, and the runtime allocates beside us.
const SLACK: u64 = 16 << 20;

#[test]
fn a_block_shows_in_the_peak_until_the_peak_is_reset() {
    let before = resident_bytes().unwrap();
    let block = vec![1u8; BLOCK as usize];
    let during = resident_bytes().unwrap();
    black_box(&block);
    assert!(during + SLACK > before + BLOCK, "{before} {during}");
    drop(block);
    let peak = peak_resident_bytes().unwrap();
    assert!(peak + SLACK > before + BLOCK, "{before} {peak}");
    assert!(resident_bytes().unwrap() < before + SLACK);
    // Some kernels have no such switch; then the peak must stay and a reason must be given.
    match reset_peak() {
        Ok(()) => assert!(peak_resident_bytes().unwrap() < before + 2 * SLACK),
        Err(absent) => {
            assert!(absent.reason.contains("clear_refs") && absent.remedy.is_some());
            assert!(peak_resident_bytes().unwrap() >= peak);
        }
    }
    let (available, total) = (available_bytes().unwrap(), total_bytes().unwrap());
    assert!(available > 0 && available <= total);
}
