//! Ctrl-C: once to finish the current unit and save, twice to stop at once.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// The flag that long work looks at, and the handler that sets it.
///
/// # Errors
/// If the operating system refuses the handler.
pub(crate) fn listen() -> anyhow::Result<&'static AtomicBool> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if !LISTENING.swap(true, Ordering::Relaxed) {
        ctrlc::set_handler(on_interrupt)?;
    }
    Ok(&STOP)
}

/// The flag alone, for who only looks at it.
pub(crate) fn sign() -> &'static AtomicBool {
    &STOP
}

#[allow(unsafe_code, reason = "the standard library has no such end")]
// SAFETY: this is the C library's own declaration; the function takes any code and never returns.
unsafe extern "C" {
    /// Ends the process and runs nothing first. The usual way runs the destructors of the engine's
    /// globals, under which another thread may still be computing: that was a segmentation fault.
    safe fn _exit(code: std::ffi::c_int) -> !;
}

fn on_interrupt() {
    if STOP.swap(true, Ordering::Relaxed) {
        _exit(130);
    }
    crate::terminal::say("\nStopping after the current step; press Ctrl-C again to stop at once.");
}
