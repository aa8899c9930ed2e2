//! Tables for Markdown, in the form that pastes into an issue.

use super::{Side, Table};

/// A pipe table (GitHub Flavored Markdown), escaped cell by cell.
pub fn markdown(table: &Table) -> String {
    let mut out = line(table.columns().iter().map(|column| escape(&column.title)));
    out.push_str(&line(table.columns().iter().map(
        |column| match column.side {
            Side::Left => ":--".to_owned(),
            Side::Right => "--:".to_owned(),
        },
    )));
    for row in table.rows() {
        out.push_str(&line(row.iter().map(|entry| escape(&entry.text))));
    }
    out
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Text that Markdown shows as it is: no markup, no link, no HTML, no cell border. What cannot be
/// taken for markup where it stands is left alone, so that the source reads well too.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, c) in text.char_indices() {
        let next = text[index + c.len_utf8()..].chars().next();
        match c {
            '&' if next.is_some_and(|next| next == '#' || next.is_ascii_alphabetic()) => {
                out.push_str("&amp;")
            }
            '<' if next.is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(next)) => {
                out.push_str("&lt;")
            }
            ']' if next.is_some_and(|next| "([:".contains(next)) => out.push_str("\\]"),
            '\\' | '|' | '`' | '*' | '~' | '$' => out.extend(['\\', c]),
            // Inside a word an underscore is only an underscore.
            '_' if !inside_word(text, index) => out.push_str("\\_"),
            _ => out.push(c),
        }
    }
    out
}

fn inside_word(text: &str, index: usize) -> bool {
    let before = text[..index].chars().next_back();
    let after = text[index + 1..].chars().next();
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    is_word(before) && is_word(after)
}
