//! From the word a person typed to the entry that was meant, or to the likely one.

use strsim::levenshtein;

use super::{DATA, ENTRIES, Entry};
use crate::Error;

/// The model called `name`, compared without regard to case.
///
/// # Errors
/// [`Error::Unknown`] lists the known names and, where one is close, the likely one.
pub fn find(name: &str) -> Result<&'static Entry, Error> {
    find_in(ENTRIES, "model", name)
}

/// The data set called `name`, compared without regard to case.
///
/// # Errors
/// [`Error::Unknown`], as [`find`].
pub fn find_data(name: &str) -> Result<&'static Entry, Error> {
    find_in(DATA, "data set", name)
}

fn find_in(
    list: &'static [Entry],
    what: &'static str,
    name: &str,
) -> Result<&'static Entry, Error> {
    let wanted = name.trim().to_lowercase();
    if let Some(entry) = list.iter().find(|entry| entry.name == wanted) {
        return Ok(entry);
    }
    Err(Error::Unknown {
        what,
        name: name.to_owned(),
        suggestion: likely(list, &wanted),
        known: list.iter().map(|entry| entry.name).collect(),
    })
}

/// The name that was probably meant: the nearest within a third of its length, else the only one
/// that contains what was typed.
fn likely(list: &'static [Entry], wanted: &str) -> Option<&'static str> {
    let nearest = list
        .iter()
        .map(|entry| (levenshtein(wanted, entry.name), entry.name))
        .min()?;
    if nearest.0 <= nearest.1.len() / 3 {
        return Some(nearest.1);
    }
    let mut containing = list
        .iter()
        .filter(|entry| wanted.len() > 2 && entry.name.contains(wanted));
    match (containing.next(), containing.next()) {
        (Some(only), None) => Some(only.name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_case() {
        assert_eq!(find(" SmolLM2-135M ").unwrap().name, "smollm2-135m");
        assert_eq!(find_data("HumanEval").unwrap().name, "humaneval");
    }

    #[test]
    fn a_typo_is_answered_with_the_likely_name() {
        let said = |name: &str| find(name).unwrap_err().to_string();
        assert!(said("smolm2-135m").contains("did you mean `smollm2-135m`"));
        assert!(said("qwen2.5-coder-0.5").contains("did you mean `qwen2.5-coder-0.5b`"));
        assert!(said("gemma").contains("did you mean `gemma-3-270m`"));
        let far = said("gpt-5");
        assert!(
            !far.contains("did you mean") && far.contains("smollm2-135m"),
            "{far}"
        );
        assert!(!said("").contains("did you mean"));
    }

    #[test]
    fn a_data_set_is_no_model_and_a_model_no_data_set() {
        let said = find("humaneval").unwrap_err().to_string();
        assert!(said.contains("no model is called `humaneval`"), "{said}");
        let said = find_data("human_eval").unwrap_err().to_string();
        assert!(
            said.contains("no data set is called `human_eval`; did you mean `humaneval`?"),
            "{said}"
        );
        assert!(find_data("smollm2-135m").is_err());
    }
}
