//! The memory benchmark as it was asked for, and in words; a family of shapes in words.

use bench::plan::{MemoryPlan, VariantsPlan};

use super::describe::list;
use super::order::replace;
use crate::cli::{Bench, Numbers};

/// The preset's plan with the user's changes. By itself the benchmark sweeps all cache types and tells their
/// quality as well.
pub(super) fn change(memory: &mut MemoryPlan, flags: &Bench) {
    if flags.thorough {
        memory.caches = ["f16", "q8_0", "q4_0"].map(String::from).to_vec();
    }
    replace(
        &mut memory.contexts,
        Numbers::all(&flags.speed.contexts.contexts),
    );
    replace(&mut memory.caches, flags.speed.cache.cache.clone());
    let asked = &flags.filling;
    replace(&mut memory.sequences, Numbers::all(&asked.sequences));
    memory.peak = !asked.no_peak;
    memory.kvcache = !asked.no_kvcache;
    if flags.thorough && !asked.no_quality {
        memory.quality = MemoryPlan::bundled_quality(&memory.caches);
    }
}

/// What will be done, a line for each part.
pub(super) fn describe(memory: &MemoryPlan) -> Vec<String> {
    let side_by_side = match memory.sequences.as_slice() {
        [1] => String::new(),
        several => format!(", {} sequences side by side", list(several)),
    };
    let mut lines = vec![format!(
        "memory      {} tokens of context{side_by_side}, cache {}",
        list(&memory.contexts),
        memory.caches.join(" and ")
    )];
    if let Some(quality) = &memory.quality {
        let n_chunks = quality.limit_chunks.unwrap_or(usize::MAX);
        lines.push(format!(
            "quality     {} against f16 on {n_chunks} chunks of {} tokens of {}",
            quality.caches.join(" and "),
            quality.context,
            quality.texts.join(" and ")
        ));
    }
    lines
}

/// A line about the shapes of a family.
pub(super) fn describe_family(family: &VariantsPlan) -> String {
    let contexts = family.shapes.iter().map(|shape| shape.context);
    let (least, most) = contexts.fold((usize::MAX, 0), |(least, most), n| {
        (least.min(n), most.max(n))
    });
    let contexts = match least == most {
        true => most.to_string(),
        false => format!("{least} to {most}"),
    };
    format!(
        "variants    memory at {contexts} tokens; {} tokens after prompts of {}, {} timed runs of each",
        family.generate_tokens, family.prompt_tokens, family.repeats
    )
}
