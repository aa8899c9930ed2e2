//! Limits that a container or a service manager puts on this process: processors and memory.
//!
//! Reads both generations of control groups. A limit may hang on the process's own group or on any
//! group above it, so the tightest one on the way up counts. Inside a container the path that the
//! kernel names may lie outside of what is mounted; the way up then ends at the mount, where the
//! container's own limit stands. Mounts in unusual places are not searched for.

use super::text::{Root, field};

/// Processors' worth of time this process may use, `None` where no quota is set.
pub(crate) fn cpu_quota(root: Root) -> Option<f64> {
    let second = groups(root, Generation::Second)
        .into_iter()
        .filter_map(|group| {
            let text = root.value(&format!("{group}/cpu.max")).ok()?;
            let (quota, period) = text.split_once(' ')?;
            share(quota.parse().ok()?, period.trim().parse().ok()?)
        });
    let first = groups(root, Generation::First("cpu"))
        .into_iter()
        .filter_map(|group| {
            let quota = root.number(&format!("{group}/cpu.cfs_quota_us")).ok()?;
            share(
                quota,
                root.number(&format!("{group}/cpu.cfs_period_us")).ok()?,
            )
        });
    second.chain(first).min_by(f64::total_cmp)
}

/// Bytes that the tightest group still grants, counting its reclaimable file pages as free;
/// `None` where no group sets a limit.
pub(crate) fn memory_headroom(root: Root) -> Option<u64> {
    let second = groups(root, Generation::Second)
        .into_iter()
        .filter_map(|group| {
            headroom(
                root,
                &group,
                ["memory.max", "memory.current", "inactive_file"],
            )
        });
    let first = groups(root, Generation::First("memory"))
        .into_iter()
        .filter_map(|group| {
            let files = [
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "total_inactive_file",
            ];
            headroom(root, &group, files)
        });
    second.chain(first).min()
}

/// Which of the kernel's two interfaces.
#[derive(Clone, Copy)]
enum Generation {
    /// One tree per controller, which is named.
    First(&'static str),
    /// One tree for all.
    Second,
}

/// Folders of the process's own group and of all groups above it, below the root.
fn groups(root: Root, generation: Generation) -> Vec<String> {
    let Ok(membership) = root.text("proc/self/cgroup") else {
        return Vec::new();
    };
    let Some((mounts, path)) = membership.lines().find_map(|line| place(line, generation)) else {
        return Vec::new();
    };
    let mut groups = Vec::new();
    for mount in mounts {
        let mut path = path.trim_end_matches('/');
        while !path.is_empty() {
            groups.push(format!("{mount}{path}"));
            path = path.rsplit_once('/').map_or("", |(above, _)| above);
        }
        groups.push(mount);
    }
    groups
}

/// Mount folders and group path of one line `id:controllers:path`, if it is of that generation.
fn place(line: &str, generation: Generation) -> Option<(Vec<String>, &str)> {
    let (_, rest) = line.split_once(':')?;
    let (controllers, path) = rest.split_once(':')?;
    let mounts = match generation {
        Generation::Second if controllers.is_empty() => {
            vec![
                "sys/fs/cgroup".to_owned(),
                "sys/fs/cgroup/unified".to_owned(),
            ]
        }
        Generation::First(name) if controllers.split(',').any(|c| c == name) => {
            vec![
                format!("sys/fs/cgroup/{controllers}"),
                format!("sys/fs/cgroup/{name}"),
            ]
        }
        _ => return None,
    };
    Some((mounts, path))
}

fn share(quota: u64, period: u64) -> Option<f64> {
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

/// limit - (usage - reclaimable), the three read from `files` of one group.
fn headroom(root: Root, group: &str, files: [&str; 3]) -> Option<u64> {
    let [limit, usage, reclaimable] = files;
    let limit = root.number(&format!("{group}/{limit}")).ok()?;
    let usage = root.number(&format!("{group}/{usage}")).ok()?;
    let statistics = root
        .text(&format!("{group}/memory.stat"))
        .unwrap_or_default();
    let lines = statistics.replace(' ', ":");
    let reclaimable = field(&lines, reclaimable)
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    Some(limit.saturating_sub(usage.saturating_sub(reclaimable)))
}
