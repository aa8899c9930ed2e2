//! Source files become windows: every token once, whole files held out, and nothing that is no text.

use std::path::Path;

use improve::Error;
use improve::sources::{ENDINGS, Sources};

use super::Bytes;

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn endings() -> Vec<String> {
    ENDINGS.map(str::to_owned).to_vec()
}

fn names(sources: &Sources) -> Vec<String> {
    let paths = sources.files.iter();
    paths.map(|file| file.path.display().to_string()).collect()
}

#[test]
fn files_are_taken_in_the_order_of_their_paths_and_what_is_unfit_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    write(at, "b.rs", b"fn b() {}");
    write(at, "a/z.py", b"z = 1");
    write(at, "a/copy.py", b"z = 1");
    write(at, "broken.rs", &[0xff, 0xfe, 0x00]);
    write(at, "empty.rs", b"");
    write(at, "notes.txt", b"no source");
    write(at, "target/made.rs", b"fn made() {}");
    write(at, ".git/hook.sh", b"exit 1");
    std::os::unix::fs::symlink(at, at.join("loop")).unwrap();
    let found = Sources::read(at, &endings()).unwrap();
    assert_eq!(names(&found), ["a/copy.py", "b.rs"]);
    assert_eq!((found.equal, found.unfit), (1, 2));
    let text = Sources::read(at, &["txt".to_owned()]).unwrap();
    assert_eq!(names(&text), ["notes.txt"]);
    let none = Sources::read(at, &["hs".to_owned()]);
    assert!(matches!(none, Err(Error::Nothing(_))));
}

#[test]
fn every_token_but_the_first_of_all_is_learnt_once() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.rs", b"0123456789");
    write(folder.path(), "b.rs", b"abcdef");
    let sources = Sources::read(folder.path(), &endings()).unwrap();
    // A token begins a text and one ends it.
    let row = (10 + 2) + (6 + 2);
    for window in [1, 3, 7, 19, 100] {
        let split = sources.split(&Bytes, window, (0.0, 1));
        assert!(split.held_out.is_empty());
        let learnt: usize = split.trained.iter().map(|one| one.goals()).sum();
        assert_eq!(learnt, row - 1, "{window}");
        let longest = split.trained.iter().map(|one| one.tokens.len()).max();
        assert_eq!(longest, Some((window + 1).min(row)), "{window}");
        let pairs = split.trained.windows(2);
        for pair in pairs {
            assert_eq!(pair[0].tokens.last(), pair[1].tokens.first());
        }
    }
}

#[test]
fn whole_files_are_held_out_and_the_seed_says_which() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..20 {
        let text = format!("let line_of_file_{i} = {i};");
        write(folder.path(), &format!("{i}.rs"), text.as_bytes());
    }
    let sources = Sources::read(folder.path(), &endings()).unwrap();
    let split = sources.split(&Bytes, 16, (0.2, 1));
    let text = |side: &[improve::Example]| {
        let tokens = side.iter().flat_map(|one| &one.tokens[1..]);
        let bytes = tokens
            .filter(|token| **token > 2)
            .map(|token| (*token - 3) as u8);
        String::from_utf8(bytes.collect()).unwrap()
    };
    let (trained, held) = (text(&split.trained), text(&split.held_out));
    assert_eq!(held.matches("let ").count(), 4, "{held}");
    assert_eq!(trained.matches("let ").count(), 16, "{trained}");
    for i in 0..20 {
        let name = format!("line_of_file_{i} ");
        assert!(trained.contains(&name) != held.contains(&name), "{i}");
    }
    assert_eq!(split, sources.split(&Bytes, 16, (0.2, 1)));
    assert_ne!(split, sources.split(&Bytes, 16, (0.2, 2)));
}
