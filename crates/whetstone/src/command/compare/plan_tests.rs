//! What reports take a missing key of a plan for is what the plan itself takes it for.

use bench::Plan;
use bench::plan::{
    AccuracyPlan, ContextPlan, DivergencePlan, Drafting, MemoryPlan, SpeculationPlan,
};
use ledger::Run;
use ledger::record::ModelRecord;
use serde_json::{Map, Value, json};

use crate::provenance;

/// A plan in which every benchmark is asked for.
fn everything() -> Plan {
    let mut plan = Plan::quick(42, 2);
    plan.divergence = Some(DivergencePlan::bundled());
    plan.accuracy = Some(AccuracyPlan::bundled());
    plan.context = Some(ContextPlan::usual());
    plan.memory = plan.memory.map(|memory| MemoryPlan {
        quality: MemoryPlan::bundled_quality(&memory.caches),
        ..memory
    });
    plan.speculation = Some(SpeculationPlan {
        modes: vec![Drafting::Target, Drafting::Ngram],
        prompts: "prompts".into(),
        sha256: "ab".into(),
        limit: None,
        max_tokens: 64,
        iterations: 3,
        draft_length: None,
        most_drafted: 8,
        whole_tiles: false,
        adapter: None,
        adapter_skipped: None,
    });
    plan
}

fn run(plan: Value) -> Run {
    let model = ModelRecord {
        name: "toy".into(),
        path: "toy.gguf".into(),
        sha256: "ab".repeat(32),
        file_bytes: 1,
        facts: Default::default(),
        chat_template_sha256: None,
        adapter: None,
    };
    let mut header = provenance::bare(std::slice::from_ref(&model), 42);
    header.plan = plan;
    header.models = vec![model];
    Run::new(header)
}

/// What is said of two plans; nothing if they ask for the same.
fn said(first: &Value, other: &Value) -> Option<String> {
    let joined = report::join(&[run(first.clone()), run(other.clone())]).unwrap();
    let mut found = joined.warnings.into_iter();
    Some(
        found
            .find(|warning| warning.kind == "unlike_plans")?
            .message,
    )
}

fn written(plan: &Plan) -> Value {
    serde_json::to_value(plan).unwrap()
}

#[test]
fn a_key_that_may_be_missing_is_taken_for_what_the_plan_takes_it_for() {
    let whole = written(&everything());
    let benchmarks = whole.as_object().unwrap().iter();
    let benchmarks = benchmarks.filter_map(|(name, value)| Some((name, value.as_object()?)));
    let mut n_may_be_missing = 0;
    for (benchmark, settings) in benchmarks {
        for key in settings.keys() {
            let mut old = whole.clone();
            let part: &mut Map<String, Value> = old[benchmark].as_object_mut().unwrap();
            part.remove(key);
            let Ok(read) = serde_json::from_value::<Plan>(old.clone()) else {
                continue;
            };
            n_may_be_missing += 1;
            assert_eq!(said(&old, &written(&read)), None, "{benchmark}.{key}");
        }
    }
    assert!(n_may_be_missing > 20, "{n_may_be_missing}");
}

#[test]
fn keys_that_had_other_names_or_no_lists_are_the_same_keys() {
    let new = written(&everything());
    let mut old = new.clone();
    let speed = old["latency"].as_object_mut().unwrap();
    speed.remove("caches");
    speed.insert("cache".into(), json!("f16"));
    speed.insert("generate_tokens".into(), json!(64));
    assert!(serde_json::from_value::<Plan>(old.clone()).is_ok());
    assert_eq!(said(&old, &new), None);
    old["latency"]["cache"] = json!("q8_0");
    let other = said(&old, &new).unwrap();
    assert!(other.ends_with("caches q8_0 and f16"), "{other}");
}
