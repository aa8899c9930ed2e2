//! A file from the Hugging Face Hub, or a mirror of it, over HTTP.
//!
//! One plain `GET` of `<endpoint>/<repo>/resolve/<revision>/<file>`, continued with `Range` where an
//! earlier one stopped. Here it is decided what an answer means for the part; the conversation itself
//! is in [`crate::wire`].
//!
//! It deliberately opens one connection at a time and believes no length, range or tag further than
//! the final SHA-256.
//!
//! Sources: RFC 9110 §14.2–14.4 (ranges), §15.5.17 (416).

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::catalogue::{Entry, HubFile};
use crate::error::Halt;
use crate::part::Part;
use crate::progress::Job;
use crate::seal;
use crate::sources::Hub;
use crate::wire::{Head, Line, Message};

/// How soon a wish to stop is noticed.
const GLANCE: Duration = Duration::from_millis(100);
/// How often a broken connection is continued before the source counts as failed.
const CONTINUATIONS: u32 = 5;

/// The part file of a download and the record of the version it belongs to.
pub(crate) struct Place<'a> {
    pub(crate) part: &'a Path,
    pub(crate) record: &'a Path,
}

/// Which version of the file the bytes of the part belong to.
#[derive(Serialize, Deserialize)]
struct Version {
    etag: Option<String>,
}

/// Downloads what is missing and returns the complete part, checked.
pub(crate) fn download(
    entry: &Entry,
    file: &HubFile,
    hub: &Hub,
    place: &Place,
    job: &mut Job,
) -> Result<Part, Halt> {
    let url = format!(
        "{}/{}/resolve/{}/{}",
        hub.endpoint, file.repo, file.revision, file.file
    );
    let line = Line::new(hub, url).map_err(Halt::Next)?;
    let mut part = Part::open(place.part, entry.bytes, job)?;
    job.progress
        .stage(&format!("downloading from {}/{}", hub.shown(), file.repo));
    fill(&mut part, entry, &line, place, job)?;
    let resumed = part.resumed();
    match part.check(entry) {
        Err(Halt::Next(_)) if resumed => {
            job.progress
                .stage("what was here belonged to another file; starting again");
            fill(&mut part, entry, &line, place, job)?;
            part.check(entry)?;
        }
        checked => checked?,
    }
    Ok(part)
}

/// Asks again and again until the part has its full size, as long as each answer brings bytes.
fn fill(
    part: &mut Part,
    entry: &Entry,
    line: &Line,
    place: &Place,
    job: &mut Job,
) -> Result<(), Halt> {
    let mut continued = 0;
    while part.bytes() < entry.bytes {
        let before = part.bytes();
        let Err(end) = request(part, entry, line, place, job) else {
            continue;
        };
        match end {
            End::Cut(_) if part.bytes() != before && continued < CONTINUATIONS => continued += 1,
            End::Cut(cause) => {
                return Err(Halt::Next(match part.bytes() {
                    0 => cause,
                    got => format!("{cause} (after {got} of {} bytes)", entry.bytes),
                }));
            }
            End::Refused(cause) => return Err(Halt::Next(cause)),
            End::Fatal(error) => return Err(Halt::Fatal(error)),
        }
    }
    Ok(())
}

/// How one request ended before the file was complete.
enum End {
    /// The connection failed; asking again may help.
    Cut(String),
    /// The server has something else or nothing.
    Refused(String),
    /// This machine or the user.
    Fatal(Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        End::Fatal(error)
    }
}

fn request(
    part: &mut Part,
    entry: &Entry,
    line: &Line,
    place: &Place,
    job: &mut Job,
) -> Result<(), End> {
    let etag = seal::read::<Version>(place.record).and_then(|version| version.etag);
    let messages = line.ask(part.bytes(), etag).map_err(End::Refused)?;
    let Message::Head(head) = next(&messages, job)? else {
        return Err(End::Cut("the server said nothing".to_owned()));
    };
    accept(&head, part, entry)?;
    if part.bytes() == 0 {
        // Without its tag the version is only guessed at; the sum decides in the end.
        let _ = seal::write(place.record, &Version { etag: head.etag });
    }
    while let Message::Chunk(chunk) = next(&messages, job)? {
        if part.bytes() + chunk.len() as u64 > entry.bytes {
            part.restart()?;
            return Err(End::Refused(format!(
                "it delivers more than {} bytes",
                entry.bytes
            )));
        }
        part.append(&chunk)?;
        job.progress.bytes(part.bytes(), entry.bytes);
    }
    match part.bytes() == entry.bytes {
        true => Ok(()),
        false => Err(End::Cut("the connection ended early".to_owned())),
    }
}

/// Compares the head of an answer with what is wanted and brings the part to where its body begins.
fn accept(head: &Head, part: &mut Part, entry: &Entry) -> Result<(), End> {
    let offset = part.bytes();
    match head.status {
        200 => part.restart()?,
        206 => {
            let fits = head.range.is_some_and(|(start, total)| {
                start == offset && total.is_none_or(|total| total == entry.bytes)
            });
            if !fits {
                part.restart()?;
                return Err(End::Cut(
                    "the server sent another range than asked".to_owned(),
                ));
            }
        }
        416 if offset > 0 => {
            part.restart()?;
            return Err(End::Cut(
                "the server has fewer bytes than are here".to_owned(),
            ));
        }
        status => return Err(End::Refused(refusal(status))),
    }
    let missing = entry.bytes - part.bytes();
    match head.length {
        Some(length) if length != missing => {
            let announced = part.bytes() + length;
            part.restart()?;
            Err(End::Refused(format!(
                "its file has {announced} bytes instead of {}",
                entry.bytes
            )))
        }
        _ => Ok(()),
    }
}

fn refusal(status: u16) -> String {
    let hint = match status {
        401 | 403 => ": access refused; a gated model needs HF_TOKEN",
        404 => ": no such repository or file there",
        429 => ": too many requests; try again later",
        500.. => ": the server has trouble; try again later",
        _ => "",
    };
    format!("HTTP {status}{hint}")
}

/// Waits for the next message without going deaf to the user.
fn next(messages: &Receiver<Message>, job: &Job) -> Result<Message, End> {
    loop {
        job.go_on()?;
        match messages.recv_timeout(GLANCE) {
            Ok(Message::Failed(cause)) => return Err(End::Cut(cause)),
            Ok(message) => return Ok(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Message::Over),
        }
    }
}
