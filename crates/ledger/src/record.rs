//! The record types, one JSON object per line in the run folder.
//!
//! Times are integer nanoseconds, memory is integer bytes, a missing number is `null` with a reason
//! beside it. Fields are only ever added; [`SCHEMA_VERSION`] moves when a meaning changes.

mod answer;
mod audit;
mod own;
mod timed;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use answer::{Answer, AnswerPass};
pub use audit::Audit;
pub use own::{Good, Own};
pub use timed::TimedRun;

/// The version of the meaning of these records.
pub const SCHEMA_VERSION: u32 = 1;

/// `run.json`: everything that was decided or known before the first token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunHeader {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// The run's name, also the folder's: `<name>_YYYYMMDD_HHMMSS`.
    pub run_id: String,
    /// Local time of the start, RFC 3339.
    pub started_at: String,
    /// Version of the program that measured.
    pub whet_version: String,
    /// The words typed, without the program's path.
    pub command: Vec<String>,
    /// The resolved plan: every default filled in. What it holds is the benchmark's business.
    pub plan: Value,
    /// The run's seed; every other seed is derived from it.
    pub seed: u64,
    /// The machine, as far as it could be known.
    pub machine: BTreeMap<String, Value>,
    /// The engine: name, version, the package of its source, the hash of what its build was changed by, compiled CPU
    /// features, threads, and what all its sessions are opened with.
    pub engine: BTreeMap<String, Value>,
    /// The models measured, in the order asked for.
    pub models: Vec<ModelRecord>,
    /// What contained the generated code; `None` if nothing was executed.
    pub sandbox: Option<SandboxRecord>,
    /// The suites, by name, with the hash of their problems.
    pub suites: Vec<SuiteRecord>,
}

/// One model of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// The name used in every other record.
    pub name: String,
    /// Where it was read from.
    pub path: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Size of the file.
    pub file_bytes: u64,
    /// Facts from the file: architecture, parameters, tensor types, context length, tied output …
    pub facts: BTreeMap<String, Value>,
    /// SHA-256 of the chat template's text; `None` if the model has none.
    pub chat_template_sha256: Option<String>,
    /// What is laid over its weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<AdapterRecord>,
}

/// A low-rank adapter over a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdapterRecord {
    /// Where it was read from.
    pub path: String,
    /// Factor of what it adds; 1 is as trained.
    pub scale: f32,
    /// SHA-256 of its file, lower-case hex.
    pub sha256: String,
    /// Size of its file.
    pub file_bytes: u64,
}

/// What the sandbox claimed and proved at the start of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxRecord {
    /// The tier, `T3` for instance.
    pub tier: String,
    /// Hash of limits and filters in force.
    pub policy_sha256: String,
}

/// One suite of problems of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteRecord {
    /// The suite's name.
    pub name: String,
    /// SHA-256 of its problem file.
    pub sha256: String,
    /// Number of problems.
    pub n_problems: u32,
    /// The first prompt as the model saw it, in full.
    pub first_prompt: String,
    /// Toolchain that judges it, for instance `g++ (Debian 12.2.0) 12.2.0`; `None` if nothing is run.
    pub toolchain: Option<String>,
    /// Its problems: a page shows what was asked, published forms of results tell labels and counts. Old records have
    /// those of suites that are scored by keywords, and some have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ProblemRecord>,
}

/// What is known of one problem besides its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemRecord {
    /// [`AttemptKey::problem`].
    pub id: String,
    /// Its labels, the category first.
    pub tags: Vec<String>,
    /// Of how many keywords `keyword_share` is the share; 0 where none are looked for.
    pub n_keywords: u32,
    /// What is asked, before wording and chat template. `None` in old records, and where a suite's texts are too long
    /// to be repeated with every run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// Which completion a record is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptKey {
    /// [`ModelRecord::name`].
    pub model: String,
    /// [`SuiteRecord::name`].
    pub suite: String,
    /// The problem's id inside its suite.
    pub problem: String,
    /// 0, 1, 2 … within the problem.
    pub attempt: u32,
}

/// Why a completion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model ended its turn.
    EndOfText,
    /// A stop string appeared, or the block that is judged was complete.
    StopString,
    /// The token limit cut it.
    Length,
    /// Not known: the text came from a file that does not say.
    Unknown,
}

/// `attempts.jsonl`: one completion of one problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which completion.
    pub key: AttemptKey,
    /// The seed its sampling used.
    pub seed: u64,
    /// SHA-256 of the prompt as rendered.
    pub prompt_sha256: String,
    /// Tokens of the prompt.
    pub n_prompt_tokens: u32,
    /// Tokens generated, the end-of-text token not counted.
    pub n_tokens: u32,
    /// The completion's text.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// From its first token to its last, wall time; other lanes ran beside it.
    pub decode_ns: u64,
}

/// How far a completion got; later is further. The ladder is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// No code could be found in the text.
    NoCode,
    /// Code was found; it does not compile or parse.
    Malformed,
    /// It compiles, with warnings.
    CompilesWithWarnings,
    /// It compiles cleanly.
    Compiles,
    /// It ran to its end with exit code 0.
    Runs,
    /// Some of what was asked for is right.
    PartlyRight,
    /// Everything that the suite checks is right.
    Right,
}

/// `verdicts.jsonl`: what a judge said of one attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which completion.
    pub key: AttemptKey,
    /// The judge's name and version.
    pub judge: String,
    /// How far it got. `None` if the suite defines no ladder (keyword suites: see `scores`), or if it
    /// could not be judged, and then `unscored` says why.
    pub stage: Option<Stage>,
    /// Why there is no stage: a harness fault, never the model's fault.
    pub unscored: Option<String>,
    /// What ended it, in one word of the judge's vocabulary: `pass`, `wrong_output`,
    /// `compile_error`, `cpu_limit` …
    pub cause: String,
    /// Further scores of the suite, by metric name (`keyword_share` …), each in 0..=1.
    pub scores: BTreeMap<String, f64>,
    /// The code that was judged; `None` if none was found.
    pub code: Option<String>,
    /// First part of what compiler and program said; untrusted text.
    pub evidence: String,
    /// CPU time of compiling and running, all processes.
    pub cpu_ns: u64,
    /// Wall time of compiling and running.
    pub wall_ns: u64,
    /// Under which circumstances it was judged; `None` if nothing was executed, and in old records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<Setting>,
    /// The cause of an earlier verdict on the same text that was put aside because it stood near a
    /// limit, was killed by somebody else, or could not be had: this one was found alone on the machine. It is a
    /// flip if the two causes differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_cause: Option<String>,
}

/// What a verdict that comes from execution depends on besides the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The sandbox's tier.
    pub tier: String,
    /// Hash of limits and filters in force.
    pub policy_sha256: String,
    /// Hash of compiler or interpreter: path, version, flags, size and time of the last change.
    pub toolchain_sha256: String,
    /// Whether the slow way was taken, or a fast one that must give the same verdicts.
    pub way: Way,
    /// How far the candidate was from what judges it.
    pub integrity: Integrity,
    /// Taken over from an earlier verdict on the same program under the same circumstances.
    pub cached: bool,
    /// The CPU time that the candidate's process had, or its compiler if it came no further; longer on slow
    /// machines. `None` in old records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_limit_ns: Option<u64>,
    /// Largest resident set of any one process; `None` if the kernel's book does not tell.
    pub max_rss_bytes: Option<u64>,
    /// Bytes of output that were kept.
    pub output_bytes: u64,
    /// Whether there was more.
    pub truncated: bool,
}

/// The way a program was built and started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Everything from nothing: the reference.
    Slow,
    /// The same toolchain with work done beforehand (a warm interpreter, a precompiled preamble): must
    /// give the verdict of the slow way, and a share is tried again to prove it.
    Fast,
}

/// What stands between a candidate and its verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// Its output is compared outside of the box; what is wanted never enters it.
    Outside,
    /// Tests run in another box and reach it through plain data only.
    Split,
    /// Tests and candidate share a process, as in the published harnesses: it can be deceived.
    Shared,
}

/// `measurements.jsonl`: raw values of one metric for one model under one set of conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// [`ModelRecord::name`].
    pub model: String,
    /// `code`, `latency`, `memory`, `perplexity` …
    pub benchmark: String,
    /// A name of `measure::metric::METRICS`.
    pub metric: String,
    /// Under which conditions, for instance `{"prompt_tokens": 512, "threads": 2}`.
    pub conditions: BTreeMap<String, Value>,
    /// Every value in the metric's base unit, in the order measured. Empty if it could not be
    /// measured, and then `reason` says why.
    pub values: Vec<f64>,
    /// Why there is no value.
    pub reason: Option<String>,
    /// What somebody else said of the one value, where it was brought in as the summary of values that are not
    /// here; `None` for whatever was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// What a benchmark of one's own says of its values; `None` for listed metrics, which say it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
}

/// How a number that was brought in came about, as far as its file says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Of how many problems or repetitions it is the mean; `None` if it is not said.
    pub n: Option<u64>,
    /// Its standard error, in the value's unit; `None` if it is not said.
    pub standard_error: Option<f64>,
}

/// `hardware.jsonl`: one look at the machine while the run worked. Each sample closes an interval that began
/// with the sample before it in the same session; the first of a session closes none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HardwareSample {
    /// 0 for the process that began the run, one more for each that went on with it.
    pub session: u32,
    /// 0, 1, 2 … within the session.
    pub sample: u64,
    /// Monotonic time since some moment of the session.
    pub at_ns: u64,
    /// The same moment by the machine's calendar, in milliseconds since 1970.
    pub unix_ms: i64,
    /// What was done in the interval: `idle`, `prefill`, `decode`, `generate`, `judge` …
    pub phase: String,
    /// For which model; `None` if for none in particular.
    pub model: Option<String>,
    /// Under which conditions, as in [`Measurement::conditions`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<String, Value>,
    /// Tokens that were read or written in the phase that ends here; 0 where none ends.
    #[serde(default)]
    pub tokens: u64,
    /// Processor time of whoever samples, since the session began; `None` where it is not known.
    pub monitor_ns: Option<u64>,
    /// Numbers by name in base units (`measure::probe::gauge::Readings` lists them). What could not be read
    /// has no entry.
    pub readings: BTreeMap<String, f64>,
}

/// `warnings.jsonl`: a doubt about this run, with advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Short stable name, `noisy_host` for instance.
    pub kind: String,
    /// One sentence: what was seen.
    pub message: String,
    /// One sentence: what to do.
    pub advice: String,
}

/// `progress.jsonl`: a unit of work that is complete and need not be done again on `--resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// [`ModelRecord::name`]; nothing where the step is one of all models.
    pub model: String,
    /// The step's name, unique within the plan, for instance `latency/prompt=512`.
    pub step: String,
}

impl Done {
    /// Written first by a run that will tell its end.
    pub fn beginning() -> Done {
        Done::of_all("begun")
    }

    /// Written when all that was asked for is there.
    pub fn end() -> Done {
        Done::of_all("ended")
    }

    fn of_all(step: &str) -> Done {
        Done {
            model: String::new(),
            step: step.to_owned(),
        }
    }
}
