//! `whet bench variants`: which shapes, in which files.
//!
//! The record of a run begins with the hash of every file, so all files are made before the first is measured;
//! making one again takes seconds and gives the same bytes, so they need not stay.

mod files;

use std::path::Path;

use anyhow::Result;
use bench::Plan;
use bench::plan::{CodePlan, Shape, VariantsPlan};
use model::variants::{self, Variant};

use super::order::Order;
use crate::cli::{Bench, VariantsFlags};
use crate::compute::Compute;
use crate::exit::{Exit, Usage};
use crate::subject::{self, Finder};
use crate::terminal::Terminal;
pub(in crate::command) use files::agree;
pub(super) use files::{make, sweep_up};

/// The problems that trained weights are asked: those that the family's own script for variants scores by keywords.
const SUITE: &str = "python-variants";

/// Prints the shapes.
pub(super) fn list(terminal: &Terminal) -> Result<Exit> {
    let mut text = format!(
        "{:<20} {:>12} {:>7} {:>8} {:>8} {:>8}\n",
        "NAME", "PARAMETERS", "LAYERS", "CONTEXT", "F16", "Q4_0"
    );
    for variant in variants::ALL {
        let size = |precision| subject::size(variant.tensor_bytes(precision));
        text += &format!(
            "{:<20} {:>12} {:>7} {:>8} {:>8} {:>8}\n",
            variant.name,
            variant.parameters(),
            variant.layers(),
            variant.context(),
            size(model::Precision::F16),
            size(model::Precision::Q4_0)
        );
    }
    terminal.result(&text)?;
    terminal.note("A shape with -lc has the same weights as the one without, and a longer limit.");
    Ok(Exit::Done)
}

/// The plan that the flags describe. Nothing is made for it.
pub(super) fn plan(flags: &Bench, asked: &VariantsFlags) -> Result<Plan> {
    let mut shapes = Vec::new();
    for variant in chosen(asked)? {
        for precision in &asked.precision {
            shapes.push(shape(&variant, precision.of_model(), asked)?);
        }
    }
    let mut family = VariantsPlan::of(shapes);
    family.keep = asked.keep;
    family.repeats = asked.repeats.unwrap_or(family.repeats);
    family.generate_tokens = asked.generate_tokens.unwrap_or(family.generate_tokens);
    if let Some(context) = asked.context {
        let room = context.saturating_sub(family.generate_tokens);
        family.prompt_tokens = family.prompt_tokens.min(room);
    }
    let Compute { threads, device } = Compute::asked(flags.run.threads, &flags.run.device);
    let mut plan = Plan::quick(flags.run.seed, threads);
    plan.device = device;
    plan.preset = "variants".into();
    (plan.perplexity, plan.memory, plan.latency) = (None, None, None);
    plan.code = plan
        .code
        .filter(|_| family.shapes.iter().any(Shape::has_quality));
    if let Some(code) = &mut plan.code {
        greedy(code, asked.prompts);
    }
    plan.variants = Some(family);
    plan.check().map_err(Usage)?;
    Ok(plan)
}

/// One greedy answer to each problem.
fn greedy(code: &mut CodePlan, prompts: Option<usize>) {
    code.suites = vec![SUITE.to_owned()];
    (code.samples, code.temperature) = (1, 0.0);
    code.limit = prompts;
}

fn chosen(asked: &VariantsFlags) -> Result<Vec<Variant>> {
    if asked.all {
        return Ok(variants::ALL.to_vec());
    }
    if asked.names.is_empty() {
        return Ok(variants::ALL.into_iter().filter(|v| !v.is_long()).collect());
    }
    let find = |name: &String| -> Result<Variant> {
        let lower = name.to_lowercase();
        Variant::find(&lower).ok_or_else(|| {
            let names = variants::ALL.map(|variant| variant.name);
            Usage(format!(
                "there is no shape {name}; there are {}",
                names.join(", ")
            ))
            .into()
        })
    };
    let mut found: Vec<Variant> = Vec::new();
    for variant in asked.names.iter().map(find) {
        let variant = variant?;
        if !found.contains(&variant) {
            found.push(variant);
        }
    }
    Ok(found)
}

fn shape(variant: &Variant, precision: model::Precision, asked: &VariantsFlags) -> Result<Shape> {
    let checkpoint = asked
        .checkpoints
        .as_deref()
        .map(|folder| checkpoint(folder, variant));
    let checkpoint = checkpoint.transpose()?.flatten();
    if checkpoint.is_some() && asked.tokenizer.is_none() {
        return Err(Usage(format!(
            "there are trained weights of {}, and they hold no tokenizer; add --tokenizer FOLDER, or --tokenizer bytes for speed and memory alone",
            variant.name
        ))
        .into());
    }
    let state = if checkpoint.is_some() {
        "trained"
    } else {
        "untrained"
    };
    Ok(Shape {
        model: format!("{}-{state}-{}", variant.name, precision.name()),
        shape: variant.name.to_owned(),
        title: variant.title.to_owned(),
        precision: precision.name().to_owned(),
        parameters: variant.parameters(),
        layers: variant.layers(),
        context: asked.context.unwrap_or(variant.context() as usize),
        long: variant.is_long(),
        tokenizer: asked.tokenizer.clone().filter(|_| checkpoint.is_some()),
        checkpoint,
    })
}

/// The trained weights of a shape in that folder, under the name that the family's own benchmark looks for: a checkpoint
/// of PyTorch, or a folder as `whet train pretrain` writes it.
fn checkpoint(folder: &Path, variant: &Variant) -> Result<Option<String>> {
    if !folder.is_dir() {
        let what = format!(
            "--checkpoints {}: there is no such folder",
            folder.display()
        );
        return Err(Usage(what).into());
    }
    let name = format!("pretrained_{}", variant.name.replace('-', "_"));
    let (file, own) = (folder.join(format!("{name}.pt")), folder.join(name));
    let found = match file.is_file() {
        true => Some(file),
        false => Some(own).filter(|own| own.join("config.json").is_file()),
    };
    Ok(found.map(|path| path.display().to_string()))
}

impl Order {
    /// The order of a new run, whose files are then there; whoever asks for it has agreed to them. `None` if the user stopped that.
    pub(in crate::command) fn of_shapes(plan: Plan, finder: &Finder<'_>) -> Result<Option<Order>> {
        let family = plan.variants.as_ref().expect("a plan of variants has some");
        let paths = files::paths(family, plan.seed)?;
        if !make(family, plan.seed, &paths, finder)? {
            return Ok(None);
        }
        let names = family.shapes.iter().map(|shape| shape.model.clone());
        let names = names.collect();
        let paths = paths.iter().map(|path| path.display().to_string());
        let order = Order::of_plan(plan, paths.collect(), finder)?;
        Ok(Some(Order { names, ..order }))
    }
}
