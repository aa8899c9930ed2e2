//! Bytes of tokens to text that may be shown: whole characters, no beginning of a stop string.

use crate::request::Complete;

/// Collects the bytes of a completion and finds stop strings across token borders.
#[derive(Debug)]
pub(crate) struct TextStream<'a> {
    stop: &'a [String],
    complete: Option<&'a Complete>,
    bytes: Vec<u8>,
    /// Bytes before this place have been handed out.
    shown: usize,
    /// Handed-out text, decoded.
    certain: String,
}

impl<'a> TextStream<'a> {
    pub(crate) fn new(stop: &'a [String], complete: Option<&'a Complete>) -> TextStream<'a> {
        TextStream {
            stop,
            complete,
            bytes: Vec::new(),
            shown: 0,
            certain: String::new(),
        }
    }

    /// Takes the bytes of one token. True if a stop string is now complete, before which the text ends, or all that is
    /// wanted is there, with which it ends.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        let old_len = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        match self.find_stop(old_len).or_else(|| self.find_end()) {
            Some(place) => {
                self.bytes.truncate(place);
                true
            }
            None => false,
        }
    }

    /// Text that has become certain since the last call.
    pub(crate) fn take_certain(&mut self) -> &str {
        let end = self.bytes.len() - self.held_back();
        self.hand_out(end.max(self.shown))
    }

    /// The rest, at the end of the completion; broken characters become U+FFFD.
    pub(crate) fn take_rest(&mut self) -> &str {
        self.hand_out(self.bytes.len())
    }

    /// The whole text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn hand_out(&mut self, end: usize) -> &str {
        self.certain = String::from_utf8_lossy(&self.bytes[self.shown..end]).into_owned();
        self.shown = end;
        &self.certain
    }

    /// The earliest complete stop string that ends in the new bytes.
    fn find_stop(&self, old_len: usize) -> Option<usize> {
        let places = self
            .stop
            .iter()
            .filter(|stop| !stop.is_empty())
            .filter_map(|stop| {
                let from = (old_len + 1).saturating_sub(stop.len());
                find(&self.bytes[from..], stop.as_bytes()).map(|place| from + place)
            });
        places.min()
    }

    /// Where all that is wanted is there, as far as the bytes are text.
    fn find_end(&self) -> Option<usize> {
        let complete = self.complete?;
        let text = self.bytes.utf8_chunks().next()?.valid();
        complete
            .at(text)
            .map(|place| place.clamp(self.shown, text.len().max(self.shown)))
    }

    /// Bytes at the end that a next token might change: part of a stop string or of a character.
    fn held_back(&self) -> usize {
        let partial = |stop: &String| {
            let longest = stop.len().saturating_sub(1).min(self.bytes.len());
            (1..=longest)
                .rev()
                .find(|n| self.bytes.ends_with(&stop.as_bytes()[..*n]))
                .unwrap_or(0)
        };
        let of_stop = self.stop.iter().map(partial).max().unwrap_or(0);
        of_stop.max(incomplete_character(&self.bytes))
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// Length of an unfinished but so far valid UTF-8 character at the end.
fn incomplete_character(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    for n in 1..=tail.len() {
        let wanted = match tail[tail.len() - n] {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            0x80..=0xBF => continue,
            _ => return 0,
        };
        return if wanted > n { n } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_ends_where_it_is_complete_even_within_a_token_and_keeps_what_was_shown() {
        let line = Complete::new(|text| text.find('\n'));
        let mut stream = TextStream::new(&[], Some(&line));
        assert!(!stream.push("aé".as_bytes()));
        assert!(stream.push(b"b\nc\n"));
        assert_eq!(stream.text(), "aéb");
        let first = Complete::new(|_| Some(0));
        let mut stream = TextStream::new(&[], Some(&first));
        assert!(stream.push(b"ab"));
        assert_eq!(stream.text(), "");
        let late = Complete::new(|text| text.ends_with('!').then_some(1));
        let mut stream = TextStream::new(&[], Some(&late));
        assert!(!stream.push(b"abc"));
        assert_eq!(stream.take_certain(), "abc");
        assert!(stream.push(b"d!"));
        assert_eq!(stream.take_rest(), "");
        assert_eq!(stream.text(), "abc");
    }

    fn run(stop: &[String], pieces: &[&[u8]]) -> (String, String, bool) {
        let mut stream = TextStream::new(stop, None);
        let mut shown = String::new();
        let mut stopped = false;
        for piece in pieces {
            stopped = stream.push(piece);
            if stopped {
                break;
            }
            shown += stream.take_certain();
        }
        shown += stream.take_rest();
        (shown, stream.text(), stopped)
    }

    #[test]
    fn a_stop_string_is_found_across_token_borders_and_never_shown() {
        let stop = ["\nclass".to_string()];
        let (shown, text, stopped) = run(&stop, &[b"def f()\n", b"\ncl", b"ass", b" A"]);
        assert!(stopped);
        assert_eq!((shown.as_str(), text.as_str()), ("def f()\n", "def f()\n"));
    }

    #[test]
    fn a_false_start_of_a_stop_string_is_shown_after_all() {
        let stop = ["abcd".to_string()];
        let (shown, _, stopped) = run(&stop, &[b"xab", b"c", b"ab"]);
        assert!(!stopped);
        assert_eq!(shown, "xabcab");
    }

    #[test]
    fn of_two_stop_strings_the_earlier_place_wins() {
        let stop = ["cd".to_string(), "bcde".to_string()];
        assert_eq!(run(&stop, &[b"abcde"]).1, "a");
    }

    #[test]
    fn broken_bytes_become_replacement_characters_once() {
        assert_eq!(
            run(&[], &[b"a\xF0\x9F", b"b", b"\xC3"]).0,
            "a\u{FFFD}b\u{FFFD}"
        );
    }

    proptest! {
        #[test]
        fn cutting_a_text_into_tokens_changes_nothing(
            text in "[ab🦀ü\\n]{0,40}",
            stop in prop::collection::vec("[ab🦀]{1,3}", 0..3),
            cuts in prop::collection::vec(1usize..5, 0..60),
        ) {
            let mut pieces = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (piece, next) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = next;
            }
            pieces.push(rest);
            let (shown, whole, _) = run(&stop, &pieces);
            let expected = stop.iter().filter_map(|s| text.find(s.as_str()).map(|i| (i + s.len(), i))).min();
            // The stop string that is complete first ends the text.
            let expected = expected.map_or(text.as_str(), |(end, _)| {
                let begin = stop.iter().filter(|s| text[..end].ends_with(s.as_str())).map(|s| end - s.len()).min();
                &text[..begin.unwrap_or(end)]
            });
            prop_assert_eq!(&shown, &whole);
            if pieces.iter().all(|p| p.len() <= 1) {
                prop_assert_eq!(whole.as_str(), expected);
            }
        }
    }
}
