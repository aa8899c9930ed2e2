//! The words of `whet bench accuracy` and `whet bench context`.

use clap::{Args, ValueEnum};

use super::Numbers;
use super::bench::RunFlags;
use super::speed::{CacheFlag, ContextFlag};

/// `whet bench accuracy`.
#[derive(Debug, Args)]
#[command(after_help = "Shapes, known by the fields of the first line:
  hellaswag   activity_label, ctx_a, ctx_b, endings, label
  arc         question, choices {text, label}, answerKey (OpenBookQA and CommonsenseQA alike)
  piqa        goal, sol1, sol2, label
  winogrande  sentence with a gap _, option1, option2, answer: what follows the gap is scored
  boolq       passage, question, answer (true, false) or label (0, 1)
  generic     context, choices, answer (a place, from 0); id and delimiter if wanted

Examples:
  whet bench accuracy smollm2-135m
  whet bench accuracy smollm2-135m --suite hellaswag.jsonl --limit 400
  whet bench accuracy A.gguf B.gguf --suite arc_easy.jsonl,piqa.jsonl

Questions are worded and cut into tokens as lm-evaluation-harness does it, without examples first.
Without --suite: code-reading, 40 questions about what small Python programs print.")]
pub(crate) struct Accuracy {
    /// Models: names of the catalogue or paths to .gguf files
    #[arg(value_name = "MODEL", required = true)]
    pub(super) models: Vec<String>,
    #[command(flatten)]
    pub(super) choices: ChoiceFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
}

/// Which questions, and how many of them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Questions")]
pub(crate) struct ChoiceFlags {
    /// Multiple choice: code-reading (bundled), or files of JSON lines, plain or gzip
    #[arg(long, value_delimiter = ',', value_name = "FILE,…", num_args = 1..)]
    pub(crate) suite: Vec<String>,
    /// Whose fields the files have (default: seen from their first line)
    #[arg(long, value_enum)]
    pub(crate) shape: Option<Shape>,
    /// Only the first problems of each suite
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// Shapes in which multiple choice is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    /// HellaSwag
    Hellaswag,
    /// ARC, easy and challenge
    Arc,
    /// PIQA
    Piqa,
    /// WinoGrande
    Winogrande,
    /// BoolQ
    Boolq,
    /// Whetstone's own
    Generic,
}

/// `whet bench context`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet bench context smollm2-135m
  whet bench context A B --contexts 2048-32768*2 --cache f16,q8_0
  whet bench context smollm2-135m --contexts 1024,8192 --no-recall

At each length the last piece before it is read and some tokens are decoded, several times. Recall
fills the same length with lines like `amber-otter = 4821` and asks for keys from its beginning to
its end by `amber-otter =`: a plain text to go on with, also for chat models.")]
pub(crate) struct Context {
    /// Models: names of the catalogue or paths to .gguf files
    #[arg(value_name = "MODEL", required = true)]
    pub(super) models: Vec<String>,
    #[command(flatten)]
    pub(super) lengths: ContextFlag,
    #[command(flatten)]
    pub(super) cache: CacheFlag,
    #[command(flatten)]
    pub(super) growth: GrowthFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
}

/// What is done at each length.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "At each length")]
pub(crate) struct GrowthFlags {
    /// Ask nothing about the text
    #[arg(long)]
    pub(crate) no_recall: bool,
    /// Tokens read at once
    #[arg(long, value_name = "N")]
    pub(crate) piece: Option<usize>,
    /// Tokens decoded
    #[arg(long, value_name = "N")]
    pub(crate) generate_tokens: Option<usize>,
    /// Timed runs
    #[arg(long, value_name = "N")]
    pub(crate) repeats: Option<usize>,
    /// Keys asked for at each of five places of the text
    #[arg(long, value_name = "N", conflicts_with = "no_recall")]
    pub(crate) keys: Option<usize>,
}

/// What both take.
#[derive(Debug, Default)]
pub(crate) struct ReadingFlags {
    pub(crate) choices: ChoiceFlags,
    pub(crate) lengths: Vec<Numbers>,
    pub(crate) caches: Vec<String>,
    pub(crate) growth: GrowthFlags,
}
