//! Every shape, and what is refused.

use super::*;
use crate::problem::{Target, Tests};
use std::io::Write;

const HUMANEVAL: &str = r#"{"task_id": "Own/0", "prompt": "def add(a, b):\n    \"\"\" Sum. \"\"\"\n", "entry_point": "add", "canonical_solution": "    return a + b\n", "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n"}"#;
const ORIGINAL: &str = r#"{"text": "Write a function to add.", "code": "def add(a, b):\n    return a + b", "task_id": 7, "test_setup_code": "", "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"], "challenge_test_list": []}"#;
const SANITISED: &str = r#"{"source_file": "x", "task_id": 7, "prompt": "Write a function to add.", "code": "def add(a, b):\n    return a + b", "test_imports": ["import math"], "test_list": ["assert math.floor(add(1, 2)) == 3"]}"#;
const WITHOUT: &str = r#"{"task_id": 601, "prompt": "Add.", "tests": "def test_solution():\n    assert add(1, 2) == 3\n    assert add(2, 2) == 4", "entry_point": "helper", "test_count": 2}"#;
const EVALPLUS: &str = r#"{"task_id": "Mbpp/2", "prompt": "\"\"\"\nWords.\n\"\"\"\n", "entry_point": "similar_elements", "canonical_solution": "def similar_elements(a, b):\n    return tuple(set(a) & set(b))\n", "base_input": [[[3, 4], [5, 4]]], "plus_input": [[[100000000000000000000000000], []]], "contract": "", "atol": 0}"#;
const MULTIPL_E: &str = r#"{"name": "HumanEval_0", "language": "cpp", "prompt": "long add(long a, long b) {\n", "doctests": "transform", "tests": "}\nint main() { assert(add(1, 2) == 3); }", "stop_tokens": ["\n}"]}"#;

fn function(line: &str) -> (Problem, crate::problem::Function) {
    let suite = parse("mine", line).unwrap();
    let problem = suite.problems[0].clone();
    let Target::Function(function) = problem.target.clone() else {
        panic!("{problem:?}");
    };
    (problem, function)
}

#[test]
fn a_problem_of_humaneval_is_a_stub_with_a_check() {
    let (problem, function) = function(HUMANEVAL);
    assert_eq!(problem.id, "Own/0");
    assert!(function.stub && matches!(function.tests, Tests::Check(_)));
    let solution = function.solution.unwrap();
    assert!(solution.starts_with("def add") && solution.ends_with("return a + b\n"));
}

#[test]
fn the_three_forms_of_mbpp_show_the_first_assertion_in_the_prompt() {
    for (line, id, n_tests) in [
        (ORIGINAL, "Mbpp/7", 2),
        (SANITISED, "Mbpp/7", 1),
        (WITHOUT, "Mbpp/601", 2),
    ] {
        let (problem, function) = function(line);
        let Tests::Asserts(tests) = &function.tests else {
            panic!("{function:?}");
        };
        assert_eq!(
            (problem.id.as_str(), function.entry_point.as_str()),
            (id, "add"),
            "{line}"
        );
        assert_eq!((tests.len(), function.stub), (n_tests, false));
        assert!(
            problem.prompt.starts_with("\"\"\"\n") && problem.prompt.contains(tests[0].as_str())
        );
    }
    assert_eq!(function(SANITISED).1.setup, "import math");
}

#[test]
fn inputs_of_evalplus_stay_as_they_stand_in_the_file() {
    let (_, function) = function(EVALPLUS);
    let Tests::Inputs(inputs) = &function.tests else {
        panic!("{function:?}");
    };
    assert_eq!(inputs.plus, "[[[100000000000000000000000000], []]]");
    assert!(
        inputs.revive.contains("tuple(a) for a in x") && inputs.accept.starts_with("set(answer)")
    );
    assert!(!function.stub);
}

#[test]
fn a_translated_suite_has_its_own_language_and_stop_strings() {
    let suite = parse("mine", MULTIPL_E).unwrap();
    assert_eq!(
        (suite.language, suite.judge),
        (Language::Cpp, Judging::Together)
    );
    assert_eq!(suite.stop, ["\n}"]);
    let other = MULTIPL_E.replace("\"cpp\"", "\"r\"");
    assert!(
        parse("mine", &other)
            .unwrap_err()
            .to_string()
            .contains("`r`")
    );
}

#[test]
fn programs_of_families_can_be_written_and_read_back() {
    let families: Vec<_> = crate::family::all().collect();
    for language in [Language::Cpp, Language::Python] {
        let problems = crate::family::problems(&families, language, 60, 1);
        let text = programs::write(&problems, language);
        assert_eq!(text.lines().count(), 60);
        let suite = parse("mine", &text).unwrap();
        assert_eq!((suite.language, suite.judge), (language, Judging::Output));
        let demo = crate::family::suite("x", Language::Cpp, Vec::new());
        assert_eq!(suite.max_tokens, demo.max_tokens);
        assert_eq!(suite.problems, problems);
    }
}

#[test]
fn a_row_of_a_program_needs_its_fields_one_language_and_an_output() {
    let good = r#"{"id":"a","prompt":"p","language":"cpp","expected_output":"6","note":1}"#;
    assert_eq!(parse("mine", good).unwrap().problems[0].tags, [""; 0]);
    for (from, to, said) in [
        ("\"a\"", "\"b\"", ""),
        (
            "cpp",
            "go",
            "its language is Go and the first problem's C++",
        ),
        ("cpp", "c++", "unknown variant"),
        ("\"6\"", "\" \"", "output is empty"),
        ("\"6\"", "6", "expected a string"),
        ("\"p\"", "\"\"", "must not be empty"),
    ] {
        let text = format!(
            "{good}\n{}\n",
            good.replace("\"a\"", "\"b\"").replace(from, to)
        );
        match parse("mine", &text) {
            Ok(suite) => assert!(said.is_empty() && suite.problems.len() == 2, "{to}"),
            Err(error) => {
                let error = error.to_string();
                assert!(
                    error.contains("line 2") && error.contains(said),
                    "{to}: {error}"
                );
            }
        }
    }
}

#[test]
fn our_own_form_can_be_read_back() {
    let suite = parse("mine", HUMANEVAL).unwrap();
    let text = serde_json::to_string(&suite.problems[0]).unwrap();
    assert_eq!(parse("mine", &text).unwrap().problems, suite.problems);
}

#[test]
fn a_bad_line_is_refused_with_its_number_its_id_and_what_is_wrong() {
    for (bad, said) in [
        ("{", "EOF"),
        (
            r#"{"task_id": "Own/1", "prompt": "p", "test": "x"}"#,
            "`Own/1`: the field `entry_point` is missing",
        ),
        (
            &HUMANEVAL
                .replace("Own/0", "Own/1")
                .replace("def check", "def chuck"),
            "`Own/1`: the test defines no",
        ),
        (
            &HUMANEVAL
                .replace("Own/0", "Own/1")
                .replace("\"add\"", "\"a b\""),
            "`a b` is no name",
        ),
        (
            &HUMANEVAL.replace("Own/0", "Own/1").replace(
                r#""def check(candidate):\n    assert candidate(1, 2) == 3\n""#,
                "3",
            ),
            "`test`: invalid type",
        ),
        (HUMANEVAL, "`Own/0`: the id is there already"),
    ] {
        let message = parse("mine", &format!("{HUMANEVAL}\n\n{bad}\n"))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("line 3") && message.contains(said),
            "{bad}: {message}"
        );
    }
    for (whole, said) in [
        ("", "no problem"),
        ("\n", "no problem"),
        (r#"{"a": 1}"#, "no known shape"),
        ("[1]", "invalid type"),
    ] {
        let message = parse("mine", whole).unwrap_err().to_string();
        assert!(message.contains(said), "{whole}: {message}");
    }
}

#[test]
fn a_target_that_cannot_fail_is_refused() {
    let inputs = EVALPLUS
        .replace("[[[3, 4], [5, 4]]]", "[]")
        .replace("[[[100000000000000000000000000], []]]", "[]");
    assert!(
        parse("mine", &inputs)
            .unwrap_err()
            .to_string()
            .contains("there is no input")
    );
    let nothing = EVALPLUS.replace("[[[3, 4], [5, 4]]]", "[3]");
    assert!(
        parse("mine", &nothing)
            .unwrap_err()
            .to_string()
            .contains("list of argument lists")
    );
    let empty = ORIGINAL.replace("assert ", "print ");
    assert!(
        parse("mine", &empty)
            .unwrap_err()
            .to_string()
            .contains("no assertion")
    );
}

#[test]
fn the_hash_is_that_of_the_file_packed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{HUMANEVAL}\n");
    let plain = folder.path().join("Mine.jsonl");
    std::fs::write(&plain, &text).unwrap();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    let bytes = packer.finish().unwrap();
    let packed = folder.path().join("mine.jsonl.gz");
    std::fs::write(&packed, &bytes).unwrap();
    let (plain, packed) = (load(&plain).unwrap(), load(&packed).unwrap());
    assert_eq!(
        (plain.name.as_str(), packed.name.as_str()),
        ("mine", "mine")
    );
    assert_eq!(plain.problems, packed.problems);
    assert_eq!(plain.sha256, sha256(text.as_bytes()));
    assert_eq!(packed.sha256, sha256(&bytes));
    let missing = load(&folder.path().join("none")).unwrap_err().to_string();
    assert!(missing.contains("none"), "{missing}");
}

#[test]
fn the_mark_of_a_byte_order_is_no_part_of_a_text() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all("\u{feff}{}\n".as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    for bytes in ["\u{feff}{}\n".as_bytes(), b"{}\n", &packed] {
        assert_eq!(unpacked(bytes).unwrap(), "{}\n");
    }
    assert_eq!(unpacked("\u{feff}".as_bytes()).unwrap(), "");
}

#[test]
fn a_suite_of_functions_is_asked_as_evalplus_asks() {
    let suite = parse("mine", HUMANEVAL).unwrap();
    assert!(suite.stop.contains(&"\n```\n".to_owned()) && suite.max_tokens == 768);
    let base = suite.asked(PromptProfile::EvalplusBase);
    assert!(base.stop.contains(&"\ndef ".to_owned()) && !base.stop.contains(&"\n```\n".to_owned()));
}

#[test]
fn imports_and_set_up_of_mbpp_stand_on_lines_of_their_own() {
    let setup = |imports: &str, code: &str| {
        let line = format!(
            r#"{{"task_id": 1, "prompt": "Add.", "code": "def add(a, b):\n    return a + b", "test_list": ["assert add(1, 2) == 3"], "test_imports": {imports}, "test_setup_code": {code}}}"#
        );
        let suite = parse("mine", &line).unwrap();
        match &suite.problems[0].target {
            Target::Function(function) => function.setup.clone(),
            other => panic!("{other:?}"),
        }
    };
    let both = setup(r#"["import math", "import re"]"#, r#""x = 1""#);
    assert_eq!(both, "import math\nimport re\nx = 1");
    assert_eq!(setup("[]", r#""x = 1""#), "x = 1");
    assert_eq!(setup(r#"["import math"]"#, r#""""#), "import math");
    assert_eq!(setup("[]", r#""\n""#), "");
}

#[test]
fn two_halves_of_a_file_are_two_suites() {
    let names = [
        ("demo.jsonl", "demo"),
        ("demo.held-out.jsonl", "demo-held-out"),
        ("HumanEval.JSONL.gz", "HumanEval"),
        ("mbpp-v1.2.json", "mbpp-v1-2"),
        ("problems", "problems"),
        (".jsonl", "-jsonl"),
    ];
    for (file, name) in names {
        assert_eq!(super::name_of(file), name, "{file}");
    }
    let folder = tempfile::tempdir().unwrap();
    let row = r#"{"id": "a", "prompt": "Print 1", "expected_output": "1", "language": "c"}"#;
    let read = |file: &str| {
        let path = folder.path().join(file);
        std::fs::write(&path, row).unwrap();
        super::load(&path).unwrap().name
    };
    assert_eq!(read("demo.jsonl"), "demo");
    assert_eq!(read("Demo.held-out.jsonl"), "demo-held-out");
}
