//! Detection on folders that look like a hierarchy.

use super::*;

/// A hierarchy in a temporary folder: groups with their own and their handed-down controllers, and processes.
struct Fake(tempfile::TempDir);

impl Fake {
    fn new(groups: &[(&str, &str, &str, &str)]) -> Self {
        let top = tempfile::tempdir().unwrap();
        for (group, controllers, handed, processes) in groups {
            let folder = top.path().join(group);
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in [
                ("cgroup.controllers", controllers),
                ("cgroup.subtree_control", handed),
                ("cgroup.procs", processes),
            ] {
                fs::write(folder.join(name), text).unwrap();
            }
        }
        Self(top)
    }

    fn path(&self, group: &str) -> PathBuf {
        self.0.path().join(group)
    }

    /// What process 7 finds.
    fn place(&self, own: &str, is_root: bool) -> Result<PathBuf, Lack> {
        let mounts = format!(
            "26 24 0:23 / {} rw - cgroup2 cgroup2 rw\n",
            self.0.path().display()
        );
        let seen = Seen {
            mounts: &mounts,
            own: &format!("0::{own}\n"),
            swaps: "Filename Type Size Used Priority\n",
            pid: 7,
            is_root,
        };
        seen.place()
    }
}

const ALL: &str = "cpu memory pids";

#[test]
fn a_group_that_hands_memory_and_pids_down_is_used_as_it_is() {
    let fake = Fake::new(&[("", ALL, ALL, "1\n7\n")]);
    assert_eq!(fake.place("/", true), Ok(fake.path("")));
}

#[test]
fn root_uses_the_top_and_leaves_a_session_that_it_shares_alone() {
    let fake = Fake::new(&[("", ALL, ALL, ""), ("session", ALL, "", "3\n7\n")]);
    assert_eq!(fake.place("/session", true), Ok(fake.path("")));
    assert_eq!(fake.place("/session", false), Err(Lack::Shared));
    assert!(!fake.path("session/whet-home").exists());
}

#[test]
fn an_own_group_is_divided_and_its_children_find_it() {
    let fake = Fake::new(&[("", ALL, ALL, ""), ("own.scope", ALL, "", "7\n")]);
    // In a real hierarchy the kernel puts its files into every new folder.
    fs::create_dir(fake.path("own.scope/whet-home")).unwrap();
    fs::write(fake.path("own.scope/whet-home/cgroup.procs"), "").unwrap();
    assert_eq!(fake.place("/own.scope", false), Ok(fake.path("own.scope")));
    let read = |path| fs::read_to_string(fake.path(path)).unwrap();
    assert_eq!(read("own.scope/whet-home/cgroup.procs"), "7");
    assert_eq!(read("own.scope/cgroup.subtree_control"), "+memory +pids");
    // As the kernel would say it now.
    fs::write(
        fake.path("own.scope/cgroup.subtree_control"),
        "memory pids\n",
    )
    .unwrap();
    let again = fake.place("/own.scope/whet-home", false);
    assert_eq!(again, Ok(fake.path("own.scope")));
}

#[test]
fn a_refused_division_moves_the_process_back_and_says_why() {
    let fake = Fake::new(&[("", ALL, ALL, ""), ("own.scope", ALL, "", "7\n")]);
    let lack = fake.place("/own.scope", false).unwrap_err();
    assert!(matches!(lack, Lack::Refused(_)), "{lack}");
    assert!(lack.remedy().contains("systemd-run"));
}

#[test]
fn what_is_missing_is_named_with_what_to_do() {
    let hybrid = Fake::new(&[("", "hugetlb", "", "1\n7\n")]);
    let lack = hybrid.place("/", true).unwrap_err();
    assert_eq!(lack, Lack::Controllers);
    assert!(lack.remedy().contains("unified_cgroup_hierarchy"));
    for outside in ["/../other", "/nowhere"] {
        assert_eq!(
            hybrid.place(outside, true),
            Err(Lack::Hierarchy),
            "{outside}"
        );
    }
    let none = Seen {
        mounts: "",
        own: "0::/\n",
        swaps: "",
        pid: 7,
        is_root: true,
    };
    assert_eq!(none.place(), Err(Lack::Hierarchy));
}

#[test]
fn a_namesake_of_ours_is_not_taken_for_ours() {
    let fake = Fake::new(&[
        ("", ALL, "", ""),
        ("app.slice", ALL, ALL, ""),
        ("app.slice/whet-work.scope", ALL, "", "3\n7\n"),
    ]);
    assert_eq!(
        fake.place("/app.slice/whet-work.scope", false),
        Err(Lack::Shared)
    );
}

#[test]
fn swap_that_cannot_be_forbidden_is_a_lack() {
    let fake = Fake::new(&[("", ALL, ALL, "7\n")]);
    let mounts = format!(
        "26 24 0:23 / {} rw - cgroup2 x rw\n",
        fake.path("").display()
    );
    let seen = Seen {
        mounts: &mounts,
        own: "0::/\n",
        swaps: "Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n",
        pid: 7,
        is_root: true,
    };
    assert_eq!(seen.place(), Err(Lack::Swap));
    assert_eq!(
        fs::read_dir(fake.path("")).unwrap().count(),
        3,
        "no trial is left"
    );
}
