//! `whet data generate` and `whet data ls`: problem families, and files of their problems.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::json;
use task::family::{self, Family};
use task::{Language, Problem, Target, shelf};

use crate::cli::{Format, Generated, Split};
use crate::command::models::place;
use crate::exit::{Exit, Usage};
use crate::terminal::Terminal;

/// The seed of the examples in the list.
const EXAMPLE_SEED: u64 = 1;

pub(super) fn list(names: &[String], format: Format, terminal: &Terminal) -> Result<Exit> {
    let families = named(names)?;
    let examples: Vec<(&Family, Problem)> = families
        .iter()
        .filter_map(|family| {
            let made = family::problems(&[family], Language::Cpp, 1, EXAMPLE_SEED);
            Some((*family, made.into_iter().next()?))
        })
        .collect();
    let text = match format {
        Format::Json => {
            let rows: Vec<_> = examples.iter().map(as_json).collect();
            serde_json::to_string_pretty(&rows)?
        }
        Format::Table => examples.iter().map(as_text).collect(),
    };
    terminal.result(&text)?;
    let n_demo = families.iter().filter(|family| family.bundled.is_some());
    let (n, n_demo) = (families.len(), n_demo.count());
    terminal.note(&format!(
        "{n} families: {n_demo} of cpp-demo, {} that no bundled suite has",
        n - n_demo
    ));
    Ok(Exit::Done)
}

fn group(family: &Family) -> &'static str {
    match family.bundled {
        Some(_) => "demo",
        None => "unseen",
    }
}

fn as_json((family, example): &(&Family, Problem)) -> serde_json::Value {
    json!({
        "name": family.name,
        "group": group(family),
        "difficulty": family.difficulty,
        "example": {"prompt": example.prompt, "expected_output": output(example)},
    })
}

fn as_text((family, example): &(&Family, Problem)) -> String {
    format!(
        "{} ({}, {})\n  {}\n  → {}\n",
        family.name,
        group(family),
        family.difficulty,
        example.prompt,
        output(example).replace('\n', " ⏎ ")
    )
}

fn output(problem: &Problem) -> &str {
    match &problem.target {
        Target::Output(text) => text,
        _ => "",
    }
}

fn named(names: &[String]) -> Result<Vec<&'static Family>, Usage> {
    family::named(names).map_err(|error| Usage(format!("{error}; `whet data ls` shows them")))
}

pub(super) fn run(flags: &Generated, terminal: &Terminal) -> Result<Exit> {
    let families = named(&flags.families)?;
    let place = |path: &Path| place(Some(path), "", flags.force);
    let output = place(&flags.output)?;
    let beside = flags.split.as_ref().map(|split| beside(&output, split));
    let beside = beside.map(|path| place(&path)).transpose()?;
    let language = flags.language.of_task();
    let wanted = flags.n as usize;
    let problems = family::problems(&families, language, wanted, flags.seed);
    if problems.len() < wanted {
        terminal.note(&format!(
            "Note: these families have only {} different problems to give, not {wanted}.",
            problems.len()
        ));
    }
    let Some((split, beside)) = flags.split.as_ref().zip(beside) else {
        write(&output, &problems, language)?;
        count(&families, &[("problems", &problems)], terminal);
        terminal.result(&output.display().to_string())?;
        return Ok(Exit::Done);
    };
    let (rest, held) = family::split(problems, split.share);
    if held.is_empty() {
        return Err(Usage(format!(
            "cannot split {} problems so that {} of them are {}: ask for more with -n",
            rest.len(),
            split.share,
            split.name
        ))
        .into());
    }
    write(&output, &rest, language)?;
    write(&beside, &held, language)?;
    count(
        &families,
        &[("problems", &rest), (&split.name, &held)],
        terminal,
    );
    terminal.result(&format!("{}\n{}", output.display(), beside.display()))?;
    Ok(Exit::Done)
}

/// `demo.held-out.jsonl` for `demo.jsonl`.
fn beside(output: &Path, split: &Split) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}.{}.jsonl", split.name))
}

fn write(path: &Path, problems: &[Problem], language: Language) -> Result<()> {
    super::write(path, &shelf::programs::write(problems, language))
}

/// Says how many problems each family gave to each part.
fn count(families: &[&Family], parts: &[(&str, &Vec<Problem>)], terminal: &Terminal) {
    let mut text = format!("{:<24}", "FAMILY");
    for (name, _) in parts {
        text += &format!(" {name:>10}");
    }
    let mut line = |name: &str, counts: Vec<usize>| {
        text += &format!("\n{name:<24}");
        for count in counts {
            text += &format!(" {count:>10}");
        }
    };
    for family in families {
        let is_its = |problem: &&Problem| problem.tags.iter().any(|tag| tag == family.name);
        let counts = parts
            .iter()
            .map(|(_, part)| part.iter().filter(is_its).count());
        line(family.name, counts.collect());
    }
    line("all", parts.iter().map(|(_, part)| part.len()).collect());
    terminal.note(&text);
}
