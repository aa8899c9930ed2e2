//! What templates expect of Python and of `transformers` beyond Jinja itself.

use std::borrow::Cow;

use jiff::civil::DateTime;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State, Value};

/// A template's own refusal, kept apart from its mistakes.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(pub(super) String);

/// `raise_exception(message)`.
pub(super) fn raise_exception(message: String) -> Result<Value, Error> {
    let error = Error::new(ErrorKind::InvalidOperation, message.clone());
    Err(error.with_source(Refusal(message)))
}

/// `strftime_now(format)`, of a time that was given instead of the clock's.
pub(super) fn strftime(now: Option<DateTime>) -> Value {
    Value::from_function(move |format: String| -> Result<String, Error> {
        let invalid = |message: String| Error::new(ErrorKind::InvalidOperation, message);
        let now =
            now.ok_or_else(|| invalid("it asks for the date, and none was given".to_owned()))?;
        jiff::fmt::strtime::format(&format, now).map_err(|error| invalid(error.to_string()))
    })
}

/// Prints `None`, `True` and `False` as Python does.
pub(super) fn format(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => out.write_str("None").map_err(Error::from),
        ValueKind::Bool => out
            .write_str(if value.is_true() { "True" } else { "False" })
            .map_err(Error::from),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// Turns the tag `generation`, which marks the assistant's words for training and prints nothing,
/// into a scope that prints nothing. White-space marks stay. A tag inside a string literal would be
/// turned too; no template has one.
pub(super) fn without_generation_tags(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let (before, tag) = rest.split_at(start);
        text.push_str(before);
        let (replacement, length) = scope_tag(tag).unwrap_or((Cow::Borrowed("{%"), 2));
        text.push_str(&replacement);
        rest = &tag[length..];
    }
    text.push_str(rest);
    text
}

/// The replacement for a `generation` tag at the start of `tag`, and the tag's length.
fn scope_tag(tag: &str) -> Option<(Cow<'static, str>, usize)> {
    let length = tag.find("%}")? + 2;
    let inner = &tag[2..length - 2];
    let (open, inner) = split_mark(inner, inner.starts_with(['-', '+']), 0);
    let (close, inner) = split_mark(
        inner,
        inner.ends_with(['-', '+']),
        inner.len().saturating_sub(1),
    );
    let word = match inner.trim() {
        "generation" => "with",
        "endgeneration" => "endwith",
        _ => return None,
    };
    Some((Cow::Owned(format!("{{%{open} {word} {close}%}}")), length))
}

/// Takes the white-space mark at `place` off, if it is there.
fn split_mark(inner: &str, is_there: bool, place: usize) -> (&str, &str) {
    match (is_there, place) {
        (false, _) => ("", inner),
        (true, 0) => inner.split_at(1),
        (true, _) => (&inner[place..], &inner[..place]),
    }
}
