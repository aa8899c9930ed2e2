//! Tables for LaTeX with booktabs, and the escaping that all of its text passes.
//!
//! What a model or a file is called reaches a typesetter that is a programming language. So nothing passes as it is
//! but letters, digits and harmless signs: what TeX would read as a command becomes a command that prints it, and a
//! character that not every TeX can print becomes its code point in words. The result compiles with pdfLaTeX,
//! XeLaTeX and LuaLaTeX, with no package but booktabs.

use super::{Side, Table};

/// A `tabular` with the rules of booktabs, of the rows from `first` on, `n` at most.
pub(crate) fn tabular(table: &Table, first: usize, n: usize) -> String {
    let sides = table.columns().iter().map(|column| match column.side {
        Side::Left => 'l',
        Side::Right => 'r',
    });
    let sides: String = sides.collect();
    let mut out = format!("\\begin{{tabular}}{{{sides}}}\n\\toprule\n");
    out += &line(table.columns().iter().map(|column| column.title.as_str()));
    out += "\\midrule\n";
    for row in table.rows().iter().skip(first).take(n) {
        out += &line(row.iter().map(|entry| entry.text.as_str()));
    }
    out + "\\bottomrule\n\\end{tabular}\n"
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut cells: Vec<String> = cells.map(escape).collect();
    // `\\` before a bracket takes it for an argument, and a bracket may begin the next line.
    if let Some(first) = cells.first_mut().filter(|first| first.starts_with('[')) {
        *first = format!("{{}}{first}");
    }
    format!("{} \\\\\n", cells.join(" & "))
}

/// Text that LaTeX prints as it is, in a paragraph, a table or a caption.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_minus = " [".contains(before) && rest.peek().is_some_and(char::is_ascii_digit);
        match c {
            'A'..='Z'
            | 'a'..='z'
            | '0'..='9'
            | ' '
            | '.'
            | ','
            | ':'
            | ';'
            | '('
            | ')'
            | '['
            | ']'
            | '/'
            | '+'
            | '='
            | '*'
            | '!'
            | '?'
            | '@' => out.push(c),
            '-' if is_minus => out += "$-$",
            // Two in a row would be a dash, or a quotation mark.
            '-' => out += "{-}",
            '\'' => out += "{'}",
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            _ => out += &printed(c),
        }
        before = c;
    }
    out
}

/// The command that prints a character, or its code point in words.
fn printed(c: char) -> String {
    let command = match c {
        '\\' => "\\textbackslash{}",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        '"' => "{''}",
        '`' => "{`}",
        '×' => "$\\times$",
        '·' => "$\\cdot$",
        'µ' | 'μ' => "$\\mu$",
        'Δ' => "$\\Delta$",
        '±' => "$\\pm$",
        '−' => "$-$",
        '≤' => "$\\leq$",
        '≥' => "$\\geq$",
        '↑' => "$\\uparrow$",
        '↓' => "$\\downarrow$",
        '⟨' => "$\\langle$",
        '⟩' => "$\\rangle$",
        '—' => "---",
        '–' => "--",
        '…' => "\\dots{}",
        'Ð' | 'ð' | 'Þ' | 'þ' => return code_point(c),
        'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ÿ' => return c.to_string(),
        _ => return code_point(c),
    };
    command.to_owned()
}

fn code_point(c: char) -> String {
    format!("$\\langle$U+{:04X}$\\rangle$", c as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Entry;

    #[test]
    fn nothing_that_tex_obeys_passes() {
        assert_eq!(
            escape("a_b & 5 % $x$ #1 {y}"),
            "a\\_b \\& 5 \\% \\$x\\$ \\#1 \\{y\\}"
        );
        assert_eq!(
            escape("\\input{~/x^2}"),
            "\\textbackslash{}input\\{\\textasciitilde{}/x\\textasciicircum{}2\\}"
        );
        assert_eq!(escape("^^5c"), "\\textasciicircum{}\\textasciicircum{}5c");
        assert_eq!(escape("-1 [-2.5, x-3]"), "$-$1 [$-$2.5, x{-}3]");
        assert_eq!(escape("--''``"), "{-}{-}{'}{'}{`}{`}");
        assert_eq!(
            escape("é 模\u{202e}\0\n"),
            "é $\\langle$U+6A21$\\rangle$$\\langle$U+202E$\\rangle$$\\langle$U+0000$\\rangle$$\\langle$U+000A$\\rangle$"
        );
    }

    #[test]
    fn only_known_commands_and_balanced_braces_come_of_any_text() {
        let all: String = (0..0x3000).filter_map(char::from_u32).collect();
        let escaped = escape(&all);
        let bare = escaped.replace("\\{", "").replace("\\}", "");
        assert_eq!(bare.matches('{').count(), bare.matches('}').count());
        assert_eq!(bare.replace("\\$", "").matches('$').count() % 2, 0);
        let known = [
            "text",
            "times",
            "cdot",
            "mu",
            "Delta",
            "pm",
            "leq",
            "geq",
            "uparrow",
            "downarrow",
            "langle",
            "rangle",
            "dots",
            "&",
            "%",
            "$",
            "#",
            "_",
        ];
        for rest in bare.split('\\').skip(1) {
            assert!(
                known.iter().any(|word| rest.starts_with(word)),
                "{rest:.20}"
            );
        }
    }

    #[test]
    fn a_bracket_at_the_beginning_of_a_line_is_no_argument_of_the_line_before() {
        let mut table = Table::new(&[("a", Side::Left), ("b", Side::Right)]);
        table.push(vec![Entry::from("x"), Entry::from("1")]);
        table.push(vec![Entry::from("[2cm] y"), Entry::from("2")]);
        let text = tabular(&table, 0, 9);
        assert!(text.contains("x & 1 \\\\\n{}[2cm] y & 2 \\\\\n"), "{text}");
        assert!(tabular(&table, 1, 1).contains("[2cm]") && !tabular(&table, 1, 1).contains("x &"));
    }
}
