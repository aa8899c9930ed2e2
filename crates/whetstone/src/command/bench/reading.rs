//! What models are given to read: texts, questions with choices, contexts that grow.

use bench::Plan;
use bench::plan::{AccuracyPlan, ContextPlan};

use super::describe::list;
use super::order::{replace, set};
use crate::cli::{Bench, Numbers, Part, Protocol, Shape, TextsFlags};
use crate::words::count;

/// The user's changes to the plan.
pub(super) fn change(plan: &mut Plan, flags: &Bench) {
    change_texts(plan, flags);
    if flags.only.contains(&Part::Accuracy) {
        plan.accuracy = Some(accuracy(flags));
    }
    if flags.only.contains(&Part::Context) {
        plan.context = Some(context(flags));
    }
}

fn change_texts(plan: &mut Plan, flags: &Bench) {
    let TextsFlags {
        text,
        field,
        context,
        limit_chunks,
    } = &flags.text.texts;
    // Outside of their own commands the flags are not there, and the plan stays as it is.
    let field = if field.is_empty() { "text" } else { field };
    if let Some(perplexity) = &mut plan.perplexity {
        perplexity.protocol = match flags.text.cutting.protocol {
            Protocol::Passages => bench::Protocol::Passages,
            Protocol::LlamaCpp => bench::Protocol::LlamaCpp,
            Protocol::Gptq => bench::Protocol::Gptq,
            Protocol::Sliding => bench::Protocol::Sliding,
            Protocol::Rows => bench::Protocol::Rows,
            Protocol::LmEval => bench::Protocol::LmEval,
        };
        perplexity.stride = flags.text.cutting.stride;
        perplexity.context = *context;
        perplexity.limit_chunks = *limit_chunks;
        field.clone_into(&mut perplexity.field);
        if !text.is_empty() {
            perplexity.texts.clone_from(text);
        }
    }
    if let Some(divergence) = &mut plan.divergence {
        divergence.caches.clone_from(&flags.text.caches);
        set(&mut divergence.context, context);
        divergence.limit_chunks = *limit_chunks;
        field.clone_into(&mut divergence.field);
        if !text.is_empty() {
            divergence.texts.clone_from(text);
        }
    }
}

fn accuracy(flags: &Bench) -> AccuracyPlan {
    let asked = &flags.reading.choices;
    let mut plan = AccuracyPlan::bundled();
    replace(&mut plan.suites, asked.suite.clone());
    plan.limit = asked.limit;
    plan.shape = asked.shape.map(|shape| match shape {
        Shape::Hellaswag => task::Shape::Hellaswag,
        Shape::Arc => task::Shape::Arc,
        Shape::Piqa => task::Shape::Piqa,
        Shape::Winogrande => task::Shape::Winogrande,
        Shape::Boolq => task::Shape::Boolq,
        Shape::Generic => task::Shape::Generic,
    });
    plan
}

fn context(flags: &Bench) -> ContextPlan {
    let asked = &flags.reading;
    let mut plan = ContextPlan::usual();
    replace(&mut plan.contexts, Numbers::all(&asked.lengths));
    replace(&mut plan.caches, asked.caches.clone());
    set(&mut plan.piece_tokens, &asked.growth.piece);
    set(&mut plan.generate_tokens, &asked.growth.generate_tokens);
    set(&mut plan.repeats, &asked.growth.repeats);
    if let Some(recall) = &mut plan.recall {
        set(&mut recall.keys, &asked.growth.keys);
    }
    plan.recall = plan.recall.filter(|_| !asked.growth.no_recall);
    plan
}

/// What of it a plan will do, a line for each benchmark.
pub(super) fn describe(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(accuracy) = &plan.accuracy {
        let limit = accuracy.limit.map_or_else(String::new, |n| {
            format!(", the first {} of each", count(n, "problem"))
        });
        lines.push(format!("accuracy    {}{limit}", accuracy.suites.join(", ")));
    }
    if let Some(context) = &plan.context {
        let lengths = match context.contexts.is_empty() {
            true => "2048 to 32768 tokens, as far as the model goes".to_owned(),
            false => format!("{} tokens", list(&context.contexts)),
        };
        let asked = context.recall.as_ref().map_or_else(String::new, |recall| {
            format!(", {} questions at each", recall.places.len() * recall.keys)
        });
        lines.push(format!(
            "context     {lengths}, cache {}, {} timed runs{asked}",
            context.caches.join(" and "),
            context.repeats
        ));
    }
    lines
}
