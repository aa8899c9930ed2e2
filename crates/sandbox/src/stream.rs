//! One stream out of a box: what a program writes, of which a part is kept.

use std::os::fd::OwnedFd;

use rustix::io::Errno;

use crate::fault::Fault;

/// One pipe out of the box and what is kept of it.
pub(crate) struct Stream {
    pub(crate) fd: Option<OwnedFd>,
    /// Kept open, so that the last writer's end does not wake the supervisor just before the box's does.
    _writer: OwnedFd,
    keep: u64,
    most: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) seen: u64,
}

impl Stream {
    /// A stream of which `keep` bytes are kept and at most `most` accepted.
    pub(crate) fn new(
        (fd, writer): (OwnedFd, OwnedFd),
        keep: u64,
        most: u64,
    ) -> Result<Self, Fault> {
        rustix::io::ioctl_fionbio(&fd, true).map_err(Fault::supervisor("prepare a pipe"))?;
        Ok(Self {
            fd: Some(fd),
            _writer: writer,
            keep,
            most,
            bytes: Vec::new(),
            seen: 0,
        })
    }

    /// Reads what is there now, but not more than a bounded amount.
    pub(crate) fn drain(&mut self) {
        let mut buffer = [0_u8; 16 * 1024];
        for _ in 0..64 {
            let Some(fd) = &self.fd else { return };
            match rustix::io::read(fd, &mut buffer) {
                Ok(0) => self.fd = None,
                Ok(got) => {
                    self.seen += got as u64;
                    let room = self.keep.saturating_sub(self.bytes.len() as u64);
                    let kept = (got as u64).min(room) as usize;
                    self.bytes.extend_from_slice(&buffer[..kept]);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return,
                Err(_) => self.fd = None,
            }
        }
    }

    /// Whether more came out than is accepted.
    pub(crate) fn flooded(&self) -> bool {
        self.seen > self.most
    }
}
