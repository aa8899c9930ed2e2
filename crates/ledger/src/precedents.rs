//! Verdicts that were given before, found by what was judged.
//!
//! The same program under the same circumstances gets the same verdict, so it need not be judged again:
//! completions at a low temperature repeat, and a model that is measured a second time answers the same.
//! What "the same" means is up to whoever makes the key; a key must cover everything that a verdict
//! depends on.
//!
//! It is a cache: a folder that may be deleted at any time and is shared by runs and processes. A file
//! that cannot be read, because it was cut or comes from another version, is no precedent.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::derived::part_file;
use crate::error::{Error, io_at};
use crate::record::{SCHEMA_VERSION, Verdict};

/// A folder of earlier verdicts.
#[derive(Debug, Clone)]
pub struct Precedents {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Page {
    schema_version: u32,
    verdict: Verdict,
}

impl Precedents {
    /// Opens the folder; makes it where it is missing.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be made.
    pub fn open(folder: &Path) -> Result<Precedents, Error> {
        fs::create_dir_all(folder).map_err(io_at("create", folder))?;
        Ok(Precedents {
            folder: folder.to_owned(),
        })
    }

    /// The verdict that was kept under this key: lower-case hex of a hash.
    pub fn find(&self, key: &str) -> Option<Verdict> {
        let bytes = fs::read(self.place(key)?).ok()?;
        let page: Page = serde_json::from_slice(&bytes).ok()?;
        (page.schema_version == SCHEMA_VERSION).then_some(page.verdict)
    }

    /// Keeps a verdict. The file appears whole; it is not flushed, because a lost one costs a second look
    /// and no more.
    ///
    /// # Errors
    /// [`Error::Io`] if the disk refuses, [`Error::Name`] if the key is no hash.
    pub fn keep(&self, key: &str, verdict: &Verdict) -> Result<(), Error> {
        let place = self.place(key).ok_or_else(|| Error::Name {
            what: "a precedent",
            name: key.to_owned(),
        })?;
        let page = Page {
            schema_version: SCHEMA_VERSION,
            verdict: verdict.clone(),
        };
        let text = serde_json::to_vec(&page).map_err(|source| Error::Encode {
            record: "precedent",
            source,
        })?;
        let parent = place.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(io_at("create", parent))?;
        let mut part = part_file(parent).map_err(io_at("write in", parent))?;
        part.write_all(&text).map_err(io_at("write", &place))?;
        part.persist(&place)
            .map_err(|error| io_at("replace", &place)(error.error))?;
        Ok(())
    }

    /// Two levels, so that no folder gets too long to list.
    fn place(&self, key: &str) -> Option<PathBuf> {
        let is_hash = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| self.folder.join(&key[..2]).join(format!("{key}.json")))
    }
}
