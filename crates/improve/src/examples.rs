//! Rows become tokens, with the place from which on they are learnt.
//!
//! A prompt is rendered through the model's own chat template and encoded as it would be for generating, and
//! the answer is encoded apart from it, as plain text, up to and with the token that ends the turn. So what is
//! learnt is what will be asked for, a special token's name in an answer stays text, and no token spans the
//! border. Examples that are longer than the limit are counted and left out, never cut.

use engine::{Special, Token, Tokenizer};
use task::chat::{Message, Specials, Template, Turn};

use crate::error::{Error, Fault};
use task::rows::{Continuation, Row};

/// Tokens to be read, of which the last ones are learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// All of them.
    pub tokens: Vec<Token>,
    /// The first that is learnt; at least 1.
    pub learnt_from: usize,
}

impl Example {
    /// Tokens that are learnt.
    pub fn goals(&self) -> usize {
        self.tokens.len() - self.learnt_from
    }
}

/// The examples of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// Those that fit.
    pub fitting: Vec<Example>,
    /// Lines whose examples are longer than the limit.
    pub too_long: Vec<usize>,
}

/// How rows become tokens for one model.
pub struct Reader<'a> {
    /// The model's tokenizer.
    pub tokenizer: &'a dyn Tokenizer,
    /// Its chat template; `None` for a base model.
    pub template: Option<&'a Template>,
    /// What a template may ask of the model.
    pub specials: Specials,
    /// The most tokens an example may have.
    pub longest: usize,
    /// Entries of its vocabulary.
    pub n_vocab: usize,
}

impl Reader<'_> {
    /// Reads a file of JSON lines; empty lines are passed over.
    ///
    /// # Errors
    /// [`Error::Rows`] with every line that has a fault, [`Error::Nothing`] when no example is left.
    pub fn read(&self, path: &str, text: &str) -> Result<Examples, Error> {
        let mut examples = Examples::default();
        let mut faults = Vec::new();
        for (line, row) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            if row.trim().is_empty() {
                continue;
            }
            match Row::parse(row).and_then(|row| self.example(&row)) {
                Ok(example) if example.tokens.len() > self.longest => examples.too_long.push(line),
                Ok(example) => examples.fitting.push(example),
                Err(what) => faults.push(Fault { line, what }),
            }
        }
        if !faults.is_empty() {
            let path = path.to_owned();
            return Err(Error::Rows { path, faults });
        }
        if examples.fitting.is_empty() {
            return Err(Error::Nothing(match examples.too_long.len() {
                0 => format!("{path} has no lines"),
                n => format!(
                    "all {n} examples of {path} have more than {} tokens",
                    self.longest
                ),
            }));
        }
        Ok(examples)
    }

    /// The example of one row.
    ///
    /// # Errors
    /// Says why the row cannot be one.
    pub fn example(&self, row: &Row) -> Result<Example, String> {
        match (row, self.template) {
            (Row::Text(text), _) => self.text(text),
            (Row::Tokens(one), _) => self.tokens(one),
            (Row::Answer { before, answer }, Some(template)) => self.chat(template, before, answer),
            (Row::Answer { before, answer }, None) => self.plain(before, answer),
        }
    }

    /// The tokens as they stand, if this model would say the same by them.
    fn tokens(&self, one: &Continuation) -> Result<Example, String> {
        let mut all = one.read.iter().chain(&one.written);
        let is_foreign = all.any(|&token| token as usize >= self.n_vocab);
        let spelt = || {
            let bytes = one
                .written
                .iter()
                .flat_map(|&token| self.tokenizer.bytes(token));
            String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
        };
        if is_foreign || spelt() != one.text {
            let why = "its tokens do not spell its text for this model; it was collected of models with other tokens";
            return Err(why.into());
        }
        Ok(Example {
            tokens: [&one.read[..], &one.written].concat(),
            learnt_from: one.read.len(),
        })
    }

    /// The text, with the token that starts a text before it and the one that ends it behind.
    fn text(&self, text: &str) -> Result<Example, String> {
        let mut tokens: Vec<Token> = self.tokenizer.start().into_iter().collect();
        // Such files hold conversations that were rendered already.
        tokens.extend(self.tokenizer.encode(text, Special::Parse));
        if !tokens
            .last()
            .is_some_and(|&token| self.tokenizer.is_end(token))
        {
            tokens.extend(self.tokenizer.end());
        }
        if tokens.len() < 2 {
            return Err("its text is a single token".into());
        }
        Ok(Example {
            tokens,
            learnt_from: 1,
        })
    }

    fn plain(&self, before: &[Message], answer: &str) -> Result<Example, String> {
        let [only] = before else {
            return Err(
                "the model has no chat template, so it cannot be given a conversation; use prompt and response".into(),
            );
        };
        let prompt = self.tokenizer.encode(&only.content, Special::Plain);
        let prompt = self.tokenizer.start().into_iter().chain(prompt).collect();
        self.joined(prompt, answer, "")
    }

    fn chat(
        &self,
        template: &Template,
        before: &[Message],
        answer: &str,
    ) -> Result<Example, String> {
        let render = |messages: &[Message], turn| {
            let text = template.render(messages, &self.specials, turn);
            text.map_err(|error| error.to_string())
        };
        let prompt = render(before, Turn::AddAssistant)?;
        let mut messages = before.to_vec();
        messages.push(Message::new("assistant", answer));
        let whole = render(&messages, Turn::Complete)?;
        // Templates may trim an answer; then the trimmed one is what the model will be like.
        let rest = whole.strip_prefix(prompt.as_str());
        let split = |answer: &str| {
            let tail = rest.and_then(|rest| rest.strip_prefix(answer))?;
            Some((answer.to_owned(), tail.to_owned()))
        };
        let (answer, tail) = split(answer).or_else(|| split(answer.trim())).ok_or(
            "the model's chat template does not put the answer behind the prompt as it stands",
        )?;
        self.joined(
            self.tokenizer.encode(&prompt, Special::Parse),
            &answer,
            &tail,
        )
    }

    /// Prompt, answer, and the tail up to the token that ends the turn.
    fn joined(&self, prompt: Vec<Token>, answer: &str, tail: &str) -> Result<Example, String> {
        let learnt_from = prompt.len();
        if learnt_from == 0 {
            return Err("its prompt has no tokens".into());
        }
        let mut tokens = prompt;
        tokens.extend(self.tokenizer.encode(answer, Special::Plain));
        let tail = self.tokenizer.encode(tail, Special::Parse);
        match tail.iter().position(|&token| self.tokenizer.is_end(token)) {
            Some(end) => tokens.extend(&tail[..=end]),
            None => match self.tokenizer.end() {
                Some(end) => tokens.push(end),
                None => tokens.extend(tail),
            },
        }
        Ok(Example {
            tokens,
            learnt_from,
        })
    }
}
