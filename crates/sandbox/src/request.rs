//! What the supervisor asks of a cell's warden: one run, as bytes.
//!
//! Both ends are our own code from the same binary, so there is no version; the reader still bounds every
//! length and refuses what is left over, because a wrong request must not become a wrong box.

use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::fault::{Fault, Step};
use crate::limits::Limits;
use crate::plan;
use crate::program::{File, Mode, Profile, Program};

/// One run without its input, which travels as a descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) program: Program,
    pub(crate) limits: Limits,
    /// A layer that shall be refused, for tests.
    pub(crate) sabotage: Option<Step>,
}

/// How a request travels: which of the optional descriptors come with it, and whether its bytes lie in a
/// file in memory because they are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) stdin: bool,
    pub(crate) peer: bool,
    pub(crate) file: bool,
}

impl Way {
    /// The longest request that travels in the packet itself.
    pub(crate) const INLINE: usize = 32 * 1024;
    /// The bytes in front of it.
    pub(crate) const HEAD: usize = 1;

    /// The byte in front of the request.
    pub(crate) fn encode(self) -> u8 {
        u8::from(self.stdin) | u8::from(self.peer) << 1 | u8::from(self.file) << 2
    }

    /// Takes the byte off a packet.
    pub(crate) fn decode(packet: &[u8]) -> Option<(Self, &[u8])> {
        let (&head, rest) = packet.split_first()?;
        let way = Self {
            stdin: head & 1 != 0,
            peer: head & 2 != 0,
            file: head & 4 != 0,
        };
        (way.encode() == head).then_some((way, rest))
    }
}

/// What the supervisor hands over beside the run's own descriptors.
pub(crate) struct Sent {
    /// The program's input, if it has one.
    pub(crate) stdin: Option<OwnedFd>,
    /// The request, if it is too long for a packet.
    pub(crate) file: Option<OwnedFd>,
    /// The packet's bytes.
    pub(crate) packet: Vec<u8>,
}

impl Sent {
    /// Prepares a program for its way to a cell.
    pub(crate) fn new(
        (program, limits): (&Program, &Limits),
        peer: bool,
        sabotage: Option<Step>,
    ) -> Result<Self, Fault> {
        let packet = encode(program, limits, sabotage);
        let input = &program.stdin;
        let mut sent = Self {
            stdin: (!input.is_empty())
                .then(|| plan::in_memory(input))
                .transpose()?,
            file: (packet.len() > Way::INLINE)
                .then(|| plan::in_memory(&packet[Way::HEAD..]))
                .transpose()?,
            packet,
        };
        let way = Way {
            stdin: sent.stdin.is_some(),
            peer,
            file: sent.file.is_some(),
        };
        if way.file {
            sent.packet.truncate(Way::HEAD);
        }
        sent.packet[0] = way.encode();
        Ok(sent)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn word(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn texts(&mut self, texts: &[String]) {
        self.word(texts.len() as u64);
        for text in texts {
            self.bytes(text.as_bytes());
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn word(&mut self) -> Option<u64> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*head))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.word()?).ok()?;
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        (0..self.word()?).map(|_| self.text()).collect()
    }
}

/// The request as bytes behind room for the head.
fn encode(program: &Program, limits: &Limits, sabotage: Option<Step>) -> Vec<u8> {
    let mut out = Writer(vec![0; Way::HEAD]);
    out.word(sabotage.map_or(0, |step| step as u64 + 1));
    out.word(u64::from(program.profile == Profile::Compile));
    out.word(u64::from(program.warm));
    out.texts(&program.argv);
    out.texts(&program.collect);
    for value in numbers(limits) {
        out.word(value);
    }
    out.word(program.files.len() as u64);
    for file in &program.files {
        out.bytes(file.name.as_bytes());
        out.word(u64::from(file.mode == Mode::Executable));
        out.bytes(&file.bytes);
    }
    out.0
}

impl Request {
    /// The request as bytes, without the head.
    pub(crate) fn encode(&self) -> Vec<u8> {
        encode(&self.program, &self.limits, self.sabotage).split_off(Way::HEAD)
    }

    /// The request that these bytes hold, all of them.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        let sabotage = match from.word()? {
            0 => None,
            number => Some(Step::numbered(number - 1)?),
        };
        let profile = if from.word()? == 1 {
            Profile::Compile
        } else {
            Profile::Run
        };
        let warm = from.word()? == 1;
        let (argv, collect) = (from.texts()?, from.texts()?);
        let limits = limits(&mut from)?;
        let files = (0..from.word()?)
            .map(|_| file(&mut from))
            .collect::<Option<_>>()?;
        let program = Program {
            argv,
            files,
            stdin: Vec::new(),
            collect,
            profile,
            warm,
        };
        from.0.is_empty().then_some(Self {
            program,
            limits,
            sabotage,
        })
    }
}

fn numbers(limits: &Limits) -> [u64; 14] {
    [
        limits.cpu.as_nanos() as u64,
        limits.wall.as_nanos() as u64,
        limits.memory_bytes,
        limits.address_bytes,
        limits.data_bytes,
        limits.stack_bytes,
        limits.processes,
        limits.stdout_bytes,
        limits.stderr_bytes,
        limits.flood_bytes,
        limits.file_bytes,
        limits.scratch_bytes,
        limits.scratch_inodes,
        limits.open_files,
    ]
}

fn limits(from: &mut Reader<'_>) -> Option<Limits> {
    Some(Limits {
        cpu: Duration::from_nanos(from.word()?),
        wall: Duration::from_nanos(from.word()?),
        memory_bytes: from.word()?,
        address_bytes: from.word()?,
        data_bytes: from.word()?,
        stack_bytes: from.word()?,
        processes: from.word()?,
        stdout_bytes: from.word()?,
        stderr_bytes: from.word()?,
        flood_bytes: from.word()?,
        file_bytes: from.word()?,
        scratch_bytes: from.word()?,
        scratch_inodes: from.word()?,
        open_files: from.word()?,
    })
}

fn file(from: &mut Reader<'_>) -> Option<File> {
    let name = from.text()?;
    let mode = if from.word()? == 1 {
        Mode::Executable
    } else {
        Mode::Plain
    };
    Some(File {
        name,
        bytes: from.bytes()?.to_vec(),
        mode,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let program = Program {
            argv: vec!["/box/ü".to_owned(), String::new(), "a b".to_owned()],
            files: vec![
                File {
                    name: "x".to_owned(),
                    bytes: vec![0, 255, 10],
                    mode: Mode::Executable,
                },
                File {
                    name: "y".to_owned(),
                    bytes: Vec::new(),
                    mode: Mode::Plain,
                },
            ],
            stdin: Vec::new(),
            collect: vec!["z".to_owned()],
            profile: Profile::Compile,
            warm: true,
        };
        Request {
            program,
            limits: Limits::compile(),
            sabotage: Some(Step::Rlimits),
        }
    }

    fn encoded(request: &Request) -> Vec<u8> {
        let whole = encode(&request.program, &request.limits, request.sabotage);
        whole[Way::HEAD..].to_vec()
    }

    #[test]
    fn a_request_comes_back_as_it_was_and_not_when_cut_or_grown() {
        let bytes = encoded(&request());
        assert_eq!(Request::decode(&bytes), Some(request()));
        for end in 0..bytes.len() {
            assert_eq!(Request::decode(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(Request::decode(&[&bytes[..], b"x"].concat()), None);
    }

    #[test]
    fn every_limit_travels_in_its_own_place() {
        let mut limits = Limits::run();
        limits.cpu = Duration::from_nanos(1);
        let sent = Request {
            limits: limits.clone(),
            ..request()
        };
        assert_eq!(
            Request::decode(&encoded(&sent)).map(|got| got.limits),
            Some(limits)
        );
        let distinct: std::collections::BTreeSet<_> =
            numbers(&Limits::compile()).into_iter().collect();
        assert!(
            distinct.len() >= 9,
            "the values tell most places apart: {distinct:?}"
        );
    }

    #[test]
    fn every_way_comes_back_as_it_was_and_no_other_byte_is_one() {
        for head in 0..=u8::MAX {
            let packet = [head, 7];
            let way = Way::decode(&packet);
            assert_eq!(way.is_some(), head < 8);
            assert!(way.is_none_or(|(way, rest)| way.encode() == head && rest == [7]));
        }
        assert_eq!(Way::decode(&[]), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(noise in proptest::collection::vec(0_u8..3, 0..400)) {
            let _ = Request::decode(&noise);
        }
    }
}
