//! The key of a precedent: a hash of everything that a verdict depends on.

use std::path::Path;
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use sandbox::Badge;

use super::Job;
use crate::judge::{function, quality};
use crate::sha256;

/// The rule by which the key is made. It moves when a judge's Rust comes to another verdict on the same text, beside
/// the judge's own version.
const RULE: &str = "precedent/4";

/// The programs of ours that take part in verdicts, as one hash: they change without a judge's name moving.
static OURS: LazyLock<String> = LazyLock::new(|| {
    let others = [&quality::INSPECTOR, &sandbox::DRIVER_TEXT];
    let texts = function::TEXTS.iter().chain(others);
    let hashes: String = texts.map(|text| sha256(text.as_bytes())).collect();
    sha256(hashes.as_bytes())
});

/// The key under these circumstances; `None` where nothing is run and nothing is saved.
pub(super) fn of(job: &Job<'_>, badge: &Badge) -> Option<String> {
    let toolchain = job.judge.toolchain()?;
    let parts = [
        RULE.to_owned(),
        OURS.to_owned(),
        // Its text for people names every field, and so it does when somebody adds one.
        format!("{:?}", job.judge.slow()),
        stamp(&toolchain.path),
        badge.policy_sha256.clone(),
        serde_json::to_string(job.problem).ok()?,
        job.text.to_owned(),
    ];
    let hashes: String = parts.iter().map(|part| sha256(part.as_bytes())).collect();
    Some(sha256(hashes.as_bytes()))
}

/// Size and time of a compiler or interpreter: one that was built anew, with another library say, keeps its path and
/// its version.
fn stamp(program: &Path) -> String {
    let Ok(found) = std::fs::metadata(program) else {
        return "gone".into();
    };
    let changed = found.modified().ok();
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{} {changed:?}", found.len())
}

#[cfg(test)]
mod tests {
    use super::stamp;

    #[test]
    fn a_program_that_was_built_anew_has_another_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("python3");
        std::fs::write(&program, "one").unwrap();
        let before = stamp(&program);
        assert_eq!(before, stamp(&program));
        std::fs::write(&program, "other").unwrap();
        assert_ne!(before, stamp(&program));
        std::fs::remove_file(&program).unwrap();
        assert_eq!(stamp(&program), "gone");
    }
}
