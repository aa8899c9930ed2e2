//! What goes out in another program's form and comes back stands beside what it was made from.

use serde_json::{Value, json};

use crate::workplace::{Ended, Workplace};

const HELLO: &str = "#include <iostream>\nint main() { std::cout << \"Hello, World!\\n\"; }\n";
const EIGHT: &str = "#include <iostream>\nint main() { std::cout << 8 << '\\n'; }\n";

/// A run of four judged answers to three problems of our own, whose ids have no slash; two are right.
fn judged(place: &Workplace) -> String {
    let answers = [
        ("hello_world", HELLO),
        ("hello_world", EIGHT),
        ("sum_function", EIGHT),
        ("count_1_to_5", "int main() { return 1; }\n"),
    ];
    let lines: String = answers
        .iter()
        .map(|(task, text)| format!("{}\n", json!({"task_id": task, "solution": text})))
        .collect();
    std::fs::write(place.at("answers.jsonl"), lines).unwrap();
    let words = "sample judge answers.jsonl --suite cpp-demo --name ours -q -o mine";
    place
        .whet(&words.split(' ').collect::<Vec<_>>())
        .with_code(0);
    place.only_run("mine").path().display().to_string()
}

fn import(place: &Workplace, words: &str) -> Ended {
    let words = format!("runs import {words}");
    place.whet(&words.split(' ').collect::<Vec<_>>())
}

/// Suite and row of every pass@1 in a comparison.
fn passes(compared: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for section in compared["scorecard"]["sections"].as_array().unwrap() {
        let rows = section["rows"].as_array().unwrap().iter();
        let rows = rows.filter(|row| row["metric"] == "pass_at_1");
        let suite = section["suite"].as_str().unwrap();
        found.extend(rows.map(|row| (suite.to_owned(), row.clone())));
    }
    found
}

#[test]
fn what_goes_out_to_evalplus_and_comes_back_is_paired_with_itself_and_no_different() {
    let place = Workplace::new();
    let ours = judged(&place);
    place
        .whet(&["report", &ours, "--export", "evalplus=out.json"])
        .with_code(0);
    let sent: Value =
        serde_json::from_slice(&std::fs::read(place.at("out.json")).unwrap()).unwrap();
    assert_eq!(sent["eval"].as_object().unwrap().len(), 3);
    import(&place, "out.json --name back -o theirs").with_code(0);
    let back = place.only_run("theirs").path().display().to_string();
    let compared = place
        .whet(&["compare", &ours, &back, "--format", "json"])
        .with_code(0)
        .json();
    let [(suite, row)] = &passes(&compared)[..] else {
        panic!("one row for both: {compared}");
    };
    assert_eq!(suite, "cpp-demo");
    let values = [0, 1].map(|model| row["cells"][model]["value"].as_f64().unwrap());
    assert_eq!(values, [0.5, 0.5], "(1/2 + 1 + 0) / 3");
    let found = &row["comparisons"][0];
    assert_eq!((&found["value"], &found["n"]), (&json!(0.0), &json!(3)));
    let again = place.whet(&["report", &back, "--export", "evalplus=again.json"]);
    again.with_code(0);
    let again: Value =
        serde_json::from_slice(&std::fs::read(place.at("again.json")).unwrap()).unwrap();
    for key in ["eval", "hash", "suite", "pass_at_k"] {
        assert_eq!(again[key], sent[key], "{key}");
    }
}

#[test]
fn problems_whose_ids_name_no_data_set_are_one_suite_called_as_the_user_or_the_file_says() {
    let place = Workplace::new();
    let attempt = |status: &str| json!([{"solution": "x", "base_status": status}]);
    let file = json!({"eval": {"a": attempt("pass"), "b": attempt("fail")}});
    std::fs::write(place.at("puzzles_eval_results.json"), file.to_string()).unwrap();
    for (words, name) in [("", "puzzles"), (" --suite mine", "mine")] {
        import(
            &place,
            &format!("puzzles_eval_results.json -o {name}{words}"),
        )
        .with_code(0);
        let suites = place.only_run(name).json("run.json")["suites"].clone();
        assert_eq!(suites.as_array().unwrap().len(), 1, "{suites}");
        assert_eq!(
            (&suites[0]["name"], &suites[0]["n_problems"]),
            (&json!(name), &json!(2))
        );
    }
    let speeds = json!([{"avg_ts": 1.0, "samples_ts": [1.0]}]);
    std::fs::write(place.at("speeds.json"), speeds.to_string()).unwrap();
    import(&place, "speeds.json --suite mine -o none")
        .with_code(2)
        .saying(&["--suite", "leave it away"]);
}
