//! Facts of the toy and of metadata shaped like published models.
//!
//! Most numbers of a model follow from a dozen metadata keys, so these files hold no weights.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

mod cache;

use gguf::facts::{Experts, OutputMatrix, TypeShare, file_type};
use gguf::{Array, CacheType, Error, Gguf, ModelFacts, TensorType, Value, Writer, toy};

use CacheType::{F16, Q4_0, Q8_0};

fn facts_of(writer: &Writer) -> Result<ModelFacts, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    writer.write(&path).unwrap();
    ModelFacts::of(&Gguf::open(path)?)
}

/// The keys that every model has: layers, width, heads.
fn model(architecture: &str, [layers, width, heads]: [u32; 3]) -> Writer {
    let mut writer = Writer::new();
    writer.set("general.architecture", architecture).unwrap();
    writer
        .set(&format!("{architecture}.block_count"), layers)
        .unwrap();
    writer
        .set(&format!("{architecture}.embedding_length"), width)
        .unwrap();
    writer
        .set(&format!("{architecture}.attention.head_count"), heads)
        .unwrap();
    writer
}

fn tensor(writer: &mut Writer, name: &str, dims: &[u64], kind: TensorType) {
    let elements: u64 = dims.iter().product();
    let bytes = vec![0; usize::try_from(kind.bytes_of(elements).unwrap()).unwrap()];
    writer.encoded_tensor(name, dims, kind, bytes).unwrap();
}

#[test]
fn the_toy_has_the_facts_that_it_was_built_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    toy::write(&path, 3).unwrap();
    let facts = ModelFacts::of(&Gguf::open(&path).unwrap()).unwrap();
    assert_eq!(
        (facts.architecture.as_str(), facts.name.as_deref()),
        ("llama", Some("toy"))
    );
    assert_eq!(facts.quantisation.as_deref(), Some("Q8_0"));
    assert_eq!(facts.n_layers, 2);
    assert_eq!(
        (facts.n_heads.uniform(), facts.n_kv_heads.uniform()),
        (Some(4), Some(2))
    );
    assert_eq!(
        (facts.head_dim_k, facts.head_dim_v, facts.embedding_length),
        (32, 32, 128)
    );
    assert_eq!(
        facts.ffn_length.as_ref().and_then(|ffn| ffn.uniform()),
        Some(256)
    );
    assert_eq!(
        (facts.vocabulary, facts.context_length),
        (Some(260), Some(512))
    );
    assert_eq!(
        (
            facts.rope_base,
            facts.sliding_window.as_ref(),
            facts.experts
        ),
        (Some(10_000.0), None, None)
    );
    assert_eq!(facts.tokenizer.model.as_deref(), Some("llama"));
    let tokenizer = &facts.tokenizer;
    assert_eq!(
        (tokenizer.bos, tokenizer.eos, tokenizer.add_bos),
        (Some(1), Some(2), Some(true))
    );
    assert!(
        facts
            .chat_template
            .as_ref()
            .unwrap()
            .contains("<|im_start|>{{ turn['role'] }}\n{{ turn['content'] }}")
    );
    // 2 layers x 2 heads x (32 + 32) elements = 256 elements.
    assert_eq!(facts.kv_bytes_per_token(F16, F16).unwrap(), 512);
    assert_eq!(facts.kv_bytes_per_token(Q8_0, Q8_0).unwrap(), 272);
    assert_eq!(facts.kv_bytes_per_token(Q8_0, Q4_0).unwrap(), 136 + 72);
    assert_eq!(facts.kv_bytes(100, F16, F16).unwrap(), 51_200);
}

#[test]
fn the_toys_weights_are_counted_by_type_and_by_what_a_token_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    toy::write(&path, 3).unwrap();
    let weights = ModelFacts::of(&Gguf::open(&path).unwrap()).unwrap().weights;
    let (embedding, attention, ffn, norms) = (
        260 * 128,
        2 * (2 * 128 * 128 + 2 * 128 * 64),
        2 * 3 * 128 * 256,
        5 * 128,
    );
    assert_eq!(weights.parameters, 2 * embedding + attention + ffn + norms);
    assert_eq!(
        (weights.embedding_parameters, weights.output),
        (embedding, OutputMatrix::Own)
    );
    let q8_0 = embedding + attention;
    let types: Vec<_> = weights
        .types
        .iter()
        .map(|(kind, share)| (*kind, *share))
        .collect();
    let share = |tensors, elements, bytes| TypeShare {
        tensors,
        elements,
        bytes,
    };
    assert_eq!(
        types,
        [
            (TensorType::F32, share(5, norms, 4 * norms)),
            (TensorType::F16, share(1, embedding, 2 * embedding)),
            (TensorType::Q4_0, share(6, ffn, ffn / 32 * 18)),
            (TensorType::Q8_0, share(9, q8_0, q8_0 / 32 * 34)),
        ]
    );
    assert_eq!(
        weights.bytes,
        4 * norms + 2 * embedding + ffn / 32 * 18 + q8_0 / 32 * 34
    );
    assert_eq!(
        weights.bytes_per_token,
        weights.bytes - 2 * embedding + 2 * 128,
        "one row of the embedding"
    );
    assert_eq!(weights.flops_per_token, 2 * (embedding + attention + ffn));
    assert_eq!(weights.output_flops, 2 * embedding);
    assert_eq!(
        weights.quantised_flops, weights.flops_per_token,
        "only the table that is looked up is F16"
    );
    assert_eq!(weights.last_ffn_flops, ffn, "one of two layers");
    assert_eq!(weights.quantised_output_flops, weights.output_flops);
    assert_eq!(weights.quantised_last_ffn_flops, weights.last_ffn_flops);
}

#[test]
fn a_tied_embedding_is_read_whole_and_multiplied_once() {
    let mut writer = model("llama", [1, 32, 1]);
    tensor(
        &mut writer,
        "token_embd.weight",
        &[32, 10],
        TensorType::Q8_0,
    );
    tensor(
        &mut writer,
        "blk.0.attn_q.weight",
        &[32, 32],
        TensorType::F32,
    );
    tensor(&mut writer, "output_norm.weight", &[32], TensorType::F32);
    let facts = facts_of(&writer).unwrap();
    assert_eq!(facts.weights.output, OutputMatrix::Tied);
    assert_eq!(facts.weights.bytes_per_token, facts.weights.bytes);
    assert_eq!(facts.weights.flops_per_token, 2 * (320 + 1024));
    assert_eq!(facts.weights.output_flops, 2 * 320);
    assert_eq!(facts.weights.quantised_flops, 2 * 320, "F32 is not");
    assert_eq!(facts.weights.quantised_output_flops, 2 * 320);
    assert_eq!(facts.vocabulary, Some(10), "from the rows of the embedding");
}

#[test]
fn experts_are_read_by_the_share_that_is_used_and_layers_that_predict_ahead_not_at_all() {
    let mut writer = model("qwen3moe", [2, 32, 1]);
    writer.set("qwen3moe.expert_count", 8_u32).unwrap();
    writer.set("qwen3moe.expert_used_count", 2_u32).unwrap();
    writer.set("qwen3moe.nextn_predict_layers", 1_u32).unwrap();
    tensor(
        &mut writer,
        "blk.0.ffn_up_exps.weight",
        &[32, 64, 8],
        TensorType::F16,
    );
    tensor(
        &mut writer,
        "blk.0.ffn_gate_inp.weight",
        &[32, 8],
        TensorType::F32,
    );
    tensor(
        &mut writer,
        "blk.1.attn_q.weight",
        &[32, 32],
        TensorType::F32,
    );
    let facts = facts_of(&writer).unwrap();
    assert_eq!(
        (facts.n_layers, facts.experts),
        (1, Some(Experts { count: 8, used: 2 }))
    );
    assert_eq!(facts.weights.parameters, 16_384 + 256 + 1024);
    assert_eq!(facts.weights.bytes_per_token, 2 * 16_384 / 4 + 4 * 256);
    assert_eq!(facts.weights.flops_per_token, 2 * (16_384 / 4 + 256));
    assert_eq!(facts.weights.last_ffn_flops, 2 * (16_384 / 4 + 256));
    assert_eq!(facts.weights.output_flops, 0);
    assert_eq!(facts.weights.output, OutputMatrix::Absent);
}

#[test]
fn an_architecture_nobody_knows_has_facts_when_its_keys_follow_the_format() {
    let facts = facts_of(&model("tomorrow", [3, 96, 3])).unwrap();
    assert_eq!(
        (
            facts.architecture.as_str(),
            facts.n_layers,
            facts.head_dim_k
        ),
        ("tomorrow", 3, 32)
    );
    assert_eq!(
        (facts.vocabulary, facts.context_length, facts.quantisation),
        (None, None, None)
    );
}

#[test]
fn what_is_no_language_model_is_refused_with_the_missing_key() {
    let message = |writer: &Writer| facts_of(writer).unwrap_err().to_string();
    assert!(message(&Writer::new()).contains("no metadata key general.architecture"));
    let mut adapter = Writer::new();
    adapter.set("general.architecture", "clip").unwrap();
    assert!(message(&adapter).contains("no metadata key clip.block_count"));
    let mut part = model("llama", [1, 64, 1]);
    part.set("split.count", 3_u16).unwrap();
    assert!(message(&part).contains("one of 3 parts"));
}

#[test]
fn senseless_sizes_are_refused_and_cost_nothing() {
    let message = |layers: Value, kv: Value| {
        let mut writer = Writer::new();
        writer
            .set("general.architecture", "llama")
            .unwrap()
            .set("llama.block_count", layers)
            .unwrap();
        writer
            .set("llama.embedding_length", 64_u32)
            .unwrap()
            .set("llama.attention.head_count", 1_u32)
            .unwrap();
        writer.set("llama.attention.head_count_kv", kv).unwrap();
        facts_of(&writer).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    };
    assert_eq!(message(2_u32.into(), 1_u32.into()), "accepted");
    assert_eq!(message(2_i32.into(), Value::U64(1)), "accepted");
    assert!(
        message(u32::MAX.into(), 1_u32.into()).contains("llama.block_count is the u32 4294967295")
    );
    assert!(message(0_u32.into(), 1_u32.into()).contains("from 1 to 512"));
    assert!(message((-1_i32).into(), 1_u32.into()).contains("the i32 -1"));
    assert!(message("two".into(), 1_u32.into()).contains("a string of 3 bytes"));
    assert!(message(2_u32.into(), u32::MAX.into()).contains("head_count_kv"));
    assert!(message(2_u32.into(), vec![1_u32].into()).contains("an array of 1 u32"));
    assert!(message(2_u32.into(), vec![1_u64, u64::MAX].into()).contains("head_count_kv"));
    assert!(message(2_u32.into(), vec![0.5_f32, 1.0].into()).contains("an array of 2 f32"));
    assert!(
        message(
            2_u32.into(),
            Array::String(["a", "b"].into_iter().collect()).into()
        )
        .contains("strings")
    );
}

#[test]
fn facts_become_json_without_numbers_that_are_none() {
    let mut writer = model("llama", [1, 64, 2]);
    writer.set("llama.rope.freq_base", f32::NAN).unwrap();
    assert!(
        facts_of(&writer)
            .unwrap_err()
            .to_string()
            .contains("a finite float")
    );
    let mut writer = model("llama", [1, 64, 2]);
    tensor(
        &mut writer,
        "token_embd.weight",
        &[64, 10],
        TensorType::Q8_0,
    );
    let json = serde_json::to_value(facts_of(&writer).unwrap()).unwrap();
    assert_eq!(json["n_kv_heads"], 2);
    assert_eq!(json["weights"]["types"]["q8_0"]["elements"], 640);
    assert_eq!(json["weights"]["output"], "tied");
    assert!(json["rope_base"].is_null());
}

#[test]
fn file_types_have_short_names_and_removed_ones_none() {
    assert_eq!(
        (file_type::name(15), file_type::name(3), file_type::name(33)),
        (Some("Q4_K_M"), Some("Q4_1"), None)
    );
}
