//! Which of our code suites are tasks of the harness, and how far a model was asked as that task asks.

use ledger::record::ModelRecord;
use serde_json::{Value, json};

use super::super::Source;
use super::PLAIN;
use crate::join::is_brought_in;
use crate::view::plan_of;

/// A task of theirs that has the problems of a suite.
pub(super) struct Task {
    /// Of the suite, in small letters and without `-` and `_`; `plus` is `+`.
    suite: &'static str,
    /// What they call the task.
    pub(super) name: &'static str,
    /// What they call pass@1 there.
    pub(super) metric: &'static str,
    /// The function that computes it, which says in which direction it is better.
    pub(super) function: &'static str,
    /// What is done with an answer before it is scored.
    pub(super) filter: &'static str,
    /// Our wording that is theirs, and its number of solved examples.
    wording: Option<(&'static str, u32)>,
}

const fn stubs(suite: &'static str, name: &'static str) -> Task {
    Task {
        suite,
        name,
        metric: "pass@1",
        function: "pass_at_k",
        filter: "create_test",
        wording: Some(("raw", 0)),
    }
}

/// Three solved problems stand before the one that is asked, which no wording of ours does.
const fn words(suite: &'static str, name: &'static str) -> Task {
    Task {
        suite,
        name,
        metric: "pass_at_1",
        function: "pass_at_1",
        filter: PLAIN,
        wording: None,
    }
}

const TASKS: [Task; 4] = [
    stubs("humaneval", "humaneval"),
    stubs("humaneval+", "humaneval_plus"),
    words("mbpp", "mbpp"),
    words("mbpp+", "mbpp_plus"),
];
/// The wordings of models with and without a chat template, where the plan names none.
const FITTING: [&str; 2] = ["evalplus-chat", "evalplus-base"];

/// The task that asks the problems of a suite, however its name is written.
pub(super) fn task(suite: &str) -> Option<&'static Task> {
    let name = suite.to_lowercase().replace(['-', '_'], "");
    let name = name.replace("plus", "+");
    TASKS.iter().find(|task| task.suite == name)
}

/// How a task of code was asked, as far as that is known; `num_fewshot` only where it was asked as they ask.
pub(super) fn config(from: &Source<'_>, name: &str) -> Value {
    let task = TASKS.iter().find(|task| task.name == name);
    let theirs = task.and_then(|task| task.wording);
    let Some((plan, model)) = plan(from) else {
        return json!({"task": name, "wording": null, "note": "how it was asked is not known"});
    };
    let named = plan.get("prompt").and_then(Value::as_str);
    let fitting = FITTING[usize::from(model.chat_template_sha256.is_none())];
    let wording = named.unwrap_or(fitting);
    let said = |name: &str| plan.get(name).cloned().unwrap_or_default();
    let temperature = said("temperature");
    let mut config = json!({
        "task": name,
        "wording": wording,
        "repeats": said("samples"),
        "generation_kwargs": {
            "do_sample": temperature.as_f64().is_some_and(|number| number > 0.0),
            "temperature": temperature,
            "top_p": said("top_p"),
            "top_k": said("top_k"),
        },
    });
    match theirs.filter(|(known, _)| *known == wording) {
        Some((_, shots)) => config["num_fewshot"] = shots.into(),
        None => {
            let note = format!("asked in the wording {wording} of whet, not in that of {name}");
            config["note"] = note.into();
        }
    }
    config
}

/// The model, and the plan by which it was asked; nothing where the plan is another run's.
fn plan<'a>(from: &Source<'a>) -> Option<(&'a Value, &'a ModelRecord)> {
    let mut models = from.run.header.models.iter();
    let model = models.find(|model| model.name == from.model)?;
    let plan = plan_of(from.run, model)?.get("code")?;
    (!is_brought_in(from.run)).then_some((plan, model))
}
