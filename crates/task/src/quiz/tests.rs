//! Every shape as it is published, and every way in which a row can be wrong.

use super::*;

fn read(lines: &[&str]) -> Result<Quiz, Error> {
    Quiz::read("file.jsonl", lines.join("\n").as_bytes(), None)
}

fn question(line: &str) -> Question {
    read(&[line]).unwrap().questions.remove(0)
}

/// Contexts and continuations of a row, as a tokenizer gets them.
fn parts(line: &str) -> Vec<(String, String)> {
    let choices = question(line).choices;
    let parts = |choice: &Choice| (choice.parts().0.to_owned(), choice.parts().1);
    choices.iter().map(parts).collect()
}

const HELLASWAG: &str = r#"{"ind": 24, "activity_label": "Roof shingle removal", "ctx_a": "A man is sitting on a roof.", "ctx_b": "he", "ctx": "A man is sitting on a roof. he", "endings": ["is using wrap to wrap a pair of skis.", "is ripping level tiles off.", "is holding a rubik's cube.", "starts pulling up roofing on a roof."], "source_id": "activitynet~v_-JhWjGDPHMY", "split": "val", "split_type": "indomain", "label": "3"}"#;
const ARC: &str = r#"{"id": "Mercury_7175875", "question": "Which one floats?", "choices": {"text": ["a stone", "a cork"], "label": ["A", "B"]}, "answerKey": "B"}"#;
const PIQA: &str = r#"{"goal": "How do I ready a guinea pig cage?", "sol1": "Provide paper.", "sol2": "Provide jeans.", "label": 0}"#;
const WINOGRANDE: &str = r#"{"sentence": "Sarah was a better surgeon than Maria so _ always got the easier cases.", "option1": "Sarah", "option2": "Maria", "answer": "2"}"#;
const BOOLQ: &str = r#"{"question": "is it warm", "answer": true, "passage": "Warm -- It is."}"#;
const GENERIC: &str = r#"{"context": "1 + 1 =", "choices": ["1", "2", "3"], "answer": 1}"#;

#[test]
fn each_shape_is_known_by_its_fields() {
    let rows = [HELLASWAG, ARC, PIQA, WINOGRANDE, BOOLQ, GENERIC];
    for (row, shape) in rows.into_iter().zip(Shape::ALL) {
        assert_eq!(read(&[row]).unwrap().shape, shape);
        let forced = Quiz::read("x", row.as_bytes(), Some(shape)).unwrap();
        assert_eq!(forced.questions, read(&[row]).unwrap().questions);
    }
    let super_glue = r#"{"question": "is it", "passage": "It is.", "idx": 3, "label": 1}"#;
    assert_eq!(read(&[super_glue]).unwrap().shape, Shape::Boolq);
    assert_eq!(question(super_glue).right, 1);
}

#[test]
fn questions_are_worded_as_the_harness_words_them() {
    let pair = |context: &str, text: &str| (context.to_owned(), text.to_owned());
    let wanted = "Roof shingle removal: A man is sitting on a roof. He";
    assert_eq!(
        parts(HELLASWAG)[3],
        pair(wanted, " starts pulling up roofing on a roof.")
    );
    assert_eq!(
        parts(ARC)[1],
        pair("Question: Which one floats?\nAnswer:", " a cork")
    );
    let wanted = "Question: How do I ready a guinea pig cage?\nAnswer:";
    assert_eq!(parts(PIQA)[0], pair(wanted, " Provide paper."));
    let wanted = "Sarah was a better surgeon than Maria so Maria";
    assert_eq!(
        parts(WINOGRANDE)[1],
        pair(wanted, " always got the easier cases.")
    );
    let wanted = "Warm -- It is.\nQuestion: is it warm?\nAnswer:";
    assert_eq!(parts(BOOLQ), [pair(wanted, " no"), pair(wanted, " yes")]);
    assert_eq!(parts(GENERIC)[2], pair("1 + 1 =", " 3"));
    let rights = [HELLASWAG, ARC, PIQA, WINOGRANDE, BOOLQ, GENERIC].map(|row| question(row).right);
    assert_eq!(rights, [3, 1, 0, 1, 1, 1]);
}

#[test]
fn white_space_at_the_end_of_a_context_belongs_to_what_follows() {
    let row =
        r#"{"context": "def f():\n    ", "choices": ["a", "b"], "answer": 0, "delimiter": ""}"#;
    let wanted = ("def f():".to_owned(), "\n    a".to_owned());
    assert_eq!(parts(row)[0], wanted);
    assert_eq!(
        question(row).choices[0].text,
        "a",
        "its length does not count the space"
    );
}

#[test]
fn a_question_has_the_files_id_or_the_number_of_its_line() {
    let quiz = read(&[GENERIC, "", ARC.replace("\"id\"", "\"other\"").as_str()]);
    assert!(quiz.is_err(), "a file has one shape");
    let quiz = read(&[GENERIC, "", GENERIC]).unwrap();
    let ids: Vec<&str> = quiz.questions.iter().map(|q| q.id.as_str()).collect();
    assert_eq!(ids, ["1", "3"]);
    assert_eq!(question(ARC).id, "Mercury_7175875");
    assert_eq!(question(&GENERIC.replace('{', r#"{"id": 7, "#)).id, "7");
}

#[test]
#[allow(
    clippy::too_many_lines,
    reason = "a list of mistakes and of what is said of each"
)]
fn what_is_wrong_with_a_row_is_said_with_its_line_and_field() {
    let changed = |row: &str, from: &str, to: &str| {
        let changed = row.replace(from, to);
        assert_ne!(changed, row);
        changed
    };
    let twice = changed(ARC, "Which", "What");
    for (row, words) in [
        (
            changed(HELLASWAG, r#""label": "3""#, r#""label": """#),
            "`label`: the answer is not given",
        ),
        (
            changed(HELLASWAG, r#""label": "3""#, r#""label": "4""#),
            "choice 4 counted from 0, and there are 4",
        ),
        (
            changed(HELLASWAG, r#""label": "3""#, r#""label": "x""#),
            "`label`: `x` is no number",
        ),
        (
            changed(HELLASWAG, r#", "label": "3""#, ""),
            "`label` is missing",
        ),
        (
            changed(HELLASWAG, "is ripping level tiles off.", "[title]"),
            "choice 1 counted from 0 is empty",
        ),
        (
            changed(ARC, r#": "B"}"#, r#": "E"}"#),
            "`answerKey`: `E` is none of the labels A, B",
        ),
        (
            changed(ARC, r#"["A", "B"]"#, r#"["A"]"#),
            "2 texts and 1 labels",
        ),
        (
            changed(
                ARC,
                r#"["a stone", "a cork"], "label": ["A", "B"]"#,
                r#"["a cork"], "label": ["B"]"#,
            ),
            "1 to choose from",
        ),
        (
            changed(PIQA, r#""label": 0"#, r#""label": -1"#),
            "-1 means that the answer is not given",
        ),
        (
            changed(PIQA, r#""label": 0"#, r#""label": 2"#),
            "choice 2 counted from 0, and there are 2",
        ),
        (
            changed(PIQA, r#""label": 0"#, r#""label": null"#),
            "neither a text nor a number",
        ),
        (
            changed(WINOGRANDE, "so _ always", "so always"),
            "`sentence`: it has no gap",
        ),
        (
            changed(WINOGRANDE, " always got the easier cases.", ""),
            "choice 0 counted from 0 is empty",
        ),
        (
            changed(WINOGRANDE, r#""2""#, r#""0""#),
            "`answer`: it must be 1 or 2",
        ),
        (
            changed(WINOGRANDE, r#""2""#, r#""3""#),
            "choice 2 counted from 0, and there are 2",
        ),
        (changed(BOOLQ, "true", "\"yes\""), "`answer`: "),
        (
            changed(GENERIC, r#"["1", "2", "3"]"#, "[]"),
            "0 to choose from",
        ),
        (
            changed(GENERIC, r#"["1", "2", "3"]"#, r#""123""#),
            "`choices`: ",
        ),
        (
            changed(GENERIC, r#", "answer": 1"#, ""),
            "`answer` is missing",
        ),
        ("{\"text\": 1}".to_owned(), "no known shape"),
        ("{\"text\"".to_owned(), "EOF"),
        (
            format!("{ARC}\n{twice}"),
            "`id`: `Mercury_7175875` is there already",
        ),
    ] {
        let n_lines = row.lines().count();
        let said = read(&[&row]).unwrap_err().to_string();
        let place = format!("line {n_lines} of the problems of `file`");
        assert!(
            said.contains(words) && said.contains(&place),
            "{row}: {said}"
        );
    }
    for (row, line) in [
        ("", 0),
        ("[]", 0),
        (&format!("{GENERIC}\n{GENERIC}\n\n{{}}"), 4),
    ] {
        let said = read(&[row]).unwrap_err().to_string();
        assert!(said.contains(&format!("line {line} ")), "{said}");
    }
}

#[test]
fn a_file_may_be_a_list_or_packed() {
    let list = format!("[{GENERIC},\n{GENERIC}]");
    let quiz = read(&[&list]).unwrap();
    assert_eq!(quiz.questions.len(), 2);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, list.as_bytes()).unwrap();
    let packed = Quiz::read("a.jsonl.gz", &packer.finish().unwrap(), None).unwrap();
    assert_eq!(packed.questions, quiz.questions);
    assert_ne!(packed.sha256, quiz.sha256, "the hash is that of the file");
    assert_eq!(packed.name, "a");
    assert!(Quiz::read("a", &[0xff, 0xfe, 0], None).is_err());
}

#[test]
fn the_built_in_questions_have_four_choices_and_their_answers_all_places() {
    let quiz = Quiz::bundled("code-reading").unwrap();
    assert_eq!((quiz.questions.len(), quiz.shape), (40, Shape::Generic));
    let mut places = [0; 4];
    for question in &quiz.questions {
        assert_eq!(question.choices.len(), 4, "{}", question.id);
        assert!(question.choices[0].context.is_ascii());
        places[question.right] += 1;
    }
    assert_eq!(places, [10; 4]);
    assert!(Quiz::bundled("nothing").is_none());
    assert_eq!(Quiz::names().collect::<Vec<_>>(), ["code-reading"]);
}
