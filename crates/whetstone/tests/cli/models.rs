//! `whet models`, and how every command names a model.

use crate::workplace::Workplace;

#[test]
fn an_unknown_name_is_wrong_usage_with_a_guess_and_the_list() {
    let place = Workplace::new();
    for words in [
        &["bench", "smolm2-135m"][..],
        &["generate", "smolm2-135m", "-p", "x"],
        &["models", "pull", "smolm2-135m"],
        &["models", "show", "smolm2-135m"],
    ] {
        let ended = place.whet(words).with_code(2);
        ended.saying(&["did you mean `smollm2-135m`", "qwen2.5-coder-0.5b"]);
    }
}

#[test]
fn a_model_that_is_not_here_names_the_command_that_fetches_it() {
    let place = Workplace::new();
    for words in [
        &["bench", "smollm2-135m"][..],
        &["generate", "smollm2-135m", "-p", "x"],
        &["--offline", "models", "show", "smollm2-135m"],
        &["--offline", "--yes", "generate", "smollm2-135m", "-p", "x"],
    ] {
        let ended = place.whet(words).with_code(2);
        ended.saying(&["whet models pull smollm2-135m"]);
    }
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_missing_file_and_a_folder_are_wrong_usage_naming_the_path() {
    let place = Workplace::new();
    std::fs::create_dir(place.at("folder.gguf")).unwrap();
    for (path, cause) in [
        ("missing.gguf", "No such file"),
        ("./missing", "No such file"),
        ("folder.gguf", "not a file"),
    ] {
        for words in [
            &["generate", path, "-p", "x"][..],
            &["bench", path],
            &["models", "show", path],
        ] {
            place.whet(words).with_code(2).saying(&[path, cause]);
        }
    }
}

#[test]
fn the_list_is_the_catalogue_and_says_that_nothing_is_here() {
    let place = Workplace::new();
    let table = place.whet(&["models", "ls"]).with_code(0);
    let list = place
        .whet(&["models", "ls", "--format", "json"])
        .with_code(0);
    let rows = list.json();
    let rows = rows.as_array().unwrap();
    assert!(rows.len() >= 4, "{list}");
    for row in rows {
        let name = row["name"].as_str().unwrap();
        assert!(table.stdout.contains(name), "{table}");
        assert_eq!(row["state"], "-", "{row}");
        assert_eq!(row["sha256"].as_str().unwrap().len(), 64, "{row}");
    }
}

#[test]
fn show_knows_a_file_without_running_it() {
    let place = Workplace::new();
    let shown = place.whet(&["models", "show", "toy.gguf", "--format", "json"]);
    let facts = shown.with_code(0).json();
    let bytes = std::fs::metadata(place.at("toy.gguf")).unwrap().len();
    assert_eq!(facts["file_bytes"], bytes);
    assert_eq!(facts["architecture"], "llama");
    // Two layers of two key-value heads of 32 elements, two bytes each, for keys and for values.
    assert_eq!(facts["kv_bytes_per_token"]["f16"], 2 * 2 * 32 * 2 * 2);
}

#[test]
fn two_models_of_one_name_are_refused() {
    let place = Workplace::new();
    std::fs::create_dir(place.at("other")).unwrap();
    std::fs::copy(place.at("toy.gguf"), place.at("other/toy.gguf")).unwrap();
    let ended = place.whet(&["bench", "toy.gguf", "other/toy.gguf", "--preset", "smoke"]);
    ended
        .with_code(2)
        .saying(&["two models are called toy", "rename"]);
    assert!(place.runs("runs").is_empty(), "nothing was begun");
}

#[test]
fn a_model_is_deleted_from_the_cache_when_that_is_meant() {
    let place = Workplace::new();
    let file = |place: &Workplace| {
        let all = place.whet(&["models", "ls", "--format", "json"]).json();
        let mut rows = all.as_array().unwrap().iter();
        let row = rows.find(|row| row["name"] == "smollm2-135m").unwrap();
        std::path::PathBuf::from(row["path"].as_str().unwrap())
    };
    let path = file(&place);
    let nothing = place.whet(&["models", "rm", "smollm2-135m", "--yes"]);
    nothing
        .with_code(2)
        .saying(&["smollm2-135m is not in", "whet models ls"]);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, [0; 2_000_000]).unwrap();
    let unasked = place.whet(&["models", "rm", "smollm2-135m"]);
    unasked
        .with_code(2)
        .saying(&["nothing was deleted", "--yes"]);
    let unknown = place.whet(&["models", "rm", "smollm2-135m", "smolm2", "--yes"]);
    unknown.with_code(2).saying(&["smolm2"]);
    assert!(path.is_file(), "one wrong name deletes nothing");
    let done = place.whet(&["models", "rm", "smollm2-135m", "--yes"]);
    done.with_code(0).saying(&["Deleted"]);
    assert!(!path.exists());
}
