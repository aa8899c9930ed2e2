//! Every kind of source, and what is left out of it.

use super::*;
use crate::survey::{Shape, Survey};

const HUMANEVAL: &str = r#"{"task_id": "Own/0", "prompt": "def add(a, b):\n    \"\"\" Sum. \"\"\"\n", "entry_point": "add", "canonical_solution": "    return a + b\n", "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n"}"#;
const MBPP: &str = r#"{"text": "Write a function to add.", "code": "def add(a, b):\n    return a + b", "task_id": 7, "test_setup_code": "", "test_list": ["assert add(1, 2) == 3"]}"#;

fn contest(answer: &str) -> String {
    let row = json!({
        "id": "1/A", "rating": 800, "tags": ["math"], "note": null, "title": "Sum",
        "description": "Add two numbers.", "input_format": "Two numbers.", "output_format": "Their sum.",
        "examples": [{"input": "1 2", "output": "3"}], "generation": answer,
    });
    format!("{row}\n")
}

fn cpp(body: &str) -> String {
    format!("Read and add.\n\n```cpp\nint main() {{ {body} }}\n```\n")
}

fn of_cpp() -> Wanted {
    Wanted {
        source: "codeforces".to_owned(),
        language: Some(Language::Cpp),
        ..Wanted::default()
    }
}

#[test]
fn functions_are_asked_and_answered_as_they_are_measured() {
    let made = rows(&format!("{HUMANEVAL}\n\n{MBPP}\n"), &Wanted::default());
    assert_eq!((made.rows.len(), made.faults.len()), (2, 0));
    for (row, id) in made.rows.iter().zip(["Own/0", "Mbpp/7"]) {
        let (prompt, answer) = (
            row["prompt"].as_str().unwrap(),
            row["completion"].as_str().unwrap(),
        );
        assert!(
            prompt.starts_with("Please provide a self-contained Python script"),
            "{prompt}"
        );
        assert!(
            answer.contains("```python\n") && answer.ends_with("\n```"),
            "{answer}"
        );
        assert_eq!(
            extract::function(answer, "add", None).map(|f| f.code.contains("return a + b")),
            Some(true)
        );
        assert_eq!(
            (&row["metadata"]["id"], &row["metadata"]["language"]),
            (&json!(id), &json!("python"))
        );
    }
}

#[test]
fn a_contest_answer_loses_its_thoughts_unless_they_are_wanted() {
    let text = contest(&format!(
        "<think>\n```python\nx\n```\n</think>\n\n{}",
        cpp("return 0;")
    ));
    let made = rows(&text, &of_cpp());
    let row = &made.rows[0];
    assert_eq!(row["completion"], json!(cpp("return 0;")));
    let prompt = row["prompt"].as_str().unwrap();
    for part in [
        "Add two numbers.",
        "Input:\n\nTwo numbers.",
        "Output:\n\nTheir sum.",
        "Example output:\n\n3",
    ] {
        assert!(prompt.contains(part), "{part}: {prompt}");
    }
    let metadata = json!({"source": "codeforces", "language": "cpp", "id": "1/A", "title": "Sum", "rating": 800, "tags": ["math"]});
    assert_eq!(row["metadata"], metadata);
    let kept = Wanted {
        keep_reasoning: true,
        language: None,
        ..of_cpp()
    };
    let made = rows(&text, &kept);
    assert!(
        made.rows[0]["completion"]
            .as_str()
            .unwrap()
            .starts_with("<think>")
    );
}

#[test]
fn what_has_no_answer_or_another_language_is_left_out_and_counted() {
    let text = [
        contest("<think>never ends"),
        contest(" "),
        contest(&cpp("return 1;")).replacen('{', "{\"finish_reason\":\"length\",", 1),
        contest("no code at all"),
        contest("```python\nprint(1)\n```"),
        contest(&cpp("")),
        "{\"prompt\":\"p\"}\n".to_owned(),
        "{\"id\":\"a\",\"prompt\":\"p\",\"language\":\"cpp\",\"expected_output\":\"6\"}\n"
            .to_owned(),
    ];
    let made = rows(&text.concat(), &of_cpp());
    let counts = (made.rows.len(), made.n_unanswered, made.n_other_language);
    assert_eq!(counts, (1, 5, 2));
    assert_eq!(made.faults, []);
}

#[test]
fn own_rows_keep_their_system_message_and_their_metadata() {
    let text = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"a"}],"metadata":{"source":"mine","language":"GNU C++17","x":1}}"#;
    let made = rows(text, &of_cpp());
    assert_eq!(
        made.rows,
        [json!({"system": "s", "prompt": "u", "completion": "a",
            "metadata": {"source": "mine", "language": "GNU C++17", "x": 1}})]
    );
}

#[test]
fn faults_are_told_with_their_lines() {
    let text = "{\n{\"text\":\"t\"}\n{\"generation\":\"g\"}\n{\"generation\":1,\"prompt\":\"p\"}\n\
        {\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},\
        {\"role\":\"user\",\"content\":\"c\"},{\"role\":\"assistant\",\"content\":\"d\"}]}\n{\"prompt\":\"p\",\"completion\":\" \"}\n";
    let made = rows(text, &Wanted::default());
    let wanted = [
        "EOF",
        "a text has no prompt",
        "neither prompt nor",
        "no text",
        "several turns",
        "is empty",
    ];
    assert_eq!(made.faults.len(), wanted.len());
    for ((number, said), (at, words)) in made.faults.iter().zip((1..).zip(wanted)) {
        assert!(*number == at && said.contains(words), "{number}: {said}");
    }
}

#[test]
fn a_limit_takes_a_sample_that_the_seed_decides_in_the_order_of_the_file() {
    let text: String = (0..50)
        .map(|n| contest(&cpp(&format!("return {n};"))))
        .collect();
    let of = |limit, seed| {
        let wanted = Wanted {
            limit: Some(limit),
            seed,
            ..of_cpp()
        };
        rows(&text, &wanted)
    };
    let (one, other) = (of(10, 1), of(10, 2));
    assert_eq!((one.rows.len(), one.n_beyond), (10, 40));
    assert_eq!(one, of(10, 1));
    assert_ne!(one.rows, other.rows);
    let all = of(100, 1);
    assert_eq!((all.rows.len(), all.n_beyond), (50, 0));
    let places: Vec<_> = one
        .rows
        .iter()
        .map(|row| all.rows.iter().position(|r| r == row))
        .collect();
    assert!(
        places.is_sorted() && places.iter().all(Option::is_some),
        "{places:?}"
    );
    assert!(
        of(20, 1)
            .rows
            .iter()
            .filter(|row| one.rows.contains(row))
            .count()
            == 10,
        "more is more"
    );
}

#[test]
fn what_was_prepared_can_be_trained_on() {
    let text = [HUMANEVAL, "\n", &contest(&cpp(""))].concat();
    let made = rows(&text, &Wanted::default());
    let lines: Vec<String> = made.rows.iter().map(Value::to_string).collect();
    let survey = Survey::of(&lines.join("\n"));
    assert_eq!((survey.lines.len(), survey.faults.len()), (2, 0));
    assert!(
        survey
            .lines
            .iter()
            .all(|line| line.entry.shape() == Shape::Answer)
    );
}
