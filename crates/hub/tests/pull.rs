//! What a pull promises whatever the source: no needless work, one at a time, stopped when asked,
//! and an error that says everything.
#![allow(clippy::unwrap_used, reason = "test program")]

mod loopback;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use hub::{Error, Progress, Silent};
use loopback::{Bench, Reply, Server, entry_of, noise, only_hub};

const SIZE: usize = 700_001;

#[test]
fn a_present_file_asks_nobody() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let entry = entry_of(&file);
    fs::write(bench.file(""), &file).unwrap();
    let server = Server::start(|_, _| Reply::whole(b""));
    bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert!(server.requests().is_empty());
}

#[test]
fn a_damaged_file_is_replaced() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    fs::write(bench.file(""), vec![7; SIZE]).unwrap();
    let server = Server::start(move |request, _| Reply::honest(request, &served));
    bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

/// Sets the flag as soon as bytes arrive.
struct Impatient<'a>(&'a AtomicBool);

impl Progress for Impatient<'_> {
    fn stage(&mut self, _: &str) {}
    fn bytes(&mut self, done: u64, total: u64) {
        assert!(done <= total);
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_user_who_stops_during_a_silence_keeps_what_arrived() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    let (end, silence): (Sender<()>, _) = channel();
    let silence = std::sync::Mutex::new(Some(silence));
    let server = Server::start(move |request, _| {
        let hold = silence.lock().unwrap().take();
        Reply {
            hold,
            ..Reply::honest(request, &served).cut(100)
        }
    });
    let stop = AtomicBool::new(false);
    let sources = only_hub(&server.endpoint);
    let error = bench
        .pull_with(&entry, &sources, &mut Impatient(&stop), &stop)
        .unwrap_err();
    assert!(
        matches!(&error, Error::Interrupted { name } if name == "toy"),
        "{error}"
    );
    assert_eq!(fs::read(bench.file(".part")).unwrap(), &file[..100]);
    assert!(!bench.file("").exists());
    drop(end);
    let served = file.clone();
    let server = Server::start(move |request, _| Reply::honest(request, &served));
    bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert_eq!(server.requests()[0].offset(), Some(100));
}

#[test]
fn a_flag_that_is_already_set_opens_no_connection() {
    let bench = Bench::new();
    let server = Server::start(|_, _| Reply::whole(b""));
    let set = AtomicBool::new(true);
    let sources = only_hub(&server.endpoint);
    let error = bench
        .pull_with(&entry_of(b"x"), &sources, &mut Silent, &set)
        .unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }));
    assert!(server.requests().is_empty());
}

#[test]
fn two_pulls_at_once_download_once() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    let server = Server::start(move |request, _| Reply::honest(request, &served));
    let sources = only_hub(&server.endpoint);
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| bench.pull(&entry, &sources).unwrap()))
            .collect();
        for pull in pulls {
            assert_eq!(fs::read(pull.join().unwrap()).unwrap(), file);
        }
    });
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn who_waits_for_another_pull_is_told_and_can_stop() {
    struct Told<'a>(Vec<String>, &'a AtomicBool);
    impl Progress for Told<'_> {
        fn stage(&mut self, text: &str) {
            self.0.push(text.to_owned());
            self.1.store(true, Ordering::Relaxed);
        }
        fn bytes(&mut self, _: u64, _: u64) {}
    }
    let bench = Bench::new();
    let held = fs::File::create(bench.file(".lock")).unwrap();
    held.lock().unwrap();
    let stop = AtomicBool::new(false);
    let mut told = Told(Vec::new(), &stop);
    let sources = only_hub("http://127.0.0.1:1");
    let error = bench
        .pull_with(&entry_of(b"x"), &sources, &mut told, &stop)
        .unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    assert!(
        told.0.len() == 1 && told.0[0].contains("waiting"),
        "{:?}",
        told.0
    );
}

#[test]
fn when_nothing_works_every_source_and_a_remedy_are_named() {
    let (bench, entry) = (Bench::new(), entry_of(b"x"));
    // A port that was free a moment ago and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let said = bench
        .pull(&entry, &only_hub(&format!("http://{port}")))
        .unwrap_err()
        .to_string();
    for word in [
        "Hugging Face Hub",
        "owner/repo",
        "refused",
        "Python packages",
        "remedy",
        entry.sha256,
    ] {
        assert!(said.contains(word), "{word} is missing in: {said}");
    }
}

#[test]
fn a_file_that_no_disk_can_hold_asks_nobody() {
    let bench = Bench::new();
    let entry = hub::Entry {
        bytes: 1 << 60,
        ..entry_of(b"x")
    };
    let server = Server::start(|_, _| Reply::whole(b""));
    let error = bench.pull(&entry, &only_hub(&server.endpoint)).unwrap_err();
    assert!(matches!(error, Error::NoSpace { .. }), "{error}");
    assert!(server.requests().is_empty());
}
