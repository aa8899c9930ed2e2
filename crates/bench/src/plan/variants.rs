//! What is measured of a family of shapes.

use serde::{Deserialize, Serialize};

use super::{Filling, LatencyPlan};
use engine::CacheKind;

/// Speed and memory of every shape, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantsPlan {
    /// What is measured, one file each.
    pub shapes: Vec<Shape>,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens decoded after it.
    pub generate_tokens: usize,
    /// Untimed runs first.
    pub warmups: usize,
    /// Timed runs.
    pub repeats: usize,
    /// Whether files that were made for the run stay.
    pub keep: bool,
}

/// One shape in one precision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// The name that its records carry.
    pub model: String,
    /// The shape's name on the command line.
    pub shape: String,
    /// The shape's name as published.
    pub title: String,
    /// How its matrices are stored.
    pub precision: String,
    /// Its weights, shared ones counted once.
    pub parameters: u64,
    /// Its layers.
    pub layers: u32,
    /// Tokens at which its memory is measured: its limit, unless another length was asked for.
    pub context: usize,
    /// Whether it is one of those that differ from a plain one in their limit alone.
    pub long: bool,
    /// The file of trained weights; `None` for random ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// The folder of its tokenizer, or `bytes`; only for trained weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
}

impl Shape {
    /// Whether it can be asked for answers: trained, and with the tokenizer that it was trained with.
    pub fn has_quality(&self) -> bool {
        self.checkpoint.is_some() && self.tokenizer.as_deref() != Some("bytes")
    }
}

impl VariantsPlan {
    /// A prompt as of a completion, and as many new tokens as the family's own benchmark decodes.
    pub fn of(shapes: Vec<Shape>) -> VariantsPlan {
        VariantsPlan {
            shapes,
            prompt_tokens: 128,
            generate_tokens: 150,
            warmups: 1,
            repeats: 6,
            keep: false,
        }
    }

    /// The context that a shape is filled with.
    pub fn filling(&self, shape: &Shape) -> Filling {
        Filling {
            n_tokens: shape.context,
            n_sequences: 1,
            cache: CacheKind::F16,
        }
    }

    /// Speed: plain shapes from an empty context; long ones, whose weights are the same, at the end of a full
    /// one, because anything else would measure one thing twice.
    pub fn latency(&self, shape: &Shape) -> LatencyPlan {
        let n_new = self.prompt_tokens + self.generate_tokens;
        LatencyPlan {
            prompt_tokens: vec![self.prompt_tokens],
            generate_tokens: vec![self.generate_tokens],
            depth: vec![match shape.long {
                true => shape.context.saturating_sub(n_new),
                false => 0,
            }],
            warmups: self.warmups,
            repeats: self.repeats,
            ..LatencyPlan::quick()
        }
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// A sentence that names the value and the remedy.
    pub fn check(&self) -> Result<(), String> {
        for shape in &self.shapes {
            let n = self.prompt_tokens + self.generate_tokens;
            if shape.context < n {
                return Err(format!(
                    "{} is measured at {} tokens, and prompt and answer take {n}; ask for a longer --context",
                    shape.title, shape.context
                ));
            }
            self.latency(shape).check()?;
        }
        Ok(())
    }
}
