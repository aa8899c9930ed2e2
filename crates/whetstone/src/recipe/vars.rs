//! Variables and changes: `${name}` in a recipe, and `--set` beside it.
//!
//! A value that is `${name}` alone becomes what the variable holds, a list included; within a longer text its word
//! is put in. A variable may use those written before it. `--set` goes first, so that it can change any of them.

use std::path::Path;
use std::rc::Rc;

use super::mistake::{Mistake, Place};
use super::yaml::{self, Key, Node, What};

/// Under which key variables stand.
const VARS: &str = "vars";

/// One `--set`.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    path: Vec<String>,
    value: Node,
    place: Place,
}

impl Change {
    /// `key=value`: a variable, or a path through the recipe such as `targets.paper.seed`. The value is YAML.
    pub(crate) fn read(text: &str) -> Result<Change, Mistake> {
        let place = Place {
            file: Rc::from(format!("--set {text}")),
            line: 1,
            column: 1,
        };
        let wanted = "it must be KEY=VALUE, such as student=smollm2-135m";
        let (path, value) = text
            .split_once('=')
            .filter(|(path, _)| !path.trim().is_empty())
            .ok_or_else(|| Mistake::at(&place, wanted))?;
        Ok(Change {
            path: path.trim().split('.').map(str::to_owned).collect(),
            value: yaml::read(value, &place.file, Path::new("."))?,
            place,
        })
    }

    /// Puts the value in its place.
    pub(crate) fn apply(&self, root: &mut Node) -> Result<(), Mistake> {
        let mut path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let is_variable = |name: &str| root.get(VARS).is_some_and(|vars| vars.get(name).is_some());
        if let [name] = path[..]
            && is_variable(name)
        {
            path.insert(0, VARS);
        }
        let (last, way) = path.split_last().expect("a path has at least one step");
        let mut node = root;
        for step in way {
            node = self.step(node, step)?;
        }
        self.put(node, last)
    }

    fn step<'n>(&self, node: &'n mut Node, step: &str) -> Result<&'n mut Node, Mistake> {
        let known = names(node);
        let at = position(node, step);
        let children = children(node);
        match at.and_then(|at| children.into_iter().nth(at)) {
            Some(child) => Ok(child),
            None => Err(self.lost(step, &known)),
        }
    }

    fn put(&self, node: &mut Node, last: &str) -> Result<(), Mistake> {
        let known = names(node);
        match (position(node, last), &mut node.what) {
            (Some(_), _) => *self.step(node, last)? = self.value.clone(),
            // A setting that the recipe leaves to its default. A name at the top is more likely mistyped.
            (None, What::Map(entries)) if self.path.len() > 1 => {
                let key = Key {
                    place: self.place.clone(),
                    name: last.to_owned(),
                };
                entries.push((key, self.value.clone()));
            }
            _ => return Err(self.lost(last, &known)),
        }
        Ok(())
    }

    fn lost(&self, step: &str, known: &[String]) -> Mistake {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Mistake::unknown(&self.place, "variable or key", step, &known)
    }
}

/// What the parts of a node are called; at the top also the variables.
fn names(node: &Node) -> Vec<String> {
    let mut names = match &node.what {
        What::Map(entries) => entries.iter().map(|(key, _)| key.name.clone()).collect(),
        What::List(nodes) => nodes.iter().filter_map(name_of).collect(),
        What::Word { .. } => Vec::new(),
    };
    let vars = node.get(VARS).and_then(Node::entries).unwrap_or_default();
    names.extend(vars.iter().map(|(key, _)| key.name.clone()));
    names
}

/// How an element of a list is called.
fn name_of(node: &Node) -> Option<String> {
    let named = node.get("id").or_else(|| node.get("name"));
    named.and_then(Node::word).map(str::to_owned)
}

/// Which part of a node a step means: by key, by `id` or `name`, or by number from 0.
fn position(node: &Node, step: &str) -> Option<usize> {
    match &node.what {
        What::Map(entries) => entries.iter().position(|(key, _)| key.name == step),
        What::List(nodes) => {
            let named = nodes
                .iter()
                .position(|n| name_of(n).as_deref() == Some(step));
            named.or_else(|| step.parse().ok())
        }
        What::Word { .. } => None,
    }
}

fn children(node: &mut Node) -> Vec<&mut Node> {
    match &mut node.what {
        What::Map(entries) => entries.iter_mut().map(|(_, node)| node).collect(),
        What::List(nodes) => nodes.iter_mut().collect(),
        What::Word { .. } => Vec::new(),
    }
}

/// Replaces every `${name}` by what `vars` says.
pub(crate) fn substitute(root: &mut Node) -> Result<(), Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut known: Vec<(String, Node)> = Vec::new();
    for (key, node) in root.get(VARS).and_then(Node::entries).unwrap_or_default() {
        let mut node = node.clone();
        fill(&mut node, &known, &mut mistakes);
        known.push((key.name.clone(), node));
    }
    if let What::Map(entries) = &mut root.what {
        for (_, node) in entries.iter_mut().filter(|(key, _)| key.name != VARS) {
            fill(node, &known, &mut mistakes);
        }
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(mistakes),
    }
}

fn fill(node: &mut Node, vars: &[(String, Node)], mistakes: &mut Vec<Mistake>) {
    let What::Word { text, .. } = &node.what else {
        let parts = children(node);
        parts
            .into_iter()
            .for_each(|part| fill(part, vars, mistakes));
        return;
    };
    match filled(text, &node.place, vars) {
        Ok(Some(new)) => *node = new,
        Ok(None) => {}
        Err(mistake) => mistakes.push(mistake),
    }
}

/// The node that a text becomes; `None` if it names no variable.
fn filled(text: &str, place: &Place, vars: &[(String, Node)]) -> Result<Option<Node>, Mistake> {
    let find = |name: &str| {
        let found = vars.iter().find(|(known, _)| known == name);
        found.map(|(_, node)| node).ok_or_else(|| {
            let names: Vec<&str> = vars.iter().map(|(name, _)| name.as_str()).collect();
            Mistake::unknown(place, "variable", name, &names)
        })
    };
    let (mut rest, mut out) = (text, String::new());
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(Mistake::at(place, "${ has no closing }"));
        };
        let node = find(name.trim())?;
        if before.is_empty() && out.is_empty() && after.is_empty() {
            return Ok(Some(node.clone()));
        }
        let Some(word) = node.word() else {
            let why = format!("{name} is no single word and cannot stand within a text");
            return Err(Mistake::at(place, why));
        };
        out += before;
        out += word;
        rest = after;
    }
    if rest.len() == text.len() {
        return Ok(None);
    }
    out += rest;
    Ok(Some(Node {
        place: place.clone(),
        what: What::Word {
            text: out,
            quoted: false,
        },
    }))
}
