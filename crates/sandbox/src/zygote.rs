//! A small process that makes the boxes.
//!
//! A box begins as a copy of the process that makes it, and the copy lives as long as the run. Were the
//! supervisor itself copied, every start would cost the page tables of its memory (200 ms per GiB were
//! measured) and every page it writes meanwhile would be copied too, which would disturb the model that
//! runs beside the verifier. So a process is forked once, when the cell is opened, and only it is copied
//! from then on. Open the cell early: the zygote begins as a copy of what the supervisor is at that time.
//!
//! The zygote has one thread and does one thing at a time: take a request with its descriptors, clone the
//! box, map its identity, answer with the box's handle. It ends when the supervisor's end of the socket
//! closes, by intent or by death. Pooled cells will live here.
//!
//! It is the child of a fork of a process with threads: it may allocate (see [`sys::fork_zygote`]) but it
//! prints nothing, logs nothing and never reads the environment.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
};
use rustix::process::{Pid, Signal, WaitOptions};

use crate::fault::{Fault, Step};
use crate::identity::{self, Slot, Standing};
use crate::layout::Layout;
use crate::plan::{self, Ends, PEER, Plan};
use crate::program::Profile;
use crate::request::Request;
use crate::sys::{self, Cloned, Strings};
use crate::{inside, seccomp};

/// What all boxes of a cell have in common.
pub(crate) struct Template {
    pub(crate) layout: Layout,
    pub(crate) standing: Standing,
    pub(crate) landlock_abi: u32,
    pub(crate) compile: Vec<libc::sock_filter>,
    pub(crate) run: Vec<libc::sock_filter>,
}

impl Template {
    /// A template with the filters of this crate.
    pub(crate) fn new(layout: Layout, standing: Standing, landlock_abi: u32) -> Self {
        let (compile, run) = (
            seccomp::assemble(Profile::Compile),
            seccomp::assemble(Profile::Run),
        );
        Self {
            layout,
            standing,
            landlock_abi,
            compile,
            run,
        }
    }

    fn plan<'a>(&'a self, request: &'a Request, ends: Ends) -> Result<Plan<'a>, Fault> {
        let (program, limits) = (&request.program, &request.limits);
        Ok(Plan {
            layout: &self.layout,
            groups: self.standing.groups(),
            landlock_abi: self.landlock_abi,
            filter: match program.profile {
                Profile::Compile => &self.compile,
                Profile::Run => &self.run,
            },
            scratch_size: plan::number(limits.scratch_bytes),
            scratch_inodes: plan::number(limits.scratch_inodes),
            files: plan::files(program)?,
            argv: Strings::new(plan::words(program)?),
            env: Strings::new(plan::environment(program.profile)),
            rlimits: plan::rlimits(limits),
            collect: plan::wanted(program)?,
            file_bytes: limits.file_bytes,
            keep: plan::sorted(&ends),
            ends,
            sabotage: request.sabotage,
        })
    }
}

/// The supervisor's side of the zygote.
pub(crate) struct Zygote {
    /// `None` only while it is dropped.
    socket: Option<Mutex<OwnedFd>>,
    pid: i32,
}

/// The most descriptors of a request: the request itself and the box's ends.
const SENT: usize = 7;

/// What the forked child is given.
struct Birth<'a> {
    template: &'a Template,
    socket: &'a OwnedFd,
}

impl Zygote {
    /// Forks the zygote of a cell.
    pub(crate) fn fork(template: &Template) -> Result<Self, Fault> {
        let fault = || Fault::supervisor("fork the process that makes the boxes");
        let (ours, theirs) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(fault())?;
        let pid = sys::fork_zygote(
            live,
            &Birth {
                template,
                socket: &theirs,
            },
        )
        .map_err(fault())?;
        Ok(Self {
            socket: Some(Mutex::new(ours)),
            pid,
        })
    }

    /// Asks for a box. It waits for its go on the control pipe.
    pub(crate) fn make(&self, request: &Request, ends: Ends) -> Result<Cloned, Fault> {
        let gone = |_| Fault::Lost {
            what: "the process that makes the boxes is gone; open a new cell".to_owned(),
        };
        let written = written(&request.encode())?;
        let Some(socket) = &self.socket else {
            return Err(gone(Errno::PIPE));
        };
        // The socket holds no half-said thing that a panic elsewhere could leave: one packet each way.
        let socket = socket.lock().unwrap_or_else(PoisonError::into_inner);
        let always = [
            &written,
            &ends.control,
            &ends.report,
            &ends.stdin,
            &ends.stdout,
            &ends.stderr,
        ];
        let sent: Vec<_> = always
            .into_iter()
            .chain(&ends.peer)
            .map(AsFd::as_fd)
            .collect();
        send(&socket, [0; 3], &sent).map_err(gone)?;
        let (words, descriptors) = receive(&socket).map_err(gone)?;
        answer(words, descriptors)
    }
}

impl Drop for Zygote {
    /// Closing the socket ends the zygote; it is reaped here.
    fn drop(&mut self) {
        self.socket = None;
        let _ = rustix::io::retry_on_intr(|| {
            rustix::process::waitpid(Pid::from_raw(self.pid), WaitOptions::empty())
        });
    }
}

/// Reads the zygote's answer: 0 and the box's number with its handle, or 1, a layer and an error number.
fn answer(words: [u64; 3], descriptors: Vec<OwnedFd>) -> Result<Cloned, Fault> {
    match (words, <[OwnedFd; 1]>::try_from(descriptors)) {
        ([0, pid, _], Ok([pidfd])) => Ok(Cloned {
            pid: pid as i32,
            pidfd,
        }),
        ([1, step, errno], _) => {
            let step = Step::numbered(step).unwrap_or(Step::Namespaces);
            Err(Fault::layer(step, Errno::from_raw_os_error(errno as i32)))
        }
        _ => Err(Fault::Lost {
            what: "the process that makes the boxes answered nonsense".to_owned(),
        }),
    }
}

/// Bytes as a file in memory, to be handed over.
fn written(bytes: &[u8]) -> Result<OwnedFd, Fault> {
    let io = |source| Fault::Supervisor {
        doing: "write a request",
        source,
    };
    let made = rustix::fs::memfd_create(c"request", rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = std::fs::File::from(made.map_err(Fault::supervisor("make a request"))?);
    file.write_all(bytes).map_err(io)?;
    std::io::Seek::rewind(&mut file).map_err(io)?;
    Ok(file.into())
}

/// Sends one packet of three words and some descriptors.
fn send(socket: &OwnedFd, words: [u64; 3], descriptors: &[BorrowedFd<'_>]) -> Result<(), Errno> {
    let bytes = words.map(u64::to_le_bytes).concat();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SENT))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    let packet = [IoSlice::new(&bytes)];
    let mut once = || rustix::net::sendmsg(socket, &packet, &mut ancillary, SendFlags::NOSIGNAL);
    loop {
        match once() {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) => return Ok(()),
        }
    }
}

/// Receives one packet; an end of the connection is an error.
fn receive(socket: &OwnedFd) -> Result<([u64; 3], Vec<OwnedFd>), Errno> {
    let mut bytes = [0_u8; 24];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SENT))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got = loop {
        let mut packet = [IoSliceMut::new(&mut bytes)];
        match rustix::net::recvmsg(socket, &mut packet, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
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
    if got.bytes != bytes.len() {
        return Err(Errno::PIPE);
    }
    let mut words = [0_u64; 3];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = chunk.try_into().map_or(0, u64::from_le_bytes);
    }
    Ok((words, descriptors))
}

/// The life of the zygote.
fn live(birth: &Birth<'_>) {
    sys::default_signals();
    sys::unblock_signals();
    sys::ignore_children();
    let ready = sys::close_except(&[birth.socket.as_raw_fd()])
        .and_then(|()| rustix::process::setsid().map(drop))
        .and_then(|()| rustix::process::chdir(c"/"))
        .and_then(|()| rustix::thread::set_name(c"boxes"))
        .and_then(|()| fill_streams());
    if ready.is_err() {
        sys::exit(1);
    }
    while let Ok((_, descriptors)) = receive(birth.socket) {
        let said = match serve(birth.template, descriptors) {
            Ok(made) => send(birth.socket, [0, made.pid as u64, 0], &[made.pidfd.as_fd()]),
            Err((step, errno)) => send(
                birth.socket,
                [1, step as u64, errno.raw_os_error() as u64],
                &[],
            ),
        };
        if said.is_err() {
            break;
        }
    }
    sys::exit(0);
}

/// Takes up the descriptors that a program is given, so that what is received lies above them.
fn fill_streams() -> Result<(), Errno> {
    loop {
        let null = rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        if null.as_raw_fd() > PEER {
            return Ok(());
        }
        // Kept open for the life of the process.
        let _ = null.into_raw_fd();
    }
}

/// Makes one box.
fn serve(template: &Template, mut descriptors: Vec<OwnedFd>) -> Result<Cloned, (Step, Errno)> {
    let bad = (Step::Request, Errno::INVAL);
    let peer = if descriptors.len() == SENT {
        descriptors.pop()
    } else {
        None
    };
    let [request, control, report, stdin, stdout, stderr] =
        <[OwnedFd; SENT - 1]>::try_from(descriptors).map_err(|_| bad)?;
    let mut bytes = Vec::new();
    std::fs::File::from(request)
        .read_to_end(&mut bytes)
        .map_err(|_| bad)?;
    let request = Request::decode(&bytes).ok_or(bad)?;
    drop(bytes);
    let refused = |step| request.sabotage == Some(step);
    if refused(Step::Request) || refused(Step::Namespaces) {
        return Err((request.sabotage.unwrap_or(Step::Request), Errno::PERM));
    }
    let ends = Ends {
        control,
        report,
        stdin,
        stdout,
        stderr,
        peer,
    };
    let plan = template.plan(&request, ends).map_err(|_| bad)?;
    let made = sys::clone_cell(inside::enter, &plan).map_err(|errno| (Step::Namespaces, errno))?;
    let mapped = if refused(Step::Identity) {
        Err(Errno::PERM)
    } else {
        identity::map(made.pid, template.standing, Slot::number(request.slot))
    };
    match mapped {
        Ok(()) => Ok(made),
        Err(errno) => {
            // It still waits for its go; nothing of the program has begun.
            let _ = rustix::process::pidfd_send_signal(&made.pidfd, Signal::KILL);
            Err((Step::Identity, errno))
        }
    }
}
