//! The filter `tojson` as Python's `json.dumps` writes it.
//!
//! The library's own filter escapes `<`, `>`, `&` and `'` for HTML and knows no separators. Numbers
//! are written as `serde_json` does; of floats, Python writes very large and very small ones otherwise.

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use serde_json::Value as Json;

/// `value | tojson(indent=…, separators=…, sort_keys=…, ensure_ascii=…)`.
pub(super) fn tojson(
    value: &Value,
    indent: Option<usize>,
    options: Kwargs,
) -> Result<String, Error> {
    let json = serde_json::to_value(value)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, "no JSON").with_source(error))?;
    let indent = match indent {
        Some(width) => Some(width),
        None => options.get("indent")?,
    };
    let separators: Option<Vec<String>> = options.get("separators")?;
    let style = Style {
        indent,
        separators: pair(separators, indent)?,
        sort_keys: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
        ascii: options
            .get::<Option<bool>>("ensure_ascii")?
            .unwrap_or(false),
    };
    options.assert_all_used()?;
    let mut text = String::new();
    style.write(&mut text, &json, 1);
    Ok(text)
}

struct Style {
    indent: Option<usize>,
    separators: (String, String),
    sort_keys: bool,
    ascii: bool,
}

fn pair(given: Option<Vec<String>>, indent: Option<usize>) -> Result<(String, String), Error> {
    let between = if indent.is_some() { "," } else { ", " };
    match given.as_deref() {
        None => Ok((between.to_owned(), ": ".to_owned())),
        Some([item, key]) => Ok((item.clone(), key.clone())),
        Some(_) => Err(Error::new(
            ErrorKind::InvalidOperation,
            "separators are a pair",
        )),
    }
}

impl Style {
    fn write(&self, text: &mut String, json: &Json, depth: usize) {
        match json {
            Json::String(string) => self.write_string(text, string),
            Json::Array(items) => self.write_items(
                text,
                ('[', ']'),
                depth,
                items.iter().map(|item| (None, item)),
            ),
            Json::Object(map) => {
                let mut members: Vec<_> = map
                    .iter()
                    .map(|(key, item)| (Some(key.as_str()), item))
                    .collect();
                if self.sort_keys {
                    members.sort_by_key(|(key, _)| *key);
                }
                self.write_items(text, ('{', '}'), depth, members.into_iter());
            }
            scalar => text.push_str(&scalar.to_string()),
        }
    }

    fn write_items<'a>(
        &self,
        text: &mut String,
        brackets: (char, char),
        depth: usize,
        items: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
    ) {
        text.push(brackets.0);
        let mut empty = true;
        for (key, item) in items {
            if !empty {
                text.push_str(&self.separators.0);
            }
            empty = false;
            self.write_break(text, depth);
            if let Some(key) = key {
                self.write_string(text, key);
                text.push_str(&self.separators.1);
            }
            self.write(text, item, depth + 1);
        }
        if !empty {
            self.write_break(text, depth - 1);
        }
        text.push(brackets.1);
    }

    fn write_break(&self, text: &mut String, depth: usize) {
        if let Some(width) = self.indent {
            text.push('\n');
            text.extend(std::iter::repeat_n(
                ' ',
                width.saturating_mul(depth).min(1024),
            ));
        }
    }

    fn write_string(&self, text: &mut String, string: &str) {
        let quoted = Json::from(string).to_string();
        if !self.ascii {
            return text.push_str(&quoted);
        }
        for c in quoted.chars() {
            if c.is_ascii() {
                text.push(c);
            } else {
                let mut units = [0; 2];
                c.encode_utf16(&mut units)
                    .iter()
                    .for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
}
