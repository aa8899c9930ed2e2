//! What a doctor that was killed left lying: its bait in the home folder, its folder among the temporary ones.
//!
//! It is swept up by the next one. Not everything that has such a name and no process is a leftover: the folder may be
//! shared with another machine, where a doctor is at work. So only what is old is taken, and only what is ours.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// Longer than any doctor works.
const OLD: Duration = Duration::from_secs(3600);

/// Removes leftovers of dead processes beside `own`, which was made a moment ago: what is called `PREFIX<pid>-<number>`,
/// belongs to the same user and is older. What cannot be removed stays.
pub(super) fn sweep(own: &Path, prefix: &str) {
    let (Some(place), Ok(made)) = (own.parent(), own.symlink_metadata()) else {
        return;
    };
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_orphan = name
            .to_str()
            .and_then(|name| pid(name, prefix))
            .is_some_and(is_dead);
        let Some(found) = is_orphan.then(|| entry.metadata().ok()).flatten() else {
            continue;
        };
        if found.uid() != made.uid() || !is_old(&found, &made) {
            continue;
        }
        let _ = match found.is_dir() {
            true => std::fs::remove_dir_all(entry.path()),
            false => std::fs::remove_file(entry.path()),
        };
    }
}

/// The process in a name of ours.
fn pid(name: &str, prefix: &str) -> Option<u32> {
    let (pid, number) = name.strip_prefix(prefix)?.split_once('-')?;
    number.parse::<u64>().ok()?;
    pid.parse().ok()
}

fn is_dead(pid: u32) -> bool {
    !Path::new("/proc").join(pid.to_string()).exists()
}

fn is_old(found: &Metadata, made: &Metadata) -> bool {
    let age = made.modified().and_then(|now| {
        let then = found.modified()?;
        Ok(now.duration_since(then).unwrap_or_default())
    });
    age.is_ok_and(|age| age > OLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    /// No kernel gives so high a number.
    const DEAD: u32 = u32::MAX;

    #[test]
    fn only_old_leftovers_of_dead_processes_are_swept_up() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let alive = std::process::id();
        let old_ones = [
            format!("probe-{DEAD}-1"),
            format!("probe-{alive}-2"),
            format!("probe-{DEAD}-x"),
            format!("other-{DEAD}-3"),
        ];
        for name in old_ones.iter().chain([&format!("probe-{DEAD}-4")]) {
            std::fs::create_dir(at(name)).unwrap();
            std::fs::write(at(name).join("bait"), "secret").unwrap();
        }
        std::fs::write(at(&format!("probe-{DEAD}-5")), "a file").unwrap();
        let own = at(&format!("probe-{alive}-6"));
        std::fs::create_dir(&own).unwrap();
        let long_ago = own.metadata().unwrap().modified().unwrap() - 2 * OLD;
        let last = format!("probe-{DEAD}-5");
        for name in old_ones.iter().chain([&last]) {
            File::open(at(name))
                .unwrap()
                .set_modified(long_ago)
                .unwrap();
        }
        sweep(&own, "probe-");
        let entries = std::fs::read_dir(place.path()).unwrap();
        let mut left: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let mut wanted = vec![
            format!("probe-{alive}-2"),
            format!("probe-{DEAD}-x"),
            format!("other-{DEAD}-3"),
            format!("probe-{DEAD}-4"),
            format!("probe-{alive}-6"),
        ];
        wanted.sort();
        assert_eq!(left, wanted);
    }
}
