//! Rust: a program begins with an item and ends with a brace at the margin.

use super::{Rules, lines};

pub(super) const RULES: Rules = Rules {
    tags: &["rust", "rs"],
    looks_like_code: |text| text.lines().any(is_item),
    program: |text| lines::between(text, is_item),
};

/// A line that begins an item, with the sign that tells it from prose.
fn is_item(line: &str) -> bool {
    const SIGNED: [(&str, &[char]); 10] = [
        ("fn ", &['(']),
        ("use ", &[';', '{']),
        ("struct ", &['{', ';', '(']),
        ("enum ", &['{']),
        ("impl ", &['{']),
        ("impl<", &['{']),
        ("trait ", &['{']),
        ("mod ", &['{']),
        ("const ", &['=']),
        ("static ", &['=']),
    ];
    let line = line.trim_end();
    let bare = line.strip_prefix("pub ").unwrap_or(line);
    let is_attribute = lines::begins_with(line, &["#[", "#!["]);
    let is_signed =
        |(begin, signs): &(&str, &[char])| bare.starts_with(begin) && bare.contains(*signs);
    is_attribute || SIGNED.iter().any(is_signed)
}
