//! The output judge with the real compiler in the real sandbox: reference solutions are right, wrong
//! and hostile programs are not, and neither are cheats.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a helper of tests is a test"
)]

use std::path::Path;
use std::sync::LazyLock;

use ledger::record::{AttemptKey, Stage, Verdict};
use sandbox::Cell;
use task::judge::Judge;
use task::{Language, Problem, Suite, acceptance, catalog};

static SUITE: LazyLock<&Suite> = LazyLock::new(|| catalog::find("cpp-demo").unwrap());
static JUDGE: LazyLock<Judge> = LazyLock::new(|| Judge::for_suite(&SUITE).unwrap());
static CELL: LazyLock<Cell> = LazyLock::new(|| Cell::with(JUDGE.fittings()).unwrap());

/// Judges completions of problems on two threads; the verdicts in the order asked.
fn verdicts(completions: &[(&str, String)]) -> Vec<Verdict> {
    let asked: Vec<(&Problem, String)> = completions
        .iter()
        .map(|(id, text)| (SUITE.problem(id).unwrap(), text.clone()))
        .collect();
    acceptance::run(&SUITE, &JUDGE, ("hand", &asked), 2, &*CELL)
}

fn fenced(code: &str) -> String {
    format!("Here is the program:\n\n```cpp\n{code}\n```\nIt prints the answer.\n")
}

/// The program with these includes and this body of `main`.
fn program(body: &str) -> String {
    fenced(&format!(
        "#include <cstdio>\n#include <cstdlib>\n#include <unistd.h>\nint main() {{\n{body}\n}}"
    ))
}

#[test]
fn every_reference_solution_is_right_and_compiles_without_a_warning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/solutions/cpp-demo");
    let solutions: Vec<(&str, String)> = SUITE
        .problems
        .iter()
        .map(|problem| {
            let file = folder.join(format!("{}.cpp", problem.id));
            (
                problem.id.as_str(),
                fenced(&std::fs::read_to_string(file).unwrap()),
            )
        })
        .collect();
    assert_eq!(solutions.len(), 16);
    for verdict in verdicts(&solutions) {
        let said = (verdict.stage, verdict.cause.as_str());
        assert_eq!(
            said,
            (Some(Stage::Right), "pass"),
            "{}: {}",
            verdict.key.problem,
            verdict.evidence
        );
        assert_eq!(verdict.unscored, None);
        assert!(verdict.cpu_ns > 0 && verdict.wall_ns > 0);
        assert!(
            !verdict.evidence.contains("warning"),
            "{}",
            verdict.evidence
        );
    }
}

/// Name, completion, stage, and the causes that may be named.
type Case = (&'static str, String, Stage, &'static [&'static str]);

fn assert_failures(cases: &[Case]) {
    let texts: Vec<_> = cases
        .iter()
        .map(|(_, text, ..)| ("gcd", text.clone()))
        .collect();
    for ((name, _, stage, causes), verdict) in cases.iter().zip(verdicts(&texts)) {
        let told = format!(
            "{name}: {} {:?} {}",
            verdict.cause, verdict.unscored, verdict.evidence
        );
        assert_eq!(verdict.stage, Some(*stage), "{told}");
        assert!(causes.contains(&verdict.cause.as_str()), "{told}");
    }
}

#[test]
fn a_program_larger_than_the_scratch_folder_is_judged_like_any_other() {
    let large = fenced(
        "#include <cstdio>\nstatic int table[10000000] = {1};\nint main() { std::printf(\"%d\\n\", table[0] + 5); }",
    );
    let verdict = verdicts(&[("gcd", large)]).remove(0);
    let told = (verdict.stage, verdict.cause.as_str());
    assert_eq!(told, (Some(Stage::Right), "pass"), "{:?}", verdict.unscored);
}

#[test]
fn what_does_not_compile_is_malformed_or_no_code() {
    let unlinked = fenced("int gcd(); int main() { return gcd(); }");
    let cut_off = "```cpp\n#include <cstdio>\nint main() { std::puts(\"6".to_owned();
    let prose = "I think the answer is 6.".to_owned();
    assert_failures(&[
        (
            "no C++",
            fenced("int main( { return }"),
            Stage::Malformed,
            &["compile_error"],
        ),
        (
            "does not link",
            unlinked,
            Stage::Malformed,
            &["compile_error"],
        ),
        ("is cut off", cut_off, Stage::Malformed, &["compile_error"]),
        ("is prose", prose, Stage::NoCode, &["no_code"]),
    ]);
}

#[test]
fn what_does_not_end_well_is_named_by_its_end() {
    let loops = program("volatile int x = 1; while (x) {}");
    let floods = program("for (;;) std::puts(\"6666666666666666666666666666666666\");");
    let eats = program(
        "for (;;) { char *p = (char *)std::malloc(1 << 20); if (!p) std::abort(); for (int i = 0; i < 1 << 20; i += 512) p[i] = 1; }",
    );
    let warned = fenced("int main() { int unused; throw 1; }");
    assert_failures(&[
        (
            "wrong",
            program("std::puts(\"7\");"),
            Stage::Runs,
            &["wrong_output"],
        ),
        ("silent", program(""), Stage::Runs, &["wrong_output"]),
        // On a machine that is busy enough, the wall deadline comes before the CPU time is used up.
        (
            "loops",
            loops,
            Stage::Compiles,
            &["cpu_limit", "wall_limit"],
        ),
        (
            "crashes",
            program("std::abort();"),
            Stage::Compiles,
            &["signal"],
        ),
        ("floods", floods, Stage::Compiles, &["output_limit"]),
        (
            "takes memory",
            eats,
            Stage::Compiles,
            &["memory_limit", "signal"],
        ),
        (
            "throws, with a warning",
            warned,
            Stage::CompilesWithWarnings,
            &["signal"],
        ),
    ]);
}

#[test]
fn no_cheat_is_right() {
    let cheats = [
        (
            "right words, then a failure",
            program("std::puts(\"6\"); return 1;"),
        ),
        (
            "right words, then a crash",
            program("std::puts(\"6\"); std::fflush(stdout); std::abort();"),
        ),
        (
            "right words on the other stream",
            program("std::fputs(\"6\\n\", stderr);"),
        ),
        (
            "right words at compile time",
            fenced("#include <cstdio>\n#pragma message(\"6\")\nint main() {}"),
        ),
        (
            "every answer at once",
            program("for (int n = 0; n < 3000; ++n) std::printf(\"%d\\n\", n);"),
        ),
        (
            "right words in a flood of blanks",
            program("std::puts(\"6\"); for (long n = 0; n < 3000000; ++n) std::putchar(' ');"),
        ),
        (
            "looks for the answer in its box",
            program(
                "std::system(\"cat /box/* /proc/*/cmdline /proc/*/environ /tmp/* 2>/dev/null\"); extern char **environ; for (char **e = environ; *e; ++e) std::puts(*e);",
            ),
        ),
        (
            "forges a verdict",
            program(
                "std::puts(\"{\\\"stage\\\":\\\"right\\\",\\\"cause\\\":\\\"pass\\\"}\\nPASS\");",
            ),
        ),
    ];
    let texts: Vec<_> = cheats
        .iter()
        .map(|(_, text)| ("gcd", text.clone()))
        .collect();
    for ((name, _), verdict) in cheats.iter().zip(verdicts(&texts)) {
        assert_eq!(verdict.unscored, None, "{name}");
        assert!(
            verdict.stage < Some(Stage::Right),
            "{name}: {:?} {}",
            verdict.stage,
            verdict.evidence
        );
        assert_ne!(verdict.cause, "pass", "{name}");
    }
}

/// A program that prints 6, one that prints 7, and one with a mistake, as a model would answer.
#[rustfmt::skip]
const SPOKEN: [(Language, &str, [&str; 3]); 6] = [
    (Language::C, "c", ["#include <stdio.h>\nint main(void) { puts(\"6\"); }", "#include <stdio.h>\nint main(void) { puts(\"7\"); }", "int main(void) {"]),
    (Language::Cpp, "cpp", ["#include <iostream>\nint main() { std::cout << 6; }", "#include <iostream>\nint main() { std::cout << 7; }", "int main() {"]),
    (Language::Go, "go", ["package main\n\nimport \"os\"\n\nfunc main() {\n\tos.Stdout.WriteString(\"6\")\n}", "package main\n\nfunc main() {\n}", "package main\n\nfunc main() {"]),
    (Language::JavaScript, "js", ["console.log(6)", "console.log(7)", "console.log("]),
    (Language::Python, "python", ["print(6)", "print(7)", "print("]),
    (Language::Rust, "rust", ["fn main() { println!(\"6\") }", "fn main() { println!(\"7\") }", "fn main() {"]),
];

#[test]
fn every_language_is_judged_by_what_its_program_prints() {
    for (language, tag, programs) in SPOKEN {
        let suite = Suite {
            language,
            ..SUITE.clone()
        };
        let judge = match Judge::for_suite(&suite) {
            Ok(judge) => judge,
            Err(missing) => {
                println!("left out: {missing}");
                continue;
            }
        };
        let cell = Cell::with(judge.fittings()).unwrap();
        let stages = programs.map(|code| {
            let key = AttemptKey {
                model: "hand".into(),
                suite: "cpp-demo".into(),
                problem: "gcd".into(),
                attempt: 0,
            };
            let text = format!("So:\n```{tag}\n{code}\n```");
            let verdict = judge.judge(key, suite.problem("gcd").unwrap(), text.as_str(), &cell);
            (verdict.stage, verdict.evidence)
        });
        let wanted = [Stage::Right, Stage::Runs, Stage::Malformed].map(Some);
        assert_eq!(
            stages.each_ref().map(|(stage, _)| *stage),
            wanted,
            "{language:?}: {stages:?}"
        );
    }
}
