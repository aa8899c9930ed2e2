//! A recipe's text as a tree whose every node knows where it was written.
//!
//! The parser is a library's; what is decided here is what a recipe must not do: say one key twice, hold two
//! documents, name itself in an `!include`, or grow without bound through aliases. Scalars stay text until
//! somebody who knows what is wanted reads them, so `1.10` is a version here and a number there.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::mistake::{Mistake, Place};

/// Nodes of one recipe at most, aliases counted as often as they are used.
const MOST_NODES: usize = 100_000;
/// How deep lists and mappings may stand in each other.
const DEEPEST: usize = 64;
/// How deep files may include each other.
const MOST_INCLUDED: usize = 8;

/// A value and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) what: What,
}

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// A scalar, as written. Words in quotes are never a number, a switch or nothing.
    Word {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    /// In the order written; each key once.
    Map(Vec<(Key, Node)>),
}

/// The name of an entry and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) name: String,
}

impl Node {
    /// The entry of that name; `None` if this is no mapping or has none.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        let entries = self.entries()?;
        let found = entries.iter().find(|(key, _)| key.name == name);
        found.map(|(_, node)| node)
    }

    /// The entries of a mapping.
    pub(crate) fn entries(&self) -> Option<&[(Key, Node)]> {
        match &self.what {
            What::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text of a scalar that is not empty.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.what {
            What::Word { text, .. } if !self.is_nothing() => Some(text),
            _ => None,
        }
    }

    /// Whether nothing was written, or `null` or `~`.
    pub(crate) fn is_nothing(&self) -> bool {
        let nothing = |text: &str| matches!(text, "" | "~" | "null");
        matches!(&self.what, What::Word { text, quoted: false } if nothing(text))
    }

    /// The elements of a list; a single value is a list of one, and nothing an empty one.
    pub(crate) fn elements(&self) -> &[Node] {
        match &self.what {
            What::List(nodes) => nodes,
            _ if self.is_nothing() => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// A switch, if it is one.
    pub(crate) fn switch(&self) -> Option<bool> {
        match &self.what {
            What::Word {
                text,
                quoted: false,
            } => match text.as_str() {
                "true" | "True" | "yes" | "on" => Some(true),
                "false" | "False" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Reads a text. `name` is how its places call it; files that it includes lie beside it in `folder`.
pub(crate) fn read(text: &str, name: &str, folder: &Path) -> Result<Node, Mistake> {
    Reader::new(text, name, folder, 0).document()
}

/// One text on its way into a tree.
struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    file: Rc<str>,
    folder: &'a Path,
    anchors: HashMap<usize, Node>,
    n_nodes: usize,
    n_included: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, name: &str, folder: &'a Path, n_included: usize) -> Reader<'a> {
        Reader {
            parser: Parser::new_from_str(text.trim_start_matches('\u{feff}')),
            file: name.into(),
            folder,
            anchors: HashMap::new(),
            n_nodes: 0,
            n_included,
        }
    }

    fn document(&mut self) -> Result<Node, Mistake> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(
                        self.mistake(span, "a second document begins here; a recipe is one")
                    );
                }
                Event::Nothing
                | Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        root.ok_or_else(|| self.mistake(Span::default(), "there is nothing in it"))
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Mistake> {
        match self.parser.next_event() {
            Some(Ok(found)) => Ok(found),
            Some(Err(error)) => {
                let mark = *error.marker();
                Err(self.mistake(Span::new(mark, mark), error.info()))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Mistake> {
        self.count(1, span)?;
        if depth > DEEPEST {
            return Err(self.mistake(span, "it is nested deeper than any recipe"));
        }
        let place = self.place(span);
        let (anchor, what) = match event {
            Event::Alias(anchor) => return self.copied(anchor, span),
            Event::Scalar(text, _, _, Some(tag)) if tag.suffix == "include" => {
                return self.included(&text, span);
            }
            Event::Scalar(text, style, anchor, _) => {
                let quoted = style != ScalarStyle::Plain;
                let text = text.into_owned();
                (anchor, What::Word { text, quoted })
            }
            Event::SequenceStart(anchor, _) => (anchor, What::List(self.list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, What::Map(self.map(depth)?)),
            _ => return Err(self.mistake(span, "a value is missing here")),
        };
        let node = Node { place, what };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, Mistake> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(nodes),
                (event, span) => nodes.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Key, Node)>, Mistake> {
        let mut entries: Vec<(Key, Node)> = Vec::new();
        let mut merged = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(name, ..), span) => Key {
                    place: self.place(span),
                    name: name.into_owned(),
                },
                (_, span) => return Err(self.mistake(span, "a key must be a word")),
            };
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            if key.name == "<<" {
                merged.extend(self.entries_of(node)?);
            } else if let Some((first, _)) = entries.iter().find(|(k, _)| k.name == key.name) {
                let why = format!(
                    "{} was said already, in line {}",
                    key.name, first.place.line
                );
                return Err(Mistake::at(&key.place, why));
            } else {
                entries.push((key, node));
            }
        }
        for (key, node) in merged {
            if entries.iter().all(|(known, _)| known.name != key.name) {
                entries.push((key, node));
            }
        }
        Ok(entries)
    }

    /// What `<<` lays under a mapping: the entries of another, or of several, of which the first ones win.
    fn entries_of(&self, node: Node) -> Result<Vec<(Key, Node)>, Mistake> {
        match node.what {
            What::Map(entries) => Ok(entries),
            What::List(nodes) => {
                let all = nodes.into_iter().map(|node| self.entries_of(node));
                Ok(all.collect::<Result<Vec<_>, _>>()?.concat())
            }
            What::Word { .. } => Err(Mistake::at(&node.place, "<< takes a mapping")),
        }
    }

    fn copied(&mut self, anchor: usize, span: Span) -> Result<Node, Mistake> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(self.mistake(span, "an alias names what only ends after it"));
        };
        self.count(size(&node), span)?;
        Ok(node)
    }

    fn included(&mut self, word: &str, span: Span) -> Result<Node, Mistake> {
        if self.n_included == MOST_INCLUDED {
            let why = format!("files include each other more than {MOST_INCLUDED} deep");
            return Err(self.mistake(span, &why));
        }
        let path = self.folder.join(word);
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path)
            .map_err(|error| self.mistake(span, &format!("cannot include {name}: {error}")))?;
        let folder = path.parent().unwrap_or(self.folder).to_owned();
        let mut reader = Reader::new(&text, &name, &folder, self.n_included + 1);
        reader.n_nodes = self.n_nodes;
        let node = reader.document()?;
        self.n_nodes = reader.n_nodes;
        Ok(node)
    }

    fn count(&mut self, n: usize, span: Span) -> Result<(), Mistake> {
        self.n_nodes += n;
        match self.n_nodes > MOST_NODES {
            true => Err(self.mistake(
                span,
                "the recipe grows beyond all bounds; use fewer aliases",
            )),
            false => Ok(()),
        }
    }

    fn place(&self, span: Span) -> Place {
        Place {
            file: Rc::clone(&self.file),
            line: span.start.line().max(1),
            column: span.start.col() + 1,
        }
    }

    fn mistake(&self, span: Span, why: &str) -> Mistake {
        Mistake::at(&self.place(span), why)
    }
}

/// Nodes of a tree.
fn size(node: &Node) -> usize {
    1 + match &node.what {
        What::Word { .. } => 0,
        What::List(nodes) => nodes.iter().map(size).sum(),
        What::Map(entries) => entries.iter().map(|(_, node)| size(node)).sum(),
    }
}
