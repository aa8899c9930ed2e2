//! When two programs are the same program: equal but for comments and white space, or nearly so.
//!
//! No language is parsed. Comments are found outside of quotation marks; a mistake there can only make two
//! programs look alike or unlike, and nothing is executed or trained that was not judged as it stands.

use std::collections::BTreeSet;

use task::Language;

/// A program as the words and signs that it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    all: Vec<String>,
    trigrams: BTreeSet<Vec<String>>,
}

impl Tokens {
    pub(super) fn of(code: &str, language: Language) -> Tokens {
        let all = split(code, language == Language::Python);
        let trigrams = all.windows(3).map(<[String]>::to_vec).collect();
        Tokens { all, trigrams }
    }

    /// Equal, or with at least this share of common trigrams (Jaccard).
    pub(super) fn is_same(&self, other: &Tokens, from: f64) -> bool {
        self.all == other.all || jaccard(&self.trigrams, &other.trigrams) >= from
    }
}

/// What two sets share of what either has; 0 where there is nothing.
fn jaccard<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> f64 {
    let common = a.intersection(b).count();
    match a.len() + b.len() - common {
        0 => 0.0,
        either => common as f64 / either as f64,
    }
}

/// Words and single signs, without comments. Texts in quotation marks stay whole.
fn split(code: &str, is_python: bool) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let len = match c {
            _ if c.is_whitespace() => {
                rest = &rest[c.len_utf8()..];
                continue;
            }
            '#' if is_python => comment(rest, "\n"),
            '/' if !is_python && rest.starts_with("//") => comment(rest, "\n"),
            '/' if !is_python && rest.starts_with("/*") => comment(rest, "*/"),
            _ => {
                let len = token(rest, c, is_python);
                tokens.push(rest[..len].to_owned());
                len
            }
        };
        rest = &rest[len..];
    }
    tokens
}

fn comment(rest: &str, end: &str) -> usize {
    rest.find(end).map_or(rest.len(), |at| at + end.len())
}

/// The length of the token at the beginning.
fn token(rest: &str, first: char, is_python: bool) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    if is_word(first) {
        return rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    }
    // An apostrophe of Rust may be a lifetime, so it quotes in Python alone.
    let quotes = first == '"' || (is_python && first == '\'');
    if quotes {
        quoted(rest, first)
    } else {
        first.len_utf8()
    }
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpp(code: &str) -> Tokens {
        Tokens::of(code, Language::Cpp)
    }

    #[test]
    fn comments_and_white_space_make_no_other_program() {
        let plain = cpp("int main(){return 0;}");
        let long = cpp("// begin\nint main( )\n{ /* all\nis well */ return 0; } // end");
        assert_eq!(plain, long);
        assert_ne!(plain, cpp("int main(){return 1;}"));
        let python = |code| Tokens::of(code, Language::Python);
        assert_eq!(python("x = 7 // 2  # half"), python("x=7//2"));
        assert_ne!(python("x = 7 // 2"), python("x = 7"));
    }

    #[test]
    fn what_stands_in_quotation_marks_is_no_comment() {
        assert_ne!(cpp(r#"p("http://a");"#), cpp(r#"p("http://b");"#));
        assert_ne!(cpp(r#"p("a\"//b");"#), cpp(r#"p("a\"//c");"#));
        assert_eq!(cpp(r#"p("open"#).all.len(), 3);
        let python = Tokens::of("p('a # b')", Language::Python);
        assert_eq!(python.all, ["p", "(", "'a # b'", ")"]);
    }

    #[test]
    fn nearly_the_same_is_the_same_from_the_stated_share_on() {
        let long: String = (0..100).map(|n| format!("word{n} ")).collect();
        let other = long.replace("word50", "changed");
        let (a, b) = (cpp(&long), cpp(&other));
        assert!(a.is_same(&b, 0.9) && !a.is_same(&b, 0.99));
        assert!(!cpp("a").is_same(&cpp("b"), 0.1));
        assert!(cpp("a").is_same(&cpp("a"), 1.0));
    }
}
