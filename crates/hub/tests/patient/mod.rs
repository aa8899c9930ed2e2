//! A model from outside for tests, fetched with more patience than a user has.
//!
//! A registry that answers badly for a minute is no fault of what is tested. The part that was fetched stays, so the
//! next try goes on with it. Not for what `pull` itself promises: that is tested on loopback.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hub::{Cache, Entry, Error, Offline, Silent, Sources};

/// What to wait for after each try that brought nothing.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

/// A file of the catalogue, in the user's cache.
pub(crate) fn pull(name: &str) -> PathBuf {
    let entry = hub::find(name).unwrap();
    let cache = Cache::from_env().unwrap();
    let sources = Sources::from_env(Offline::No);
    let fetched = with_patience(entry, &cache, &sources, std::thread::sleep);
    fetched.unwrap_or_else(|error| panic!("this test needs {name}: {error}"))
}

/// Pulls until it is there, with a pause after each try that no source could serve.
pub(crate) fn with_patience(
    entry: &Entry,
    cache: &Cache,
    sources: &Sources,
    wait: impl Fn(Duration),
) -> Result<PathBuf, Error> {
    let stop = AtomicBool::new(false);
    let pull = || hub::pull(entry, cache, sources, &mut Silent, &stop);
    for pause in PAUSES {
        match pull() {
            Err(Error::Unavailable { .. }) => wait(pause),
            settled => return settled,
        }
    }
    pull()
}
