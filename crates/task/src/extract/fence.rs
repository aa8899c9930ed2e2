//! Fenced code blocks, read as models write them.
//!
//! CommonMark wants a fence alone on its line. Models also open one behind a colon and close one
//! behind the last brace. So a line opens a block with its first run of three or more backticks (or
//! with tildes at its start) if no backtick follows, and, where words stand before it, nothing but a
//! tag follows; a line closes the block if it ends in a run at least as long. A shorter run inside a
//! longer fence is content. An untagged fence followed by a tagged one was a stray: it ends there.

use super::Route;

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'text> {
    /// The language tag, without braces, dots and attributes; empty if there is none.
    pub(super) tag: &'text str,
    /// What stands between the fences.
    pub(super) code: &'text str,
    /// Closed or cut off.
    pub(super) route: Route,
    /// The byte of the whole text behind the line that closes it, if one does: a stray fence is ended by another block.
    pub(super) end: Option<usize>,
}

/// The run of characters that opened a block.
#[derive(Clone, Copy)]
struct Fence {
    mark: char,
    length: usize,
}

/// Every block, in order. The text is passed once.
pub(super) fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (fence, tag, start) = next_opening(text, at)?;
        let (end, next, route) = match closing(text, start, fence, tag) {
            Some((end, next)) => (end, next, Route::Fence),
            None => (text.len(), text.len(), Route::OpenFence),
        };
        at = next;
        Some(Block {
            tag,
            code: &text[start..end],
            route,
            end: (next > end).then_some(next),
        })
    })
}

/// The next opening fence from `at` on: the fence, its tag, and where its block begins.
fn next_opening(text: &str, at: usize) -> Option<(Fence, &str, usize)> {
    lines(text, at).find_map(|(start, line)| {
        let (fence, tag) = opening(line)?;
        Some((fence, tag, start + line.len()))
    })
}

/// The fence that a line opens, with its tag.
fn opening(line: &str) -> Option<(Fence, &str)> {
    let line = line.trim();
    let mark = if line.starts_with("~~~") { '~' } else { '`' };
    let (before, run) = line.split_at(line.find(mark)?);
    let info = run.trim_start_matches(mark);
    let length = run.len() - info.len();
    let tag = tag(info.trim());
    let is_alone = before.is_empty() || tag.len() == info.trim().len();
    let is_inline = mark == '`' && info.contains('`');
    (length >= 3 && is_alone && !is_inline).then_some((Fence { mark, length }, tag))
}

/// `cpp` of `cpp`, `{.cpp}`, `cpp:main.cpp` and `cpp title=x`.
fn tag(info: &str) -> &str {
    let info = info.trim_start_matches(['{', '.', ' ']);
    let is_other = |c: char| !c.is_ascii_alphanumeric() && !"+#_-".contains(c);
    &info[..info.find(is_other).unwrap_or(info.len())]
}

/// Where the content ends and where the text goes on.
fn closing(text: &str, start: usize, fence: Fence, tag: &str) -> Option<(usize, usize)> {
    lines(text, start).find_map(|(at, line)| {
        let content = line.trim_end();
        let before = content.trim_end_matches(fence.mark);
        if content.len() - before.len() >= fence.length {
            let kept = if before.trim().is_empty() {
                0
            } else {
                before.len()
            };
            return Some((at + kept, at + line.len()));
        }
        let is_stray = tag.is_empty() && opening(line).is_some_and(|(_, inner)| !inner.is_empty());
        is_stray.then_some((at, at))
    })
}

/// Lines from a byte position on, with their line ends.
fn lines(text: &str, at: usize) -> impl Iterator<Item = (usize, &str)> {
    text[at..].split_inclusive('\n').scan(at, |start, line| {
        let here = *start;
        *start += line.len();
        Some((here, line))
    })
}
