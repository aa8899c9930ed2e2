//! What is written is read back, and what cannot be stored is refused with its name.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use gguf::{Array, Error, Gguf, Strings, TensorType, Value, Writer, quant};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

/// Floats without NaN, because values are compared with `==`; NaN has its own test.
fn number() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("NaN", |v| !v.is_nan())
}

fn value() -> impl Strategy<Value = Value> {
    let scalars = prop_oneof![
        any::<u8>().prop_map(Value::U8),
        any::<i8>().prop_map(Value::I8),
        any::<u16>().prop_map(Value::U16),
        any::<i16>().prop_map(Value::I16),
        any::<u32>().prop_map(Value::U32),
        any::<i32>().prop_map(Value::I32),
        number().prop_map(Value::F32),
        any::<bool>().prop_map(Value::Bool),
        ".{0,20}".prop_map(Value::String),
        any::<u64>().prop_map(Value::U64),
        any::<i64>().prop_map(Value::I64),
        number().prop_map(|v| Value::F64(v.into())),
    ];
    let arrays = prop_oneof![
        vec(any::<u8>(), 0..9).prop_map(Array::U8),
        vec(any::<i8>(), 0..9).prop_map(Array::I8),
        vec(any::<u16>(), 0..9).prop_map(Array::U16),
        vec(any::<i16>(), 0..9).prop_map(Array::I16),
        vec(any::<u32>(), 0..9).prop_map(Array::U32),
        vec(any::<i32>(), 0..9).prop_map(Array::I32),
        vec(number(), 0..9).prop_map(Array::F32),
        vec(any::<bool>(), 0..9).prop_map(Array::Bool),
        vec(vec(any::<u8>(), 0..9), 0..9).prop_map(|all| Array::String(all.into_iter().collect())),
        vec(any::<u64>(), 0..9).prop_map(Array::U64),
        vec(any::<i64>(), 0..9).prop_map(Array::I64),
        vec(number(), 0..9).prop_map(|all| Array::F64(all.into_iter().map(f64::from).collect())),
    ];
    prop_oneof![scalars, arrays.prop_map(Value::Array)]
}

/// A shape whose rows fill blocks of 32, a type, and as many values.
fn tensor() -> impl Strategy<Value = (Vec<u64>, TensorType, Vec<f32>)> {
    let kinds = prop_oneof![
        Just(TensorType::F32),
        Just(TensorType::F16),
        Just(TensorType::Q8_0),
        Just(TensorType::Q4_0)
    ];
    (0_u64..3, vec(1_u64..4, 0..4), kinds).prop_flat_map(|(row, rest, kind)| {
        let row = if kind.block_len() == 1 {
            row * 7
        } else {
            row * 32
        };
        let dims: Vec<u64> = [row].into_iter().chain(rest).collect();
        let elements = dims.iter().product::<u64>() as usize;
        (Just(dims), Just(kind), vec(-1e4_f32..1e4, elements))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_written_file_is_read_back_equal(
        metadata in btree_map("[a-z._]{1,12}", value(), 0..8),
        tensors in btree_map("[a-z0-9.]{1,12}", tensor(), 0..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.gguf");
        let mut writer = Writer::new();
        for (key, value) in &metadata {
            writer.set(key, value.clone()).unwrap();
        }
        for (name, (dims, kind, values)) in &tensors {
            writer.tensor(name, dims, *kind, values).unwrap();
        }
        let bytes = writer.write(&path).unwrap();
        let file = Gguf::open(&path).unwrap();
        prop_assert_eq!(file.file_bytes(), bytes);
        prop_assert_eq!((file.version(), file.alignment(), file.data_start() % 32), (3, 32, 0));
        let read: Vec<_> = file.metadata().iter().map(|(key, value)| (key, value)).collect();
        prop_assert_eq!(read, metadata.iter().collect::<Vec<_>>());
        prop_assert_eq!(file.tensors().len(), tensors.len());
        for (tensor, (name, (dims, kind, values))) in file.tensors().iter().zip(&tensors) {
            prop_assert_eq!((tensor.name(), tensor.dims(), tensor.kind()), (name.as_str(), &dims[..], *kind));
            prop_assert_eq!(tensor.offset() % 32, 0);
            let encoded = quant::encode(*kind, values).unwrap().unwrap();
            prop_assert_eq!(file.tensor_bytes(name).unwrap(), encoded);
        }
    }

    /// Half a step of q8_0 is the largest value / 254; a step of q4_0 is the largest value / 8, and the
    /// far end of the other sign may be a whole step off. Both plus the rounding of the half-float scale.
    #[test]
    fn quantised_values_come_back_within_their_step(values in vec(-1e4_f32..1e4, 32)) {
        let largest = values.iter().fold(0.0_f32, |max, v| max.max(v.abs()));
        for (kind, step) in [(TensorType::Q8_0, 1.0 / 254.0), (TensorType::Q4_0, 1.0 / 8.0)] {
            let bytes = quant::encode(kind, &values).unwrap().unwrap();
            let back = quant::decode(kind, &bytes).unwrap();
            for (value, back) in values.iter().zip(back) {
                prop_assert!((value - back).abs() <= largest * (step + 0.001), "{kind}: {value} became {back}");
            }
        }
    }

    #[test]
    fn no_float_makes_the_encoders_panic(values in vec(any::<f32>(), 32)) {
        for kind in [TensorType::F32, TensorType::F16, TensorType::Q8_0, TensorType::Q4_0] {
            if let Ok(bytes) = quant::encode(kind, &values).unwrap() {
                let back = quant::decode(kind, &bytes).unwrap();
                prop_assert!(kind == TensorType::F32 || back.iter().all(|v| v.is_finite()));
            }
        }
    }
}

#[test]
fn nan_in_metadata_keeps_its_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.gguf");
    let odd = f32::from_bits(0x7fc0_1234);
    Writer::new().set("x", odd).unwrap().write(&path).unwrap();
    assert!(
        matches!(Gguf::open(&path).unwrap().get("x"), Some(Value::F32(v)) if v.to_bits() == 0x7fc0_1234)
    );
}

fn refusal(result: Result<&mut Writer, Error>) -> String {
    match result {
        Err(error @ Error::Unwritable { .. }) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn what_cannot_be_stored_is_refused_by_name() {
    let mut writer = Writer::new();
    writer
        .set("a", 1_u32)
        .unwrap()
        .tensor("t", &[2], TensorType::F32, &[1.0, 2.0])
        .unwrap();
    assert!(refusal(writer.set("a", 2_u32)).contains("set already"));
    assert!(refusal(writer.set("", 2_u32)).contains("1 to 65535"));
    assert!(refusal(writer.set("general.alignment", 64_u32)).contains("32 bytes"));
    assert!(refusal(writer.tensor("t", &[1], TensorType::F32, &[1.0])).contains("taken"));
    assert!(refusal(writer.tensor(&"n".repeat(64), &[1], TensorType::F32, &[1.0])).contains("63"));
    assert!(refusal(writer.tensor("u", &[1; 5], TensorType::F32, &[1.0])).contains("dimensions"));
    assert!(refusal(writer.tensor("u", &[3], TensorType::F32, &[1.0])).contains("12 bytes, not 4"));
    assert!(refusal(writer.tensor("u", &[16, 2], TensorType::Q8_0, &[1.0; 32])).contains("16"));
    assert!(refusal(writer.tensor("u", &[256], TensorType::Q4_K, &[1.0; 256])).contains("q4_K"));
    let mut values = [1.0; 32];
    values[5] = f32::NAN;
    assert!(
        refusal(writer.tensor("u", &[32], TensorType::Q8_0, &values)).contains("value 5 is NaN")
    );
    assert!(refusal(writer.tensor("u", &[1], TensorType::F16, &[1e6])).contains("1000000"));
    assert!(
        refusal(writer.tensor("u", &[1 << 40, 1 << 40], TensorType::F32, &[])).contains("memory")
    );
    writer
        .tensor("u", &[1], TensorType::F32, &[f32::NAN])
        .unwrap();
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_litter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("there.gguf");
    std::fs::create_dir(&path).unwrap();
    let error = Writer::new().write(&path).unwrap_err();
    assert!(error.to_string().contains("there.gguf"), "{error}");
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["there.gguf"]);
    assert!(
        Writer::new()
            .write(folder.path().join("nowhere/x.gguf"))
            .is_err()
    );
}

#[cfg(unix)]
#[test]
fn a_written_file_can_be_read_by_others_as_far_as_the_umask_allows() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (ours, plain) = (folder.path().join("ours.gguf"), folder.path().join("plain"));
    Writer::new().write(&ours).unwrap();
    std::fs::write(&plain, "").unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(ours), mode(plain));
}

#[test]
fn strings_lie_behind_one_another() {
    let strings: Strings = ["a", "", "bc"].into_iter().collect();
    assert_eq!(strings.iter().collect::<Vec<_>>(), [&b"a"[..], b"", b"bc"]);
    assert_eq!((strings.len(), strings.get(3)), (3, None));
}
