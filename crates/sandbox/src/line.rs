//! The supervisor's end of the line to a program that stays in its box.
//!
//! A question goes out as one packet with a descriptor. The answer comes back in packets: the first byte of each
//! says whether more will follow. Whoever answers is trusted no more than other programs: what it says is
//! bounded, and stays bytes.

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::io::Errno;

use crate::fault::Fault;
use crate::packet;

/// The longest question, in bytes; a packet of a local socket can be longer.
pub(crate) const MOST_ASKED: usize = 64 * 1024;
/// The longest answer, in bytes.
const MOST_SAID: usize = 64 * 1024;
const MORE: u8 = b'+';
const LAST: u8 = b'.';

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It may still come.
    Part,
    /// All of it.
    Whole,
    /// What was said is no answer, and nothing more is listened to.
    Nonsense,
    /// Nobody is at the other end any more.
    End,
}

/// One end of the line.
pub(crate) struct Line {
    fd: OwnedFd,
    said: Vec<u8>,
    heard: Heard,
}

impl Line {
    /// A line, and the end of whoever shall answer.
    pub(crate) fn new() -> Result<(Self, OwnedFd), Fault> {
        let fault = || Fault::supervisor("make a line to a program that stays");
        let (fd, theirs) = packet::connection().map_err(fault())?;
        rustix::io::ioctl_fionbio(&fd, true).map_err(fault())?;
        let line = Self {
            fd,
            said: Vec::new(),
            heard: Heard::Part,
        };
        Ok((line, theirs))
    }

    /// Sends a question. Whatever was said before is forgotten.
    pub(crate) fn ask(&mut self, question: &[u8], with: BorrowedFd<'_>) -> Result<(), Errno> {
        self.said.clear();
        self.heard = Heard::Part;
        packet::send(&self.fd, question, &[with])
    }

    /// Reads what is there now.
    pub(crate) fn listen(&mut self) {
        let mut buffer = [0_u8; 32 * 1024];
        while self.heard == Heard::Part {
            self.heard = match rustix::io::read(&self.fd, &mut buffer) {
                Ok(0) => Heard::End,
                Ok(got) => self.take(&buffer[..got]),
                Err(Errno::INTR) => Heard::Part,
                Err(Errno::AGAIN) => return,
                Err(_) => Heard::End,
            };
        }
    }

    fn take(&mut self, packet: &[u8]) -> Heard {
        let Some((&mark, part)) = packet.split_first() else {
            return Heard::Nonsense;
        };
        self.said.extend_from_slice(part);
        match mark {
            _ if self.said.len() > MOST_SAID => Heard::Nonsense,
            MORE => Heard::Part,
            LAST => Heard::Whole,
            _ => Heard::Nonsense,
        }
    }

    /// How far it has come.
    pub(crate) fn heard(&self) -> Heard {
        self.heard
    }

    /// What to wait at; nothing once no more will come.
    pub(crate) fn open(&self) -> Option<&OwnedFd> {
        (self.heard == Heard::Part).then_some(&self.fd)
    }

    /// The answer, if it is whole.
    pub(crate) fn answer(&mut self) -> Option<Vec<u8>> {
        (self.heard == Heard::Whole).then(|| std::mem::take(&mut self.said))
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    fn heard(packets: &[&[u8]]) -> (Heard, Option<Vec<u8>>) {
        let (mut line, theirs) = Line::new().unwrap();
        line.ask(b"what?", theirs.as_fd()).unwrap();
        for packet in packets {
            packet::send(&theirs, packet, &[]).unwrap();
            line.listen();
        }
        (line.heard(), line.answer())
    }

    #[test]
    fn an_answer_is_whole_when_its_last_packet_says_so_and_nothing_else_is_one() {
        let whole = |text: &[u8]| (Heard::Whole, Some(text.to_vec()));
        assert_eq!(heard(&[b"."]), whole(b""));
        assert_eq!(heard(&[b"+one ", b".two"]), whole(b"one two"));
        assert_eq!(heard(&[b".two", b"+three"]), whole(b"two"));
        assert_eq!(heard(&[]), (Heard::Part, None));
        assert_eq!(heard(&[b"+one"]), (Heard::Part, None));
        for nonsense in [&b"one"[..], b"\0", b"\n."] {
            assert_eq!(heard(&[nonsense]), (Heard::Nonsense, None), "{nonsense:?}");
        }
        let long = [&b"+"[..], &[7; 30_000]].concat();
        assert_eq!(heard(&[&long, &long]), (Heard::Part, None));
        assert_eq!(heard(&[&long, &long, &long]), (Heard::Nonsense, None));
    }

    #[test]
    fn what_was_said_before_a_question_is_no_answer_to_it() {
        let (mut line, theirs) = Line::new().unwrap();
        packet::send(&theirs, b"+early", &[]).unwrap();
        line.listen();
        line.ask(b"what?", theirs.as_fd()).unwrap();
        packet::send(&theirs, b".late", &[]).unwrap();
        line.listen();
        assert_eq!(line.answer(), Some(b"late".to_vec()));
        drop(theirs);
    }

    #[test]
    fn a_line_whose_other_end_is_gone_says_so_and_is_not_waited_at() {
        let (mut line, theirs) = Line::new().unwrap();
        assert!(line.open().is_some());
        drop(theirs);
        line.listen();
        assert_eq!((line.heard(), line.open().is_none()), (Heard::End, true));
        let null = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(line.ask(b"what?", null.as_fd()), Err(Errno::PIPE));
    }
}
