//! Text that a model, a compiler or a stranger's file wrote, made safe to look at.
//!
//! A completion may hold terminal escapes, bidirectional overrides that reorder what a reader sees,
//! or invisible characters. Every such text passes here before it reaches a terminal, a page or a
//! picture. Markup is not escaped here: each renderer escapes for its own format. CSV is the exception: what is a formula
//! is decided by how a text begins, so [`cell`] stands here.
//!
//! Sources: Unicode UAX #9 (bidirectional controls), "Trojan Source" (CVE-2021-42574).

/// The text with every control and direction-changing character replaced by a visible stand-in.
/// Line breaks and tabs stay.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\t' => out.push(c),
            // A line end of another system is a line end, not an attack.
            '\r' if chars.peek() == Some(&'\n') => {}
            _ => push_visible(&mut out, c),
        }
    }
    out
}

/// [`visible`] on one line: line breaks and tabs become spaces, runs of spaces one space.
pub fn one_line(text: &str) -> String {
    visible(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// A cell of a CSV file: one line, as it is made [`visible`], and text that nothing computes.
///
/// Spreadsheets take a cell that begins with `=`, `+`, `-` or `@` for a formula, the full-width forms of these included.
/// An apostrophe goes before such a text, and before no number: `-1.5` stays what it is.
pub fn cell(text: &str) -> String {
    let shown = visible(text)
        .replace('\n', "\u{240a}")
        .replace('\t', "\u{2409}");
    match shown.trim_start().starts_with(FORMULA) && !is_number(&shown) {
        true => format!("'{shown}"),
        false => shown,
    }
}

/// What a formula of a spreadsheet begins with.
const FORMULA: [char; 8] = [
    '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// Whether a text is a decimal number and nothing else; `-inf` is a word here.
fn is_number(text: &str) -> bool {
    let is_of_digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    is_of_digits && text.parse::<f64>().is_ok()
}

fn push_visible(out: &mut String, c: char) {
    match c {
        // U+2400 "control pictures" has one glyph for each C0 control, in the same order.
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + c as u32)),
        '\u{7f}' => out.push('\u{2421}'),
        _ if hides_or_reorders(c) => out.push_str(&format!("⟨U+{:04X}⟩", c as u32)),
        _ => out.push(c),
    }
}

/// Characters that change what a reader sees without being seen: C1 controls, bidirectional
/// controls, zero-width and tag characters, and code points that XML 1.0 does not allow.
fn hides_or_reorders(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{cell, one_line, visible};

    #[test]
    fn an_escape_sequence_is_shown_and_not_obeyed() {
        assert_eq!(visible("\u{1b}[2Jgone"), "␛[2Jgone");
        assert_eq!(visible("a\u{9b}31m"), "a⟨U+009B⟩31m");
    }

    #[test]
    fn a_direction_override_is_shown() {
        assert_eq!(visible("if\u{202e}x"), "if⟨U+202E⟩x");
        assert_eq!(visible("a\u{200b}b\u{feff}"), "a⟨U+200B⟩b⟨U+FEFF⟩");
    }

    #[test]
    fn line_ends_of_every_system_stay_line_ends_and_a_lone_return_is_shown() {
        assert_eq!(visible("a\r\nb\nc\td"), "a\nb\nc\td");
        assert_eq!(visible("safe\rEVIL"), "safe␍EVIL");
    }

    #[test]
    fn ordinary_writing_is_untouched() {
        for text in [
            "naïve 模型 שלום 👩‍💻".replace('\u{200d}', ""),
            "x < y && z".into(),
        ] {
            assert_eq!(visible(&text), text);
        }
    }

    #[test]
    fn a_cell_is_one_line_that_no_spreadsheet_computes() {
        for (text, wanted) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+1-800", "'+1-800"),
            ("-2+3", "'-2+3"),
            ("-", "'-"),
            ("-inf", "'-inf"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("\t=1", "␉=1"),
            ("\r=1", "␍=1"),
            ("\n=1", "␊=1"),
            ("a\r\nb\u{1b}[2J", "a␊b␛[2J"),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }

    #[test]
    fn numbers_and_words_are_cells_as_they_are() {
        for text in [
            "-1.5",
            "+3",
            "1e-07",
            "-2.5E+10",
            "",
            "a-b",
            "a=b",
            "'quoted",
            "{\"a\":-1}",
        ] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn one_line_has_no_line() {
        assert_eq!(one_line(" a\n\n b\tc "), "a b c");
    }
}
