//! Ctrl-C: once to finish the current unit and save, twice to stop at once. So are a hang-up and a request to
//! terminate, unless whoever started the program had them ignored: `nohup whet …` outlives its terminal.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// Hang-up, interrupt and termination: what the handler is installed for.
const HEARD: [c_int; 3] = [1, 2, 15];

/// The flag that long work looks at, and the handler that sets it.
///
/// # Errors
/// If the operating system refuses the handler.
pub(crate) fn listen() -> anyhow::Result<&'static AtomicBool> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if !LISTENING.swap(true, Ordering::Relaxed) {
        // The library's handler is put over all of them, also over those that are ignored.
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = HEARD.iter().filter(|signal| is_ignored(&status, **signal));
        ctrlc::set_handler(on_interrupt)?;
        ignored.for_each(|signal| ignore(*signal));
    }
    Ok(&STOP)
}

/// The flag alone, for who only looks at it.
pub(crate) fn sign() -> &'static AtomicBool {
    &STOP
}

/// Whether the kernel's page about a process says that it ignores this signal.
fn is_ignored(status: &str, signal: c_int) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

#[allow(unsafe_code, reason = "the standard library has no signals")]
fn ignore(number: c_int) {
    /// The C library's `SIG_IGN`.
    const IGNORE: usize = 1;
    // SAFETY: this is the C library's own declaration, a handler being an address.
    unsafe extern "C" {
        fn signal(number: c_int, handler: usize) -> usize;
    }
    // SAFETY: to ignore a signal is always allowed and calls no code of ours. It cannot fail for the signals of HEARD.
    unsafe { signal(number, IGNORE) };
}

#[allow(unsafe_code, reason = "the standard library has no such end")]
// SAFETY: this is the C library's own declaration; the function takes any code and never returns.
unsafe extern "C" {
    /// Ends the process and runs nothing first. The usual way runs the destructors of the engine's
    /// globals, under which another thread may still be computing: that was a segmentation fault.
    safe fn _exit(code: c_int) -> !;
}

fn on_interrupt() {
    if STOP.swap(true, Ordering::Relaxed) {
        _exit(130);
    }
    crate::terminal::say("\nStopping after the current step; press Ctrl-C again to stop at once.");
}

#[cfg(test)]
mod tests {
    use super::is_ignored;

    #[test]
    fn the_mask_of_ignored_signals_is_read_bit_by_bit() {
        let status =
            "Name:\twhet\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000005001\nSigCgt:\t0\n";
        let ignored = [1, 2, 13, 15].map(|signal| is_ignored(status, signal));
        assert_eq!(ignored, [true, false, true, true]);
        assert!(!is_ignored("", 1), "without the page nothing is");
    }
}
