//! What llama.cpp computes for every token, and what only for those whose row of logits is asked for.
//!
//! All its decoders drop the tokens without a wanted row before the output matrix; those of the list below
//! already in the last layer, between attention and feed-forward. The list was read from the graphs of the pinned
//! version (`src/models`, where rows are taken by `inp_out_ids`). Of an architecture that is not on it the last layer
//! counts for every token, which is at most a layer's share too much.

use gguf::ModelFacts;

/// Architectures whose last feed-forward part sees only the tokens whose row is wanted.
const GATHERED_IN_THE_LAST_LAYER: [&str; 27] = [
    "codeshell",
    "cohere2",
    "command-r",
    "exaone",
    "falcon",
    "gemma",
    "gemma2",
    "gemma3",
    "gpt2",
    "gptneox",
    "granite",
    "internlm2",
    "llama",
    "mistral3",
    "nemotron",
    "olmo",
    "olmo2",
    "openelm",
    "phi2",
    "phi3",
    "qwen2",
    "qwen2moe",
    "qwen3",
    "qwen3moe",
    "smollm3",
    "starcoder",
    "starcoder2",
];

/// Operations of a token's `flops_per_token` that are left out where its row is not asked for.
pub(crate) fn flops_per_row(facts: &ModelFacts) -> u64 {
    let last = match GATHERED_IN_THE_LAST_LAYER.contains(&facts.architecture.as_str()) {
        true => facts.weights.last_ffn_flops,
        false => 0,
    };
    facts.weights.output_flops + last
}

/// Of these, the operations with quantised weights.
pub(crate) fn quantised_flops_per_row(facts: &ModelFacts) -> u64 {
    let last = match GATHERED_IN_THE_LAST_LAYER.contains(&facts.architecture.as_str()) {
        true => facts.weights.quantised_last_ffn_flops,
        false => 0,
    };
    facts.weights.quantised_output_flops + last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_costs_the_output_and_where_the_graph_says_so_the_last_feed_forward() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("toy.gguf");
        gguf::toy::write(&path, 3).unwrap();
        let mut facts = ModelFacts::of(&gguf::Gguf::open(&path).unwrap()).unwrap();
        let (output, last) = (2 * 260 * 128, 2 * 3 * 128 * 256);
        assert_eq!(flops_per_row(&facts), output + last, "a llama");
        // Its graph takes rows after the last layer.
        facts.architecture = "gemma3n".into();
        assert_eq!(flops_per_row(&facts), output);
    }
}
