//! Every command line that the documents of SmallCoder, halo-forge, caramba and SpecLoRA show, with the name of this program
//! in place of theirs: what it does here, or what is answered.
//!
//! An answer is exit code 2 and one line `Hint: whet …`, and the hint is a line that is understood: whatever is
//! wrong with it is not its words.

use serde_json::Value;

use crate::workplace::{Ended, Workplace};

/// What a line does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// With `--dry-run` it prints a plan.
    Plan,
    /// It is carried out; nothing is needed for it.
    Work,
    /// It is understood, and misses a file or a model that it names.
    Miss(&'static str),
    /// It is answered with this line.
    Answer(&'static str),
}

use Does::{Answer, Miss, Plan, Work};

#[rustfmt::skip]
const LINES: &[(&str, Does)] = &[
    // SmallCoder, benchmark.py: `python benchmark.py` is `whet bench code`.
    ("bench code --checkpoint toy.gguf", Plan),
    ("bench code --checkpoint=toy.gguf", Plan),
    ("bench code --checkpoint checkpoints/best_model.pt",
        Answer("models import checkpoints/best_model.pt --tokenizer ./CodeLlama-7b-hf -o best_model.gguf")),
    ("bench code --checkpoint toy.gguf --tokenizer codellama/CodeLlama-7b-hf", Plan),
    ("bench code --checkpoint toy.gguf --device cpu", Plan),
    ("bench code --checkpoint toy.gguf --device cuda", Plan),
    ("bench code --checkpoint toy.gguf --device tpu", Miss("cuda, rocm, metal")),
    ("bench code --checkpoint toy.gguf --output-dir ./my_results", Plan),
    ("bench code --checkpoint toy.gguf --compare", Plan),
    ("bench code --compare", Plan),
    ("bench code --checkpoint toy.gguf --compare --comparison-models qwen2.5-coder-0.5b smollm2-135m", Plan),
    ("bench code --checkpoint toy.gguf --compare --comparison-models codegen-350m starcoder-1b",
        Answer("bench --only code --suite python-core --samples 1 --batch 1 --fast toy.gguf gemma-3-270m qwen2.5-coder-0.5b --only memory --output benchmark_results --export smallcoder=benchmark_results/benchmark_results_{stamp}.json --export smallcoder-md=benchmark_results/benchmark_comparison_{stamp}.md")),
    ("bench code --checkpoint toy.gguf --include-challenges", Plan),
    ("bench code --checkpoint toy.gguf --skip-memory-test", Plan),
    ("bench code --checkpoint toy.gguf --compare --include-challenges --output-dir ./full_comparison", Plan),
    ("bench code --include-challenges --skip-memory-test",
        Answer("bench --only code --suite python-core --samples 1 --batch 1 --fast --suite python-challenges --output benchmark_results --export smallcoder=benchmark_results/benchmark_results_{stamp}.json --export smallcoder-md=benchmark_results/benchmark_comparison_{stamp}.md qwen2.5-coder-0.5b")),
    ("bench code --help", Work),
    // SmallCoder, benchmark_variants.py: `whet bench variants`.
    ("bench variants", Plan),
    ("bench variants --variants SmallCoder-Tiny SmallCoder-Small", Plan),
    ("bench variants --variants SmallCoder-Tiny-LC SmallCoder-Medium-LC --max-tokens 32", Plan),
    ("bench variants --num-prompts 3", Plan),
    ("bench variants --num-prompts 3 --output quick_results.json", Plan),
    ("bench variants --device cpu", Plan),
    ("bench variants --device cuda", Plan),
    ("bench variants --list-variants", Work),
    ("bench variants --tokenizer codellama/CodeLlama-7b-hf",
        Answer("bench variants --tokenizer codellama/CodeLlama-7b-hf --checkpoints checkpoints")),
    // halo-forge.
    ("test --level smoke", Work),
    ("test --level standard --model Qwen/Qwen2.5-Coder-0.5B", Answer("test --level standard")),
    ("info --help", Work),
    ("config validate quick", Work),
    ("config validate configs/raft_windows.yaml", Miss("configs/raft_windows.yaml")),
    ("benchmark full --model toy.gguf --cycles 2 --output out", Plan),
    ("benchmark full --model Qwen/Qwen2.5-Coder-0.5B-Instruct --cycles 2 --verbose", Plan),
    ("benchmark full --model Qwen/Qwen2.5-Coder-0.5B --cycles 2",
        Answer("benchmark full --model qwen2.5-coder-0.5b --cycles 2")),
    ("benchmark full --suite all --cycles 2", Plan),
    ("benchmark full --suite medium", Plan),
    ("benchmark full --suite small --output results/benchmarks", Plan),
    ("benchmark full", Answer("benchmark full --model qwen2.5-coder-0.5b")),
    ("benchmark run --model toy.gguf --prompts cpp-demo --samples 10 --k 1,5,10 --output results.json", Plan),
    ("benchmark run --model toy.gguf --prompts cpp-demo --max-prompts 4 --verifier gcc", Plan),
    ("benchmark run --model toy.gguf --prompts cpp-demo --host winbox --user dev --ssh-key key",
        Answer("bench code toy.gguf --suite cpp-demo")),
    ("eval --model toy.gguf --benchmark cpp-demo --limit 4 --samples-per-prompt 5 --run-after-compile --language cpp", Plan),
    ("data prepare --dataset codeforces_cpp --output data/train.jsonl",
        Answer("data prepare codeforces-cots.jsonl --language cpp --output data/train.jsonl")),
    ("data prepare --dataset mbpp --output train.jsonl --template qwen",
        Answer("data prepare mbpp.jsonl --output train.jsonl")),
    ("data prepare --dataset mine.jsonl --output train.jsonl", Miss("mine.jsonl")),
    ("data prepare --list", Answer("tasks ls")),
    ("data validate train.jsonl", Miss("train.jsonl")),
    ("data generate --topic sorting --backend local --output made.jsonl", Answer("data generate --output made.jsonl")),
    ("data generate -n 20 --output made.jsonl", Work),
    ("sft train --model toy.gguf --data train.jsonl --output models/sft --epochs 3", Miss("train.jsonl")),
    ("sft train --data train.jsonl --output models/sft --epochs 3 --resume last",
        Answer("train sft --output models/sft --epochs 3 qwen2.5-coder-0.5b train.jsonl")),
    ("raft train --model toy.gguf --prompts cpp-demo --cycles 6 --samples-per-prompt 8 --temperature 0.7 --keep-percent 0.5 --reward-threshold 0.5", Plan),
    ("raft train --checkpoint models/sft/final_model --cycles 6",
        Answer("train raft qwen2.5-coder-0.5b --cycles 6 --suite cpp-demo")),
    // caramba: `python3 -m caramba FILE` is `whet FILE`.
    ("config/presets/llama32_1b_dba.yml --target paper", Miss("config/presets/llama32_1b_dba.yml")),
    ("mine.yml --target quick --dry-run", Plan),
    ("mine.yml", Plan),
    // SpecLoRA.
    ("benchmark-suite toy.gguf --draft other.gguf --skip-lora -m 128", Plan),
    ("benchmark-suite toy.gguf --draft other.gguf -f prompts.txt -l 10 -m 256 -n 5 -a best -o results.json", Plan),
    ("benchmark-suite", Answer("bench spec qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b")),
    ("benchmark-suite --skip-lora -m 128",
        Answer("bench spec --skip-lora -m 128 qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b")),
    ("benchmark-suite -f prompts.txt -l 10 -n 3 -o results.json",
        Answer("bench spec -f prompts.txt -l 10 -n 3 -o results.json qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b")),
    ("benchmark-suite -a best -n 5",
        Answer("bench spec -a best -n 5 --draft qwen2.5-coder-0.5b qwen2.5-coder-1.5b")),
    ("collect-data toy.gguf --draft nowhere.gguf -f prompts.txt --limit 50 -m 4096", Miss("nowhere.gguf")),
    ("collect-data -f prompts.txt -o detailed.jsonl",
        Answer("collect -f prompts.txt --output detailed --draft qwen2.5-coder-0.5b qwen2.5-coder-1.5b")),
    ("train", Answer("train sft --output data/checkpoints qwen2.5-coder-0.5b data/failures")),
    ("train --epochs 2", Answer("train sft --epochs 2 --output data/checkpoints qwen2.5-coder-0.5b data/failures")),
    ("generate -p Hello --max-tokens 64", Answer("generate -p Hello --max-tokens 64 qwen2.5-coder-0.5b")),
    ("generate toy.gguf -p Hello -n 4 -t 1", Work),
    ("evaluate", Answer("bench spec qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b")),
    ("benchmark", Answer("bench spec qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b")),
    ("stats", Answer("data check data/failures/failures.jsonl")),
    ("interactive", Answer("generate qwen2.5-coder-0.5b --chat --prompt 'Reverse a string in Rust'")),
    ("demo", Answer("bench spec qwen2.5-coder-1.5b --draft qwen2.5-coder-0.5b --limit 3")),
];

const RECIPE: &str = "version: 2
name: mine
models: {student: toy.gguf}
targets:
  - name: quick
    benchmarks:
      - {id: m, models: [student], config: {type: memory, sequence_lengths: [64]}}
";

fn place() -> Workplace {
    let place = Workplace::new();
    place.toy("other", 8);
    std::fs::write(place.at("prompts.txt"), "What is a list?\n").unwrap();
    std::fs::write(place.at("mine.yml"), RECIPE).unwrap();
    place
}

/// Words as a shell would cut them; only single quotes occur.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

fn whet(place: &Workplace, line: &str, more: &[&str]) -> Ended {
    let words = words(line);
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
        .collect();
    place.whet(&words)
}

/// Whether clap took a line: what it refuses begins with `error:`.
fn is_understood(ended: &Ended) -> bool {
    !ended.stderr.lines().any(|line| line.starts_with("error:"))
}

#[test]
fn every_documented_line_works_or_is_answered_with_one_that_is_understood() {
    let place = place();
    for (line, does) in LINES {
        match does {
            Plan => {
                let more: &[&str] = if line.contains("--dry-run") {
                    &[]
                } else {
                    &["--dry-run"]
                };
                let ended = whet(&place, line, more).with_code(0);
                assert!(ended.stdout.contains('{'), "{line}: {ended}");
            }
            Work => {
                whet(&place, line, &[]).with_code(0);
            }
            Miss(what) => {
                let ended = whet(&place, line, &[]).with_code(2);
                assert!(ended.stderr.contains(what), "{line}: {ended}");
                assert!(!ended.stderr.contains("Hint: "), "{line}: {ended}");
            }
            Answer(instead) => {
                let ended = whet(&place, line, &[]).with_code(2);
                let hints: Vec<&str> = ended
                    .stderr
                    .lines()
                    .filter_map(|said| said.strip_prefix("Hint: whet "))
                    .collect();
                assert_eq!(hints, [*instead], "{line}: {ended}");
                assert_eq!(ended.stdout, "", "{line}");
                let followed = whet(&place, instead, &["--help"]);
                assert!(is_understood(&followed), "{line}: {followed}");
                let followed = whet(&place, instead, &["--no-such-flag"]);
                let unknown = "unexpected argument '--no-such-flag'";
                assert!(
                    followed.stderr.contains(unknown),
                    "{line}: only that was wrong: {followed}"
                );
            }
        }
    }
    assert!(place.runs("runs").is_empty(), "nothing was measured");
}

#[test]
fn a_line_that_is_read_otherwise_says_how_and_what_of_it_means_nothing() {
    let place = place();
    let line = "bench code --checkpoint toy.gguf --tokenizer codellama/CodeLlama-7b-hf --output-dir out --dry-run";
    let ended = whet(&place, line, &[]).with_code(0);
    let ended = ended.saying(&[
        "Read as: whet bench --only code --suite python-core",
        "--export smallcoder=out/benchmark_results_{stamp}.json",
        "--tokenizer: a model file holds its own tokenizer",
    ]);
    let plan = ended.json();
    assert_eq!(plan["code"]["suites"], serde_json::json!(["python-core"]));
    assert_eq!(
        (&plan["code"]["samples"], &plan["code"]["batch"]),
        (&1.into(), &1.into())
    );
    assert!(plan["memory"].is_object() && plan["latency"].is_null());
    let quiet = whet(&place, line, &["-q"]).with_code(0);
    assert_eq!(quiet.stderr, "");
    let own = whet(&place, "bench variants smallcoder-tiny --dry-run", &[]).with_code(0);
    assert_eq!(own.stderr, "", "a line of our own is read as it stands");
}

#[test]
fn options_mean_what_they_mean_there() {
    let place = place();
    let plan = |line: &str| whet(&place, line, &["--dry-run"]).with_code(0).json();
    let full = plan("bench code --checkpoint toy.gguf --include-challenges --skip-memory-test");
    assert_eq!(
        full["code"]["suites"],
        serde_json::json!(["python-core", "python-challenges"])
    );
    assert_eq!(full["memory"], Value::Null);
    let some = plan("bench variants --variants SmallCoder-Tiny SmallCoder-Small --max-tokens 32");
    assert_eq!(some["variants"]["shapes"].as_array().unwrap().len(), 4);
    assert_eq!(some["variants"]["generate_tokens"], 32);
    let ten = plan(
        "benchmark run --model toy.gguf --prompts cpp-demo --samples 10 --k 1,5,10 --max-prompts 3",
    );
    assert_eq!(
        (&ten["code"]["samples"], &ten["code"]["limit"]),
        (&10.into(), &3.into())
    );
    let line = "benchmark run --model toy.gguf --prompts cpp-demo --output results.json --dry-run";
    whet(&place, line, &[])
        .with_code(0)
        .saying(&["--export halo-forge=results.json"]);
    let raft = plan("raft train --model toy.gguf --prompts cpp-demo --keep-percent 0.25");
    assert_eq!(raft["plan"]["filter"]["keep_top_percent"], 0.25);
}

#[test]
fn files_that_the_scripts_promise_are_there_by_their_names() {
    let place = place();
    let line = "bench code --checkpoint toy.gguf --output-dir out --limit 2 --contexts 64 --cache f16 --threads 1";
    let ended = whet(&place, line, &[]).with_code(0);
    let names: Vec<String> = std::fs::read_dir(place.at("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let find = |begin: &str, end: &str| {
        let mut found = names
            .iter()
            .filter(|name| name.starts_with(begin) && name.ends_with(end));
        let name = found
            .next()
            .unwrap_or_else(|| panic!("{begin}…{end}: {names:?} {ended}"));
        assert_eq!(
            name.len(),
            begin.len() + "20260102_030405".len() + end.len(),
            "{name}"
        );
        std::fs::read_to_string(place.at("out").join(name)).unwrap()
    };
    let results: Value = serde_json::from_str(&find("benchmark_results_", ".json")).unwrap();
    let model = &results[0];
    assert_eq!(model["model_name"], "toy");
    assert_eq!(model["summary"]["total_benchmarks"], 2);
    assert_eq!(model["results"][0]["benchmark"], "fibonacci");
    for key in ["keyword_score", "generated_text", "success"] {
        assert!(!model["results"][0][key].is_null(), "{key}: {model}");
    }
    assert!(model["memory_stats"]["peak_gb"].as_f64().unwrap() > 0.0);
    let page = find("benchmark_comparison_", ".md");
    for heading in [
        "Success Rate | Avg Keyword Score",
        "| Allocated | Reserved | Peak |",
        "## fibonacci",
    ] {
        assert!(page.contains(heading), "{heading}: {page}");
    }
}

#[test]
fn a_device_that_is_not_there_is_a_warning_in_the_report() {
    let place = place();
    let line = "bench memory toy.gguf --contexts 64 --cache f16 --threads 1 --device cuda:0";
    let ended = whet(&place, line, &[])
        .with_code(0)
        .saying(&["cuda:0 was asked for"]);
    assert!(ended.stdout.contains("cuda:0 was asked for"), "{ended}");
    let warnings = place.only_run("runs").records("warnings.jsonl");
    assert!(
        warnings
            .iter()
            .any(|warning| warning["kind"] == "device_fallback")
    );
}

/// What computes stands in the plan and in the report only where it is not the processor.
#[test]
fn the_processor_is_asked_for_by_name_everywhere() {
    let place = place();
    for line in [
        "bench latency toy.gguf --device cpu --dry-run",
        "bench spec toy.gguf --device cpu --dry-run",
        "train raft toy.gguf --suite cpp-demo --device cpu --dry-run",
    ] {
        let ended = whet(&place, line, &[]).with_code(0);
        let plan: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(plan.get("device"), None, "{line}");
    }
    whet(&place, "generate toy.gguf -p a -n 1 --device cpu", &[]).with_code(0);
    whet(&place, "generate toy.gguf -p a -n 1 --device gpu:99", &[])
        .with_code(0)
        .saying(&["gpu:99 was asked for", "whet doctor"]);
    whet(&place, "generate toy.gguf -p a --device tpu", &[])
        .with_code(2)
        .saying(&["cuda, rocm, metal"]);
}

/// A line that names nothing but its configuration is carried out by what the file says.
#[test]
fn trainings_by_configuration_are_read_from_their_file() {
    let place = place();
    let line = "sft train --config configs/sft_example.yaml";
    whet(&place, line, &[])
        .with_code(2)
        .saying(&["cannot read the settings configs/sft_example.yaml"]);
    std::fs::create_dir(place.at("configs")).unwrap();
    let said = "model:\n  name: toy.gguf\ndata:\n  train_file: rows.jsonl\ntraining:\n  num_train_epochs: 7\n";
    std::fs::write(place.at("configs/sft_example.yaml"), said).unwrap();
    std::fs::write(
        place.at("rows.jsonl"),
        "{\"prompt\":\"say 1\",\"response\":\"1\"}\n",
    )
    .unwrap();
    let plan = whet(&place, line, &["--dry-run"]).with_code(0);
    assert!(plan.stdout.contains("\"epochs\": 7"), "{plan}");
}

#[test]
fn raft_from_an_adapter_is_answered_with_raft_from_a_model() {
    let place = place();
    let line = "raft train --config configs/raft_windows.yaml --checkpoint models/sft/final_model --cycles 6";
    let ended = whet(&place, line, &[]).with_code(2);
    let mut hints = ended
        .stderr
        .lines()
        .filter_map(|said| said.strip_prefix("Hint: whet "));
    let hint = hints.next().unwrap_or_else(|| panic!("{line}: {ended}"));
    assert!(hint.starts_with("train raft ") && hints.next().is_none());
    let followed = whet(&place, hint, &["--no-such-flag"]);
    assert!(
        followed
            .stderr
            .contains("unexpected argument '--no-such-flag'"),
        "{followed}"
    );
}
