//! What a plan will do, said before it is done.

use bench::Plan;
use task::Suite;

use super::{reading, sweep};
use crate::words::count;

/// What a plan will do, a line for each benchmark.
pub(super) fn describe(plan: &Plan, suites: &[Suite]) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(memory) = &plan.memory {
        lines.extend(sweep::describe(memory));
    }
    if let Some(family) = &plan.variants {
        lines.push(sweep::describe_family(family));
    }
    if let Some(code) = &plan.code {
        let suites: Vec<String> = suites
            .iter()
            .map(|suite| {
                let n = code.limit.unwrap_or(usize::MAX).min(suite.problems.len());
                format!("{} ({})", suite.name, count(n, "problem"))
            })
            .collect();
        lines.push(format!(
            "code        {}, {} of each",
            suites.join(", "),
            count(code.samples as usize, "completion")
        ));
    }
    if let Some(perplexity) = &plan.perplexity {
        lines.push(format!(
            "perplexity  {} by the protocol {}",
            perplexity.texts.join(", "),
            perplexity.protocol.name()
        ));
    }
    if let Some(divergence) = &plan.divergence {
        let caches = match divergence.caches.is_empty() {
            true => String::new(),
            false => format!(
                "; the first model with cache {}",
                divergence.caches.join(" and ")
            ),
        };
        lines.push(format!(
            "divergence  from the first model on {}{caches}",
            divergence.texts.join(", ")
        ));
    }
    lines.extend(reading::describe(plan));
    if let Some(latency) = &plan.latency {
        lines.push(format!(
            "latency     prompts of {} tokens, {} tokens after each, {} timed runs{}",
            list(&latency.prompt_tokens),
            list(&latency.generate_tokens),
            latency.repeats,
            match latency.points(plan.threads).len() {
                n if n > latency.prompt_tokens.len() => format!(", {n} combinations"),
                _ => String::new(),
            }
        ));
    }
    lines
}

pub(super) fn list(numbers: &[usize]) -> String {
    numbers
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(" and ")
}
