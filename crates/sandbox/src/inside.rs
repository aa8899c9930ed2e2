//! The child: it builds the box around itself.
//!
//! Everything here runs after a clone without exec. The zygote that is cloned has one thread, but it is
//! itself a fork of a process that may have many; so this is kept async-signal-safe throughout: no allocation, no lock, no formatting, no panic; only system calls on what
//! [`Plan`] holds. The loops are bounded by lists that were made before the clone.
//!
//! The order of the layers matters and is the order of [`Step`]. The host's folders are opened while
//! the caller's identity can still reach them (a toolchain below a home that others may not enter),
//! then the unused identity is taken on, then everything else is made by it. Landlock comes after the
//! mounts because a confined process cannot mount, and the filter comes last because it denies most of
//! what went before.
//!
//! What the init does once everything stands is in `init`.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode as Bits, OFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, Gid, Uid};

use crate::fault::Step;
use crate::init;
use crate::layout::{Kind, MOST_MOUNTS, Mount};
use crate::plan::{Groups, PEER, Plan};
use crate::program::Mode;
use crate::sys;

/// The identity inside: not 0, so that no exec can gain a capability by being root.
pub(crate) const INSIDE_ID: u32 = 1000;

/// Where the new root is attached for a moment; every layout has it, so it exists.
const ATTACH_AT: &CStr = c"/usr";

/// How far a restriction of mounts goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// One mount.
    Mount,
    /// The mount and everything mounted beneath it.
    Tree,
}

/// A refused layer.
pub(crate) struct Broken {
    pub(crate) step: Step,
    pub(crate) errno: Errno,
}

/// A step's answer.
pub(crate) type Done = Result<(), Broken>;

/// Runs one step, or refuses it when a test asks for that.
pub(crate) fn step<T>(
    plan: &Plan<'_>,
    step: Step,
    does: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Broken> {
    if plan.sabotage == Some(step) {
        return Err(Broken {
            step,
            errno: Errno::PERM,
        });
    }
    does().map_err(|errno| Broken { step, errno })
}

/// The entry of the child.
pub(crate) fn enter(plan: &Plan<'_>) {
    let code = match build(plan).and_then(|()| init::watch(plan)) {
        Ok(()) => 0,
        Err(broken) => {
            init::say_broken(plan, &broken);
            1
        }
    };
    sys::exit(code);
}

/// Puts up every layer. Returns only when all of them stand.
fn build(plan: &Plan<'_>) -> Done {
    sys::default_signals();
    step(plan, Step::Descriptors, || {
        // Connecting the program's streams must not overwrite the pipe that tells how that went.
        if plan.keep.iter().any(|&fd| fd <= PEER) {
            return Err(Errno::BADF);
        }
        sys::close_except(&plan.keep)
    })?;
    if !told_to_go(&plan.ends.control) {
        sys::exit(1);
    }
    step(plan, Step::Session, || rustix::process::setsid().map(drop))?;
    let mut sources = [const { None }; MOST_MOUNTS];
    step(plan, Step::Sources, || open_sources(plan, &mut sources))?;
    step(plan, Step::Drop, || take_identity(plan.groups))?;
    let root = step(plan, Step::Root, || new_root(plan))?;
    step(plan, Step::Mounts, || attach(plan, &root, &mut sources))?;
    step(plan, Step::Scratch, || scratch(plan, &root))?;
    step(plan, Step::Pivot, || pivot(&root))?;
    drop(root);
    step(plan, Step::Files, || write_files(plan))?;
    confine(plan)
}

/// Waits for the byte that says "your identity is mapped"; false when the supervisor is gone.
fn told_to_go(control: &OwnedFd) -> bool {
    let mut byte = [0_u8; 1];
    matches!(
        rustix::io::retry_on_intr(|| rustix::io::read(control, &mut byte)),
        Ok(1)
    )
}

/// Cuts the mounts off from the host's and opens what stays readable as detached copies.
fn open_sources(
    plan: &Plan<'_>,
    sources: &mut [Option<OwnedFd>; MOST_MOUNTS],
) -> Result<(), Errno> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change(c"/", private)?;
    for (slot, mount) in sources.iter_mut().zip(&plan.layout.mounts) {
        let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        if mount.kind == Kind::Folder {
            flags |= OpenTreeFlags::AT_RECURSIVE;
        }
        let tree = rustix::mount::open_tree(CWD, mount.source.as_c_str(), flags)?;
        restrict(&tree, mount)?;
        *slot = Some(tree);
    }
    Ok(())
}

/// Read-only and without set-user-id for all; device nodes only where they are wanted.
fn restrict(tree: &OwnedFd, mount: &Mount) -> Result<(), Errno> {
    let common = MountAttrFlags::MOUNT_ATTR_RDONLY | MountAttrFlags::MOUNT_ATTR_NOSUID;
    let (more, reach) = match mount.kind {
        Kind::Folder => (MountAttrFlags::MOUNT_ATTR_NODEV, Reach::Tree),
        Kind::File => (MountAttrFlags::MOUNT_ATTR_NODEV, Reach::Mount),
        Kind::Device => (MountAttrFlags::MOUNT_ATTR_NOEXEC, Reach::Mount),
    };
    sys::restrict_mount(tree, u64::from((common | more).bits()), reach)
}

/// Becomes the unused identity; the namespace's capabilities stay until they are dropped.
fn take_identity(groups: Groups) -> Result<(), Errno> {
    rustix::thread::set_keep_capabilities(true)?;
    if groups == Groups::Drop {
        rustix::thread::set_thread_groups(&[])?;
    }
    let (gid, uid) = (Gid::from_raw(INSIDE_ID), Uid::from_raw(INSIDE_ID));
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid)?;
    let mut sets = rustix::thread::capabilities(None)?;
    sets.effective = sets.permitted;
    rustix::thread::set_capabilities(None, sets)
}

/// A new file system in memory with these two caps.
fn memory_fs(
    size: &CStr,
    inodes: &CStr,
    mode: &CStr,
    attributes: MountAttrFlags,
) -> Result<OwnedFd, Errno> {
    let fs = rustix::mount::fsopen(c"tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    rustix::mount::fsconfig_set_string(&fs, c"size", size)?;
    rustix::mount::fsconfig_set_string(&fs, c"nr_inodes", inodes)?;
    rustix::mount::fsconfig_set_string(&fs, c"mode", mode)?;
    rustix::mount::fsconfig_create(&fs)?;
    rustix::mount::fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// Attaches `tree` at a path below `root`.
fn move_to(tree: &OwnedFd, root: &OwnedFd, target: &CStr) -> Result<(), Errno> {
    rustix::mount::move_mount(
        tree,
        c"",
        root,
        target,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
}

/// The empty root with its folders and links.
fn new_root(plan: &Plan<'_>) -> Result<OwnedFd, Errno> {
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let root = memory_fs(c"1m", c"1024", c"0755", attributes)?;
    rustix::mount::move_mount(
        &root,
        c"",
        CWD,
        ATTACH_AT,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )?;
    rustix::process::umask(Bits::from_raw_mode(0o022));
    for folder in &plan.layout.folders {
        rustix::fs::mkdirat(&root, folder.as_c_str(), Bits::from_raw_mode(0o755))?;
    }
    for (target, name) in &plan.layout.links {
        rustix::fs::symlinkat(target.as_c_str(), &root, name.as_c_str())?;
    }
    Ok(root)
}

/// Attaches the opened sources; a file needs an empty file to be attached to.
fn attach(
    plan: &Plan<'_>,
    root: &OwnedFd,
    sources: &mut [Option<OwnedFd>; MOST_MOUNTS],
) -> Result<(), Errno> {
    for (mount, source) in plan.layout.mounts.iter().zip(sources) {
        if mount.kind != Kind::Folder {
            let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            drop(rustix::fs::openat(
                root,
                mount.target.as_c_str(),
                flags,
                Bits::from_raw_mode(0o444),
            )?);
        }
        let tree = source.take().ok_or(Errno::BADF)?;
        move_to(&tree, root, &mount.target)?;
    }
    Ok(())
}

/// The scratch folder: the only place that can be written, capped in bytes and in files.
fn scratch(plan: &Plan<'_>, root: &OwnedFd) -> Result<(), Errno> {
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let fs = memory_fs(
        &plan.scratch_size,
        &plan.scratch_inodes,
        c"0700",
        attributes,
    )?;
    move_to(&fs, root, c"box")
}

/// Makes the new root the only one and read-only, and enters the scratch folder.
fn pivot(root: &OwnedFd) -> Result<(), Errno> {
    rustix::process::fchdir(root)?;
    // Both on the same spot: the old root is then stacked on the new one and is taken off.
    rustix::process::pivot_root(c".", c".")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH)?;
    sys::restrict_mount(
        root,
        u64::from(MountAttrFlags::MOUNT_ATTR_RDONLY.bits()),
        Reach::Mount,
    )?;
    rustix::process::chdir(c"/box")
}

fn write_files(plan: &Plan<'_>) -> Result<(), Errno> {
    // Only the UTS namespace of this box: the host's name is nobody's business.
    rustix::system::sethostname(b"box")?;
    for (name, file) in &plan.files {
        let mode = match file.mode {
            Mode::Plain => 0o644,
            Mode::Executable => 0o755,
        };
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = rustix::fs::openat(CWD, name.as_c_str(), flags, Bits::from_raw_mode(mode))?;
        init::write_all(&fd, &file.bytes)?;
    }
    Ok(())
}

/// Gives up every power that building needed, and confines this process and all that come after it.
fn confine(plan: &Plan<'_>) -> Done {
    step(plan, Step::Hidden, || {
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        // Not 0: where crashes are piped to a handler of the host, only 1 keeps it from being started.
        // Set before the filter, which lets nobody change it.
        let one = Some(1);
        rustix::process::setrlimit(
            Resource::Core,
            Rlimit {
                current: one,
                maximum: one,
            },
        )
    })?;
    step(plan, Step::Capabilities, || {
        sys::drop_bounding_set()?;
        rustix::thread::clear_ambient_capability_set()?;
        let none = CapabilitySet::empty();
        let sets = CapabilitySets {
            effective: none,
            permitted: none,
            inheritable: none,
        };
        rustix::thread::set_capabilities(None, sets)
    })?;
    step(plan, Step::Privileges, || {
        rustix::thread::set_no_new_privs(true)
    })?;
    step(plan, Step::Landlock, || {
        crate::landlock::confine(plan.landlock_abi)
    })?;
    step(plan, Step::Seccomp, || sys::install_filter(plan.filter))
}
