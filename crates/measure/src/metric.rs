//! The list of everything Whetstone measures: one name for one thing.
//!
//! A metric's name is its heading in `docs/METRICS.md`, its key in JSON and its column in CSV; a
//! test holds the three together. The definitions (formula, source, pitfalls) stand in that file.

use crate::unit::{Better, Unit};

/// One measured quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// The only name of this quantity, `snake_case`.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// Which way is good.
    pub better: Better,
    /// How a person reads it in a table.
    pub title: &'static str,
}

/// Every metric, in the order in which a report shows them.
#[rustfmt::skip]
pub const METRICS: &[Metric] = &[
    metric("pass_at_1", Unit::Ratio, Better::Higher, "pass@1"),
    metric("pass_at_1_shared", Unit::Ratio, Better::Higher, "pass@1, tests in one process"),
    metric("integrity_gap", Unit::Ratio, Better::Lower, "integrity gap"),
    metric("base_right", Unit::Ratio, Better::Higher, "right on the original inputs"),
    metric("plus_right", Unit::Ratio, Better::Higher, "right on all inputs"),
    metric("tests_right_share", Unit::Ratio, Better::Higher, "share of tests passed"),
    metric("compile_rate", Unit::Ratio, Better::Higher, "compile rate"),
    metric("any_compiles_at_8", Unit::Ratio, Better::Higher, "any of 8 compiles (as upstream)"),
    metric("keyword_share", Unit::Ratio, Better::Higher, "keywords (as upstream)"),
    metric("keyword_share_whole", Unit::Ratio, Better::Higher, "keywords (whole)"),
    metric("quality_keyword", Unit::Ratio, Better::Higher, "quality: keywords"),
    metric("quality_syntax", Unit::Ratio, Better::Higher, "quality: syntax"),
    metric("quality_logic", Unit::Ratio, Better::Higher, "quality: logic"),
    metric("quality_practice", Unit::Ratio, Better::Higher, "quality: practice"),
    metric("quality_weighted", Unit::Ratio, Better::Higher, "quality, weighted sum"),
    metric("behaviour_rate", Unit::Ratio, Better::Higher, "as expected"),
    metric("behaviour_stops_naturally", Unit::Ratio, Better::Higher, "expected: stops naturally"),
    metric("behaviour_contains", Unit::Ratio, Better::Higher, "expected: contains"),
    metric("behaviour_matches", Unit::Ratio, Better::Higher, "expected: matches"),
    metric("behaviour_equals", Unit::Ratio, Better::Higher, "expected: equals"),
    metric("behaviour_refuses", Unit::Ratio, Better::Higher, "expected: refuses"),
    metric("behaviour_max_repeats", Unit::Ratio, Better::Higher, "expected: max repeats"),
    metric("truncated_share", Unit::Ratio, Better::Lower, "cut at the token limit"),
    metric("audit_disagreeing_share", Unit::Ratio, Better::Lower, "fast and slow way disagree"),
    metric("generate_tokens_per_s", Unit::TokensPerSecond, Better::Higher, "generation, all lanes"),
    metric("prefill_tokens_per_s", Unit::TokensPerSecond, Better::Higher, "prefill"),
    metric("time_to_first_token_ns", Unit::Nanoseconds, Better::Lower, "time to first token"),
    metric("prefill_operations_per_s", Unit::OperationsPerSecond, Better::Higher, "prefill, operations"),
    metric("train_tokens_per_s", Unit::TokensPerSecond, Better::Higher, "training"),
    metric("train_operations_per_s", Unit::OperationsPerSecond, Better::Higher, "training, operations"),
    metric("arithmetic_operations_per_s", Unit::OperationsPerSecond, Better::Neither, "arithmetic of the processor"),
    metric("arithmetic_share", Unit::Ratio, Better::Higher, "share of arithmetic"),
    metric("decode_tokens_per_s", Unit::TokensPerSecond, Better::Higher, "decode"),
    metric("inter_token_ns", Unit::Nanoseconds, Better::Lower, "between two tokens"),
    metric("inter_token_p90_ns", Unit::Nanoseconds, Better::Lower, "between two tokens, p90"),
    metric("inter_token_p99_ns", Unit::Nanoseconds, Better::Lower, "between two tokens, p99"),
    metric("end_to_end_ns", Unit::Nanoseconds, Better::Lower, "prompt to last token"),
    metric("end_to_end_tokens_per_s", Unit::TokensPerSecond, Better::Higher, "end to end"),
    metric("decode_bytes_per_s", Unit::BytesPerSecond, Better::Higher, "decode, bytes read"),
    metric("memory_bandwidth_bytes_per_s", Unit::BytesPerSecond, Better::Neither, "memory bandwidth"),
    metric("bandwidth_share", Unit::Ratio, Better::Higher, "share of memory bandwidth"),
    metric("speculative_speedup", Unit::Factor, Better::Higher, "speed-up against the target alone"),
    metric("decode_speedup", Unit::Factor, Better::Higher, "speed-up without the reading of prompts"),
    metric("predicted_speedup", Unit::Factor, Better::Higher, "predicted speed-up"),
    metric("lever_speedup", Unit::Factor, Better::Higher, "predicted speed-up, with help"),
    metric("break_even_acceptance", Unit::Ratio, Better::Lower, "acceptance at which nothing is lost"),
    metric("trial_acceptance", Unit::Ratio, Better::Higher, "guesses that came true, trial"),
    metric("draft_length", Unit::Count, Better::Neither, "guesses a pass, fixed"),
    metric("check_step_ns", Unit::Nanoseconds, Better::Lower, "step of the target"),
    metric("draft_step_ns", Unit::Nanoseconds, Better::Lower, "step of the draft"),
    metric("draft_read_ns", Unit::Nanoseconds, Better::Lower, "token read by the draft"),
    metric("accepted_of_drafted", Unit::Ratio, Better::Higher, "accepted of drafted"),
    metric("accepted_of_emitted", Unit::Ratio, Better::Higher, "accepted of emitted"),
    metric("accepted_at_guess", Unit::Ratio, Better::Higher, "accepted, by place of the guess"),
    metric("accepted_length_share", Unit::Ratio, Better::Neither, "passes by accepted guesses"),
    metric("tokens_per_pass", Unit::Count, Better::Higher, "tokens per pass of the target"),
    metric("answer_tokens", Unit::Tokens, Better::Neither, "tokens of an answer"),
    metric("drafting_ns", Unit::Nanoseconds, Better::Lower, "drafting, per answer"),
    metric("first_drafting_ns", Unit::Nanoseconds, Better::Lower, "first draft of an answer"),
    metric("checking_ns", Unit::Nanoseconds, Better::Lower, "looking at guesses, per answer"),
    metric("pass_drafted", Unit::Count, Better::Neither, "guesses of a pass"),
    metric("pass_accepted", Unit::Count, Better::Higher, "accepted guesses of a pass"),
    metric("equal_to_target", Unit::Ratio, Better::Higher, "answers equal to the target's own"),
    metric("difference_gap", Unit::Count, Better::Lower, "gap of the two best logits at a difference"),
    metric("added_bytes", Unit::Bytes, Better::Lower, "memory beside the target"),
    metric("model_load_ns", Unit::Nanoseconds, Better::Lower, "model load"),
    metric("weight_bytes", Unit::Bytes, Better::Lower, "weights"),
    metric("weights_mapped_bytes", Unit::Bytes, Better::Neither, "weights, mapped"),
    metric("weights_resident_bytes", Unit::Bytes, Better::Lower, "weights, mapped and resident"),
    metric("kv_logical_bytes", Unit::Bytes, Better::Lower, "KV cache, logical"),
    metric("kv_allocated_bytes", Unit::Bytes, Better::Lower, "KV cache, allocated"),
    metric("kv_ratio_to_f16", Unit::Ratio, Better::Lower, "KV cache, share of f16"),
    metric("resident_bytes", Unit::Bytes, Better::Lower, "resident"),
    metric("peak_resident_bytes", Unit::Bytes, Better::Lower, "resident, peak"),
    metric("passage_nats", Unit::Nats, Better::Lower, "surprise per passage"),
    metric("passage_tokens", Unit::Tokens, Better::Neither, "tokens per passage"),
    metric("passage_bytes", Unit::Bytes, Better::Neither, "bytes per passage"),
    metric("passage_words", Unit::Count, Better::Neither, "words per document"),
    metric("start_tokens", Unit::Count, Better::Neither, "start tokens in front"),
    metric("perplexity", Unit::Perplexity, Better::Lower, "perplexity"),
    metric("bits_per_byte", Unit::BitsPerByte, Better::Lower, "bits per byte"),
    metric("word_perplexity", Unit::Perplexity, Better::Lower, "perplexity per word"),
    metric("token_kl_nats", Unit::Nats, Better::Lower, "divergence at a token"),
    metric("token_delta_p", Unit::Ratio, Better::Neither, "change of the next token's probability"),
    metric("token_same_top", Unit::Ratio, Better::Higher, "same likeliest token"),
    metric("reference_nats", Unit::Nats, Better::Neither, "surprise of the reference"),
    metric("kl_mean_nats", Unit::Nats, Better::Lower, "KL divergence, mean"),
    metric("kl_median_nats", Unit::Nats, Better::Lower, "KL divergence, median"),
    metric("kl_p90_nats", Unit::Nats, Better::Lower, "KL divergence, 90 %"),
    metric("kl_p95_nats", Unit::Nats, Better::Lower, "KL divergence, 95 %"),
    metric("kl_p99_nats", Unit::Nats, Better::Lower, "KL divergence, 99 %"),
    metric("kl_p99_9_nats", Unit::Nats, Better::Lower, "KL divergence, 99.9 %"),
    metric("kl_max_nats", Unit::Nats, Better::Lower, "KL divergence, largest"),
    metric("same_top_share", Unit::Ratio, Better::Higher, "same likeliest token"),
    metric("delta_p_mean", Unit::Ratio, Better::Neither, "Δp of the true token, mean"),
    metric("delta_p_rms", Unit::Ratio, Better::Lower, "Δp of the true token, RMS"),
    metric("perplexity_ratio", Unit::Ratio, Better::Lower, "perplexity against the reference"),
    metric("drift_kl_nats", Unit::Nats, Better::Lower, "divergence from the base"),
    metric("drift_entropy_nats", Unit::Nats, Better::Neither, "entropy, with the adapter"),
    metric("drift_base_entropy_nats", Unit::Nats, Better::Neither, "entropy, of the base"),
    metric("accuracy", Unit::Ratio, Better::Higher, "accuracy"),
    metric("accuracy_by_bytes", Unit::Ratio, Better::Higher, "accuracy, per byte"),
    metric("accuracy_by_characters", Unit::Ratio, Better::Higher, "accuracy, per character"),
    metric("choice_log_prob", Unit::Nats, Better::Neither, "log-probability of a choice"),
    metric("choice_tokens", Unit::Tokens, Better::Neither, "tokens of a choice"),
    metric("choice_bytes", Unit::Bytes, Better::Neither, "bytes of a choice"),
    metric("choice_characters", Unit::Count, Better::Neither, "characters of a choice"),
    metric("fill_ns", Unit::Nanoseconds, Better::Lower, "time to fill the context"),
    metric("recall_share", Unit::Ratio, Better::Higher, "values recalled"),
    metric("recall_first_share", Unit::Ratio, Better::Higher, "right value likeliest"),
    metric("recalled", Unit::Count, Better::Higher, "whether a value was recalled"),
    metric("recall_rank", Unit::Count, Better::Lower, "rank of the right value"),
    metric("determinism_differing_share", Unit::Ratio, Better::Lower, "texts that changed with the batch"),
    metric("energy_run_joules", Unit::Joules, Better::Lower, "energy of all work"),
    metric("energy_per_token_joules", Unit::Joules, Better::Lower, "energy per token"),
    metric("energy_per_solved_joules", Unit::Joules, Better::Lower, "energy per right answer"),
    metric("phase_ns", Unit::Nanoseconds, Better::Lower, "time of a phase"),
    metric("phase_cpu_ns", Unit::Nanoseconds, Better::Lower, "processor time of a phase"),
    metric("power_mean_watts", Unit::Watts, Better::Neither, "power, mean"),
    metric("power_idle_watts", Unit::Watts, Better::Neither, "power at rest"),
    metric("cpu_busy_share", Unit::Ratio, Better::Neither, "processors busy, mean"),
    metric("cpu_lowest_hz", Unit::Hertz, Better::Neither, "processor frequency, lowest"),
    metric("cpu_highest_hz", Unit::Hertz, Better::Neither, "processor frequency, highest"),
    metric("gpu_busy_share", Unit::Ratio, Better::Neither, "GPU busy, mean"),
    metric("gpu_peak_bytes", Unit::Bytes, Better::Lower, "GPU memory, peak"),
    metric("process_peak_bytes", Unit::Bytes, Better::Lower, "memory of the program, peak"),
    metric("system_peak_bytes", Unit::Bytes, Better::Neither, "memory of the machine in use, peak"),
    metric("monitor_share", Unit::Ratio, Better::Lower, "time of the hardware monitor"),
];

/// The metric of that name.
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// Whether a name is `pass_at_<k>` or `compile_at_<k>`, which stand in the catalogue for k = 1 at most.
pub fn is_at_k(name: &str) -> bool {
    let k = name
        .strip_prefix("pass_at_")
        .or(name.strip_prefix("compile_at_"));
    k.is_some_and(|k| !k.is_empty() && k.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a number of that name is counted or follows from a formula, and would be the same again.
pub fn is_counted(name: &str) -> bool {
    const COUNTED: [&str; 3] = ["weight_bytes", "kv_logical_bytes", "kv_allocated_bytes"];
    COUNTED.contains(&name)
}

/// Whether a number of that name and unit depends on the state that the machine was in: speeds, times, memory, energy.
/// Of a name that is not listed only the unit is known, and bytes may be those of a text.
pub fn is_of_the_machine(name: &str, unit: Unit) -> bool {
    const SHARES: [&str; 10] = [
        "arithmetic_share",
        "bandwidth_share",
        "speculative_speedup",
        "decode_speedup",
        "predicted_speedup",
        "lever_speedup",
        "break_even_acceptance",
        "cpu_busy_share",
        "gpu_busy_share",
        "monitor_share",
    ];
    const OF_TEXTS: [&str; 2] = ["passage_bytes", "choice_bytes"];
    match unit {
        Unit::TokensPerSecond
        | Unit::BytesPerSecond
        | Unit::OperationsPerSecond
        | Unit::Nanoseconds
        | Unit::Joules
        | Unit::Watts
        | Unit::Hertz => true,
        Unit::Bytes => find(name).is_some() && !is_counted(name) && !OF_TEXTS.contains(&name),
        _ => SHARES.contains(&name),
    }
}

/// What to say of a name that no metric has: the listed ones that may have been meant, and `others` that are there.
pub fn unknown(name: &str, others: &[&str]) -> String {
    let mut near = near(name);
    near.extend(others);
    match near.is_empty() {
        true => format!("no metric is called '{name}'; docs/METRICS.md lists them"),
        false => format!(
            "no metric is called '{name}'; near it are {}",
            near.join(", ")
        ),
    }
}

/// Metrics that may have been meant: spelt nearly like it, nearest first, or else with its first word in their names.
fn near(name: &str) -> Vec<&str> {
    /// Likeness from which on a name is taken for a misspelt one.
    const LIKE: f64 = 0.9;
    const MOST: usize = 6;
    let names = METRICS.iter().map(|metric| metric.name);
    let likeness = |known: &'static str| (strsim::jaro_winkler(name, known), known);
    let mut rated: Vec<_> = names.clone().map(likeness).collect();
    rated.retain(|(likeness, _)| *likeness >= LIKE);
    rated.sort_by(|a, b| b.0.total_cmp(&a.0));
    let word = name.split('_').next().unwrap_or(name);
    let containing = names.filter(|known| !word.is_empty() && known.contains(word));
    let spelt: Vec<&str> = rated.into_iter().map(|(_, known)| known).collect();
    let others = containing.filter(|known| !spelt.contains(known));
    spelt.iter().copied().chain(others).take(MOST).collect()
}

const fn metric(name: &'static str, unit: Unit, better: Better, title: &'static str) -> Metric {
    Metric {
        name,
        unit,
        better,
        title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_metric_has_is_answered_with_those_that_may_be_meant() {
        for (name, hint) in [
            ("perplexities", "near it are perplexity"),
            ("zebras", "docs/METRICS.md"),
            ("perplxity", "near it are perplexity"),
            ("decode_tps", "decode_tokens_per_s"),
            ("pass_at_x", "pass_at_1"),
        ] {
            let said = unknown(name, &[]);
            assert!(said.contains(hint), "{name}: {said}");
        }
        let own = unknown("zebras", &["stripes_share"]);
        assert!(own.contains("near it are stripes_share"), "{own}");
    }

    #[test]
    fn speeds_and_memory_are_of_the_machine_and_what_is_counted_or_scored_is_not() {
        let is = |name: &str| is_of_the_machine(name, find(name).unwrap().unit);
        for name in [
            "decode_tokens_per_s",
            "model_load_ns",
            "peak_resident_bytes",
            "energy_run_joules",
            "bandwidth_share",
            "arithmetic_share",
        ] {
            assert!(is(name), "{name}");
        }
        for name in [
            "pass_at_1",
            "perplexity",
            "kv_logical_bytes",
            "weight_bytes",
            "passage_bytes",
            "answer_tokens",
        ] {
            assert!(!is(name), "{name}");
        }
        // An unknown name tells its unit and no more: bytes may be those of an answer.
        assert!(is_of_the_machine("my_step_ns", Unit::Nanoseconds));
        assert!(!is_of_the_machine("answer_bytes", Unit::Bytes));
    }
}
