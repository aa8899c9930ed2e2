//! `whet data`: problems of families, rows to train on, and what they must not give away.

use serde_json::{Value, json};

use crate::workplace::Workplace;

/// Reads a file of JSON lines.
fn rows(place: &Workplace, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(place.at(name)).unwrap();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Writes a file of JSON lines.
fn lines(place: &Workplace, name: &str, rows: &[Value]) {
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(place.at(name), text).unwrap();
}

fn row(prompt: &str, completion: &str) -> Value {
    json!({"prompt": prompt, "completion": completion})
}

fn gcd_of_the_demo() -> String {
    let suite = task::catalog::find("cpp-demo").unwrap();
    suite.problem("gcd").unwrap().prompt.clone()
}

#[test]
fn the_list_shows_every_family_with_an_example() {
    let place = Workplace::new();
    let all = place
        .whet(&["data", "ls", "--format", "json"])
        .with_code(0)
        .json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), task::family::all().count());
    for family in all {
        let prompt = family["example"]["prompt"].as_str().unwrap();
        assert!(prompt.starts_with("Write a C++ program "), "{prompt}");
        assert_ne!(family["example"]["expected_output"], "");
    }
    let some = place.whet(&["data", "ls", "gcd,transpose"]).with_code(0);
    assert!(some.stdout.contains("gcd (demo, medium)"), "{some}");
    let some = some.saying(&["2 families: 1 of cpp-demo, 1 that no bundled suite has"]);
    assert!(!some.stdout.contains("\nlcm"), "{some}");
    let ended = place.whet(&["data", "ls", "gdc"]).with_code(2);
    ended.saying(&["no problem family `gdc`", "binary_search", "whet data ls"]);
}

#[test]
fn the_same_words_make_the_same_file_and_the_families_are_counted() {
    let place = Workplace::new();
    let make = |seed: &str, name: &str| {
        let words = ["data", "generate", "-n", "60", "--seed", seed, "-o", name];
        place.whet(&words).with_code(0)
    };
    let ended = make("1", "a.jsonl");
    assert_eq!(ended.stdout, "a.jsonl\n", "{ended}");
    make("1", "b.jsonl");
    make("2", "c.jsonl");
    assert_eq!(rows(&place, "a.jsonl"), rows(&place, "b.jsonl"));
    assert_ne!(rows(&place, "a.jsonl"), rows(&place, "c.jsonl"));
    assert_eq!(rows(&place, "a.jsonl").len(), 60);
    let line = |name: &str| {
        let mut lines = ended.stderr.lines();
        lines
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("{name}: {ended}"))
    };
    assert!(
        line("factorial ").ends_with(" 2") && line("knapsack ").ends_with(" 1"),
        "{ended}"
    );
    assert!(line("all ").ends_with(" 60"), "{ended}");
}

#[test]
fn a_split_goes_to_two_files_that_are_not_alike() {
    let place = Workplace::new();
    let words = "data generate --families demo -n 160 --split held-out=0.2 -o demo.jsonl";
    let words: Vec<&str> = words.split(' ').collect();
    let ended = place.whet(&words).with_code(0);
    assert_eq!(ended.stdout, "demo.jsonl\ndemo.held-out.jsonl\n", "{ended}");
    let (rest, held) = (
        rows(&place, "demo.jsonl"),
        rows(&place, "demo.held-out.jsonl"),
    );
    assert_eq!((rest.len(), held.len()), (128, 32));
    let words = [
        "data",
        "check",
        "demo.jsonl",
        "--against",
        "demo.held-out.jsonl,cpp-demo",
    ];
    place.whet(&words).with_code(0);
    let again = place.whet(&["data", "generate", "-n", "9", "-o", "demo.jsonl"]);
    again.with_code(2).saying(&["it exists", "--force"]);
    assert_eq!(rows(&place, "demo.jsonl"), rest, "untouched");
    let words = ["data", "generate", "-n", "9", "-o", "demo.jsonl", "--force"];
    place.whet(&words).with_code(0);
    assert_eq!(rows(&place, "demo.jsonl").len(), 9);
}

#[test]
fn wrong_words_of_generate_are_refused_before_anything_is_written() {
    let place = Workplace::new();
    for (words, said) in [
        (
            "--families nothing -o a.jsonl",
            "no problem family `nothing`",
        ),
        ("-n 0 -o a.jsonl", "0"),
        ("--split half -o a.jsonl", "held-out=0.2"),
        ("--split a=1 -o a.jsonl", "between 0 and 1"),
        ("--split a/b=0.5 -o a.jsonl", "held-out=0.2"),
        ("-n 3 --split a=0.01 -o a.jsonl", "ask for more with -n"),
        ("--language cobol -o a.jsonl", "python"),
        ("-o missing/a.jsonl", "folder does not exist"),
        ("-n 5", "--output"),
    ] {
        let words: Vec<&str> = ["data", "generate"]
            .into_iter()
            .chain(words.split(' '))
            .collect();
        place.whet(&words).with_code(2).saying(&[said]);
        assert!(!place.at("a.jsonl").exists(), "{words:?}");
    }
}

#[test]
fn families_that_run_dry_say_so() {
    let place = Workplace::new();
    let words = "data generate --families factorial -n 100 --language python -o few.jsonl";
    let words: Vec<&str> = words.split(' ').collect();
    let ended = place.whet(&words).with_code(0);
    ended.saying(&["only 19 different problems", "not 100"]);
    assert_eq!(rows(&place, "few.jsonl")[0]["language"], "python");
}

#[test]
fn what_was_generated_is_a_suite_that_models_can_be_measured_with() {
    let place = Workplace::new();
    let words = ["data", "generate", "-n", "20", "-o", "mine.jsonl"];
    place.whet(&words).with_code(0);
    let shown = place.whet(&["tasks", "show", "mine.jsonl"]).with_code(0);
    for word in ["C++", "20", "output"] {
        assert!(shown.stdout.contains(word), "{shown}");
    }
    let words = "bench code toy.gguf --suite mine.jsonl --limit 2 -n 1 --threads 1";
    let words: Vec<&str> = words.split(' ').collect();
    place.whet(&words).with_code(0);
    let verdicts = place.only_run("runs").verdicts();
    assert_eq!(verdicts.len(), 2);
    assert!(
        verdicts.iter().all(|one| one["unscored"].is_null()),
        "{verdicts:?}"
    );
}

#[test]
fn sound_rows_of_every_shape_are_counted_and_measured() {
    let place = Workplace::new();
    let chat = json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]});
    let all = [
        row("Add.", "a + b"),
        row("Add.", "b + a"),
        chat,
        json!({"text": "abc"}),
        json!({"prompt": "Go."}),
    ];
    lines(&place, "rows.jsonl", &all);
    let ended = place.whet(&["data", "check", "rows.jsonl"]).with_code(0);
    for words in [
        "5 rows",
        "2 × prompt and completion",
        "1 × messages",
        "1 × text",
        "1 × prompt",
        "prompts      2 to 4",
        "completions  3 to 5",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    let words = ["data", "check", "rows.jsonl", "--format", "json"];
    let found = place.whet(&words).with_code(0).json();
    assert_eq!(found[0]["shapes"]["prompt and completion"], 2);
    assert_eq!(
        found[0]["completion_characters"],
        json!({"min": 3, "median": 5, "max": 5})
    );
    assert_eq!(
        found[0]["repeats"],
        json!([]),
        "another answer is no repetition"
    );
}

#[test]
fn malformed_rows_are_named_by_their_lines() {
    let place = Workplace::new();
    let good = row("Add.", "a + b");
    let text = format!("{good}\n\n{{\n{}\n{good}\n[]\n", row("Add.", " "));
    std::fs::write(place.at("rows.jsonl"), text).unwrap();
    let ended = place.whet(&["data", "check", "rows.jsonl"]).with_code(3);
    for words in [
        "line 3: EOF",
        "line 4: its response is empty",
        "line 6: it is no JSON object",
        "malformed    3",
        "repeated     1",
        "line 5: says what line 1 said",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    std::fs::write(place.at("empty.jsonl"), "\n").unwrap();
    place.whet(&["data", "check", "empty.jsonl"]).with_code(3);
    std::fs::write(place.at("bytes.jsonl"), [0xff, 0xfe]).unwrap();
    place
        .whet(&["data", "check", "bytes.jsonl"])
        .with_code(2)
        .saying(&["bytes.jsonl"]);
    place
        .whet(&["data", "check", "none.jsonl"])
        .with_code(2)
        .saying(&["none.jsonl"]);
}

#[test]
fn a_leak_of_a_suite_is_found_however_it_is_written() {
    let place = Workplace::new();
    let gcd = gcd_of_the_demo();
    let chat = json!({"messages": [{"role": "system", "content": "Be brief."},
        {"role": "user", "content": format!("Please help. {gcd} Thank you.")}, {"role": "assistant", "content": "6"}]});
    let all = [
        row(&gcd.to_uppercase().replace(' ', "\n"), "6"),
        chat,
        row(&gcd.replace("Write a C++", "Write me a C++"), "6"),
        json!({"text": format!("Task: {gcd}\nAnswer: 6")}),
        row(&gcd.replace("48 and 18", "77 and 21"), "7"),
    ];
    lines(&place, "rows.jsonl", &all);
    for against in [&[][..], &["--against", "cpp-demo"]] {
        let words = [&["data", "check", "rows.jsonl"], against].concat();
        let ended = place.whet(&words).with_code(3);
        for words in [
            "line 1: equals gcd of cpp-demo",
            "line 2: holds gcd of cpp-demo",
            "line 3: is near (0.",
            "line 4: holds gcd",
            "overlapping  4 of 5",
        ] {
            assert!(ended.stdout.contains(words), "{words}: {ended}");
        }
    }
    let words = ["data", "check", "rows.jsonl", "--against", "go-demo"];
    place.whet(&words).with_code(0);
    lines(&place, "held.jsonl", &[json!({"prompt": gcd})]);
    let words = ["data", "check", "rows.jsonl", "--against", "held.jsonl"];
    let ended = place.whet(&words).with_code(3);
    assert!(
        ended.stdout.contains("equals line 1 of held.jsonl"),
        "{ended}"
    );
    let words = ["data", "check", "rows.jsonl", "--against", "cpp-dmo"];
    place
        .whet(&words)
        .with_code(2)
        .saying(&["did you mean `cpp-demo`"]);
}

#[test]
fn a_preview_shows_rows_and_no_escape_sequence() {
    let place = Workplace::new();
    let long = "x\n".repeat(50);
    lines(
        &place,
        "rows.jsonl",
        &[
            row("Add\u{1b}[2J.", &long),
            row("Next.", "n"),
            row("Third.", "t"),
        ],
    );
    let words = ["data", "preview", "rows.jsonl", "-n", "2"];
    let ended = place.whet(&words).with_code(0).saying(&["2 of 3 rows"]);
    for words in [
        "line 1 · prompt and completion",
        "── user, 8 characters",
        "Add␛[2J.",
        "30 more lines",
        "Next.",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    assert!(
        !ended.stdout.contains("Third.") && !ended.stdout.contains('\u{1b}'),
        "{ended}"
    );
    let words = ["data", "preview", "rows.jsonl", "-n", "1", "--whole"];
    let ended = place.whet(&words).with_code(0);
    assert_eq!(ended.stdout.matches("\nx").count(), 50, "{ended}");
    std::fs::write(place.at("bad.jsonl"), "{").unwrap();
    place
        .whet(&["data", "preview", "rows.jsonl", "-n", "0"])
        .with_code(2)
        .saying(&["-n"]);
    place
        .whet(&["data", "preview", "bad.jsonl"])
        .with_code(2)
        .saying(&["line 1: EOF"]);
}

const MBPP: &str = r#"{"text": "Write a function to add.", "code": "def add(a, b):\n    return a + b", "task_id": 7, "test_setup_code": "", "test_list": ["assert add(1, 2) == 3"]}"#;

#[test]
fn solutions_become_rows_that_can_be_checked() {
    let place = Workplace::new();
    std::fs::write(place.at("mbpp.jsonl"), format!("{MBPP}\n")).unwrap();
    let words = ["data", "prepare", "mbpp.jsonl", "-o", "rows.jsonl"];
    let ended = place.whet(&words).with_code(0).saying(&["1 rows"]);
    assert_eq!(ended.stdout, "rows.jsonl\n");
    let made = &rows(&place, "rows.jsonl")[0];
    assert!(
        made["prompt"]
            .as_str()
            .unwrap()
            .contains("Write a function to add.")
    );
    assert!(
        made["completion"]
            .as_str()
            .unwrap()
            .contains("```python\ndef add(a, b):")
    );
    assert_eq!(
        made["metadata"],
        json!({"source": "mbpp", "language": "python", "id": "Mbpp/7"})
    );
    place.whet(&["data", "check", "rows.jsonl"]).with_code(0);
    let words = ["data", "check", "rows.jsonl", "--against", "mbpp.jsonl"];
    let ended = place.whet(&words).with_code(3);
    assert!(
        ended.stdout.contains("line 1: holds line 1 of mbpp.jsonl"),
        "{ended}"
    );
}

#[test]
fn contest_answers_are_filtered_and_sampled() {
    let place = Workplace::new();
    let answer = |n: usize, tag: &str| json!({"description": format!("Task {n}."), "generation": format!("<think>t</think>```{tag}\nint main() {{ return {n}; }}\n```")});
    let all: Vec<Value> = (0..30)
        .map(|n| answer(n, if n % 3 == 0 { "python" } else { "cpp" }))
        .collect();
    lines(&place, "codeforces.jsonl", &all);
    let prepare = |words: &str| {
        let words = format!("data prepare codeforces.jsonl {words}");
        place.whet(&words.split(' ').collect::<Vec<_>>())
    };
    let ended = prepare("--language cpp --limit 5 -o a.jsonl").with_code(0);
    ended.saying(&["5 rows", "10 in another language", "15 beyond the limit"]);
    prepare("--language cpp --limit 5 -o b.jsonl").with_code(0);
    prepare("--language cpp --limit 5 --seed 7 -o c.jsonl").with_code(0);
    assert_eq!(rows(&place, "a.jsonl"), rows(&place, "b.jsonl"));
    assert_ne!(rows(&place, "a.jsonl"), rows(&place, "c.jsonl"));
    let is_plain = |row: &Value| row["completion"].as_str().unwrap().starts_with("```cpp");
    assert!(rows(&place, "a.jsonl").iter().all(is_plain));
    prepare("--language rust -o d.jsonl")
        .with_code(2)
        .saying(&["no row is left"]);
    prepare("-o a.jsonl").with_code(2).saying(&["--force"]);
}

#[test]
fn a_malformed_line_stops_the_preparation() {
    let place = Workplace::new();
    std::fs::write(
        place.at("mine.jsonl"),
        format!("{MBPP}\n{{\"prompt\":\"p\",\"completion\":\"\"}}\n"),
    )
    .unwrap();
    let words = ["data", "prepare", "mine.jsonl", "-o", "rows.jsonl"];
    let ended = place.whet(&words).with_code(3);
    assert!(
        ended.stdout.contains("line 2: its response is empty"),
        "{ended}"
    );
    assert!(ended.stdout.contains("Nothing was written"), "{ended}");
    assert!(!place.at("rows.jsonl").exists());
    let words = ["data", "prepare", "cpp-demo", "-o", "rows.jsonl"];
    place
        .whet(&words)
        .with_code(2)
        .saying(&["built in to measure with"]);
    let words = ["data", "prepare", "humaneval", "-o", "rows.jsonl"];
    place
        .whet(&words)
        .with_code(2)
        .saying(&["whet tasks pull humaneval"]);
    let words = ["data", "prepare", "mbpp", "-o", "rows.jsonl"];
    place
        .whet(&words)
        .with_code(2)
        .saying(&["path to a JSONL file"]);
}
