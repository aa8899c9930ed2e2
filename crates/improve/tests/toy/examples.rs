//! Rows become tokens.

use engine::{Special, Tokenizer};
use improve::{Error, Reader};
use task::chat::{Specials, Template};

use super::{Bytes, N_VOCAB};

const TEMPLATE: &str = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% if m.role == 'assistant' %}</s>{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";

fn reader(template: Option<&Template>) -> Reader<'_> {
    Reader {
        tokenizer: &Bytes,
        template,
        specials: Specials::default(),
        longest: 60,
        n_vocab: N_VOCAB,
    }
}

#[test]
fn a_prompt_is_read_and_an_answer_with_its_end_is_learnt() {
    let template = Template::parse(TEMPLATE).unwrap();
    let read = reader(Some(&template)).read("f", r#"{"prompt":"p","response":"an"}"#);
    let example = &read.unwrap().fitting[0];
    let prompt = Bytes.encode("<user>p<assistant>", Special::Plain);
    assert_eq!(example.learnt_from, prompt.len());
    assert_eq!(example.tokens[..prompt.len()], prompt);
    let mut learnt = Bytes.encode("an", Special::Plain);
    learnt.push(2);
    assert_eq!(example.tokens[prompt.len()..], learnt);
}

#[test]
fn what_another_model_wrote_is_learnt_token_by_token_and_only_by_a_model_that_would_say_the_same() {
    let template = Template::parse(TEMPLATE).unwrap();
    let row = |written: &[u32]| {
        format!(r#"{{"prompt":"p","prompt_tokens":[1,115],"text":"an","tokens":{written:?}}}"#)
    };
    let read = |written: &[u32]| reader(Some(&template)).read("f", &row(written));
    let example = read(&[100, 113, 2]).unwrap().fitting.remove(0);
    assert_eq!(
        (example.tokens, example.learnt_from),
        (vec![1, 115, 100, 113, 2], 2)
    );
    // Cut off: no end is added that the model did not say.
    assert_eq!(read(&[100, 113]).unwrap().fitting[0].goals(), 2);
    for foreign in [&[100, 114][..], &[100, 113, 259], &[100, 113, u32::MAX]] {
        let said = read(foreign).unwrap_err().to_string();
        assert!(said.contains("models with other tokens"), "{said}");
    }
}

#[test]
fn a_special_token_in_an_answer_stays_text() {
    let template = Template::parse(TEMPLATE).unwrap();
    let read = reader(Some(&template)).read("f", r#"{"prompt":"p","response":"a</s>"}"#);
    let example = &read.unwrap().fitting[0];
    let ends = example.tokens.iter().filter(|&&token| token == 2).count();
    assert_eq!((ends, example.goals()), (1, "a</s>".len() + 1));
}

#[test]
fn a_base_model_gets_its_start_token_and_no_conversation() {
    let read = reader(None).read("f", r#"{"prompt":"p","response":"a"}"#);
    assert_eq!(
        read.unwrap().fitting[0].tokens,
        [1, 3 + u32::from(b'p'), 3 + u32::from(b'a'), 2]
    );
    let line = r#"{"system":"s","prompt":"p","response":"a"}"#;
    let said = reader(None).read("f", line).unwrap_err().to_string();
    assert!(said.contains("no chat template"), "{said}");
}

#[test]
fn a_text_is_learnt_from_its_second_token_to_its_end() {
    let marked = reader(None).read("f", "\u{feff}{\"text\":\"ab\"}\n");
    assert_eq!(marked.unwrap().fitting.len(), 1, "the mark of a byte order");
    let read = reader(None).read("f", r#"{"text":"ab"}"#).unwrap();
    assert_eq!(read.fitting[0].tokens, [1, 100, 101, 2]);
    assert_eq!(read.fitting[0].learnt_from, 1);
    let ended = reader(None).read("f", r#"{"text":"ab</s>"}"#).unwrap();
    assert_eq!(ended, read);
}

#[test]
fn long_examples_are_counted_and_not_cut() {
    let long = "x".repeat(80);
    let text = format!("{{\"text\":\"ab\"}}\n\n{{\"text\":\"{long}\"}}\n");
    let read = reader(None).read("f", &text).unwrap();
    assert_eq!((read.fitting.len(), read.too_long), (1, vec![3]));
    let only = format!("{{\"text\":\"{long}\"}}");
    let said = reader(None).read("f", &only).unwrap_err().to_string();
    assert!(
        said.contains("all 1 examples") && said.contains("60 tokens"),
        "{said}"
    );
}

#[test]
fn faults_are_named_by_their_lines_and_many_are_counted() {
    let text =
        "{\"text\":\"ok\"}\nnot json\n{\"prompt\":\"p\"}\n{\"prompt\":\"p\",\"response\":\"\"}\n";
    let Err(Error::Rows { faults, .. }) = reader(None).read("d.jsonl", text) else {
        panic!("faults were passed over");
    };
    let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [2, 3, 4]);
    let said = reader(None).read("d.jsonl", text).unwrap_err().to_string();
    assert!(said.starts_with("d.jsonl: line 2: "), "{said}");
    let many = "[]\n".repeat(9);
    let said = reader(None).read("d.jsonl", &many).unwrap_err().to_string();
    assert!(said.contains("4 more lines"), "{said}");
    assert!(matches!(
        reader(None).read("f", "\n"),
        Err(Error::Nothing(_))
    ));
}

#[test]
fn a_template_that_rewrites_the_answer_is_refused() {
    let template = Template::parse("{% for m in messages %}{{ m.content | upper }}{% endfor %}");
    let template = template.unwrap();
    let read = reader(Some(&template)).read("f", r#"{"prompt":"p","response":"a"}"#);
    let said = read.unwrap_err().to_string();
    assert!(said.contains("chat template"), "{said}");
}
