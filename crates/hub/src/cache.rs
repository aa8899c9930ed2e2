//! Where the files of the catalogue lie, and what is known about each of them.
//!
//! One flat folder: `$WHET_CACHE`, else `whetstone/models` in the user's cache folder. The final
//! name of a file is only ever carried by a complete, checked file. Beside it may lie its seal
//! (`.ok.json`), and while it is being fetched `.part`, `.wheels`, `.wheels.part`, their `.json`
//! records, and `.lock`.
//!
//! The Hugging Face cache of the same user is read too, never written. It deliberately has no
//! index: the folder is the truth.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::Error;
use crate::catalogue::Entry;
use crate::digest::sha256_file;
use crate::error::io_at;
use crate::seal::{self, Seal};

/// The folder of model files and the Hugging Face cache beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
    hugging_face: Option<PathBuf>,
}

/// What the cache holds of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Absent,
    /// A download that was stopped.
    Partial {
        /// How much of the file is there, in bytes.
        bytes: u64,
    },
    /// A file whose SHA-256 is the catalogue's.
    Present {
        /// Where it lies: in this cache or in the Hugging Face cache.
        path: PathBuf,
    },
    /// A file with the right name and other bytes.
    Damaged {
        /// What is wrong with it.
        cause: String,
    },
}

impl Cache {
    /// A cache in `folder`, without a look at the Hugging Face cache.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Cache {
            folder: folder.into(),
            hugging_face: None,
        }
    }

    /// The same cache, which also finds files in the Hugging Face cache `folder` (the one that
    /// holds `models--owner--name`).
    #[must_use]
    pub fn with_hugging_face(mut self, folder: impl Into<PathBuf>) -> Self {
        self.hugging_face = Some(folder.into());
        self
    }

    /// The user's cache as the environment gives it: `WHET_CACHE`, and for the Hugging Face cache
    /// `HF_HUB_CACHE`, `HF_HOME` or the usual place.
    ///
    /// # Errors
    /// [`Error::NoCacheFolder`] when `WHET_CACHE` is not set and there is no home folder.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_lookup(&|name| std::env::var_os(name))
    }

    fn from_lookup(lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let set = |name: &str| {
            lookup(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let caches = etcetera::choose_base_strategy().map(|base| base.cache_dir());
        let usual = |below: &str| caches.as_ref().ok().map(|folder| folder.join(below));
        let Some(folder) = set("WHET_CACHE").or_else(|| usual("whetstone/models")) else {
            let cause = "there is no home folder".to_owned();
            return Err(Error::NoCacheFolder { cause });
        };
        let hugging_face = set("HF_HUB_CACHE")
            .or_else(|| set("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| set("HF_HOME").map(|home| home.join("hub")))
            .or_else(|| usual("huggingface/hub"));
        Ok(Cache {
            folder,
            hugging_face,
        })
    }

    /// The folder that holds the files; it need not exist yet.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where this cache keeps the entry's file, whether it is there or not.
    pub fn path(&self, entry: &Entry) -> PathBuf {
        self.folder.join(entry.file_name)
    }

    /// A companion of the entry's file.
    pub(crate) fn beside(&self, entry: &Entry, suffix: &str) -> PathBuf {
        self.folder.join(format!("{}{suffix}", entry.file_name))
    }

    /// What is there of the entry. A file without a fitting seal is hashed, which takes about a
    /// second per gigabyte or two, and sealed when it is right.
    ///
    /// # Errors
    /// [`Error::Io`] when a file that exists cannot be read.
    pub fn state(&self, entry: &Entry) -> Result<State, Error> {
        let own = self.own(entry)?;
        if let State::Present { .. } = own {
            return Ok(own);
        }
        if let Some(path) = self.foreign(entry)? {
            return Ok(State::Present { path });
        }
        let bytes = self.partial(entry);
        Ok(match own {
            State::Absent if bytes > 0 => State::Partial { bytes },
            other => other,
        })
    }

    /// Bytes of the longest unfinished download.
    pub(crate) fn partial(&self, entry: &Entry) -> u64 {
        let length = |suffix| fs::metadata(self.beside(entry, suffix)).map_or(0, |file| file.len());
        length(".part").max(length(".wheels.part")).min(entry.bytes)
    }

    /// Bytes that this cache holds of the entry, finished or not. Files of the Hugging Face cache count nothing.
    pub fn held(&self, entry: &Entry) -> u64 {
        let file = fs::metadata(self.path(entry)).map_or(0, |file| file.len());
        file + self.partial(entry)
    }

    /// Takes out of this cache what it holds of the entry: the file, its seal, and what a stopped download left. The
    /// Hugging Face cache belongs to another program and stays as it is.
    ///
    /// # Errors
    /// [`Error::Io`] if another process is fetching the entry, or if a file cannot be removed.
    pub fn remove(&self, entry: &Entry) -> Result<(), Error> {
        if !self.folder.is_dir() {
            return Ok(());
        }
        let lock = self.beside(entry, ".lock");
        let mut options = File::options();
        let options = options.create(true).truncate(false).write(true);
        let held = options.open(&lock).map_err(io_at("write to", &lock))?;
        held.try_lock().map_err(|refused| {
            io_at("lock", &lock)(match refused {
                TryLockError::Error(error) => error,
                TryLockError::WouldBlock => std::io::Error::other("another process is fetching it"),
            })
        })?;
        self.clear_parts(entry);
        for path in [self.beside(entry, ".ok.json"), self.path(entry)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(io_at("remove", &path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes what a download keeps beside the file. The lock stays: removing it could let two others in.
    pub(crate) fn clear_parts(&self, entry: &Entry) {
        for suffix in [".part", ".part.json", ".wheels.part", ".wheels.json"] {
            // Left-overs cost space and nothing else.
            let _ = fs::remove_file(self.beside(entry, suffix));
        }
        let _ = fs::remove_dir_all(self.beside(entry, ".wheels"));
    }

    fn own(&self, entry: &Entry) -> Result<State, Error> {
        let path = self.path(entry);
        match fs::metadata(&path) {
            Ok(file) if file.is_file() => {}
            Ok(_) => {
                return Ok(State::Damaged {
                    cause: "it is not a file".to_owned(),
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(State::Absent),
            Err(error) => return Err(io_at("look at", &path)(error)),
        }
        Ok(
            match verify(&path, entry, &self.beside(entry, ".ok.json"))? {
                None => State::Present { path },
                Some(cause) => State::Damaged { cause },
            },
        )
    }

    /// A checked file of the Hugging Face cache. What cannot be read there is passed over: that
    /// cache belongs to another program.
    fn foreign(&self, entry: &Entry) -> Result<Option<PathBuf>, Error> {
        let (Some(root), Some(hub)) = (&self.hugging_face, entry.hub) else {
            return Ok(None);
        };
        let repo = format!("models--{}", hub.repo.replace('/', "--"));
        let Ok(snapshots) = fs::read_dir(root.join(repo).join("snapshots")) else {
            return Ok(None);
        };
        let mut found: Vec<PathBuf> = snapshots
            .flatten()
            .map(|snapshot| snapshot.path().join(hub.file))
            .collect();
        found.sort();
        let seal = self.beside(entry, ".hf.ok.json");
        Ok(found
            .into_iter()
            .find(|path| matches!(verify(path, entry, &seal), Ok(None))))
    }
}

/// `None` when the file is the entry's, else what is wrong with it. Seals a file it had to hash.
fn verify(path: &Path, entry: &Entry, seal_path: &Path) -> Result<Option<String>, Error> {
    let file = fs::metadata(path).map_err(io_at("look at", path))?;
    if file.len() != entry.bytes {
        return Ok(Some(format!(
            "it has {} bytes instead of {}",
            file.len(),
            entry.bytes
        )));
    }
    let Some(mtime) = seal::changed(&file) else {
        return Ok(wrong_sum(&sha256_file(path)?, entry));
    };
    let wanted = sealed(path, entry, seal_path, mtime);
    if seal::read::<Seal>(seal_path).as_ref() == Some(&wanted) {
        return Ok(None);
    }
    let wrong = wrong_sum(&sha256_file(path)?, entry);
    if wrong.is_none() {
        // A cache that may only be read is a good cache: without a seal it is only slower.
        let _ = seal::write(seal_path, &wanted);
    }
    Ok(wrong)
}

fn sealed(path: &Path, entry: &Entry, seal_path: &Path, mtime: u64) -> Seal {
    let elsewhere = path.parent() != seal_path.parent();
    Seal {
        sha256: entry.sha256.to_owned(),
        bytes: entry.bytes,
        mtime,
        path: elsewhere.then(|| path.to_path_buf()),
    }
}

fn wrong_sum(sum: &str, entry: &Entry) -> Option<String> {
    (sum != entry.sha256).then(|| format!("its SHA-256 is {sum} instead of {}", entry.sha256))
}

/// Seals a file that was hashed while it was written; without a seal the next start hashes it.
pub(crate) fn seal_fresh(cache: &Cache, entry: &Entry) {
    let (path, seal_path) = (cache.path(entry), cache.beside(entry, ".ok.json"));
    if let Some(mtime) = fs::metadata(&path).ok().as_ref().and_then(seal::changed) {
        let _ = seal::write(&seal_path, &sealed(&path, entry, &seal_path, mtime));
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
