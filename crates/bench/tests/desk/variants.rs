//! A family of shapes, measured on toys.

use bench::Plan;
use bench::plan::{CodePlan, Shape, VariantsPlan};
use engine::toy::Toy;
use serde_json::json;

use super::{complete, folder, subject, values};

fn shape(model: &str, long: bool) -> Shape {
    Shape {
        model: model.into(),
        shape: "smallcoder-tiny".into(),
        title: "SmallCoder-Tiny".into(),
        precision: "q8_0".into(),
        parameters: 100_092_672,
        layers: 12,
        context: if long { 64 } else { 32 },
        long,
        checkpoint: None,
        tokenizer: None,
    }
}

fn family(shapes: Vec<Shape>) -> VariantsPlan {
    VariantsPlan {
        prompt_tokens: 8,
        generate_tokens: 4,
        repeats: 3,
        ..VariantsPlan::of(shapes)
    }
}

fn plan(variants: VariantsPlan, code: Option<CodePlan>) -> Plan {
    let mut plan = Plan::smoke(42, 1);
    (plan.memory, plan.perplexity, plan.latency) = (None, None, None);
    plan.code = code;
    plan.variants = Some(variants);
    plan
}

#[test]
fn plain_shapes_are_timed_from_the_start_and_long_ones_at_the_end_of_their_context() {
    let folder = folder();
    let models = [Toy::new(1), Toy::new(2)];
    let subjects = [subject("plain", &models[0]), subject("long", &models[1])];
    let family = family(vec![shape("plain", false), shape("long", true)]);
    let run = complete(folder.path(), &subjects, &plan(family, None)).unwrap();
    let speeds = values(&run, "decode_tokens_per_s");
    let of = |model: &str| speeds.iter().find(|m| m.model == model).unwrap();
    assert_eq!(speeds.len(), 2, "each is measured once");
    assert_eq!(of("plain").conditions["depth"], json!(0));
    assert_eq!(of("long").conditions["depth"], json!(64 - 12));
    assert_eq!(of("long").values.len(), 3);
    for found in values(&run, "kv_logical_bytes") {
        let context = if found.model == "long" { 64 } else { 32 };
        assert_eq!(found.conditions["context_tokens"], json!(context));
        assert_eq!(found.values, [f64::from(context) * 128.0]);
        assert_eq!(found.benchmark, "variants");
    }
    let whole = run.measurements.iter().all(|m| m.benchmark == "variants");
    assert!(whole, "nothing stands in another benchmark's name");
}

#[test]
fn weights_that_know_nothing_are_not_asked_for_code() {
    let folder = folder();
    let models = [Toy::new(1), Toy::new(2), Toy::new(3)];
    let names = ["untrained", "trained", "wordless"];
    let subjects: Vec<_> = names
        .iter()
        .zip(&models)
        .map(|(name, model)| subject(name, model))
        .collect();
    let mut shapes: Vec<Shape> = names.iter().map(|name| shape(name, false)).collect();
    for (at, tokenizer) in [(1, "./folder"), (2, "bytes")] {
        shapes[at].checkpoint = Some("x.pt".into());
        shapes[at].tokenizer = Some(tokenizer.into());
    }
    let mut code = Plan::smoke(42, 1).code.unwrap();
    code.suites = vec!["python-core".into()];
    code.limit = Some(1);
    let plan = plan(family(shapes), Some(code));
    let run = complete(folder.path(), &subjects, &plan).unwrap();
    let asked: Vec<&str> = run.attempts.iter().map(|a| a.key.model.as_str()).collect();
    assert_eq!(asked, ["trained"]);
}

#[test]
fn a_context_that_prompt_and_answer_do_not_fit_into_is_refused() {
    let mut small = shape("plain", false);
    small.context = 11;
    let said = plan(family(vec![small]), None).check().unwrap_err();
    assert!(
        said.contains("SmallCoder-Tiny") && said.contains("--context"),
        "{said}"
    );
    let enough = family(vec![shape("plain", false)]);
    assert_eq!(plan(enough, None).check(), Ok(()));
}
