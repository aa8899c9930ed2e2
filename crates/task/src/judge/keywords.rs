//! The keyword judge: how many of the wanted words stand in the completion?
//!
//! Two scores, both shares of the problem's keywords. `keyword_share` is the published definition: a
//! word counts if it occurs anywhere, in any case, inside any other word, so that `n`, `in` and `if`
//! are almost free; it is kept for comparison with published numbers. `keyword_share_whole` wants a
//! whole identifier in the right case; an operator such as `==` counts wherever it stands.
//!
//! Neither says that the code works. Comments and strings count like code. There is no stage: this
//! suite defines no ladder.

use ledger::record::{AttemptKey, Verdict};

use super::{Cause, blank};

/// Name and version.
pub const NAME: &str = "keywords/1";

/// Share of the keywords that occur in the completion, in any case, as part of anything. In 0..=1;
/// `keywords` must not be empty.
pub fn share(keywords: &[String], completion: &str) -> f64 {
    let lower = completion.to_lowercase();
    fraction(keywords, |word| lower.contains(&word.to_lowercase()))
}

/// Share of the keywords that occur as whole identifiers in their own case, or as operators. In
/// 0..=1; `keywords` must not be empty.
pub fn share_whole(keywords: &[String], completion: &str) -> f64 {
    fraction(keywords, |word| contains_whole(completion, word))
}

pub(super) fn judge(key: AttemptKey, keywords: &[String], completion: &str) -> Verdict {
    let mut verdict = blank(key, NAME, Cause::Graded);
    if keywords.is_empty() {
        return verdict.unscored("the problem names no keyword");
    }
    verdict.0.scores = [
        ("keyword_share".to_owned(), share(keywords, completion)),
        (
            "keyword_share_whole".to_owned(),
            share_whole(keywords, completion),
        ),
    ]
    .into();
    verdict.0
}

fn fraction(keywords: &[String], is_hit: impl Fn(&str) -> bool) -> f64 {
    let hits = keywords.iter().filter(|word| is_hit(word)).count();
    hits as f64 / keywords.len().max(1) as f64
}

fn contains_whole(text: &str, word: &str) -> bool {
    let starts_open = word.starts_with(is_word_part);
    let ends_open = word.ends_with(is_word_part);
    text.match_indices(word).any(|(at, _)| {
        let joined_before = starts_open && text[..at].ends_with(is_word_part);
        let joined_behind = ends_open && text[at + word.len()..].starts_with(is_word_part);
        !joined_before && !joined_behind
    })
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn the_published_share_takes_a_word_anywhere_and_the_whole_one_does_not() {
        // text, keyword, counts as published, counts as a whole word
        for (text, word, anywhere, whole) in [
            ("return n", "n", true, true),
            ("return 1", "n", true, false),
            ("for x inside", "in", true, false),
            ("for x in y", "in", true, true),
            ("RETURN", "return", true, false),
            ("returned", "return", true, false),
            ("_return", "return", true, false),
            ("return_", "return", true, false),
            ("returnö", "return", true, false),
            ("(return)", "return", true, true),
            ("returned; return", "return", true, true),
            ("def __init__(self)", "__init__", true, true),
            ("def my__init__(self)", "__init__", true, false),
            ("a==b", "==", true, true),
            ("a = = b", "==", false, false),
            ("a === b", "==", true, true),
            ("", "if", false, false),
            ("İf", "if", false, false),
        ] {
            let score = |is_hit| if is_hit { 1.0 } else { 0.0 };
            assert_eq!(
                share(&words(&[word]), text),
                score(anywhere),
                "{word} anywhere in {text:?}"
            );
            assert_eq!(
                share_whole(&words(&[word]), text),
                score(whole),
                "{word} whole in {text:?}"
            );
        }
    }

    #[test]
    fn a_share_is_hits_over_keywords() {
        let list = words(&["while", "mid", "left", "right", "return"]);
        assert_eq!(share(&list, "while left < right: middle = 1"), 4.0 / 5.0);
        assert_eq!(
            share_whole(&list, "while left < right: middle = 1"),
            3.0 / 5.0
        );
    }

    proptest! {
        #[test]
        fn the_whole_share_is_never_the_larger_one(text in "[a-z_ =(){}A-Z]{0,80}", list in prop::collection::vec("[a-z_]{1,3}|==", 1..5)) {
            let (anywhere, whole) = (share(&list, &text), share_whole(&list, &text));
            prop_assert!((0.0..=1.0).contains(&anywhere) && (0.0..=anywhere).contains(&whole));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>(), word in ".{1,4}") {
            share(std::slice::from_ref(&word), &text);
            share_whole(&[word], &text);
        }
    }
}
