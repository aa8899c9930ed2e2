//! The key-value cache of models shaped like published ones.

use gguf::facts::{Cache, CacheLayer};
use gguf::{CacheType, Value};

use super::{facts_of, model};
use CacheType::{F16, Q4_0, Q8_0};

/// SmolLM2-135M: 30 layers, 9 heads on 3 key-value heads of 64.
#[test]
fn keys_and_values_are_counted_per_layer_head_and_block() {
    let mut writer = model("llama", [30, 576, 9]);
    writer.set("llama.attention.head_count_kv", 3_u32).unwrap();
    let facts = facts_of(&writer).unwrap();
    assert_eq!(facts.head_dim_k, 64);
    assert_eq!(facts.kv_bytes_per_token(F16, F16).unwrap(), 23_040);
    assert_eq!(
        facts.kv_bytes_per_token(Q8_0, Q8_0).unwrap(),
        23_040 / 2 * 34 / 32
    );
    assert_eq!(
        facts.kv_bytes_per_token(Q4_0, F16).unwrap(),
        23_040 / 4 * 18 / 32 + 23_040 / 2
    );
}

#[test]
fn without_key_value_heads_every_head_has_its_own() {
    let facts = facts_of(&model("gptneox", [2, 64, 4])).unwrap();
    assert_eq!(facts.n_kv_heads.uniform(), Some(4));
    assert_eq!(facts.kv_bytes_per_token(F16, F16).unwrap(), 2 * 2 * 64 * 2);
}

#[test]
fn layers_with_their_own_head_counts_are_summed() {
    let mut writer = model("openelm", [3, 256, 1]);
    writer
        .set("openelm.attention.head_count_kv", vec![3_i32, 0, 5])
        .unwrap();
    writer.set("openelm.attention.key_length", 64_u32).unwrap();
    writer
        .set("openelm.attention.value_length", 32_u32)
        .unwrap();
    writer
        .set("openelm.feed_forward_length", vec![10_u32, 20, 30])
        .unwrap();
    let facts = facts_of(&writer).unwrap();
    assert_eq!(
        (
            facts.n_kv_heads.uniform(),
            facts.n_kv_heads.to_string().as_str()
        ),
        (None, "0–5")
    );
    assert_eq!(facts.ffn_length.unwrap().as_slice(), [10, 20, 30]);
    let Cache::Layers(layers) = &facts.cache else {
        panic!("{:?}", facts.cache)
    };
    assert_eq!(
        layers[2],
        CacheLayer {
            heads: 5,
            key_dim: 64,
            value_dim: 32,
            window: None
        }
    );
    assert_eq!(
        facts_of(&writer)
            .unwrap()
            .kv_bytes_per_token(F16, F16)
            .unwrap(),
        8 * (64 + 32) * 2
    );
}

/// Gemma 3 270M: 18 layers, every sixth without a window of 512; its head is wider than width / heads.
#[test]
fn windowed_layers_stop_growing_and_the_others_do_not() {
    let mut writer = model("gemma3", [18, 640, 4]);
    writer.set("gemma3.attention.head_count_kv", 1_u32).unwrap();
    writer.set("gemma3.attention.key_length", 256_u32).unwrap();
    writer
        .set("gemma3.attention.value_length", 256_u32)
        .unwrap();
    writer
        .set("gemma3.attention.sliding_window", 512_u32)
        .unwrap();
    let facts = facts_of(&writer).unwrap();
    let window = facts.sliding_window.as_ref().unwrap();
    let full: Vec<_> = window
        .layers
        .as_ref()
        .unwrap()
        .iter()
        .enumerate()
        .filter(|(_, w)| !**w)
        .map(|(i, _)| i)
        .collect();
    assert_eq!((window.tokens, full), (512, vec![5, 11, 17]));
    let layer = 2 * 256 * 2;
    assert_eq!(facts.kv_bytes_per_token(F16, F16).unwrap(), 18 * layer);
    assert_eq!(facts.kv_bytes(512, F16, F16).unwrap(), 18 * layer * 512);
    assert_eq!(
        facts.kv_bytes(4096, F16, F16).unwrap(),
        15 * layer * 512 + 3 * layer * 4096
    );
}

#[test]
fn the_files_own_window_pattern_goes_before_the_default() {
    let window = |pattern: Option<Value>, architecture: &str| {
        let mut writer = model(architecture, [4, 64, 1]);
        writer
            .set(&format!("{architecture}.attention.sliding_window"), 8_u32)
            .unwrap();
        if let Some(pattern) = pattern {
            writer
                .set(
                    &format!("{architecture}.attention.sliding_window_pattern"),
                    pattern,
                )
                .unwrap();
        }
        facts_of(&writer).unwrap().sliding_window.unwrap().layers
    };
    let flags = vec![true, false, false, true];
    assert_eq!(
        window(Some(flags.clone().into()), "gemma3"),
        Some(flags.clone())
    );
    assert_eq!(window(Some(flags.clone().into()), "new"), Some(flags));
    assert_eq!(
        window(Some(2_u32.into()), "gemma3"),
        Some(vec![true, false, true, false])
    );
    assert_eq!(
        window(None, "smallthinker"),
        Some(vec![false, true, true, true])
    );
    assert_eq!(
        window(None, "llama"),
        None,
        "llama.cpp keeps the whole text"
    );
}

#[test]
fn latent_attention_stores_keys_only_and_shared_layers_store_nothing() {
    let mut writer = model("deepseek2", [2, 2048, 16]);
    writer
        .set("deepseek2.attention.head_count_kv", 1_u32)
        .unwrap();
    writer
        .set("deepseek2.attention.key_length", 576_u32)
        .unwrap();
    writer
        .set("deepseek2.attention.value_length", 512_u32)
        .unwrap();
    writer
        .set("deepseek2.attention.key_length_mla", 192_u32)
        .unwrap();
    assert_eq!(
        facts_of(&writer)
            .unwrap()
            .kv_bytes_per_token(F16, Q8_0)
            .unwrap(),
        2 * 576 * 2
    );
    let mut writer = model("gemma4", [5, 64, 1]);
    writer
        .set("gemma4.attention.shared_kv_layers", 2_u32)
        .unwrap();
    assert_eq!(
        facts_of(&writer)
            .unwrap()
            .kv_bytes_per_token(F16, F16)
            .unwrap(),
        3 * 2 * 64 * 2
    );
}

#[test]
fn recurrent_layers_keep_nothing_and_an_untold_mixture_is_no_number() {
    let mut writer = model("qwen3next", [8, 64, 1]);
    writer.set("qwen3next.ssm.state_size", 16_u32).unwrap();
    let untold = facts_of(&writer).unwrap();
    let message = untold.kv_bytes_per_token(F16, F16).unwrap_err().to_string();
    assert!(
        message.contains("qwen3next") && message.contains("measure it"),
        "{message}"
    );
    writer
        .set("qwen3next.full_attention_interval", 4_u32)
        .unwrap();
    assert_eq!(
        facts_of(&writer)
            .unwrap()
            .kv_bytes_per_token(F16, F16)
            .unwrap(),
        2 * 2 * 64 * 2
    );
}

#[test]
fn a_cache_type_whose_blocks_do_not_divide_a_head_is_refused() {
    let facts = facts_of(&model("phi2", [2, 160, 2])).unwrap();
    assert!(facts.kv_bytes_per_token(F16, F16).is_ok());
    let error = facts.kv_bytes_per_token(F16, Q8_0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cache type q8_0 packs 32 elements, which does not divide a head of 80; use f16"
    );
}
