//! What all cells of a sandbox have in common, and the badge that follows from it.

use std::path::PathBuf;

use rustix::io::Errno;

use crate::badge::{Badge, Tier, sha256_hex};
use crate::fault::{Fault, Step};
use crate::fittings::{Fittings, Warm};
use crate::identity::Standing;
use crate::layout::{self, Layout};
use crate::limits;
use crate::pace::Pace;
use crate::program::{Profile, Program};
use crate::seccomp::Filters;
use crate::{cell, group, landlock, plan, scratch, sys, tree, unwalled};

/// The drawing of a sandbox.
pub(crate) struct Template {
    pub(crate) tier: Tier,
    pub(crate) layout: Layout,
    pub(crate) standing: Standing,
    pub(crate) landlock_abi: u32,
    pub(crate) filters: Filters,
    pub(crate) warm: Vec<Warm>,
    /// The control group below which leaves are made, at the tier that has them.
    pub(crate) base: Option<PathBuf>,
    /// The folder of its leaves.
    pub(crate) leaves: Option<PathBuf>,
    /// Where the scratch folders of cells lie that cannot mount any.
    pub(crate) scratch: Option<PathBuf>,
    /// A layer that is left out, to see that an attack of the doctor's notices. Only tests can.
    #[cfg(test)]
    pub(crate) without: Option<Step>,
}

impl Template {
    /// Draws a sandbox of this tier, if what this machine says of itself allows it.
    pub(crate) fn new(tier: Tier, fittings: Fittings) -> Result<Self, Fault> {
        check_kernel(&rustix::system::uname().release().to_string_lossy())?;
        if !tree::can_look() {
            return Err(Fault::layer(Step::Look, Errno::NOENT));
        }
        let base = tier.has_leaves().then(group::find).transpose()?;
        let landlock_abi = sys::landlock_abi().min(landlock::NEWEST);
        let standing = Standing::of_this_process()?;
        if !tier.has_walls() {
            check_unwalled(landlock_abi, standing, &fittings)?;
        }
        let mut warm = check_warm(fittings.warm)?;
        // An interpreter forks into a run's namespaces.
        warm.retain(|_| tier.has_walls());
        Ok(Self {
            tier,
            layout: layout::draw(&fittings.readable)?,
            standing,
            landlock_abi,
            filters: Filters::new(tier),
            warm,
            base,
            leaves: None,
            scratch: None,
            #[cfg(test)]
            without: None,
        })
    }

    /// Whether a test wants this layer left out.
    #[cfg(test)]
    pub(crate) fn is_without(&self, step: Step) -> bool {
        self.without == Some(step)
    }

    /// No layer is ever left out.
    #[cfg(not(test))]
    pub(crate) fn is_without(&self, _: Step) -> bool {
        false
    }

    /// What every record of this sandbox carries.
    pub(crate) fn badge(&self) -> Badge {
        let exceptions = match self.tier.has_walls() {
            true => Vec::new(),
            false => unwalled::exceptions(self.standing, self.landlock_abi),
        };
        Badge {
            tier: self.tier,
            policy_sha256: policy(self.tier, &self.layout, self.landlock_abi, &self.filters),
            facts: facts(self),
            exceptions,
        }
    }
}

/// Without namespaces Landlock is the only lock on files.
fn check_unwalled(landlock_abi: u32, standing: Standing, fittings: &Fittings) -> Result<(), Fault> {
    if landlock_abi < landlock::OLDEST_ALONE {
        return Err(Fault::layer(Step::Landlock, Errno::OPNOTSUPP));
    }
    let closed = fittings.readable.iter().find(|path| {
        path.parent()
            .is_some_and(|folder| !scratch::anybody_may_pass(folder))
    });
    match closed {
        Some(path) if !standing.is_user() => Err(Fault::Readable {
            path: path.display().to_string(),
            why: "without namespaces programs run as a user that nobody has, and a folder above it is closed to others; use a toolchain that all users may reach".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The most that the modules of warm interpreters may hold together, in bytes.
const MOST_MODULES: usize = 2 << 20;

/// Says what is wrong with interpreters before anything is made for them.
fn check_warm(warm: Vec<Warm>) -> Result<Vec<Warm>, Fault> {
    let mut bytes = 0;
    for one in &warm {
        let program = Program {
            files: one.modules.clone(),
            ..Program::new(one.argv.clone())
        };
        cell::check(&program)?;
        bytes += one
            .modules
            .iter()
            .map(|file| file.bytes.len())
            .sum::<usize>();
    }
    if bytes > MOST_MODULES {
        return Err(Fault::Program {
            what: format!("the modules of warm interpreters hold more than {MOST_MODULES} bytes"),
        });
    }
    Ok(warm)
}

/// Since 5.14 the process limit counts per user namespace; before, it would count the user's own
/// desktop into the box.
fn check_kernel(release: &str) -> Result<(), Fault> {
    let mut parts = release
        .split(|c: char| !c.is_ascii_digit())
        .map(str::parse::<u32>);
    let version = match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (0, 0),
    };
    if version >= (5, 14) {
        Ok(())
    } else {
        Err(Fault::layer(Step::Kernel, Errno::NOSYS))
    }
}

fn policy(tier: Tier, layout: &Layout, landlock_abi: u32, filters: &Filters) -> String {
    let filters = filters.bytes();
    let environment = [Profile::Compile, Profile::Run]
        .map(|profile| plan::environment(tier, profile))
        .concat()
        .iter()
        .map(|entry| entry.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join("\n");
    let leaf = tier.has_leaves().then(|| group::POLICY.to_owned());
    let texts = [
        tier.to_string(),
        limits::profile(Pace::of_this_machine()),
        format!("landlock {landlock_abi}"),
        environment,
    ];
    let texts = texts.iter().chain(&leaf).chain(&layout.lines);
    let texts = texts.map(String::as_bytes);
    sha256_hex(texts.chain(filters.iter().map(Vec::as_slice)))
}

fn facts(template: &Template) -> Vec<(String, String)> {
    let kernel = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    let landlock = match template.landlock_abi {
        0 => "not in this kernel: the mounts alone confine files".to_owned(),
        abi => format!("version {abi}"),
    };
    let identity = match (template.standing, template.tier.has_walls()) {
        (Standing::Root(first), _) => {
            format!("started as root; programs run as unused users from {first}")
        }
        (Standing::User { .. }, true) => {
            "programs run as this user in a user namespace of their own".to_owned()
        }
        (Standing::User { .. }, false) => "programs run as this user".to_owned(),
    };
    [
        ("kernel", kernel),
        ("architecture", std::env::consts::ARCH.to_owned()),
        ("landlock", landlock),
        ("identity", identity),
        ("limits", limits::profile(Pace::of_this_machine())),
        ("tree memory", tree_memory(template.tier).to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn tree_memory(tier: Tier) -> &'static str {
    match tier.has_leaves() {
        true => "a limit of the kernel, in a control group for each run",
        false => "watched every 20 ms, not enforced by the kernel",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_kernel_is_refused() {
        for (release, good) in [
            ("6.18.44-fc", true),
            ("5.14.0", true),
            ("10.0", true),
            ("5.13.19-generic", false),
            ("4.19", false),
            ("", false),
            ("linux", false),
        ] {
            assert_eq!(check_kernel(release).is_ok(), good, "{release}");
        }
    }

    #[test]
    fn another_list_of_mounts_is_another_policy_and_so_is_another_tier() {
        let one = layout::draw(&[]).unwrap();
        let filters = Filters::new(Tier::T3);
        let mut other = layout::draw(&[]).unwrap();
        other.lines.push("Folder /opt".to_owned());
        let base = policy(Tier::T3, &one, 7, &filters);
        assert_eq!(base, policy(Tier::T3, &one, 7, &filters));
        assert_ne!(base, policy(Tier::T3, &other, 7, &filters));
        assert_ne!(base, policy(Tier::T3, &one, 6, &filters));
        assert_ne!(base, policy(Tier::T2, &one, 7, &filters));
        assert_ne!(base, policy(Tier::T4, &one, 7, &filters));
        assert_ne!(base, policy(Tier::T3, &one, 7, &Filters::new(Tier::T2)));
        let mut shorter = Filters::new(Tier::T3);
        shorter.cell.pop();
        assert_ne!(base, policy(Tier::T3, &one, 7, &shorter));
    }

    #[test]
    fn without_namespaces_an_old_landlock_and_a_closed_toolchain_are_refused() {
        let user = Standing::User { uid: 7, gid: 7 };
        let none = Fittings::default();
        for (abi, good) in [(0, false), (2, false), (3, true), (7, true)] {
            assert_eq!(check_unwalled(abi, user, &none).is_ok(), good, "{abi}");
        }
        let closed = tempfile::tempdir().unwrap();
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(closed.path(), rights).unwrap();
        let fittings = Fittings {
            readable: vec![closed.path().join("toolchain")],
            ..Fittings::default()
        };
        assert!(check_unwalled(7, user, &fittings).is_ok());
        let refused = check_unwalled(7, Standing::Root(1), &fittings).unwrap_err();
        assert!(
            refused.to_string().contains("closed to others"),
            "{refused}"
        );
    }
}
