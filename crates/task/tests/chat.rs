//! Chat templates against Python's Jinja2 (`golden/chat_golden.py`), and templates that mean harm.

#![allow(clippy::unwrap_used, reason = "a helper of tests is a test")]

use serde::Deserialize;
use task::Error;
use task::chat::{Message, Specials, Template, Turn};

#[derive(Deserialize)]
struct Golden {
    now: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    template: Source,
    messages: Vec<Said>,
    add_generation_prompt: bool,
    bos: Option<String>,
    eos: Option<String>,
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    File(String),
    Text(String),
}

#[derive(Deserialize)]
struct Said {
    role: String,
    content: String,
}

impl Source {
    fn text(&self) -> &str {
        match self {
            Source::Text(text) => text,
            Source::File(name) if name.starts_with("qwen") => {
                include_str!("golden/templates/qwen2.5-coder-instruct.jinja")
            }
            Source::File(_) => include_str!("golden/templates/smollm2-instruct.jinja"),
        }
    }
}

fn hello() -> [Message; 2] {
    [
        Message::new("system", "Be brief."),
        Message::new("user", "Hi"),
    ]
}

fn rendered(template: &str) -> Result<String, Error> {
    Template::parse(template)?.render(&hello(), &Specials::default(), Turn::AddAssistant)
}

#[test]
fn every_golden_text_of_python_is_reproduced_byte_for_byte() {
    let golden: Golden = serde_json::from_str(include_str!("golden/chat.json")).unwrap();
    assert!(golden.cases.len() > 70);
    let mut wrong = Vec::new();
    for case in &golden.cases {
        let messages: Vec<Message> = case
            .messages
            .iter()
            .map(|one| Message::new(one.role.as_str(), one.content.as_str()))
            .collect();
        let now = Some(golden.now.parse().unwrap());
        let specials = Specials {
            bos: case.bos.clone(),
            eos: case.eos.clone(),
            now,
        };
        let turn = if case.add_generation_prompt {
            Turn::AddAssistant
        } else {
            Turn::Complete
        };
        let text = Template::parse(case.template.text())
            .and_then(|one| one.render(&messages, &specials, turn));
        if text.as_ref().ok() != Some(&case.text) {
            wrong.push(format!(
                "{}: {}\n  python {:?}\n  ours   {text:?}",
                case.name,
                case.template.text(),
                case.text
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_refusal_keeps_the_templates_words() {
    let refused = rendered("{{ raise_exception('System role not ' ~ 'supported') }}").unwrap_err();
    assert!(
        matches!(&refused, Error::TemplateRefusal { message } if message == "System role not supported")
    );
    let inside = rendered("{% macro f() %}{{ raise_exception('deep') }}{% endmacro %}{{ f() }}")
        .unwrap_err();
    assert!(
        matches!(&inside, Error::TemplateRefusal { message } if message == "deep"),
        "{inside}"
    );
}

#[test]
fn what_python_would_format_otherwise_is_an_error_and_not_another_text() {
    for template in [
        "{{ '%s and %s' % ('a', 'b') }}",
        "{{ '%d' % 3 }}",
        "{{ '%s' % messages[0].role }}",
    ] {
        assert!(
            matches!(rendered(template), Err(Error::TemplateFailure { .. })),
            "{template}"
        );
    }
}

#[test]
fn a_date_that_nobody_gave_is_not_invented() {
    let said = rendered("{{ strftime_now('%Y') }}")
        .unwrap_err()
        .to_string();
    assert!(said.contains("asks for the date"), "{said}");
    assert!(rendered("{% if false %}{{ strftime_now('%Y') }}{% endif %}").is_ok());
}

#[test]
fn broken_templates_are_refused_at_once_with_their_line() {
    for template in [
        "{% if %}",
        "a\n{{",
        "{% for x in y %}",
        "{{ x | nofilter }}{% endif %}",
        "{% unknown %}",
        "{% generation %}",
    ] {
        let error = Template::parse(template).unwrap_err();
        assert!(matches!(error, Error::TemplateSyntax { .. }), "{template}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
    assert!(
        Template::parse("a\n{{ 1 + }}")
            .unwrap_err()
            .to_string()
            .contains("line 2")
    );
}

#[test]
fn a_hostile_template_ends_with_an_error() {
    let nest = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}";
    let said = rendered(nest).unwrap_err().to_string();
    assert!(said.contains("too long"), "{said}");
    for template in [
        "{% for a in range(999999999) %}{% endfor %}",
        "{{ 'x' * 99999999999 }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% include 'etc/passwd' %}",
        "{{ messages[0].__class__.__mro__ }}",
    ] {
        assert!(
            matches!(rendered(template), Err(Error::TemplateFailure { .. })),
            "{template}"
        );
    }
}

#[test]
fn a_template_that_is_deeply_nested_does_not_overflow_the_stack() {
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(Template::parse(&deep).is_err());
}

#[test]
fn the_hash_is_that_of_the_text_as_given() {
    let plain = Template::parse("{% generation %}{% endgeneration %}").unwrap();
    let scoped = Template::parse("{% with %}{% endwith %}").unwrap();
    assert_ne!(plain.sha256(), scoped.sha256());
    assert_eq!(
        plain.sha256(),
        Template::parse("{% generation %}{% endgeneration %}")
            .unwrap()
            .sha256()
    );
}
