//! The host: its files, its processes, its network, and what is left of a program.

use std::process::{Command, Stdio};

use super::*;

#[test]
fn nothing_of_the_host_can_be_read() {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
    let canary = tempfile::NamedTempFile::new_in(&home)
        .or_else(|_| tempfile::NamedTempFile::new())
        .unwrap();
    let own = std::env::current_exe().unwrap();
    for path in [canary.path(), own.as_path()] {
        assert!(path.exists());
        assert_eq!(
            told(&["read", path.to_str().unwrap()]),
            "read ENOENT\nstat ENOENT\n",
            "{path:?}"
        );
    }
    for path in [
        "/etc/passwd",
        "/etc/shadow",
        "/proc/self/maps",
        "/sys/kernel",
        "/var",
        "/run",
    ] {
        assert_eq!(
            told(&["read", path]),
            "read ENOENT\nstat ENOENT\n",
            "{path}"
        );
    }
}

#[test]
fn the_root_holds_what_it_should_and_no_more() {
    let mut names: Vec<String> = told(&["root"]).lines().map(str::to_owned).collect();
    names.sort();
    let known = [
        ".", "..", "bin", "box", "dev", "etc", "lib", "lib32", "lib64", "libx32", "nothing",
        "sbin", "tmp", "usr",
    ];
    let extra: Vec<_> = names
        .iter()
        .filter(|name| !known.contains(&name.as_str()))
        .collect();
    // The first part of the path of an interpreter that lies elsewhere.
    let allowed: Vec<String> = python()
        .readable
        .iter()
        .map(|path| {
            path.components()
                .nth(1)
                .unwrap()
                .as_os_str()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert!(extra.iter().all(|name| allowed.contains(name)), "{names:?}");
}

#[test]
fn the_environment_is_a_list_of_constants() {
    let said = told(&["env"]);
    let names: Vec<_> = said
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    let expected = [
        "PATH",
        "HOME",
        "TMPDIR",
        "LANG",
        "TZ",
        "PYTHONHASHSEED",
        "PYTHONDONTWRITEBYTECODE",
        "OMP_NUM_THREADS",
        "GOMAXPROCS",
    ];
    assert_eq!(names, expected);
}

#[test]
fn only_the_three_streams_are_open() {
    assert_eq!(told(&["fds"]), "0\n1\n2\n");
}

#[test]
fn nobody_inside_knows_who_and_where_it_is() {
    assert_eq!(told(&["whoami"]), "1000 2 1 box\n");
}

#[test]
fn no_socket_but_local_ones_can_be_made() {
    // Listeners on the host, named and unnamed, are called by the doctor's attackers.
    assert_eq!(told(&["sockets"]), "socket EACCES\n".repeat(5));
}

#[test]
fn no_process_outside_and_not_the_init_inside_can_be_touched() {
    let mut victim = Command::new("/bin/sleep")
        .arg("60")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let said = told(&["kill", &victim.id().to_string()]);
    assert!(victim.try_wait().unwrap().is_none(), "the victim lives");
    victim.kill().unwrap();
    victim.wait().unwrap();
    let expected = "victim ESRCH\ninit reached\ninit reached\ntrace EPERM\ntrace EPERM\nmemory EPERM\n\
                    limit EPERM\npidfd EPERM\nalive 2\n";
    // A signal to the init is sent and dropped by the kernel: the program is still told that it arrived,
    // unless Landlock refuses it first. What counts is that the init reports the end.
    assert_eq!(said.replace("init EPERM", "init reached"), expected);
}

#[test]
fn a_daemon_that_holds_the_output_is_gone_with_the_verdict() {
    for _ in 0..5 {
        let outcome = run(&["daemon"]);
        assert_eq!(outcome.ending, Ending::Exited(0));
        assert!(
            text(&outcome).replace('.', "").starts_with("left"),
            "{outcome:?}"
        );
    }
    // Two hundred forks are no small matter on a busy machine.
    let outcome = cell().execute(&program(&["zombies"]), &Limits::run());
    assert_eq!(text(&outcome.unwrap()), "ok\n");
}

#[test]
fn no_further_namespace_mount_or_privilege_can_be_had() {
    let said = told(&["nest"]);
    assert!(!said.contains("reached"), "{said}");
    assert!(
        said.contains("clone3 ENOSYS") && said.contains("write EROFS"),
        "{said}"
    );
}

#[test]
fn nothing_stays_for_the_next_program() {
    for _ in 0..2 {
        assert_eq!(told(&["persist"]), "found ENOENT\nfound ENOENT\n");
    }
}

#[test]
fn only_plain_files_with_one_name_are_collected() {
    let mut links = program(&["links"]);
    links.collect = [
        "link", "pipe", "folder", "absent", "twice", "plain", "empty",
    ]
    .map(str::to_owned)
    .to_vec();
    let outcome = cell().execute(&links, &tight()).unwrap();
    assert_eq!(outcome.ending, Ending::Exited(0));
    let files: Vec<_> = outcome
        .collected
        .iter()
        .map(|file| (file.name.as_str(), file.bytes.as_slice()))
        .collect();
    // A file without permissions cannot be opened by its own owner either.
    assert_eq!(files, [("plain", &b"text"[..])]);
}

#[test]
fn a_file_above_the_cap_is_not_collected() {
    let mut big = program(&["bigfile", "deaf"]);
    big.collect = vec!["big".to_owned()];
    let limits = Limits {
        cpu: Duration::from_secs(3),
        ..tight()
    };
    let outcome = cell().execute(&big, &limits).unwrap();
    assert_eq!(
        outcome
            .collected
            .first()
            .map(|file| file.bytes.len() as u64),
        Some(limits.file_bytes)
    );
    let outcome = cell()
        .execute(
            &big,
            &Limits {
                file_bytes: 1 << 20,
                ..limits
            },
        )
        .unwrap();
    assert_eq!(
        outcome.collected.first().map(|file| file.bytes.len()),
        Some(1 << 20)
    );
}

#[test]
fn a_home_or_a_folder_of_state_cannot_be_made_readable() {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
    for path in [
        "/",
        "/home",
        "/root",
        "/etc",
        "/etc/ssh",
        "/proc/1",
        "/var",
        "/tmp/x",
        "usr",
        "/usr/../root",
        &home,
    ] {
        let opened = Cell::with_readable(&[path.into()]);
        assert!(
            matches!(opened, Err(sandbox::Fault::Readable { .. })),
            "{path}"
        );
    }
}

/// The variable that turns [`a_boxed_sleeper`] on.
const SLEEPER: &str = "WHET_SANDBOX_SLEEPER";

/// Not a test of its own: the supervisor that [`a_killed_supervisor_leaves_no_program_behind`] kills.
#[test]
fn a_boxed_sleeper() {
    if let Ok(mark) = std::env::var(SLEEPER) {
        let limits = Limits {
            wall: Duration::from_secs(600),
            ..tight()
        };
        let outcome = cell().execute(&program(&["sleep", &mark]), &limits);
        panic!("the sleeper ended: {outcome:?}");
    }
}

/// How many processes of the host have this word in their command line.
fn marked(mark: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let line =
        |folder: std::path::PathBuf| std::fs::read(folder.join("cmdline")).unwrap_or_default();
    processes
        .filter(|entry| String::from_utf8_lossy(&line(entry.path())).contains(mark))
        .count()
}

/// Waits until as many processes carry the mark; how long that takes is not what is tested.
fn until_marked(mark: &str, count: usize) -> bool {
    for _ in 0..6000 {
        if marked(mark) == count {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn a_killed_supervisor_leaves_no_program_behind() {
    // The point, because 81 is also the beginning of 812.
    let mark = format!("sleeper-{}.", std::process::id());
    let mut supervisor = Command::new(std::env::current_exe().unwrap());
    supervisor
        .args(["host::a_boxed_sleeper", "--exact"])
        .env(SLEEPER, &mark);
    let mut supervisor = supervisor
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(until_marked(&mark, 1), "the sleeper began");
    supervisor.kill().unwrap();
    supervisor.wait().unwrap();
    assert!(until_marked(&mark, 0), "the sleeper is gone");
}
