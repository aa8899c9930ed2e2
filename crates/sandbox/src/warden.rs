//! The process that lives in a cell and makes its runs.
//!
//! It does one thing at a time: take a request with its descriptors, clone the run's init into fresh pid,
//! ipc and mount namespaces, answer with the init's handle. It never runs anything of a candidate's and reads
//! nothing that one wrote: a program's files pass through it as bytes. A run is a child in another pid
//! namespace that cannot see it; what the run changes (mounts, limits, filters) are its own copies.
//!
//! The init of a run shares the warden's memory, because copying page tables twice was half of the price of a
//! run. It is our own code, reads nothing of the program's but a wait status and the bytes of wanted files,
//! and gives up everything that the warden may do before the program begins; the program itself gets a memory
//! of its own when it is executed. While a run lasts the warden stands still.
//!
//! The warden may allocate (see `sys::fork_boxes`); the init may not.

use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::CWD;
use rustix::io::Errno;

use crate::boxes::{Site, refusal};
use crate::fault::Step;
use crate::fresh::{self, Standby};
use crate::nursery::Nursery;
use crate::packet;
use crate::plan::{Ends, Plan};
use crate::request::{Request, Way};
use crate::sys::{self, Call, Namespaces};
use crate::{scratch, unwalled};

/// Serves until the supervisor's end of the connection closes.
pub(crate) fn live(site: &Site<'_>, standby: &Standby) {
    let processes = standby.processes.as_ref().map(AsRawFd::as_raw_fd);
    let mut nursery = Nursery::new(&site.template.warm, processes);
    let mut packet = vec![0_u8; Way::INLINE + Way::HEAD];
    while let Ok((length, descriptors)) = packet::receive(site.socket, &mut packet) {
        let said = match take(&packet[..length], descriptors) {
            Ok((request, ends)) => serve((site, standby), &mut nursery, &request, ends),
            Err(refused) => Err(refused),
        };
        if let Err(refused) = said
            && packet::send_words(site.socket, refusal(refused), &[]).is_err()
        {
            return;
        }
    }
}

/// Reads a request.
fn take(packet: &[u8], descriptors: Vec<OwnedFd>) -> Result<(Request, Ends), (Step, Errno)> {
    let bad = (Step::Request, Errno::INVAL);
    let (way, inline) = Way::decode(packet).ok_or(bad)?;
    let (ends, file) = take_ends(way, descriptors).ok_or(bad)?;
    let mut outside = Vec::new();
    if let Some(file) = file {
        std::fs::File::from(file)
            .read_to_end(&mut outside)
            .map_err(|_| bad)?;
    }
    let bytes = if way.file { &outside[..] } else { inline };
    Ok((Request::decode(bytes).ok_or(bad)?, ends))
}

/// Makes one run, tells the supervisor, and stays until its init is gone: it reads what lies in this memory.
fn serve(
    (site, standby): (&Site<'_>, &Standby),
    nursery: &mut Nursery<'_>,
    request: &Request,
    ends: Ends,
) -> Result<(), (Step, Errno)> {
    for step in [Step::Request, Step::Fresh] {
        if request.sabotage == Some(step) {
            return Err((step, Errno::PERM));
        }
    }
    let (program, limits) = (&request.program, &request.limits);
    let is_warm = nursery.wake(program, limits, &standby.program);
    let mut plan = Plan::new(request, ends, site, nursery.living())
        .map_err(|_| (Step::Request, Errno::INVAL))?;
    if is_warm {
        plan.cradle = nursery.cradle(program, &plan);
    }
    let with = (&plan, standby);
    let call = Call::new(fresh::enter, &with, &standby.init);
    let has_walls = site.template.tier.has_walls();
    let namespaces = match has_walls {
        true => Namespaces::RUN,
        false => Namespaces::NONE,
    };
    let made = call
        .begin_run(namespaces)
        .map_err(|errno| (Step::Fresh, errno))?;
    let words = [0, made.pid as u64, 0];
    // A supervisor that is gone has closed the control pipe, too: the run ends by itself.
    let _ = packet::send_words(site.socket, words, &[made.pidfd.as_fd()]);
    let mut gone = [PollFd::new(&made.pidfd, PollFlags::IN)];
    while !matches!(poll(&mut gone, None), Ok(1..)) {}
    if !has_walls {
        clean(site);
    }
    Ok(())
}

/// Makes the cell as it was: what no namespace ends is ended, and what no mount takes with it is removed.
fn clean(site: &Site<'_>) {
    unwalled::sweep(&[]);
    let folder = scratch::open(CWD, &site.folder);
    if folder.and_then(|folder| scratch::empty(&folder)).is_err() {
        // A cell that cannot be cleaned is not used again.
        sys::exit(1);
    }
}

/// Sorts the descriptors of a request.
fn take_ends(way: Way, descriptors: Vec<OwnedFd>) -> Option<(Ends, Option<OwnedFd>)> {
    let mut from = descriptors.into_iter();
    let [control, report, stdout, stderr] =
        [from.next()?, from.next()?, from.next()?, from.next()?];
    let mut wanted = |wanted: bool| match wanted {
        true => from.next().map(Some),
        false => Some(None),
    };
    let (stdin, peer, file) = (wanted(way.stdin)?, wanted(way.peer)?, wanted(way.file)?);
    let ends = Ends {
        control,
        report,
        stdin,
        stdout,
        stderr,
        peer,
    };
    from.next().is_none().then_some((ends, file))
}
