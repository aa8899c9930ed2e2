//! `--help` and words that nobody knows.

use crate::workplace::Workplace;

const COMMANDS: &[&[&str]] = &[
    &["benchmark-suite"],
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
    &["models", "make"],
    &["models", "quantize"],
    &["train", "sft"],
    &["train", "raft"],
    &["collect"],
    &["adapters", "ls"],
    &["adapters", "which"],
    &["adapters", "export"],
    &["raft", "train"],
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
    &["runs", "rm"],
    &["doctor"],
    &["test"],
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
fn the_commands_with_many_flags_show_examples() {
    let place = Workplace::new();
    for words in [
        &["--help"][..],
        &["bench", "--help"],
        &["bench", "accuracy", "--help"],
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
