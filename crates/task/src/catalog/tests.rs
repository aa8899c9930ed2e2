//! The suites against their definition.

use super::*;
use crate::problem::Target;

/// Ids and keywords as the guide of the eight stubs gives them.
const PYTHON_CORE: [(&str, &str); 8] = [
    ("fibonacci", "if return fibonacci n"),
    ("binary_search", "while mid left right return"),
    ("quicksort", "if len pivot return quicksort"),
    ("class_definition", "def __init__ self push pop"),
    ("list_comprehension", "for in range"),
    ("error_handling", "open except return"),
    ("async_function", "await async return"),
    ("decorator", "def wrapper return time"),
];

/// The same for the three harder ones.
const PYTHON_CHALLENGES: [(&str, &str); 3] = [
    ("palindrome_check", "return lower == reverse"),
    ("merge_sort", "if len mid merge return"),
    ("linked_list", "def __init__ self head insert"),
];

/// Ids, categories and keywords of the eight that SmallCoder's script for variants asks.
const PYTHON_VARIANTS: [(&str, &str, &str); 8] = [
    ("fibonacci", "algorithms", "if return fibonacci n"),
    ("binary_search", "algorithms", "while mid left right return"),
    ("quicksort", "algorithms", "if len pivot return quicksort"),
    (
        "stack_class",
        "data_structures",
        "def __init__ self push pop",
    ),
    ("linked_list", "data_structures", "self head None Node"),
    ("file_handling", "practical", "with open json return"),
    ("api_request", "practical", "requests get return json"),
    ("list_comprehension", "syntax", "for in range if"),
];

/// Ids, outputs and difficulties as the guide of the sixteen programs gives them.
const CPP_DEMO: [(&str, &str, &str); 16] = [
    ("hello_world", "Hello, World!", "easy"),
    ("sum_function", "8", "easy"),
    ("count_1_to_5", "1\n2\n3\n4\n5", "easy"),
    ("factorial", "720", "medium"),
    ("fibonacci", "0 1 1 2 3 5 8 13 21 34", "medium"),
    ("reverse_string", "olleh", "medium"),
    ("is_prime", "yes", "medium"),
    ("array_sum", "15", "easy"),
    ("max_element", "9", "medium"),
    ("bubble_sort", "1 2 5 8 9", "medium"),
    ("gcd", "6", "medium"),
    ("binary_search", "3", "hard"),
    ("palindrome", "yes", "medium"),
    ("count_vowels", "3", "easy"),
    ("power_function", "1024", "easy"),
    ("linked_list_sum", "6", "hard"),
];

#[test]
fn the_python_suites_ask_for_the_keywords_of_their_definition() {
    let definitions = [
        ("python-core", &PYTHON_CORE[..]),
        ("python-challenges", &PYTHON_CHALLENGES[..]),
    ];
    for (name, definition) in definitions {
        let suite = find(name).unwrap();
        assert_eq!(
            (suite.max_tokens, suite.style.clone(), suite.judge),
            (150, PromptStyle::Continue, Judging::Keywords)
        );
        assert_eq!(suite.problems.len(), definition.len());
        for (problem, (id, words)) in suite.problems.iter().zip(definition) {
            let words = words.split(' ').map(str::to_owned).collect();
            assert_eq!(
                (problem.id.as_str(), &problem.target),
                (*id, &Target::Keywords(words))
            );
        }
    }
}

#[test]
fn the_stubs_for_variants_have_their_categories_and_tell_records_how_many_keywords_there_are() {
    let suite = find("python-variants").unwrap();
    assert_eq!((suite.max_tokens, suite.judge), (150, Judging::Keywords));
    let told = suite.records();
    assert_eq!(told.len(), PYTHON_VARIANTS.len());
    for ((problem, told), (id, category, words)) in
        suite.problems.iter().zip(told).zip(PYTHON_VARIANTS)
    {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        assert_eq!(
            (told.id.as_str(), &told.tags[..]),
            (id, &[category.to_owned()][..])
        );
        assert_eq!(told.n_keywords as usize, words.len());
        assert_eq!(problem.target, Target::Keywords(words));
    }
    let looked_at = find("variants").unwrap().records();
    assert_eq!(looked_at.len(), 15, "their keywords are counted as well");
    let executed = find("cpp-demo").unwrap().records();
    assert!(
        executed.iter().all(|told| told.n_keywords == 0),
        "nothing is counted there"
    );
}

#[test]
fn the_cpp_suite_asks_for_the_outputs_of_its_definition() {
    let suite = find("cpp-demo").unwrap();
    assert_eq!(suite.max_tokens, 512);
    assert_eq!(suite.problems.len(), CPP_DEMO.len());
    for (problem, (id, output, difficulty)) in suite.problems.iter().zip(CPP_DEMO) {
        assert_eq!(
            (problem.id.as_str(), &problem.target),
            (id, &Target::Output(output.to_owned()))
        );
        assert_eq!(problem.tags, [difficulty]);
        assert!(problem.prompt.contains("reads no input"), "{id}");
    }
}

#[test]
fn a_suite_of_programs_has_sixteen_tasks_in_its_language() {
    for name in ["cpp-demo", "rust-demo", "go-demo"] {
        let suite = find(name).unwrap();
        assert_eq!(suite.problems.len(), 16, "{name}");
        let language = suite.language.name();
        for problem in &suite.problems {
            let (id, prompt) = (&problem.id, &problem.prompt);
            assert!(
                prompt.starts_with(&format!("Write a {language} program")),
                "{id}"
            );
            assert!(
                prompt.ends_with("reads no input and prints nothing else."),
                "{id}"
            );
            assert!(
                ["easy", "medium", "hard"].contains(&problem.tags[0].as_str()),
                "{id}"
            );
        }
    }
}

#[test]
fn a_stub_ends_where_a_tokenizer_can_go_on() {
    let stubs = suites()
        .iter()
        .filter(|suite| suite.style == PromptStyle::Continue);
    for problem in stubs.flat_map(|suite| &suite.problems) {
        assert!(!problem.prompt.ends_with([' ', '\t']), "{}", problem.id);
    }
}

#[test]
fn the_hash_is_that_of_the_file() {
    // sha256sum of the files under data/
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for suite in suites() {
        let file = std::fs::read(folder.join(format!("{}.jsonl", suite.name))).unwrap();
        assert_eq!(suite.sha256, crate::sha256(&file));
        assert_eq!(suite.sha256.len(), 64);
    }
    assert_eq!(
        crate::sha256(b"abc"), // FIPS 180-4, example B.1
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn a_mistyped_name_is_answered_with_the_nearest_one() {
    for (typed, meant) in [
        ("cpp-dmeo", "cpp-demo"),
        ("python", "python-core"),
        ("python-challenge", "python-challenges"),
        ("Python_Core", "python-core"),
        ("cpp", "cpp-demo"),
    ] {
        let said = find(typed).unwrap_err().to_string();
        assert!(said.contains(&format!("did you mean `{meant}`?")), "{said}");
    }
    for stranger in ["humaneval", "", "🦀🦀🦀🦀🦀🦀🦀🦀"] {
        let said = find(stranger).unwrap_err().to_string();
        assert!(
            !said.contains("did you mean")
                && said.contains("python-core, python-challenges, cpp-demo"),
            "{said}"
        );
    }
}
