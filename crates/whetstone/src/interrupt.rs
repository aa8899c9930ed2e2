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

fn on_interrupt() {
    if STOP.swap(true, Ordering::Relaxed) {
        std::process::exit(130);
    }
    crate::terminal::say("\nStopping after the current step; press Ctrl-C again to stop at once.");
}
