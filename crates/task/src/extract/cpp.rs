//! Just enough of C++'s surface to find a program in prose: comments, literals, braces.
//!
//! It is a scanner, no parser: macros, templates and trigraphs mean nothing to it.

use super::Rules;

/// `c` is accepted for C++ because such answers are meant as it.
pub(super) const RULES: Rules = Rules {
    tags: &["cpp", "cc", "cxx", "c", "h", "hpp", "c++*"],
    looks_like_code,
    program,
};

/// From the line of the first `#include` to the brace that closes `main`. Without a `main`, or if it
/// is cut off, to the end of the text. `None` without an `#include`.
pub(super) fn program(text: &str) -> Option<&str> {
    let start = first_include(text)?;
    let text = &text[start..];
    let end = main_body(text).and_then(|body| closing_brace(text, body));
    Some(&text[..end.unwrap_or(text.len())])
}

/// An `#include`, or a `main` with a parameter list and a brace somewhere behind it.
pub(super) fn looks_like_code(text: &str) -> bool {
    first_include(text).is_some() || main_body(text).is_some()
}

fn first_include(text: &str) -> Option<usize> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        let here = at + line.len() - line.trim_start().len();
        at += line.len();
        let directive = line.trim_start().strip_prefix('#')?;
        directive
            .trim_start()
            .starts_with("include")
            .then_some(here)
    })
}

/// Where the first `{` behind the first `main(` outside of comments and literals is.
fn main_body(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut seen = false;
    while at < bytes.len() {
        if seen && bytes[at] == b'{' {
            return Some(at);
        }
        let word = word_at(bytes, at);
        if word == b"main" {
            let behind = bytes[at + 4..].trim_ascii_start();
            seen = seen || behind.first() == Some(&b'(');
        }
        at = if word.is_empty() {
            skip(bytes, at)
        } else {
            at + word.len()
        };
    }
    None
}

/// Behind the brace that closes the one at `open`.
fn closing_brace(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = open;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            _ => {}
        }
        let word = word_at(bytes, at);
        at = if word.is_empty() {
            skip(bytes, at)
        } else {
            at + word.len()
        };
    }
    None
}

/// The identifier or number that begins at `at`; empty if none does. The prefix `R` of a raw string
/// is left to [`skip`]. Digit separators belong to the number, so that they open no literal.
fn word_at(bytes: &[u8], at: usize) -> &[u8] {
    let is_number = bytes[at].is_ascii_digit();
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || *byte == b'_'
            || *byte >= 0x80
            || (is_number && *byte == b'\'')
    };
    let length = bytes[at..]
        .iter()
        .position(|byte| !is_part(byte))
        .unwrap_or(bytes.len() - at);
    let word = &bytes[at..at + length];
    match (word, bytes.get(at + length)) {
        ([prefix @ .., b'R'], Some(b'"')) => prefix,
        _ => word,
    }
}

/// The next position that is not inside the comment or literal that begins at `at`.
fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let length = match rest {
        [b'/', b'/', ..] => rest
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(rest.len()),
        [b'/', b'*', ..] => find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4),
        [b'R', b'"', ..] => raw_string(rest),
        [quote @ (b'"' | b'\''), ..] => literal(rest, *quote),
        _ => 1,
    };
    at + length
}

/// Length of a literal; it ends at its quote or, being broken, with its line.
fn literal(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            _ if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

/// Length of `R"delimiter(…)delimiter"`; of something else that begins so, 1.
fn raw_string(rest: &[u8]) -> usize {
    let Some(open) = rest.iter().take(2 + 17).position(|&byte| byte == b'(') else {
        return 1;
    };
    let close = [b")", &rest[2..open], b"\""].concat();
    find(&rest[open..], &close).map_or(rest.len(), |end| open + end + close.len())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
