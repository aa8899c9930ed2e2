//! The untrained shapes: marked, complete, and the same bytes everywhere.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use std::ops::ControlFlow;
use std::path::Path;

use gguf::{Gguf, ModelFacts};
use model::variants::{self, Variant};
use model::{Error, Precision, Step};
use sha2::{Digest, Sha256};

fn go_on(_: Step) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn sha256(path: &Path) -> String {
    let sum = Sha256::digest(std::fs::read(path).unwrap());
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_shape_is_the_same_file_on_every_machine_and_says_that_it_is_untrained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let tiny = Variant::find("smallcoder-tiny").unwrap();
    let mut last = None;
    let written = tiny.write(&path, Precision::Q4_0, 42, &mut |step| {
        last = Some(step);
        ControlFlow::Continue(())
    });
    let last = last.unwrap();
    assert_eq!(last.done, last.total);
    let file = Gguf::open(&path).unwrap();
    assert_eq!(file.file_bytes(), written.unwrap());
    assert!(variants::is_untrained(&file));
    let facts = ModelFacts::of(&file).unwrap();
    assert!(facts.name.as_deref().unwrap().contains("untrained"));
    assert_eq!(facts.weights.parameters, tiny.parameters());
    assert_eq!(facts.context_length, Some(tiny.context().into()));
    assert_eq!(facts.vocabulary, Some(32_000));
    let f16 = gguf::CacheType::F16;
    let per_token = facts.kv_bytes_per_token(f16, f16).unwrap();
    assert_eq!(per_token, 12_288, "keys and values, as computed for it");
    let padding = &file.tensor_values("token_embd.weight").unwrap()[..768];
    assert!(padding.iter().all(|weight| *weight == 0.0));
    // Written by this program; a change of the generator or of a block format would change it.
    assert_eq!(sha256(&path), SUM);
}

const SUM: &str = "4c97e25caa36992f768d8c59a7034605ffc9e180b31f3aff0b6e953e5d6ec58b";

#[test]
fn a_stop_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    let tiny = Variant::find("smallcoder-tiny").unwrap();
    let mut pieces = 0;
    let stopped = tiny.write(&path, Precision::F16, 1, &mut |_| {
        pieces += 1;
        if pieces == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("tiny.gguf");
    let tiny = Variant::find("smallcoder-tiny").unwrap();
    let said = tiny
        .write(&path, Precision::F16, 1, &mut go_on)
        .unwrap_err();
    assert!(said.to_string().contains("tiny.gguf"), "{said}");
}
