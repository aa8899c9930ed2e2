//! The key of a precedent: a hash of everything that a verdict depends on.

use std::sync::LazyLock;

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
    job.judge.toolchain()?;
    let parts = [
        RULE.to_owned(),
        OURS.to_owned(),
        // Its text for people names every field, and so it does when somebody adds one.
        format!("{:?}", job.judge.slow()),
        badge.policy_sha256.clone(),
        serde_json::to_string(job.problem).ok()?,
        job.text.to_owned(),
    ];
    let hashes: String = parts.iter().map(|part| sha256(part.as_bytes())).collect();
    Some(sha256(hashes.as_bytes()))
}
