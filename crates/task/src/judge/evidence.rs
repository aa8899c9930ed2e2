//! What compiler and program said, made safe to keep and to show.
//!
//! The text is untrusted: escape sequences would move a terminal's cursor, direction marks would turn
//! a line around. Control and invisible characters other than newline and tab are written out. Addresses in
//! Python's words for an object are left out: they differ between two runs of the same program, and evidence
//! goes into prompts that ask for a repair.

use std::fmt::Write;

/// Most bytes of evidence in a record.
pub(super) const MAX_BYTES: usize = 2048;

const CUT: char = '…';

/// Collects named streams until the room is used up.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    text: String,
    is_full: bool,
}

impl Evidence {
    /// Adds a stream under its name; nothing if it is blank.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) {
        let said = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_BYTES * 2)]);
        if said.trim().is_empty() {
            return;
        }
        let head = if self.text.is_empty() {
            format!("{name}:\n")
        } else {
            format!("\n{name}:\n")
        };
        self.push_all(&head);
        self.push_all(&without_addresses(said.trim_end()));
    }

    /// The text, at most [`MAX_BYTES`] long.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn push_all(&mut self, text: &str) {
        for c in text.chars() {
            if self.is_full {
                return;
            }
            self.push(c);
        }
    }

    fn push(&mut self, c: char) {
        let before = self.text.len();
        if is_invisible(c) {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "\\u{{{:x}}}", u32::from(c));
        } else {
            self.text.push(c);
        }
        if self.text.len() > MAX_BYTES - CUT.len_utf8() {
            self.text.truncate(before);
            self.text.push(CUT);
            self.is_full = true;
        }
    }
}

/// The door of fuzzers: whatever was said, what is kept of it is short and plain.
pub(crate) fn evidence_door(bytes: &[u8]) {
    let mut evidence = Evidence::default();
    for name in ["stdout", "stderr"] {
        evidence.add(name, bytes);
    }
    let text = evidence.finish();
    assert!(text.len() <= MAX_BYTES, "{} bytes", text.len());
    assert!(!text.chars().any(is_invisible));
}

/// `<function f at 0x7f…>` becomes `<function f>`.
fn without_addresses(said: &str) -> String {
    const MARK: &str = " at 0x";
    let mut out = String::with_capacity(said.len());
    let mut rest = said;
    while let Some(at) = rest.find(MARK) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let behind = from[MARK.len()..].trim_start_matches(|c: char| c.is_ascii_hexdigit());
        if behind.starts_with('>') {
            rest = behind;
        } else {
            out.push_str(MARK);
            rest = &from[MARK.len()..];
        }
    }
    out.push_str(rest);
    out
}

/// Control characters, direction marks, zero-width characters, tags and private use.
fn is_invisible(c: char) -> bool {
    let shown = matches!(c, '\n' | '\t');
    let format = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..);
    !shown && (c.is_control() || format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn evidence(bytes: &[u8]) -> String {
        let mut evidence = Evidence::default();
        evidence.add("stdout", bytes);
        evidence.add("stderr", bytes);
        evidence.finish()
    }

    #[test]
    fn escape_sequences_and_direction_marks_are_written_out() {
        let text = evidence("a\u{1b}[2J\r\u{202e}b\u{7}\tc\nd".as_bytes());
        assert!(
            text.starts_with("stdout:\na\\u{1b}[2J\\u{d}\\u{202e}b\\u{7}\tc\nd\nstderr:\n"),
            "{text}"
        );
    }

    #[test]
    fn two_runs_of_a_program_say_the_same_of_its_objects() {
        let said = "<function f at 0x7f12ab> and [<A object at 0x0>] at 0xyz, at 0x12 <at 0x";
        let text = evidence(said.as_bytes());
        let kept = "<function f> and [<A object>] at 0xyz, at 0x12 <at 0x";
        assert!(text.starts_with(&format!("stdout:\n{kept}\n")), "{text}");
    }

    #[test]
    fn invalid_bytes_are_replaced_and_silence_leaves_nothing() {
        assert!(evidence(b"a\xff\xfeb").contains("a\u{fffd}\u{fffd}b"));
        assert_eq!(evidence(b" \n\n"), "");
    }

    proptest! {
        #[test]
        fn it_is_short_and_plain_whatever_was_said(bytes in prop::collection::vec(any::<u8>(), 0..5000), c in any::<char>()) {
            for bytes in [bytes, c.to_string().repeat(3000).into_bytes()] {
                let text = evidence(&bytes);
                prop_assert!(text.len() <= MAX_BYTES);
                prop_assert!(!text.chars().any(is_invisible));
            }
        }
    }
}
