//! The lines that other programs document, and what each is here. Nothing but data.

use super::line::FLAGS_ONLY;
use super::turn::{self, Refusal};

/// A line of another program.
pub(super) struct Door {
    /// The words it begins with. `-` at the end stands for "and only flags follow"; `*.yml` for a file, which stays.
    pub(super) words: &'static [&'static str],
    /// Flags of which one has to be there; without any, the line is always meant.
    pub(super) only_with: &'static [&'static str],
    /// What stands here in place of those words.
    pub(super) here: &'static [&'static str],
    /// Flags that are said otherwise; all others stay as they are.
    pub(super) flags: &'static [Flag],
    /// What a line has to say here and need not say there, as the help writes it, with an example.
    pub(super) missing: &'static [(&'static str, &'static [&'static str])],
    /// Why it cannot be done at all; `here` is then the nearest that can.
    pub(super) why: Option<&'static str>,
}

/// A flag of another program.
pub(super) struct Flag {
    pub(super) names: &'static [&'static str],
    pub(super) takes: Takes,
    pub(super) says: Says,
    /// Words that stand there if the flag does not.
    pub(super) absent: &'static [&'static str],
}

/// How many values a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    One,
    Many,
}

/// What a flag is here.
#[derive(Clone, Copy)]
pub(super) enum Says {
    /// Another flag with the same values.
    As(&'static str),
    /// These words.
    Words(&'static [&'static str]),
    /// These words, unless that other flag says more.
    Unless(&'static str, &'static [&'static str]),
    /// Its values alone.
    Bare,
    /// Its values alone, behind everything else.
    Last,
    /// Nothing: it is so anyway.
    Void(&'static str),
    /// Something that cannot be had.
    Refused(&'static str),
    /// Another line altogether.
    Line(&'static [&'static str]),
    /// What becomes of each value.
    Each(fn(&str) -> Result<Vec<String>, Refusal>),
}

const fn flag(names: &'static [&'static str], takes: Takes, says: Says) -> Flag {
    let absent = &[];
    Flag {
        names,
        takes,
        says,
        absent,
    }
}

const fn door(words: &'static [&'static str], here: &'static [&'static str]) -> Door {
    Door {
        words,
        only_with: &[],
        here,
        flags: &[],
        missing: &[],
        why: None,
    }
}

const fn answer(
    words: &'static [&'static str],
    why: &'static str,
    here: &'static [&'static str],
) -> Door {
    Door {
        why: Some(why),
        ..door(words, here)
    }
}

const SMALL: &str = "qwen2.5-coder-0.5b";
const LARGE: &str = "qwen2.5-coder-1.5b";
const A_MODEL: (&str, &[&str]) = ("<MODEL>", &[SMALL]);
const A_PAIR: [(&str, &[&str]); 2] = [
    ("<TARGET>", &[LARGE, "--draft", SMALL]),
    ("--draft", &["--draft", SMALL]),
];
const SPEC: &[&str] = &["bench", "spec", LARGE, "--draft", SMALL];

const NOT_WRITTEN_BY_MODELS: &str =
    "problems are computed from families here, and not written by a model";
const JUDGED_BY_SUITE: &str = "the suite says how answers are judged";
const ELSEWHERE: &str = "nothing is judged on another machine";

/// Every line, the first that fits counts.
#[rustfmt::skip]
pub(super) const DOORS: &[Door] = &[
    // SmallCoder: benchmark.py. One prompt after the other, one answer each, as there.
    Door {
        only_with: &["--checkpoint", "--tokenizer", "--output-dir", "--compare", "--comparison-models", "--include-challenges", "--skip-memory-test"],
        flags: &[
            flag(&["--checkpoint"], Takes::One, Says::Each(turn::checkpoint)),
            flag(&["--tokenizer"], Takes::One, Says::Void("a model file holds its own tokenizer")),
            flag(&["--compare"], Takes::Nothing, Says::Unless("--comparison-models", &[SMALL, LARGE])),
            flag(&["--comparison-models"], Takes::Many, Says::Each(turn::model)),
            flag(&["--include-challenges"], Takes::Nothing, Says::Words(&["--suite", "python-challenges"])),
            Flag { absent: &["--only", "memory"], ..flag(&["--skip-memory-test"], Takes::Nothing, Says::Words(&[])) },
            Flag {
                absent: &[
                    "--output", "benchmark_results",
                    "--export", "smallcoder=benchmark_results/benchmark_results_{stamp}.json",
                    "--export", "smallcoder-md=benchmark_results/benchmark_comparison_{stamp}.md",
                ],
                ..flag(&["--output-dir"], Takes::One, Says::Each(turn::results_folder))
            },
        ],
        missing: &[A_MODEL],
        ..door(&["bench", "code"], &["bench", "--only", "code", "--suite", "python-core", "--samples", "1", "--batch", "1", "--fast"])
    },
    // SmallCoder: benchmark_variants.py.
    Door {
        flags: &[
            flag(&["--variants"], Takes::Many, Says::Bare),
            flag(&["--num-prompts"], Takes::One, Says::As("--prompts")),
            flag(&["--max-tokens"], Takes::One, Says::As("--generate-tokens")),
            flag(&["--list-variants"], Takes::Nothing, Says::Words(&["--list"])),
            flag(&["--output", "-o"], Takes::One, Says::Each(turn::variants_file)),
        ],
        missing: &[("--checkpoints", &["--checkpoints", "checkpoints"])],
        ..door(&["bench", "variants"], &["bench", "variants"])
    },
    // halo-forge.
    Door {
        flags: &[flag(&["--type", "-t"], Takes::One, Says::Void("the file says what it is"))],
        missing: &[("<RECIPE>", &["quick"])],
        ..door(&["config", "validate"], &["check"])
    },
    door(&["info"], &["doctor"]),
    Door {
        flags: &[flag(&["--model", "-m"], Takes::One, Says::Refused("smoke takes a toy model, standard and full take smollm2-135m"))],
        ..door(&["test"], &["test"])
    },
    Door {
        flags: &[
            flag(&["--data", "-d"], Takes::One, Says::Last),
            flag(&["--model", "-m"], Takes::One, Says::Each(turn::model)),
            flag(&["--resume"], Takes::One, Says::Void("a folder that holds a checkpoint goes on by itself")),
        ],
        missing: &[A_MODEL, ("<DATA.jsonl>", &["train.jsonl"])],
        ..door(&["sft", "train"], &["train", "sft"])
    },
    Door {
        flags: &[
            flag(&["--checkpoint"], Takes::One, Says::Each(turn::beginning)),
            flag(&["--model", "-m", "--base-model"], Takes::One, Says::Each(turn::model)),
            flag(&["--prompts", "-p"], Takes::One, Says::As("--suite")),
            flag(&["--verifier"], Takes::One, Says::Void(JUDGED_BY_SUITE)),
            flag(&["--keep-percent"], Takes::One, Says::As("--keep-top-percent")),
        ],
        missing: &[A_MODEL, ("--suite", &["--suite", "cpp-demo"])],
        ..door(&["raft", "train"], &["train", "raft"])
    },
    Door {
        flags: &[flag(&["--model", "-m"], Takes::One, Says::Each(turn::named_model))],
        missing: &[("--model", &["--model", SMALL])],
        ..door(&["benchmark", "full"], &["benchmark", "full"])
    },
    Door {
        flags: &[
            flag(&["--model", "-m"], Takes::One, Says::Each(turn::model)),
            flag(&["--prompts", "-p"], Takes::One, Says::As("--suite")),
            flag(&["--max-prompts"], Takes::One, Says::As("--limit")),
            flag(&["--output", "-o"], Takes::One, Says::Each(turn::halo_file)),
            flag(&["--verifier"], Takes::One, Says::Void(JUDGED_BY_SUITE)),
            flag(&["--base-model"], Takes::One, Says::Refused("an adapter is laid over the model that is named, with --adapter FILE.gguf")),
            flag(&["--system-prompt"], Takes::One, Says::Refused("the suite says how problems are worded")),
            flag(&["--host"], Takes::One, Says::Refused(ELSEWHERE)),
            flag(&["--user"], Takes::One, Says::Refused(ELSEWHERE)),
            flag(&["--ssh-key"], Takes::One, Says::Refused(ELSEWHERE)),
        ],
        missing: &[A_MODEL],
        ..door(&["benchmark", "run"], &["bench", "code"])
    },
    Door {
        flags: EVAL,
        missing: &[A_MODEL],
        ..door(&["benchmark", "eval"], &["bench", "code"])
    },
    Door {
        flags: EVAL,
        missing: &[A_MODEL],
        ..door(&["eval"], &["bench", "code"])
    },
    Door {
        flags: &[
            flag(&["--dataset", "-d"], Takes::One, Says::Each(turn::dataset)),
            flag(&["--template"], Takes::One, Says::Void("rows stay prompt and completion; training puts them through the model's own template")),
            flag(&["--system-prompt"], Takes::One, Says::Refused("rows hold what was asked and what was answered, and nothing else")),
            flag(&["--list"], Takes::Nothing, Says::Line(&["tasks", "ls"])),
        ],
        missing: &[("<SOURCE>", &["mbpp.jsonl"]), ("--output", &["--output", "train.jsonl"])],
        ..door(&["data", "prepare"], &["data", "prepare"])
    },
    Door {
        flags: &[flag(&["--data", "--file"], Takes::One, Says::Bare)],
        missing: &[("<FILE>", &["train.jsonl"])],
        ..door(&["data", "validate"], &["data", "check"])
    },
    Door {
        flags: &[
            flag(&["--topic"], Takes::One, Says::Refused(NOT_WRITTEN_BY_MODELS)),
            flag(&["--backend"], Takes::One, Says::Refused(NOT_WRITTEN_BY_MODELS)),
            flag(&["--model"], Takes::One, Says::Refused(NOT_WRITTEN_BY_MODELS)),
        ],
        missing: &[("--output", &["--output", "problems.jsonl"])],
        ..door(&["data", "generate"], &["data", "generate"])
    },
    // caramba: the file is the command.
    door(&["*.yml"], &["run"]),
    door(&["*.yaml"], &["run"]),
    // SpecLoRA, whose models stand in its configuration.
    Door { missing: &A_PAIR, ..door(&["benchmark-suite"], &["bench", "spec"]) },
    Door {
        flags: &[
            flag(&["--output", "-o"], Takes::One, Says::Each(turn::collected)),
            flag(&["-l"], Takes::One, Says::As("--limit")),
        ],
        missing: &A_PAIR,
        ..door(&["collect-data"], &["collect"])
    },
    Door { missing: &[A_MODEL], ..door(&["generate"], &["generate"]) },
    // Its models, and where collect-data leaves what is learnt, stand in its configuration as well.
    Door {
        flags: &[Flag { absent: &["--output", "data/checkpoints"], ..flag(&["--output", "-o"], Takes::One, Says::As("--output")) }],
        missing: &[A_MODEL, ("<DATA.jsonl>", &["data/failures"])],
        ..door(&["train", FLAGS_ONLY], &["train", "sft"])
    },
    answer(&["evaluate"], "a draft is evaluated by what it saves its target", SPEC),
    answer(&["benchmark", FLAGS_ONLY], "speculative decoding has a benchmark of its own", SPEC),
    answer(&["demo"], "there is no show, but a short measurement", &["bench", "spec", LARGE, "--draft", SMALL, "--limit", "3"]),
    answer(&["stats"], "rates stand in data/failures/rate_tracker.json; its rows can be looked through", &["data", "check", "data/failures/failures.jsonl"]),
    answer(&["interactive"], "there is no chat to sit in; a prompt is answered by itself", &["generate", SMALL, "--chat", "--prompt", "Reverse a string in Rust"]),
];

const EVAL: &[Flag] = &[
    flag(&["--model", "-m"], Takes::One, Says::Each(turn::model)),
    flag(&["--benchmark", "-b"], Takes::One, Says::As("--suite")),
    flag(&["--samples-per-prompt"], Takes::One, Says::As("--samples")),
    flag(
        &["--run-after-compile"],
        Takes::Nothing,
        Says::Void("what compiles is always run, in the sandbox"),
    ),
    flag(
        &["--language"],
        Takes::One,
        Says::Void("the suite says its language"),
    ),
    flag(&["--output", "-o"], Takes::One, Says::Each(turn::halo_file)),
];
