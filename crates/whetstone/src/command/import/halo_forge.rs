//! halo-forge's files: results of `benchmark run`, `summary.json` of `benchmark full`, and lines of samples. Ours in the
//! same forms are read, too.
//!
//! A number is called by what it is, and not by what it is called there. `pass_at_1` of a summary is the share of
//! prompts of which any sample compiles. In results of `benchmark run`, "passed" is whatever the verifier asked for, and
//! the file does not say which one that was: such numbers are only called *verified*. Samples become attempts with
//! verdicts, so that rates have intervals over prompts and two files are paired. What is not taken over: hardware,
//! times, what happened between the first and the last evaluation, and the rate of tokens, which counts padding.

mod samples;

use ledger::record::{Measurement, Told};
use serde_json::{Map, Value, json};

use super::json::{Document, need, shown};
use super::{Foreign, Named, Source};
pub(super) use samples::read as samples;

const PROGRAM: &str = "halo-forge";
/// Samples of a prompt for which our list of metrics has "any compiles".
const UPSTREAM: u64 = 8;

/// The one object that a file has to be.
fn only<'a>(document: &'a Document, what: &str) -> Result<(&'a str, &'a Value), String> {
    match document.values.as_slice() {
        [(place, file)] if file.is_object() => Ok((place, file)),
        _ => Err(format!("{what} of halo-forge is one object")),
    }
}

fn new(name: String, path: String) -> Foreign {
    let mut foreign = Foreign {
        program: PROGRAM,
        ..Foreign::default()
    };
    foreign.model(Named {
        name,
        path,
        ..Named::default()
    });
    foreign
}

/// Results of `benchmark run`; those that we write count right answers at the top and compiled ones below.
pub(super) fn results(document: &Document, source: &Source<'_>) -> Result<Foreign, String> {
    let (place, file) = only(document, "a file of results")?;
    let path = file
        .get("model_path")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let stem = path.rsplit('/').next().unwrap_or(path);
    let stem = stem.strip_suffix(".gguf").unwrap_or(stem);
    let mut foreign = new(source.model(Some(stem)), path.to_owned());
    match file.get("compiles") {
        Some(compiles) => {
            foreign.program = "whet, in halo-forge's form";
            block(&mut foreign, file, place, &Names::RIGHT)?;
            block(&mut foreign, compiles, "compiles", &Names::COMPILED)?;
        }
        None => block(&mut foreign, file, place, &Names::VERIFIED)?,
    }
    Ok(foreign)
}

/// What a block of counts is called here.
struct Names {
    any: &'static str,
    once: &'static str,
    at: &'static str,
    ending: &'static str,
}

impl Names {
    const RIGHT: Names = Names {
        any: "any_right_rate",
        once: "pass_at_1",
        at: "pass_at_",
        ending: "",
    };
    const COMPILED: Names = Names {
        any: "any_compiles_rate",
        once: "compile_rate",
        at: "compile_at_",
        ending: "",
    };
    const VERIFIED: Names = Names {
        any: "any_verified_rate",
        once: "verified_rate",
        at: "verified_at_",
        ending: "_rate",
    };

    fn at_k(&self, k: u64) -> String {
        match k {
            1 => self.once.to_owned(),
            k => format!("{}{k}{}", self.at, self.ending),
        }
    }
}

fn block(foreign: &mut Foreign, block: &Value, place: &str, names: &Names) -> Result<(), String> {
    let total = need(block, place, "total", Value::as_u64)?;
    let at_k = need(block, place, "pass_at_k", Value::as_object)?;
    let categories = need(block, place, "by_category", Value::as_object)?;
    let whole = match Vec::from_iter(categories.keys()).as_slice() {
        [one] => one.as_str(),
        _ => "all categories",
    };
    any(foreign, block, (place, whole), names)?;
    for (k, value) in at_k {
        let place = format!("{place}: `pass_at_k`");
        let number = k
            .parse()
            .map_err(|_| format!("{place}: `{k}` is no number"))?;
        let value = share(value, &place, k)?;
        foreign.told((&names.at_k(number), whole), value, total);
    }
    if categories.len() > 1 {
        for (category, counts) in categories {
            let place = format!("{place}: by_category.{category}");
            any(foreign, counts, (&place, category), names)?;
        }
    }
    Ok(())
}

/// Prompts of which any answer passed, from their numbers rather than from their rounded share.
fn any(
    foreign: &mut Foreign,
    counts: &Value,
    (place, suite): (&str, &str),
    names: &Names,
) -> Result<(), String> {
    let total = need(counts, place, "total", Value::as_u64)?;
    let passed = need(counts, place, "passed", Value::as_u64)?;
    if total == 0 || passed > total {
        return Err(format!("{place}: {passed} of {total} prompts cannot be"));
    }
    foreign.told((names.any, suite), passed as f64 / total as f64, total);
    Ok(())
}

/// `summary.json`: the evaluations before and after training, as two models on the same prompts.
pub(super) fn summary(document: &Document, source: &Source<'_>) -> Result<Foreign, String> {
    let (place, file) = only(document, "a summary")?;
    let told = file.get("model_name").and_then(Value::as_str);
    let name = source.model(told.map(|name| name.rsplit('/').next().unwrap_or(name)));
    let path = told.unwrap_or_default();
    let mut foreign = new(format!("{name} (baseline)"), format!("{path}#baseline"));
    evaluation(&mut foreign, file, place, "baseline")?;
    if file.get("final").is_some_and(|last| !last.is_null()) {
        foreign.models.push(Named {
            name: format!("{name} (final)"),
            path: format!("{path}#final"),
            ..Named::default()
        });
        evaluation(&mut foreign, file, place, "final")?;
    }
    Ok(foreign)
}

fn evaluation(foreign: &mut Foreign, file: &Value, place: &str, name: &str) -> Result<(), String> {
    let told: &Map<String, Value> = need(file, place, name, Value::as_object)?;
    let told = &Value::Object(told.clone());
    let count = |field| need(told, name, field, Value::as_u64);
    let (prompts, samples) = (count("total_prompts")?, count("total_samples")?);
    let any = match samples == UPSTREAM * prompts {
        true => "any_compiles_at_8",
        false => "any_compiles_rate",
    };
    for (theirs, ours) in [
        ("pass_rate", "pass_at_1"),
        ("compile_rate", "compile_rate"),
        ("pass_at_1", any),
        ("pass_at_k", "all_compile_rate"),
    ] {
        let value = told
            .get(theirs)
            .ok_or_else(|| format!("{name}: `{theirs}` is missing"))?;
        let value = share(value, name, theirs)?;
        foreign.told((ours, "benchmark full"), value, prompts);
    }
    Ok(())
}

fn share(value: &Value, place: &str, name: &str) -> Result<f64, String> {
    let found = value.as_f64().filter(|share| (0.0..=1.0).contains(share));
    found.ok_or_else(|| {
        format!(
            "{place}: `{name}` is {}, and no share of 0 to 1",
            shown(value)
        )
    })
}

impl Foreign {
    /// Adds a share over so many prompts, of the model that came last.
    fn told(&mut self, (metric, suite): (&str, &str), value: f64, prompts: u64) {
        let model = self.models.last().map(|model| model.name.clone());
        self.measured(Measurement {
            model: model.unwrap_or_default(),
            benchmark: "imported".into(),
            metric: metric.into(),
            conditions: [("suite".to_owned(), json!(suite))].into(),
            values: vec![value],
            reason: None,
            own: None,
            told: Some(Told {
                n: Some(prompts),
                standard_error: None,
            }),
        });
    }
}
