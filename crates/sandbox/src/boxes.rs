//! A small process that makes the cells.
//!
//! A cell begins as a copy of the process that makes it and lives for many runs, each of which begins as a
//! copy of the cell. Were the supervisor itself copied, every start would cost the page tables of its memory
//! (200 ms per GiB were measured) and every page it writes meanwhile would be copied too, which would disturb
//! the model that runs beside the verifier. So a process is forked once, when the sandbox is opened, and only
//! it is copied from then on. Open early: it begins as a copy of what the supervisor is at that time.
//!
//! It has one thread and does one thing at a time: take the number of a free identity, clone the cell's
//! warden into its namespaces, map the identity, answer with the warden's handle and the connection to it.
//! It ends when the supervisor's end of the socket closes, by intent or by death, and after its cells. Where
//! cells have no namespaces it is also the last to adopt what a dead cell left, ends that, and removes the
//! scratch folders; where runs have control groups it removes those.
//!
//! It is the child of a fork of a process with threads: it may allocate (see [`sys::fork_boxes`]) but it
//! prints nothing, logs nothing and never reads the environment.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};

use crate::fault::{Fault, Step};
use crate::identity::{self, Numbered, Slot};
use crate::packet;
use crate::plan::PEER;
use crate::sys::{self, Cloned, Namespaces};
use crate::template::Template;
use crate::{group, inside, scratch, unwalled};

/// The supervisor's side.
pub(crate) struct Boxes {
    /// `None` only while it is dropped.
    socket: Option<Mutex<OwnedFd>>,
    pid: i32,
}

/// What the forked child is given.
struct Birth<'a> {
    template: &'a Template,
    socket: &'a OwnedFd,
}

/// What a cell is built from.
pub(crate) struct Site<'a> {
    pub(crate) template: &'a Template,
    /// The warden's end of its connection with the supervisor.
    pub(crate) socket: &'a OwnedFd,
    /// Its place among the slots, which its user number follows from.
    pub(crate) slot: Numbered,
    /// The scratch folder of its runs.
    pub(crate) folder: CString,
    /// The way into the control group of its runs.
    pub(crate) door: Option<OwnedFd>,
    /// A layer that shall be refused, for tests.
    pub(crate) sabotage: Option<Step>,
}

impl Boxes {
    /// Forks the process that makes the cells.
    pub(crate) fn fork(template: &Template) -> Result<Self, Fault> {
        let fault = || Fault::supervisor("fork the process that makes the cells");
        let (ours, theirs) = packet::connection().map_err(fault())?;
        let birth = Birth {
            template,
            socket: &theirs,
        };
        let pid = sys::fork_boxes(live, &birth).map_err(fault())?;
        Ok(Self {
            socket: Some(Mutex::new(ours)),
            pid,
        })
    }

    /// Asks for a cell that runs under this slot's number. Returns its warden's handle and the connection
    /// with it; the warden builds the cell and says there how that went. The door leads into the control group
    /// of its runs.
    pub(crate) fn make(
        &self,
        (slot, door): (&Slot, Option<OwnedFd>),
        sabotage: Option<Step>,
    ) -> Result<(OwnedFd, OwnedFd), Fault> {
        let gone = |_| Fault::Lost {
            what: "the process that makes the cells is gone; open the sandbox again".to_owned(),
        };
        let Some(socket) = &self.socket else {
            return Err(gone(Errno::PIPE));
        };
        // The socket holds no half-said thing that a panic elsewhere could leave: one packet each way.
        let socket = socket.lock().unwrap_or_else(PoisonError::into_inner);
        let refuse = sabotage.map_or(0, |step| step as u64 + 1);
        let order = [u64::from(slot.index()), refuse, 0];
        let door: Vec<_> = door.iter().map(AsFd::as_fd).collect();
        packet::send_words(&*socket, order, &door).map_err(gone)?;
        let (words, descriptors) = packet::receive_words(&*socket).map_err(gone)?;
        drop(socket);
        answer(words)?;
        match <[OwnedFd; 2]>::try_from(descriptors) {
            Ok([pidfd, connection]) => Ok((pidfd, connection)),
            Err(_) => Err(Fault::Lost {
                what: "the process that makes the cells answered nonsense".to_owned(),
            }),
        }
    }
}

impl Drop for Boxes {
    /// Closing the socket ends the process; it is reaped here.
    fn drop(&mut self) {
        self.socket = None;
        let _ = rustix::io::retry_on_intr(|| {
            rustix::process::waitpid(Pid::from_raw(self.pid), WaitOptions::empty())
        });
    }
}

/// Reads an answer: 0 for done, or 1, a layer and an error number.
pub(crate) fn answer(words: [u64; 3]) -> Result<(), Fault> {
    match words {
        [0, ..] => Ok(()),
        [_, step, errno] => {
            let step = Step::numbered(step).unwrap_or(Step::Namespaces);
            Err(Fault::layer(step, Errno::from_raw_os_error(errno as i32)))
        }
    }
}

/// The answer that says no.
pub(crate) fn refusal((step, errno): (Step, Errno)) -> [u64; 3] {
    [1, step as u64, errno.raw_os_error() as u64]
}

/// The life of the process.
fn live(birth: &Birth<'_>) {
    sys::default_signals();
    sys::unblock_signals();
    sys::ignore_children();
    let ready = sys::close_except(&[birth.socket.as_raw_fd()])
        .and_then(|()| rustix::process::setsid().map(drop))
        .and_then(|()| rustix::process::chdir(c"/"))
        .and_then(|()| rustix::thread::set_name(c"boxes"))
        .and_then(|()| ordinary_priority())
        .and_then(|()| fill_streams());
    let has_walls = birth.template.tier.has_walls();
    if ready.is_err() || !has_walls && unwalled::adopt().is_err() {
        sys::exit(1);
    }
    let mut wardens = Vec::new();
    while let Ok((words, door)) = next(birth.socket, &mut wardens) {
        let said = match serve(birth.template, words, door.into_iter().next()) {
            Ok((made, connection)) => {
                let handles = [made.pidfd.as_fd(), connection.as_fd()];
                let said = packet::send_words(birth.socket, [0, 0, 0], &handles);
                wardens.extend((!has_walls).then_some(made));
                said
            }
            Err(refused) => packet::send_words(birth.socket, refusal(refused), &[]),
        };
        if said.is_err() {
            break;
        }
    }
    if let Some(folder) = &birth.template.scratch {
        unwalled::outlive(wardens);
        scratch::remove(folder);
    }
    // The kernel reaps the wardens by itself; the wait ends when there is none left.
    while matches!(
        rustix::process::wait(WaitOptions::empty()),
        Ok(_) | Err(Errno::INTR)
    ) {}
    if let Some(folder) = &birth.template.leaves {
        group::remove(folder);
    }
    sys::exit(0);
}

/// The next order. Where no namespace ends what a dead warden left, that is done meanwhile.
fn next(socket: &OwnedFd, wardens: &mut Vec<Cloned>) -> Result<([u64; 3], Vec<OwnedFd>), Errno> {
    while !wardens.is_empty() && !unwalled::wait_beside(socket, wardens)? {}
    packet::receive_words(socket)
}

/// A supervisor that was given precedence keeps it to itself: no program runs before others of the machine.
fn ordinary_priority() -> Result<(), Errno> {
    match rustix::process::getpriority_process(None)? {
        ..0 => rustix::process::setpriority_process(None, 0),
        _ => Ok(()),
    }
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

/// Makes one cell.
fn serve(
    template: &Template,
    words: [u64; 3],
    door: Option<OwnedFd>,
) -> Result<(Cloned, OwnedFd), (Step, Errno)> {
    let [slot, sabotage, _] = words;
    let sabotage = sabotage.checked_sub(1).and_then(Step::numbered);
    let refuse = |step| match sabotage == Some(step) {
        true => Err((step, Errno::PERM)),
        false => Ok(()),
    };
    let slot = Slot::number(u32::try_from(slot).unwrap_or(0));
    let namespaces = match template.tier.has_walls() {
        true => Namespaces::CELL,
        false => Namespaces::NONE,
    };
    refuse(Step::Namespaces)?;
    let folder = match &template.scratch {
        Some(top) => scratch::prepare(top, slot.index(), template.standing.owner(slot))
            .map_err(|errno| (Step::Scratch, errno))?,
        None => c"/box".into(),
    };
    let (ours, theirs) = packet::connection().map_err(|errno| (Step::Request, errno))?;
    let site = Site {
        template,
        socket: &theirs,
        slot,
        folder,
        door,
        sabotage,
    };
    let made = sys::clone_cell(inside::enter, &site, namespaces)
        .map_err(|errno| (Step::Namespaces, errno))?;
    let told = refuse(Step::Identity)
        .and_then(|()| {
            match template.tier.has_walls() {
                true => identity::map(made.pid, template.standing, slot),
                false => identity::end_first(made.pid),
            }
            .map_err(|errno| (Step::Identity, errno))
        })
        .and_then(|()| {
            packet::send_words(&ours, [0, 0, 0], &[]).map_err(|errno| (Step::Identity, errno))
        });
    if let Err(refused) = told {
        // It still waits for its go; nothing has begun.
        let _ = rustix::process::pidfd_send_signal(&made.pidfd, Signal::KILL);
        return Err(refused);
    }
    Ok((made, ours))
}
