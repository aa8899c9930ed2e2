//! MBPP: a task in words and a few assertions.
//!
//! Three forms are read: the original (`text`, `test_setup_code`), the sanitised (`prompt`,
//! `test_imports`), and one without solutions whose assertions stand in a function (`tests`). The
//! prompt is made as EvalPlus makes it: the words and the first assertion as a docstring, because
//! without it no model could know the name of the function.

use super::line::Line;
use super::shape;
use crate::problem::{Function, Problem, Target, Tests};

/// Functions of Python that assertions wrap around the one that is tested.
const WRAPPERS: [&str; 22] = [
    "abs",
    "all",
    "any",
    "bool",
    "dict",
    "float",
    "frozenset",
    "int",
    "isclose",
    "len",
    "list",
    "max",
    "min",
    "not",
    "print",
    "range",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
];

pub(super) fn problem(line: &Line<'_>) -> Result<Problem, String> {
    let words = match line.has(&["text"]) {
        true => line.text("text")?,
        false => line.text("prompt")?,
    };
    let code = line.text("code")?;
    let tests = line.texts("test_list")?;
    let mut setup = line.texts_or_none("test_imports")?;
    setup.push(line.text_or_empty("test_setup_code")?);
    setup.retain(|text| !text.trim().is_empty());
    let setup = setup.join("\n");
    let defined = called(&tests).find(|name| code.contains(&format!("def {name}(")));
    let entry_point = defined.or_else(|| called(&tests).next()).map(str::to_owned);
    assemble(line, &words, entry_point, (setup, tests, Some(code)))
}

pub(super) fn without_solution(line: &Line<'_>) -> Result<Problem, String> {
    let tests = statements(&line.text("tests")?);
    let named = line.text("entry_point")?;
    // Such files may name the first function of a solution that has several.
    let entry_point = match called(&tests).any(|name| name == named) {
        true => Some(named),
        false => called(&tests).next().map(str::to_owned),
    };
    assemble(
        line,
        &line.text("prompt")?,
        entry_point,
        (String::new(), tests, None),
    )
}

fn assemble(
    line: &Line<'_>,
    words: &str,
    entry_point: Option<String>,
    (setup, tests, solution): (String, Vec<String>, Option<String>),
) -> Result<Problem, String> {
    let first = tests
        .iter()
        .find(|test| test.trim_start().starts_with("assert"));
    let first = first.ok_or("there is no assertion among the tests")?;
    let prompt = format!("\"\"\"\n{}\n{}\n\"\"\"\n", words.trim(), first.trim());
    let function = Function {
        entry_point: entry_point.ok_or("the tests call no function")?,
        stub: false,
        setup,
        support: String::new(),
        tests: Tests::Asserts(tests),
        solution,
    };
    Ok(shape::problem(
        line.id()?,
        prompt,
        Target::Function(function),
    ))
}

/// The statements of a test function's body, each with its continuation lines.
fn statements(text: &str) -> Vec<String> {
    let body = match text.trim_start().starts_with("def ") {
        true => text
            .trim_start()
            .split_once('\n')
            .map_or("", |(_, body)| body),
        false => text,
    };
    let indent = body.len() - body.trim_start_matches(' ').len();
    let mut found: Vec<String> = Vec::new();
    for line in body.lines().filter(|line| !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start_matches(' ').len();
        let line = &line[indent.min(depth)..];
        match found.last_mut() {
            Some(last) if !line.starts_with("assert") => {
                last.push('\n');
                last.push_str(line);
            }
            _ => found.push(line.to_owned()),
        }
    }
    found
}

/// Names in front of an opening bracket in the assertions, in order, but for Python's own wrappers,
/// classes by their capital letter, and methods.
fn called(tests: &[String]) -> impl Iterator<Item = &str> {
    let lines = tests.iter().flat_map(|test| test.lines());
    lines
        .filter_map(|line| line.trim_start().strip_prefix("assert"))
        .flat_map(|line| {
            line.match_indices('(').filter_map(|(at, _)| {
                let before = line[..at].trim_end();
                let is_part = |c: char| c.is_alphanumeric() || c == '_';
                let name = &before[before.trim_end_matches(is_part).len()..];
                let is_method = before[..before.len() - name.len()].ends_with('.');
                let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
                let is_wrapper = WRAPPERS.contains(&name);
                (begins && !is_method && !is_wrapper).then_some(name)
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(test: &str) -> Option<String> {
        called(&[test.to_owned()]).next().map(str::to_owned)
    }

    #[test]
    fn the_function_under_test_is_the_first_that_is_no_wrapper() {
        for (test, name) in [
            ("assert add(1, 2) == 3", "add"),
            ("assert (max_height(root)) == 3", "max_height"),
            (
                "assert set(similar((1, 2), (2, 3))) == set((2,))",
                "similar",
            ),
            ("assert math.isclose(area_of (2), 12.56)", "area_of"),
            ("assert not is_Prime(4)", "is_Prime"),
            ("assert sorted(chain([Pair(5, 24)], 4)) == 3", "chain"),
        ] {
            assert_eq!(first(test).as_deref(), Some(name), "{test}");
        }
        assert_eq!(first("assert 1 == 1"), None);
        assert_eq!(first("x = add(1)"), None);
    }

    #[test]
    fn a_test_function_is_taken_apart_into_its_assertions() {
        let text = "def test_solution():\n    assert f(1) == 2\n    assert f([1,\n      2]) == 3\n";
        assert_eq!(
            statements(text),
            ["assert f(1) == 2", "assert f([1,\n  2]) == 3"]
        );
        assert_eq!(
            statements("assert f(1)\nassert f(2)"),
            ["assert f(1)", "assert f(2)"]
        );
    }
}
