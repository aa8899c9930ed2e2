//! The tokenizer inside a GGUF file, as llama.cpp reads it.

use engine::{Special, Token, Tokenizer};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;

/// Facts of the vocabulary that never change, and the model that knows the rest.
pub(crate) struct Vocabulary {
    model: std::sync::Arc<LlamaModel>,
    n_tokens: Token,
    start: Option<Token>,
    end: Option<Token>,
}

impl Vocabulary {
    pub(crate) fn new(model: std::sync::Arc<LlamaModel>) -> Vocabulary {
        let vocab = model.vocab();
        let start = if vocab.should_add_bos() {
            id(vocab.bos())
        } else {
            None
        };
        let end = id(vocab.eos());
        let n_tokens = Token::try_from(vocab.n_tokens()).unwrap_or(0);
        Vocabulary {
            model,
            n_tokens,
            start,
            end,
        }
    }

    /// What a token stands for; llama.cpp would end the process over one that does not exist.
    fn piece(&self, token: Token, special: Special) -> Vec<u8> {
        if token >= self.n_tokens {
            return Vec::new();
        }
        let special = special == Special::Parse;
        let vocab = self.model.vocab();
        vocab.token_to_piece(llama_token(token), special, None)
    }
}

/// llama.cpp says "there is none" with a negative id.
fn id(token: LlamaToken) -> Option<Token> {
    Token::try_from(token.0).ok()
}

pub(crate) fn llama_token(token: Token) -> LlamaToken {
    LlamaToken(i32::try_from(token).unwrap_or(-1))
}

impl Tokenizer for Vocabulary {
    fn encode(&self, text: &str, special: Special) -> Vec<Token> {
        let parse = special == Special::Parse;
        let tokens = self.model.vocab().tokenize(text.as_bytes(), false, parse);
        tokens.into_iter().filter_map(id).collect()
    }

    fn bytes(&self, token: Token) -> Vec<u8> {
        self.piece(token, Special::Plain)
    }

    fn text(&self, token: Token) -> String {
        String::from_utf8_lossy(&self.piece(token, Special::Parse)).into_owned()
    }

    fn is_end(&self, token: Token) -> bool {
        self.model.vocab().is_eog(llama_token(token))
    }

    fn start(&self) -> Option<Token> {
        self.start
    }

    fn end(&self) -> Option<Token> {
        self.end
    }
}
