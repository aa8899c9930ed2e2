//! What the kernel writes into the files of a control group, and of a process about itself.

/// The number behind a key, in a file with one key and one number a line.
pub(super) fn value(text: &str, key: &str) -> Option<u64> {
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

/// Whether a list of controllers holds all of these.
pub(super) fn holds(list: &str, wanted: &[&str]) -> bool {
    let mut wanted = wanted.iter();
    wanted.all(|one| list.split_ascii_whitespace().any(|word| word == *one))
}

/// When a process began, in the kernel's ticks: field 22 of its book. Its name may hold any bytes.
pub(super) fn start(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    fields.nth(22 - 3)?.parse().ok()
}

/// The group of a process in the hierarchy of version 2.
pub(super) fn own(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("0::"))
}

/// Where the hierarchy of version 2 is mounted, and which of its groups is shown there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mounted {
    pub(super) at: String,
    pub(super) root: String,
}

/// The first mount of version 2 in a process's list of mounts.
pub(super) fn mounted(list: &str) -> Option<Mounted> {
    list.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        if kind.split(' ').next() != Some("cgroup2") {
            return None;
        }
        let mut fields = place.split(' ').skip(3);
        let (root, at) = (fields.next()?, fields.next()?);
        Some(Mounted {
            at: plain(at),
            root: plain(root),
        })
    })
}

/// A path of that list, in which the kernel writes some bytes as a backslash and three octal digits.
fn plain(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part
            .get(..3)
            .and_then(|code| u8::from_str_radix(code, 8).ok())
        {
            Some(byte) => {
                out.push(char::from(byte));
                out += &part[3..];
            }
            None => {
                out.push('\\');
                out += part;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_matched_as_a_whole_and_nonsense_is_no_number() {
        let text = "low 0\noom 2\noom_kill 7\noom_group_kill 1\nodd x\n";
        assert_eq!(value(text, "oom"), Some(2));
        assert_eq!(value(text, "oom_kill"), Some(7));
        for absent in ["oom_k", "odd", "", "max"] {
            assert_eq!(value(text, absent), None, "{absent}");
        }
    }

    #[test]
    fn every_wanted_controller_must_be_in_the_list_by_its_whole_name() {
        let both = ["memory", "pids"];
        assert!(holds(
            "cpuset cpu io memory hugetlb pids rdma misc\n",
            &both
        ));
        for lacking in ["", "hugetlb", "memory", "memory pid", "memorypids pids"] {
            assert!(!holds(lacking, &both), "{lacking}");
        }
    }

    #[test]
    fn the_start_of_a_process_is_found_behind_any_name() {
        let rest = "S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23";
        assert_eq!(start(&format!("9 (a) S 1) {rest}")), Some(22));
        assert_eq!(start("9 (a) S 4"), None);
        assert_eq!(start("nonsense"), None);
    }

    #[test]
    fn the_hierarchy_of_version_2_is_found_among_others() {
        let hybrid = "24 1 0:21 / /sys/fs/cgroup ro - tmpfs tmpfs rw\n\
            25 24 0:22 / /sys/fs/cgroup/memory rw shared:4 - cgroup cgroup rw,memory\n\
            26 24 0:23 /a\\040b /sys/fs/cgroup\\134x/un\\040ified rw - cgroup2 cgroup2 rw\n";
        let found = mounted(hybrid).unwrap();
        assert_eq!(
            (found.at.as_str(), found.root.as_str()),
            ("/sys/fs/cgroup\\x/un ified", "/a b")
        );
        assert_eq!(mounted("25 24 0:22 / /x rw - cgroup cgroup2 rw"), None);
        assert_eq!(
            own("4:memory:/x\n0::/user.slice/a b\n"),
            Some("/user.slice/a b")
        );
        assert_eq!(own("4:memory:/x\n"), None);
    }
}
