//! The same numbers as llama.cpp.

use super::*;

/// llama.cpp keeps keys and values as half floats; with f32 weights nothing else differs. The toy's logits
/// spread over about ±10. Seen: 0.007, and 0.021 with scaled positions.
const CLOSE_IN_F32: f32 = 0.05;

/// With quantised weights it also rounds what is multiplied with them to eight bits.
/// Seen: 0.253.
const CLOSE_QUANTISED: f32 = 0.5;

#[test]
fn logits_are_those_of_llama_cpp() {
    let (_folder, path) = toy_in_f32();
    let tokens = tokens(90);
    let model = Transformer::load(&path).unwrap();
    let ours = rows_of_decoder(&model, &tokens, None);
    let gap = largest_gap(&ours, &rows_of_llama(&path, &tokens, None));
    println!("largest gap with f32 weights: {gap}");
    assert!(gap < CLOSE_IN_F32, "{gap}");
}

#[test]
fn logits_of_quantised_weights_are_near_those_of_llama_cpp() {
    let (_folder, path) = toy_file();
    let tokens = tokens(90);
    let model = Transformer::load(&path).unwrap();
    let ours = rows_of_decoder(&model, &tokens, None);
    let gap = largest_gap(&ours, &rows_of_llama(&path, &tokens, None));
    println!("largest gap with quantised weights: {gap}");
    assert!(gap < CLOSE_QUANTISED, "{gap}");
}

#[test]
fn linear_scaling_of_positions_is_that_of_llama_cpp() {
    let (folder, toy) = toy_file();
    let path = folder.path().join("scaled.gguf");
    in_f32(&toy, &path, &|_, value| Some(value));
    let scaled = folder.path().join("twice.gguf");
    let file = Gguf::open(&path).unwrap();
    let mut writer = Writer::new();
    for (key, value) in file.metadata() {
        writer.set(key, value.clone()).unwrap();
    }
    writer.set("llama.rope.scaling.type", "linear").unwrap();
    writer.set("llama.rope.scaling.factor", 4.0_f32).unwrap();
    for tensor in file.tensors() {
        let bytes = file.tensor_bytes(tensor.name()).unwrap();
        writer
            .encoded_tensor(tensor.name(), tensor.dims(), tensor.kind(), bytes)
            .unwrap();
    }
    writer.write(&scaled).unwrap();
    let tokens = tokens(60);
    let ours = rows_of_decoder(&Transformer::load(&scaled).unwrap(), &tokens, None);
    let theirs = rows_of_llama(&scaled, &tokens, None);
    let gap = largest_gap(&ours, &theirs);
    println!("largest gap with scaled positions: {gap}");
    assert!(gap < CLOSE_IN_F32, "{gap}");
    let unscaled = rows_of_decoder(&Transformer::load(&path).unwrap(), &tokens, None);
    assert!(largest_gap(&ours, &unscaled) > 5.0 * CLOSE_IN_F32);
}

#[test]
fn a_new_adapter_changes_no_logit_and_a_filled_one_changes_them() {
    let (_folder, path) = toy_in_f32();
    let tokens = tokens(20);
    let model = Transformer::load(&path).unwrap();
    let plain = rows_of_decoder(&model, &tokens, None);
    let lora = Lora {
        rank: 4,
        alpha: 8.0,
        targets: Target::ALL.to_vec(),
    };
    let new = Adapter::new(model.shape(), &lora, 3).unwrap();
    assert_eq!(rows_of_decoder(&model, &tokens, Some(&new)), plain);
    let filled = adapter(model.shape(), 4);
    let changed = rows_of_decoder(&model, &tokens, Some(&filled));
    assert!(largest_gap(&changed, &plain) > 0.1);
}
