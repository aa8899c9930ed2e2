//! One wheel through the user's own `pip download`.
//!
//! Where packages come from, with which proxy and which certificates, is the user's pip
//! configuration and stays it. The wheel is only fetched, never installed, and `--only-binary` keeps
//! pip from running the build script of a source package.
//!
//! This is the only place of the room that starts a program.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the running program is looked at.
const GLANCE: Duration = Duration::from_millis(50);
const PYTHONS: [&str; 2] = ["python3", "python"];

/// Downloads `requirement` into the empty folder `folder` and returns the wheel's path.
pub(crate) fn download(
    requirement: &str,
    folder: &Path,
    interrupt: &AtomicBool,
) -> Result<PathBuf, String> {
    download_with(&PYTHONS, requirement, folder, interrupt)
}

fn download_with(
    pythons: &[&str],
    requirement: &str,
    folder: &Path,
    interrupt: &AtomicBool,
) -> Result<PathBuf, String> {
    let log = folder.join("pip.log");
    for python in pythons {
        let mut child = match start(python, requirement, folder, &log) {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("cannot start {python}: {error}")),
        };
        let status = wait(&mut child, interrupt)?;
        return match status.success() {
            true => only_wheel(folder),
            false => Err(complaint(&std::fs::read(&log).unwrap_or_default(), status)),
        };
    }
    Err(format!(
        "there is no {} on the PATH; install Python 3 with pip",
        pythons.join(" or ")
    ))
}

#[allow(
    clippy::disallowed_methods,
    reason = "pip is the one program this room may start"
)]
fn start(python: &str, requirement: &str, folder: &Path, log: &Path) -> std::io::Result<Child> {
    Command::new(python)
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--no-input",
            "--only-binary=:all:",
        ])
        // The wheels hold bytes, not code for this Python; and pip's own cache would keep each
        // gigabyte a second time.
        .args([
            "--ignore-requires-python",
            "--no-cache-dir",
            "--disable-pip-version-check",
        ])
        .args(["--progress-bar", "off", "--quiet", "--dest"])
        .arg(folder)
        .arg(requirement)
        // What a killed pip leaves behind then lies where the next pull cleans up.
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(log)?)
        .spawn()
}

fn wait(child: &mut Child, interrupt: &AtomicBool) -> Result<ExitStatus, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) => {}
            Err(error) => return Err(format!("lost sight of pip: {error}")),
        }
        if interrupt.load(Ordering::Relaxed) {
            // It may have ended by itself meanwhile; either way it is gone afterwards.
            let _ = child.kill();
            let _ = child.wait();
            return Err("stopped".to_owned());
        }
        std::thread::sleep(GLANCE);
    }
}

fn only_wheel(folder: &Path) -> Result<PathBuf, String> {
    let files = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut wheels: Vec<PathBuf> = files
        .flatten()
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .collect();
    match (wheels.pop(), wheels.len()) {
        (Some(wheel), 0) => Ok(wheel),
        (None, _) => Err("pip reported success but left no wheel".to_owned()),
        (Some(_), more) => Err(format!("pip left {} wheels instead of one", more + 1)),
    }
}

/// The most telling line of what pip wrote.
fn complaint(log: &[u8], status: ExitStatus) -> String {
    let log = String::from_utf8_lossy(log);
    if log.contains("No module named pip") {
        return "this Python has no pip; `python3 -m ensurepip --user` or the package python3-pip \
                brings it"
            .to_owned();
    }
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines()
        .rfind(|line| line.starts_with("ERROR"))
        .or_else(|| lines().next_back());
    let line: String = line
        .unwrap_or("it wrote no reason")
        .chars()
        .take(300)
        .collect();
    format!(
        "pip download failed ({status}): {}",
        line.trim_end_matches('.')
    )
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A stand-in for `python3 -m pip` that runs a shell script with pip's arguments.
    fn stand_in(folder: &Path, script: &str) -> String {
        let path = folder.join("fake-python");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn run(script: &str, interrupt: bool) -> Result<PathBuf, String> {
        // A file that another thread's child still holds open for writing cannot be run.
        static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _alone = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
        let (bin, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let python = stand_in(bin.path(), script);
        let found = download_with(
            &["no-such-python", &python],
            "x==1",
            scratch.path(),
            &interrupt.into(),
        );
        found.inspect(|wheel| assert!(wheel.is_file()))
    }

    #[test]
    fn the_wheel_that_pip_leaves_is_found_and_the_requirement_is_the_last_word() {
        let script = r#"for last; do :; done; [ "$1 $2 $3" = "-m pip download" ] && touch "$TMPDIR/$last.whl""#;
        let wheel = run(script, false).unwrap();
        assert_eq!(wheel.file_name().unwrap(), "x==1.whl");
    }

    #[test]
    fn a_failure_carries_pips_own_last_error() {
        let said = run(
            "echo 'ERROR: one' >&2; echo 'ERROR: no x.' >&2; echo hint >&2; exit 1",
            false,
        );
        let said = said.unwrap_err();
        assert!(
            said.contains("ERROR: no x") && !said.ends_with('.'),
            "{said}"
        );
        let said = run("echo 'python3: No module named pip' >&2; exit 1", false).unwrap_err();
        assert!(said.contains("ensurepip"), "{said}");
    }

    #[test]
    fn success_without_exactly_one_wheel_is_a_failure() {
        assert!(run("exit 0", false).unwrap_err().contains("no wheel"));
        let two = run(r#"touch "$TMPDIR/a.whl" "$TMPDIR/b.whl""#, false).unwrap_err();
        assert!(two.contains("2 wheels"), "{two}");
    }

    #[test]
    fn a_running_pip_is_ended_when_the_user_stops() {
        assert_eq!(run("exec sleep 600", true).unwrap_err(), "stopped");
    }

    #[test]
    fn a_machine_without_python_is_told_what_to_install() {
        let folder = tempfile::tempdir().unwrap();
        let none = download_with(&["no-such-python"], "x==1", folder.path(), &false.into());
        assert!(none.unwrap_err().contains("install Python 3"));
    }
}
