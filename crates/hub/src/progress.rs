//! How a pull tells its caller what it is doing, and how the caller stops it.
//!
//! No drawing here: the program's door turns these calls into bars or plain lines.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;

/// Receives what a pull does. Calls come from the thread that called [`crate::pull()`], several per
/// second at most times and many per second while bytes flow; an implementation that draws should
/// thin them out itself.
pub trait Progress {
    /// A new step began; `text` is one line without a full stop.
    fn stage(&mut self, text: &str);
    /// `done` of `total` bytes of the model file are on disk. `done` may fall back when a source
    /// has to start again.
    fn bytes(&mut self, done: u64, total: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&mut self, _text: &str) {}
    fn bytes(&mut self, _done: u64, _total: u64) {}
}

/// One pull: the name it is for, the ear it reports to, and the flag that stops it.
pub(crate) struct Job<'a> {
    pub(crate) name: &'a str,
    pub(crate) progress: &'a mut dyn Progress,
    pub(crate) interrupt: &'a AtomicBool,
}

impl Job<'_> {
    /// An error as soon as the user asked to stop.
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(Error::Interrupted {
                name: self.name.to_owned(),
            });
        }
        Ok(())
    }
}
