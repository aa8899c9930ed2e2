//! Files, adapters and batches that are refused, and with which words.

use super::*;
use decoder::{Batch, Error};

fn refusal(path: &Path) -> String {
    Transformer::load(path).unwrap_err().to_string()
}

/// The toy with one more metadata entry.
fn with(key: &str, value: impl Into<Value>) -> (TempDir, PathBuf) {
    let (folder, toy) = toy_file();
    let path = folder.path().join("changed.gguf");
    let file = Gguf::open(&toy).unwrap();
    let mut writer = Writer::new();
    for (own, value) in file.metadata().iter().filter(|(own, _)| own != key) {
        writer.set(own, value.clone()).unwrap();
    }
    writer.set(key, value).unwrap();
    for tensor in file.tensors() {
        let bytes = file.tensor_bytes(tensor.name()).unwrap();
        writer
            .encoded_tensor(tensor.name(), tensor.dims(), tensor.kind(), bytes)
            .unwrap();
    }
    writer.write(&path).unwrap();
    (folder, path)
}

#[test]
fn what_would_change_the_result_is_refused_by_name() {
    let (_folder, path) = with("llama.rope.scaling.type", "yarn");
    assert!(refusal(&path).contains("yarn"), "{}", refusal(&path));
    let (_folder, path) = with("llama.rope.dimension_count", 16_u32);
    assert!(refusal(&path).contains("rotates 16 of the 32"));
    let (_folder, path) = with("llama.attention.sliding_window", 16_u32);
    assert!(refusal(&path).contains("sliding_window"));
    let (_folder, path) = with("llama.attention.head_count_kv", 3_u32);
    assert!(refusal(&path).contains("4 query heads cannot share 3"));
    let (_folder, path) = with("llama.expert_count", 4_u32);
    assert!(refusal(&path).contains("experts"), "{}", refusal(&path));
}

#[test]
fn a_tensor_that_nobody_asked_for_is_refused() {
    let (folder, toy) = toy_file();
    let path = folder.path().join("more.gguf");
    let file = Gguf::open(&toy).unwrap();
    let mut writer = Writer::new();
    for (key, value) in file.metadata() {
        writer.set(key, value.clone()).unwrap();
    }
    for tensor in file.tensors() {
        let bytes = file.tensor_bytes(tensor.name()).unwrap();
        writer
            .encoded_tensor(tensor.name(), tensor.dims(), tensor.kind(), bytes)
            .unwrap();
    }
    let norm = [1.0; 32];
    writer
        .tensor("blk.1.attn_q_norm.weight", &[32], TensorType::F32, &norm)
        .unwrap();
    writer.write(&path).unwrap();
    let said = refusal(&path);
    assert!(
        said.contains("attn_q_norm") && said.contains("not part"),
        "{said}"
    );
}

#[test]
fn a_rank_or_a_target_that_does_not_exist_is_refused() {
    let (_folder, path) = toy_file();
    let shape = Shape::of(&Gguf::open(path).unwrap()).unwrap();
    let lora = |rank: usize, alpha: f64, targets: &[Target]| Lora {
        rank,
        alpha,
        targets: targets.to_vec(),
    };
    let said = |lora: Lora| Adapter::new(&shape, &lora, 1).unwrap_err().to_string();
    assert!(said(lora(0, 1.0, &Target::ALL)).contains("1 to 64"));
    assert!(said(lora(65, 1.0, &Target::ALL)).contains("its rank is 65"));
    assert!(Adapter::new(&shape, &lora(65, 1.0, &[Target::Query]), 1).is_ok());
    assert!(said(lora(4, 0.0, &Target::ALL)).contains("alpha"));
    assert!(said(lora(4, f64::NAN, &Target::ALL)).contains("alpha"));
    assert!(said(lora(4, 1.0, &[])).contains("no target"));
    let said = Target::parse("qkv").unwrap_err().to_string();
    assert!(
        said.contains("qkv") && said.contains("q_proj, k_proj"),
        "{said}"
    );
}

#[test]
fn batches_that_predict_nothing_or_strange_tokens_are_refused() {
    let (_folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let mut batch = Batch::default();
    for (tokens, from) in [(&[1, 5][..], 2), (&[1, 5][..], 0), (&[1][..], 1)] {
        assert!(batch.push(tokens, from).is_err());
    }
    assert!(matches!(model.nats(&batch, None), Err(Error::Batch(_))));
    batch.push(&[1, 5, 260], 1).unwrap();
    let said = model.nats(&batch, None).unwrap_err().to_string();
    assert!(said.contains("token 260"), "{said}");
}
