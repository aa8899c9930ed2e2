//! What the init inside the box tells the supervisor over its pipe.
//!
//! Records of eight little-endian 64-bit words; a collected file's bytes follow its record. The writer
//! must not allocate (it runs after a fork), so the format is fixed and flat. The writer is our own
//! code but lives in the box, so the reader believes nothing: every length is bounded, every order
//! checked, and a stream that stops anywhere is an error and not a shorter report.

use rustix::io::Errno;

use crate::fault::Step;

/// Bytes of one record.
pub(crate) const RECORD: usize = 64;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// Every layer is up; the program is started next, at this time of the monotonic clock; the number on the
    /// host of the fork that it is, or 0.
    Started { at_ns: u64, fork: u64 },
    /// A layer was refused: the step's number and the error number.
    Broken { step: u64, errno: u64 },
    /// The program could not be executed: the error number.
    NotExecuted { errno: u64 },
    /// The program has ended, and so has everything else in the box.
    Ended(Ended),
    /// A wanted file: its place in the list and its length; the bytes follow.
    Collected { index: u64, length: u64 },
    /// Nothing follows.
    Finished,
}

/// How the program ended, in the kernel's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The raw wait status.
    pub(crate) status: u64,
    /// CPU time of the tree.
    pub(crate) cpu_ns: u64,
    /// From before the fork to the end.
    pub(crate) wall_ns: u64,
    /// The largest resident set.
    pub(crate) max_rss_bytes: u64,
    /// The resident set of init before the fork, where the book of the program begins.
    pub(crate) floor_bytes: u64,
    /// 1 when the supervisor asked for the end.
    pub(crate) asked: u64,
}

impl Record {
    /// The record as bytes.
    pub(crate) fn encode(self) -> [u8; RECORD] {
        let words: [u64; 8] = match self {
            Self::Started { at_ns, fork } => [1, at_ns, fork, 0, 0, 0, 0, 0],
            Self::Broken { step, errno } => [2, step, errno, 0, 0, 0, 0, 0],
            Self::NotExecuted { errno } => [3, errno, 0, 0, 0, 0, 0, 0],
            Self::Ended(end) => [
                4,
                end.status,
                end.cpu_ns,
                end.wall_ns,
                end.max_rss_bytes,
                end.floor_bytes,
                end.asked,
                0,
            ],
            Self::Collected { index, length } => [5, index, length, 0, 0, 0, 0, 0],
            Self::Finished => [6, 0, 0, 0, 0, 0, 0, 0],
        };
        let mut bytes = [0; RECORD];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The record that these bytes hold.
    fn decode(bytes: &[u8; RECORD]) -> Option<Self> {
        let mut words = [0_u64; 8];
        for (word, from) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(from.try_into().ok()?);
        }
        let [kind, a, b, c, d, e, f, _] = words;
        let record = match kind {
            1 => Self::Started { at_ns: a, fork: b },
            2 => Self::Broken { step: a, errno: b },
            3 => Self::NotExecuted { errno: a },
            4 => Self::Ended(Ended {
                status: a,
                cpu_ns: b,
                wall_ns: c,
                max_rss_bytes: d,
                floor_bytes: e,
                asked: f,
            }),
            5 => Self::Collected {
                index: a,
                length: b,
            },
            6 => Self::Finished,
            _ => return None,
        };
        (record.encode() == *bytes).then_some(record)
    }
}

/// A whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// A layer was refused and nothing ran.
    Broken(Step, Errno),
    /// The program ran, or at least its exec was tried.
    Ran {
        /// Why the exec failed, if it did.
        not_executed: Option<Errno>,
        /// The end.
        ended: Ended,
        /// Place in the list and content of the collected files.
        collected: Vec<(usize, Vec<u8>)>,
    },
}

/// What the reader accepts at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Number of wanted files.
    pub(crate) files: usize,
    /// Largest file.
    pub(crate) file_bytes: u64,
}

impl Bounds {
    /// The longest stream that can be a report.
    pub(crate) fn stream_bytes(self) -> u64 {
        let records = (self.files as u64 + 5) * RECORD as u64;
        (self.files as u64)
            .saturating_mul(self.file_bytes)
            .saturating_add(records)
    }
}

/// When the program was started, if the stream shows that it was, and the host's number of the fork of a
/// warm interpreter that it is, or 0.
pub(crate) fn started(stream: &[u8]) -> Option<(u64, u64)> {
    match Record::decode(stream.first_chunk()?)? {
        Record::Started { at_ns, fork } => Some((at_ns, fork)),
        _ => None,
    }
}

/// Takes the next record off the stream.
fn next(stream: &mut &[u8]) -> Result<Record, String> {
    let (head, rest) = stream
        .split_first_chunk::<RECORD>()
        .ok_or("the report is cut short")?;
    *stream = rest;
    Record::decode(head).ok_or_else(|| "the report holds an unknown record".to_owned())
}

fn error(number: u64) -> Result<Errno, String> {
    i32::try_from(number)
        .ok()
        .filter(|number| (1..4096).contains(number))
        .map(Errno::from_raw_os_error)
        .ok_or_else(|| "the report holds an impossible error number".to_owned())
}

fn broken(step: u64, errno: u64) -> Result<Report, String> {
    let step = Step::numbered(step).ok_or("the report names an unknown layer")?;
    Ok(Report::Broken(step, error(errno)?))
}

/// Reads a whole stream.
pub(crate) fn decode(mut stream: &[u8], bounds: Bounds) -> Result<Report, String> {
    let stream = &mut stream;
    match next(stream)? {
        Record::Started { .. } => {}
        Record::Broken { step, errno } => return broken(step, errno),
        _ => return Err("the report does not begin with a start".to_owned()),
    }
    let mut not_executed = None;
    let ended = loop {
        match next(stream)? {
            Record::Broken { step, errno } => return broken(step, errno),
            Record::NotExecuted { errno } if not_executed.is_none() => {
                not_executed = Some(error(errno)?)
            }
            Record::Ended(ended) => break ended,
            _ => return Err("the report is out of order".to_owned()),
        }
    };
    let collected = collected(stream, bounds)?;
    Ok(Report::Ran {
        not_executed,
        ended,
        collected,
    })
}

fn collected(stream: &mut &[u8], bounds: Bounds) -> Result<Vec<(usize, Vec<u8>)>, String> {
    let mut files: Vec<(usize, Vec<u8>)> = Vec::new();
    loop {
        let (index, length) = match next(stream)? {
            Record::Finished if stream.is_empty() => return Ok(files),
            Record::Collected { index, length } => (index, length),
            _ => return Err("the report is out of order".to_owned()),
        };
        let index = usize::try_from(index)
            .ok()
            .filter(|index| *index < bounds.files);
        let index = index.ok_or("the report returns a file that was not asked for")?;
        if files.last().is_some_and(|(last, _)| *last >= index) || length > bounds.file_bytes {
            return Err("the report returns a file twice or one too long".to_owned());
        }
        let (bytes, rest) = stream
            .split_at_checked(length as usize)
            .ok_or("the report is cut short")?;
        *stream = rest;
        files.push((index, bytes.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDED: Ended = Ended {
        status: 0,
        cpu_ns: 7,
        wall_ns: 9,
        max_rss_bytes: 4096,
        floor_bytes: 1,
        asked: 0,
    };
    const BOUNDS: Bounds = Bounds {
        files: 3,
        file_bytes: 10,
    };

    fn stream(records: &[(Record, &[u8])]) -> Vec<u8> {
        records
            .iter()
            .flat_map(|(record, tail)| [&record.encode()[..], tail].concat())
            .collect()
    }

    fn whole() -> Vec<u8> {
        stream(&[
            (Record::Started { at_ns: 5, fork: 0 }, b""),
            (Record::Ended(ENDED), b""),
            (
                Record::Collected {
                    index: 0,
                    length: 3,
                },
                b"abc",
            ),
            (
                Record::Collected {
                    index: 2,
                    length: 0,
                },
                b"",
            ),
            (Record::Finished, b""),
        ])
    }

    #[test]
    fn a_whole_report_is_read() {
        let Ok(Report::Ran {
            not_executed: None,
            ended,
            collected,
        }) = decode(&whole(), BOUNDS)
        else {
            panic!("not read");
        };
        assert_eq!(ended, ENDED);
        assert_eq!(collected, [(0, b"abc".to_vec()), (2, Vec::new())]);
        assert!(whole().len() as u64 <= BOUNDS.stream_bytes());
    }

    #[test]
    fn a_cut_report_is_refused_at_every_byte() {
        let whole = whole();
        for end in 0..whole.len() {
            assert!(decode(&whole[..end], BOUNDS).is_err(), "cut at {end}");
        }
        assert!(
            decode(&[&whole[..], b"x"].concat(), BOUNDS).is_err(),
            "a byte too many"
        );
    }

    #[test]
    fn a_forged_length_or_place_is_refused() {
        for (index, length) in [(0, 11), (0, u64::MAX), (3, 1), (u64::MAX, 1)] {
            let forged = stream(&[
                (Record::Started { at_ns: 5, fork: 0 }, b""),
                (Record::Ended(ENDED), b""),
                (Record::Collected { index, length }, b"0123456789012"),
                (Record::Finished, b""),
            ]);
            assert!(decode(&forged, BOUNDS).is_err(), "{index} {length}");
        }
    }

    #[test]
    fn a_refused_layer_is_named() {
        let at = Step::ALL
            .iter()
            .position(|step| *step == Step::Landlock)
            .unwrap() as u64;
        let refused = stream(&[(Record::Broken { step: at, errno: 1 }, b"")]);
        assert_eq!(
            decode(&refused, BOUNDS),
            Ok(Report::Broken(Step::Landlock, Errno::PERM))
        );
        let unknown = stream(&[(
            Record::Broken {
                step: 999,
                errno: 1,
            },
            b"",
        )]);
        assert!(decode(&unknown, BOUNDS).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_stream_makes_the_reader_panic(noise in proptest::collection::vec(0_u8..7, 0..400)) {
            let _ = decode(&noise, BOUNDS);
        }

        #[test]
        fn a_changed_byte_never_yields_a_file_that_was_not_sent(at in 0_usize..323, value: u8) {
            let mut bytes = whole();
            bytes[at] = value;
            if let Ok(Report::Ran { collected, .. }) = decode(&bytes, BOUNDS) {
                proptest::prop_assert!(collected.len() <= 2);
            }
        }
    }
}
