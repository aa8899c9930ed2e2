//! Chat templates: a conversation becomes the text that the model was trained to go on with.
//!
//! The template is the model's own, in the Jinja dialect of Hugging Face's `transformers`, rendered by
//! minijinja under the settings that `transformers` uses. What that dialect adds is added in `python`
//! and `json`. Golden texts from Python's Jinja2 hold both equal (`tests/chat.rs`).
//!
//! Known gaps, each an error and never another text: formatting with `'%s' % x`, and a template that
//! needs tools, documents or a processor's own variables. Two differ quietly and no template is
//! known to notice: `str.title` after an underscore or digit, and the filter `attr` on a mapping. A template runs under a fuel limit, because it comes out of a downloaded file.
//!
//! Sources: the chat templating guide of `transformers`; the Jinja2 3.1 and minijinja 3 manuals.

mod json;
mod python;

use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value, context};

use crate::error::Error;
use crate::sha256;
use python::Refusal;

/// Instructions that a template may execute; real ones need a few per character they loop over.
const FUEL: u64 = 2_000_000;

const NAME: &str = "chat";

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What was said.
    pub content: String,
}

impl Message {
    /// A message of that role.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Message {
        Message {
            role: role.into(),
            content: content.into(),
        }
    }
}

/// What a template may ask of the model and of the day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Specials {
    /// The text of the token that starts a text; `None` if the model has none.
    pub bos: Option<String>,
    /// The text of the token that ends a text; `None` if the model has none.
    pub eos: Option<String>,
    /// The local time for templates that print a date. It becomes part of the prompt, so a run takes
    /// one for all its prompts. With `None` such a template fails.
    pub now: Option<jiff::civil::DateTime>,
}

/// How the rendered text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// With the beginning of the assistant's turn: the model answers.
    AddAssistant,
    /// After the last message: the conversation is complete.
    Complete,
}

/// A parsed chat template.
#[derive(Debug)]
pub struct Template {
    environment: Environment<'static>,
    sha256: String,
}

impl Template {
    /// Parses the text of a model's `tokenizer.chat_template`.
    ///
    /// # Errors
    /// [`Error::TemplateSyntax`].
    pub fn parse(source: &str) -> Result<Template, Error> {
        let mut environment = environment();
        environment
            .add_template_owned(NAME, python::without_generation_tags(source))
            .map_err(|error| Error::TemplateSyntax {
                message: in_one_line(&error),
            })?;
        Ok(Template {
            environment,
            sha256: sha256(source.as_bytes()),
        })
    }

    /// SHA-256 of the template's text as it was given, lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Renders a conversation. The same arguments give the same text.
    ///
    /// # Errors
    /// [`Error::TemplateRefusal`] if the template calls `raise_exception`, [`Error::TemplateFailure`]
    /// for anything else, out of fuel included.
    pub fn render(
        &self,
        messages: &[Message],
        specials: &Specials,
        turn: Turn,
    ) -> Result<String, Error> {
        let template = self.environment.get_template(NAME).map_err(failure)?;
        let messages: Vec<Value> = messages
            .iter()
            .map(|one| context! { role => &one.role, content => &one.content })
            .collect();
        let variables = context! {
            messages => messages,
            add_generation_prompt => turn == Turn::AddAssistant,
            bos_token => text_or_undefined(specials.bos.as_deref()),
            eos_token => text_or_undefined(specials.eos.as_deref()),
            tools => Value::from(()),
            documents => Value::from(()),
            strftime_now => python::strftime(specials.now),
        };
        template.render(variables).map_err(failure)
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.expect("the default delimiters are valid"));
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(python::format);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", python::raise_exception);
    environment.add_filter("tojson", json::tojson);
    environment.set_fuel(Some(FUEL));
    environment
}

/// Undefined prints as nothing and is false, as in `transformers`, which passes no absent token.
fn text_or_undefined(text: Option<&str>) -> Value {
    text.map_or(Value::UNDEFINED, Value::from)
}

fn failure(error: minijinja::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(one) = cause {
        if let Some(Refusal(message)) = one.downcast_ref() {
            return Error::TemplateRefusal {
                message: message.clone(),
            };
        }
        cause = one.source();
    }
    Error::TemplateFailure {
        message: in_one_line(&error),
    }
}

/// Kind, detail and line; the library's own long form quotes the template.
fn in_one_line(error: &minijinja::Error) -> String {
    let line = error
        .line()
        .map_or_else(String::new, |line| format!(" in line {line}"));
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => format!("it runs for too long{line}"),
        (kind, Some(detail)) => format!("{kind}: {detail}{line}"),
        (kind, None) => format!("{kind}{line}"),
    }
}
