//! Texts: how surprising they are, and how far models are from each other on them.

use engine::CacheKind;
use serde::{Deserialize, Serialize};

use super::some;
use crate::passages;
use crate::protocol::Protocol;

/// Perplexity of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerplexityPlan {
    /// Names of bundled texts, and paths of files.
    pub texts: Vec<String>,
    /// SHA-256 of each text, in the same order; empty in plans of earlier versions.
    #[serde(default)]
    pub sha256: Vec<String>,
    /// The field that holds the text in a line of JSON.
    #[serde(default = "text_field")]
    pub field: String,
    /// How a text is cut.
    #[serde(default)]
    pub protocol: Protocol,
    /// Tokens in a window; `None` for the protocol's own.
    #[serde(default)]
    pub context: Option<usize>,
    /// Tokens by which windows move; `None` for half a window of `sliding`, a whole one of `rows`.
    #[serde(default)]
    pub stride: Option<usize>,
    /// At most so many chunks, documents or rows of each text, from its beginning.
    #[serde(default)]
    pub limit_chunks: Option<usize>,
}

/// How far models are from each other at each token of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DivergencePlan {
    /// Names of bundled texts, and paths of files.
    pub texts: Vec<String>,
    /// SHA-256 of each text, in the same order.
    pub sha256: Vec<String>,
    /// The field that holds the text in a line of JSON.
    pub field: String,
    /// Cache types under which the first model is held against itself with an f16 cache.
    pub caches: Vec<String>,
    /// Tokens in a chunk; the second half is compared.
    pub context: usize,
    /// At most so many chunks of each text, from its beginning.
    pub limit_chunks: Option<usize>,
}

/// The field of a line of JSON that holds its text, unless said otherwise.
fn text_field() -> String {
    "text".into()
}

impl PerplexityPlan {
    /// Bundled texts, passage by passage.
    pub fn passages(names: &[&str]) -> PerplexityPlan {
        PerplexityPlan {
            texts: names.iter().map(|name| (*name).to_owned()).collect(),
            sha256: Vec::new(),
            field: text_field(),
            protocol: Protocol::Passages,
            context: None,
            stride: None,
            limit_chunks: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        some(self.context.unwrap_or(1), "--context")?;
        some(self.stride.unwrap_or(1), "--stride")?;
        some(self.limit_chunks.unwrap_or(1), "--limit-chunks")?;
        let moves = matches!(self.protocol, Protocol::Sliding | Protocol::Rows);
        if self.stride.is_some() && !moves {
            return Err("--stride belongs to --protocol sliding and rows alone".into());
        }
        Ok(())
    }
}

impl DivergencePlan {
    /// Both bundled texts, in chunks of 512 tokens.
    pub fn bundled() -> DivergencePlan {
        DivergencePlan {
            texts: passages::TEXTS.map(String::from).to_vec(),
            sha256: Vec::new(),
            field: text_field(),
            caches: Vec::new(),
            context: 512,
            limit_chunks: None,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for cache in &self.caches {
            cache.parse::<CacheKind>()?;
        }
        some(self.context, "--context")?;
        some(self.limit_chunks.unwrap_or(1), "--limit-chunks")
    }
}
