//! A cache of verdicts must never hand out what it was not given.

#![allow(clippy::unwrap_used, reason = "tests")]

mod example;

use std::fs;
use std::path::PathBuf;

use example::verdict;
use ledger::{Error, Precedents};
use tempfile::TempDir;

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn kept() -> (TempDir, Precedents, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let precedents = Precedents::open(folder.path()).unwrap();
    precedents.keep(KEY, &verdict(0)).unwrap();
    let place = folder.path().join("01").join(format!("{KEY}.json"));
    (folder, precedents, place)
}

#[test]
fn what_was_kept_is_found_also_by_whoever_opens_the_folder_later() {
    let (folder, precedents, _) = kept();
    assert_eq!(precedents.find(KEY), Some(verdict(0)));
    let later = Precedents::open(folder.path()).unwrap();
    assert_eq!(later.find(KEY), Some(verdict(0)));
    assert_eq!(later.find(&KEY.replace('0', "1")), None);
}

#[test]
fn a_file_that_was_cut_anywhere_is_no_precedent_and_can_be_written_again() {
    let (_folder, precedents, place) = kept();
    let whole = fs::read(&place).unwrap();
    for length in 0..whole.len() {
        fs::write(&place, &whole[..length]).unwrap();
        assert_eq!(precedents.find(KEY), None, "cut at {length}");
    }
    precedents.keep(KEY, &verdict(1)).unwrap();
    assert_eq!(precedents.find(KEY), Some(verdict(1)));
}

#[test]
fn a_verdict_of_another_version_is_no_precedent() {
    let (_folder, precedents, place) = kept();
    let text = fs::read_to_string(&place).unwrap();
    let other = text.replace("\"schema_version\":1", "\"schema_version\":2");
    assert_ne!(other, text);
    fs::write(&place, other).unwrap();
    assert_eq!(precedents.find(KEY), None);
}

#[test]
fn a_key_that_is_no_hash_leads_nowhere() {
    let (folder, precedents, _) = kept();
    let long = "a".repeat(65);
    for key in ["", "..", "../../etc/passwd", "zz", &KEY[..63], &long] {
        assert_eq!(precedents.find(key), None, "{key}");
        let refused = precedents.keep(key, &verdict(0));
        assert!(matches!(refused, Err(Error::Name { .. })), "{key}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
