//! Families of problems: the same task with other constants, as often as wanted.
//!
//! A family says its task in several wordings, draws constants, and computes what a right program prints;
//! so there are hundreds of prompts with exact answers, and nobody's licence is on them. Sixteen families
//! are those of the suite `cpp-demo`; the others are not in any bundled suite, to see what training on the
//! former does to the latter. Prompts begin and end as those of `cpp-demo`.
//!
//! Pure: families, language, number and seed decide everything, on every machine. A family's problems do
//! not depend on which other families are asked. Never made are a bundled problem with its own constants,
//! in whatever wording, and a prompt that is too much like another one in the sense of [`crate::overlap`]:
//! so any part of the problems can be held out from the rest. No program is run here; that the answers are
//! right is tested with reference programs and the real judge.

mod demo;
mod draw;
mod lists;
mod numbers;
mod searches;
mod texts;
mod values;

use std::collections::HashSet;
use std::sync::LazyLock;

use draw::Draw;
pub use values::{Quoting, Values};

use crate::catalog;
use crate::error::Error;
use crate::overlap::Guard;
use crate::problem::{Language, Problem, Suite, Target};
use crate::sha256;

/// After so many draws in vain a family has nothing new.
const PATIENCE: u64 = 100;

/// A task whose constants can be drawn.
pub struct Family {
    /// Its name, and the beginning of its problems' ids.
    pub name: &'static str,
    /// `easy`, `medium` or `hard`, as in the bundled suites.
    pub difficulty: &'static str,
    /// The bundled problem that belongs to it, if there is one.
    pub bundled: Option<Bundled>,
    wordings: [&'static str; 3],
    draw: fn(&mut Draw) -> Values,
    answer: fn(&Values) -> String,
}

/// A problem of `cpp-demo` and the constants that it has there.
#[derive(Clone, Copy)]
pub struct Bundled {
    /// Its id.
    pub problem: &'static str,
    values: fn() -> Values,
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Family({})", self.name)
    }
}

/// A problem with the family and the constants that it was made of.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The family.
    pub family: &'static Family,
    /// The constants.
    pub values: Values,
    /// The problem: `FAMILY/HASH`, tagged with its difficulty and its family.
    pub problem: Problem,
}

/// Every family, those of `cpp-demo` first.
pub fn all() -> impl Iterator<Item = &'static Family> {
    let unseen = [
        &numbers::FAMILIES[..],
        &lists::FAMILIES,
        &texts::FAMILIES,
        &searches::FAMILIES,
    ];
    demo::FAMILIES.iter().chain(unseen.into_iter().flatten())
}

/// The families of these names, each once; `all`, `demo` and `unseen` name several.
///
/// # Errors
/// [`Error::UnknownFamily`], with every known name.
pub fn named<T: AsRef<str>>(names: &[T]) -> Result<Vec<&'static Family>, Error> {
    for name in names.iter().map(AsRef::as_ref) {
        if !all().any(|family| family.is_called(name)) {
            return Err(Error::UnknownFamily {
                name: name.to_owned(),
                known: all()
                    .map(|family| family.name)
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
    }
    let is_named = |family: &&Family| names.iter().any(|name| family.is_called(name.as_ref()));
    Ok(all().filter(is_named).collect())
}

/// `n` problems of these families in turns. Fewer if they have no more to say.
pub fn problems(
    families: &[&'static Family],
    language: Language,
    n: usize,
    seed: u64,
) -> Vec<Problem> {
    let instances = instances(families, language, n, seed);
    instances.into_iter().map(|made| made.problem).collect()
}

/// The same with families and constants.
pub fn instances(
    families: &[&'static Family],
    language: Language,
    n: usize,
    seed: u64,
) -> Vec<Instance> {
    let source = |family| Source::new(family, language, seed).fuse();
    let mut sources: Vec<_> = families.iter().copied().map(source).collect();
    let mut made = Vec::new();
    loop {
        let before = made.len();
        for source in &mut sources {
            if made.len() < n {
                made.extend(source.next());
            }
        }
        if made.len() == before {
            return made;
        }
    }
}

/// Holds a share of the problems out, spread evenly over the families and over each one's problems: the others
/// first, both in the order given. A family with too few problems for the share may give none.
pub fn split(problems: Vec<Problem>, share: f64) -> (Vec<Problem>, Vec<Problem>) {
    let name = |at: &usize| problems[*at].tags.get(1);
    let mut places: Vec<usize> = (0..problems.len()).collect();
    places.sort_by_key(name);
    // A share of 0.2 of 15 is 3, whatever floating point makes of it.
    let n_held = |n: usize| (n as f64 * share + 1e-9).floor();
    let is_held = |n: &usize| n_held(n + 1) > n_held(*n);
    let ranked = places.iter().enumerate();
    let held: HashSet<usize> = ranked
        .filter_map(|(n, &place)| is_held(&n).then_some(place))
        .collect();
    let (held_out, others): (Vec<_>, Vec<_>) = problems
        .into_iter()
        .enumerate()
        .partition(|(place, _)| held.contains(place));
    let alone =
        |part: Vec<(usize, Problem)>| part.into_iter().map(|(_, problem)| problem).collect();
    (alone(others), alone(held_out))
}

/// A suite of such problems, asked and judged as `cpp-demo` is.
pub fn suite(name: &str, language: Language, problems: Vec<Problem>) -> Suite {
    let title = format!("{name}, programs of problem families");
    Suite {
        problems,
        ..catalog::programs(name, &title, language)
    }
}

/// Prompts of every bundled suite.
static BUNDLED: LazyLock<Guard> = LazyLock::new(|| {
    let mut guard = Guard::default();
    for problem in catalog::suites().iter().flat_map(|suite| &suite.problems) {
        guard.add(&problem.prompt);
    }
    guard
});

/// The instances of one family, one after another.
struct Source {
    family: &'static Family,
    language: Language,
    seed: u64,
    n_drawn: u64,
    given: Vec<Values>,
    prompts: Guard,
}

impl Source {
    fn new(family: &'static Family, language: Language, seed: u64) -> Source {
        let bundled = family.bundled.map(|bundled| (bundled.values)());
        Source {
            family,
            language,
            seed,
            n_drawn: 0,
            given: bundled.into_iter().collect(),
            prompts: Guard::default(),
        }
    }

    /// The next draw, if it is new.
    fn draw(&mut self) -> Option<Instance> {
        let mut draw = Draw::new(self.seed, self.family.name, self.n_drawn);
        self.n_drawn += 1;
        let wording = *draw.pick(&self.family.wordings);
        let values = (self.family.draw)(&mut draw);
        let prompt = prompt(wording, &values, self.language);
        let is_known = self.given.contains(&values);
        if is_known
            || [&*BUNDLED, &self.prompts]
                .iter()
                .any(|g| !g.find(&prompt).is_empty())
        {
            return None;
        }
        self.given.push(values.clone());
        self.prompts.add(&prompt);
        Some(self.family.instance(values, prompt))
    }
}

impl Iterator for Source {
    type Item = Instance;

    fn next(&mut self) -> Option<Instance> {
        (0..PATIENCE).find_map(|_| self.draw())
    }
}

/// Beginning and end are those of `cpp-demo`.
fn prompt(wording: &str, values: &Values, language: Language) -> String {
    let task = values.fill(wording, Quoting::Words);
    let language = language.name();
    format!("Write a {language} program {task} The program reads no input and prints nothing else.")
}

impl Family {
    const fn new(
        name: &'static str,
        difficulty: &'static str,
        wordings: [&'static str; 3],
        draw: fn(&mut Draw) -> Values,
        answer: fn(&Values) -> String,
    ) -> Family {
        Family {
            name,
            difficulty,
            bundled: None,
            wordings,
            draw,
            answer,
        }
    }

    const fn like(self, problem: &'static str, values: fn() -> Values) -> Family {
        Family {
            bundled: Some(Bundled { problem, values }),
            ..self
        }
    }

    fn is_called(&self, name: &str) -> bool {
        match name {
            "all" => true,
            "demo" => self.bundled.is_some(),
            "unseen" => self.bundled.is_none(),
            _ => self.name == name,
        }
    }

    fn instance(&'static self, values: Values, prompt: String) -> Instance {
        let hash = sha256(prompt.as_bytes());
        let problem = Problem {
            id: format!("{}/{}", self.name, &hash[..8]),
            prompt,
            target: Target::Output((self.answer)(&values)),
            tags: vec![self.difficulty.to_owned(), self.name.to_owned()],
            max_tokens: None,
        };
        Instance {
            family: self,
            values,
            problem,
        }
    }
}

#[cfg(test)]
mod tests;
