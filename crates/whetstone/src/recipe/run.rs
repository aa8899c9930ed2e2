//! A run of a target: a training whose result the target's benchmarks can name.
//!
//! `config` is what a file of `--config` says, read by the same code, so there is no second list of keys. What becomes
//! of it is decided elsewhere: here stand its words, its place, and how a complaint about them is worded.

use super::mistake::{Mistake, Place};
use super::shape::{FOREIGN, Field, RUN};
use super::training::{Settings, methods};
use super::word;
use super::yaml::Node;

/// A training of a target.
#[derive(Debug, Clone)]
pub(crate) struct Training {
    pub(crate) id: String,
    pub(crate) place: Place,
    /// The command below `whet train`.
    pub(crate) method: String,
    settings: Settings,
}

/// A training of another program, which nobody carries out here.
#[derive(Debug, Clone)]
pub(crate) struct Foreign {
    pub(crate) id: String,
    pub(crate) place: Place,
}

impl Foreign {
    /// Why whatever needs its result cannot be had.
    pub(crate) fn why(&self) -> String {
        format!(
            "{} is a training by the keys of another program, which is not carried out here; name its result under models (student: FILE.gguf), or give the run a type of {} and its settings under config",
            self.id,
            methods().join(", ")
        )
    }
}

/// Whether a run is another program's: it has neither type nor config, and a key that only those have.
pub(super) fn is_foreign(run: &Node) -> bool {
    let has = |name: &str| run.get(name).is_some();
    let theirs = FOREIGN.iter().filter(|field| field.name != "id");
    !has("type") && !has("config") && theirs.map(|field| field.name).any(has)
}

/// The keys that a run may have.
pub(super) fn fields(run: &Node) -> &'static [Field] {
    match is_foreign(run) {
        true => FOREIGN,
        false => RUN,
    }
}

/// What another program's run is called, and where it stands.
pub(super) fn foreign(run: &Node) -> Foreign {
    Foreign {
        id: word(run, "id"),
        place: run.place.clone(),
    }
}

/// A run of ours in a mode of others: a known word for what no run can do.
pub(super) fn in_no_mode_of_ours(run: &Node) -> Option<Mistake> {
    let mode = run.get("mode").and_then(Node::word);
    let strange = mode.filter(|mode| *mode != "train" && !is_foreign(run))?;
    let why = format!(
        "training in the mode {strange} is not there; leave the mode away, or train with `whet train` and name its result under models"
    );
    Some(Mistake::at(&run.place, why))
}

/// Reads an entry of `runs`. `scopes` are the target and the recipe, in the order in which they are asked for roles.
pub(super) fn training(run: &Node, scopes: &[&Node]) -> Result<Training, Vec<Mistake>> {
    let id = id(run, scopes).map_err(|mistake| vec![mistake])?;
    let kind = run.get("type").expect("a checked run has a type");
    let method = kind.word().unwrap_or_default().to_owned();
    if !methods().contains(&method) {
        let methods = methods();
        let names: Vec<&str> = methods.iter().map(String::as_str).collect();
        return Err(vec![Mistake::unknown(&kind.place, "type", &method, &names)]);
    }
    let config = run.get("config").expect("a checked run has a config");
    let mut settings = Settings::of_run(config, &method)?;
    if let Some(role) = settings.base() {
        let mut given = scopes.iter().filter_map(|scope| scope.get("models"));
        if let Some(word) = given.find_map(|models| models.get(role)?.word()) {
            settings.put_base(word);
        }
    }
    Ok(Training {
        id,
        place: run.place.clone(),
        method,
        settings,
    })
}

/// The id, which becomes the name of a file and a word beside `+` and `=`.
fn id(run: &Node, scopes: &[&Node]) -> Result<String, Mistake> {
    let id = word(run, "id");
    let place = &run.get("id").expect("a checked run has an id").place;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if !id.chars().all(plain) {
        let why = format!("the id {id} becomes a file's name; use letters, digits, - and _");
        return Err(Mistake::at(place, why));
    }
    let mut roles = scopes.iter().filter_map(|scope| scope.get("models"));
    if roles.any(|models| models.get(&id).is_some()) {
        let why = format!("{id} is a role under models already; call the run otherwise");
        return Err(Mistake::at(place, why));
    }
    match hub::find(&id) {
        Ok(_) => {
            let why = format!("{id} is a model of the catalogue already; call the run otherwise");
            Err(Mistake::at(place, why))
        }
        Err(_) => Ok(id),
    }
}

impl Training {
    /// The model that it begins with, as the recipe or the command line names it; a shape has none.
    pub(crate) fn base(&self) -> Option<&str> {
        self.settings.base()
    }

    /// Keys that stand in its config and change nothing.
    pub(crate) fn idle(&self) -> &[String] {
        &self.settings.idle
    }

    /// The same training of another model.
    pub(crate) fn on(&self, model: &str) -> Training {
        let mut other = self.clone();
        other.settings.put_base(model);
        other
    }

    /// The words after `whet` that are this training.
    ///
    /// # Errors
    /// A word that the command needs and `config` does not say.
    pub(crate) fn words(&self) -> Result<Vec<String>, Mistake> {
        if let Some(missing) = self.settings.missing() {
            return Err(self.mistake(&format!("its config does not say which {missing}")));
        }
        let words = ["train", self.method.as_str()]
            .map(str::to_owned)
            .into_iter();
        Ok(words.chain(self.settings.words()).collect())
    }

    /// A complaint about these words, at the key that it is about.
    pub(crate) fn mistake(&self, why: &str) -> Mistake {
        let about = self.settings.mistake(why);
        about.unwrap_or_else(|| Mistake::at(&self.place, format!("{}: {why}", self.id)))
    }
}
