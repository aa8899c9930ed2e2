//! The cutting itself, one function a tradition.

use engine::{Special, Token, Tokenizer};

use super::{Block, Cut, Piece, Protocol, Rule};
use crate::text::{Content, Text, wikitext};

pub(super) fn cut(
    text: &Text,
    rule: Rule,
    tokenizer: &dyn Tokenizer,
    n_vocab: usize,
) -> Result<Cut, String> {
    let source = Source {
        text,
        rule,
        tokenizer,
    };
    let mut cut = match rule.protocol {
        Protocol::Passages => source.passages(),
        Protocol::LmEval => source.documents(),
        Protocol::LlamaCpp => source.llama_cpp(source.stream(n_vocab)?),
        Protocol::Gptq => source.gptq(source.stream(n_vocab)?),
        Protocol::Sliding => source.sliding(source.stream(n_vocab)?),
        Protocol::Rows => source.rows(source.stream(n_vocab)?),
    }?;
    cut.blocks.truncate(rule.limit.unwrap_or(usize::MAX));
    Ok(cut)
}

/// A text with what it takes to cut it.
struct Source<'a> {
    text: &'a Text,
    rule: Rule,
    tokenizer: &'a dyn Tokenizer,
}

impl Source<'_> {
    /// The whole text as one list of tokens, the start token in front where the model has one.
    fn stream(&self, n_vocab: usize) -> Result<Vec<Token>, String> {
        let text = match &self.text.content {
            Content::Tokens(tokens) => return self.known(tokens, n_vocab),
            Content::Documents(documents) => match wikitext::file_of(documents) {
                Some(file) => self.form(&file),
                None => documents.join("\n\n"),
            },
            Content::Plain(text) => self.form(text),
        };
        let tokens = self.tokenizer.encode(&text, Special::Plain);
        Ok(self.tokenizer.start().into_iter().chain(tokens).collect())
    }

    /// llama.cpp reads a file as it is, but for a line break at its end; the others read WikiText as rows.
    fn form(&self, text: &str) -> String {
        match self.rule.protocol {
            Protocol::LlamaCpp => text.strip_suffix('\n').unwrap_or(text).to_owned(),
            _ if wikitext::is_wikitext(text) => wikitext::joined(text),
            _ => text.to_owned(),
        }
    }

    /// Ids that were made elsewhere, start token included or not as their maker saw fit.
    fn known(&self, tokens: &[Token], n_vocab: usize) -> Result<Vec<Token>, String> {
        let stray = tokens.iter().position(|token| *token as usize >= n_vocab);
        match stray {
            None => Ok(tokens.to_vec()),
            Some(place) => Err(format!(
                "{}: id {} at place {place} is outside of the vocabulary of {n_vocab}; the ids belong to another tokenizer",
                self.text.name, tokens[place]
            )),
        }
    }

    fn enough(&self, tokens: &[Token], needed: usize) -> Result<(), String> {
        let n = tokens.len();
        if n >= needed {
            return Ok(());
        }
        Err(format!(
            "{} has {n} tokens, and one chunk needs {needed}; give a longer text or a smaller --context",
            self.text.name
        ))
    }

    /// Disjoint chunks; the start token takes the place of each chunk's first token; the second half
    /// is scored, its first token not.
    fn llama_cpp(&self, stream: Vec<Token>) -> Result<Cut, String> {
        self.enough(&stream, self.rule.context)?;
        let n = self.rule.context;
        // Ids that were made elsewhere are left as they are.
        let start = match self.text.content {
            Content::Tokens(_) => None,
            _ => self.tokenizer.start(),
        };
        let n_scored = n - n / 2 - 1;
        if n_scored == 0 {
            return Err(format!(
                "chunks of {n} tokens leave nothing to score; give --context 4 or more"
            ));
        }
        let pieces = (0..stream.len() / n).map(|i| Piece {
            list: 0,
            start,
            range: i * n + usize::from(start.is_some())..(i + 1) * n,
            n_scored,
        });
        Ok(self.chunks(pieces.map(|piece| vec![piece]).collect(), stream, start))
    }

    /// Disjoint chunks; every token is scored but the first of each.
    fn gptq(&self, stream: Vec<Token>) -> Result<Cut, String> {
        self.enough(&stream, self.rule.context)?;
        let n = self.rule.context;
        if n < 2 {
            return Err(
                "chunks of 1 token leave nothing to score; give --context 2 or more".into(),
            );
        }
        let pieces = (0..stream.len() / n).map(|i| Piece {
            list: 0,
            start: None,
            range: i * n..(i + 1) * n,
            n_scored: n - 1,
        });
        let start = self.front(&stream);
        Ok(self.chunks(pieces.map(|piece| vec![piece]).collect(), stream, start))
    }

    /// Windows that overlap, each scoring what the one before it did not reach. Those that score a
    /// context's worth of tokens together are one block.
    fn sliding(&self, stream: Vec<Token>) -> Result<Cut, String> {
        self.enough(&stream, self.rule.context)?;
        let Rule {
            context, stride, ..
        } = self.rule;
        let mut groups: Vec<Vec<Piece>> = vec![Vec::new()];
        let (mut begin, mut reached) = (0, 1);
        while reached < stream.len() {
            let end = (begin + context).min(stream.len());
            let piece = Piece {
                list: 0,
                start: None,
                range: begin..end,
                n_scored: end - reached,
            };
            let full = |group: &Vec<Piece>| {
                group.iter().map(|piece| piece.n_scored).sum::<usize>() + 1 >= context
            };
            match groups.last_mut() {
                Some(group) if !full(group) => group.push(piece),
                _ => groups.push(vec![piece]),
            }
            (begin, reached) = (begin + stride, end);
        }
        groups.retain(|group| !group.is_empty());
        let start = self.front(&stream);
        Ok(self.chunks(groups, stream, start))
    }

    /// Windows of a context and the token behind it, all scored but the first. Where they overlap, those that
    /// begin within one context's length are one block: they score the same tokens again and again.
    fn rows(&self, stream: Vec<Token>) -> Result<Cut, String> {
        let Rule {
            context, stride, ..
        } = self.rule;
        self.enough(&stream, context + 1)?;
        let begins = (0..stream.len() - context).step_by(stride);
        let mut groups: Vec<Vec<Piece>> = Vec::new();
        for begin in begins.take(self.rule.limit.unwrap_or(usize::MAX)) {
            groups.resize_with(begin / context + 1, Vec::new);
            groups[begin / context].push(Piece {
                list: 0,
                start: None,
                range: begin..begin + context + 1,
                n_scored: context,
            });
        }
        let start = self.front(&stream);
        Ok(self.chunks(groups, stream, start))
    }

    /// The start token, if the stream begins with it.
    fn front(&self, stream: &[Token]) -> Option<Token> {
        let start = self.tokenizer.start();
        start.filter(|start| stream.first() == Some(start))
    }

    fn chunks(&self, groups: Vec<Vec<Piece>>, stream: Vec<Token>, start: Option<Token>) -> Cut {
        let blocks = groups.into_iter().map(|pieces| Block {
            n_bytes: pieces
                .iter()
                .map(|piece| self.n_bytes(&stream, piece))
                .sum(),
            n_words: None,
            pieces,
        });
        Cut {
            blocks: blocks.collect(),
            lists: vec![stream],
            n_start: u32::from(start.is_some()),
        }
    }

    /// Bytes of what a piece scores.
    fn n_bytes(&self, stream: &[Token], piece: &Piece) -> u64 {
        let scored = piece.range.end - piece.n_scored..piece.range.end;
        let tokens = stream[scored].iter();
        tokens
            .map(|token| self.tokenizer.bytes(*token).len() as u64)
            .sum()
    }

    /// Each document after a start token, in windows that do not overlap but for the last, which is filled
    /// up with what stands before it.
    fn documents(&self) -> Result<Cut, String> {
        let documents = self.pages()?;
        let before = self.before()?;
        let of = |(list, page): (usize, &Page)| {
            let mut pieces = Vec::new();
            let (n, most) = (page.tokens.len(), self.rule.context);
            for reached in (0..n).step_by(most) {
                let end = (reached + most).min(n);
                let (start, begin) = match reached {
                    0 => (Some(before), 0),
                    _ => (None, end - most - 1),
                };
                pieces.push(Piece {
                    list,
                    start,
                    range: begin..end,
                    n_scored: end - reached,
                });
            }
            Block {
                pieces,
                n_bytes: page.n_bytes,
                n_words: Some(page.n_words),
            }
        };
        let blocks = documents.iter().enumerate().map(of).collect();
        Ok(Cut {
            blocks,
            lists: documents.into_iter().map(|page| page.tokens).collect(),
            n_start: 1,
        })
    }

    /// Documents as lm-evaluation-harness reads them: words and bytes are those of the original.
    fn pages(&self) -> Result<Vec<Page>, String> {
        let pages = match &self.text.content {
            Content::Tokens(_) => return Err(self.needs_text()),
            Content::Documents(documents) => match wikitext::file_of_rows(documents) {
                Some(file) => wikitext::pages(&file),
                None => documents.clone(),
            },
            Content::Plain(text) if wikitext::is_wikitext(text) => wikitext::pages(text),
            Content::Plain(text) => vec![text.clone()],
        };
        let page = |page: &String| {
            let readable = match wikitext::is_wikitext(page) {
                true => wikitext::readable(page),
                false => page.clone(),
            };
            Page {
                tokens: self.tokenizer.encode(&readable, Special::Plain),
                n_bytes: page.len() as u64,
                n_words: wikitext::n_words(page) as u64,
            }
        };
        let pages = pages.iter().map(page);
        Ok(pages.filter(|page| !page.tokens.is_empty()).collect())
    }

    /// Each document after a start token, in one window.
    fn passages(&self) -> Result<Cut, String> {
        let documents = match &self.text.content {
            Content::Tokens(_) => return Err(self.needs_text()),
            Content::Documents(documents) => documents.clone(),
            Content::Plain(text) => vec![text.clone()],
        };
        let before = self.before()?;
        let encode = |text: &String| self.tokenizer.encode(text, Special::Plain);
        let lists: Vec<Vec<Token>> = documents.iter().map(encode).collect();
        let long = lists
            .iter()
            .position(|tokens| tokens.len() > self.rule.context);
        if let Some(index) = long {
            return Err(format!(
                "document {} of {} has {} tokens, more than a context of {}; cut it by another --protocol, lm-eval for instance",
                index + 1,
                self.text.name,
                lists[index].len(),
                self.rule.context
            ));
        }
        let block = |(list, text): (usize, &String)| Block {
            pieces: vec![Piece {
                list,
                start: Some(before),
                range: 0..lists[list].len(),
                n_scored: lists[list].len(),
            }],
            n_bytes: text.len() as u64,
            n_words: None,
        };
        let blocks = documents.iter().enumerate().map(block);
        let blocks = blocks.filter(|block| block.n_bytes > 0).collect();
        Ok(Cut {
            blocks,
            lists,
            n_start: 1,
        })
    }

    /// What stands before the first token of a document: the model's start token, or its end-of-text token
    /// where it has none.
    fn before(&self) -> Result<Token, String> {
        let token = self.tokenizer.start().or(self.tokenizer.end());
        token.ok_or_else(|| {
            "the model has neither a start nor an end-of-text token to begin a text with".into()
        })
    }

    fn needs_text(&self) -> String {
        format!(
            "{} holds token ids, and {} scores text; take the protocol llama-cpp, gptq, sliding or rows",
            self.text.name,
            self.rule.protocol.name()
        )
    }
}

/// A document with its tokens, and with the size of its original.
struct Page {
    tokens: Vec<Token>,
    n_bytes: u64,
    n_words: u64,
}
