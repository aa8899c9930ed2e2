//! Trainings of recipes: they come first, what they leave is a model of its benchmarks, and nothing is trained twice.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::workplace::{Ended, RunFolder, Workplace, send, watch};

/// A toy, an adapter for it, and both measured.
const RECIPE: &str = "\
name: tuned
models: {student: toy.gguf}
threads: 1
targets:
  - name: t
    runs:
      - id: sharp
        type: sft
        config:
          model: student
          data: {train_file: rows.jsonl, validation_split: 0.2}
          lora: {r: 2}
          learning_rate: 0.02
    benchmarks:
      - id: ppl
        models: [student, student+sharp]
        config: {type: perplexity, dataset: text.txt}
";

fn rows(place: &Workplace, n: usize) {
    let rows: String = (0..n)
        .map(|i| format!("{{\"prompt\":\"say {i}\",\"response\":\"{i} is said\"}}\n"))
        .collect();
    fs::write(place.at("rows.jsonl"), rows).unwrap();
}

fn workplace(recipe: &str) -> Workplace {
    let place = Workplace::new();
    rows(&place, 12);
    fs::write(place.at("text.txt"), "say 3\n3 is said\n".repeat(40)).unwrap();
    fs::write(place.at("r.yml"), recipe).unwrap();
    place
}

fn run(place: &Workplace, words: &[&str]) -> Ended {
    place.whet(&[&["run", "r.yml"], words].concat())
}

/// Folders of artifacts whose name begins so.
fn folders(place: &Workplace, name: &str) -> Vec<PathBuf> {
    let is_named = |folder: &PathBuf| {
        let found = folder.file_name().unwrap().to_string_lossy().into_owned();
        found[..found.len() - "_20260102_030405".len()] == *name
    };
    let mut all = place.runs("artifacts");
    all.retain(is_named);
    all
}

#[test]
fn what_is_measured_is_not_trained_on() {
    let measured = "config: {type: code, suite: cpp-demo, samples: 1, limit: 1}";
    let recipe = RECIPE.replace("config: {type: perplexity, dataset: text.txt}", measured);
    let place = workplace(&recipe);
    let gcd = task::catalog::find("cpp-demo").unwrap();
    let gcd = &gcd.problem("gcd").unwrap().prompt;
    let row = serde_json::json!({"prompt": gcd, "response": "int main() {}"});
    fs::write(place.at("rows.jsonl"), format!("{row}\n")).unwrap();
    let refused = run(&place, &[]).with_code(2);
    refused.saying(&[
        "r.yml",
        "one row overlaps with cpp-demo: line 1: equals gcd of cpp-demo",
    ]);
    let begun = fs::read_dir(place.at("artifacts")).map_or(0, Iterator::count);
    assert_eq!(begun, 0);
}

#[test]
fn a_model_is_trained_and_then_compared_with_what_it_was() {
    let place = workplace(RECIPE);
    let ended = run(&place, &[]).with_code(0);
    ended.saying(&["Training sharp in artifacts/tuned-sharp_", "12 examples"]);
    let training = folders(&place, "tuned-sharp").remove(0);
    let best = fs::read(training.join("best/adapter.gguf")).unwrap();
    assert_eq!(fs::read(training.join("sharp.gguf")).unwrap(), best);
    assert_eq!(
        fs::read_to_string(training.join("recipe.yml")).unwrap(),
        RECIPE
    );
    let measured = RunFolder(folders(&place, "tuned").remove(0));
    let header = measured.json("run.json");
    let names: Vec<&Value> = header["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["name"])
        .collect();
    assert_eq!(names, ["toy", "toy+sharp"]);
    let report = measured.json("report.json");
    let rows = report["sections"][0]["rows"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["metric"] == "bits_per_byte")
        .unwrap();
    assert!(!row["comparisons"][0].is_null(), "{row}");
    let value = |at: usize| row["cells"][at]["value"].as_f64().unwrap();
    assert!(value(1) < value(0), "it was trained on such text: {row}");
    nothing_is_trained_twice(&place, &training);
}

/// `--resume` finds what is there; other examples are another training, and another benchmark.
fn nothing_is_trained_twice(place: &Workplace, training: &std::path::Path) {
    let again = run(place, &["--resume"]).with_code(0);
    again.saying(&["sharp: it is trained already", "Going on with"]);
    assert_eq!(place.runs("artifacts").len(), 2);
    let only = run(place, &["--only", "ppl"]).with_code(0);
    only.saying(&[
        "sharp: its result is",
        &training.file_name().unwrap().to_string_lossy(),
    ]);
    assert_eq!(folders(place, "tuned-sharp").len(), 1);
    rows(place, 13);
    let place_of_it =
        "r.yml:7:9: sharp: it is not trained yet, or was trained with other settings or files";
    run(place, &["--only", "ppl"])
        .with_code(2)
        .saying(&[place_of_it, "add sharp to --only"]);
    let other = run(place, &["--resume"]).with_code(0);
    other.saying(&[
        "Training sharp in",
        "13 examples",
        "no folder in artifacts has this plan",
    ]);
    assert_eq!(folders(place, "tuned-sharp").len(), 2);
    let only = run(place, &["--only", "sharp", "--resume"]).with_code(0);
    only.saying(&["sharp: it is trained already"]);
}

#[test]
fn killed_while_it_trains_a_recipe_goes_on_to_the_adapter_of_an_undisturbed_one() {
    let recipe = RECIPE.replace(
        "learning_rate: 0.02",
        "learning_rate: 0.02\n          epochs: 40\n          patience: 0\n          checkpoint_every: 1",
    );
    let place = workplace(&recipe);
    let words = ["run", "r.yml", "--only", "sharp", "-o"];
    place.whet(&[&words[..], &["whole"]].concat()).with_code(0);
    let mut child = place
        .command(&[&words[..], &["artifacts"]].concat())
        .spawn()
        .unwrap();
    let training = watch(&mut child, || {
        let folder = place.runs("artifacts").into_iter().next()?;
        let curve = fs::read_to_string(folder.join("curve.jsonl")).ok()?;
        (curve.lines().count() > 3).then_some(folder)
    });
    let training = training.unwrap();
    send("KILL", child.id());
    assert_eq!(Ended::of(child).signal, Some(9));
    assert!(
        !training.join("sharp.gguf").exists(),
        "it was killed before its end"
    );
    run(&place, &["--only", "ppl"])
        .with_code(2)
        .saying(&["it is not trained yet"]);
    run(&place, &["--resume"])
        .with_code(0)
        .saying(&["Training sharp in"]);
    assert_eq!(
        folders(&place, "tuned-sharp"),
        std::slice::from_ref(&training)
    );
    let whole = place.runs("whole").remove(0);
    let bytes = |folder: &PathBuf| fs::read(folder.join("sharp.gguf")).unwrap();
    assert!(bytes(&training) == bytes(&whole), "another adapter");
}

#[test]
fn a_training_begins_with_what_an_earlier_one_left() {
    let recipe = "\
name: chain
threads: 1
targets:
  - name: t
    runs:
      - {id: read, type: pretrain, config: {from: toy.gguf, data: src, window: 32, max_steps: 2, learning_rate: 0.003}}
      - {id: sharp, type: sft, config: {model: read, train_file: rows.jsonl, rank: 2, max_steps: 2}}
    benchmarks:
      - id: ppl
        models: [toy.gguf, read, sharp, read+sharp=0.5]
        config: {type: perplexity, dataset: text.txt}
";
    let place = workplace(recipe);
    fs::create_dir(place.at("src")).unwrap();
    for i in 0..6 {
        let text = format!("fn number_{i}() -> u32 {{\n    {i}\n}}\n").repeat(4);
        fs::write(place.at(&format!("src/{i}.rs")), text).unwrap();
    }
    run(&place, &[]).with_code(0);
    let header = RunFolder(folders(&place, "chain").remove(0)).json("run.json");
    let names: Vec<&str> = header["models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["toy", "read", "read+sharp", "read+sharp=0.5"]);
    run(&place, &["--resume", "-q"]).with_code(0);
    assert_eq!(place.runs("artifacts").len(), 3);
    // Another text of one source is another training, and so is what was built on it.
    fs::write(place.at("src/0.rs"), "fn other() {}\n".repeat(9)).unwrap();
    run(&place, &["--resume", "--only", "read,sharp"]).with_code(0);
    assert_eq!(
        (
            folders(&place, "chain-read").len(),
            folders(&place, "chain-sharp").len()
        ),
        (2, 2)
    );
    let broken = recipe.replace(
        "type: pretrain, config: {from: toy.gguf, data: src, window: 32, ",
        "type: sft, config: {model: toy.gguf, train_file: rows.jsonl, ",
    );
    fs::write(place.at("r.yml"), broken).unwrap();
    let ended = place.whet(&["check", "r.yml"]).with_code(2);
    ended.saying(&["r.yml:7:48: read is an adapter, and a training begins with a whole model"]);
}

/// What is changed in the recipe, into what, and what is said of it.
const MISTAKES: [(&str, &str, &str); 15] = [
    (
        "type: sft",
        "type: rafts",
        "r.yml:8:15: there is no type rafts; did you mean raft?",
    ),
    (
        "learning_rate: 0.02",
        "learning_rate: 0",
        "r.yml:13:26: learning_rate is 0",
    ),
    (
        "learning_rate: 0.02",
        "lerning_rate: 1",
        "r.yml:13:11: there is no setting of whet train sft called lerning_rate; did you mean learning_rate?",
    ),
    (
        "learning_rate: 0.02",
        "output: out",
        "r.yml:13:19: a run goes into the folder of artifacts; leave output out",
    ),
    (
        "          model: student\n",
        "",
        "r.yml:7:9: sharp: its config does not say which model",
    ),
    ("model: student", "model: studnet", "r.yml:10:18: "),
    (
        "rows.jsonl",
        "gone.jsonl",
        "r.yml:11:30: there is no file gone.jsonl to learn from",
    ),
    (
        "id: sharp",
        "id: a/b",
        "r.yml:7:13: the id a/b becomes a file's name",
    ),
    ("id: sharp", "id: student", "r.yml:7:13: student is a role"),
    (
        "id: ppl",
        "id: sharp",
        "two runs or benchmarks of this target are called sharp",
    ),
    (
        "student+sharp",
        "student+shrap",
        "did you mean the run sharp?",
    ),
    ("student+sharp", "student+sharp+sharp", "r.yml:15:9: "),
    (
        "type: sft",
        "type: sft\n        mode: blockwise",
        "training in the mode blockwise is not there",
    ),
    ("type: sft", "steps: 5", "type is missing"),
    (
        "type: sft",
        "type: sft\n        steps: 5",
        "there is no key steps",
    ),
];

#[test]
fn what_is_wrong_with_a_training_is_said_at_its_place_before_anything_is_trained() {
    for (from, to, wanted) in MISTAKES {
        let broken = RECIPE.replace(from, to);
        assert_ne!(broken, RECIPE);
        let place = workplace(&broken);
        place
            .whet(&["check", "r.yml"])
            .with_code(2)
            .saying(&[wanted]);
        run(&place, &[]).with_code(2).saying(&[wanted]);
        assert!(place.runs("artifacts").is_empty(), "nothing was begun");
    }
    let place = workplace(&RECIPE.replace("lora: {r: 2}", "full: true"));
    let ended = place.whet(&["check", "r.yml"]).with_code(2);
    ended.saying(&["sharp trains every weight and is a model by itself; name it alone"]);
}

#[test]
fn trainings_are_printed_as_the_lines_that_they_are() {
    let place = workplace(RECIPE);
    let checked = place.whet(&["check", "r.yml"]).with_code(0);
    let train = "whet train sft toy.gguf rows.jsonl --rank=2 --learning-rate=0.02 --held-out=0.2 --output=artifacts/tuned-sharp";
    for line in [
        train,
        "whet bench perplexity toy.gguf toy.gguf+artifacts/tuned-sharp/sharp.gguf --text=text.txt",
    ] {
        assert!(checked.stdout.contains(line), "{line}: {checked}");
    }
    checked.saying(&["The recipe is sound: 1 training, 1 run."]);
    let plans = run(&place, &["--dry-run"]).with_code(0).json();
    let words: Vec<&str> = train.split(' ').skip(1).collect();
    let own = place
        .whet(&[&words[..], &["--dry-run"]].concat())
        .with_code(0)
        .json();
    let (planned, own) = (&plans["trainings"][0]["plan"], &own);
    for key in ["model", "examples", "adapter", "recipe"] {
        assert_eq!(planned[key], own[key], "{key}");
    }
    assert_eq!(plans["runs"].as_array().unwrap().len(), 1);
    let only = run(&place, &["--dry-run", "--only", "ppl"])
        .with_code(0)
        .json();
    assert!(only["trainings"].as_array().unwrap().is_empty());
    run(&place, &["--only", "sharpp"])
        .with_code(2)
        .saying(&["did you mean sharp?"]);
    assert!(place.runs("artifacts").is_empty());
}

#[test]
fn an_adapter_of_a_recipe_guesses_for_a_target() {
    let recipe = "\
name: guess
threads: 1
targets:
  - name: t
    runs:
      - {id: sharp, type: sft, config: {model: draft.gguf, train_file: rows.jsonl, rank: 2, max_steps: 1}}
    benchmarks:
      - {id: spec, models: [toy.gguf, draft.gguf], config: {type: spec, adapter: sharp, limit: 1, max_tokens: 8, modes: [draft, draft_lora], draft_length: 2}}
";
    let place = workplace(recipe);
    place.toy("draft", 8);
    let checked = place.whet(&["check", "r.yml"]).with_code(0);
    assert!(
        checked
            .stdout
            .contains("--adapter=artifacts/guess-sharp/sharp.gguf"),
        "{checked}"
    );
    run(&place, &[]).with_code(0);
    let header = RunFolder(folders(&place, "guess").remove(0)).json("run.json");
    let plan = &header["plan"]["speculation"];
    assert!(
        plan["adapter"].as_str().unwrap().ends_with("/sharp.gguf"),
        "{plan}"
    );
    assert!(
        plan["modes"]
            .as_array()
            .unwrap()
            .contains(&"draft_lora".into()),
        "{plan}"
    );
}

#[test]
fn a_model_that_cannot_be_had_is_found_missing_before_the_first_target_is_measured() {
    let recipe = "\
name: two
threads: 1
targets:
  - name: here
    benchmarks:
      - {id: a, models: [toy.gguf], config: {type: perplexity, dataset: text.txt}}
  - name: elsewhere
    benchmarks:
      - {id: b, models: [smollm2-135m], config: {type: perplexity, dataset: text.txt}}
";
    let place = workplace(recipe);
    let run = |words: &[&str]| place.whet(&[&["--offline", "run", "r.yml"], words].concat());
    run(&[]).with_code(2).saying(&["smollm2-135m"]);
    assert!(!place.at("artifacts").exists(), "nothing was measured");
    run(&["--target", "here"]).with_code(0);
}
