//! WikiText as three traditions read it.
//!
//! The corpus comes as lines: titles ` = Title = `, headings with more signs, paragraphs, and empty rows that hold
//! one space. It goes round as that file, as its rows (data sets of the Hub), cut into pages (the data set of
//! lm-evaluation-harness), and with its empty rows left out. All become the same text here before anything is
//! cut: *the file* is what llama.cpp scores; *joined rows* are what quantisation papers score; *pages* in readable
//! form are what lm-evaluation-harness scores: its task `wikitext` puts spaces and signs back where the
//! corpus took them apart.

/// Whether a text is WikiText: its first words are a title.
pub fn is_wikitext(text: &str) -> bool {
    let first = text.lines().find(|line| !is_empty(line));
    first.is_some_and(is_title)
}

/// The file whose rows or pages these documents are; `None` if they are neither.
pub fn file_of(documents: &[String]) -> Option<String> {
    file_of_rows(documents).or_else(|| file_of_pages(documents))
}

/// The file whose rows these documents are: the first that is not empty is a title, and each is one line.
pub fn file_of_rows(documents: &[String]) -> Option<String> {
    let line = |row| str::strip_suffix(row, '\n').unwrap_or(row);
    let lines = || documents.iter().map(|row| line(row.as_str()));
    let first = lines().find(|line| !is_empty(line))?;
    if !is_title(first) || lines().any(|line| line.contains('\n')) {
        return None;
    }
    let row = |line: &str| match is_empty(line) {
        true => " \n".to_owned(),
        false => format!("{line}\n"),
    };
    Some(lines().map(row).collect())
}

/// The file that was cut into these pages, each of which begins with its title. The empty row before the first
/// title belongs to no page and is put back.
fn file_of_pages(documents: &[String]) -> Option<String> {
    let pages = || documents.iter().filter(|page| !is_empty(page));
    if pages().next().is_none() || !pages().all(|page| is_wikitext(page)) {
        return None;
    }
    let whole = |page: &String| match page.ends_with('\n') {
        true => page.clone(),
        false => format!("{page}\n"),
    };
    let file: String = pages().map(whole).collect();
    match keeps_empty_rows(&lines(&file)) && !file.starts_with(" \n") {
        true => Some(format!(" \n{file}")),
        false => Some(file),
    }
}

/// The rows, an empty one for each line without words. Where the file has none between others, they are put
/// back as the corpus has them.
pub fn rows(file: &str) -> Vec<&str> {
    let lines = lines(file);
    match keeps_empty_rows(&lines) {
        true => lines,
        false => restored(&lines),
    }
}

fn lines(file: &str) -> Vec<&str> {
    let row = |line| if is_empty(line) { "" } else { line };
    file.lines().map(row).collect()
}

fn keeps_empty_rows(lines: &[&str]) -> bool {
    let filled = |line: &&str| !line.is_empty();
    let (first, last) = (
        lines.iter().position(filled),
        lines.iter().rposition(filled),
    );
    first
        .zip(last)
        .is_some_and(|(first, last)| lines[first..last].contains(&""))
}

/// One empty row before and after each heading, one more at the end of each page.
fn restored<'f>(lines: &[&'f str]) -> Vec<&'f str> {
    let lines: Vec<&str> = lines.iter().copied().filter(|l| !l.is_empty()).collect();
    let mut rows = Vec::new();
    for (i, line) in lines.iter().copied().enumerate() {
        let before = i.checked_sub(1).map_or("", |i| lines[i]);
        let after = lines.get(i + 1).copied().unwrap_or("");
        if !is_heading(line) || is_in_a_sentence(before, after) {
            rows.push(line);
            continue;
        }
        if is_title(line) && i > 0 {
            rows.push("");
        }
        rows.extend(["", line, ""]);
    }
    rows.push("");
    rows
}

/// Whether what stands between these lines is a part of a sentence and only looks like a heading: two formulas of
/// the test text do, ` = 1 rad / s and a nominal impedance k = ` for one.
fn is_in_a_sentence(before: &str, after: &str) -> bool {
    let open = before.trim_end().ends_with(char::is_alphanumeric);
    let goes_on = |letter: char| letter.is_lowercase() || letter.is_ascii_digit();
    !is_heading(before) && open && after.trim_start().starts_with(goes_on)
}

/// All rows as quantisation papers join them: each row with its line break, two more between rows.
pub fn joined(file: &str) -> String {
    let rows = rows(file).into_iter().map(|row| match row {
        "" => String::new(),
        row => format!("{row}\n"),
    });
    rows.collect::<Vec<_>>().join("\n\n")
}

/// The pages: each begins with its title, or with a line that passes for one. An empty row is one space, as in the
/// corpus; the last page keeps the line break at the end of the file.
pub fn pages(file: &str) -> Vec<String> {
    let mut pages: Vec<Vec<&str>> = Vec::new();
    for row in rows(file) {
        match pages.last_mut() {
            _ if is_title(row) => pages.push(vec![row]),
            // Empty rows before a title are the last ones of the page before it.
            Some(page) => page.push(if row.is_empty() { " " } else { row }),
            None => {}
        }
    }
    if let Some(page) = pages.last_mut().filter(|_| file.ends_with('\n')) {
        page.push("");
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

fn is_empty(line: &str) -> bool {
    line.trim().is_empty()
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
