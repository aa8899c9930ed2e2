//! WikiText as two traditions read it.
//!
//! The corpus comes as lines: titles ` = Title = `, headings with more signs, paragraphs. It goes round
//! with and without the empty rows that stand before and after each heading; both become the same
//! rows here. *Joined rows* are what quantisation papers score. *Pages* in readable form are
//! what lm-evaluation-harness scores: its task `wikitext` puts spaces and signs back where the corpus
//! took them apart.

/// Whether a text is WikiText: its first words are a title.
pub fn is_wikitext(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(is_title)
}

/// The rows, with one empty row before and after each heading.
pub fn rows(text: &str) -> Vec<&str> {
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match is_heading(line) {
            true => rows.extend(["", line, ""]),
            false => rows.push(line),
        }
    }
    rows
}

/// All rows as quantisation papers join them: each row with its line break, two more between rows.
pub fn joined(text: &str) -> String {
    let rows = rows(text).into_iter().map(|row| match row {
        "" => String::new(),
        row => format!("{row}\n"),
    });
    rows.collect::<Vec<_>>().join("\n\n")
}

/// The pages: each begins with its title. An empty row is one space, as in the corpus.
pub fn pages(text: &str) -> Vec<String> {
    let mut pages: Vec<Vec<&str>> = Vec::new();
    for row in rows(text) {
        match pages.last_mut() {
            _ if is_title(row) => pages.push(vec![row]),
            // The empty row before a title is the last one of the page before it.
            Some(page) => page.push(if row.is_empty() { " " } else { row }),
            None => {}
        }
    }
    pages.into_iter().map(|rows| rows.join("\n")).collect()
}

/// Words as lm-evaluation-harness counts them: pieces between runs of white space, the empty pieces at both
/// ends included.
pub fn n_words(text: &str) -> usize {
    let inner = text.split_whitespace().count();
    let ends = [
        text.starts_with(char::is_whitespace),
        text.ends_with(char::is_whitespace),
    ];
    match inner {
        0 => 1 + usize::from(ends[0]),
        _ => inner + ends.iter().filter(|end| **end).count(),
    }
}

/// A page with its spaces put right, by the rules of lm-evaluation-harness's task `wikitext`, in their order.
///
/// One rule is left out: a pattern with literal slashes that no page can match.
pub fn readable(page: &str) -> String {
    let mut text = page.replace("s '", "s'");
    for (from, to) in SIGNS {
        text = text.replace(from, to);
    }
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('"', '"'), ('\'', '\'')] {
        text = without_inner_spaces(&text, open, close);
    }
    for (from, to) in REST {
        text = text.replace(from, to);
    }
    text
}

const SIGNS: [(&str, &str); 9] = [
    (" @-@ ", "-"),
    (" @,@ ", ","),
    (" @.@ ", "."),
    (" : ", ": "),
    (" ; ", "; "),
    (" . ", ". "),
    (" ! ", "! "),
    (" ? ", "? "),
    (" , ", ", "),
];

const REST: [(&str, &str); 8] = [
    ("= = = =", "===="),
    ("= = =", "==="),
    ("= =", "=="),
    (" ° ", "°"),
    (" \n", "\n"),
    ("\n ", "\n"),
    (" N ", " 1 "),
    (" 's", "'s"),
];

/// Takes the white space away on the inner side of each pair of signs, found from the left; what is between
/// holds no closing sign.
fn without_inner_spaces(text: &str, open: char, close: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let inside = &rest[start + open.len_utf8()..];
        let Some(end) = inside.find(close) else { break };
        out.push_str(&rest[..start]);
        out.push(open);
        out.push_str(inside[..end].trim());
        out.push(close);
        rest = &inside[end + close.len_utf8()..];
    }
    out + rest
}

/// ` = Title = ` and headings below it.
fn is_heading(line: &str) -> bool {
    let line = line.trim();
    line.len() > 4 && line.starts_with("= ") && line.ends_with(" =")
}

/// A heading of the first level: ` = = Section = = ` is none.
fn is_title(line: &str) -> bool {
    let line = line.trim();
    is_heading(line) && !line.starts_with("= =") && !line.ends_with("= =")
}
