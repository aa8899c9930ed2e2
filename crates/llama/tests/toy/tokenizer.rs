//! Text to tokens and back.

use engine::{Model, Special, Tokenizer};
use proptest::prelude::*;

use super::toy;

fn back(tokenizer: &dyn Tokenizer, tokens: &[u32]) -> Vec<u8> {
    tokens.iter().flat_map(|t| tokenizer.bytes(*t)).collect()
}

#[test]
fn texts_of_every_kind_come_back_byte_for_byte() {
    let (_folder, model) = toy();
    let tokenizer = model.tokenizer();
    let all_of_latin: String = (0..=255u8).map(char::from).collect();
    for text in [
        "",
        "a",
        " ",
        "  two  spaces  ",
        "\0\u{1}\t\r\n",
        "naïve Füße ₿ 🦀 👩‍👩‍👧 \u{200B}",
        "<s></s><unk><0x41>",
        all_of_latin.as_str(),
    ] {
        let tokens = tokenizer.encode(text, Special::Plain);
        assert_eq!(back(tokenizer, &tokens), text.as_bytes(), "{text:?}");
    }
}

#[test]
fn any_text_comes_back_byte_for_byte() {
    let (_folder, model) = toy();
    let tokenizer = model.tokenizer();
    // SentencePiece writes a space as "▁", so that a written "▁" comes back as a space.
    let any = proptest::string::string_regex("[^▁]{0,60}").unwrap();
    proptest!(|(text in any)| {
        let tokens = tokenizer.encode(&text, Special::Plain);
        prop_assert_eq!(back(tokenizer, &tokens), text.as_bytes());
    });
}

#[test]
fn special_tokens_are_parsed_only_when_asked_for() {
    let (_folder, model) = toy();
    let tokenizer = model.tokenizer();
    let (start, end) = (tokenizer.start().unwrap(), tokenizer.end().unwrap());
    let a = tokenizer.encode("a", Special::Plain)[0];
    assert_eq!(
        tokenizer.encode("a<s>a</s>", Special::Parse),
        [a, start, a, end]
    );
    let plain = tokenizer.encode("a<s>a</s>", Special::Plain);
    assert_eq!(plain.len(), "a<s>a</s>".len());
    assert!(!plain.contains(&start) && !plain.contains(&end));
}

#[test]
fn control_tokens_have_a_text_but_no_bytes() {
    let (_folder, model) = toy();
    let tokenizer = model.tokenizer();
    let (start, end) = (tokenizer.start().unwrap(), tokenizer.end().unwrap());
    assert_eq!(
        (tokenizer.text(start), tokenizer.text(end)),
        ("<s>".into(), "</s>".into())
    );
    assert!(tokenizer.bytes(start).is_empty() && tokenizer.bytes(end).is_empty());
    assert!(tokenizer.is_end(end) && !tokenizer.is_end(start));
}

#[test]
fn a_token_outside_of_the_vocabulary_stands_for_nothing() {
    let (_folder, model) = toy();
    let tokenizer = model.tokenizer();
    for token in [260, 1 << 20, i32::MAX as u32, u32::MAX] {
        assert!(tokenizer.bytes(token).is_empty());
        assert!(tokenizer.text(token).is_empty());
        assert!(!tokenizer.is_end(token));
    }
}

#[test]
fn one_tokenizer_serves_several_threads() {
    let (_folder, model) = toy();
    let wanted = model.tokenizer().encode(super::TEXT, Special::Plain);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let tokens = model.tokenizer().encode(super::TEXT, Special::Plain);
                    assert_eq!(tokens, wanted);
                }
            });
        }
    });
}
