//! Agreement with an independent implementation: the Python package gguf 0.19.0.
//!
//! `golden/check_with_gguf_py.py` made the files and says how.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use std::path::{Path, PathBuf};

use gguf::{Array, Gguf, TensorType, Value, quant, toy};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn expected(name: &str) -> Json {
    serde_json::from_slice(&std::fs::read(golden(name)).unwrap()).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn scalar(value: &Value) -> (&'static str, Json) {
    match value {
        Value::U8(v) => ("UINT8", json!(v)),
        Value::I8(v) => ("INT8", json!(v)),
        Value::U16(v) => ("UINT16", json!(v)),
        Value::I16(v) => ("INT16", json!(v)),
        Value::U32(v) => ("UINT32", json!(v)),
        Value::I32(v) => ("INT32", json!(v)),
        // Python widens to double before it prints.
        Value::F32(v) => ("FLOAT32", json!(f64::from(*v))),
        Value::Bool(v) => ("BOOL", json!(v)),
        Value::String(v) => ("STRING", json!(v)),
        Value::Array(_) => ("ARRAY", Json::Null),
        Value::U64(v) => ("UINT64", json!(v)),
        Value::I64(v) => ("INT64", json!(v)),
        Value::F64(v) => ("FLOAT64", json!(v)),
    }
}

fn as_json(value: &Value) -> Json {
    let Some(array) = value.as_array() else {
        let (kind, content) = scalar(value);
        return json!({"types": [kind], "value": content});
    };
    let elements: Vec<_> = (0..array.len())
        .map(|index| array.get(index).unwrap())
        .collect();
    let kind = scalar(&elements[0]).0;
    let content: Vec<_> = elements.iter().map(|element| scalar(element).1).collect();
    json!({"types": ["ARRAY", kind], "value": content})
}

fn check(file: &Gguf, expected: &Json) {
    let fields = expected["fields"].as_object().unwrap();
    let keys: Vec<&str> = file
        .metadata()
        .iter()
        .map(|(key, _)| key.as_str())
        .collect();
    assert_eq!(keys, fields.keys().collect::<Vec<_>>());
    for (key, value) in file.metadata() {
        assert_eq!(as_json(value), fields[key], "{key}");
    }
    let tensors = expected["tensors"].as_array().unwrap();
    assert_eq!(tensors.len(), file.tensors().len());
    for (tensor, expected) in file.tensors().iter().zip(tensors) {
        let bytes = file.tensor_bytes(tensor.name()).unwrap();
        let found = json!({
            "name": tensor.name(),
            "kind": tensor.kind().name().to_uppercase(),
            "dims": tensor.dims(),
            "elements": tensor.elements(),
            "bytes": tensor.bytes(),
            "file_offset": file.data_start() + tensor.offset(),
            "sha256_of_bytes": sha256(&bytes),
        });
        for (key, value) in found.as_object().unwrap() {
            assert_eq!(value, &expected[key], "{} {key}", tensor.name());
        }
        if let Ok(values) = file.tensor_values(tensor.name()) {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            assert_eq!(
                sha256(&bytes),
                expected["sha256_of_f32"],
                "{}",
                tensor.name()
            );
        } else {
            assert_eq!(
                tensor.kind(),
                TensorType::Q5_1,
                "only q5_1 has no decoder here"
            );
        }
    }
}

#[test]
fn the_python_package_reads_in_our_toy_what_we_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.gguf");
    toy::write(&path, 7).unwrap();
    check(&Gguf::open(&path).unwrap(), &expected("toy_seed_7.json"));
}

#[test]
fn we_read_in_a_file_of_the_python_package_what_it_wrote() {
    let file = Gguf::open(golden("from_gguf_py.bin")).unwrap();
    check(&file, &expected("from_gguf_py.json"));
    assert_eq!(file.tensor("ragged").unwrap().dims(), [5, 3]);
    let texts = file
        .get("sample.array.STRING")
        .and_then(Value::as_array)
        .unwrap();
    assert!(matches!(texts, Array::String(texts) if texts.get(2) == Some("ü€".as_bytes())));
}

#[test]
fn our_quantisers_give_the_bytes_of_the_python_package() {
    let file = Gguf::open(golden("from_gguf_py.bin")).unwrap();
    let values = file.tensor_values("values").unwrap();
    for (name, kind) in [
        ("F16", TensorType::F16),
        ("Q8_0", TensorType::Q8_0),
        ("Q4_0", TensorType::Q4_0),
    ] {
        let ours = quant::encode(kind, &values).unwrap().unwrap();
        assert_eq!(
            ours,
            file.tensor_bytes(&format!("values.{name}")).unwrap(),
            "{name}"
        );
    }
}

/// The C header's static assertions, multiplied out by hand; Q8_1 differs from the Python table on purpose.
#[test]
fn block_sizes_are_those_of_the_c_structs() {
    let (half, k) = (2, 256);
    let expected = [
        (TensorType::Q8_1, 2 * half + 32),
        (TensorType::Q2_K, 2 * half + k / 16 + k / 4),
        (TensorType::Q3_K, half + k / 4 + k / 8 + 12),
        (TensorType::Q4_K, 2 * half + 12 + k / 2),
        (TensorType::Q5_K, 2 * half + 12 + k / 2 + k / 8),
        (TensorType::Q6_K, half + k / 16 + 3 * k / 4),
        (TensorType::Q8_K, 4 + k + k / 16 * 2),
        (TensorType::IQ2_XXS, half + k / 8 * 2),
        (TensorType::IQ2_XS, half + k / 8 * 2 + k / 32),
        (TensorType::IQ2_S, half + k / 4 + k / 16),
        (TensorType::IQ3_XXS, half + 3 * (k / 8)),
        (TensorType::IQ3_S, half + 13 * (k / 32) + k / 64),
        (TensorType::IQ1_S, half + k / 8 + k / 16),
        (TensorType::IQ1_M, k / 8 + k / 16 + k / 32),
        (TensorType::IQ4_NL, half + 32 / 2),
        (TensorType::IQ4_XS, half + 2 + k / 64 + k / 2),
        (TensorType::TQ1_0, half + k / 64 + (k - 4 * k / 64) / 5),
        (TensorType::TQ2_0, half + k / 4),
        (TensorType::MXFP4, 1 + 32 / 2),
        (TensorType::NVFP4, 64 / 16 + 64 / 2),
        (TensorType::Q1_0, half + 128 / 8),
        (TensorType::Q2_0, half + 64 / 4),
    ];
    for (kind, bytes) in expected {
        assert_eq!(kind.block_bytes(), bytes, "{kind}");
    }
    for &kind in TensorType::ALL {
        assert_eq!(TensorType::from_code(kind.code()), Some(kind));
    }
    assert_eq!(TensorType::from_code(4), None, "q4_2 was withdrawn");
}

#[test]
fn the_same_seed_gives_the_same_toy_and_another_seed_another() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |seed| {
        let path = folder.path().join("toy.gguf");
        toy::write(&path, seed).unwrap();
        std::fs::read(path).unwrap()
    };
    let seven = bytes(7);
    assert_eq!(
        sha256(&seven),
        "bc3df97917e6fdc8f2b9cd5cc3666733c02866c7dc7261f56d13553efac178fb"
    );
    assert_eq!(seven, bytes(7));
    assert_ne!(seven, bytes(8));
    assert!(seven.len() < 400_000);
}
