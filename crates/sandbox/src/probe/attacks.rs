//! The list of attacks: what each is after, which layer has to hold, and who judges its end.

use super::judges::{
    denied, disk_bounded, ends, files_bounded, killed_at_the_entry, left_nothing, memory_limit,
    not_compiled, nothing_came_back, one_file_bounded, output_limit, processes_bounded,
};
use super::{Arena, Held};
use crate::program::{Ending, Outcome};
use crate::{Limits, sys};

/// One attack.
pub(super) struct Attack {
    pub(super) name: &'static str,
    pub(super) layer: &'static str,
    pub(super) tries: &'static str,
    pub(super) way: Way,
    pub(super) judge: fn(&Arena<'_>, &Outcome) -> (Held, String),
    /// CPU time that it may take, and time on the wall, in milliseconds.
    pub(super) cpu_ms: u64,
    pub(super) wall_ms: u64,
    /// What this machine lacks for it, if it does.
    pub(super) lacks: fn() -> Option<&'static str>,
}

/// How an attack is carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By the script's function of its name.
    Script,
    /// The same in two runs, of which the second is judged.
    Twice,
    /// By the script; these files are asked back.
    Collect(&'static [&'static str]),
    /// By this text for the compiler; `BAIT` stands for the path of the bait.
    Compile(&'static str),
}

/// Tight limits: what is promised does not depend on the size.
pub(super) fn limits() -> Limits {
    Limits {
        memory_bytes: 64 << 20,
        ..Limits::run()
    }
}

const fn attack(name: &'static str, layer: &'static str, tries: &'static str, way: Way) -> Attack {
    Attack {
        name,
        layer,
        tries,
        way,
        judge: denied,
        cpu_ms: 2500,
        wall_ms: 15_000,
        lacks: || None,
    }
}

/// An attack on what there is to use up, and the rule over its end.
const fn excess(
    name: &'static str,
    tries: &'static str,
    judge: fn(&Arena<'_>, &Outcome) -> (Held, String),
) -> Attack {
    Attack {
        judge,
        ..attack(name, "limits", tries, Way::Script)
    }
}

const INCLUDE: &str = "#include \"BAIT\"\nint main() {}\n";
const ASSEMBLE: &str =
    "asm(\".globl stolen\\nstolen:\\n.incbin \\\"BAIT\\\"\\n\");\nint main() {}\n";

/// All of them.
pub(super) const ATTACKS: &[Attack] = &[
    attack(
        "read the bait",
        "files",
        "open and list files of the host, its home, /proc and /sys",
        Way::Script,
    ),
    attack(
        "write outside",
        "files",
        "write, change the mode or times of, or remove files of the host",
        Way::Script,
    ),
    Attack {
        judge: nothing_came_back,
        ..attack(
            "trick the collector",
            "files",
            "leave links, a pipe and a folder where files are collected",
            Way::Collect(&["link", "pipe", "folder", "double"]),
        )
    },
    attack(
        "plant for the next run",
        "fresh scratch",
        "leave files in every folder and look for them in the next run",
        Way::Twice,
    ),
    attack(
        "call the network",
        "network",
        "reach listeners of the host by TCP, UDP, IPv6; raw and netlink sockets",
        Way::Script,
    ),
    attack(
        "call local sockets",
        "network",
        "reach a listener of the host by a path and by an abstract name",
        Way::Script,
    ),
    attack(
        "reach other processes",
        "processes",
        "signal, trace, limit and slow down the host's processes and the init",
        Way::Script,
    ),
    attack(
        "inherit descriptors",
        "processes",
        "use what was open in the supervisor",
        Way::Script,
    ),
    attack(
        "nest namespaces",
        "call filter",
        "make namespaces of its own and become root in them",
        Way::Script,
    ),
    attack(
        "mount",
        "call filter",
        "mount, remount, unmount, make devices",
        Way::Script,
    ),
    attack(
        "rare kernel calls",
        "call filter",
        "io_uring, userfaultfd, keys, shared memory, memory files, handles",
        Way::Script,
    ),
    Attack {
        judge: killed_at_the_entry,
        lacks: no_other_entry,
        ..attack(
            "foreign entry",
            "call filter",
            "enter the kernel as a program of another architecture",
            Way::Script,
        )
    },
    attack(
        "gain privileges",
        "privileges",
        "become root, hold or raise capabilities, leave a core file",
        Way::Script,
    ),
    Attack {
        lacks: no_landlock,
        ..attack(
            "count Landlock's domains",
            "Landlock",
            "stack as many domains as the kernel allows: one must be there already",
            Way::Script,
        )
    },
    attack(
        "read the environment",
        "environment",
        "find a variable that is not on the list",
        Way::Script,
    ),
    attack(
        "raise the limits",
        "rlimits",
        "lift each hard limit by one",
        Way::Script,
    ),
    excess(
        "fork without end",
        "make processes until it is refused",
        processes_bounded,
    ),
    excess(
        "touch twice the memory",
        "allocate and touch in one process",
        memory_limit,
    ),
    excess(
        "touch memory by many",
        "allocate and touch in six processes that each stay below the limit",
        memory_limit,
    ),
    excess(
        "fill the disk",
        "write files until it is refused",
        disk_bounded,
    ),
    excess(
        "make many files",
        "make empty files until it is refused",
        files_bounded,
    ),
    excess(
        "write one large file",
        "write one file until it is refused",
        one_file_bounded,
    ),
    excess("write without end", "flood standard output", output_limit),
    Attack {
        cpu_ms: 200,
        ..excess(
            "burn the processor",
            "ignore the warning and go on",
            |_, out| ends(out, Ending::CpuLimit),
        )
    },
    Attack {
        wall_ms: 500,
        ..excess(
            "sleep past the deadline",
            "block every signal and sleep",
            |_, out| ends(out, Ending::WallLimit),
        )
    },
    Attack {
        layer: "end of the tree",
        judge: left_nothing,
        ..excess(
            "leave a daemon",
            "fork twice and ignore every signal",
            left_nothing,
        )
    },
    Attack {
        judge: not_compiled,
        ..attack(
            "include the bait",
            "compile box",
            "read a file of the host through #include",
            Way::Compile(INCLUDE),
        )
    },
    Attack {
        judge: not_compiled,
        ..attack(
            "assemble the bait",
            "compile box",
            "read a file of the host through .incbin",
            Way::Compile(ASSEMBLE),
        )
    },
];

fn no_landlock() -> Option<&'static str> {
    (sys::landlock_abi() == 0).then_some("this kernel has no Landlock, and the badge claims none")
}

fn no_other_entry() -> Option<&'static str> {
    (!cfg!(target_arch = "x86_64")).then_some("this architecture has one entry only")
}
