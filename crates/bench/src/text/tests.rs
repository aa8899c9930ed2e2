use super::*;

#[test]
fn the_ending_of_a_file_decides_what_it_holds() {
    let read = |name: &str, bytes: &[u8]| Text::read(name, bytes, "text").unwrap().content;
    assert_eq!(read("a.txt", b"hi"), Content::Plain("hi".into()));
    assert_eq!(read("wiki.test.raw", b"hi"), Content::Plain("hi".into()));
    let lines = b"{\"text\": \"one\"}\n\n{\"text\": \"two\", \"id\": 2}\n";
    assert_eq!(
        read("a.jsonl", lines),
        Content::Documents(vec!["one".into(), "two".into()])
    );
    let marked = "\u{feff}{\"text\": \"one\"}\n";
    assert_eq!(
        read("a.jsonl", marked.as_bytes()),
        Content::Documents(vec!["one".into()])
    );
    let hash = Text::read("a", b"hi", "text").unwrap().sha256;
    assert!(hash.starts_with("8f434346648f6b96"), "{hash}");
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let refused = |name: &str, bytes: &[u8], said: &str| {
        let error = Text::read(name, bytes, "text").unwrap_err();
        assert!(error.contains(said), "{name}: {error}");
    };
    refused("a.txt", b"", "nothing in it");
    refused("a.txt", b" \n\t\r\n", "nothing in it");
    refused("a.jsonl", b"\n\n", "nothing in it");
    refused("a.jsonl", b"{\"text\": \" \"}", "nothing in it");
    refused("a.txt", b"one\ntw\xffo", "byte 6 (line 2) is no UTF-8");
    refused(
        "a.jsonl",
        b"{\"text\": \"a\"}\n{\"text\"",
        "line 2 is no JSON",
    );
    refused(
        "a.jsonl",
        b"{\"text\": 7}",
        "line 1: the field text is no text",
    );
    refused(
        "a.jsonl",
        b"{\"page\": \"x\", \"n\": 1, \"title\": \"y\"}",
        "no field text; --field may be page, title",
    );
    refused("a.jsonl", b"[1]", "line 1 has no field text");
}

/// A .npy file as NumPy writes it.
fn npy(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}");
    let padded = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((padded.len() as u16).to_le_bytes());
    bytes.extend(padded.as_bytes());
    bytes.extend(data);
    bytes
}

fn ids(bytes: &[u8]) -> Result<Vec<engine::Token>, String> {
    match Text::read("ids.npy", bytes, "text")?.content {
        Content::Tokens(tokens) => Ok(tokens),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_row_of_ids_is_read_at_every_width() {
    let little: [(&str, &[u8]); 7] = [
        ("|u1", &[1, 200]),
        ("<u2", &[1, 0, 200, 0]),
        ("<i2", &[1, 0, 200, 0]),
        ("<u4", &[1, 0, 0, 0, 200, 0, 0, 0]),
        ("<i4", &[1, 0, 0, 0, 200, 0, 0, 0]),
        ("<u8", &[1, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0]),
        ("<i8", &[1, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0]),
    ];
    for (descr, data) in little {
        assert_eq!(
            ids(&npy(descr, "False", "2,", data)),
            Ok(vec![1, 200]),
            "{descr}"
        );
    }
}

#[test]
fn arrays_that_could_be_misread_are_refused_with_the_remedy() {
    let four = [1u8, 0, 0, 0];
    let cases: [(Vec<u8>, &str); 13] = [
        (
            npy(">u4", "False", "1,", &four),
            "big-endian (>u4); save it with numpy.save",
        ),
        (npy("<f4", "False", "1,", &four), "<f4, not token ids"),
        (npy("|b1", "False", "4,", &four), "|b1, not token ids"),
        (npy("<U1", "False", "1,", &four), "<U1, not token ids"),
        (npy("<u2", "True", "2,", &four), "Fortran order"),
        (npy("<u2", "False", "1, 2", &four), "shape is (1, 2)"),
        (npy("<u2", "False", "", &four), "shape is ()"),
        (npy("<u2", "False", "x,", &four), "no length"),
        (
            npy("<u2", "False", "3,", &four),
            "promises 3 ids of 2 bytes, and 4 bytes follow",
        ),
        (
            npy("<u2", "False", "1,", &four),
            "promises 1 ids of 2 bytes, and 4 bytes follow",
        ),
        (
            npy("<u8", "False", "9999999999999999999,", &four),
            "promises",
        ),
        (
            npy("<i4", "False", "1,", &[255; 4]),
            "number 0 is no token id",
        ),
        (
            npy("<u8", "False", "1,", &[0, 0, 0, 0, 1, 0, 0, 0]),
            "number 0 is no token id",
        ),
    ];
    for (bytes, said) in cases {
        let error = ids(&bytes).unwrap_err();
        assert!(error.contains(said), "{said}: {error}");
    }
    let structured = npy("<u2", "False", "2,", &four);
    let text = String::from_utf8_lossy(&structured).replace("'<u2'", "[('a')]");
    assert!(
        ids(text.as_bytes()).is_err(),
        "the replaced magic or the structure is refused"
    );
}

#[test]
fn a_file_of_ids_that_is_cut_anywhere_is_refused() {
    let whole = npy("<u2", "False", "2,", &[1, 0, 200, 0]);
    assert!(ids(&whole).is_ok());
    for n in 0..whole.len() {
        assert!(ids(&whole[..n]).is_err(), "cut at {n}");
    }
}

/// As the corpus has it: two empty rows before a later title, one at the end, and formulas that look like titles.
const CORPUS: &str = concat!(
    " \n = One = \n \n First words , of frequency ω \n = 1 rad / s and k = \n 1 ohm . \n \n = = Part = = \n \n",
    " \n = = = Lower = = = \n \n More words . \n \n \n = 2 Two = \n \n End . \n \n",
);

fn filled(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

#[test]
fn wikitext_has_the_same_rows_with_and_without_its_empty_ones() {
    let bare: String = filled(CORPUS).map(|line| format!("{line}\r\n")).collect();
    for text in [CORPUS, &bare] {
        assert!(wikitext::is_wikitext(text));
        assert_eq!(wikitext::rows(text).len(), 19, "{text:?}");
        assert_eq!(
            wikitext::joined(text),
            "\n\n = One = \n\n\n\n\n First words , of frequency ω \n\n\n = 1 rad / s and k = \n\n\n 1 ohm . \n\n\n\n\n = = Part = = \n\n\n\n\n\n\n = = = Lower = = = \n\n\n\n\n More words . \n\n\n\n\n\n\n = 2 Two = \n\n\n\n\n End . \n\n\n"
        );
        assert_eq!(
            wikitext::pages(text),
            [
                " = One = \n \n First words , of frequency ω ",
                " = 1 rad / s and k = \n 1 ohm . \n \n = = Part = = \n \n \n = = = Lower = = = \n \n More words . \n \n ",
                " = 2 Two = \n \n End . \n \n"
            ]
        );
    }
    for other in ["", "Plain words", "= = Part = =", "===", "a = b"] {
        assert!(!wikitext::is_wikitext(other), "{other}");
    }
}

#[test]
fn empty_rows_stand_where_the_file_has_them_and_nowhere_else() {
    // One heading has lost the rows around it; what a file holds is not put right.
    let odd = CORPUS.replace(" \n = = Part = = \n \n", " = = Part = = \n");
    assert_eq!(wikitext::rows(&odd).len(), 17);
    let plain = |row: &str| match row {
        "" => " \n".to_owned(),
        row => format!("{row}\n"),
    };
    assert_eq!(
        wikitext::rows(&odd)
            .into_iter()
            .map(plain)
            .collect::<String>(),
        odd
    );
}

#[test]
fn rows_and_pages_of_wikitext_become_the_file_they_were_made_of() {
    let owned = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let row = |line: &str| match line.trim() {
        "" => String::new(),
        _ => format!("{line}\n"),
    };
    let rows: Vec<String> = CORPUS.lines().map(row).collect();
    assert_eq!(wikitext::file_of(&rows).as_deref(), Some(CORPUS));
    let stripped = owned(&CORPUS.lines().collect::<Vec<_>>());
    assert_eq!(wikitext::file_of(&stripped).as_deref(), Some(CORPUS));
    let pages = wikitext::pages(CORPUS);
    assert_eq!(wikitext::file_of(&pages).as_deref(), Some(CORPUS));
    assert_eq!(wikitext::file_of_rows(&pages), None);

    let bare = owned(&filled(CORPUS).collect::<Vec<_>>());
    let file = wikitext::file_of(&bare).unwrap();
    assert_eq!(wikitext::rows(&file), wikitext::rows(CORPUS));
    for other in [
        owned(&[]),
        owned(&["", " "]),
        owned(&["one", "two"]),
        owned(&["one", " = Title = "]),
        owned(&[" = Title = \n \n Text . \n", "a document of another kind"]),
    ] {
        assert_eq!(wikitext::file_of(&other), None, "{other:?}");
    }
}

#[test]
fn pages_become_readable_by_the_published_rules() {
    let cases = [
        (" = Title = \n \n Text . \n", " = Title =\n\nText.\n"),
        (
            "guest @-@ starring , in 1 @,@ 000 and 2 @.@ 5",
            "guest-starring, in 1,000 and 2.5",
        ),
        ("a ( b ) c [ d ] { e }", "a (b) c [d] {e}"),
        (
            "he said \" yes \" and ' no ' .",
            "he said \"yes\" and 'no' .",
        ),
        ("the boys ' house ; it 's here", "the boys'house; it's here"),
        (" = = Part = = ", " == Part == "),
        ("5 ° N of", "5°N of"),
        ("x N y", "x 1 y"),
        ("an ( open one", "an ( open one"),
        ("( a ( b ) c )", "(a ( b) c )"),
    ];
    for (page, wanted) in cases {
        assert_eq!(wikitext::readable(page), wanted, "{page:?}");
    }
}

#[test]
fn words_are_counted_as_a_split_at_white_space_counts_them() {
    for (text, n) in [
        ("", 1),
        (" ", 2),
        ("a", 1),
        ("a b", 2),
        (" a\n b ", 4),
        ("a  b\t\nc", 3),
    ] {
        assert_eq!(wikitext::n_words(text), n, "{text:?}");
    }
}

fn parquet(file: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    std::fs::read(format!("{folder}/{file}.parquet")).unwrap()
}

#[test]
fn a_column_of_texts_is_read_from_parquet_as_another_program_wrote_it() {
    let rows = ["one\n", "zwei — 2", ""].map(String::from).to_vec();
    for codec in ["none", "snappy", "gzip", "lz4"] {
        let text = Text::read("rows.parquet", &parquet(codec), "text").unwrap();
        assert_eq!(text.content, Content::Documents(rows.clone()), "{codec}");
    }
}

#[test]
fn a_parquet_file_that_cannot_be_used_says_why() {
    let refused = |bytes: &[u8], column: &str, said: &str| {
        let error = Text::read("rows.parquet", bytes, column).unwrap_err();
        assert!(error.contains(said), "{error}");
    };
    let good = parquet("snappy");
    refused(&good, "body", "no column body; --field may be text, page");
    refused(&good, "id", "column id holds no texts");
    refused(&good, "raw", "column raw holds no texts");
    refused(&good, "page", "row 2 has no text in page");
    refused(&parquet("zstd"), "text", "JSON lines");
    refused(b"PAR1", "text", "JSON lines");
    refused(b"{}", "text", "JSON lines");
}

#[test]
fn no_cut_or_spoilt_parquet_file_does_more_than_fail() {
    let good = parquet("snappy");
    for n in 0..good.len() {
        let cut = Text::read("rows.parquet", &good[..n], "text");
        assert!(cut.is_err(), "the first {n} bytes");
    }
    std::panic::set_hook(Box::new(|_| ()));
    for place in 0..good.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut spoilt = good.clone();
            spoilt[place] ^= flip;
            let _ = Text::read("rows.parquet", &spoilt, "text");
        }
    }
    let _ = std::panic::take_hook();
}
