//! What the doctor lays out on the host, and how it sees that somebody took it.

use std::io::{ErrorKind, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};

use super::leftovers::sweep;

/// What lies on the host to be stolen, called or broken.
pub(super) struct Bait {
    pub(super) secret: String,
    pub(super) files: Vec<PathBuf>,
    sockets: PathBuf,
    tcp: TcpListener,
    udp: UdpSocket,
    unix: UnixListener,
    named: UnixListener,
    abstract_name: String,
}

impl Bait {
    /// Lays everything out below `folder`, and one file in the home folder if there is one; there one more beside the
    /// toolchains that people install for themselves.
    pub(super) fn lay(folder: &Path) -> std::io::Result<Self> {
        let secret = format!(
            "bait-{}-{}",
            std::process::id(),
            crate::clock::monotonic_ns()
        );
        let home = std::env::var_os("HOME")
            .map(PathBuf::from)
            .filter(|home| home.is_dir());
        let mut files = vec![folder.join("bait")];
        let shared = home.as_ref().map(|home| home.join(".local/share"));
        let shared = shared.filter(|folder| folder.is_dir());
        let at_home = home.into_iter().chain(shared);
        files.extend(at_home.map(|folder| folder.join(format!(".{secret}"))));
        for file in &files {
            std::fs::File::create_new(file)?.write_all(secret.as_bytes())?;
        }
        files[1..].iter().for_each(|file| sweep(file, ".bait-"));
        let sockets = folder.join("s");
        let address = SocketAddr::from_abstract_name(&secret)?;
        let bait = Self {
            tcp: TcpListener::bind("127.0.0.1:0")?,
            udp: UdpSocket::bind("127.0.0.1:0")?,
            unix: UnixListener::bind(&sockets)?,
            named: UnixListener::bind_addr(&address)?,
            abstract_name: secret.clone(),
            secret,
            files,
            sockets,
        };
        bait.tcp.set_nonblocking(true)?;
        bait.udp.set_nonblocking(true)?;
        bait.unix.set_nonblocking(true)?;
        bait.named.set_nonblocking(true)?;
        Ok(bait)
    }

    /// What the attacker is told, one `name=value` per line.
    pub(super) fn briefing(&self) -> std::io::Result<String> {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        Ok(format!(
            "files={}\nsocket={}\nabstract={}\ntcp={}\nudp={}\nvictim={}\n",
            files.join(":"),
            self.sockets.display(),
            self.abstract_name,
            self.tcp.local_addr()?.port(),
            self.udp.local_addr()?.port(),
            std::process::id(),
        ))
    }

    /// Which listeners were called.
    pub(super) fn called(&self) -> Vec<&'static str> {
        let quiet = |kind: Option<ErrorKind>| kind == Some(ErrorKind::WouldBlock);
        let calls = [
            (
                "tcp",
                quiet(self.tcp.accept().err().map(|error| error.kind())),
            ),
            (
                "udp",
                quiet(self.udp.recv(&mut [0; 16]).err().map(|error| error.kind())),
            ),
            (
                "unix socket",
                quiet(self.unix.accept().err().map(|error| error.kind())),
            ),
            (
                "abstract socket",
                quiet(self.named.accept().err().map(|error| error.kind())),
            ),
        ];
        calls
            .into_iter()
            .filter(|(_, quiet)| !quiet)
            .map(|(name, _)| name)
            .collect()
    }

    /// Whether every file still reads as it was laid.
    pub(super) fn untouched(&self) -> bool {
        self.files
            .iter()
            .all(|file| std::fs::read(file).is_ok_and(|now| now == self.secret.as_bytes()))
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        for file in self.files.iter().chain([&self.sockets]) {
            // The folder is temporary; a file that the attacker removed is reported by `untouched`.
            let _ = std::fs::remove_file(file);
        }
    }
}

/// A folder of our own below the system's temporary folder, removed when dropped.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> std::io::Result<Self> {
        let name = format!(
            "probe-{}-{}",
            std::process::id(),
            crate::clock::monotonic_ns()
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        sweep(&path, "probe-");
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
