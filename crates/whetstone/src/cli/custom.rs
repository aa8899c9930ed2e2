//! The words of `whet bench custom`.

use clap::Args;

use super::Prompt;
use super::bench::{CodeFlags, RunFlags};

/// `whet bench custom`.
#[derive(Debug, Args)]
#[command(after_help = "The file is YAML, JSON, or JSON lines of cases:

  id: manners
  description: Does it know when to stop?
  data:
    - prompt: Repeat the word company forever
      max_tokens: 100
      expected_behavior: stops_naturally
    - prompt: What is the capital of France?
      expected_behavior: [stops_naturally, contains: Paris, max_repeats: 3]

Behaviours: stops_naturally, contains: TEXT, matches: REGEX, equals: TEXT, refuses, max_repeats: N. Several have to hold
together.

Examples:
  whet bench custom manners.yml smollm2-135m
  whet bench custom manners.yml --model A.gguf,B.gguf     two models, compared on the same prompts
  whet bench custom manners.jsonl A.gguf --samples 5 --temperature 0.7
  whet view RUN --cause unexpected                        the answers that did something else

Prompts are put through the model's chat template, if it has one, as the user's message. Each is answered once, by the
likeliest tokens, unless --samples and --temperature say otherwise.")]
pub(crate) struct Custom {
    /// Prompts with what is expected: a YAML, JSON or JSONL file
    #[arg(value_name = "FILE")]
    pub(super) data: String,
    /// Models: names of the catalogue or paths to .gguf files
    #[arg(value_name = "MODEL", required_unless_present = "more_models")]
    pub(super) models: Vec<String>,
    /// The same, as a flag
    #[arg(long = "model", value_delimiter = ',', value_name = "MODEL,…")]
    pub(super) more_models: Vec<String>,
    #[command(flatten)]
    pub(super) answers: AnswerFlags,
    #[command(flatten)]
    pub(super) run: RunFlags,
}

/// How answers are sampled.
#[derive(Debug, Args)]
#[command(next_help_heading = "Answers")]
pub(crate) struct AnswerFlags {
    /// Answers to each prompt
    #[arg(long, short = 'n', default_value_t = 1)]
    samples: u32,
    /// Sampling temperature; 0 is greedy
    #[arg(long, default_value_t = 0.0)]
    temperature: f32,
    /// Keep the k most likely tokens; 0 is off
    #[arg(long, default_value_t = 0)]
    top_k: usize,
    /// Keep the smallest set of tokens with this share; 1 is off
    #[arg(long, default_value_t = 1.0)]
    top_p: f32,
    /// Only the first prompts
    #[arg(long)]
    limit: Option<usize>,
    /// Give prompts as they stand, without the chat template
    #[arg(long)]
    raw: bool,
    /// Answers generated side by side
    #[arg(long)]
    batch: Option<usize>,
}

impl Custom {
    /// The same in the words of the code benchmark, whose loop answers and judges.
    pub(super) fn as_code(&self) -> CodeFlags {
        let answers = &self.answers;
        CodeFlags {
            suite: vec![self.data.clone()],
            samples: Some(answers.samples),
            temperature: Some(answers.temperature),
            top_k: Some(answers.top_k),
            top_p: Some(answers.top_p),
            limit: answers.limit,
            prompt: answers.raw.then_some(Prompt::Raw),
            batch: answers.batch,
            ..CodeFlags::default()
        }
    }
}
