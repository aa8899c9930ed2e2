//! The cell: its warden builds it around itself, once.
//!
//! This runs after a clone without exec of the process that makes the cells. That one has one thread, but
//! it is itself a fork of a process that may have many; so this stays close to plain system calls on what the
//! [`Site`] holds.
//!
//! The order of the layers matters and is the order of [`Step`]. The host's folders are opened while
//! the caller's identity can still reach them (a toolchain below a home that others may not enter),
//! then the unused identity is taken on, then everything else is made by it. What is left to the warden at
//! the end is one capability inside its own namespaces, to mount, and a filter that lets it do so; each run
//! gives both up (`fresh`).

use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{CWD, Mode as Bits, OFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags,
};
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, Gid, Uid};

use crate::boxes::{self, Site};
use crate::fault::Step;
use crate::fittings::Warm;
use crate::fresh::{self, Standby};
use crate::landlock::Places;
use crate::layout::{self, Kind, Layout, MOST_MOUNTS, Mount};
use crate::plan::{Groups, PEER};
use crate::sys::{self, Stack};
use crate::{init, nursery, packet, unwalled, warden};

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
    sabotage: Option<Step>,
    step: Step,
    does: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Broken> {
    if sabotage == Some(step) {
        return Err(Broken {
            step,
            errno: Errno::PERM,
        });
    }
    does().map_err(|errno| Broken { step, errno })
}

/// Puts up one layer of the cell.
fn layer(site: &Site<'_>, named: Step, does: impl FnOnce() -> Result<(), Errno>) -> Done {
    match site.template.is_without(named) {
        true => Ok(()),
        false => step(site.sabotage, named, does),
    }
}

/// The entry of the warden.
pub(crate) fn enter(site: &Site<'_>) {
    let answer = match build(site) {
        Ok(standby) => {
            if packet::send_words(site.socket, [0; 3], &[]).is_ok() {
                warden::live(site, &standby);
            }
            sys::exit(0);
        }
        Err(broken) => boxes::refusal((broken.step, broken.errno)),
    };
    // When this cannot be sent, the supervisor reads the end of the connection: a fault as well.
    let _ = packet::send_words(site.socket, answer, &[]);
    sys::exit(1);
}

/// Puts up every layer of the cell. Returns only when all of them stand.
fn build(site: &Site<'_>) -> Result<Standby, Broken> {
    let template = site.template;
    let step = |named, does: &mut dyn FnMut() -> Result<(), Errno>| layer(site, named, does);
    // The packet says "your identity is mapped"; nobody is there to tell when it does not come.
    if packet::receive_words(site.socket).is_err() {
        sys::exit(1);
    }
    step(Step::Descriptors, &mut || {
        // Connecting a program's streams must not overwrite what lies there.
        if site.socket.as_raw_fd() <= PEER {
            return Err(Errno::BADF);
        }
        let socket = site.socket.as_raw_fd();
        let door = site.door.as_ref().map_or(socket, AsRawFd::as_raw_fd);
        // Sorted; the same number twice is one descriptor.
        sys::close_except(&[0, 1, 2, PEER, socket.min(door), socket.max(door)])
    })?;
    step(Step::Session, &mut || rustix::process::setsid().map(drop))?;
    if !template.tier.has_walls() {
        let places = crate::inside::step(site.sabotage, Step::Sources, || {
            Places::on_the_host(&template.layout)
        })?;
        step(Step::Drop, &mut || unwalled::take_identity(site))?;
        step(Step::Tree, &mut || unwalled::adopt())?;
        return secure(site, Some(places), None);
    }
    let mut sources = [const { None }; MOST_MOUNTS];
    let mut processes = None;
    step(Step::Sources, &mut || {
        if !template.warm.is_empty() {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            processes = rustix::fs::openat(CWD, c"/proc", flags, Bits::empty()).ok();
        }
        open_sources(&template.layout, &mut sources)
    })?;
    step(Step::Drop, &mut || {
        take_identity(template.standing.groups())
    })?;
    let mut root = None;
    step(Step::Root, &mut || {
        let made = new_root(&template.layout)?;
        write_modules(&made, &template.warm)?;
        root = Some(made);
        Ok(())
    })?;
    let root = root.ok_or(Broken {
        step: Step::Root,
        errno: Errno::BADF,
    })?;
    step(Step::Mounts, &mut || {
        attach(&template.layout, &root, &mut sources)
    })?;
    step(Step::Pivot, &mut || pivot(&root))?;
    drop(root);
    secure(site, None, processes)
}

/// Hides the warden, takes from it what its runs do not need, and makes what they share.
fn secure(
    site: &Site<'_>,
    places: Option<Places>,
    processes: Option<OwnedFd>,
) -> Result<Standby, Broken> {
    layer(site, Step::Hidden, || {
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        // Not 0: where crashes are piped to a handler of the host, only 1 keeps it from being started.
        // Set before the filters, which let nobody change it.
        let one = Some(1);
        rustix::process::setrlimit(
            Resource::Core,
            Rlimit {
                current: one,
                maximum: one,
            },
        )
    })?;
    layer(site, Step::Bounds, || {
        rustix::thread::clear_ambient_capability_set()?;
        if places.is_some() {
            return fresh::drop_capabilities();
        }
        // A warm interpreter inherits them; that has to be said while they are in the bounding set.
        let kept = CapabilitySet::SYS_ADMIN | CapabilitySet::SYS_CHROOT;
        let mut sets = rustix::thread::capabilities(None)?;
        sets.inheritable = kept;
        rustix::thread::set_capabilities(None, sets)?;
        sys::drop_bounding_set()?;
        let sets = CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: kept,
        };
        rustix::thread::set_capabilities(None, sets)
    })?;
    layer(site, Step::Privileges, || {
        rustix::thread::set_no_new_privs(true)
    })?;
    let standby = step(site.sabotage, Step::Init, || {
        Ok(Standby {
            children: sys::child_signals()?,
            places: places.map_or_else(Places::within, Ok)?,
            processes,
            init: Stack::new(),
            program: Stack::new(),
        })
    })?;
    layer(site, Step::Guard, || {
        sys::install_filter(&site.template.filters.cell)
    })?;
    Ok(standby)
}

/// Cuts the mounts off from the host's and opens what stays readable as detached copies.
fn open_sources(
    layout: &Layout,
    sources: &mut [Option<OwnedFd>; MOST_MOUNTS],
) -> Result<(), Errno> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change(c"/", private)?;
    for (slot, mount) in sources.iter_mut().zip(&layout.mounts) {
        if mount.kind == Kind::Empty {
            continue;
        }
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
        Kind::Empty => (
            MountAttrFlags::MOUNT_ATTR_NOEXEC | MountAttrFlags::MOUNT_ATTR_NODEV,
            Reach::Mount,
        ),
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
fn new_root(layout: &Layout) -> Result<OwnedFd, Errno> {
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    let root = memory_fs(c"4m", c"1024", c"0755", attributes)?;
    rustix::mount::move_mount(
        &root,
        c"",
        CWD,
        ATTACH_AT,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )?;
    rustix::process::umask(Bits::from_raw_mode(0o022));
    for folder in &layout.folders {
        rustix::fs::mkdirat(&root, folder.as_c_str(), Bits::from_raw_mode(0o755))?;
    }
    for (target, name) in &layout.links {
        rustix::fs::symlinkat(target.as_c_str(), &root, name.as_c_str())?;
    }
    Ok(root)
}

/// Puts the modules of warm interpreters where their scripts will lie; each run's scratch folder covers them.
fn write_modules(root: &OwnedFd, warm: &[Warm]) -> Result<(), Errno> {
    let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let driver = (nursery::DRIVER.0, nursery::DRIVER.1.as_bytes());
    let modules = warm.iter().flat_map(|one| &one.modules);
    let modules = modules.map(|file| (file.name.as_str(), file.bytes.as_slice()));
    let driver = (!warm.is_empty()).then_some(driver);
    for (name, bytes) in modules.chain(driver) {
        let path = format!("box/{name}");
        let fd = rustix::fs::openat(root, path.as_str(), flags, Bits::from_raw_mode(0o444))?;
        init::write_all(&fd, bytes)?;
    }
    Ok(())
}

/// Attaches the opened sources; a file needs an empty file to be attached to.
fn attach(
    layout: &Layout,
    root: &OwnedFd,
    sources: &mut [Option<OwnedFd>; MOST_MOUNTS],
) -> Result<(), Errno> {
    for (mount, source) in layout.mounts.iter().zip(sources) {
        if mount.kind == Kind::Empty {
            let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
            let empty = rustix::mount::open_tree(root, layout::NOTHING, flags)?;
            restrict(&empty, mount)?;
            *source = Some(empty);
        } else if mount.kind != Kind::Folder {
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

/// Makes the new root the only one and read-only.
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
    rustix::process::chdir(c"/")?;
    // Only the UTS namespace of this cell: the host's name is nobody's business.
    rustix::system::sethostname(b"box")
}
