use super::*;
use crate::catalogue::{HubFile, Kind};
use std::fs::File;

// SHA-256 of "abc": FIPS 180-2.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn entry() -> Entry {
    Entry {
        name: "toy",
        title: "Toy",
        file_name: "toy.gguf",
        bytes: 3,
        sha256: ABC,
        licence: "none",
        kind: Kind::Base,
        hub: Some(HubFile {
            repo: "o/n",
            revision: "main",
            file: "sub/t.gguf",
        }),
        packages: None,
    }
}

fn with(name: &str, bytes: &[u8]) -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let cache = Cache::at(folder.path());
    (folder, cache)
}

fn state(cache: &Cache) -> State {
    cache.state(&entry()).unwrap()
}

fn present(cache: &Cache) -> bool {
    matches!(state(cache), State::Present { .. })
}

/// Changes the bytes but neither the size nor the time of last change.
fn swap_unseen(path: &Path, bytes: &[u8]) {
    let before = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, bytes).unwrap();
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(before)
        .unwrap();
}

#[test]
fn the_environment_decides_where_files_lie() {
    let from = |pairs: &[(&str, &str)]| {
        let find = |name: &str| {
            pairs
                .iter()
                .find(|pair| pair.0 == name)
                .map(|pair| pair.1.into())
        };
        Cache::from_lookup(&find).unwrap()
    };
    let cache = from(&[
        ("WHET_CACHE", "/w"),
        ("HF_HOME", "/h"),
        ("HF_HUB_CACHE", "/c"),
    ]);
    assert_eq!(cache, Cache::at("/w").with_hugging_face("/c"));
    let cache = from(&[
        ("WHET_CACHE", "/w"),
        ("HF_HOME", "/h"),
        ("HF_HUB_CACHE", ""),
    ]);
    assert_eq!(cache, Cache::at("/w").with_hugging_face("/h/hub"));
    assert!(
        from(&[("WHET_CACHE", "")])
            .folder()
            .ends_with("whetstone/models")
    );
    assert!(from(&[]).hugging_face.unwrap().ends_with("huggingface/hub"));
}

#[test]
fn each_state_is_told_apart() {
    assert_eq!(state(&Cache::at("no/such/folder")), State::Absent);
    assert!(present(&with("toy.gguf", b"abc").1));
    assert_eq!(
        state(&with("toy.gguf.part", b"ab").1),
        State::Partial { bytes: 2 }
    );
    assert_eq!(
        state(&with("toy.gguf.wheels.part", b"a").1),
        State::Partial { bytes: 1 }
    );
    assert_eq!(state(&with("toy.gguf.part", b"").1), State::Absent);
    for (bytes, reason) in [
        (&b"ab"[..], "2 bytes instead of 3"),
        (b"abd", "SHA-256"),
        (b"", "0 bytes"),
    ] {
        let State::Damaged { cause } = state(&with("toy.gguf", bytes).1) else {
            panic!("{reason}")
        };
        assert!(cause.contains(reason), "{cause}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("toy.gguf")).unwrap();
    assert!(matches!(
        state(&Cache::at(folder.path())),
        State::Damaged { .. }
    ));
}

#[test]
fn a_sealed_file_is_not_hashed_again_until_it_changes() {
    let (folder, cache) = with("toy.gguf", b"abc");
    assert!(present(&cache));
    let path = folder.path().join("toy.gguf");
    swap_unseen(&path, b"xyz");
    assert!(present(&cache), "the seal was not used");
    let later =
        fs::metadata(&path).unwrap().modified().unwrap() + std::time::Duration::from_secs(1);
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(later)
        .unwrap();
    assert!(
        matches!(state(&cache), State::Damaged { .. }),
        "a changed file was not hashed"
    );
    fs::write(&path, "abcd").unwrap();
    assert!(matches!(state(&cache), State::Damaged { .. }));
}

#[test]
fn a_broken_or_foreign_seal_is_worth_nothing() {
    let (folder, cache) = with("toy.gguf", b"abc");
    assert!(present(&cache));
    let (path, seal) = (
        folder.path().join("toy.gguf"),
        folder.path().join("toy.gguf.ok.json"),
    );
    swap_unseen(&path, b"xyz");
    let good = fs::read_to_string(&seal).unwrap();
    for bad in [
        good.replace(ABC, &"0".repeat(64)),
        good[..good.len() / 2].to_owned(),
        String::new(),
    ] {
        fs::write(&seal, bad).unwrap();
        assert!(matches!(state(&cache), State::Damaged { .. }));
    }
}

#[test]
fn a_right_file_in_the_hugging_face_cache_is_used_where_it_lies() {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = Cache::at(own.path()).with_hugging_face(other.path());
    let snapshots = other.path().join("models--o--n/snapshots");
    for (revision, bytes) in [("aaa", "abd"), ("bbb", "abc"), ("ccc", "ab")] {
        fs::create_dir_all(snapshots.join(revision).join("sub")).unwrap();
        fs::write(snapshots.join(revision).join("sub/t.gguf"), bytes).unwrap();
    }
    fs::create_dir_all(snapshots.join("empty")).unwrap();
    let right = snapshots.join("bbb/sub/t.gguf");
    assert_eq!(
        state(&cache),
        State::Present {
            path: right.clone()
        }
    );
    assert!(own.path().join("toy.gguf.hf.ok.json").is_file());
    assert!(!own.path().join("toy.gguf.ok.json").exists());
    swap_unseen(&right, b"xyz");
    assert_eq!(
        state(&cache),
        State::Present {
            path: right.clone()
        },
        "the seal was not used"
    );
    fs::write(&right, "abd").unwrap();
    assert_eq!(state(&cache), State::Absent);
}

#[test]
fn the_seal_of_one_file_does_not_vouch_for_another_path() {
    let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = Cache::at(own.path()).with_hugging_face(other.path());
    let snapshots = other.path().join("models--o--n/snapshots");
    let put = |revision: &str| {
        fs::create_dir_all(snapshots.join(revision).join("sub")).unwrap();
        let path = snapshots.join(revision).join("sub/t.gguf");
        fs::write(&path, "abc").unwrap();
        path
    };
    let first = put("bbb");
    assert!(present(&cache));
    let second = put("aaa");
    fs::write(&second, "abd").unwrap();
    let same = fs::metadata(&first).unwrap().modified().unwrap();
    File::options()
        .write(true)
        .open(&second)
        .unwrap()
        .set_modified(same)
        .unwrap();
    assert_eq!(state(&cache), State::Present { path: first });
}

#[test]
fn a_damaged_own_file_does_not_hide_a_right_one_elsewhere() {
    let (folder, cache) = with("toy.gguf", b"abd");
    let snapshot = folder.path().join("hf/models--o--n/snapshots/r/sub");
    fs::create_dir_all(&snapshot).unwrap();
    fs::write(snapshot.join("t.gguf"), "abc").unwrap();
    assert!(matches!(state(&cache), State::Damaged { .. }));
    assert!(present(&cache.with_hugging_face(folder.path().join("hf"))));
}

#[test]
fn what_is_removed_goes_with_its_seal_and_its_parts_and_nothing_else_does() {
    let (folder, cache) = with("toy.gguf", b"abc");
    assert!(present(&cache));
    for name in ["toy.gguf.part", "toy.gguf.part.json", "other.gguf"] {
        fs::write(folder.path().join(name), b"12345").unwrap();
    }
    assert_eq!(
        cache.held(&entry()),
        3 + 3,
        "a part counts as far as the file is long"
    );
    cache.remove(&entry()).unwrap();
    assert_eq!((cache.held(&entry()), state(&cache)), (0, State::Absent));
    let mut left: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["other.gguf", "toy.gguf.lock"]);
    cache.remove(&entry()).unwrap();
}

#[test]
fn nothing_is_removed_while_somebody_fetches_it() {
    let (folder, cache) = with("toy.gguf", b"abc");
    let lock = File::create(folder.path().join("toy.gguf.lock")).unwrap();
    lock.lock().unwrap();
    let refused = cache.remove(&entry()).unwrap_err().to_string();
    assert!(
        refused.contains("another process is fetching it"),
        "{refused}"
    );
    assert!(present(&cache));
}
