//! A problem becomes the text that a model reads.
//!
//! - A suite that asks to continue gives the stub as it stands, to every model.
//! - A chat suite goes through the model's own chat template: a system line and the problem. Where the
//!   template refuses the system role, or silently drops the line, the line is put in front of the
//!   problem in the user's message.
//! - A chat suite for a base model, which has no template, becomes plain text: the system line, the
//!   problem under `Task:`, and `Answer:`. Such a model was never taught to answer; its numbers say
//!   so, and [`Shape`] records it.
//! - A suite of questions gives each as the user's message alone, and as it stands to a base model.
//! - A function task is asked in a published wording, see [`PromptProfile`].
//!
//! Rendering is pure: the same arguments give the same bytes and the same hash.

mod profile;

pub use profile::PromptProfile;
pub(crate) use profile::lesson;

use crate::chat::{Message, Specials, Template, Turn};
use crate::error::Error;
use crate::problem::{Problem, PromptStyle, Suite};
use crate::sha256;

/// A prompt, ready for a tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
    /// How it was made.
    pub shape: Shape,
    /// Whether the model's start token goes in front.
    pub start_token: StartToken,
    /// Whether special tokens written in the text become those tokens.
    pub special_text: SpecialText,
}

/// How a prompt was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// The stub as it stands.
    Stub,
    /// The model's chat template, with a system message.
    Chat,
    /// The model's chat template without a system message: there is no system line, or it is inside the user's.
    ChatWithoutSystem,
    /// The model's chat template, with the beginning of the answer written for it.
    ChatBegun,
    /// Plain text for a model without a template.
    Plain,
}

/// What is to be done about the token that starts a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StartToken {
    /// Put it in front if the model wants one.
    Add,
    /// Add nothing: the chat template has written what belongs there, as in `transformers`.
    AsWritten,
}

/// How a special token's name inside a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpecialText {
    /// As that token: the text comes out of a chat template.
    Parse,
    /// As ordinary characters.
    Plain,
}

/// The prompt of one problem. `chat` is the model's template, `None` for a base model.
///
/// # Errors
/// [`Error::TemplateRefusal`] and [`Error::TemplateFailure`] from the template, [`Error::PromptLost`] if
/// it leaves the problem out.
pub fn render(
    problem: &Problem,
    suite: &Suite,
    chat: Option<&Template>,
    specials: &Specials,
) -> Result<Rendered, Error> {
    let system = match &suite.style {
        PromptStyle::Continue => return Ok(plain(problem.prompt.clone(), Shape::Stub)),
        PromptStyle::Profile(profile) => return profile::render(problem, *profile, chat, specials),
        PromptStyle::Ask => return ask(problem, chat, specials),
        PromptStyle::Chat { system } => system,
    };
    let Some(template) = chat else {
        let text = format!("{system}\n\nTask: {}\n\nAnswer:\n", problem.prompt);
        return Ok(plain(text, Shape::Plain));
    };
    let (text, shape) = converse(template, system, &problem.prompt, specials)?;
    written(problem, text, shape)
}

/// The prompt as the user's message, or as it stands.
fn ask(problem: &Problem, chat: Option<&Template>, specials: &Specials) -> Result<Rendered, Error> {
    let Some(template) = chat else {
        return Ok(plain(problem.prompt.clone(), Shape::Stub));
    };
    let alone = [Message::new("user", problem.prompt.as_str())];
    let text = template.render(&alone, specials, Turn::AddAssistant)?;
    written(problem, text, Shape::ChatWithoutSystem)
}

/// What a template wrote, if the problem is still in it.
fn written(problem: &Problem, text: String, shape: Shape) -> Result<Rendered, Error> {
    if !text.contains(problem.prompt.trim()) {
        return Err(Error::PromptLost {
            problem: problem.id.clone(),
        });
    }
    Ok(rendered(
        text,
        shape,
        StartToken::AsWritten,
        SpecialText::Parse,
    ))
}

fn converse(
    template: &Template,
    system: &str,
    user: &str,
    specials: &Specials,
) -> Result<(String, Shape), Error> {
    let both = [Message::new("system", system), Message::new("user", user)];
    match template.render(&both, specials, Turn::AddAssistant) {
        Ok(text) if text.contains(system.trim()) => return Ok((text, Shape::Chat)),
        Ok(_) | Err(Error::TemplateRefusal { .. }) => {}
        Err(error) => return Err(error),
    }
    let merged = [Message::new("user", format!("{system}\n\n{user}"))];
    let text = template.render(&merged, specials, Turn::AddAssistant)?;
    Ok((text, Shape::ChatWithoutSystem))
}

fn plain(text: String, shape: Shape) -> Rendered {
    rendered(text, shape, StartToken::Add, SpecialText::Plain)
}

fn rendered(
    text: String,
    shape: Shape,
    start_token: StartToken,
    special_text: SpecialText,
) -> Rendered {
    Rendered {
        sha256: sha256(text.as_bytes()),
        text,
        shape,
        start_token,
        special_text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::find;

    const CHATML: &str = "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}<|assistant|>";

    fn gcd(template: Option<&str>) -> Result<Rendered, Error> {
        let suite = find("cpp-demo")?;
        let template = template.map(Template::parse).transpose()?;
        let specials = Specials {
            bos: Some("<s>".to_owned()),
            ..Specials::default()
        };
        render(
            suite.problem("gcd").unwrap(),
            suite,
            template.as_ref(),
            &specials,
        )
    }

    #[test]
    fn a_stub_goes_to_the_model_byte_for_byte_with_or_without_a_template() {
        let suite = find("python-core").unwrap();
        let template = Template::parse(CHATML).unwrap();
        for problem in &suite.problems {
            for chat in [None, Some(&template)] {
                let prompt = render(problem, suite, chat, &Specials::default()).unwrap();
                assert_eq!(prompt.text, problem.prompt);
                assert_eq!(prompt.shape, Shape::Stub);
                assert_eq!(
                    (prompt.start_token, prompt.special_text),
                    (StartToken::Add, SpecialText::Plain)
                );
            }
        }
    }

    #[test]
    fn a_chat_prompt_carries_system_and_problem_and_starts_as_the_template_says() {
        let prompt = gcd(Some(CHATML)).unwrap();
        assert!(
            prompt
                .text
                .starts_with("<s><|system|>You write complete C++17"),
            "{}",
            prompt.text
        );
        assert!(
            prompt.text.contains("\n<|user|>Write a C++ program")
                && prompt.text.ends_with("<|assistant|>")
        );
        assert_eq!(
            (prompt.start_token, prompt.special_text),
            (StartToken::AsWritten, SpecialText::Parse)
        );
        assert_eq!(
            (prompt.shape, prompt.sha256),
            (Shape::Chat, sha256(prompt.text.as_bytes()))
        );
    }

    #[test]
    fn a_system_line_that_is_refused_or_dropped_moves_into_the_users_message() {
        let refuses = format!(
            "{{% if messages[0].role == 'system' %}}{{{{ raise_exception('no system') }}}}{{% endif %}}{CHATML}"
        );
        let drops = CHATML.replace("in messages", "in messages if m.role != 'system'");
        for template in [refuses, drops] {
            let prompt = gcd(Some(&template)).unwrap();
            assert_eq!(prompt.shape, Shape::ChatWithoutSystem);
            assert!(
                prompt
                    .text
                    .starts_with("<s><|user|>You write complete C++17"),
                "{}",
                prompt.text
            );
            assert!(prompt.text.contains("\n\nWrite a C++ program"));
        }
    }

    #[test]
    fn a_template_that_loses_the_problem_is_an_error() {
        assert!(matches!(gcd(Some("hello")), Err(Error::PromptLost { .. })));
        let always = "{{ raise_exception('never') }}";
        assert!(
            matches!(gcd(Some(always)), Err(Error::TemplateRefusal { message }) if message == "never")
        );
    }

    #[test]
    fn a_base_model_gets_plain_text_and_its_start_token() {
        let prompt = gcd(None).unwrap();
        assert_eq!(prompt.shape, Shape::Plain);
        assert_eq!(
            (prompt.start_token, prompt.special_text),
            (StartToken::Add, SpecialText::Plain)
        );
        assert!(prompt.text.contains("Task: Write") && prompt.text.ends_with("Answer:\n"));
    }
}
