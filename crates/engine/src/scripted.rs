//! An engine that says what it is told to say: for tests of whatever listens to an engine.

use crate::toy::Bytes;
use crate::{
    Completion, Engine, Error, Event, Finish, Flow, ModelCard, Request, Sink, Special, Token,
    Tokenizer,
};

/// Answers each request by a rule, one byte a token, request after request.
pub struct Scripted<F> {
    answer: F,
    card: ModelCard,
}

impl<F: Fn(&str) -> String> Scripted<F> {
    /// An engine that answers the text of a prompt by `answer`.
    pub fn new(answer: F) -> Scripted<F> {
        let card = ModelCard {
            name: "scripted".into(),
            architecture: "none".into(),
            n_vocab: 258,
            context_length: usize::MAX,
            n_parameters: 0,
            weight_bytes: 0,
            adapter_bytes: 0,
            bytes_per_token: 0,
            flops_per_token: 0,
            flops_per_row: 0,
            quantised_flops: 0,
            quantised_flops_per_row: 0,
            cache_elements: None,
            device: None,
        };
        Scripted { answer, card }
    }
}

impl<F: Fn(&str) -> String> Engine for Scripted<F> {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        &Bytes
    }

    fn generate(&self, requests: &[Request], sink: &mut dyn Sink) -> Result<Flow, Error> {
        for (request, asked) in requests.iter().enumerate() {
            let prompt: Vec<u8> = asked.prompt.iter().flat_map(|t| Bytes.bytes(*t)).collect();
            let answer = (self.answer)(&String::from_utf8_lossy(&prompt));
            if tell(request, asked, &answer, sink) == Flow::Stopped {
                return Ok(Flow::Stopped);
            }
        }
        Ok(Flow::Complete)
    }
}

fn tell(request: usize, asked: &Request, answer: &str, sink: &mut dyn Sink) -> Flow {
    if sink.on(Event::Started { request }).is_break() {
        return Flow::Stopped;
    }
    let mut tokens: Vec<Token> = Bytes.encode(answer, Special::Plain);
    let finish = if tokens.len() > asked.max_tokens {
        Finish::Length
    } else {
        Finish::EndOfText
    };
    tokens.truncate(asked.max_tokens);
    for token in &tokens {
        let byte = Bytes.bytes(*token);
        if sink
            .on(Event::Token {
                request,
                token: *token,
                text: &String::from_utf8_lossy(&byte),
            })
            .is_break()
        {
            return Flow::Stopped;
        }
    }
    let bytes: Vec<u8> = tokens.iter().flat_map(|t| Bytes.bytes(*t)).collect();
    let completion = Completion {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        tokens,
        finish,
    };
    match sink.on(Event::Finished {
        request,
        completion,
    }) {
        std::ops::ControlFlow::Break(()) => Flow::Stopped,
        std::ops::ControlFlow::Continue(()) => Flow::Complete,
    }
}
