//! The bands of the guides, as data: limits are theirs, words are ours.
//!
//! Four guides say what numbers mean: that of the SmallCoder benchmark, of halo-forge (its demo), of the DBA upcycling
//! experiments, and of the SpecLoRA suite. A scale stands here only if the guide's quantity is one that is measured here;
//! where the two are not quite the same, `by` says in what they differ.

/// How a guide reads one quantity.
pub(super) struct Scale {
    pub(super) metric: &'static str,
    /// The only suite that it is meant for; empty for all.
    pub(super) suite: &'static str,
    /// Whose reading it is, and of what.
    pub(super) by: &'static str,
    /// From which value on, in base units, and what is said from there. The first begins at 0.
    pub(super) bands: &'static [(f64, &'static str)],
}

const GIB: f64 = (1u64 << 30) as f64;

/// Every scale.
pub(super) const SCALES: [Scale; 8] = [
    Scale {
        metric: "keyword_share",
        suite: "",
        by: "as the SmallCoder guide reads a keyword score",
        bands: &[
            (0.0, "poor: the task is missed"),
            (0.3, "fair: the rough idea is there"),
            (0.5, "good: the main parts are there"),
            (0.7, "excellent: the task is understood"),
        ],
    },
    Scale {
        metric: "decode_tokens_per_s",
        suite: "",
        by: "as the SmallCoder guide reads tokens per second (its own counts the prompt's time as well)",
        bands: &[
            (0.0, "slow: one waits for it"),
            (20.0, "moderate: enough for most uses"),
            (50.0, "fast: it keeps up with a reader"),
            (100.0, "very fast: made for conversation"),
        ],
    },
    Scale {
        metric: "peak_resident_bytes",
        suite: "",
        by: "as the SmallCoder guide reads graphics memory (here it is all that the process holds)",
        bands: &[
            (0.0, "excellent: fits small devices"),
            (2.0 * GIB, "good: fits middling devices"),
            (4.0 * GIB, "moderate: needs a decent device"),
            (8.0 * GIB, "high: needs a large device"),
        ],
    },
    Scale {
        metric: "perplexity",
        suite: "",
        by: "as the DBA guide reads a perplexity, whatever text and tokenizer it is of",
        bands: &[
            (0.0, "excellent: as after training on such text"),
            (5.0, "good: a general language model"),
            (10.0, "acceptable: a small model"),
            (20.0, "poor: in need of training"),
        ],
    },
    Scale {
        metric: "perplexity_ratio",
        suite: "",
        by: "as the DBA guide reads a student against its teacher",
        bands: &[
            (0.0, "within what is aimed at"),
            (1.1, "beyond what is aimed at"),
        ],
    },
    Scale {
        metric: "accepted_of_emitted",
        suite: "",
        by: "as the SpecLoRA guide reads an acceptance rate (with K guesses a pass it cannot exceed K/(K+1))",
        bands: &[
            (0.0, "low: the draft struggles and wants training"),
            (0.5, "reasonable: there is room to improve"),
            (0.7, "good: the draft fits its target"),
            (0.85, "excellent: little is left to gain"),
        ],
    },
    Scale {
        metric: "speculative_speedup",
        suite: "",
        by: "as the SpecLoRA guide expects it",
        bands: &[
            (0.0, "less than of any draft"),
            (1.2, "as of a draft that was not adapted"),
            (1.5, "as of an adapted draft"),
            (2.0, "more than of an adapted draft"),
        ],
    },
    Scale {
        metric: "compile_rate",
        suite: "cpp-demo",
        by: "as the halo-forge guide reads its demo with a 0.5B base model",
        bands: &[
            (0.0, "below the usual range"),
            (0.25, "in the usual range"),
            (0.4, "above the usual range"),
        ],
    },
];
