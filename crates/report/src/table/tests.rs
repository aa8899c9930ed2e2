//! Renderings of one table, in every format.

use super::{Colour, Entry, Side, Table, Tone, console, csv, json, markdown};

fn table() -> Table {
    let mut table = Table::new(&[("model", Side::Left), ("tok/s", Side::Right)]);
    table.push(vec!["a|b `x` <i>".into(), Entry::new("53.1", Tone::Good)]);
    table.push(vec!["=1+1, \"q\"\nnext".into()]);
    table
}

#[test]
fn a_pipe_cannot_open_a_cell_in_markdown() {
    let text = markdown(&table());
    assert_eq!(
        text,
        "| model | tok/s |\n| :-- | --: |\n| a\\|b \\`x\\` &lt;i> | 53.1 |\n| =1+1, \"q\" next |  |\n"
    );
}

#[test]
fn names_with_underscores_stay_readable_in_markdown() {
    assert_eq!(
        super::escape_markdown("pass_at_1 _em_"),
        "pass_at_1 \\_em\\_"
    );
}

#[test]
fn no_link_picture_tag_or_entity_survives_in_markdown() {
    let escape = super::escape_markdown;
    assert_eq!(escape("![x](http://e)"), "![x\\](http://e)");
    assert_eq!(escape("[a][b] [c]: d"), "[a\\][b] [c\\]: d");
    assert_eq!(
        escape("</td><!-- <a &lt; &#60;"),
        "&lt;/td>&lt;!-- &lt;a &amp;lt; &amp;#60;"
    );
    assert_eq!(
        escape("[0.1, 0.2] p<0.001 a & b"),
        "[0.1, 0.2] p<0.001 a & b"
    );
}

#[test]
fn csv_reads_back_as_it_was_but_for_what_a_spreadsheet_would_compute() {
    let bytes = csv(&table()).unwrap();
    let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
    assert_eq!(reader.headers().unwrap(), vec!["model", "tok/s"]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(&rows[0][0], "a|b `x` <i>");
    assert_eq!((&rows[1][0], &rows[1][1]), ("'=1+1, \"q\" next", ""));
}

#[test]
fn json_has_one_object_per_row() {
    let value = json(&table());
    assert_eq!(value[0]["tok/s"], "53.1");
    assert_eq!(value[1]["tok/s"], "");
}

#[test]
fn colour_is_written_only_when_asked_for() {
    assert!(!console(&table(), 80, Colour::Never).contains('\u{1b}'));
    assert!(console(&table(), 80, Colour::Always).contains("\u{1b}["));
}

#[test]
fn a_hostile_cell_cannot_steer_the_terminal() {
    let mut table = Table::new(&[("\u{1b}]0;x\u{7}", Side::Left)]);
    table.push(vec!["\u{1b}[2J\u{9b}A\u{202e}x".into()]);
    let text = console(&table, 80, Colour::Never);
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
    assert!(!text.contains('\u{202e}'));
}
