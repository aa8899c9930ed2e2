//! How much of a mapped file is in memory, from the kernel's account of this process's mappings.
//!
//! A mapped file costs addresses at once and memory only as far as it was touched; both are told here. It
//! is the kernel's word for one process: pages that other processes share are counted in full.

use std::path::Path;

use super::Absent;
use super::text::Root;

const MAPPINGS: &str = "proc/self/smaps";

/// Bytes of one file in the addresses of this process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mapped {
    /// Bytes that have addresses.
    pub mapped_bytes: u64,
    /// Bytes of them that are in memory now.
    pub resident_bytes: u64,
}

/// How much of that file this process has mapped, over all of its mappings.
///
/// # Errors
/// [`Absent`] where the system does not tell, and for a file that is not mapped.
pub fn mapped_file(path: &Path) -> Result<Mapped, Absent> {
    let whole = path.canonicalize().map_err(|error| {
        Absent::because(format!("{} cannot be looked up: {error}", path.display()))
    })?;
    mapped_below(Root::machine(), &whole)
}

fn mapped_below(root: Root<'_>, path: &Path) -> Result<Mapped, Absent> {
    let text = root.text(MAPPINGS)?;
    let wanted = path.to_string_lossy();
    let mut found: Option<Mapped> = None;
    let mut inside = false;
    for line in text.lines() {
        if let Some(file) = file_of(line) {
            inside = file == wanted;
            if inside {
                found = found.or(Some(Mapped::default()));
            }
        } else if let (true, Some(sum)) = (inside, &mut found) {
            add(sum, line);
        }
    }
    found.ok_or_else(|| Absent::because("the file is not mapped into this process"))
}

/// The file of a mapping's first line, empty for memory without one; `None` for the lines below it.
/// The first line has address range, rights, offset, device and inode before the name.
fn file_of(line: &str) -> Option<&str> {
    let (addresses, mut rest) = line.split_once(' ')?;
    let (from, to) = addresses.split_once('-')?;
    let hex = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex(from) || !hex(to) {
        return None;
    }
    for _ in 0..4 {
        rest = rest.trim_start();
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
    }
    Some(rest.trim_start())
}

fn add(sum: &mut Mapped, line: &str) {
    let kib = |value: &str| value.trim().strip_suffix("kB")?.trim().parse::<u64>().ok();
    let Some((name, value)) = line.split_once(':') else {
        return;
    };
    let bytes = kib(value).map_or(0, |kib| kib.saturating_mul(1024));
    match name {
        "Size" => sum.mapped_bytes = sum.mapped_bytes.saturating_add(bytes),
        "Rss" => sum.resident_bytes = sum.resident_bytes.saturating_add(bytes),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TEXT: &str = "\
7f0000000000-7f0000002000 r--s 00000000 fe:00 4711                       /models/my model.gguf
Size:                  8 kB
KernelPageSize:        4 kB
Rss:                   4 kB
Pss:                   2 kB
VmFlags: rd mr me ms
7f0000002000-7f0000003000 r--s 00002000 fe:00 4711                       /models/my model.gguf
Size:                  4 kB
Rss:                   4 kB
7f0000003000-7f0000004000 rw-p 00000000 00:00 0
Size:                 64 kB
Rss:                  64 kB
7f0000004000-7f0000005000 r--s 00000000 fe:00 4712                       /models/my model.gguf.old
Size:                 16 kB
Rss:                  16 kB
";

    fn mapped(text: &str, path: &str) -> Result<Mapped, Absent> {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("proc/self")).unwrap();
        fs::write(tree.path().join(MAPPINGS), text).unwrap();
        mapped_below(Root::at(tree.path()), Path::new(path))
    }

    #[test]
    fn all_mappings_of_the_file_count_and_nobody_elses() {
        let expected = Mapped {
            mapped_bytes: 12 * 1024,
            resident_bytes: 8 * 1024,
        };
        assert_eq!(mapped(TEXT, "/models/my model.gguf"), Ok(expected));
    }

    #[test]
    fn a_file_that_is_not_mapped_is_absent_and_not_zero() {
        for path in ["/models/my", "/models/other.gguf", ""] {
            let reason = mapped(TEXT, path);
            // Memory without a file has no name, and nobody asks for it by that.
            assert!(path.is_empty() || reason.is_err(), "{path}: {reason:?}");
        }
        assert!(mapped("", "/models/my model.gguf").is_err());
        let tree = tempfile::tempdir().unwrap();
        let silent = mapped_below(Root::at(tree.path()), Path::new("/x")).unwrap_err();
        assert!(silent.reason.contains("/proc/self/smaps"), "{silent}");
    }

    #[test]
    fn nonsense_adds_nothing() {
        let text = "7f00-7f01 r--s 0 fe:00 1 /a\nSize: many kB\nRss: 99999999999999999999 kB\nRss 4 kB\nRss: 4 MB\n";
        assert_eq!(mapped(text, "/a"), Ok(Mapped::default()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_program_that_is_running_is_mapped_and_partly_resident() {
        let program = std::env::current_exe().unwrap();
        let found = mapped_file(&program).unwrap();
        assert!(found.mapped_bytes >= found.resident_bytes && found.resident_bytes > 0);
        let beside = tempfile::NamedTempFile::new().unwrap();
        assert!(mapped_file(beside.path()).is_err());
    }
}
