//! The bundled questions, asked of the interpreter itself: in a box, as everything that runs here.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use sandbox::{Cell, Limits, Sandbox, toolchain};
use task::Quiz;

/// What stands between the first line of a context and the last is the program.
fn program(context: &str) -> String {
    let lines: Vec<&str> = context.lines().collect();
    let (first, last) = (lines[0], lines[lines.len() - 1]);
    assert_eq!(
        (first, last),
        ("# What does this program print?", "# It prints:")
    );
    lines[1..lines.len() - 1].join("\n")
}

#[test]
fn each_right_answer_is_what_the_program_prints_and_no_wrong_one_is() {
    let python = toolchain::find_named("python3").unwrap();
    let cell = Cell::with_readable(&python.readable).unwrap();
    // A busy machine must not decide what this test asks.
    let patient = |limits: Limits| Limits {
        wall: Duration::from_secs(300),
        ..limits
    };
    for question in Quiz::bundled("code-reading").unwrap().questions {
        let source = program(&question.choices[0].context);
        let compiled = cell
            .execute(&python.compile(&source), &patient(python.compile_limits()))
            .unwrap();
        let built = python.built(compiled, &source).unwrap();
        let run = cell
            .execute(&python.run(built), &patient(python.run_limits()))
            .unwrap();
        assert!(run.ending.is_clean(), "{}: {}", question.id, run.ending);
        let printed = String::from_utf8(run.stdout.bytes).unwrap();
        for (at, choice) in question.choices.iter().enumerate() {
            let is_it = choice.text == printed.trim();
            assert_eq!(
                is_it,
                at == question.right,
                "{}: it prints {printed}",
                question.id
            );
        }
    }
}
