//! The same adapter in our decoder and, as a GGUF file, in llama.cpp; and what its PEFT folder holds.

use super::*;
use decoder::export::{self, Base};

fn base() -> Base {
    Base {
        name: "toy".into(),
        sha256: Some("00".repeat(32)),
    }
}

/// As without an adapter: llama.cpp keeps keys and values as half floats. Seen: 0.015.
const CLOSE: f32 = 0.05;

#[test]
fn llama_cpp_with_the_gguf_adapter_has_our_logits() {
    let (folder, path) = toy_in_f32();
    let tokens = tokens(60);
    let model = Transformer::load(&path).unwrap();
    let adapter = adapter(model.shape(), 4);
    let file = folder.path().join("adapter.gguf");
    export::gguf(&adapter, model.shape(), &base(), &file).unwrap();
    let laid_over = llama::Adapter {
        path: file,
        scale: 1.0,
    };
    let theirs = rows_of_llama(&path, &tokens, Some(laid_over));
    let ours = rows_of_decoder(&model, &tokens, Some(&adapter));
    let gap = largest_gap(&ours, &theirs);
    println!("largest gap with the adapter: {gap}");
    assert!(gap < CLOSE, "{gap}");
    let plain = rows_of_decoder(&model, &tokens, None);
    assert!(largest_gap(&ours, &plain) > 5.0 * CLOSE);
}

#[test]
fn the_peft_folder_names_every_factor_and_holds_its_numbers() {
    let (folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let adapter = adapter(model.shape(), 4);
    let peft = folder.path().join("peft");
    export::peft(&adapter, &base(), &peft).unwrap();
    let config = std::fs::read(peft.join("adapter_config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["r"], 4);
    assert_eq!(config["lora_alpha"], 8.0);
    assert_eq!(config["target_modules"].as_array().unwrap().len(), 7);
    let bytes = std::fs::read(peft.join("adapter_model.safetensors")).unwrap();
    let stored = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(stored.len(), 2 * 7 * 2);
    let name = "base_model.model.model.layers.1.mlp.down_proj.lora_B.weight";
    let found = stored.tensor(name).unwrap();
    let (_, own) = adapter.parameters().pop().unwrap();
    assert_eq!(found.shape(), own.dims());
    let own = own.values();
    let bytes: Vec<u8> = own.iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(found.data(), bytes);
}
