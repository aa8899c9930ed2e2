//! The same promises for an ordinary user, and the weaker tier where the kernel refuses namespaces.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::*;

const NESTED: &str = "WHET_SANDBOX_NESTED";

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .unwrap()
        .contains("Uid:\t0\t0")
}

/// Runs the tests of `modules` of this very binary as somebody else.
fn again_as(mut command: Command, modules: &[&str]) -> (bool, String) {
    let output = command
        .args(modules)
        .env(NESTED, "1")
        .env("HOME", "/")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn an_ordinary_user_gets_the_same_box() {
    if std::env::var_os(NESTED).is_some() {
        return;
    }
    if !is_root() {
        println!("skipped: the whole suite already runs as an ordinary user");
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .uid(65534)
        .gid(65534)
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/");
    let (held, text) = again_as(command, &["run::", "host::"]);
    assert!(held, "{text}");
    assert!(
        text.contains("a_fork_bomb_gets_as_far_as_its_limit ... ok"),
        "{text}"
    );
}

/// Not a test of its own: what [`a_kernel_that_refuses_namespaces_gets_a_weaker_tier_that_says_why`] runs where
/// none can be made.
#[test]
fn refused() {
    if std::env::var_os(NESTED).is_none() {
        return;
    }
    if std::fs::write("/proc/sys/user/max_user_namespaces", "0").is_err() {
        return;
    }
    let strict = sandbox::Cell::at(sandbox::Tier::T3, sandbox::Fittings::default());
    let Err(fault @ sandbox::Fault::Layer { step, .. }) = strict else {
        panic!("opened where no namespace can be made");
    };
    assert_eq!(step, sandbox::Step::Namespaces);
    assert!(
        fault.to_string().contains("user.max_user_namespaces is 0"),
        "{fault}"
    );
    let cell = Cell::open().unwrap();
    assert_eq!(cell.badge().tier, sandbox::Tier::T2);
    let why = cell.badge().facts.last().unwrap();
    assert!(why.1.contains("user.max_user_namespaces is 0"), "{why:?}");
    let outcome = cell.execute(&Program::new(["/bin/echo", "ran"]), &Limits::run());
    assert_eq!(outcome.unwrap().stdout.bytes, b"ran\n");
    println!("the refusal was named");
}

#[test]
fn a_kernel_that_refuses_namespaces_gets_a_weaker_tier_that_says_why() {
    if std::env::var_os(NESTED).is_some() {
        return;
    }
    if !std::path::Path::new("/usr/bin/unshare").exists() {
        println!(
            "skipped: util-linux's unshare is not here to make a namespace that forbids namespaces"
        );
        return;
    }
    let apart = || {
        let mut command = Command::new("/usr/bin/unshare");
        if is_root() {
            // The host's user 0 is never mapped, so as root another layer would refuse first.
            command.uid(65534).gid(65534).current_dir("/");
        }
        command.args(["-U", "-r"]);
        command
    };
    let mut trial = apart();
    trial.args(["test", "-w", "/proc/sys/user/max_user_namespaces"]);
    if !trial.status().unwrap().success() {
        println!(
            "skipped: this container gives no namespace of users in which they can be forbidden"
        );
        return;
    }
    let mut command = apart();
    command.arg(std::env::current_exe().unwrap());
    let (held, text) = again_as(
        command,
        &["unprivileged::refused", "--exact", "--nocapture"],
    );
    assert!(held && text.contains("the refusal was named"), "{text}");
}
