//! `--help` and words that nobody knows.

use crate::workplace::Workplace;

const COMMANDS: &[&[&str]] = &[
    &["bench"],
    &["bench", "code"],
    &["bench", "latency"],
    &["bench", "memory"],
    &["bench", "variants"],
    &["bench", "perplexity"],
    &["bench", "divergence"],
    &["bench", "accuracy"],
    &["bench", "context"],
    &["bench", "custom"],
    &["bench", "spec"],
    &["sample", "generate"],
    &["sample", "judge"],
    &["sample", "import"],
    &["sample", "export"],
    &["tasks", "ls"],
    &["tasks", "show"],
    &["tasks", "try"],
    &["tasks", "pull"],
    &["data"],
    &["data", "ls"],
    &["data", "generate"],
    &["data", "preview"],
    &["data", "check"],
    &["data", "prepare"],
    &["generate"],
    &["models"],
    &["models", "ls"],
    &["models", "pull"],
    &["models", "show"],
    &["models", "import"],
    &["models", "rm"],
    &["models", "make"],
    &["models", "quantize"],
    &["train", "sft"],
    &["train", "pretrain"],
    &["train", "raft"],
    &["collect"],
    &["adapters", "ls"],
    &["adapters", "which"],
    &["adapters", "export"],
    &["benchmark", "full"],
    &["run"],
    &["check"],
    &["init"],
    &["schema"],
    &["view"],
    &["report"],
    &["compare"],
    &["runs", "ls"],
    &["runs", "show"],
    &["runs", "import"],
    &["runs", "tag"],
    &["runs", "untag"],
    &["runs", "rm"],
    &["doctor"],
    &["test"],
];

/// What every command takes.
const EVERYWHERE: [&str; 8] = [
    "--yes",
    "--quiet",
    "--verbose...",
    "--log-file",
    "--color",
    "--offline",
    "--readings",
    "--no-readings",
];

#[test]
fn every_command_explains_itself_on_stdout() {
    let place = Workplace::new();
    for &words in COMMANDS {
        let ended = place.whet(&[words, &["--help"]].concat()).with_code(0);
        let usage = format!("Usage: whet {}", words.join(" "));
        assert!(ended.stdout.contains(&usage), "{ended}");
        assert_eq!(ended.stderr, "", "{ended}");
    }
}

#[test]
fn flags_that_every_command_takes_stand_at_the_end_and_never_between_its_own() {
    let place = Workplace::new();
    for &words in COMMANDS.iter().filter(|words| **words != ["schema"]) {
        let help = place.whet(&[words, &["-h"]].concat()).stdout;
        let (own, shared) = help
            .split_once("\nEverywhere:\n")
            .unwrap_or_else(|| panic!("{help}"));
        assert!(!own.contains("--no-readings"), "{words:?}: {help}");
        let before_examples = shared.split("\n\n").next().unwrap_or_default();
        for flag in before_examples
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
        {
            assert!(
                EVERYWHERE.contains(&flag.trim_end_matches(',')),
                "{words:?} {flag}: {help}"
            );
        }
    }
}

#[test]
fn the_first_page_lists_commands_by_what_they_are_for() {
    let place = Workplace::new();
    for flag in ["-h", "--help"] {
        let help = place.whet(&[flag]).with_code(0).stdout;
        let at = |word: &str| help.find(word).unwrap_or_else(|| panic!("{word}: {help}"));
        let order = [
            "Usage: whet",
            "\nMeasure:\n  bench ",
            "\nRecipes:\n  init ",
            "\nImprove:\n",
            "\n  train ",
            "\nRead and publish:\n",
            "\nLook after:\n  models ",
            "\nEverywhere:\n",
            "--offline",
            "\nExamples:\n",
        ];
        assert!(
            order.windows(2).all(|two| at(two[0]) < at(two[1])),
            "{help}"
        );
        assert!(
            !help.contains("\u{1b}"),
            "no colour without a terminal: {help}"
        );
    }
}

#[test]
fn a_command_with_commands_below_it_lists_them_when_asked_for_help() {
    let place = Workplace::new();
    for words in [
        "train", "bench", "sample", "tasks", "data", "models", "adapters", "runs",
    ] {
        let help = place.whet(&[words, "-h"]).with_code(0).stdout;
        assert!(help.contains("Commands:"), "{words}: {help}");
    }
    let help = place.whet(&["train", "--help"]).with_code(0).stdout;
    for below in ["sft", "pretrain", "raft"] {
        assert!(help.contains(&format!("\n  {below} ")), "{help}");
    }
}

/// The defaults of a plan stand in its help as text: this is what holds the two together.
#[test]
fn defaults_in_the_help_of_code_and_latency_are_those_of_the_plan() {
    let place = Workplace::new();
    place.toy("toy.gguf", 1);
    let shown = |benchmark: &str, flag: &str| {
        let help = place.whet(&["bench", benchmark, "-h"]).stdout;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, after) = help.split_once(&format!("--{flag} <")).unwrap();
        let (_, value) = after.split_once("[default: ").unwrap();
        value.split([']', ';']).next().unwrap().to_owned()
    };
    for (benchmark, fields) in [
        (
            "code",
            &[
                ("suite", "suites"),
                ("samples", "samples"),
                ("temperature", "temperature"),
                ("top-k", "top_k"),
                ("top-p", "top_p"),
                ("min-p", "min_p"),
                ("repetition-penalty", "repetition_penalty"),
                ("batch", "batch"),
                ("audit", "audit"),
            ][..],
        ),
        (
            "latency",
            &[
                ("prompt-tokens", "prompt_tokens"),
                ("generate-tokens", "generate_tokens"),
                ("sequences", "batch"),
                ("depth", "depth"),
                ("repeats", "repeats"),
                ("warmups", "warmups"),
            ],
        ),
    ] {
        let plan = place
            .whet(&["bench", benchmark, "toy.gguf", "--dry-run"])
            .with_code(0)
            .stdout;
        let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        for (flag, field) in fields {
            let value = &plan[benchmark][field];
            let listed = |list: &Vec<serde_json::Value>| {
                list.iter().map(plain).collect::<Vec<_>>().join(",")
            };
            let planned = value.as_array().map_or_else(|| plain(value), listed);
            assert_eq!(shown(benchmark, flag), planned, "{benchmark} --{flag}");
        }
    }
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => {
            let number = number.as_f64().unwrap();
            // A plan's numbers of single precision, as they were written down.
            format!("{}", number as f32)
        }
        other => other.to_string(),
    }
}

#[test]
fn generating_samples_offers_nothing_about_judging() {
    let help = Workplace::new().whet(&["sample", "generate", "-h"]).stdout;
    for flag in ["--mode", "--no-cache", "--audit", "--k "] {
        assert!(!help.contains(flag), "{flag}: {help}");
    }
}

#[test]
fn the_commands_with_many_flags_show_examples() {
    let place = Workplace::new();
    for words in [
        &["--help"][..],
        &["bench", "--help"],
        &["bench", "accuracy", "--help"],
        &["bench", "code", "--help"],
        &["compare", "--help"],
        &["runs", "import", "--help"],
        &["bench", "context", "--help"],
        &["bench", "memory", "--help"],
        &["bench", "variants", "--help"],
        &["bench", "spec", "--help"],
        &["data", "ls", "--help"],
        &["data", "generate", "--help"],
        &["data", "preview", "--help"],
        &["data", "check", "--help"],
        &["data", "prepare", "--help"],
        &["run", "--help"],
        &["check", "--help"],
        &["init", "--help"],
        &["view", "--help"],
        &["report", "--help"],
        &["generate", "--help"],
        &["models", "import", "--help"],
        &["models", "make", "--help"],
        &["models", "quantize", "--help"],
        &["train", "sft", "--help"],
        &["train", "pretrain", "--help"],
        &["train", "raft", "--help"],
    ] {
        let ended = place.whet(words).with_code(0);
        let examples = ended.stdout.split("Examples:").nth(1);
        let lines = examples.unwrap_or_else(|| panic!("no examples: {ended}"));
        assert!(lines.matches("whet ").count() >= 3, "{ended}");
    }
}

#[test]
fn every_example_of_bench_is_understood() {
    let place = Workplace::new();
    let help = place.whet(&["bench", "--help"]).stdout;
    let examples: Vec<&str> = help
        .lines()
        .filter_map(|line| line.trim().strip_prefix("whet bench "))
        .filter(|line| !line.starts_with("--resume"))
        .map(|line| line.split("   ").next().unwrap())
        .collect();
    assert!(examples.len() >= 3, "{help}");
    for example in examples {
        let words: Vec<&str> = example.split_whitespace().collect();
        let words = [&["bench"], &words[..], &["--dry-run"]].concat();
        place.whet(&words).with_code(0).json();
    }
}

#[test]
fn the_help_of_bench_names_its_exit_codes() {
    let help = Workplace::new().whet(&["bench", "--help"]).stdout;
    for words in ["Exit codes", "2 wrong usage", "130 interrupted"] {
        assert!(help.contains(words), "{words}: {help}");
    }
}

/// Lines of one block that a reader would take for broken by accident.
fn ragged(help: &str, width: usize) -> Vec<String> {
    let length = |line: &str| line.chars().count();
    let lines: Vec<&str> = help.lines().collect();
    let too_long = lines.iter().filter(|line| length(line) > width);
    let mut found: Vec<String> = too_long.map(|line| (*line).to_owned()).collect();
    for pair in lines.windows(2) {
        let [first, next] = [pair[0], pair[1]];
        if first.trim().is_empty() || next.trim().is_empty() || next.starts_with(' ') {
            continue;
        }
        let word = next.split(' ').next().unwrap_or(next);
        let had_room = length(first) + 1 + length(word) <= width;
        if first.starts_with(' ') || had_room {
            found.push(format!("{first}\n{next}"));
        }
    }
    found
}

#[test]
fn no_help_is_broken_raggedly_at_any_width() {
    let place = Workplace::new();
    for &words in COMMANDS.iter().chain([&[][..]].iter()) {
        for width in [80, 100] {
            let mut command = place.command(&[words, &["--help"]].concat());
            let child = command.env("COLUMNS", width.to_string()).spawn().unwrap();
            let help = crate::workplace::Ended::of(child).with_code(0).stdout;
            let ragged = ragged(&help, width);
            assert!(ragged.is_empty(), "{words:?} at {width}: {ragged:#?}");
        }
    }
}

#[test]
fn a_paragraph_that_was_broken_twice_is_found() {
    let twice = "A gate is met or failed if the whole interval\nis on one side, and inconclusive\notherwise.";
    assert_eq!(ragged(twice, 80).len(), 2, "both breaks");
    let overflowing =
        "Examples:\n  whet compare A B -o comparison      page and\npictures into a folder";
    assert_eq!(ragged(overflowing, 46).len(), 1);
    assert!(ragged("Options:\n  -q  quiet\n\nNext", 80).is_empty());
}

#[test]
fn examples_that_do_not_fit_stay_commands() {
    let place = Workplace::new();
    let mut command = place.command(&["bench", "perplexity", "--help"]);
    let child = command.env("COLUMNS", "60").spawn().unwrap();
    let help = crate::workplace::Ended::of(child).with_code(0).stdout;
    let broken = "--protocol llama-cpp \\\n      --text wiki.test.raw";
    assert!(help.contains(broken), "{help}");
}

#[test]
fn nothing_at_all_shows_the_help_and_is_wrong_usage() {
    let ended = Workplace::new().whet(&[]).with_code(2);
    assert!(ended.stderr.contains("Usage: whet"), "{ended}");
}

#[test]
fn a_mistyped_command_or_flag_is_wrong_usage_with_a_guess() {
    let place = Workplace::new();
    place.whet(&["bensh"]).with_code(2).saying(&["bench"]);
    let ended = place.whet(&["bench", "toy.gguf", "--thread", "1"]);
    ended.with_code(2).saying(&["--threads"]);
    place.whet(&["bench"]).with_code(2).saying(&["MODEL"]);
}

#[test]
fn the_version_is_the_crates() {
    let ended = Workplace::new().whet(&["--version"]).with_code(0);
    let version = concat!("whet ", env!("CARGO_PKG_VERSION"));
    assert_eq!(ended.stdout.trim(), version);
}

#[test]
fn the_help_of_bench_code_names_every_model_that_can_be_a_key() {
    let place = Workplace::new();
    let help = place.whet(&["bench", "code", "--help"]).with_code(0).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, keys) = help.split_once("A KEY is").unwrap();
    let models = place
        .whet(&["models", "ls", "--format", "json"])
        .with_code(0)
        .json();
    let names: Vec<&str> = models
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["name"].as_str().unwrap())
        .collect();
    assert!(names.len() > 3, "{names:?}");
    for name in names
        .into_iter()
        .chain(["codellama-7b", "codegen-350m", "starcoder-1b"])
    {
        assert!(keys.contains(name), "{name}: {keys}");
    }
}
