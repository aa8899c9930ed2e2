//! One valid record of each kind.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use ledger::record::{
    Attempt, AttemptKey, Audit, Done, Finish, HardwareSample, Measurement, ModelRecord, RunHeader,
    SCHEMA_VERSION, SandboxRecord, Stage, SuiteRecord, Verdict, Warning,
};
use serde_json::json;

pub(crate) fn header(run_id: &str) -> RunHeader {
    RunHeader {
        schema_version: SCHEMA_VERSION,
        run_id: run_id.to_owned(),
        started_at: "2026-01-01T00:00:00+01:00".to_owned(),
        whet_version: "0.1.0".to_owned(),
        command: vec!["bench".to_owned(), "--seed=1".to_owned()],
        plan: json!({"zeta": 1, "alpha": {"nested": [1.5, null, "x"]}}),
        seed: u64::MAX,
        machine: BTreeMap::from([("cpu".to_owned(), json!("eight bits"))]),
        engine: BTreeMap::new(),
        models: vec![ModelRecord {
            name: "toy".to_owned(),
            path: "toy.gguf".to_owned(),
            sha256: "00".repeat(32),
            file_bytes: 1 << 40,
            facts: BTreeMap::from([("layers".to_owned(), json!(2))]),
            chat_template_sha256: None,
            adapter: None,
        }],
        sandbox: Some(SandboxRecord {
            tier: "T3".to_owned(),
            policy_sha256: "11".repeat(32),
        }),
        suites: vec![SuiteRecord {
            name: "cpp-demo".to_owned(),
            sha256: "22".repeat(32),
            n_problems: 16,
            first_prompt: "Write\n".to_owned(),
            toolchain: None,
            problems: Vec::new(),
        }],
    }
}

pub(crate) fn key(n: u32) -> AttemptKey {
    AttemptKey {
        model: "toy".to_owned(),
        suite: "cpp-demo".to_owned(),
        problem: "gcd".to_owned(),
        attempt: n,
    }
}

pub(crate) fn attempt(n: u32) -> Attempt {
    Attempt {
        key: key(n),
        seed: 42,
        prompt_sha256: "33".repeat(32),
        n_prompt_tokens: 12,
        n_tokens: 3,
        text: "int main() {}".to_owned(),
        finish: Finish::EndOfText,
        decode_ns: 1_000_000,
    }
}

pub(crate) fn verdict(n: u32) -> Verdict {
    Verdict {
        key: key(n),
        judge: "output/1".to_owned(),
        stage: Some(Stage::Right),
        unscored: None,
        cause: "pass".to_owned(),
        scores: BTreeMap::new(),
        code: Some("int main() {}".to_owned()),
        evidence: String::new(),
        cpu_ns: 1,
        wall_ns: 2,
        setting: None,
        first_cause: None,
    }
}

pub(crate) fn audit(n: u32, slow_cause: &str) -> Audit {
    Audit {
        key: key(n),
        fast_stage: Some(Stage::Right),
        fast_cause: "pass".to_owned(),
        slow_stage: Some(Stage::Right),
        slow_cause: slow_cause.to_owned(),
        unscored: None,
    }
}

pub(crate) fn measurement(benchmark: &str) -> Measurement {
    Measurement {
        model: "toy".to_owned(),
        benchmark: benchmark.to_owned(),
        metric: "decode_tokens_per_s".to_owned(),
        conditions: BTreeMap::new(),
        values: vec![1.0, 2.5],
        reason: None,
        told: None,
        own: None,
    }
}

pub(crate) fn warning(kind: &str) -> Warning {
    Warning {
        kind: kind.to_owned(),
        message: "loud".to_owned(),
        advice: "be quiet".to_owned(),
    }
}

pub(crate) fn done(step: &str) -> Done {
    Done {
        model: "toy".to_owned(),
        step: step.to_owned(),
    }
}

pub(crate) fn sample(session: u32, sample: u64, phase: &str) -> HardwareSample {
    HardwareSample {
        session,
        sample,
        at_ns: sample * 500_000_000,
        unix_ms: 1_767_225_600_000,
        phase: phase.to_owned(),
        model: Some("m".to_owned()),
        conditions: BTreeMap::new(),
        tokens: sample,
        monitor_ns: None,
        readings: BTreeMap::from([("cpu_joules".to_owned(), 0.1 + 0.2)]),
    }
}
