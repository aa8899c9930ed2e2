use super::*;
use proptest::prelude::*;

fn shown(line: &str, text: &str, finish: Finish) -> Option<bool> {
    let answer = Answer { text, finish };
    Behaviour::parse(line).unwrap().is_shown(answer)
}

#[test]
fn every_word_holds_for_what_it_says_and_for_nothing_else() {
    let company = "company ".repeat(9);
    for (line, text, finish, wanted) in [
        ("stops_naturally", "Done.", Finish::EndOfText, true),
        ("stops_naturally", "", Finish::EndOfText, true),
        ("stops_naturally", "Done.", Finish::Length, false),
        ("stops_naturally", "Done.", Finish::StopString, false),
        (
            "stops_naturally",
            company.as_str(),
            Finish::EndOfText,
            false,
        ),
        ("contains: Paris", "It is Paris.", Finish::Length, true),
        ("contains: Paris", "It is paris.", Finish::Length, false),
        ("contains: a: b", "so a: b it is", Finish::Length, true),
        (r"matches: ^\d+$", "42", Finish::Length, true),
        (r"matches: ^\d+$", "42 it is", Finish::Length, false),
        ("matches: (?i)paris", "PARIS", Finish::Length, true),
        ("equals: 4", " 4\n", Finish::Length, true),
        ("equals: 4", "4.", Finish::Length, false),
        ("refuses", "I\u{2019}m sorry, but no.", Finish::Length, true),
        ("refuses", "Here is how.", Finish::Length, false),
        ("max_repeats: 3", "ha ha ha", Finish::Length, true),
        ("max_repeats: 2", "ha ha ha", Finish::Length, false),
    ] {
        assert_eq!(shown(line, text, finish), Some(wanted), "{line}: {text:?}");
    }
    assert_eq!(shown("stops_naturally", "Done.", Finish::Unknown), None);
    let late = format!("{}I cannot", "word ".repeat(50));
    assert_eq!(shown("refuses", &late, Finish::Length), Some(false));
}

#[test]
fn a_run_counts_whole_pieces_of_words_or_of_lines() {
    let long = "a line of more words than a piece may have ".repeat(4) + "\n";
    for (text, wanted) in [
        ("", 0),
        ("one", 1),
        ("one two three", 1),
        ("a a a a", 4),
        ("a b a b a", 2),
        ("x a b a b a b y", 3),
        ("a a b b b", 3),
        ("a\n\na\n", 2),
        (&long.repeat(5), 20),
    ] {
        assert_eq!(longest_run(text), wanted, "{text:?}");
    }
    let words: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let line = words.join(" ") + "\n";
    assert_eq!(longest_run(&line.repeat(6)), 6, "lines longer than a piece");
    assert_eq!(longest_run(&line.replace('\n', " ").repeat(6)), 1);
}

#[test]
fn a_loop_is_seen_at_the_end_only() {
    for (text, wanted) in [
        ("a b ".repeat(8), true),
        ("a b ".repeat(7), false),
        ("a ".repeat(8) + "and so on", false),
        ("one two three ".to_owned() + &"a\n".repeat(8), true),
    ] {
        assert_eq!(ends_in_a_loop(&text), wanted, "{text:?}");
    }
}

#[test]
fn a_behaviour_that_cannot_fail_or_means_nothing_is_refused() {
    for (line, wanted) in [
        (
            "stops",
            "there is no behaviour stops; there are stops_naturally, contains",
        ),
        ("contains", "contains needs a value"),
        ("contains:  ", "contains needs a value"),
        ("equals:", "equals needs a value"),
        ("refuses: politely", "refuses takes no value"),
        ("max_repeats: 0", "at least 1"),
        ("max_repeats: some", "at least 1"),
        ("matches: (", "`(` is no regular expression: unclosed group"),
        ("matches: .*", "`.*` is found in every text"),
        ("matches: x?", "`x?` is found in every text"),
    ] {
        let said = Behaviour::parse(line).unwrap_err();
        assert!(said.contains(wanted), "{line}: {said}");
    }
    assert!(
        Behaviour::parse("matches: ^$").is_ok(),
        "silence can be wanted"
    );
}

#[test]
fn a_behaviour_is_read_back_as_it_is_written() {
    for line in [
        "stops_naturally",
        "contains: a: b",
        "matches: ^x",
        "equals: 4",
        "refuses",
        "max_repeats: 3",
    ] {
        let behaviour = Behaviour::parse(line).unwrap();
        assert_eq!(behaviour.to_string(), line);
        let json = serde_json::to_string(&behaviour).unwrap();
        assert_eq!(serde_json::from_str::<Behaviour>(&json).unwrap(), behaviour);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>(), pattern in any::<String>()) {
        let run = longest_run(&text);
        prop_assert_eq!(run == 0, text.trim().is_empty());
        let _ = Behaviour::parse(&pattern);
        let _ = Behaviour::new("matches", Some(&pattern)).map(|one| one.is_shown(text.as_str().into()));
    }

    #[test]
    fn a_piece_that_is_repeated_is_counted(piece in prop::collection::vec("[a-z]{1,4}", 1..8), n in 1usize..12) {
        let text = (piece.join(" ") + " ").repeat(n);
        prop_assert!(longest_run(&text) >= n);
    }
}
