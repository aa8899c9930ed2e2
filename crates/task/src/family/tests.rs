//! What every family has to obey, and answers that were worked out elsewhere.

use super::*;
use crate::overlap;

/// Prompt and output, the words `and` before a last number aside.
fn plain(prompt: &str) -> String {
    prompt.replace(" and ", ", ")
}

#[test]
fn there_are_sixteen_families_of_the_demo_and_more_that_no_suite_has() {
    let names: Vec<_> = all().map(|family| family.name).collect();
    let mut different = names.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), names.len());
    let n_demo = all().filter(|family| family.bundled.is_some()).count();
    assert_eq!(n_demo, 16);
    assert!(names.len() - n_demo >= 24, "{}", names.len() - n_demo);
}

#[test]
fn the_bundled_problem_is_the_first_wording_with_its_own_constants() {
    let suite = catalog::find("cpp-demo").unwrap();
    let mut problems: Vec<&str> = suite.problems.iter().map(|one| one.id.as_str()).collect();
    for family in all() {
        let Some(Bundled {
            problem: id,
            values,
        }) = family.bundled
        else {
            continue;
        };
        let problem = suite.problem(id).unwrap();
        let made = prompt(family.wordings[0], &values(), Language::Cpp);
        assert_eq!(plain(&made), plain(&problem.prompt), "{id}");
        let output = (family.answer)(&values());
        assert_eq!(Target::Output(output), problem.target, "{id}");
        problems.retain(|other| *other != id);
    }
    assert_eq!(problems, [""; 0], "problems without a family");
}

#[test]
fn no_bundled_problem_is_made_in_any_wording() {
    let families: Vec<_> = all().collect();
    for family in families.iter().filter(|family| family.bundled.is_some()) {
        // So many that small families run dry.
        for made in instances(&[family], Language::Cpp, 150, 1) {
            let bundled = family.bundled.map(|bundled| (bundled.values)());
            assert_ne!(Some(&made.values), bundled.as_ref(), "{}", made.problem.id);
        }
    }
    let made = problems(&families, Language::Cpp, 1000, 3);
    let prompts: Vec<&str> = made.iter().map(|problem| problem.prompt.as_str()).collect();
    let bundled = catalog::suites().iter().flat_map(|suite| &suite.problems);
    let bundled: Vec<&str> = bundled.map(|problem| problem.prompt.as_str()).collect();
    assert_eq!(overlap::find(&prompts, &bundled), []);
}

#[test]
fn every_problem_is_sound_and_no_two_are_alike() {
    let families: Vec<_> = all().collect();
    let made = problems(&families, Language::Cpp, 1200, 9);
    assert_eq!(made.len(), 1200);
    let mut ids = std::collections::HashSet::new();
    for problem in &made {
        crate::problem::check(problem, crate::Judging::Output).unwrap();
        assert!(ids.insert(&problem.id), "{}", problem.id);
        assert!(!problem.prompt.contains('$'), "{}", problem.prompt);
        assert!(problem.prompt.is_ascii() && problem.prompt.len() < 600);
    }
    let prompts: Vec<&str> = made.iter().map(|problem| problem.prompt.as_str()).collect();
    let pairs = overlap::find(&prompts, &prompts);
    let others: Vec<_> = pairs.iter().filter(|o| o.training != o.held_out).collect();
    assert!(others.is_empty(), "{:?}", others.first());
}

#[test]
fn every_family_has_enough_to_say_in_all_its_wordings() {
    for family in all() {
        let made = instances(&[family], Language::Cpp, 40, 4);
        assert!(made.len() >= 16, "{}: {}", family.name, made.len());
        for wording in family.wordings {
            let says = |made: &&Instance| {
                made.problem.prompt == prompt(wording, &made.values, Language::Cpp)
            };
            let n = made.iter().filter(says).count();
            assert!(n >= 3, "{}: {n} of {}: {wording}", family.name, made.len());
        }
    }
}

#[test]
fn what_can_be_guessed_is_asked_evenly() {
    for name in [
        "is_prime",
        "palindrome",
        "leap_year",
        "anagram",
        "balanced_brackets",
    ] {
        let made = problems(&named(&[name]).unwrap(), Language::Cpp, 60, 2);
        let is_yes = |problem: &&Problem| problem.target == Target::Output("yes".into());
        let n_yes = made.iter().filter(is_yes).count();
        let share = n_yes as f64 / made.len() as f64;
        assert!(
            (0.25..=0.75).contains(&share),
            "{name}: {n_yes} of {}",
            made.len()
        );
    }
}

#[test]
fn the_seed_decides_and_other_families_do_not() {
    let all: Vec<_> = all().collect();
    let made = |families: &[&'static Family], seed| problems(families, Language::Cpp, 150, seed);
    assert_eq!(made(&all, 5), made(&all, 5));
    assert_ne!(made(&all, 5), made(&all, 6));
    let gcd = named(&["gcd"]).unwrap();
    let alone = problems(&gcd, Language::Cpp, 3, 5);
    let among: Vec<Problem> = made(&all, 5)
        .into_iter()
        .filter(|problem| problem.tags[1] == "gcd")
        .take(3)
        .collect();
    let n = among.len();
    assert!(n >= 2);
    assert_eq!(among, alone[..n]);
}

#[test]
fn families_take_turns_and_end_when_they_are_dry() {
    let two = named(&["lcm", "factorial"]).unwrap();
    let names: Vec<String> = problems(&two, Language::Cpp, 5, 1)
        .into_iter()
        .map(|problem| problem.tags[1].clone())
        .collect();
    assert_eq!(names, ["factorial", "lcm", "factorial", "lcm", "factorial"]);
    let dry = problems(&named(&["factorial"]).unwrap(), Language::Cpp, 1000, 1);
    assert_eq!(dry.len(), 19, "1! to 20! without 6!");
    assert_eq!(problems(&[], Language::Cpp, 5, 1), []);
}

#[test]
fn a_split_takes_its_share_of_every_family_and_loses_nothing() {
    let families = named(&["gcd", "median", "queue"]).unwrap();
    let made = problems(&families, Language::Cpp, 30, 1);
    let (others, held_out) = split(made.clone(), 0.2);
    assert_eq!((others.len(), held_out.len()), (24, 6));
    for family in &families {
        let n = held_out.iter().filter(|one| one.tags[1] == family.name);
        assert_eq!(n.count(), 2, "{}", family.name);
    }
    let names: Vec<_> = others.iter().take(3).map(|one| &one.tags[1]).collect();
    assert_eq!(names, ["gcd", "median", "queue"], "still in turns");
    let ids = |problems: &[Problem]| {
        let mut ids: Vec<_> = problems.iter().map(|one| one.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&[others, held_out].concat()), ids(&made));
    assert_eq!(split(made[..3].to_vec(), 0.2).1, [], "a fifth of three");
}

#[test]
fn another_language_is_asked_for_by_its_name() {
    let made = problems(&named(&["median"]).unwrap(), Language::Python, 1, 1);
    assert!(
        made[0].prompt.starts_with("Write a Python program "),
        "{}",
        made[0].prompt
    );
}

#[test]
fn names_are_found_once_and_unknown_ones_refused_with_all_that_there_are() {
    let names = |words: &[&str]| -> Vec<&str> {
        let found = named(words).unwrap();
        found.iter().map(|family| family.name).collect()
    };
    assert_eq!(names(&["lcm", "gcd", "lcm"]), ["gcd", "lcm"]);
    assert_eq!(names(&["demo"]).len(), 16);
    assert_eq!(names(&["demo", "unseen"]), names(&["all"]));
    let said = named(&["gdc"]).unwrap_err().to_string();
    assert!(said.contains("`gdc`") && said.contains("gcd, "), "{said}");
}

/// Constants and answers, the latter by Python 3.11 (math, itertools, collections) or by hand.
fn assert_answers(cases: &[(&str, Values, &str)]) {
    for (name, values, answer) in cases {
        let family = named(&[name]).unwrap()[0];
        assert_eq!((family.answer)(values), *answer, "{name} {values:?}");
    }
}

#[test]
fn answers_about_numbers_are_those_of_other_programs() {
    let n = |n: i64| Values::new().number("n", n);
    let year = |year: i64| Values::new().number("year", year);
    assert_answers(&[
        ("nth_prime", n(100), "541"),
        ("collatz_length", n(27), "111"),
        ("perfect_number", n(496), "perfect"),
        ("perfect_number", n(945), "abundant"),
        ("roman_numeral", n(1994), "MCMXCIV"),
        ("prime_factors", n(360), "2 2 2 3 3 5"),
        ("binary_representation", n(1000), "1111101000"),
        ("factorial", n(20), "2432902008176640000"),
        ("digit_sum", n(987_001), "25"),
        ("pascal_row", n(6), "1 6 15 20 15 6 1"),
        ("leap_year", year(1900), "no"),
        ("leap_year", year(2000), "yes"),
        (
            "clock_time",
            Values::new().number("seconds", 3661),
            "01:01:01",
        ),
    ]);
}

#[test]
fn answers_about_lists_are_those_of_other_programs() {
    let list = |numbers: &[i64]| Values::new().numbers("numbers", numbers);
    let coins = Values::new().numbers("coins", [1, 5, 10, 25]);
    let items = Values::new().numbers("weights", [5, 4, 6, 3]);
    let items = items.numbers("worths", [10, 40, 30, 50]);
    assert_answers(&[
        ("max_subarray", list(&[-2, 1, -3, 4, -1, 2, 1, -5, 4]), "6"),
        ("max_subarray", list(&[-3, -1, -2]), "-1"),
        ("longest_rising", list(&[10, 9, 2, 5, 3, 7, 101, 18]), "4"),
        ("unique_elements", list(&[3, 1, 3, 2, 1]), "3 1 2"),
        ("coin_change", coins.number("amount", 63), "6"),
        (
            "rotate_array",
            list(&[1, 2, 3, 4, 5]).number("steps", 2),
            "3 4 5 1 2",
        ),
        ("knapsack", items.number("capacity", 10), "90"),
    ]);
}

#[test]
fn answers_about_texts_are_those_of_other_programs() {
    let text = |text: &str| Values::new().text("text", text);
    let pair = |left: &str, right: &str| Values::new().text("left", left).text("right", right);
    let words = ["flower", "flow", "flight"].map(str::to_owned);
    assert_answers(&[
        ("lcs_length", pair("abcbdab", "bdcaba"), "4"),
        ("edit_distance", pair("kitten", "sitting"), "3"),
        ("hamming_distance", pair("10111", "10010"), "2"),
        ("anagram", pair("listen", "silent"), "yes"),
        ("anagram", pair("listen", "silenc"), "no"),
        ("balanced_brackets", text("([)]"), "no"),
        ("balanced_brackets", text("{[]}("), "no"),
        ("balanced_brackets", text("{[]}()"), "yes"),
        ("run_length_encoding", text("aaab"), "a3b1"),
        (
            "run_length_decoding",
            Values::new().text("code", "x2y1"),
            "xxy",
        ),
        (
            "caesar_shift",
            text("xyz abc").number("shift", 3),
            "abc def",
        ),
        (
            "longest_common_prefix",
            Values::new().texts("words", words.into()),
            "fl",
        ),
    ]);
}
