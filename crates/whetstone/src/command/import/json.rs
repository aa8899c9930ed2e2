//! JSON as other programs write it: one document, or one a line, with Python's words for numbers that are none.

use std::borrow::Cow;

use serde_json::Value;

/// The objects of a file, each with the place where it stands.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) values: Vec<(String, Value)>,
}

/// Reads a file.
///
/// # Errors
/// A sentence with line and column of what is malformed or cut.
pub(super) fn read(text: &str) -> Result<Document, String> {
    let text = lenient(text.trim_start_matches('\u{feff}'));
    if text.trim().is_empty() {
        return Err("it is empty".into());
    }
    match serde_json::from_str(&text) {
        Ok(Value::Array(values)) => {
            let places = (1..).map(|n: usize| format!("result {n}"));
            let values: Vec<(String, Value)> = places.zip(values).collect();
            match values.is_empty() {
                true => Err("it holds no result".into()),
                false => Ok(Document { values }),
            }
        }
        Ok(value) => Ok(Document {
            values: vec![("the file".into(), value)],
        }),
        Err(_) if is_lines(&text) => lines(&text),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the first line is a whole object.
fn is_lines(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| matches!(serde_json::from_str(line), Ok(Value::Object(_))))
}

fn lines(text: &str) -> Result<Document, String> {
    let mut values = Vec::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let place = format!("line {}", index + 1);
        let value = serde_json::from_str(line).map_err(|error| format!("{place}: {error}"))?;
        values.push((place, value));
    }
    Ok(Document { values })
}

/// `NaN` and `Infinity` outside of texts become `null`.
fn lenient(text: &str) -> Cow<'_, str> {
    const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];
    if !WORDS.iter().any(|word| text.contains(word)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut in_text) = (text, false);
    while let Some(c) = rest.chars().next() {
        let word = WORDS
            .iter()
            .find(|word| !in_text && rest.starts_with(**word));
        if let Some(word) = word {
            out.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        let escaped = if in_text && c == '\\' {
            rest.chars().nth(1)
        } else {
            None
        };
        in_text ^= c == '"';
        out.push(c);
        out.extend(escaped);
        rest = &rest[c.len_utf8() + escaped.map_or(0, char::len_utf8)..];
    }
    Cow::Owned(out)
}

/// A field of an object that must be there.
///
/// # Errors
/// A sentence that names place and field.
pub(super) fn need<'a, T>(
    value: &'a Value,
    place: &str,
    name: &str,
    of: impl Fn(&'a Value) -> Option<T>,
) -> Result<T, String> {
    match value.get(name) {
        None => Err(format!("{place}: `{name}` is missing")),
        Some(field) => of(field)
            .ok_or_else(|| format!("{place}: `{name}` is {}, which cannot be", shown(field))),
    }
}

/// A value in few characters, for a message.
pub(super) fn shown(value: &Value) -> String {
    const MOST: usize = 40;
    let text = report::untrusted::one_line(&value.to_string());
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_no_number_are_null_and_texts_stay() {
        let text = r#"{"a": NaN, "b": [-Infinity, Infinity], "NaN \" NaN": "NaN, \\", "c": NaN}"#;
        let document = read(text).unwrap();
        let expected =
            serde_json::json!({"a": null, "b": [null, null], "NaN \" NaN": "NaN, \\", "c": null});
        assert_eq!(document.values, [("the file".to_owned(), expected)]);
    }

    #[test]
    fn a_document_cut_anywhere_is_an_error_and_never_a_shorter_one() {
        let whole = r#"[{"a": 1, "b": "x"}, {"a": 2}]"#;
        assert_eq!(read(whole).unwrap().values.len(), 2);
        for end in 0..whole.len() {
            let said = read(&whole[..end]).unwrap_err();
            assert!(!said.is_empty(), "{end}");
        }
    }

    #[test]
    fn of_lines_the_broken_one_is_named() {
        let text = "{\"a\": 1}\n\n{\"a\": 2}\n{\"a\": ";
        let said = read(text).unwrap_err();
        assert!(said.starts_with("line 4: "), "{said}");
        assert_eq!(
            read("{\"a\": 1}\n{\"a\": 2}\n").unwrap().values[1].0,
            "line 2"
        );
    }
}
