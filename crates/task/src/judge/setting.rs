//! The circumstances of a verdict that comes from execution.

use ledger::record::{Integrity, Setting, Way};
use sandbox::toolchain::Toolchain;
use sandbox::{Limits, Outcome, Sandbox};

/// Of the outcomes, the candidate's comes first; the limits are its.
pub(super) fn setting(
    (sandbox, toolchain, limits): (&dyn Sandbox, &Toolchain, &Limits),
    outcomes: &[Outcome],
    integrity: Integrity,
) -> Setting {
    let badge = sandbox.badge();
    let is_warm = outcomes.iter().any(|outcome| outcome.warm);
    let streams = |outcome: &Outcome| outcome.stdout.bytes.len() + outcome.stderr.bytes.len();
    let candidate = outcomes.first();
    Setting {
        tier: badge.tier.to_string(),
        policy_sha256: badge.policy_sha256.clone(),
        toolchain_sha256: toolchain.sha256.clone(),
        way: if is_warm { Way::Fast } else { Way::Slow },
        integrity,
        cached: false,
        cpu_limit_ns: u64::try_from(limits.cpu.as_nanos()).ok(),
        max_rss_bytes: candidate.and_then(|outcome| outcome.max_rss_bytes),
        output_bytes: candidate.map_or(0, streams) as u64,
        truncated: candidate
            .is_some_and(|outcome| outcome.stdout.truncated || outcome.stderr.truncated),
    }
}
