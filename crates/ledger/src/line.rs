//! One record, one line: JSON text with a newline at its end.
//!
//! The newline is what makes a record whole. Everything after the last newline is a torn tail,
//! whether or not it happens to parse. Blank lines and a carriage return before the newline (a file
//! that went through an editor) are let pass; anything else that does not parse is an error.
//!
//! NaN and infinities never get this far: `serde_json` would write them as `null` without a word, so
//! each record is asked for its own numbers first.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::record::{
    Answer, Attempt, Audit, Done, HardwareSample, Measurement, TimedRun, Verdict, Warning,
};

/// The files of all kinds of records. Nothing else may write them; a test holds this table against what a new
/// folder has in it.
pub(crate) const FILES: [&str; 9] = [
    Attempt::FILE,
    Verdict::FILE,
    Audit::FILE,
    Measurement::FILE,
    Answer::FILE,
    TimedRun::FILE,
    HardwareSample::FILE,
    Warning::FILE,
    Done::FILE,
];

/// A record with a file of its own.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// What a person calls it.
    const KIND: &'static str;
    /// Its file inside the run folder.
    const FILE: &'static str;

    /// Refuses what must not reach a file.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl Record for Attempt {
    const KIND: &'static str = "attempt";
    const FILE: &'static str = "attempts.jsonl";
}

impl Record for Answer {
    const KIND: &'static str = "answer";
    const FILE: &'static str = "answers.jsonl";
}

impl Record for TimedRun {
    const KIND: &'static str = "timed run";
    const FILE: &'static str = "timings.jsonl";
}

impl Record for Verdict {
    const KIND: &'static str = "verdict";
    const FILE: &'static str = "verdicts.jsonl";

    fn check(&self) -> Result<(), Error> {
        self.scores
            .iter()
            .try_for_each(|(name, score)| finite(Self::KIND, name, *score))
    }
}

impl Record for Audit {
    const KIND: &'static str = "audit";
    const FILE: &'static str = "audits.jsonl";
}

impl Record for Measurement {
    const KIND: &'static str = "measurement";
    const FILE: &'static str = "measurements.jsonl";

    fn check(&self) -> Result<(), Error> {
        if self.values.is_empty() && self.reason.is_none() {
            return Err(Error::Unexplained {
                model: self.model.clone(),
                metric: self.metric.clone(),
            });
        }
        let error = self.told.and_then(|told| told.standard_error);
        self.values
            .iter()
            .chain(&error)
            .try_for_each(|value| finite(Self::KIND, &self.metric, *value))
    }
}

impl Record for Warning {
    const KIND: &'static str = "warning";
    const FILE: &'static str = "warnings.jsonl";
}

impl Record for HardwareSample {
    const KIND: &'static str = "hardware sample";
    const FILE: &'static str = "hardware.jsonl";

    fn check(&self) -> Result<(), Error> {
        self.readings
            .iter()
            .try_for_each(|(name, value)| finite(Self::KIND, name, *value))
    }
}

impl Record for Done {
    const KIND: &'static str = "finished step";
    const FILE: &'static str = "progress.jsonl";
}

fn finite(record: &'static str, field: &str, value: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::NotFinite {
        record,
        field: field.to_owned(),
        value,
    })
}

/// The line of a record, newline included.
pub(crate) fn encode<R: Record>(record: &R) -> Result<Vec<u8>, Error> {
    record.check()?;
    let mut line = serde_json::to_vec(record).map_err(|source| Error::Encode {
        record: R::KIND,
        source,
    })?;
    line.push(b'\n');
    Ok(line)
}

/// The whole records at the front of a file, and how much follows them.
pub(crate) struct Decoded<R> {
    pub(crate) records: Vec<R>,
    /// Length of what follows the last newline.
    pub(crate) torn_bytes: u64,
}

/// Reads a file's bytes; `path` is only for the message.
pub(crate) fn decode<R: Record>(path: &Path, bytes: &[u8]) -> Result<Decoded<R>, Error> {
    let whole = bytes
        .iter()
        .rposition(|&byte| byte == b'\n')
        .map_or(0, |last| last + 1);
    let mut records = Vec::new();
    for (number, line) in bytes[..whole].split(|&byte| byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record = serde_json::from_slice(line).map_err(|error| Error::Broken {
            path: path.to_owned(),
            line: number + 1,
            message: error.to_string(),
        })?;
        records.push(record);
    }
    Ok(Decoded {
        records,
        torn_bytes: (bytes.len() - whole) as u64,
    })
}
