//! The supervisor's side of the cells: made on demand, kept, never shared, replaced when they break.
//!
//! Making a cell costs all namespaces, all mounts and the big filter; a run in one costs a tenth. There are
//! as many as there ever were runs at once. A cell goes back into the pool only when its run is over and
//! well; after any fault it is killed, and the next run gets another.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::process::Signal;

use crate::boxes::{self, Boxes};
use crate::fault::{Fault, Step};
use crate::group::{Leaf, Leaves};
use crate::identity::Slot;
use crate::limits::Limits;
use crate::packet;
use crate::scratch::Scratch;
use crate::sys::Cloned;
use crate::template::Template;

/// How long a warden may take to answer: building a cell takes milliseconds, cloning a run less.
const ANSWER: Duration = Duration::from_secs(30);

/// The cells of one sandbox.
pub(crate) struct Pool {
    /// Dropped before the process that made them, which ends only after its cells.
    idle: Mutex<Vec<Warden>>,
    boxes: Boxes,
    /// Where scratch folders lie on the host; removed at last.
    scratch: Option<Scratch>,
    /// The control groups of its runs; removed at last, too.
    leaves: Option<Leaves>,
    sabotage: Option<Step>,
}

/// The supervisor's handle of one cell. When it is dropped the cell ends.
pub(crate) struct Warden {
    connection: OwnedFd,
    pidfd: OwnedFd,
    /// The scratch folder of its runs, where it lies on the host.
    scratch: Option<OwnedFd>,
    /// The control group of its runs, at the tier that has one.
    leaf: Option<Leaf>,
    /// The number it runs under, which nobody else has meanwhile.
    _slot: Slot,
}

impl Pool {
    /// An empty pool; `sabotage` is a layer that shall be refused, for tests.
    pub(crate) fn new(template: &mut Template, sabotage: Option<Step>) -> Result<Self, Fault> {
        let scratch = match template.tier.has_walls() {
            true => None,
            false => Some(Scratch::make(template.standing)?),
        };
        template.scratch = scratch.as_ref().map(|made| made.path().to_owned());
        let leaves = template.base.as_deref().map(Leaves::make).transpose()?;
        template.leaves = leaves.as_ref().map(|made| made.path().to_owned());
        Ok(Self {
            boxes: Boxes::fork(template)?,
            scratch,
            leaves,
            idle: Mutex::new(Vec::new()),
            sabotage,
        })
    }

    /// Has a run made in a free cell: the request and its descriptors go to the cell's warden.
    pub(crate) fn run(
        &self,
        (request, limits): (&[u8], &Limits),
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(Warden, Cloned), Fault> {
        loop {
            // Taken in a statement of its own: the lock is not held while a run is made.
            let free = self.idle().pop();
            let fresh = free.is_none();
            let mut warden = match free {
                Some(warden) => warden,
                None => self.make()?,
            };
            if let Some(leaf) = &mut warden.leaf {
                leaf.begin(limits)?;
            }
            match warden.ask(request, descriptors) {
                Ok(run) => return Ok((warden, run)),
                // It died while it was idle. Nothing of the request was read.
                Err(Refused::Gone) if !fresh => {}
                Err(refused) => return Err(refused.into()),
            }
        }
    }

    /// Takes a cell back whose run is over and well.
    pub(crate) fn give(&self, warden: Warden) {
        self.idle().push(warden);
    }

    /// Ends every idle cell.
    pub(crate) fn retire(&self) {
        let idle = std::mem::take(&mut *self.idle());
        drop(idle);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Warden>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self) -> Result<Warden, Fault> {
        let slot = Slot::take()?;
        let leaf = self.leaf(&slot)?;
        let door = leaf.as_ref().map(Leaf::door).transpose()?;
        let (pidfd, connection) = self.boxes.make((&slot, door), self.sabotage)?;
        set_socket_timeout(&connection, Timeout::Recv, Some(ANSWER))
            .map_err(Fault::supervisor("prepare a connection"))?;
        let warden = Warden {
            connection,
            pidfd,
            scratch: self
                .scratch
                .as_ref()
                .map(|top| top.of_slot(&slot))
                .transpose()?,
            leaf,
            _slot: slot,
        };
        let (words, _) = packet::receive_words(&warden.connection).map_err(|_| Fault::Lost {
            what: "the warden of a cell ended while it built it".to_owned(),
        })?;
        boxes::answer(words)?;
        Ok(warden)
    }

    fn leaf(&self, slot: &Slot) -> Result<Option<Leaf>, Fault> {
        let Some(leaves) = &self.leaves else {
            return Ok(None);
        };
        if self.sabotage == Some(Step::Group) {
            return Err(Fault::layer(Step::Group, Errno::PERM));
        }
        leaves.of_slot(slot.index()).map(Some)
    }
}

/// Why a run was not made.
enum Refused {
    /// The request could not be handed over.
    Gone,
    /// It was, and this came of it.
    Fault(Fault),
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Fault(fault) => fault,
            Refused::Gone => Self::Lost {
                what: "a new cell is gone at once".to_owned(),
            },
        }
    }
}

impl Warden {
    /// The scratch folder, where the kernel does not keep it small.
    pub(crate) fn scratch(&self) -> Option<&OwnedFd> {
        self.scratch.as_ref()
    }

    /// The control group of its runs, at the tier that has one.
    pub(crate) fn leaf(&self) -> Option<&Leaf> {
        self.leaf.as_ref()
    }

    /// The same, to close its books.
    pub(crate) fn leaf_mut(&mut self) -> Option<&mut Leaf> {
        self.leaf.as_mut()
    }

    fn ask(&self, request: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<Cloned, Refused> {
        match packet::send(&self.connection, request, descriptors) {
            Ok(()) => {}
            Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) => return Err(Refused::Gone),
            Err(errno) => {
                return Err(Refused::Fault(Fault::supervisor("hand over a request")(
                    errno,
                )));
            }
        }
        let lost = |what: &str| {
            Refused::Fault(Fault::Lost {
                what: what.to_owned(),
            })
        };
        let (words, handles) = packet::receive_words(&self.connection)
            .map_err(|_| lost("the warden of the cell ended before the run began"))?;
        boxes::answer(words).map_err(Refused::Fault)?;
        let [pidfd] = <[OwnedFd; 1]>::try_from(handles)
            .map_err(|_| lost("the warden of the cell answered nonsense"))?;
        Ok(Cloned {
            pid: words[1] as i32,
            pidfd,
        })
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        // It has ended already when this fails.
        let _ = rustix::process::pidfd_send_signal(self.pidfd.as_fd(), Signal::KILL);
    }
}
