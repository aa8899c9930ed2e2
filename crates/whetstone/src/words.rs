//! How counts and numbers are worded for people.

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

/// `1 file`, `2 files`.
pub(crate) fn count(n: usize, what: &str) -> String {
    let end = if n == 1 { "" } else { "s" };
    format!("{n} {what}{end}")
}

/// A value as its text says it: by way of text a temperature is 0.7, directly 0.699999988079071.
pub(crate) fn as_written(value: &impl Serialize) -> Result<Value> {
    Ok(serde_json::from_str(&serde_json::to_string(value)?)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{as_written, count};

    #[test]
    fn numbers_stand_as_they_were_typed_and_one_thing_is_no_several() {
        let typed = as_written(&([0.7_f32, 0.05], 0.1, 3, "0.7")).unwrap();
        assert_eq!(typed, json!([[0.7, 0.05], 0.1, 3, "0.7"]));
        assert_eq!(
            (count(1, "file"), count(0, "file")),
            ("1 file".into(), "0 files".into())
        );
    }
}
