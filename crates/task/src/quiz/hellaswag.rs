//! HellaSwag's clean-up, as lm-evaluation-harness does it.
//!
//! Half of that data set was taken from WikiHow and still carries its markers: ` [title]` ends a heading, and other
//! words in brackets are remains of the page.

/// A text without WikiHow's markers.
pub(super) fn clean(text: &str) -> String {
    let text = text.trim().replace(" [title]", ". ");
    without_brackets(&text).replace("  ", " ")
}

/// Takes out every shortest `[…]` that lies within one line.
fn without_brackets(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, inside) = rest.split_at(open);
        kept.push_str(before);
        let end = inside.find([']', '\n']);
        match end.filter(|end| inside[*end..].starts_with(']')) {
            Some(end) => rest = &inside[end + 1..],
            None => {
                kept.push('[');
                rest = &inside[1..];
            }
        }
    }
    kept + rest
}

/// The first letter large and all others small, as Python's `capitalize` has it.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    first
        .to_uppercase()
        .chain(letters.as_str().to_lowercase().chars())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected texts were made by Python's `strip`, `replace` and `re.sub` in the harness's order (3.11).
    #[test]
    fn markers_of_wikihow_go_and_nothing_else_does() {
        for (text, wanted) in [
            (
                " How to bake [title] Mix. [step] Stir [substeps] well ",
                "How to bake. Mix. Stir well",
            ),
            ("a [b [c] d] e", "a d] e"),
            ("open [ and\nclosed ] here", "open [ and\nclosed ] here"),
            ("[one][two]x", "x"),
            ("three   spaces", "three  spaces"),
            ("no [end", "no [end"),
            ("[header] Title [title] Text", " Title. Text"),
            ("", ""),
        ] {
            assert_eq!(clean(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn capitalising_makes_the_other_letters_small() {
        assert_eq!(capitalised("the Man in NYC"), "The man in nyc");
        assert_eq!(capitalised("élan"), "Élan");
        assert_eq!(capitalised(""), "");
    }
}
