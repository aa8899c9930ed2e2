//! The words of `whet bench spec`, with those of the suite that it is compared with.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use super::device::Device;

/// `whet bench spec`, also `whet benchmark-suite`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  whet bench spec qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b
  whet bench spec qwen2.5-coder-0.5b -l 10             without a draft: ngram and suffix
  whet bench spec A --draft B -a best -o results.json  with an adapter, and JSON as the suite writes it
  whet bench spec A --draft B -f prompts.txt -n 3      own prompts, one a line, # for comments
  whet bench --resume                                  go on with an interrupted one

The costs of guessing are measured first, a forecast is made, and then it is held against what really
happened. Answers are greedy and have to be the target's own, token for token; a difference that no tie
explains makes the exit code 3.

Modes: draft (the length that the forecast finds best), draft_lora, adaptive (the draft, as far as it
pays), ngram (an earlier place of the same text), suffix (anything read or written in the run),
hybrid (suffix first, then the draft).

How many prompts: 5 to 10 for a first look, 15 to 20 for everyday use, all 25 or 50 of your own for figures to publish. -l
takes the first ones and draws nothing, so that two runs ask the same; the bundled ones come in turns (code, edit, repair,
prose, json), so that any number of them is balanced. Put your own into mixed order, of unlike subjects, lengths and
difficulty. -n 1 is quick, 3 steadier, 5 for figures that others will read; n of a number stays that of its prompts. Leave
the adapter out (--skip-lora) where there is none, for the base alone, or to try a set-up.")]
pub(crate) struct Speculation {
    /// Whose answers are wanted: a name of the catalogue or a path to a .gguf file
    #[arg(value_name = "TARGET")]
    pub(crate) target: String,
    /// A smaller model with the same vocabulary, which guesses
    #[arg(long, value_name = "MODEL")]
    pub(crate) draft: Option<String>,
    /// Prompts of your own: a file with one a line, # for comments (default: 25 bundled ones)
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(crate) prompts_file: Option<PathBuf>,
    /// Only the first prompts, so that two runs ask the same
    #[arg(long, short = 'l', value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Tokens of an answer, at most
    #[arg(long, short = 'm', value_name = "N", default_value_t = 256)]
    pub(crate) max_tokens: usize,
    /// How often each prompt is answered by everyone
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1)]
    pub(crate) iterations: usize,
    /// LoRA adapter (GGUF) for the draft: best, final, latest, a file, or its folder (default: the newest best that was trained on the draft)
    #[arg(long, short = 'a', value_name = "ALIAS|FILE", requires = "draft")]
    pub(crate) adapter: Option<String>,
    /// Where the adapters lie that best, final and latest stand for
    #[arg(long, value_name = "DIR", default_value = "data/checkpoints")]
    pub(crate) adapter_dir: PathBuf,
    /// No phase with an adapter
    #[arg(long, conflicts_with = "adapter")]
    pub(crate) skip_lora: bool,
    /// Also write the results as JSON in the form of the suite
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Only these ways of guessing
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub(crate) modes: Vec<String>,
    /// Guesses a pass of draft and draft_lora (default: what the forecast finds best)
    #[arg(long, value_name = "N")]
    pub(crate) draft_length: Option<usize>,
    /// Steps of whole tiles: rounding is the same with and without guesses, at the price of speed
    #[arg(long)]
    pub(crate) whole_tiles: bool,
    /// Folder for run folders
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// Print the resolved plan and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// What to print at the end
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Seed of the intervals
    #[arg(long, default_value_t = 42)]
    pub(crate) seed: u64,
    /// Threads of the engine (default: processors of this machine)
    #[arg(long, short = 't')]
    pub(crate) threads: Option<usize>,
    /// Where models compute: auto, cpu, gpu, or gpu:1 for the second one
    #[arg(long, value_name = "DEVICE", default_value = "auto", value_parser = super::device::parse)]
    pub(crate) device: Device,
    /// What the run's folder is called before its time (default: its models); a recipe says it.
    #[arg(skip)]
    pub(crate) name: Option<String>,
    /// Which files of its report a recipe wants; `None` leaves it as the folder has it.
    #[arg(skip)]
    pub(crate) formats: Option<Vec<String>>,
    /// The adapter that a training of a recipe leaves, though it need not be there yet.
    #[arg(skip)]
    pub(crate) promised: Option<PathBuf>,
}
