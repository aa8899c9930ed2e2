//! Files whose tensors pass through in pieces are the files whose tensors waited in memory.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use std::path::Path;

use gguf::{Error, Gguf, Sink, TensorType, Writer};

fn announced(dims: &[u64]) -> Writer {
    let mut writer = Writer::new();
    writer.set("general.architecture", "none").unwrap();
    writer.announce("a", dims, TensorType::F32).unwrap();
    writer
        .tensor("b", &[3], TensorType::F32, &[1.0, 2.0, 3.0])
        .unwrap();
    writer
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn pieces_give_the_bytes_of_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, streamed) = (folder.path().join("w.gguf"), folder.path().join("s.gguf"));
    let values: Vec<f32> = (0..35_u8).map(f32::from).collect();
    let mut writer = Writer::new();
    writer.set("general.architecture", "none").unwrap();
    writer
        .tensor("a", &[7, 5], TensorType::F32, &values)
        .unwrap();
    writer
        .tensor("b", &[3], TensorType::F32, &[1.0, 2.0, 3.0])
        .unwrap();
    let written = writer.write(&whole).unwrap();
    let writer = announced(&[7, 5]);
    assert_eq!(writer.file_bytes(), written);
    let by_rows = |name: &str, sink: &mut Sink<'_>| {
        assert_eq!(name, "a", "tensors with bytes are not asked for");
        for row in values.chunks(7) {
            let bytes: Vec<u8> = row.iter().flat_map(|v| v.to_le_bytes()).collect();
            sink.write(&bytes)?;
        }
        Ok::<_, Error>(())
    };
    assert_eq!(writer.write_with(&streamed, by_rows).unwrap(), written);
    assert_eq!(
        std::fs::read(whole).unwrap(),
        std::fs::read(streamed).unwrap()
    );
}

#[test]
fn too_few_or_too_many_bytes_leave_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.gguf");
    std::fs::write(&path, b"before").unwrap();
    let writer = announced(&[4]);
    for (bytes, word) in [(15, "last 1 bytes"), (17, "more bytes")] {
        let supply = |_: &str, sink: &mut Sink<'_>| sink.write(&vec![0; bytes]);
        let said = writer.write_with(&path, supply).unwrap_err().to_string();
        assert!(said.contains("\"a\"") && said.contains(word), "{said}");
    }
    let said = writer.write(&path).unwrap_err().to_string();
    assert!(said.contains("announced"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), b"before");
    assert_eq!(files_in(folder.path()), 1, "nothing half-written remains");
}

#[test]
fn the_suppliers_own_error_comes_back_and_nothing_remains() {
    #[derive(Debug)]
    struct Stopped;
    impl From<Error> for Stopped {
        fn from(error: Error) -> Self {
            panic!("{error}")
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.gguf");
    let supply = |_: &str, sink: &mut Sink<'_>| {
        sink.write(&[0; 4])?;
        Err(Stopped)
    };
    announced(&[4]).write_with(&path, supply).unwrap_err();
    assert_eq!(files_in(folder.path()), 0);
}

#[test]
fn a_tensor_refused_for_its_bytes_leaves_its_name_free() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::new();
    let short = writer.encoded_tensor("a", &[4], TensorType::F32, vec![0; 15]);
    assert!(short.is_err_and(|error| error.to_string().contains("takes 16 bytes, not 15")));
    writer
        .encoded_tensor("a", &[4], TensorType::F32, vec![0; 16])
        .unwrap();
    let path = folder.path().join("m.gguf");
    writer.write(&path).unwrap();
    assert_eq!(Gguf::open(&path).unwrap().tensors().len(), 1);
}
