//! Go: a program begins with its package clause.

use super::{Rules, lines};

pub(super) const RULES: Rules = Rules {
    tags: &["go", "golang"],
    looks_like_code: |text| {
        text.lines()
            .any(|line| is_package(line) || is_function(line))
    },
    program: |text| lines::between(text, is_package),
};

/// `package main` and nothing else on the line but a comment: prose goes on.
fn is_package(line: &str) -> bool {
    let mut words = line.split_whitespace();
    line.starts_with("package ")
        && words.nth(1).is_some_and(|name| !name.ends_with(['.', ',']))
        && words.next().is_none_or(|word| word.starts_with("//"))
}

fn is_function(line: &str) -> bool {
    line.starts_with("func ") && line.contains('(')
}
