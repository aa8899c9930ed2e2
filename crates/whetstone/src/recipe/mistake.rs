//! What is wrong in a recipe, and where: `paper.yml:12:9: there is no key num_batch here; did you mean num_batches?`

use std::fmt;
use std::rc::Rc;

use crate::exit::Usage;

/// How alike a word must be before it is offered, 1 being equal.
const ALIKE: f64 = 0.75;

/// A place in a file, as editors count it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Rc<str>,
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
}

/// A mistake at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    place: Place,
    why: String,
}

impl Mistake {
    pub(crate) fn at(place: &Place, why: impl Into<String>) -> Mistake {
        Mistake {
            place: place.clone(),
            why: why.into(),
        }
    }

    /// A mistake that a file is as a whole.
    pub(crate) fn whole(file: &str, why: impl Into<String>) -> Mistake {
        let place = Place {
            file: file.into(),
            line: 1,
            column: 1,
        };
        Mistake::at(&place, why)
    }

    /// A word that is none of those known: `there is no key num_batch; did you mean num_batches?`
    pub(crate) fn unknown(place: &Place, what: &str, word: &str, known: &[&str]) -> Mistake {
        let remedy = match nearest(word, known) {
            Some(near) => format!("did you mean {near}?"),
            None if known.is_empty() => "there is none at all".to_owned(),
            None => format!("there are {}", known.join(", ")),
        };
        Mistake::at(place, format!("there is no {what} {word}; {remedy}"))
    }
}

/// The word that is most like this one, if one is like it at all.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |other: &str| strsim::jaro_winkler(&word.to_lowercase(), &other.to_lowercase());
    let rated = known.iter().map(|other| (*other, likeness(other)));
    let best = rated.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (best.1 >= ALIKE).then_some(best.0)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

/// All mistakes of a recipe as one error of the user.
pub(crate) fn refusal(mistakes: &[Mistake]) -> Usage {
    refusal_of("the recipe", mistakes)
}

/// All mistakes of a file as one error of the user, in the order in which they stand there.
pub(crate) fn refusal_of(what: &str, mistakes: &[Mistake]) -> Usage {
    let mut sorted: Vec<&Mistake> = mistakes.iter().collect();
    sorted.sort_by_key(|one| (&one.place.file, one.place.line, one.place.column));
    sorted.dedup();
    let lines: Vec<String> = sorted.into_iter().map(Mistake::to_string).collect();
    match lines.as_slice() {
        [one] => Usage(one.clone()),
        several => Usage(format!(
            "{what} has {} mistakes\n  {}",
            several.len(),
            several.join("\n  ")
        )),
    }
}

impl From<Mistake> for Usage {
    fn from(mistake: Mistake) -> Usage {
        refusal(&[mistake])
    }
}
