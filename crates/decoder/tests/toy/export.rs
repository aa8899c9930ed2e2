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

#[test]
fn an_adapter_that_was_written_is_read_back_to_the_bit() {
    let (folder, path) = toy_file();
    let model = Transformer::load(&path).unwrap();
    let file = folder.path().join("adapter.gguf");
    for targets in [Target::ALL.to_vec(), vec![Target::Key, Target::Down]] {
        let lora = Lora {
            rank: 3,
            alpha: 5.0,
            targets,
        };
        let mut adapter = Adapter::new(model.shape(), &lora, 9).unwrap();
        for (i, own) in adapter.parameters_mut().enumerate() {
            own.values_mut()
                .iter_mut()
                .enumerate()
                .for_each(|(j, v)| *v += (i * 31 + j) as f32 * 1e-3);
        }
        export::gguf(&adapter, model.shape(), &base(), &file).unwrap();
        let back = decoder::read::adapter(&file, model.shape()).unwrap();
        assert_eq!(back.lora(), &lora);
        assert_eq!(back.parameters(), adapter.parameters());
    }
    let error = decoder::read::adapter(&path, model.shape()).unwrap_err();
    assert!(error.to_string().contains("not adapter"), "{error}");
}

#[test]
fn a_fused_model_says_what_model_and_adapter_say_together() {
    let (folder, path) = toy_in_f32();
    let tokens = tokens(60);
    let model = Transformer::load(&path).unwrap();
    let adapter = adapter(model.shape(), 4);
    let together = rows_of_decoder(&model, &tokens, Some(&adapter));
    let fused = folder.path().join("fused.gguf");
    decoder::fuse(&path, &adapter, TensorType::F32, &fused).unwrap();
    let alone = rows_of_decoder(&Transformer::load(&fused).unwrap(), &tokens, None);
    let gap = largest_gap(&alone, &together);
    println!("largest gap of the fused model: {gap}");
    assert!(gap < 0.005, "{gap}");
    let gap = largest_gap(&rows_of_llama(&fused, &tokens, None), &together);
    println!("and in llama.cpp: {gap}");
    assert!(gap < CLOSE, "{gap}");
    // What has no factors keeps its bytes.
    let (before, after) = (Gguf::open(&path).unwrap(), Gguf::open(&fused).unwrap());
    for name in ["token_embd.weight", "output_norm.weight"] {
        assert_eq!(
            before.tensor_bytes(name).unwrap(),
            after.tensor_bytes(name).unwrap()
        );
    }
}
