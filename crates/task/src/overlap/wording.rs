//! What is left of a task without the words that only ask for it.
//!
//! "Write a function to find …" and "Write a Python function that computes …" are one task, and a run of five words of a
//! short text holds a changed word nearly everywhere. So the words of asking are listed, and what else a text says has to be
//! the same. A word that is not listed may be a constant, as names and strings are in prompts: it always counts.

/// Words of asking, which change no task. None of them says what is to be computed.
#[rustfmt::skip]
const ASKING: [&str; 79] = [
    "a", "an", "the", "please", "kindly", "could", "can", "you", "i", "me", "my", "us", "we", "want", "need", "now", "then", "just",
    "write", "create", "implement", "make", "build", "develop", "define", "give", "provide", "generate", "produce", "code",
    "program", "programs", "programme", "function", "functions", "method", "script", "routine", "snippet", "task",
    "that", "which", "whose", "with", "to", "and", "of", "for", "in", "it", "its", "this",
    "compute", "computes", "calculate", "calculates", "find", "finds", "determine", "determines", "get", "gets",
    "print", "prints", "output", "outputs", "display", "displays", "show", "shows", "return", "returns", "result", "results",
    "answer", "given", "simple", "short", "small",
];

/// Languages that a task may be asked in; those whose name is a word or a letter besides are not here.
const LANGUAGES: [&str; 7] = [
    "python",
    "python3",
    "c++",
    "cpp",
    "javascript",
    "java",
    "rust",
];

/// With fewer words a task is too short to say.
const LEAST: usize = 2;

/// A task without the words that ask for it.
pub(super) struct Core {
    words: Vec<String>,
    languages: Vec<String>,
}

impl Core {
    /// Of words without case.
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Core {
        let mut core = Core {
            words: Vec::new(),
            languages: Vec::new(),
        };
        for word in words {
            if LANGUAGES.contains(&word) {
                core.languages.push(word.to_owned());
            } else if !ASKING.contains(&word) {
                core.words.push(word.to_owned());
            }
        }
        core
    }

    /// Whether both say the same, and no other language is asked for. A task that names none fits every language.
    pub(super) fn is_same(&self, other: &Core) -> bool {
        let either = self.languages.is_empty() || other.languages.is_empty();
        self.words.len() >= LEAST
            && self.words == other.words
            && (either || self.languages == other.languages)
    }
}

/// A word without the signs around it that make a sentence; one that is nothing but signs stays as it is. Brackets and `!`
/// may be what a task is about.
pub(super) fn bare(word: &str) -> &str {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '`' | '“' | '”' | '‘' | '’');
    let is_stop = |c: char| matches!(c, '.' | ',' | ';' | ':' | '?');
    let inner = word
        .trim_matches(is_quote)
        .trim_end_matches(is_stop)
        .trim_matches(is_quote);
    match inner {
        "" => word,
        inner => inner,
    }
}
