//! The constants of a problem, by name, and how they stand in a prompt and in a program.

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(i64),
    Numbers(Vec<i64>),
    Text(String),
    Texts(Vec<String>),
    Rows(Vec<Vec<i64>>),
}

/// The constants of one problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(Vec<(&'static str, Value)>);

/// For whom constants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// For a reader: `5, 2`, `apple, bread`, `(1, 2), (3, 4)`.
    Words,
    /// For a compiler of C++: `5, 2`, `"apple", "bread"`, `{1, 2}, {3, 4}`.
    Code,
}

impl Values {
    /// The text with every `$name` replaced by the constant of that name.
    pub fn fill(&self, text: &str, quoting: Quoting) -> String {
        let mut filled = String::new();
        let mut pieces = text.split('$');
        filled.extend(pieces.next());
        for piece in pieces {
            let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
            let end = piece.find(|c| !is_name(c)).unwrap_or(piece.len());
            filled += &self.get(&piece[..end]).written(quoting);
            filled += &piece[end..];
        }
        filled
    }

    pub(super) fn new() -> Values {
        Values::default()
    }

    pub(super) fn number(mut self, name: &'static str, number: i64) -> Values {
        self.0.push((name, Value::Number(number)));
        self
    }

    pub(super) fn numbers(mut self, name: &'static str, numbers: impl Into<Vec<i64>>) -> Values {
        self.0.push((name, Value::Numbers(numbers.into())));
        self
    }

    pub(super) fn text(mut self, name: &'static str, text: impl Into<String>) -> Values {
        self.0.push((name, Value::Text(text.into())));
        self
    }

    pub(super) fn texts(mut self, name: &'static str, texts: Vec<String>) -> Values {
        self.0.push((name, Value::Texts(texts)));
        self
    }

    pub(super) fn rows(mut self, name: &'static str, rows: Vec<Vec<i64>>) -> Values {
        self.0.push((name, Value::Rows(rows)));
        self
    }

    fn get(&self, name: &str) -> &Value {
        let found = self.0.iter().find(|(known, _)| *known == name);
        &found
            .unwrap_or_else(|| panic!("a family names its own constants, and not `{name}`"))
            .1
    }

    pub(super) fn n(&self, name: &str) -> i64 {
        match self.get(name) {
            Value::Number(number) => *number,
            other => panic!("`{name}` is a number in its family, not {other:?}"),
        }
    }

    pub(super) fn list(&self, name: &str) -> &[i64] {
        match self.get(name) {
            Value::Numbers(numbers) => numbers,
            other => panic!("`{name}` is a list in its family, not {other:?}"),
        }
    }

    pub(super) fn str(&self, name: &str) -> &str {
        match self.get(name) {
            Value::Text(text) => text,
            other => panic!("`{name}` is a text in its family, not {other:?}"),
        }
    }

    pub(super) fn strs(&self, name: &str) -> &[String] {
        match self.get(name) {
            Value::Texts(texts) => texts,
            other => panic!("`{name}` is a list of texts in its family, not {other:?}"),
        }
    }

    pub(super) fn matrix(&self, name: &str) -> &[Vec<i64>] {
        match self.get(name) {
            Value::Rows(rows) => rows,
            other => panic!("`{name}` is a matrix in its family, not {other:?}"),
        }
    }
}

impl Value {
    fn written(&self, quoting: Quoting) -> String {
        let is_code = quoting == Quoting::Code;
        match self {
            Value::Number(number) => number.to_string(),
            Value::Numbers(numbers) => listed(numbers),
            Value::Text(text) => text.clone(),
            Value::Texts(texts) if is_code => listed(
                &texts
                    .iter()
                    .map(|text| format!("{text:?}"))
                    .collect::<Vec<_>>(),
            ),
            Value::Texts(texts) => listed(texts),
            Value::Rows(rows) => {
                let row = |row: &Vec<i64>| match is_code {
                    true => format!("{{{}}}", listed(row)),
                    false => format!("({})", listed(row)),
                };
                listed(&rows.iter().map(row).collect::<Vec<_>>())
            }
        }
    }
}

fn listed<T: ToString>(things: &[T]) -> String {
    joined(things, ", ")
}

/// Numbers as programs print them.
pub(super) fn spaced<T: ToString>(things: &[T]) -> String {
    joined(things, " ")
}

/// Things with something between them.
pub(super) fn joined<T: ToString>(things: &[T], between: &str) -> String {
    let texts: Vec<String> = things.iter().map(T::to_string).collect();
    texts.join(between)
}

/// What programs print that check something.
pub(super) fn yes(holds: bool) -> String {
    if holds { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_constant_is_written_for_readers_and_for_compilers() {
        let values = Values::new()
            .number("a", -3)
            .numbers("ab", [1, 2])
            .texts("words", vec!["x".into(), "y".into()])
            .text("text", "hi")
            .rows("m", vec![vec![1, 2], vec![3, 4]]);
        let text = "$a. $ab; $words ($text) {$m}";
        let words = "-3. 1, 2; x, y (hi) {(1, 2), (3, 4)}";
        let code = "-3. 1, 2; \"x\", \"y\" (hi) {{1, 2}, {3, 4}}";
        assert_eq!(values.fill(text, Quoting::Words), words);
        assert_eq!(values.fill(text, Quoting::Code), code);
    }

    #[test]
    #[should_panic(expected = "not `b`")]
    fn an_unknown_constant_is_our_own_mistake() {
        Values::new().number("a", 1).fill("$b", Quoting::Words);
    }
}
