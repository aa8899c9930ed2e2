//! `whet train`: an adapter is trained, loaded, and its training goes on; bad input is refused by name.

use crate::workplace::{Ended, Workplace};

const ROW: &str = "{\"prompt\":\"say it\",\"response\":\"it is said\"}\n";

fn rows(place: &Workplace, text: &str) {
    std::fs::write(place.at("rows.jsonl"), text).unwrap();
}

fn sft(place: &Workplace, words: &[&str]) -> Ended {
    let common = ["train", "sft", "toy.gguf", "rows.jsonl", "--rank", "2"];
    place.whet(&[&common, words].concat())
}

#[test]
fn a_trained_adapter_is_named_loads_and_changes_what_is_written() {
    let place = Workplace::new();
    let many: String = (0..12)
        .map(|i| format!("{{\"prompt\":\"say {i}\",\"response\":\"{i} is said\"}}\n"))
        .collect();
    rows(&place, &many);
    let words = ["-o", "out", "--learning-rate", "0.02", "--held-out", "0.2"];
    let ended = sft(&place, &words).with_code(0);
    let ended = ended.saying(&["12 examples", "learnt"]);
    assert!(ended.stdout.contains("6 steps; loss"), "{ended}");
    let file = ended.stdout.lines().last().unwrap().to_owned();
    assert_eq!(file, "out/best/adapter.gguf");
    let said = |more: &[&str]| {
        let words = ["generate", "toy.gguf", "-p", "say 3", "-n", "20", "-t", "1"];
        place.whet(&[&words, more].concat()).with_code(0).stdout
    };
    assert_ne!(said(&["--adapter", &file]), said(&[]));
    a_model_with_an_adapter_is_a_model_of_its_own(&place);
    let table = std::fs::read_to_string(place.at("out/curve.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 6, "{table}");
    assert!(place.at("out/curve.svg").is_file() && place.at("out/curve.png").is_file());
    it_was_metered(&place);
    // The same command finds it complete; another one may not go on with it.
    let again = sft(&place, &words).with_code(0);
    assert!(again.stdout.contains("6 steps; loss"), "{again}");
    let other = sft(&place, &["-o", "out"]);
    other.with_code(1).saying(&["other examples"]);
}

/// A number or a reason, beside times and the report of a run.
fn it_was_metered(place: &Workplace) {
    let read = |name: &str| std::fs::read(place.at(name)).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&read("out/summary.json")).unwrap();
    assert_eq!(
        (&summary["steps"], &summary["end"]),
        (&6.into(), &"complete".into())
    );
    assert!(summary["held_out"]["before"].is_number(), "{summary}");
    assert!(
        summary["costs"]["train"]["seconds"].is_number(),
        "{summary}"
    );
    let energy = &summary["energy"];
    let is_told = energy["work_joules"]["included"].is_number();
    let is_excused = energy["reason"].as_str().is_some_and(|why| !why.is_empty());
    assert!(is_told != is_excused, "{energy}");
    let card: serde_json::Value = serde_json::from_slice(&read("out/run/report.json")).unwrap();
    let sections = card["sections"].as_array().unwrap();
    let training = sections.iter().find(|one| one["benchmark"] == "train");
    let rate = &training.unwrap()["rows"][0];
    assert_eq!(rate["metric"], "train_tokens_per_s");
    assert_eq!(rate["cells"][0]["n"], 6);
    let rows = training.unwrap()["rows"].as_array().unwrap();
    let share = rows.iter().find(|row| row["metric"] == "arithmetic_share");
    let share = &share.unwrap()["cells"][0];
    assert_eq!(share["n"], 6);
    // A toy cannot keep a processor busy, and nothing can do more than it is able to.
    let known = share["value"].as_f64().unwrap();
    assert!(known > 0.0 && known < 1.0, "{share}");
    let table = String::from_utf8(read("out/run/hardware.csv")).unwrap();
    assert!(table.contains(",train,") && table.contains(",evaluate,"));
}

/// Base and adapter in one run, by their names; the run remembers both files and goes on with both.
fn a_model_with_an_adapter_is_a_model_of_its_own(place: &Workplace) {
    let models = ["toy.gguf", "toy.gguf+out/best", "toy.gguf+out/best=0.5"];
    let words = ["bench", "perplexity"];
    let more = ["--text", "text.txt", "-o", "runs", "-t", "1"];
    std::fs::write(place.at("text.txt"), "say 3\n3 is said\n".repeat(40)).unwrap();
    let ended = place.whet(&[&words[..], &models, &more].concat());
    let told = ended.with_code(0).stdout;
    for word in ["toy+best=0.5", "adapter of", "times 0.5"] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    let run = place.only_run("runs");
    let header = run.json("run.json");
    let of = |at: usize| &header["models"][at]["adapter"];
    assert!(of(0).is_null());
    assert_eq!(of(1)["sha256"], of(2)["sha256"]);
    assert_eq!(of(2)["scale"], 0.5);
    let folder = run.path().display().to_string();
    let again = place.whet(&["bench", "--resume", &folder]);
    assert!(again.with_code(0).stdout.contains("toy+best=0.5"));
    let file = "out/best/adapter.gguf";
    let aside = place.at("aside.gguf");
    std::fs::rename(place.at(file), &aside).unwrap();
    place.toy("out/best/adapter", 8);
    let other = place.whet(&["bench", "--resume", &folder]);
    other.with_code(2).saying(&["adapter.gguf"]);
    std::fs::rename(&aside, place.at(file)).unwrap();
    let twice = [
        "generate",
        "toy.gguf+out/best",
        "-p",
        "x",
        "--adapter",
        file,
    ];
    place
        .whet(&twice)
        .with_code(2)
        .saying(&["would be a second one"]);
    let base = [
        "train",
        "sft",
        "toy.gguf+out/best",
        "rows.jsonl",
        "-o",
        "more",
    ];
    place.whet(&base).with_code(2);
}

#[test]
fn faults_of_the_examples_are_named_by_line_before_anything_is_made() {
    let place = Workplace::new();
    rows(
        &place,
        &format!("{ROW}{{\"prompt\":\"p\",\"response\":\"\"}}\nnonsense\n"),
    );
    let ended = sft(&place, &["-o", "out"]).with_code(2);
    ended.saying(&["rows.jsonl: line 2: its response is empty; line 3: "]);
    rows(&place, "{\"prompt\":\"p\"}\n");
    let ended = sft(&place, &["-o", "out"]).with_code(2);
    ended.saying(&["line 1", "nothing to learn"]);
    rows(&place, ROW);
    let ended = sft(&place, &["-o", "out", "--longest", "5"]).with_code(2);
    ended.saying(&["all 1 examples", "more than 5 tokens"]);
    assert!(!place.at("out").exists());
}

#[test]
fn examples_that_give_away_what_is_measured_are_said_or_refused() {
    let place = Workplace::new();
    let suite = task::catalog::find("cpp-demo").unwrap();
    let gcd = &suite.problem("gcd").unwrap().prompt;
    let asked = serde_json::json!({"prompt": gcd, "response": "int main() {}"});
    let inside =
        serde_json::json!({"prompt": "go on", "response": format!("// {gcd}\nint main() {{}}")});
    rows(&place, &format!("{ROW}{asked}\n{inside}\n"));
    let refused = sft(&place, &["--against", "cpp-demo", "-o", "out"]).with_code(2);
    refused.saying(&["2 rows overlap with cpp-demo; the first is line 2: equals gcd of cpp-demo"]);
    assert!(!place.at("out").exists());
    let said = sft(
        &place,
        &["--held-out", "0", "--max-steps", "1", "-o", "out"],
    )
    .with_code(0);
    said.saying(&[
        "2 rows overlap with the bundled suites",
        "look better than it is",
    ]);
    sft(
        &place,
        &[
            "--against",
            "rust-demo",
            "--held-out",
            "0",
            "--max-steps",
            "1",
            "-o",
            "two",
        ],
    )
    .with_code(0);
}

#[test]
fn settings_that_cannot_be_are_wrong_usage() {
    let place = Workplace::new();
    rows(&place, ROW);
    for (words, said) in [
        (&["--rank", "0"][..], "its rank is 0"),
        (&["--rank", "200"], "its rank is 200"),
        (&["--targets", "qkv"], "no target is called qkv"),
        (&["--learning-rate", "0"], "learning_rate is 0"),
        (&["--epochs", "0"], "epochs must be at least 1"),
        (&["--alpha", "-1"], "alpha is -1"),
    ] {
        let common = ["train", "sft", "toy.gguf", "rows.jsonl"];
        let ended = place.whet(&[&common, words].concat());
        ended.with_code(2).saying(&[said]);
    }
    let ended = place.whet(&["train", "sft", "toy.gguf", "none.jsonl"]);
    ended.with_code(2).saying(&["none.jsonl"]);
}

const CONFIG: &str = "method: sft\nmodel: toy.gguf\ndata:\n  train_file: rows.jsonl\nlora: {r: 2}\ntraining:\n  num_train_epochs: 1\n  gradient_accumulation_steps: 1\n  learning_rate: 0.02\n  warmup_ratio: 0.1\n";

#[test]
fn settings_come_from_a_file_and_the_command_line_counts_more() {
    let place = Workplace::new();
    rows(&place, ROW);
    std::fs::write(place.at("sft.yml"), CONFIG).unwrap();
    let common = ["train", "sft", "--config", "sft.yml"];
    let plan = |more: &[&str]| {
        let words = [&common, more, &["--dry-run"]].concat();
        place.whet(&words).with_code(0).json()
    };
    let own = plan(&[]);
    assert_eq!(own["model"], "toy.gguf");
    assert_eq!(own["examples"], "rows.jsonl");
    assert_eq!(own["adapter"]["rank"], 2);
    assert_eq!(own["recipe"]["epochs"], 1);
    assert_eq!(own["warmup_ratio"], 0.1);
    assert_eq!(plan(&["--epochs", "2"])["recipe"]["epochs"], 2);
    assert!(!place.at("out").exists());
    let ended = place.whet(&[&common[..], &["-o", "out", "--held-out", "0"]].concat());
    assert!(ended.with_code(0).stdout.contains("1 steps; loss"));
    assert!(place.at("out/final/adapter.gguf").is_file());
}

#[test]
fn mistakes_of_the_file_are_named_by_line_and_column() {
    let place = Workplace::new();
    rows(&place, ROW);
    for (from, to, said) in [
        (
            "lora: {r: 2}",
            "lora: {r: 900}",
            "sft.yml:5:11: no such adapter: its rank is 900",
        ),
        (
            "lora: {r: 2}",
            "lora: {rnak: 2}",
            "sft.yml:5:8: there is no setting of whet train sft called rnak; did you mean rank?",
        ),
        (
            "learning_rate: 0.02",
            "learning_rate: 0",
            "sft.yml:9:18: learning_rate is 0",
        ),
        ("toy.gguf", "other.gguf", "sft.yml:2:8: "),
        (
            "warmup_ratio: 0.1",
            "warmup_ratio: 0.9",
            "sft.yml:10:17: warmup_ratio is 0.9",
        ),
        (
            "method: sft",
            "method: raft",
            "sft.yml:1:9: these are settings of `whet train raft`",
        ),
    ] {
        std::fs::write(place.at("sft.yml"), CONFIG.replace(from, to)).unwrap();
        let ended = place.whet(&["train", "sft", "--config", "sft.yml", "-o", "out"]);
        ended.with_code(2).saying(&[said]);
    }
    std::fs::write(place.at("sft.yml"), CONFIG.replace("model: toy.gguf\n", "")).unwrap();
    let ended = place.whet(&["train", "sft", "--config", "sft.yml"]);
    ended.with_code(2).saying(&["says which model"]);
    let ended = place.whet(&["train", "sft", "--config", "none.yml"]);
    ended.with_code(2).saying(&["none.yml"]);
    assert!(!place.at("out").exists());
}

#[test]
fn the_settings_to_begin_with_mean_a_plan() {
    let place = Workplace::new();
    let presets = [
        ("sft", "sft", "qwen2.5-coder-0.5b"),
        ("raft-settings", "raft", "cpp-demo"),
    ];
    for (preset, method, said) in presets {
        place.whet(&["init", "--preset", preset]).with_code(0);
        let file = format!("{preset}.yml");
        let words = ["train", method, "--config", &file, "--dry-run"];
        let plan = place.whet(&words).with_code(0).stdout;
        assert!(plan.contains(said), "{plan}");
        let ended = place.whet(&["check", &file]).with_code(2);
        ended.saying(&[&format!("use `whet train {method} --config {file}`")]);
    }
    let more = [
        "raft",
        "train",
        "--config",
        "raft-settings.yml",
        "--cycles",
        "5",
        "--dry-run",
    ];
    let plan = place.whet(&more).with_code(0).json();
    assert_eq!(plan["plan"]["cycles"], 5);
}

#[test]
fn every_weight_can_be_trained_and_the_file_is_a_model() {
    let place = Workplace::new();
    let many: String = (0..12)
        .map(|i| format!("{{\"prompt\":\"say {i}\",\"response\":\"{i} is said\"}}\n"))
        .collect();
    rows(&place, &many);
    let common = [
        "train",
        "sft",
        "toy.gguf",
        "rows.jsonl",
        "--full",
        "-o",
        "out",
    ];
    let more = ["--learning-rate", "0.003", "--held-out", "0.2"];
    let ended = place.whet(&[&common[..], &more].concat()).with_code(0);
    let file = ended.stdout.lines().last().unwrap().to_owned();
    assert_eq!(file, "out/best/model.gguf");
    let said = |model: &str| {
        let words = ["generate", model, "-p", "say 3", "-n", "20", "-t", "1"];
        place.whet(&words).with_code(0).stdout
    };
    assert_ne!(said(&file), said("toy.gguf"));
    assert!(place.at("out/best/transformers/config.json").is_file());
    let both = place.whet(&[&common[..], &["--rank", "4"]].concat());
    both.with_code(2).saying(&["--rank"]);
}

#[test]
fn a_folder_of_sources_is_learnt_by_a_model() {
    let place = Workplace::new();
    std::fs::create_dir_all(place.at("src/deep")).unwrap();
    for i in 0..10 {
        let text = format!("fn number_{i}() -> u32 {{\n    {i}\n}}\n").repeat(4);
        let name = if i < 5 {
            format!("src/{i}.rs")
        } else {
            format!("src/deep/{i}.rs")
        };
        std::fs::write(place.at(&name), text).unwrap();
    }
    let common = [
        "train", "pretrain", "--from", "toy.gguf", "--data", "src", "--window", "64",
    ];
    let how = [
        "--learning-rate",
        "0.003",
        "--held-out",
        "0.2",
        "--evaluate-every",
        "2",
        "-o",
        "out",
    ];
    let words = [&common[..], &how, &["--epochs", "4", "--max-steps", "6"]].concat();
    let ended = place.whet(&words).with_code(0);
    let ended = ended.saying(&["10 files", "windows"]);
    assert!(ended.stdout.starts_with("6 steps"), "{ended}");
    assert!(place.at("out/final/model.gguf").is_file());
    let text = std::fs::read_to_string(place.at("out/curve.jsonl")).unwrap();
    let looks: Vec<f64> = text
        .lines()
        .filter_map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["held_out"].as_f64()
        })
        .collect();
    assert!(looks.len() == 3 && looks[2] < looks[0], "{looks:?}");
    let again = place.whet(&words).with_code(0);
    assert_eq!(again.stdout, ended.stdout);
}

#[test]
fn a_pretraining_that_cannot_be_is_wrong_usage() {
    let place = Workplace::new();
    std::fs::create_dir(place.at("empty")).unwrap();
    for (words, said) in [
        (
            &["--shape", "huge", "--data", "empty"][..],
            "there is no shape huge; there are tiny, small",
        ),
        (
            &["--shape", "tiny", "--data", "nowhere"],
            "there is no such folder",
        ),
        (&["--shape", "tiny", "--data", "empty"], "holds no text"),
        (
            &["--shape", "tiny", "--data", "empty", "--window", "0"],
            "window must be at least 1",
        ),
        (
            &["--shape", "tiny", "--from", "toy.gguf", "--data", "empty"],
            "--from",
        ),
        (&["--data", "empty"], "--shape"),
    ] {
        let ended = place.whet(&[&["train", "pretrain", "-o", "out"], words].concat());
        ended.with_code(2).saying(&[said]);
    }
    assert!(!place.at("out").exists());
    let words = [
        "train",
        "pretrain",
        "--shape",
        "Tiny-LC",
        "--data",
        "empty",
        "--dry-run",
    ];
    let plan = place.whet(&words).with_code(0).json();
    assert_eq!(plan["shape"], "smallcoder-tiny-lc");
    assert_eq!(plan["recipe"]["epochs"], 1);
}
