//! Files built to deceive: lies about lengths, contradictions of the format, foreign files.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use gguf::{Error, Gguf};

fn open_bytes(bytes: &[u8]) -> Result<Gguf, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.gguf");
    std::fs::write(&path, bytes).unwrap();
    Gguf::open(path)
}

/// Bytes of a GGUF file, piece by piece.
struct Bytes(Vec<u8>);

impl Bytes {
    fn header(version: u32, tensors: u64, entries: u64) -> Self {
        let mut bytes = Self(b"GGUF".to_vec());
        bytes.0.extend(version.to_le_bytes());
        bytes.u64(tensors).u64(entries);
        bytes
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.0.extend(number.to_le_bytes());
        self
    }

    fn text(&mut self, text: &[u8]) -> &mut Self {
        self.u64(text.len() as u64).0.extend(text);
        self
    }

    fn tensor(&mut self, name: &str, dims: &[u64], kind: u32, offset: u64) -> &mut Self {
        self.text(name.as_bytes()).u32(dims.len() as u32);
        dims.iter().for_each(|&dim| {
            self.u64(dim);
        });
        self.u32(kind).u64(offset)
    }

    /// The message of opening the file with `spare` zero bytes behind it.
    fn message(&self, spare: usize) -> String {
        let mut bytes = self.0.clone();
        bytes.resize(bytes.len() + spare, 0);
        match open_bytes(&bytes) {
            Err(error) => error.to_string(),
            Ok(_) => "accepted".to_owned(),
        }
    }
}

#[test]
fn foreign_old_new_and_big_endian_files_are_told_apart() {
    assert!(
        open_bytes(b"PK\x03\x04 and more")
            .unwrap_err()
            .to_string()
            .contains("begins with \"PK\\x03\\x04\"")
    );
    assert!(Bytes::header(1, 0, 0).message(0).contains("version 1"));
    assert!(Bytes::header(0, 0, 0).message(0).contains("version 0"));
    assert!(Bytes::header(4, 0, 0).message(0).contains("version 4"));
    assert!(
        Bytes::header(3_u32.swap_bytes(), 0, 0)
            .message(0)
            .contains("big-endian")
    );
    for version in [2, 3] {
        assert_eq!(Bytes::header(version, 0, 0).message(0), "accepted");
    }
    assert!(
        Gguf::open("no/such/file")
            .unwrap_err()
            .to_string()
            .starts_with("cannot open no/such/file: ")
    );
    assert!(matches!(
        Gguf::open(std::env::temp_dir()),
        Err(Error::NotAFile { .. })
    ));
}

#[test]
fn claims_larger_than_the_file_are_refused_before_memory_is_taken() {
    assert!(
        Bytes::header(3, u64::MAX, 0)
            .message(0)
            .contains("more than the limit")
    );
    assert!(
        Bytes::header(3, 0, u64::MAX)
            .message(0)
            .contains("more than the limit")
    );
    assert!(
        Bytes::header(3, 1000, 0)
            .message(50)
            .contains("the list of 1000 tensors ends at byte 24024")
    );
    assert!(Bytes::header(3, 0, 1000).message(50).contains("is cut"));
    assert!(
        Bytes::header(3, 0, 1)
            .u64(u64::MAX)
            .message(50)
            .contains("is cut")
    );
    let array = |kind: u32, count: u64| {
        Bytes::header(3, 0, 1)
            .text(b"k")
            .u32(9)
            .u32(kind)
            .u64(count)
            .message(100)
    };
    assert!(
        array(6, 1 << 25).contains("is cut: metadata key k ends at byte 134"),
        "{}",
        array(6, 1 << 25)
    );
    assert!(array(8, 1 << 25).contains("is cut"));
    assert!(array(0, u64::MAX).contains("more than the limit"));
    assert!(
        array(8, 10).contains("accepted"),
        "ten empty strings fit into 100 bytes"
    );
}

fn entry(key: &[u8]) -> Bytes {
    let mut bytes = Bytes::header(3, 0, 1);
    bytes.text(key);
    bytes
}

#[test]
fn metadata_against_the_format_is_refused() {
    assert!(entry(b"").u32(0).message(50).contains("the key is empty"));
    assert!(entry(b"\xff\xfe").u32(0).message(50).contains("not UTF-8"));
    assert!(entry(b"k").u32(13).message(50).contains("value type 13"));
    assert!(
        entry(b"k")
            .u32(9)
            .u32(13)
            .u64(0)
            .message(50)
            .contains("array type 13")
    );
    assert!(
        entry(b"k")
            .u32(9)
            .u32(9)
            .u64(1)
            .message(50)
            .contains("arrays of arrays")
    );
    assert!(
        entry(b"k")
            .u32(7)
            .u32(2)
            .message(50)
            .contains("neither 0 nor 1")
    );
    assert!(
        entry(b"k")
            .u32(8)
            .text(b"\xff")
            .message(50)
            .contains("not UTF-8")
    );
    let twice = Bytes::header(3, 0, 2)
        .text(b"k")
        .u32(4)
        .u32(0)
        .text(b"k")
        .u32(4)
        .u32(0)
        .message(50);
    assert!(
        twice.contains("metadata key k: the key appears twice"),
        "{twice}"
    );
}

#[test]
fn alignments_that_are_no_power_of_two_are_refused() {
    assert!(
        entry(b"general.alignment")
            .u32(4)
            .u32(24)
            .message(50)
            .contains("no u32 power of two")
    );
    assert!(
        entry(b"general.alignment")
            .u32(4)
            .u32(0)
            .message(50)
            .contains("no u32 power of two")
    );
    assert!(
        entry(b"general.alignment")
            .u32(10)
            .u64(32)
            .message(50)
            .contains("no u32 power of two")
    );
    assert!(
        entry(b"general.alignment")
            .u32(4)
            .u32(1 << 31)
            .message(50)
            .contains("accepted")
    );
}

#[test]
fn tensors_against_the_format_are_refused() {
    let one = |dims: &[u64], kind: u32, offset: u64| {
        Bytes::header(3, 1, 0)
            .tensor("t", dims, kind, offset)
            .message(64)
    };
    assert_eq!(one(&[4], 0, 0), "accepted");
    assert_eq!(one(&[], 0, 0), "accepted");
    assert!(one(&[1; 5], 0, 0).contains("dimensions"));
    assert!(one(&[32], 4, 0).contains("unknown type 4"));
    assert!(one(&[32], 43, 0).contains("unknown type 43"));
    assert!(one(&[31], 8, 0).contains("whole q8_0 blocks"));
    assert!(one(&[1 << 62, 4], 0, 0).contains("larger than any memory"));
    assert!(
        one(&[1 << 62, 0], 0, 0) == "accepted",
        "no elements take no bytes"
    );
    assert!(
        one(&[u64::MAX, 0], 0, 0).contains("larger than any memory"),
        "a negative length in the C struct"
    );
    assert!(one(&[1 << 62], 0, 0).contains("larger than any memory"));
    assert!(one(&[1 << 60], 0, 0).contains("is cut"));
    assert!(one(&[4], 0, 32).contains("lies at byte 32 of the data, not at 0"));
    assert!(one(&[4], 0, u64::MAX).contains("not at 0"));
    assert!(one(&[1000], 0, 0).contains("tensor t ends at byte 4064"));
    let pair = |first: &str, second: &str, offset: u64| {
        Bytes::header(3, 2, 0)
            .tensor(first, &[9], 0, 0)
            .tensor(second, &[1], 0, offset)
            .message(200)
    };
    assert_eq!(pair("a", "b", 64), "accepted");
    assert!(pair("a", "b", 32).contains("tensor b: it lies at byte 32 of the data, not at 64"));
    assert!(pair("a", "a", 64).contains("appears twice"));
    let long = "n".repeat(64);
    assert!(pair(&long, "b", 64).contains("more than the limit of 63"));
}
