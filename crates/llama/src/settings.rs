//! What every session is opened with, beside what its caller chooses.

use engine::{CacheKind, CacheKinds, SessionShape};
use llama_cpp_sys_2 as sys;
use serde::Serialize;

use crate::session;

/// Parameters of llama.cpp's contexts that change speed or numbers, for records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Settings {
    /// Tokens that one call may get.
    pub(crate) n_batch: u32,
    /// Tokens that run through the graph together.
    pub(crate) n_ubatch: u32,
    /// `auto`, `on` or `off`; `auto` is on wherever the device has a kernel for it.
    pub(crate) flash_attention: &'static str,
    /// Whether layers with a sliding window keep all tokens.
    pub(crate) swa_full: bool,
    /// Whether sequences share one stream of the cache.
    pub(crate) kv_unified: bool,
    /// Whether cache and attention go where the weights are.
    pub(crate) offload_kqv: bool,
}

/// Those of this build, read back from the parameters that sessions get.
pub(crate) fn settings() -> Settings {
    let any = SessionShape {
        n_sequences: 1,
        capacity: 256,
        cache: CacheKinds::both(CacheKind::F16),
    };
    let params = session::params(any, 256, 1);
    Settings {
        n_batch: params.n_batch(),
        n_ubatch: params.n_ubatch(),
        flash_attention: match params.flash_attention_policy() {
            sys::LLAMA_FLASH_ATTN_TYPE_DISABLED => "off",
            sys::LLAMA_FLASH_ATTN_TYPE_ENABLED => "on",
            _ => "auto",
        },
        swa_full: params.swa_full(),
        kv_unified: params.kv_unified(),
        offload_kqv: params.offload_kqv(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_sessions_get() {
        let told = settings();
        assert_eq!((told.n_batch, told.n_ubatch), (2048, 512));
        assert_eq!((told.swa_full, told.kv_unified), (true, false));
        assert_eq!(told.flash_attention, "auto");
    }
}
