//! Memory that the C library keeps of what llama.cpp has freed.
//!
//! Buffers of up to 32 MiB come from the heap once one of their size was freed, and freed pages of the heap stay with the
//! process: a small cache then seemed to take as much as a larger one before it.

#![allow(unsafe_code, reason = "a C function that takes a number")]

/// Gives whole free pages back to the system, where the C library has a call for it (glibc).
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes the number of free bytes to keep and may be called at any time, from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
