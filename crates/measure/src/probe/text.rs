//! Reading the kernel's text files, below a root that a test can replace.
//!
//! Knows their three shapes: one value per file, `key: value` lines, and number lists such as
//! `0-3,8`. What a value means is known by the caller.

use std::fs;
use std::path::{Path, PathBuf};

use super::Absent;

/// Where `/proc` and `/sys` hang.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root<'a>(&'a Path);

impl Root<'static> {
    /// This machine.
    pub(crate) fn machine() -> Self {
        Self(Path::new("/"))
    }
}

impl<'a> Root<'a> {
    /// A tree of files that stands for a machine.
    #[cfg(test)]
    pub(crate) fn at(path: &'a Path) -> Self {
        Self(path)
    }

    /// The path of `file`, which is given without the leading slash.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// The text of `file`, bytes that are no UTF-8 replaced.
    pub(crate) fn text(&self, file: &str) -> Result<String, Absent> {
        match fs::read(self.path(file)) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => Err(unreadable(file, &error)),
        }
    }

    /// The only value in `file`, trimmed of white space and NUL.
    pub(crate) fn value(&self, file: &str) -> Result<String, Absent> {
        let text = self.text(file)?;
        match text.trim_matches(|c: char| c.is_whitespace() || c == '\0') {
            "" => Err(Absent::because(format!("/{file} is empty"))),
            value => Ok(value.to_owned()),
        }
    }

    /// The only whole number in `file`.
    pub(crate) fn number(&self, file: &str) -> Result<u64, Absent> {
        let value = self.value(file)?;
        value
            .parse()
            .map_err(|_| Absent::because(format!("/{file} holds {value:?}, not a number")))
    }

    /// The first word of `file`, a number that is not negative.
    pub(crate) fn first_real(&self, file: &str) -> Result<f64, Absent> {
        let text = self.value(file)?;
        let first = text
            .split_whitespace()
            .next()
            .and_then(|word| word.parse::<f64>().ok());
        first
            .filter(|number| number.is_finite() && *number >= 0.0)
            .ok_or_else(|| {
                Absent::because(format!(
                    "/{file} holds {text:?}, which starts with no number"
                ))
            })
    }

    /// The bytes behind `key` in `file`, whose sizes are in `kB` (as the kernel writes KiB).
    pub(crate) fn kib_field(&self, file: &str, key: &str) -> Result<u64, Absent> {
        let text = self.text(file)?;
        let value = field(&text, key).ok_or_else(|| no_field(file, key))?;
        let kib = value
            .strip_suffix("kB")
            .map(str::trim)
            .and_then(|n| n.parse::<u64>().ok());
        kib.and_then(|kib| kib.checked_mul(1024)).ok_or_else(|| {
            Absent::because(format!("{key} in /{file} is {value:?}, not a size in kB"))
        })
    }
}

/// The value of the first `key: value` line of that key; an empty value is none.
pub(crate) fn field<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let values = text.lines().filter_map(|line| line.split_once(':'));
    let mut values = values
        .filter(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim());
    values.find(|value| !value.is_empty())
}

/// The numbers of a list such as `0-3,8`; `None` where it is not one.
pub(crate) fn number_list(list: &str) -> Option<Vec<usize>> {
    /// No machine has more processors; a wild range must not fill the memory.
    const MOST: usize = 1 << 16;
    let mut numbers = Vec::new();
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last < first || last >= MOST {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

/// The reason for a field that its file lacks.
pub(crate) fn no_field(file: &str, key: &str) -> Absent {
    Absent::because(format!("/{file} has no field {key}"))
}

/// The reason for a file that cannot be read.
pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Absent {
    let absent = Absent::because(format!("/{file} cannot be read: {error}"));
    if cfg!(target_os = "linux") {
        absent
    } else {
        absent.with_remedy("this reading exists on Linux only")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_nonsense_is_not() {
        assert_eq!(number_list("0-2,5,7-7\n"), Some(vec![0, 1, 2, 5, 7]));
        for nonsense in ["", "a", "3-1", "1-", "0-99999999999", "-1", "1,,2"] {
            assert_eq!(number_list(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn a_field_is_found_by_its_whole_name_only() {
        let text = "VmRSSExtra:\t1 kB\nVmRSS:\t 2 kB\nVmRSS:\t3 kB\n";
        assert_eq!(field(text, "VmRSS"), Some("2 kB"));
        assert_eq!(field(text, "VmR"), None);
        assert_eq!(
            field("model name :  \nmodel name : x: y\n", "model name"),
            Some("x: y")
        );
    }

    #[test]
    fn a_size_without_its_unit_or_beyond_64_bits_is_refused_with_its_place() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir(tree.path().join("proc")).unwrap();
        let sizes = "A: 5\nB: 5 MB\nC: 18446744073709551615 kB\nD: 5 kB\nE: -5 kB\n";
        fs::write(tree.path().join("proc/x"), sizes).unwrap();
        let root = Root::at(tree.path());
        for bad in ["A", "B", "C", "E", "F"] {
            let absent = root.kib_field("proc/x", bad).unwrap_err();
            assert!(
                absent.reason.contains("/proc/x") && absent.reason.contains(bad),
                "{absent}"
            );
        }
        assert_eq!(root.kib_field("proc/x", "D"), Ok(5120));
    }
}
