//! The Hub route against a loopback server that behaves well, badly and maliciously.
#![allow(clippy::unwrap_used, reason = "test program")]

mod loopback;

use std::fs;
use std::sync::atomic::Ordering;

use hub::{Error, Hub, Route, State};
use loopback::{Bench, CLEAN, ETAG, Reply, Server, entry_of, noise, only_hub};
use proptest::prelude::*;

const SIZE: usize = 700_001;

fn cause(error: &Error) -> String {
    match error {
        Error::Unavailable { attempts, .. } => attempts[0].cause.clone(),
        other => panic!("{other}"),
    }
}

/// Pulls from a server with this script, expects failure, and returns the Hub's reason.
fn refused(
    script: impl Fn(&loopback::Request, usize) -> Reply + Send + 'static,
) -> (Bench, String) {
    let (bench, entry) = (Bench::new(), entry_of(&noise(SIZE)));
    let server = Server::start(script);
    let error = bench.pull(&entry, &only_hub(&server.endpoint)).unwrap_err();
    assert!(!bench.file("").exists(), "a failed pull left a final file");
    (bench, cause(&error))
}

#[test]
fn a_whole_file_arrives_sealed_and_nothing_else_stays() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    let server = Server::start(move |request, _| Reply::honest(request, &served));
    let path = bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert_eq!(fs::read(path).unwrap(), file);
    assert_eq!(bench.names(), CLEAN);
    let request = &server.requests()[0];
    assert_eq!(request.path, "/owner/repo/resolve/main/toy.gguf");
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    assert_eq!(
        (request.header("range"), request.header("authorization")),
        (None, None)
    );
}

#[test]
fn a_cut_connection_goes_on_at_the_byte_where_it_broke() {
    for cut in [1, 2, 65_536, SIZE / 2, SIZE - 1] {
        let (bench, file) = (Bench::new(), noise(SIZE));
        let (entry, served) = (entry_of(&file), file.clone());
        let server = Server::start(move |request, number| match number {
            0 => Reply::honest(request, &served).cut(cut),
            _ => Reply::honest(request, &served),
        });
        let path = bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
        assert_eq!(fs::read(path).unwrap(), file, "cut at {cut}");
        let again = &server.requests()[1];
        assert_eq!(again.offset(), Some(cut));
        assert_eq!(again.header("if-range"), Some(ETAG));
    }
}

#[test]
fn the_next_pull_goes_on_where_the_last_one_failed() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    let bad = Server::start(move |request, number| match number {
        0 => Reply::honest(request, &served).cut(1000),
        _ => Reply::new("503 Service Unavailable", "Content-Length: 0\r\n", b""),
    });
    let error = bench.pull(&entry, &only_hub(&bad.endpoint)).unwrap_err();
    assert!(cause(&error).contains("HTTP 503"), "{error}");
    assert_eq!(
        bench.cache.state(&entry).unwrap(),
        State::Partial { bytes: 1000 }
    );
    let served = file.clone();
    let good = Server::start(move |request, _| Reply::honest(request, &served));
    bench.pull(&entry, &only_hub(&good.endpoint)).unwrap();
    assert_eq!(good.requests()[0].offset(), Some(1000));
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

#[test]
fn a_connection_that_never_brings_a_byte_is_not_tried_for_ever() {
    let (_, said) = refused(|request, _| Reply::honest(request, &noise(SIZE)).cut(0));
    assert!(!said.is_empty());
    let calls = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = calls.clone();
    let (bench, said) = refused(move |request, _| {
        count.fetch_add(1, Ordering::SeqCst);
        Reply::honest(request, &noise(SIZE)).cut(10)
    });
    let calls = calls.load(Ordering::SeqCst);
    assert!((2..=10).contains(&calls), "{calls}");
    assert!(
        said.contains(&format!("after {} of {SIZE} bytes", calls * 10)),
        "{said}"
    );
    assert_eq!(
        fs::metadata(bench.file(".part")).unwrap().len(),
        calls as u64 * 10
    );
}

#[test]
fn a_server_that_ignores_ranges_makes_a_clean_new_start() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    let server = Server::start(move |_, number| match number {
        0 => Reply::whole(&served).cut(SIZE - 5),
        _ => Reply::whole(&served),
    });
    bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_part_of_another_version_is_thrown_away() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let entry = entry_of(&file);
    fs::write(bench.file(".part"), vec![1; 5000]).unwrap();
    fs::write(bench.file(".part.json"), r#"{"etag":"\"v0\""}"#).unwrap();
    let served = file.clone();
    let server = Server::start(move |request, _| Reply::honest(request, &served));
    bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert_eq!(server.requests().len(), 1);
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

#[test]
fn a_damaged_part_costs_one_new_download_not_the_file() {
    for length in [1, 5000, SIZE, SIZE + 9] {
        let (bench, file) = (Bench::new(), noise(SIZE));
        let (entry, served) = (entry_of(&file), file.clone());
        fs::write(bench.file(".part"), vec![1; length]).unwrap();
        fs::write(bench.file(".lock"), "").unwrap();
        let server = Server::start(move |request, _| Reply::honest(request, &served));
        bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
        assert_eq!(fs::read(bench.file("")).unwrap(), file, "length {length}");
        assert_eq!(bench.names(), CLEAN);
    }
}

#[test]
fn a_complete_part_left_by_a_kill_needs_no_server() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    fs::write(bench.file(".part"), &file).unwrap();
    fs::write(bench.file(".lock"), "").unwrap();
    let server = Server::start(|_, _| Reply::new("500 No", "Content-Length: 0\r\n", b""));
    bench
        .pull(&entry_of(&file), &only_hub(&server.endpoint))
        .unwrap();
    assert!(server.requests().is_empty());
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

#[test]
fn other_bytes_of_the_right_size_are_refused_and_not_kept() {
    let (bench, said) = refused(|_, _| Reply::whole(&vec![9; SIZE]));
    assert!(
        said.contains("other bytes") && said.contains("SHA-256"),
        "{said}"
    );
    assert_eq!(fs::metadata(bench.file(".part")).unwrap().len(), 0);
}

#[test]
fn shorter_and_longer_files_are_refused_by_their_announced_size() {
    for size in [0, SIZE - 1, SIZE + 1] {
        let (_, said) = refused(move |_, _| Reply::whole(&noise(size)));
        assert!(
            said.contains(&format!("{size} bytes instead of {SIZE}")),
            "{said}"
        );
    }
}

#[test]
fn an_endless_body_without_a_length_is_cut_off() {
    let chunked = |_: &loopback::Request, _| {
        let body = noise(SIZE * 3);
        let mut sent = format!("{:x}\r\n", body.len()).into_bytes();
        sent.extend(body);
        sent.extend(b"\r\n0\r\n\r\n");
        Reply::new("200 OK", "Transfer-Encoding: chunked\r\n", &sent)
    };
    let (bench, said) = refused(chunked);
    assert!(said.contains("more than"), "{said}");
    assert_eq!(fs::metadata(bench.file(".part")).unwrap().len(), 0);
}

#[test]
fn statuses_are_named_with_a_hint() {
    for (status, hint) in [
        ("404 Not Found", "no such repository or file"),
        ("401 Unauthorized", "HF_TOKEN"),
        ("403 Forbidden", "HF_TOKEN"),
        ("429 Slow Down", "try again later"),
        ("500 Oh", "try again later"),
        ("204 Nothing", "HTTP 204"),
    ] {
        let (_, said) = refused(move |_, _| Reply::new(status, "Content-Length: 0\r\n", b""));
        assert!(said.contains(hint), "{status}: {said}");
    }
}

#[test]
fn nonsense_instead_of_http_is_refused() {
    let (_, said) = refused(|_, _| Reply {
        head: "hello?\r\n\r\n".to_owned(),
        body: vec![],
        hold: None,
    });
    assert!(!said.is_empty());
}

#[test]
fn a_range_that_does_not_continue_the_part_is_not_appended() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    fs::write(bench.file(".part"), &file[..1000]).unwrap();
    let server = Server::start(move |request, number| match number {
        0 => {
            let range = format!("Content-Range: bytes 0-{}/{SIZE}\r\n", SIZE - 1001);
            let length = format!("Content-Length: {}\r\n", SIZE - 1000);
            Reply::new(
                "206 Partial Content",
                &(range + &length),
                &served[..SIZE - 1000],
            )
        }
        _ => Reply::honest(request, &served),
    });
    bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert_eq!(server.requests()[1].offset(), None);
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

#[test]
fn a_refused_range_starts_again_from_nothing() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    fs::write(bench.file(".part"), &file[..1000]).unwrap();
    let server = Server::start(move |request, _| match request.offset() {
        Some(_) => Reply::new("416 Range Not Satisfiable", "Content-Length: 0\r\n", b""),
        None => Reply::honest(request, &served),
    });
    bench.pull(&entry, &only_hub(&server.endpoint)).unwrap();
    assert_eq!(fs::read(bench.file("")).unwrap(), file);
}

#[test]
fn a_redirect_is_followed_with_its_range_and_the_token_stays_with_its_host() {
    let (bench, file) = (Bench::new(), noise(SIZE));
    let (entry, served) = (entry_of(&file), file.clone());
    fs::write(bench.file(".part"), &file[..1000]).unwrap();
    let store = Server::start(move |request, _| Reply::honest(request, &served));
    let elsewhere = store.endpoint.replace("127.0.0.1", "localhost");
    let front = Server::start(move |_, _| {
        let to = format!("Location: {elsewhere}/blob?signed=1\r\nContent-Length: 0\r\n");
        Reply::new("302 Found", &to, b"")
    });
    let mut hub = Hub::at(&front.endpoint);
    hub.token = Some("hf_secret".to_owned());
    let sources = hub::Sources {
        hub: Route::Open(hub),
        wheels: Route::Closed("test".to_owned()),
    };
    bench.pull(&entry, &sources).unwrap();
    assert_eq!(
        front.requests()[0].header("authorization"),
        Some("Bearer hf_secret")
    );
    let stored = &store.requests()[0];
    assert_eq!(
        (stored.path.as_str(), stored.offset()),
        ("/blob?signed=1", Some(1000))
    );
    assert_eq!(stored.header("authorization"), None);
}

#[test]
fn a_redirect_in_a_circle_ends() {
    let (_, said) = refused(|request, _| {
        let to = format!("Location: {}\r\nContent-Length: 0\r\n", request.path);
        Reply::new("302 Found", &to, b"")
    });
    assert!(said.contains("redirect"), "{said}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// However often and wherever the connection breaks, with or without ranges: either the file is
    /// complete and right or it does not carry its name.
    #[test]
    fn any_series_of_cuts_ends_in_the_right_file_or_in_none(
        cuts in prop::collection::vec(0usize..3000, 0..8),
        ranges in any::<bool>(),
    ) {
        let (bench, file) = (Bench::new(), noise(2500));
        let (entry, served, plan) = (entry_of(&file), file.clone(), cuts.clone());
        let server = Server::start(move |request, number| {
            let reply = if ranges { Reply::honest(request, &served) } else { Reply::whole(&served) };
            match plan.get(number) {
                Some(cut) => reply.cut(*cut),
                None => reply,
            }
        });
        let sources = only_hub(&server.endpoint);
        let mut pulls = 0;
        while let Err(error) = bench.pull(&entry, &sources) {
            prop_assert!(matches!(error, Error::Unavailable { .. }), "{}", error);
            prop_assert!(!bench.file("").exists());
            pulls += 1;
            prop_assert!(pulls <= cuts.len(), "no end after {} pulls", pulls);
        }
        prop_assert_eq!(fs::read(bench.file("")).unwrap(), file);
        prop_assert_eq!(bench.names(), CLEAN);
    }
}
