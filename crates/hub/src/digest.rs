//! SHA-256 of files and streams, as the 64 hexadecimal digits people compare.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;
use crate::error::io_at;

/// How much is read or written at once.
pub(crate) const CHUNK: usize = 256 * 1024;

/// The SHA-256 of a file, read as a stream; lower-case hexadecimal.
///
/// # Errors
/// [`Error::Io`] when the file cannot be opened or read to its end.
pub fn sha256_file(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(io_at("open", path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = file.read(&mut buffer).map_err(io_at("read", path))?;
        if read == 0 {
            return Ok(hex(hash));
        }
        hash.update(&buffer[..read]);
    }
}

/// The digits of a finished sum.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Golden values: FIPS 180-2 examples ("abc", one million times "a"), and the empty string.
    #[test]
    fn the_sum_is_the_standards_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let million = vec![b'a'; 1_000_000];
        for (bytes, sum) in [
            (
                &b"abc"[..],
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                &b""[..],
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                &million[..],
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(sha256_file(&path).unwrap(), sum);
        }
    }

    #[test]
    fn a_missing_file_is_named_in_the_error() {
        let said = sha256_file(Path::new("no-such-file"))
            .unwrap_err()
            .to_string();
        assert!(said.contains("no-such-file"), "{said}");
    }
}
