//! A model for these tests: the toy, which answers a C++ task with a program before its noise, ends
//! after about sixteen tokens of noise, and remembers what it was fed.

use std::cell::RefCell;

use engine::toy::{Bytes, Toy};
use engine::{
    Error, Feed, Model, ModelCard, Row, Session, SessionShape, Special, Token, Tokenizer,
};

/// What it writes after `Answer:`; none of its letters ends a text.
const PROGRAM: &str = "```cpp\nint main() {}\n```\n";
const CUE: &str = "Answer:\n";

/// The model.
pub(super) struct Author {
    toy: Toy,
    /// Everything of more than one token that was fed, in order.
    pub(super) read: RefCell<Vec<Vec<Token>>>,
}

impl Author {
    pub(super) fn new(seed: u64) -> Author {
        Author {
            toy: Toy::new(seed),
            read: RefCell::default(),
        }
    }
}

impl Model for Author {
    fn card(&self) -> &ModelCard {
        self.toy.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        &Impatient
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        Ok(Box::new(Pages {
            toy: self.toy.open(shape)?,
            held: vec![Vec::new(); shape.n_sequences],
            author: self,
        }))
    }
}

/// The tokenizer of bytes, in which every sixteenth token ends a text.
struct Impatient;

impl Tokenizer for Impatient {
    fn encode(&self, text: &str, special: Special) -> Vec<Token> {
        Bytes.encode(text, special)
    }

    fn bytes(&self, token: Token) -> Vec<u8> {
        Bytes.bytes(token)
    }

    fn text(&self, token: Token) -> String {
        Bytes.text(token)
    }

    fn is_end(&self, token: Token) -> bool {
        token % 16 == 5 || Bytes.is_end(token)
    }

    fn start(&self) -> Option<Token> {
        Bytes.start()
    }

    fn end(&self) -> Option<Token> {
        Bytes.end()
    }
}

struct Pages<'a> {
    toy: Box<dyn Session + 'a>,
    held: Vec<Vec<Token>>,
    author: &'a Author,
}

impl Session for Pages<'_> {
    fn shape(&self) -> SessionShape {
        self.toy.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.toy.len(sequence)
    }

    fn feed(&mut self, feeds: &[Feed<'_>], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error> {
        for feed in feeds {
            self.held[feed.sequence].extend(feed.tokens);
            if feed.tokens.len() > 1 {
                self.author.read.borrow_mut().push(feed.tokens.to_vec());
            }
        }
        let held = &self.held;
        self.toy.feed(feeds, &mut |row| {
            let feed = &feeds[row.feed];
            let whole = &held[feed.sequence];
            let end = whole.len() - feed.tokens.len() + row.offset + 1;
            let mut logits = row.logits.to_vec();
            if let Some(byte) = next_of_program(&whole[..end]) {
                logits[usize::from(byte)] += 1000.0;
            }
            on_row(Row {
                logits: &logits,
                ..row
            });
        })
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.held[to] = self.held[from].clone();
        self.toy.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        self.held[sequence].truncate(len);
        self.toy.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.toy.cache_bytes()
    }
}

fn next_of_program(tokens: &[Token]) -> Option<u8> {
    let longest = CUE.len() + PROGRAM.len();
    let tail = &tokens[tokens.len().saturating_sub(longest)..];
    let text: Vec<u8> = tail.iter().flat_map(|t| Bytes.bytes(*t)).collect();
    let mut windows = text.windows(CUE.len());
    let cue = windows.rposition(|window| window == CUE.as_bytes())?;
    let written = &text[cue + CUE.len()..];
    let goes_on = PROGRAM.as_bytes().starts_with(written);
    goes_on.then(|| PROGRAM.as_bytes().get(written.len()).copied())?
}

/// The author, and something that happens to every row of it: given the number of sequences that are fed beside it.
pub(super) struct Bent {
    author: Author,
    bend: fn(usize, &mut [f32]),
}

impl Bent {
    pub(super) fn new(seed: u64, bend: fn(usize, &mut [f32])) -> Bent {
        let author = Author::new(seed);
        Bent { author, bend }
    }
}

impl Model for Bent {
    fn card(&self) -> &ModelCard {
        self.author.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.author.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        Ok(Box::new(BentPages {
            pages: self.author.open(shape)?,
            bend: self.bend,
        }))
    }
}

struct BentPages<'a> {
    pages: Box<dyn Session + 'a>,
    bend: fn(usize, &mut [f32]),
}

impl Session for BentPages<'_> {
    fn shape(&self) -> SessionShape {
        self.pages.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.pages.len(sequence)
    }

    fn feed(&mut self, feeds: &[Feed<'_>], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error> {
        let bend = self.bend;
        self.pages.feed(feeds, &mut |row| {
            let mut logits = row.logits.to_vec();
            bend(feeds.len(), &mut logits);
            on_row(Row {
                logits: &logits,
                ..row
            });
        })
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.pages.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        self.pages.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.pages.cache_bytes()
    }
}
