//! What the suite brings along: the programs, bait in several places, a temporary folder.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that everybody may enter, with the programs, a home, and bait.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    canaries: Vec<(PathBuf, Seen)>,
    further: Vec<tempfile::NamedTempFile>,
}

/// What a file looked like.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    bytes: Vec<u8>,
    mode: u32,
    owner: u32,
    inode: u64,
    changed: (i64, i64),
}

impl Seen {
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::symlink_metadata(path).ok()?;
        Some(Self {
            bytes: std::fs::read(path).ok()?,
            mode: meta.mode(),
            owner: meta.uid(),
            inode: meta.ino(),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }
}

/// The folder of the programs in the sources.
pub(crate) fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

/// A user number that nobody has; another one for every call, so that what each leaves is known while
/// several tests of one process run.
pub(crate) fn nobody() -> u32 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed) % 16;
    61_000_000 + std::process::id() % 1_000_000 * 16 + call
}

impl Stage {
    /// Lays everything out; `user` is who will run the programs, if it is somebody else.
    pub(crate) fn new(user: Option<u32>) -> Self {
        let folder = tempfile::Builder::new().prefix("suite").tempdir().unwrap();
        let at = folder.path();
        open_to_all(at);
        let programs = at.join("programs");
        std::fs::create_dir(&programs).unwrap();
        open_to_all(&programs);
        for found in std::fs::read_dir(suite()).unwrap().flatten() {
            if found.file_type().unwrap().is_file() {
                std::fs::copy(found.path(), programs.join(found.file_name())).unwrap();
            }
        }
        let secret = format!("canary-{}-{:p}", std::process::id(), &folder);
        std::fs::write(at.join("secret"), &secret).unwrap();
        for name in ["home", "temporary"] {
            std::fs::create_dir(at.join(name)).unwrap();
            if let Some(user) = user {
                std::os::unix::fs::chown(at.join(name), Some(user), Some(user)).unwrap();
            }
        }
        let mut stage = Self {
            folder,
            canaries: Vec::new(),
            further: Vec::new(),
        };
        stage.bait(&secret, user);
        stage
    }

    /// Bait where a thief looks: the home, the temporary folder, shared memory, where we stand.
    fn bait(&mut self, secret: &str, user: Option<u32>) {
        let home = self.home();
        let own = ["home/.ssh-key", "home/answers.jsonl", "temporary/token"];
        let mut paths: Vec<PathBuf> = own.map(|name| self.folder().join(name)).into();
        for folder in [
            Path::new("/dev/shm"),
            Path::new("/var/tmp"),
            Path::new("/run"),
        ] {
            if let Ok(file) = tempfile::Builder::new().prefix("bait").tempfile_in(folder) {
                paths.push(file.path().to_owned());
                self.further.push(file);
            }
        }
        assert!(home.is_dir() && paths.len() > 3, "bait in several places");
        for path in paths {
            std::fs::write(&path, secret).unwrap();
            // Anybody who comes near may change it: only the box keeps a program away.
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o666)).unwrap();
            if let Some(user) = user {
                std::os::unix::fs::chown(&path, Some(user), Some(user)).unwrap();
            }
            let seen = Seen::of(&path).unwrap();
            self.canaries.push((path, seen));
        }
        let list: Vec<String> = self
            .canaries
            .iter()
            .map(|(path, _)| path.display().to_string())
            .collect();
        std::fs::write(self.folder().join("bait"), list.join(":")).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder().join("home")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.folder().join("temporary")
    }

    /// No bait was taken, moved or changed, and nothing lies beside it.
    pub(crate) fn assert_untouched(&self) {
        for (path, seen) in &self.canaries {
            assert_eq!(Seen::of(path).as_ref(), Some(seen), "{}", path.display());
        }
        let list = |name: &str| -> Vec<String> {
            let found = std::fs::read_dir(self.folder().join(name)).unwrap();
            let mut names: Vec<_> = found
                .map(|one| one.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(list("home"), [".ssh-key", "answers.jsonl"]);
        assert_eq!(
            list("temporary"),
            ["token"],
            "a file was left in the temporary folder"
        );
    }
}

fn open_to_all(path: &Path) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}
