//! The flat table as SQL text: `whet report --export sql=r.sql && sqlite3 r.db < r.sql`.

use serde_json::Value;

use super::flat::{COLUMNS, Kind, lines};
use crate::untrusted::visible;
use crate::view::Scorecard;

/// The table `results`, made if it is missing, and all lines in one transaction.
pub(super) fn text(card: &Scorecard) -> String {
    let columns = COLUMNS.iter().map(|(name, kind)| {
        let kind = match kind {
            Kind::Text => "TEXT",
            Kind::Whole => "INTEGER",
            Kind::Real => "REAL",
        };
        format!("  \"{name}\" {kind}")
    });
    let columns = columns.collect::<Vec<_>>().join(",\n");
    let mut out = format!("BEGIN;\nCREATE TABLE IF NOT EXISTS results (\n{columns}\n);\n");
    for line in lines(card) {
        let values: Vec<String> = line.iter().map(literal).collect();
        out += &format!("INSERT INTO results VALUES ({});\n", values.join(", "));
    }
    out + "COMMIT;\n"
}

/// A value as SQL writes it. Quotes are doubled; control characters, of which some end a text, are made visible.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => format!("'{}'", visible(text).replace('\'', "''")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_quotes() {
        let text = Value::from("x'); DROP TABLE results; --\0");
        assert_eq!(literal(&text), "'x''); DROP TABLE results; --␀'");
        assert_eq!(literal(&Value::Null), "NULL");
        assert_eq!(literal(&Value::from(1.5)), "1.5");
    }
}
