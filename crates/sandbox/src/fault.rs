//! What goes wrong on our side of the box.
//!
//! A fault is never a verdict on a program: the run did not happen, or its end is not known. Every
//! layer that cannot be put up is a fault that names the layer, the kernel's answer and a remedy; the
//! program has then not been started, and nothing is ever run with a layer less.

use std::fmt;

use rustix::io::Errno;

use crate::group;

/// A fault of the harness.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A layer of the box could not be put up. The program was not started.
    #[error("the sandbox cannot {step}: {reason}; {remedy}")]
    Layer {
        /// The layer.
        step: Step,
        /// The kernel's answer.
        reason: std::io::Error,
        /// What to do about it.
        remedy: String,
    },
    /// This machine has no tier at all. No program was started.
    #[error("{walled}; and without namespaces {unwalled}")]
    NoTier {
        /// Why there are no boxes with namespaces.
        walled: Box<Fault>,
        /// Why there are none without.
        unwalled: Box<Fault>,
    },
    /// The program named by `argv[0]` is not in the box.
    #[error(
        "{program} cannot be started inside the sandbox: {reason}; open the cell with the folder it lies in as readable"
    )]
    Missing {
        /// The path as asked.
        program: String,
        /// The kernel's answer.
        reason: std::io::Error,
    },
    /// A program description that cannot be put in a box.
    #[error("the program cannot be boxed: {what}")]
    Program {
        /// What is wrong with it.
        what: String,
    },
    /// A path that may not be made readable inside.
    #[error("{path} cannot be made readable inside the sandbox: {why}")]
    Readable {
        /// The path as asked.
        path: String,
        /// Why not.
        why: String,
    },
    /// A system call of the supervisor failed.
    #[error("the sandbox's supervisor could not {doing}: {source}")]
    Supervisor {
        /// What it was doing.
        doing: &'static str,
        /// The kernel's answer.
        source: std::io::Error,
    },
    /// The process that watches over the box ended without its report.
    #[error(
        "the sandbox's init ended without a report ({what}); the host may be out of memory: free some or run fewer programs at once"
    )]
    Lost {
        /// What was seen.
        what: String,
    },
    /// The box could not be emptied in time.
    #[error(
        "the sandbox's processes did not end within {seconds} s of being killed; look for a stuck file system or device"
    )]
    Stuck {
        /// How long was waited.
        seconds: u64,
    },
    /// A scripted sandbox has no answer for this program.
    #[error("the scripted sandbox has no answer: {what}")]
    Script {
        /// What the script said.
        what: String,
    },
}

impl Fault {
    /// A failed call of the supervisor.
    pub(crate) fn supervisor(doing: &'static str) -> impl FnOnce(Errno) -> Self {
        move |errno| Self::Supervisor {
            doing,
            source: errno.into(),
        }
    }

    /// Whether a layer of this kind was refused.
    pub(crate) fn is_of(&self, kind: fn(Step) -> bool) -> bool {
        matches!(self, Self::Layer { step, .. } if kind(*step))
    }

    /// A layer that the kernel refused.
    pub(crate) fn layer(step: Step, errno: Errno) -> Self {
        Self::Layer {
            step,
            reason: errno.into(),
            remedy: step.remedy(),
        }
    }
}

macro_rules! steps {
    ($($name:ident = $does:literal),+ $(,)?) => {
        /// One layer of the box, in the order in which they are put up.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Step {
            $(#[doc = $does] $name,)+
        }

        impl Step {
            /// Every step, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// What the step does, as a verb phrase.
            pub fn does(self) -> &'static str {
                match self { $(Self::$name => $does),+ }
            }
        }
    };
}

steps! {
    Kernel = "run on this kernel",
    Look = "look at the processes of the box from outside",
    Group = "make a control group for each run",
    Request = "hand the program to a cell",
    Namespaces = "make fresh user, mount, net, ipc, uts and cgroup namespaces",
    Identity = "map an unused identity into the user namespace",
    Descriptors = "close the supervisor's open files",
    Session = "start a session of its own",
    Sources = "open the folders that stay readable",
    Drop = "take on the unused identity",
    Root = "mount an empty root",
    Mounts = "mount the readable folders read-only",
    Pivot = "leave the host's root",
    Tree = "adopt whatever loses its parent",
    Hidden = "become unreadable to the program",
    Bounds = "drop all capabilities but the one to mount",
    Privileges = "forbid new privileges",
    Init = "prepare the init that reaps",
    Guard = "install the cell's system call filter",
    Fresh = "make fresh pid, ipc and mount namespaces",
    Scratch = "mount the scratch folder",
    Files = "write the program's files",
    Warm = "hand the program to a warm interpreter",
    Capabilities = "drop all capabilities",
    Landlock = "confine file access with Landlock",
    Seccomp = "install the program's system call filter",
    Process = "fork the program",
    Join = "join the control group of the run",
    Streams = "connect the program's streams",
    Rlimits = "set the resource limits",
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.does())
    }
}

impl Step {
    /// The step with this number in [`Step::ALL`].
    pub(crate) fn numbered(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Whether a kernel that allows no namespaces refuses here.
    pub(crate) fn is_wall(self) -> bool {
        use Step::{Drop, Fresh, Identity, Mounts, Namespaces, Pivot, Root, Scratch, Sources};
        let walls = [
            Namespaces, Identity, Sources, Drop, Root, Mounts, Pivot, Fresh, Scratch,
        ];
        walls.contains(&self)
    }

    /// Whether a machine whose control groups are not for us to divide refuses here.
    pub(crate) fn is_group(self) -> bool {
        matches!(self, Self::Group | Self::Join)
    }

    /// What a person can do when this layer is refused, with what this machine says about it.
    fn remedy(self) -> String {
        match self {
            Self::Kernel => "Linux 5.14 or newer on x86-64 or arm64 is needed".to_owned(),
            Self::Look => "the kernel needs CONFIG_PROC_CHILDREN, and /proc must be mounted".to_owned(),
            Self::Group | Self::Join => group::remedy(),
            Self::Namespaces | Self::Fresh => namespace_remedy(),
            Self::Identity => "the host's user 0 is never mapped: run as an ordinary user, or give the container a range of user and group ids, and a /proc that can be written".to_owned(),
            Self::Root | Self::Mounts | Self::Scratch | Self::Pivot | Self::Sources => {
                "if /proc/sys/kernel/apparmor_restrict_unprivileged_userns is 1, give this program an AppArmor profile with `userns`; in a container, run it with a seccomp profile that allows mounts; Linux 5.14 or newer is needed".to_owned()
            }
            Self::Landlock => "the kernel needs Landlock (CONFIG_SECURITY_LANDLOCK, and `landlock` in the list of /sys/kernel/security/lsm); version 3 is in Linux 6.2".to_owned(),
            Self::Guard | Self::Seccomp => "the kernel needs CONFIG_SECCOMP_FILTER".to_owned(),
            Self::Rlimits => "a hard limit of this session (`ulimit -H -a`) lies below the limit asked for: raise it or lower the program's limits".to_owned(),
            Self::Files => "the files do not fit into the scratch folder: raise its limits".to_owned(),
            _ => "this is unexpected on Linux 5.14 or newer: please report it with the facts of `whet doctor`".to_owned(),
        }
    }
}

/// Reads the switches that are known to refuse user namespaces and names the one that is set.
fn namespace_remedy() -> String {
    let switch = |path: &str| {
        std::fs::read_to_string(path)
            .ok()
            .map(|text| text.trim().to_owned())
    };
    if switch("/proc/sys/user/max_user_namespaces").as_deref() == Some("0") {
        return "user.max_user_namespaces is 0: run `sysctl -w user.max_user_namespaces=10000`"
            .to_owned();
    }
    if switch("/proc/sys/kernel/unprivileged_userns_clone").as_deref() == Some("0") {
        return "kernel.unprivileged_userns_clone is 0: run `sysctl -w kernel.unprivileged_userns_clone=1`".to_owned();
    }
    if switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").as_deref() == Some("1") {
        return "kernel.apparmor_restrict_unprivileged_userns is 1: give this program an AppArmor profile with `userns`, or run `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`".to_owned();
    }
    "no switch of this kernel forbids it, so a container's seccomp profile probably does: run outside the container or with a profile that allows user namespaces".to_owned()
}
