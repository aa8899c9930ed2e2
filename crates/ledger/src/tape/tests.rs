//! Disks that fail at the worst moment.

use super::*;
use std::fs;

/// A real file behind a disk that takes `left` more bytes, then is full.
struct SmallDisk {
    file: File,
    left: usize,
    can_cut: bool,
    sync_fails: bool,
}

impl Write for SmallDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.left);
        self.file.write_all(&bytes[..taken])?;
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Medium for SmallDisk {
    fn sync(&mut self) -> io::Result<()> {
        if self.sync_fails {
            Err(io::Error::other("lost"))
        } else {
            Ok(())
        }
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        if self.can_cut {
            self.file.set_len(len)
        } else {
            Err(io::ErrorKind::ReadOnlyFilesystem.into())
        }
    }
}

fn small_disk(path: &Path, left: usize) -> Tape<SmallDisk> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    Tape::new(
        path,
        SmallDisk {
            file,
            left,
            can_cut: true,
            sync_fails: false,
        },
        0,
    )
}

#[test]
fn a_disk_that_fills_up_at_any_byte_keeps_the_lines_before() {
    let folder = tempfile::tempdir().unwrap();
    let lines = ["{\"a\":1}\n", "{\"b\":22}\n", "{\"c\":333}\n"];
    let total: usize = lines.iter().map(|line| line.len()).sum();
    for left in 0..total {
        let path = folder.path().join(format!("{left}.jsonl"));
        let mut tape = small_disk(&path, left);
        let mut taken = String::new();
        for line in lines {
            match tape.append(line.as_bytes()) {
                Ok(()) => taken.push_str(line),
                Err(error) => assert!(matches!(error, Error::Append { .. }), "{error}"),
            }
        }
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            taken,
            "{left} bytes of room"
        );
        assert!(taken.len() <= left);
    }
}

#[test]
fn space_that_comes_back_is_used_without_a_torn_line_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attempts.jsonl");
    let mut tape = small_disk(&path, 12);
    tape.append(b"{\"a\":1}\n").unwrap();
    tape.append(b"{\"b\":2}\n").unwrap_err();
    tape.medium.left = 100;
    tape.append(b"{\"c\":3}\n").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"c\":3}\n");
}

#[test]
fn a_torn_line_that_cannot_be_undone_closes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attempts.jsonl");
    let mut tape = small_disk(&path, 12);
    tape.medium.can_cut = false;
    tape.append(b"{\"a\":1}\n").unwrap();
    assert!(matches!(
        tape.append(b"{\"b\":2}\n"),
        Err(Error::Append { .. })
    ));
    tape.medium.left = 100;
    assert!(matches!(
        tape.append(b"{\"c\":3}\n"),
        Err(Error::Closed { .. })
    ));
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"b\"");
}

#[test]
fn a_flush_that_fails_is_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attempts.jsonl");
    let mut tape = small_disk(&path, 100);
    tape.medium.sync_fails = true;
    tape.append(b"{\"a\":1}\n").unwrap_err();
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[cfg(target_os = "linux")]
#[test]
fn the_full_device_of_the_system_is_an_error_and_not_silence() {
    let mut tape = Tape::open(Path::new("/dev/full"), 0).unwrap();
    let error = tape.append(b"{}\n").unwrap_err();
    assert!(
        matches!(&error, Error::Append { source, .. } if source.kind() == io::ErrorKind::StorageFull)
    );
}
