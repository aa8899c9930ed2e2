//! llama.cpp's log: into `tracing`, and kept for error messages.
//!
//! Lines are kept for each thread by itself: loading, opening and feeding log from the thread that
//! called, and what another thread does at the same time must not get into its answer.

#![allow(unsafe_code, reason = "the log callback is a C function")]

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_void};
use std::sync::Once;
use std::sync::mpsc::Sender;

use llama_cpp_sys_2 as sys;

/// Lines kept since the last [`begin`].
const KEPT: usize = 400;

thread_local! {
    static LINES: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
    static LISTENER: RefCell<Option<Sender<Progress>>> = const { RefCell::new(None) };
}

/// How far long work is, from lines that count: `[  12/ 290] blk.0.ffn_up.weight - …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) total: u64,
}

struct Line {
    level: sys::ggml_log_level,
    text: String,
}

/// Directs llama.cpp's and ggml's log here, once for the process.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the callback has the signature that C expects and lives as long as the process.
        unsafe { sys::llama_log_set(Some(on_line), std::ptr::null_mut()) };
    });
}

/// Forgets the lines so far, before an operation whose complaints are wanted.
pub(crate) fn begin() {
    LINES.with_borrow_mut(Vec::clear);
}

/// From now on this thread's progress goes there, or nowhere.
pub(crate) fn tell(listener: Option<Sender<Progress>>) {
    LISTENER.set(listener);
}

fn progress(line: &str) -> Option<Progress> {
    let (done, rest) = line.strip_prefix('[')?.split_once('/')?;
    let (total, _) = rest.split_once(']')?;
    Some(Progress {
        done: done.trim().parse().ok()?,
        total: total.trim().parse().ok()?,
    })
}

/// The errors since [`begin`], joined; `fallback` if there were none.
pub(crate) fn complaint(fallback: &str) -> String {
    LINES.with_borrow(|lines| {
        let errors: Vec<&str> = lines
            .iter()
            .filter(|line| line.level == sys::GGML_LOG_LEVEL_ERROR)
            .map(|line| line.text.trim())
            .collect();
        if errors.is_empty() {
            fallback.to_owned()
        } else {
            errors.join("; ")
        }
    })
}

/// What the lines say that announce buffers of the cache.
pub(crate) const CACHE: &str = "KV buffer size =";
/// What the lines say that announce buffers for computing.
pub(crate) const SCRATCH: &str = "compute buffer size =";

/// Bytes of such buffers announced since [`begin`]; the log gives them to 0.01 MiB.
pub(crate) fn announced_bytes(what: &str) -> Option<u64> {
    let sizes: Vec<f64> = LINES.with_borrow(|lines| {
        let sizes = lines.iter().map(|line| mebibytes(&line.text, what));
        sizes.flatten().collect()
    });
    let total: f64 = sizes.iter().sum();
    (!sizes.is_empty()).then_some((total * 1024.0 * 1024.0) as u64)
}

/// From `llama_kv_cache:        CPU KV buffer size =    12.00 MiB`.
fn mebibytes(line: &str, what: &str) -> Option<f64> {
    let (_, size) = line.split_once(what)?;
    size.trim().strip_suffix("MiB")?.trim().parse().ok()
}

unsafe extern "C" fn on_line(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    if text.is_null() {
        return;
    }
    // SAFETY: llama.cpp hands over a string that ends in NUL and lives during this call.
    let text = unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned();
    match level {
        sys::GGML_LOG_LEVEL_ERROR => tracing::error!(target: "llama.cpp", "{}", text.trim_end()),
        sys::GGML_LOG_LEVEL_WARN => tracing::warn!(target: "llama.cpp", "{}", text.trim_end()),
        _ => tracing::debug!(target: "llama.cpp", "{}", text.trim_end()),
    }
    if let Some(progress) = progress(&text) {
        let _ = LISTENER.try_with(|listener| {
            // Whoever no longer listens is not told.
            listener.borrow().as_ref().map(|to| to.send(progress))
        });
    }
    // A thread that is ending keeps nothing.
    let _ = LINES.try_with(|lines| keep(&mut lines.borrow_mut(), level, text));
}

fn keep(lines: &mut Vec<Line>, level: sys::ggml_log_level, text: String) {
    if level == sys::GGML_LOG_LEVEL_CONT
        && let Some(last) = lines.last_mut()
    {
        last.text.push_str(&text);
    } else if lines.len() < KEPT {
        lines.push(Line { level, text });
    }
}

#[cfg(test)]
mod tests {
    use super::{CACHE, Progress, SCRATCH, mebibytes, progress};

    #[test]
    fn only_lines_that_count_are_progress() {
        let line = "[  12/ 290] blk.0.ffn_up.weight - [ 896, 4864], type = f16, ";
        let expected = Progress {
            done: 12,
            total: 290,
        };
        assert_eq!(progress(line), Some(expected));
        for other in ["", "[a/2]", "[1/2", "llama_model_load: [1/2]"] {
            assert_eq!(progress(other), None, "{other}");
        }
    }

    #[test]
    fn the_sizes_of_buffers_are_read_from_their_lines_only() {
        let cache = "llama_kv_cache:        CPU KV buffer size =    12.50 MiB\n";
        let scratch = "CPU compute buffer size = 300.00 MiB";
        assert_eq!(mebibytes(cache, CACHE), Some(12.5));
        assert_eq!(mebibytes(scratch, CACHE), None);
        assert_eq!(mebibytes(scratch, SCRATCH), Some(300.0));
        assert_eq!(mebibytes(cache, SCRATCH), None);
    }
}
