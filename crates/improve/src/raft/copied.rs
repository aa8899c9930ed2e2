//! Whether a repair only prints what it was told to print.
//!
//! A complaint shows the wanted text, so a program in which that text stands, and does not in the task, has copied it. It
//! may be written as a program writes text: `"1\n2\n"` for two lines, a line to each call, or spread over the source. So
//! string literals are compared by what they stand for, and white space counts for nothing.
//!
//! What stands in the task as well may have been asked for: a line to print. But "yes" stands there too where yes or no is
//! the answer, and the greatest number of a list stands in the list. So behind so short an answer the rest that a task
//! gives has to be there: its other numbers and quoted words or, without any, some word of it. Who builds the text of
//! numbers, or names what it does not use, is not found out by this; what a repair computes, only other inputs could tell.

use task::Language;

use super::Sample;

/// From so many bytes on, with a letter among them, a text that stands in the task is one that it asks for.
const A_TEXT: usize = 8;

/// Whether what is wanted stands in the program, without having been asked for by the task or computed from the rest of it.
pub(super) fn is_copied(sample: &Sample, task: &str) -> bool {
    let wanted = sample.expected_output.as_deref().map_or("", str::trim);
    let code = sample.code.as_deref().unwrap_or_default();
    let is_shown = stands_in(wanted, code) || is_written_out(wanted, code, sample.language);
    if !is_shown || !stands_in(&spaced(wanted), &spaced(task)) {
        return is_shown;
    }
    let has_letters = wanted.chars().any(char::is_alphabetic);
    let is_text = has_letters && wanted.len() >= A_TEXT;
    !is_text && !uses_the_rest(wanted, task, (code, sample.language))
}

/// Whether a program has what the task gives besides the answer.
fn uses_the_rest(wanted: &str, task: &str, (code, language): (&str, Language)) -> bool {
    let is_other = |given: &&str| !given.is_empty() && *given != wanted;
    let given: Vec<&str> = given(task).into_iter().filter(is_other).collect();
    if !given.is_empty() {
        return given.into_iter().all(|one| stands_in(one, code));
    }
    let is_number = wanted.chars().all(|c| !c.is_alphabetic());
    let literals = literals(code, language);
    let mut of_task = literals.iter().map(|text| text.trim()).filter(is_other);
    is_number || of_task.any(|text| text.contains(char::is_alphanumeric) && stands_in(text, task))
}

/// The whole numbers of a task, without signs, and its quoted words.
fn given(task: &str) -> Vec<&str> {
    let is_number = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
    let words = task.split(|c: char| !c.is_alphanumeric());
    let mut given: Vec<&str> = words.filter(is_number).collect();
    for quote in ['"', '`'] {
        let pieces: Vec<&str> = task.split(quote).collect();
        // Every second piece, of which the last begins with a quotation mark and ends with none.
        let closed = &pieces[..pieces.len() - 1];
        given.extend(closed.iter().skip(1).step_by(2).map(|piece| piece.trim()));
    }
    given
}

/// Whether a program has it in its text, or in its string literals one behind the other.
fn is_written_out(wanted: &str, code: &str, language: Language) -> bool {
    let wanted = tight(wanted);
    let texts = [unescaped(code), literals(code, language).concat()];
    texts.iter().any(|text| stands_in(&wanted, &tight(text)))
}

/// Whether it is there as a whole: 8 does not stand in 18.
fn stands_in(wanted: &str, text: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !wanted.is_empty()
        && text.match_indices(wanted).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let behind = text[at + found.len()..].chars().next();
            !is_word(before) && !is_word(behind)
        })
}

/// Without white space.
fn tight(text: &str) -> String {
    text.split_whitespace().collect()
}

/// One space for all white space.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands in the literals of a program. A literal ends on its line; those of several lines
/// stand in the source as they are.
fn literals(code: &str, language: Language) -> Vec<String> {
    let quotes: &[char] = match language {
        Language::Python | Language::JavaScript => &['"', '\''],
        Language::C | Language::Cpp | Language::Go | Language::Rust => &['"'],
    };
    let mut all = Vec::new();
    for line in code.lines() {
        let mut rest = line;
        while let Some(at) = rest.find(quotes) {
            let (quote, inner) = rest[at..].split_at(1);
            rest = inner;
            if let Some(end) = end_of_literal(inner, quote) {
                all.push(unescaped(&inner[..end]));
                rest = &inner[end + quote.len()..];
            }
        }
    }
    all
}

/// Where the literal ends whose quotation mark was just read.
fn end_of_literal(inner: &str, quote: &str) -> Option<usize> {
    let mut is_escaped = false;
    let is_end = |(_, c): &(usize, char)| {
        let ends = !is_escaped && quote.starts_with(*c);
        is_escaped = !is_escaped && *c == '\\';
        ends
    };
    inner.char_indices().find(is_end).map(|(at, _)| at)
}

/// With `\n`, `\t`, `\r` as the white space, and `\\` and quotation marks as the character, that they stand for.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut all = text.chars();
    while let Some(c) = all.next() {
        match (c, all.as_str().chars().next()) {
            ('\\', Some('n' | 't' | 'r')) => plain.push(' '),
            ('\\', Some(mark @ ('\\' | '"' | '\''))) => plain.push(mark),
            _ => {
                plain.push(c);
                continue;
            }
        }
        all.next();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::sample;
    use ledger::record::Stage;

    const TASK: &str = "Print the squares of 1 to 3, each on a line of its own.";

    fn copied(wanted: &str, code: &str, language: Language) -> bool {
        let mut one = sample("p", 0, Stage::Right);
        (one.expected_output, one.code) = (Some(wanted.into()), Some(code.into()));
        one.language = language;
        is_copied(&one, TASK)
    }

    #[test]
    fn a_program_that_writes_the_wanted_lines_out_has_copied_them_however_it_writes_them() {
        for (code, language) in [
            (r#"cout << "1\n4\n9\n";"#, Language::Cpp),
            (r#"cout << "1\n" << "4\n" << "9" << endl;"#, Language::Cpp),
            ("puts(\"1\");\nputs(\"4\");\nputs(\"9\");", Language::C),
            (r#"puts("1\n4" "\n9");"#, Language::C),
            ("print('1\\n4')\nprint('9')", Language::Python),
            ("print(\"\"\"\n    1\n    4\n    9\"\"\")", Language::Python),
            ("console.log(`1\n4\n9`)", Language::JavaScript),
        ] {
            assert!(copied("1\n4\n9\n", code, language), "{code}");
        }
        assert!(copied("a \"b\"\\c", r#"puts("a \"b\"\\c");"#, Language::C));
    }

    #[test]
    fn a_program_that_computes_what_is_wanted_has_not_copied_it() {
        for (wanted, code, language) in [
            (
                "1\n4\n9\n",
                r#"for (int i = 1; i <= 3; i++) cout << i * i << "\n"; // 149x"#,
                Language::Cpp,
            ),
            (
                "1\n4\n9\n",
                "print(*[1, 4, 9], sep='\\n')",
                Language::Python,
            ),
            ("8", r#"printf("%d of 18\n", 2 * 4);"#, Language::C),
            // An apostrophe in a comment begins no literal.
            (
                "ab",
                "# don't\nprint('a' + chr(98)) # it's 'b",
                Language::Python,
            ),
        ] {
            assert!(!copied(wanted, code, language), "{code}");
        }
    }

    #[test]
    fn what_the_task_itself_says_may_stand_in_the_program() {
        let mut one = sample("p", 0, Stage::Right);
        one.expected_output = Some("Hello,\nWorld!\n".into());
        one.code = Some(r#"puts("Hello,\nWorld!");"#.into());
        assert!(!is_copied(&one, "Print Hello, World! on two lines."));
        assert!(is_copied(&one, "Greet the world on two lines."));
    }

    #[test]
    fn an_answer_among_the_words_of_a_task_is_computed_only_where_the_rest_of_it_is_used() {
        let prime = "Check whether 17 is a prime number. Print yes if it is and no if it is not.";
        let level = "Check whether level is a palindrome. Print yes if it is and no if it is not.";
        let quoted = r#"Is "level" a palindrome? Print "yes" or "no"."#;
        let list = "Find the greatest of 3, 99, -20 and print it.";
        for (task, wanted, copied, computed) in [
            (
                prime,
                "yes",
                r#"cout << "yes";"#,
                r#"int n = 17; cout << (f(n) ? "yes" : "no");"#,
            ),
            (
                level,
                "yes",
                r#"cout << "yes" << "\n";"#,
                r#"string s = "level"; cout << (f(s) ? "yes" : "no");"#,
            ),
            (
                quoted,
                "yes",
                r#"puts("yes"); // or "no""#,
                r#"puts(f("level") ? "yes" : "no");"#,
            ),
            (list, "99", "cout << 99;", "cout << max({3, 99, -20});"),
        ] {
            let mut one = sample("p", 0, Stage::Right);
            one.expected_output = Some(wanted.into());
            one.code = Some(copied.into());
            assert!(is_copied(&one, task), "{copied}");
            one.code = Some(computed.into());
            assert!(!is_copied(&one, task), "{computed}");
        }
    }
}
