//! Packets with descriptors between the supervisor, the process that makes the cells and their wardens.
//!
//! Every socket is a local one that keeps packets apart; both of its ends are our own code.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};

/// The most descriptors that travel in one packet.
pub(crate) const MOST: usize = 9;

/// A connection that keeps packets apart.
pub(crate) fn connection() -> Result<(OwnedFd, OwnedFd), Errno> {
    rustix::net::socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )
}

/// Sends one packet.
pub(crate) fn send(
    socket: impl AsFd,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    let packet = [IoSlice::new(bytes)];
    let mut once = || rustix::net::sendmsg(&socket, &packet, &mut ancillary, SendFlags::NOSIGNAL);
    loop {
        match once() {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) => return Ok(()),
        }
    }
}

/// Receives one packet into `bytes` and says how long it is; an end of the connection is an error.
pub(crate) fn receive(socket: impl AsFd, bytes: &mut [u8]) -> Result<(usize, Vec<OwnedFd>), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let mut packet = [IoSliceMut::new(bytes)];
        match rustix::net::recvmsg(
            &socket,
            &mut packet,
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        ) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    if got.bytes == 0 {
        return Err(Errno::PIPE);
    }
    Ok((got.bytes, descriptors))
}

/// Sends three words.
pub(crate) fn send_words(
    socket: impl AsFd,
    words: [u64; 3],
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    send(socket, &words.map(u64::to_le_bytes).concat(), descriptors)
}

/// Receives three words.
pub(crate) fn receive_words(socket: impl AsFd) -> Result<([u64; 3], Vec<OwnedFd>), Errno> {
    let mut bytes = [0_u8; 24];
    let (length, descriptors) = receive(socket, &mut bytes)?;
    if length != bytes.len() {
        return Err(Errno::PROTO);
    }
    let mut words = [0_u64; 3];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = chunk.try_into().map_or(0, u64::from_le_bytes);
    }
    Ok((words, descriptors))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_and_descriptors_arrive_as_they_were_sent() {
        let (one, other) = connection().unwrap();
        send_words(&one, [1, 2, u64::MAX], &[one.as_fd(), other.as_fd()]).unwrap();
        let (words, descriptors) = receive_words(&other).unwrap();
        assert_eq!((words, descriptors.len()), ([1, 2, u64::MAX], 2));
        drop(descriptors);
        drop(one);
        assert!(receive_words(&other).is_err(), "the end");
    }
}
