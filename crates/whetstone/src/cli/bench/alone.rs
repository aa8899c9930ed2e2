//! One benchmark by itself: `whet bench latency`, and so on, with its own words only.

use clap::{Args, Subcommand};

use super::{Bench, CodeFlags, JudgeFlags, Part, RunFlags};
use crate::cli::Speculation;
use crate::cli::choices::{Accuracy, Context};
use crate::cli::custom::Custom;
use crate::cli::numbers::cache_type;
use crate::cli::speed::{CacheFlag, ContextFlag, FillingFlags, MEMORY_EXAMPLES, PromptFlags};
use crate::cli::texts::{CuttingFlags, DIVERGENCE_EXAMPLES, PERPLEXITY_EXAMPLES, TextsFlags};
use crate::cli::variants::{VARIANTS_EXAMPLES, VariantsFlags};

/// One benchmark by itself.
#[derive(Debug, Subcommand)]
pub(super) enum Alone {
    /// Code problems: do the answers compile, run and pass?
    #[command(after_help = "Examples:
  whet bench code qwen2.5-coder-0.5b
  whet bench code smollm2-135m --suite cpp-demo --samples 10 --k 1,10
  whet bench code MODEL --suite humaneval --samples 1 --temperature 0

`whet models ls` lists the models that can be named, `whet tasks ls` the suites.

The options of SmallCoder's benchmark.py are read as there: --checkpoint FILE, --compare, --comparison-models KEY…,
--include-challenges, --skip-memory-test, --output-dir DIR. A KEY is smollm2-135m, gemma-3-270m, qwen2.5-coder-0.5b,
qwen2.5-coder-1.5b or a .gguf file; its own codellama-7b, codegen-350m and starcoder-1b are answered with what comes nearest.
--compare alone takes qwen2.5-coder-0.5b and qwen2.5-coder-1.5b, and needs no --checkpoint. A shorter run: fewer KEYs, no
challenges, --limit N.")]
    Code(Box<Code>),
    /// Prefill and decode speed
    #[command(after_help = "Examples:
  whet bench latency smollm2-135m
  whet bench latency A B --prompt-tokens 128-2048*2 --generate-tokens 128
  whet bench latency A --sequences 1,4,8 --cache f16,q8_0
  whet bench latency A --find-threads --depth 0,4096

Every combination of the lists is measured: after three warm-ups, or more until two runs in a row
agree within 2 %, ten timed runs that take turns. The preset of `whet bench` is shorter.")]
    Latency {
        /// Models: names of the catalogue or paths to .gguf files; MODEL+ADAPTER lays a LoRA over one
        #[arg(value_name = "MODEL", required = true)]
        models: Vec<String>,
        #[command(flatten)]
        prompts: PromptFlags,
        #[command(flatten)]
        cache: CacheFlag,
        #[command(flatten)]
        run: RunFlags,
    },
    /// Memory by context length, sequences and cache type, beside what a cache costs in quality
    #[command(after_help = MEMORY_EXAMPLES)]
    Memory {
        /// Models: names of the catalogue or paths to .gguf files; MODEL+ADAPTER lays a LoRA over one
        #[arg(value_name = "MODEL", required = true)]
        models: Vec<String>,
        #[command(flatten)]
        contexts: ContextFlag,
        #[command(flatten)]
        cache: CacheFlag,
        #[command(flatten)]
        filling: FillingFlags,
        #[command(flatten)]
        run: RunFlags,
    },
    /// The six SmallCoder shapes: speed and memory of each, and which fits into which machine
    #[command(after_help = VARIANTS_EXAMPLES)]
    Variants {
        #[command(flatten)]
        variants: Box<VariantsFlags>,
        #[command(flatten)]
        run: RunFlags,
    },
    /// Perplexity and bits per byte of texts, by the protocol of your choice
    #[command(after_help = PERPLEXITY_EXAMPLES)]
    Perplexity {
        /// Models: names of the catalogue or paths to .gguf files; MODEL+ADAPTER lays a LoRA over one
        #[arg(value_name = "MODEL", required = true)]
        models: Vec<String>,
        #[command(flatten)]
        cutting: CuttingFlags,
        #[command(flatten)]
        texts: TextsFlags,
        #[command(flatten)]
        run: RunFlags,
    },
    /// Speculative decoding: what guessing ahead gains, and whether it changes an answer
    #[command(visible_alias = "speculation")]
    Spec(Box<Speculation>),
    /// How far models, or caches, are from a reference at every token
    #[command(after_help = DIVERGENCE_EXAMPLES)]
    Divergence {
        /// The reference, then what is held against it: names of the catalogue or paths to .gguf files; MODEL+ADAPTER lays a LoRA over one
        #[arg(value_name = "MODEL", required = true)]
        models: Vec<String>,
        /// Hold the reference against itself with these cache types: q8_0, q4_0
        #[arg(long, value_delimiter = ',', value_name = "TYPE,…", value_parser = cache_type)]
        cache: Vec<String>,
        #[command(flatten)]
        texts: TextsFlags,
        #[command(flatten)]
        run: RunFlags,
    },
    /// Multiple choice: which answer does the model expect?
    Accuracy(Box<Accuracy>),
    /// Speed, memory and recall at growing context
    Context(Box<Context>),
    /// A benchmark of your own: prompts, and what the answers are expected to do
    Custom(Box<Custom>),
}

/// `whet bench code`.
#[derive(Debug, Args)]
pub(super) struct Code {
    /// Models: names of the catalogue or paths to .gguf files; MODEL+ADAPTER lays a LoRA over one
    #[arg(value_name = "MODEL", required = true)]
    models: Vec<String>,
    #[command(flatten)]
    code: CodeFlags,
    #[command(flatten)]
    judging: JudgeFlags,
    #[command(flatten)]
    run: RunFlags,
}

impl Bench {
    /// The words of speculative decoding, which is carried out by itself.
    pub(crate) fn speculation(&self) -> Option<&Speculation> {
        match &self.alone {
            Some(Alone::Spec(flags)) => Some(flags),
            _ => None,
        }
    }

    /// The same, taken out.
    pub(crate) fn into_speculation(self) -> Result<Box<Speculation>, Box<Bench>> {
        match self.alone {
            Some(Alone::Spec(flags)) => Ok(flags),
            _ => Err(Box::new(self)),
        }
    }

    /// The words of one benchmark in the form of the whole.
    pub(crate) fn resolved(mut self) -> Bench {
        let Some(alone) = self.alone.take() else {
            return self;
        };
        self.thorough = matches!(alone, Alone::Latency { .. } | Alone::Memory { .. });
        if let Some((part, models, run)) = self.take(alone) {
            (self.models, self.run, self.only) = (models, run, vec![part]);
        }
        self
    }

    /// Takes over what one benchmark says of itself; `None` for those that are no part of a run with others.
    fn take(&mut self, alone: Alone) -> Option<(Part, Vec<String>, RunFlags)> {
        Some(match alone {
            Alone::Code(asked) => {
                (self.code, self.judging) = (asked.code, asked.judging);
                (Part::Code, asked.models, asked.run)
            }
            Alone::Latency {
                models,
                prompts,
                cache,
                run,
            } => {
                (self.speed.prompts, self.speed.cache) = (prompts, cache);
                (Part::Latency, models, run)
            }
            Alone::Memory {
                models,
                contexts,
                cache,
                filling,
                run,
            } => {
                (self.speed.contexts, self.speed.cache) = (contexts, cache);
                self.filling = filling;
                (Part::Memory, models, run)
            }
            Alone::Variants { variants, run } => {
                self.variants = Some(variants);
                (self.models, self.run) = (Vec::new(), run);
                return None;
            }
            Alone::Perplexity {
                models,
                cutting,
                texts,
                run,
            } => {
                (self.text.cutting, self.text.texts) = (cutting, texts);
                (Part::Perplexity, models, run)
            }
            Alone::Divergence {
                models,
                cache,
                texts,
                run,
            } => {
                (self.text.caches, self.text.texts) = (cache, texts);
                (Part::Divergence, models, run)
            }
            Alone::Accuracy(asked) => {
                self.reading.choices = asked.choices;
                (Part::Accuracy, asked.models, asked.run)
            }
            Alone::Context(asked) => {
                self.reading.growth = asked.growth;
                self.reading.lengths = asked.lengths.contexts;
                self.reading.caches = asked.cache.cache;
                (Part::Context, asked.models, asked.run)
            }
            Alone::Custom(asked) => {
                self.code = asked.as_code();
                let models = [asked.models, asked.more_models].concat();
                (Part::Code, models, asked.run)
            }
            Alone::Spec(flags) => {
                self.alone = Some(Alone::Spec(flags));
                return None;
            }
        })
    }
}
