//! What a mark says while a pointer rests on it: the drawing's own `<title>`, which browsers show without a script. The
//! page shows it at once and beside the pointer.

use crate::format;

/// Where the marks of a panel begin, and where they end.
const BEGIN: &str = "<g clip-path=";
const END: &str = "</g>";

/// A bar or a point in words: whose it is, where it stands, and its number with the unit of its axis.
pub(super) fn words(
    name: &str,
    place: &str,
    axis: &str,
    (value, interval): (f64, Option<(f64, f64)>),
) -> String {
    let number = format::drawn(value, interval);
    [name, place, &format!("{axis} {number}")].join(" · ")
}

/// Puts words into the marks of each panel, in the order in which they are drawn. Where there are not as many marks as
/// words, nothing is said: a word on a wrong mark would be worse.
pub(super) fn titled(svg: &str, mark: &str, panels: &[Vec<String>]) -> String {
    let mut parts = svg.split(BEGIN);
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut panels = panels.iter();
    for part in parts {
        out += BEGIN;
        let (marks, rest) = part.split_at(part.find(END).unwrap_or(part.len()));
        let said = panels
            .next()
            .filter(|words| words.len() == marks.matches(mark).count());
        out += &said.map_or_else(|| marks.to_owned(), |words| each_titled(marks, mark, words));
        out += rest;
    }
    out
}

fn each_titled(marks: &str, mark: &str, words: &[String]) -> String {
    let mut parts = marks.split(mark);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, said) in parts.zip(words) {
        let name = mark.trim_start_matches('<').trim_end();
        let title = format!("><title>{}</title></{name}>", escaped(said));
        out += mark;
        out += &part.replacen("/>", &title, 1);
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
