//! Damaged and foreign files: a sentence that names the file, never a crash.
//!
//! A crash of llama.cpp ends its process, so whole batches of damaged files are tried in children of
//! this test. A child says which file it is about to try; where one dies, the parent reports that file
//! and starts the next child behind it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use engine::{Error, Feed, Logits, Model};
use gguf::{Gguf, Strings, Value};
use llama::Llama;

use super::{options, rewritten, shape, toy_file};

/// Set in a child: number of the first damage to try.
const FIRST: &str = "WHET_TEST_FIRST_DAMAGE";
/// The only test that a child runs.
const CHILD: &str = "hostile::a_damaged_file_gives_an_error_or_logits_but_never_a_crash";
const FLIPS: u64 = 300;

/// A number that looks random: SplitMix64.
fn spread(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Changes one byte: four of five times in the header, which is small beside the weights.
fn flip(bytes: &mut [u8], header: u64, n: u64) {
    let span = if n.is_multiple_of(5) {
        bytes.len() as u64
    } else {
        header
    };
    let place = (spread(n) % span) as usize;
    bytes[place] ^= 1 << (spread(n + 7_000_000) % 8);
}

/// Loads a file and feeds a few tokens; errors are fine.
fn try_file(path: &Path) -> Result<(), Error> {
    let model = Llama::load(path, &options(None))?;
    let mut session = model.open(shape(2, 64))?;
    for tokens in [&[1u32, 70, 71, 72][..], &[73]] {
        let feed = Feed {
            sequence: 1,
            tokens,
            logits: Logits::All,
        };
        session.feed(&[feed], &mut |row| assert!(!row.logits.is_empty()))?;
    }
    let _ = model.tokenizer().encode("a b<s>", engine::Special::Parse);
    (0..260).for_each(|token| drop(model.tokenizer().text(token)));
    Ok(())
}

/// What a metadata entry is replaced by; `None` leaves it out.
fn replacements() -> Vec<Option<Value>> {
    vec![
        None,
        Some("text".into()),
        Some("no_vocab".into()),
        Some("gpt2".into()),
        Some((-1i32).into()),
        Some(0u32.into()),
        Some(u32::MAX.into()),
        Some(f32::NAN.into()),
        Some(true.into()),
        Some(vec![1u32, 2].into()),
        Some(Strings::new().into()),
    ]
}

/// Writes the damaged file of number `n`: a flipped bit, then entries replaced one by one. False
/// when there are no more.
fn damage(n: u64, whole: &Path, path: &Path) -> bool {
    let file = Gguf::open(whole).unwrap();
    if n < FLIPS {
        let mut bytes = fs::read(whole).unwrap();
        flip(&mut bytes, file.data_start(), n);
        fs::write(path, bytes).unwrap();
        return true;
    }
    let (values, n) = (replacements(), (n - FLIPS) as usize);
    let Some((damaged, _)) = file.metadata().get(n / values.len()) else {
        return false;
    };
    rewritten(whole, path, &|key, old| {
        let value = if key == damaged {
            values[n % values.len()].clone()?
        } else {
            old.clone()
        };
        Some((key.to_owned(), value))
    });
    true
}

/// The work of a child: every damage from `first` on.
fn try_damages(first: u64) {
    let (folder, whole) = toy_file(7);
    let path = folder.path().join("damaged.gguf");
    for n in first.. {
        println!("damage {n}");
        if !damage(n, &whole, &path) {
            return;
        }
        if let Err(error @ Error::Load { .. }) = try_file(&path) {
            assert!(error.to_string().contains("damaged.gguf"), "{error}");
        }
    }
}

#[test]
fn a_damaged_file_gives_an_error_or_logits_but_never_a_crash() {
    if let Ok(first) = std::env::var(FIRST) {
        return try_damages(first.parse().unwrap());
    }
    let (mut first, mut dead) = (0, Vec::new());
    loop {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([CHILD, "--exact", "--nocapture"])
            .env(FIRST, first.to_string())
            .env("GGML_NO_BACKTRACE", "1")
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        if child.status.success() {
            break;
        }
        let said = String::from_utf8_lossy(&child.stdout).into_owned();
        let mut tried = said.lines().filter_map(|line| line.strip_prefix("damage "));
        let last: u64 = tried
            .next_back()
            .expect("a child tries at least one")
            .parse()
            .unwrap();
        let errors = String::from_utf8_lossy(&child.stderr).into_owned();
        dead.push((
            last,
            child.status.to_string(),
            errors.chars().take(600).collect::<String>(),
        ));
        first = last + 1;
    }
    assert!(dead.is_empty(), "{} crashes: {dead:#?}", dead.len());
}

#[test]
fn a_cut_file_is_refused_by_name_wherever_it_is_cut() {
    let (folder, whole) = toy_file(7);
    let bytes = fs::read(&whole).unwrap();
    let header = Gguf::open(&whole).unwrap().data_start() as usize;
    let path = folder.path().join("cut.gguf");
    let in_header = (0..30).map(|i| i * header / 30);
    let in_weights = (1..=30).map(|i| header + i * (bytes.len() - header) / 30 - 1);
    for len in in_header.chain(in_weights) {
        fs::write(&path, &bytes[..len]).unwrap();
        let said = Llama::load(&path, &options(None)).err().unwrap();
        assert!(matches!(said, Error::Load { .. }));
        assert!(said.to_string().contains("cut.gguf"), "at {len}: {said}");
    }
}

#[test]
fn a_missing_file_and_a_folder_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("nothing.gguf"), folder.path().to_owned()] {
        let said = Llama::load(&path, &options(None))
            .err()
            .unwrap()
            .to_string();
        assert!(said.contains(path.to_str().unwrap()), "{said}");
    }
}

#[test]
fn an_unknown_architecture_is_refused_by_its_name() {
    let (folder, whole) = toy_file(7);
    let path = folder.path().join("foreign.gguf");
    rewritten(&whole, &path, &|key, value| match key {
        "general.architecture" => Some((key.to_owned(), "abacus".into())),
        _ => Some((key.replacen("llama.", "abacus.", 1), value.clone())),
    });
    let said = Llama::load(&path, &options(None))
        .err()
        .unwrap()
        .to_string();
    assert!(
        said.contains("foreign.gguf") && said.contains("abacus"),
        "{said}"
    );
}

#[test]
fn a_vocabulary_that_does_not_fit_the_embedding_is_refused() {
    let (folder, whole) = toy_file(7);
    for n in [259usize, 261] {
        let path = folder.path().join("vocabulary.gguf");
        rewritten(&whole, &path, &|key, value| {
            let value = match (key, value) {
                ("tokenizer.ggml.tokens", _) => names(n).into(),
                ("tokenizer.ggml.scores", _) => vec![0.0f32; n].into(),
                ("tokenizer.ggml.token_type", _) => kinds(n).into(),
                _ => value.clone(),
            };
            Some((key.to_owned(), value))
        });
        let said = Llama::load(&path, &options(None))
            .err()
            .unwrap()
            .to_string();
        assert!(said.contains("vocabulary.gguf"), "{said}");
        assert!(
            said.contains("token_embd") && said.contains("260"),
            "{said}"
        );
    }
}

fn names(n: usize) -> Strings {
    let special = ["<unk>", "<s>", "</s>"].map(str::to_owned);
    let bytes = (0..=u8::MAX).map(|byte| format!("<0x{byte:02X}>"));
    let others = (0..).map(|i| format!("word{i}"));
    special
        .into_iter()
        .chain(bytes)
        .chain(others)
        .take(n)
        .collect()
}

fn kinds(n: usize) -> Vec<i32> {
    (0..n)
        .map(|i| match i {
            0 => 2,
            1 | 2 => 3,
            3..=258 => 6,
            _ => 1,
        })
        .collect()
}
