//! What a record says of the machine that it is made on.

use std::collections::BTreeMap;

use measure::Fact;
use serde_json::{Value, json};

/// The machine's facts; an unknown one is `null`, and `unknown` says why.
pub fn machine() -> BTreeMap<String, Value> {
    let found = measure::probe::machine();
    let reasons: BTreeMap<&str, String> = found
        .iter()
        .filter_map(|(name, finding)| Some((*name, finding.as_ref().err()?.to_string())))
        .collect();
    let unknown = ("unknown".to_owned(), json!(reasons));
    let facts = found.into_iter();
    facts
        .map(|(name, finding)| match finding {
            Ok(Fact::Bytes(bytes)) => (format!("{name}_bytes"), json!(bytes)),
            Ok(Fact::Text(text)) => (name.to_owned(), json!(text)),
            Ok(Fact::Number(number)) => (name.to_owned(), number_value(number)),
            Ok(Fact::List(names)) => (name.to_owned(), json!(names)),
            Err(_) => (name.to_owned(), Value::Null),
        })
        .chain([unknown])
        .collect()
}

/// A whole number without a decimal point.
fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        json!(number as i64)
    } else {
        json!(number)
    }
}
