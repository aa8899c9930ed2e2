//! `whet adapters`: what was trained is listed, found and written in other forms.

use crate::workplace::Workplace;

/// A training of a few steps in `runs/one`.
fn trained() -> Workplace {
    let place = Workplace::new();
    let rows: String = (0..12)
        .map(|i| format!("{{\"prompt\":\"say {i}\",\"response\":\"{i} is said\"}}\n"))
        .collect();
    std::fs::write(place.at("rows.jsonl"), rows).unwrap();
    let words = ["train", "sft", "toy.gguf", "rows.jsonl", "--rank", "2"];
    let more = [
        "-o",
        "runs/one",
        "--learning-rate",
        "0.02",
        "--held-out",
        "0.2",
    ];
    place.whet(&[&words[..], &more].concat()).with_code(0);
    place
}

fn said(place: &Workplace, model: &str, more: &[&str]) -> String {
    let words = ["generate", model, "-p", "say 3", "-n", "20", "-t", "1"];
    place.whet(&[&words, more].concat()).with_code(0).stdout
}

#[test]
fn adapters_are_listed_and_the_best_is_found() {
    let place = trained();
    let ended = place
        .whet(&["adapters", "ls", "--format", "json"])
        .with_code(0);
    let all: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
    assert_eq!(all[0]["base"], "toy");
    assert_eq!(
        (&all[0]["rank"], &all[0]["matrices"]),
        (&2.into(), &14.into())
    );
    let ended = place.whet(&["adapters", "which", "best"]).with_code(0);
    assert_eq!(ended.stdout, "runs/one/best/adapter.gguf\n");
    let ended = place.whet(&["adapters", "which", "final", "elsewhere"]);
    ended
        .with_code(2)
        .saying(&["elsewhere holds no adapter", "whet train sft"]);
    place
        .whet(&["adapters", "ls", "elsewhere"])
        .with_code(0)
        .saying(&["There is no adapter"]);
}

#[test]
fn a_merged_model_says_what_the_model_with_the_adapter_says() {
    let place = trained();
    let file = "runs/one/best/adapter.gguf";
    let words = ["adapters", "export", file, "--model", "toy.gguf", "--to"];
    let more = ["merged", "--type", "f32", "-o", "merged.gguf"];
    place.whet(&[&words[..], &more].concat()).with_code(0);
    assert_eq!(
        said(&place, "merged.gguf", &[]),
        said(&place, "toy.gguf", &["--adapter", file])
    );
    assert_ne!(
        said(&place, "merged.gguf", &[]),
        said(&place, "toy.gguf", &[])
    );
    let again = place.whet(&[&words[..], &more].concat()).with_code(2);
    again.saying(&["it exists", "--force"]);
    place
        .whet(&[&words[..], &["peft", "-o", "peft"]].concat())
        .with_code(0);
    assert!(place.at("peft/adapter_model.safetensors").is_file());
    let wrong = place.whet(&[
        "adapters", "export", "toy.gguf", "-m", "toy.gguf", "--to", "peft",
    ]);
    wrong.with_code(2).saying(&["general.type"]);
}

#[test]
fn a_folder_of_peft_becomes_the_file_that_it_was_written_with() {
    let place = trained();
    let words = [
        "adapters",
        "export",
        "runs/one/best",
        "--model",
        "toy.gguf",
        "--to",
    ];
    let more = ["gguf", "-o", "again.gguf"];
    place.whet(&[&words[..], &more].concat()).with_code(0);
    let bytes = |name: &str| std::fs::read(place.at(name)).unwrap();
    assert_eq!(bytes("again.gguf"), bytes("runs/one/best/adapter.gguf"));
    std::fs::write(place.at("runs/one/best/adapter_config.json"), "{}").unwrap();
    let ended = place.whet(&[&words[..], &["merged", "-o", "merged.gguf"]].concat());
    ended.with_code(2).saying(&["peft_type is nothing"]);
}
