//! Manifests as others write them, and what a recipe must not say.

use super::tests::{read, refused};

/// A manifest with trainings in the form of another program.
const MANIFEST: &str = "\
version: 2
name: m
entrypoints: {default: paper, short: \"target:quick\"}
targets:
  - type: experiment
    name: paper
    models: {teacher: t.gguf}
    formats: [csv, latex]
    system: {ref: system.language_model}
    runs:
      - {id: blockwise, mode: train, exp: e, seed: 42, steps: 500, expected: {phase: blockwise}, verify: {type: compare}, train: {lr: 0.1}}
    benchmarks:
      - {id: ppl, models: [teacher], config: {type: memory, sequence_lengths: [8]}}
      - {id: both, models: [teacher, student], config: {type: memory, sequence_lengths: [8]}, repeats: 1}
  - {name: quick, benchmarks: []}
";

#[test]
fn a_manifest_with_trainings_of_another_program_is_read_and_keeps_its_names() {
    let recipe = read(MANIFEST).unwrap();
    let names = recipe.entrypoints.iter();
    let names: Vec<(&str, &str)> = names.map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(names, [("default", "paper"), ("short", "quick")]);
    let target = &recipe.targets[0];
    assert_eq!(target.formats, ["csv", "latex"]);
    assert!(target.trainings.is_empty());
    assert_eq!(target.foreign[0].id, "blockwise");
    assert_eq!(target.foreign[0].place.to_string(), "r.yml:11:9");
    let [one, both] = &target.benchmarks[..] else {
        panic!("two benchmarks")
    };
    assert!(
        one.lacks.is_none() && both.lacks.is_some(),
        "nobody names a student"
    );
    assert_eq!(recipe.idle, ["system"]);
}

#[test]
fn a_run_that_is_neither_ours_nor_anothers_is_refused_at_its_place() {
    for (run, wanted) in [
        (
            "{id: train, mode: blockwise, type: sft, config: {}}",
            "r.yml:5:9: training in the mode blockwise is not there",
        ),
        ("{id: train, stepz: 5}", "r.yml:5:21: there is no key stepz"),
        ("{id: train, steps: 5, trian: {}}", "did you mean train?"),
        ("{id: train, config: {}}", "type is missing"),
    ] {
        let said = refused(&format!(
            "name: r\ntargets:\n  - name: t\n    runs:\n      - {run}\n    benchmarks: []\n"
        ));
        assert!(said.contains(wanted), "{run}: {said}");
    }
    let idle = read(
        "name: r\ndefaults: {data: {}}\ntargets:\n  - {name: t, trainer: x, runs: [], benchmarks: []}\n",
    );
    assert_eq!(idle.unwrap().idle, ["defaults", "trainer"]);
}

/// A recipe of one benchmark, and something in its head.
fn recipe(head: &str, benchmark: &str) -> String {
    format!(
        "{head}name: r\ntargets:\n  - name: t\n    benchmarks:\n      - {{id: b, models: [a.gguf], {benchmark}}}\n"
    )
}

const MEMORY: &str = "config: {type: memory, contexts: [8]}";

#[test]
fn there_is_one_version_of_recipes() {
    assert!(read(&recipe("version: 2\n", MEMORY)).is_ok());
    for version in ["3", "1", "two", "2.0"] {
        let said = refused(&recipe(&format!("version: {version}\n"), MEMORY));
        let wanted =
            format!("r.yml:1:10: version must be 2, the only one there is, and is {version}");
        assert!(said.starts_with(&wanted), "{said}");
    }
}

#[test]
fn names_of_targets_and_formats_must_be_known() {
    let said = refused(&recipe("entrypoints: {default: tt}\n", MEMORY));
    assert!(said.contains("r.yml:1:24: there is no target tt"), "{said}");
    let text = "name: r\ntargets:\n  - {name: t, formats: [csv, jsn], benchmarks: []}\n";
    let said = refused(text);
    assert!(
        said.contains("r.yml:3:30: there is no format jsn; did you mean json?"),
        "{said}"
    );
}

#[test]
fn nothing_is_repeated_no_times() {
    let said = refused(&recipe("", &format!("repeats: 0, {MEMORY}")));
    assert!(
        said.contains("repeats must be a whole number from 1 on"),
        "{said}"
    );
}

#[test]
fn a_path_with_a_comma_is_not_cut_in_two() {
    let with = |dataset: &str| {
        recipe(
            "",
            &format!("config: {{type: perplexity, dataset: {dataset}}}"),
        )
    };
    let said = refused(&with("'a,b.txt'"));
    assert!(
        said.contains("the comma in a,b.txt") && said.contains("as a list"),
        "{said}"
    );
    let words = read(&with("[code, prose]")).unwrap().targets[0].benchmarks[0].words();
    assert!(words.contains(&"--text=code,prose".to_owned()), "{words:?}");
    let words = read(&with("'code,prose'")).unwrap().targets[0].benchmarks[0].words();
    assert!(words.contains(&"--text=code,prose".to_owned()), "{words:?}");
}

#[test]
fn answers_may_go_on_behind_their_block_where_a_recipe_says_so() {
    let config = "config: {type: code, suite: cpp-demo, whole_answers: true}";
    let words = read(&recipe("", config)).unwrap().targets[0].benchmarks[0].words();
    assert!(words.contains(&"--whole-answers".to_owned()), "{words:?}");
}

#[test]
fn mistakes_of_every_kind_are_said_together_in_their_order() {
    let text = "version: 1\nname: r\nsede: 3\ntargets:\n  - name: t\n    benchmarks:\n      - {id: a, models: [student], config: {type: latensy}}\n      - {id: b, models: [a.gguf], config: {type: memory, contextz: 3, no_peak: perhaps}}\n";
    let said = refused(text);
    assert!(said.contains("5 mistakes"), "{said}");
    let at = |what: &str| said.find(what).unwrap_or_else(|| panic!("{what}: {said}"));
    let places = [
        "version must be 2",
        "did you mean seed?",
        "did you mean latency?",
        "no_peak must be true or false",
    ];
    let found: Vec<usize> = places.iter().map(|what| at(what)).collect();
    assert!(found.is_sorted(), "{said}");
}
