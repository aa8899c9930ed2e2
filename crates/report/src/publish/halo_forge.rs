//! Results in the form of halo-forge's `benchmark run`: how many prompts passed, and pass@k.
//!
//! Names and order are theirs; what a number means is not. There an answer passed if its verifier said so, and the
//! verifier that is taken unless another is named asks only whether g++ compiles it; a prompt passed if any of its
//! answers did. Here the names at the top count answers that were right, and the same names below `compiles` count those
//! that compiled, so a file of theirs stands beside the block that it can be compared with. `strict` is neither: the
//! mean over all answers, with its interval. A time that was not taken is `null`.

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{Stage, Verdict};
use measure::estimate::pass_at_k;
use serde_json::{Map, Value, json};

use super::{Source, indented, nothing};
use crate::error::Error;

const NANOS: f64 = 1e9;
/// The k of `--k` unless the plan names others.
const KS: [u64; 3] = [1, 5, 10];
const PASSED: &str = "a prompt passed if any of its answers did; an answer passed if it was right";
const COMPILED: &str = "the same with answers that compiled, which is what the verifier gcc asks";

/// Outcomes of the judged answers of each problem, by suite and problem.
type Prompts<'a> = BTreeMap<(&'a str, &'a str), Vec<Stage>>;

/// One model's results.
pub(super) fn results(from: &Source<'_>) -> Result<Vec<u8>, Error> {
    let prompts = prompts(from.run, from.model);
    if prompts.is_empty() {
        return Err(nothing("halo-forge", "answers that were executed"));
    }
    let ks = ks(from.run);
    let mut out = counted(&prompts, Stage::Right, &ks);
    let mut compiles = counted(&prompts, Stage::CompilesWithWarnings, &ks);
    compiles.insert("means".into(), COMPILED.into());
    out.insert("timing".into(), timing(from));
    out.insert("model_path".into(), path_of(from).into());
    out.insert(
        "timestamp".into(),
        from.run.header.started_at.as_str().into(),
    );
    out.insert("means".into(), PASSED.into());
    out.insert("compiles".into(), Value::Object(compiles));
    out.insert("strict".into(), strict(from));
    out.insert(
        "n_answers".into(),
        prompts.values().map(Vec::len).sum::<usize>().into(),
    );
    out.insert("n_not_judged".into(), not_judged(from).into());
    out.insert("run_id".into(), from.run.header.run_id.as_str().into());
    indented(&Value::Object(out))
}

fn judged<'a>(run: &'a Run, model: &str) -> impl Iterator<Item = &'a Verdict> {
    let index = run.index();
    let mine = run
        .attempts
        .iter()
        .filter(move |attempt| attempt.key.model == model);
    mine.filter_map(move |attempt| index.verdict(&attempt.key))
}

fn prompts<'a>(run: &'a Run, model: &'a str) -> Prompts<'a> {
    let mut prompts = Prompts::new();
    for verdict in judged(run, model) {
        if let Some(stage) = verdict.stage {
            let key = (verdict.key.suite.as_str(), verdict.key.problem.as_str());
            prompts.entry(key).or_default().push(stage);
        }
    }
    prompts
}

fn not_judged(from: &Source<'_>) -> usize {
    judged(from.run, from.model)
        .filter(|verdict| verdict.unscored.is_some())
        .count()
}

fn ks(run: &Run) -> Vec<u64> {
    let asked = run.header.plan.pointer("/code/k").and_then(Value::as_array);
    let asked: Vec<u64> = asked
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    match asked.is_empty() {
        true => KS.to_vec(),
        false => asked,
    }
}

/// Their block of counts, of answers that reached a stage. A suite stands for a category.
fn counted(prompts: &Prompts<'_>, goal: Stage, ks: &[u64]) -> Map<String, Value> {
    let all: Vec<&Vec<Stage>> = prompts.values().collect();
    let mut out = passed(&all, goal);
    out.insert("pass_at_k".into(), Value::Object(at_k(&all, goal, ks)));
    let mut suites: BTreeMap<&str, Vec<&Vec<Stage>>> = BTreeMap::new();
    for ((suite, _), answers) in prompts {
        suites.entry(suite).or_default().push(answers);
    }
    let suites = suites
        .iter()
        .map(|(suite, answers)| ((*suite).to_owned(), Value::Object(passed(answers, goal))));
    out.insert("by_category".into(), Value::Object(suites.collect()));
    out
}

fn passed(prompts: &[&Vec<Stage>], goal: Stage) -> Map<String, Value> {
    let any = |answers: &&&Vec<Stage>| answers.iter().any(|stage| *stage >= goal);
    let passed = prompts.iter().filter(any).count();
    let pairs = [
        ("total", json!(prompts.len())),
        ("passed", json!(passed)),
        ("pass_rate", json!(passed as f64 / prompts.len() as f64)),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The unbiased estimator, for every k that all problems have answers for; theirs drops the others, too.
fn at_k(prompts: &[&Vec<Stage>], goal: Stage, ks: &[u64]) -> Map<String, Value> {
    let mean = |k: usize| -> Option<f64> {
        let one = |answers: &&Vec<Stage>| {
            let reached = answers.iter().filter(|stage| **stage >= goal).count();
            pass_at_k(answers.len(), reached, k)
        };
        let all: Vec<f64> = prompts.iter().map(one).collect::<Option<_>>()?;
        Some(all.iter().sum::<f64>() / all.len() as f64)
    };
    let found = ks
        .iter()
        .filter_map(|k| Some((k.to_string(), mean(usize::try_from(*k).ok()?)?.into())));
    found.collect()
}

/// What judging took is the sum of its programs' wall times. Answers are generated side by side, and the time of all
/// of them is not in the records.
fn timing(from: &Source<'_>) -> Value {
    let wall: u64 = judged(from.run, from.model)
        .map(|verdict| verdict.wall_ns)
        .sum();
    json!({
        "generation_time": null,
        "verification_time": wall as f64 / NANOS,
        "total_time": null,
    })
}

/// The scorecard's pass@1 of each suite, with its interval over problems.
fn strict(from: &Source<'_>) -> Value {
    let mut found = Map::new();
    for section in &from.card.sections {
        let rows = section.rows.iter().filter(|row| row.metric == "pass_at_1");
        let mut cells = rows
            .flat_map(|row| &row.cells)
            .filter(|cell| cell.model == from.model);
        if let (Some(suite), Some(cell)) = (&section.suite, cells.next()) {
            let interval = cell.interval.as_ref().map(|found| [found.lo, found.hi]);
            found.insert(
                suite.clone(),
                json!({"pass_at_1": cell.value, "interval": interval, "level": from.card.level, "n": cell.n}),
            );
        }
    }
    Value::Object(found)
}

fn path_of<'a>(from: &'a Source<'_>) -> Option<&'a str> {
    let mut models = from.run.header.models.iter();
    let found = models.find(|record| record.name == from.model);
    found.map(|record| record.path.as_str())
}
