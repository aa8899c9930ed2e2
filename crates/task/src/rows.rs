//! A line of a file of examples, in the shapes that others write.
//!
//! - `{"messages": [{"role", "content"}, …]}`, ending with the assistant's answer;
//! - `{"prompt", "response"}` (or `completion`), with `system` if wanted;
//! - `{"text"}`, a text that is learnt from its beginning to its end;
//! - `{"prompt_tokens", "tokens"}` with the `prompt` and the answer's `text` (or `target_output`): what `whet collect`
//!   leaves, an answer token by token as another model wrote it.
//!
//! A line with a prompt alone has nothing to be learnt; it belongs to methods that sample. Further fields are
//! passed over: files carry sources and tags.

use crate::chat::Message;
use serde_json::{Map, Value};

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A conversation and the answer to it.
    Answer {
        /// What was said before.
        before: Vec<Message>,
        /// The answer, which is learnt.
        answer: String,
    },
    /// A text without a prompt.
    Text(String),
    /// An answer in the tokens of the model that gave it.
    Tokens(Continuation),
}

/// What a model wrote behind what it read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// What was asked, before a chat template.
    pub prompt: String,
    /// The tokens that the model read.
    pub read: Vec<u32>,
    /// The tokens that it wrote, which are learnt.
    pub written: Vec<u32>,
    /// What these say.
    pub text: String,
}

impl Row {
    /// Reads one line.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(line: &str) -> Result<Row, String> {
        let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let Value::Object(fields) = value else {
            return Err("it is no JSON object".into());
        };
        if let Some(messages) = fields.get("messages") {
            return conversation(messages);
        }
        if fields.contains_key("prompt_tokens") {
            return Ok(Row::Tokens(continuation(&fields)?));
        }
        if fields.contains_key("prompt") {
            return answer(&fields);
        }
        match fields.get("text") {
            Some(text) => Ok(Row::Text(filled(text, "text")?)),
            None => Err("it has neither messages, nor prompt and response, nor text".into()),
        }
    }
}

fn answer(fields: &Map<String, Value>) -> Result<Row, String> {
    let prompt = filled(&fields["prompt"], "prompt")?;
    let response = fields.get("response").or_else(|| fields.get("completion"));
    let response =
        response.ok_or("it has a prompt and no response, so there is nothing to learn")?;
    let system = fields.get("system").map(|text| filled(text, "system"));
    let system = system.transpose()?.map(|text| Message::new("system", text));
    Ok(Row::Answer {
        before: system
            .into_iter()
            .chain([Message::new("user", prompt)])
            .collect(),
        answer: filled(response, "response")?,
    })
}

fn continuation(fields: &Map<String, Value>) -> Result<Continuation, String> {
    let field = |name: &str| fields.get(name).unwrap_or(&Value::Null);
    if !fields.contains_key("tokens") {
        let why = "it has prompt_tokens and no tokens of the answer; train on collected.jsonl of `whet collect`";
        return Err(why.into());
    }
    let text = match fields.get("text") {
        Some(text) => text.as_str().ok_or("text is no text")?,
        None => field("target_output")
            .as_str()
            .ok_or("it has neither text nor target_output")?,
    };
    Ok(Continuation {
        prompt: filled(field("prompt"), "prompt")?,
        read: tokens(field("prompt_tokens"), "prompt_tokens")?,
        written: tokens(field("tokens"), "tokens")?,
        text: text.to_owned(),
    })
}

/// A list of tokens with something in it.
fn tokens(value: &Value, name: &str) -> Result<Vec<u32>, String> {
    let wrong = || format!("{name} is no list of tokens");
    let all = value.as_array().ok_or_else(wrong)?.iter();
    let token = |value: &Value| value.as_u64().and_then(|token| u32::try_from(token).ok());
    let all: Vec<u32> = all.map(token).collect::<Option<_>>().ok_or_else(wrong)?;
    match all.is_empty() {
        true => Err(format!("{name} is empty")),
        false => Ok(all),
    }
}

fn conversation(messages: &Value) -> Result<Row, String> {
    let messages = messages.as_array().ok_or("messages is no list")?;
    let mut before = messages
        .iter()
        .map(message)
        .collect::<Result<Vec<Message>, String>>()?;
    let last = before.pop().ok_or("messages is empty")?;
    if last.role != "assistant" {
        return Err(format!(
            "its last message is the {}'s, not the assistant's",
            last.role
        ));
    }
    if before.is_empty() {
        return Err("nothing was said before the answer".into());
    }
    if last.content.trim().is_empty() {
        return Err("its answer is empty".into());
    }
    Ok(Row::Answer {
        before,
        answer: last.content,
    })
}

fn message(value: &Value) -> Result<Message, String> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    match (text("role"), text("content")) {
        (Some(role @ ("system" | "user" | "assistant")), Some(content)) => {
            Ok(Message::new(role, content))
        }
        (Some(role), Some(_)) => Err(format!(
            "a message has the role {role:?}; there are system, user and assistant"
        )),
        _ => Err("a message has no role or no content".into()),
    }
}

/// A text with something in it.
fn filled(value: &Value, name: &str) -> Result<String, String> {
    let text = value.as_str().ok_or_else(|| format!("{name} is no text"))?;
    if text.trim().is_empty() {
        return Err(format!("its {name} is empty"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_collected_is_read_token_by_token() {
        let collected = |text: &str, tokens: &str| {
            Row::parse(&format!(
                r#"{{"id":"a","prompt":"p","prompt_tokens":[1,2],{text},"tokens":{tokens},"disagreements":[]}}"#
            ))
        };
        let row = Row::Tokens(Continuation {
            prompt: "p".into(),
            read: vec![1, 2],
            written: vec![3],
            text: "c".into(),
        });
        assert_eq!(collected(r#""text":"c""#, "[3]"), Ok(row.clone()));
        assert_eq!(collected(r#""target_output":"c""#, "[3]"), Ok(row));
        for (tokens, said) in [
            ("[]", "tokens is empty"),
            ("[-1]", "no list of tokens"),
            ("[4294967296]", "no list of tokens"),
            ("7", "no list of tokens"),
        ] {
            let found = collected(r#""text":"c""#, tokens).unwrap_err();
            assert!(found.contains(said), "{tokens}: {found}");
        }
        let found = Row::parse(r#"{"prompt":"p","prompt_tokens":[1],"target_output":"c"}"#);
        assert!(found.unwrap_err().contains("collected.jsonl"));
    }

    #[test]
    fn the_three_shapes_are_read() {
        let row = Row::parse(r#"{"prompt":"p","response":" r\n","metadata":{"n":1}}"#).unwrap();
        let answer = |before: &[(&str, &str)], answer: &str| Row::Answer {
            before: before
                .iter()
                .map(|(role, content)| Message::new(*role, *content))
                .collect(),
            answer: answer.into(),
        };
        assert_eq!(row, answer(&[("user", "p")], " r\n"));
        let row = Row::parse(r#"{"system":"s","prompt":"p","completion":"r"}"#).unwrap();
        assert_eq!(row, answer(&[("system", "s"), ("user", "p")], "r"));
        let row = Row::parse(
            r#"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},
                {"role":"user","content":"c"},{"role":"assistant","content":"d"}]}"#,
        );
        let before = [("user", "a"), ("assistant", "b"), ("user", "c")];
        assert_eq!(row.unwrap(), answer(&before, "d"));
        assert_eq!(Row::parse(r#"{"text":"t"}"#), Ok(Row::Text("t".into())));
    }

    #[test]
    fn every_fault_is_named() {
        for (line, said) in [
            ("", "EOF"),
            ("{", "EOF"),
            ("[1]", "no JSON object"),
            ("{}", "neither messages"),
            (r#"{"prompt":"p"}"#, "no response"),
            (r#"{"prompt":"p","response":" \n"}"#, "response is empty"),
            (r#"{"prompt":"","response":"r"}"#, "prompt is empty"),
            (r#"{"prompt":1,"response":"r"}"#, "prompt is no text"),
            (r#"{"text":null}"#, "text is no text"),
            (r#"{"messages":{}}"#, "no list"),
            (r#"{"messages":[]}"#, "empty"),
            (
                r#"{"messages":[{"role":"user","content":"a"}]}"#,
                "not the assistant's",
            ),
            (
                r#"{"messages":[{"role":"assistant","content":"a"}]}"#,
                "nothing was said",
            ),
            (
                r#"{"messages":[{"role":"tool","content":"a"}]}"#,
                "\"tool\"",
            ),
            (r#"{"messages":[{"role":"user"}]}"#, "no content"),
        ] {
            let found = Row::parse(line).unwrap_err();
            assert!(found.contains(said), "{line}: {found}");
        }
    }
}
