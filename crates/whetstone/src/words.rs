//! How counts and numbers are worded for people.

use serde_json::Value;

/// `1 file`, `2 files`.
pub(crate) fn count(n: usize, what: &str) -> String {
    let end = if n == 1 { "" } else { "s" };
    format!("{n} {what}{end}")
}

/// Numbers of single precision as they were typed: 0.7, which is 0.699999988079071 as a number of double precision.
pub(crate) fn plainly(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let short = number
                .as_f64()
                .filter(|wide| f64::from(*wide as f32) == *wide);
            let short = short.filter(|_| number.is_f64());
            let typed = short.and_then(|wide| (wide as f32).to_string().parse::<f64>().ok());
            typed.map_or(Value::Number(number), Value::from)
        }
        Value::Array(values) => values.into_iter().map(plainly).collect(),
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| (key, plainly(value)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{count, plainly};

    #[test]
    fn numbers_stand_as_they_were_typed_and_one_thing_is_no_several() {
        let wide = json!({"a": [0.7_f32, 0.05_f32], "b": 0.1, "c": 3, "d": "0.7"});
        let plain = plainly(wide);
        assert_eq!(
            plain,
            json!({"a": [0.7, 0.05], "b": 0.1, "c": 3, "d": "0.7"})
        );
        assert_eq!(
            (count(1, "file"), count(0, "file")),
            ("1 file".into(), "0 files".into())
        );
    }
}
