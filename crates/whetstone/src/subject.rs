//! From the words a user types to a loaded model.

mod word;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use engine::Model;
use gguf::{Gguf, ModelFacts};
use ledger::record::ModelRecord;
use llama::{Adapter, Llama, Options};
use measure::Clock;
use task::chat::Template;

use crate::adapters::Base;
use crate::compute::Compute;
use crate::exit::Usage;
use crate::interrupt;
use crate::terminal::Terminal;
use crate::watch::Progress;

pub(crate) use word::{of as word_of, with_adapter};

/// A model file, what is laid over it, and the name that reports use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Located {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Known for models of the catalogue, whose files are verified.
    pub(crate) sha256: Option<String>,
    pub(crate) adapter: Option<Adapter>,
}

/// Two files of one name could not be told apart in a report.
pub(crate) fn distinct(located: Vec<Located>) -> Result<Vec<Located>> {
    for (i, model) in located.iter().enumerate() {
        if located[..i]
            .iter()
            .any(|earlier| earlier.name == model.name)
        {
            return Err(Usage(format!(
                "two models are called {}; rename one of the files",
                model.name
            ))
            .into());
        }
    }
    Ok(located)
}

impl Located {
    /// The same file with an adapter over it.
    pub(crate) fn with(&self, adapter: Adapter) -> Located {
        Located {
            adapter: Some(adapter),
            ..self.clone()
        }
    }

    /// The same file with its SHA-256, which is taken where it is not known: what is trained on a file says on which.
    pub(crate) fn hashed(self) -> Result<Located> {
        let sha256 = match self.sha256 {
            Some(sha256) => sha256,
            None => hub::sha256_file(&self.path)?,
        };
        Ok(Located {
            sha256: Some(sha256),
            ..self
        })
    }
}

/// What may be done to find models.
pub(crate) struct Finder<'a> {
    pub(crate) terminal: &'a Terminal,
    pub(crate) offline: bool,
    pub(crate) stop: &'a AtomicBool,
}

impl Finder<'_> {
    /// The model that a word names, with the adapter that the word lays over it.
    pub(crate) fn locate(&self, word: &str) -> Result<Located> {
        let (base, laid) = word::parts(word);
        let laid = laid.map(word::adapter).transpose()?;
        let base = self.base(base)?;
        Ok(match laid {
            Some(adapter) => Located {
                name: format!("{}+{}", base.name, word::label(&adapter)),
                ..base.with(adapter)
            },
            None => base,
        })
    }

    /// Fetches the model that a word names, if it is one of the catalogue and not there. Of files and of results that
    /// are still to be made nothing is said here.
    ///
    /// # Errors
    /// If the user does not agree, or it cannot be had.
    pub(crate) fn fetch(&self, word: &str) -> Result<()> {
        let base = word::parts(word).0;
        match hub::find(base) {
            Ok(entry) if !looks_like_path(base) => self.present(entry).map(drop),
            _ => Ok(()),
        }
    }

    /// The file of a model named on the command line, by itself; fetches it if the user agrees.
    pub(crate) fn base(&self, word: &str) -> Result<Located> {
        if looks_like_path(word) {
            return locate_file(Path::new(word));
        }
        let entry = hub::find(word).map_err(|error| Usage(error.to_string()))?;
        Ok(Located {
            name: entry.name.to_owned(),
            path: self.present(entry)?,
            sha256: Some(entry.sha256.to_owned()),
            adapter: None,
        })
    }

    /// The file of an entry of the catalogue; fetches it if the user agrees.
    pub(crate) fn present(&self, entry: &hub::Entry) -> Result<PathBuf> {
        let cache = hub::Cache::from_env()?;
        match cache.state(entry)? {
            hub::State::Present { path } => Ok(path),
            state => self.offer(entry, &cache, &state),
        }
    }

    /// Asks whether to fetch a model, and does.
    fn offer(&self, entry: &hub::Entry, cache: &hub::Cache, state: &hub::State) -> Result<PathBuf> {
        let (what, command) = match entry.kind {
            hub::catalogue::Kind::Problems => ("data set", "tasks"),
            _ => ("model", "models"),
        };
        let note = match state {
            hub::State::Partial { bytes } => format!(", {} of it are here", size(*bytes)),
            hub::State::Damaged { cause } => format!("; the file here is damaged ({cause})"),
            _ => String::new(),
        };
        let question = format!(
            "{} is not here yet ({}{note}). Fetch it now?",
            entry.name,
            size(entry.bytes)
        );
        if self.offline || !self.terminal.agrees(&question) {
            return Err(Usage(format!(
                "the {what} {} is not here{note}; fetch it with `whet {command} pull {}`, or add --yes",
                entry.name, entry.name
            ))
            .into());
        }
        self.pull(entry, cache)
    }

    /// Fetches an entry of the catalogue.
    pub(crate) fn pull(&self, entry: &hub::Entry, cache: &hub::Cache) -> Result<PathBuf> {
        let offline = if self.offline {
            hub::Offline::Yes
        } else {
            hub::Offline::No
        };
        let sources = hub::Sources::from_env(offline);
        let mut progress = Progress::new(self.terminal);
        let pulled = hub::pull(entry, cache, &sources, &mut progress, self.stop);
        progress.clear();
        Ok(pulled?)
    }
}

/// A size as download pages say it.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// What reports call the model that a word names.
pub(crate) fn name_of(word: &str) -> String {
    let (base, laid) = word::parts(word);
    let name = match looks_like_path(base) {
        true => stem(Path::new(base)),
        false => base.to_owned(),
    };
    match laid.map(word::adapter) {
        Some(Ok(adapter)) => format!("{name}+{}", word::label(&adapter)),
        _ => name,
    }
}

/// The model that a word names, without what it lays over it, as adapters name theirs.
pub(crate) fn base_of(word: &str) -> Base<'static> {
    let base = word::parts(word).0;
    if looks_like_path(base) {
        let whole = Path::new(base).canonicalize();
        return Base {
            name: whole.map_or_else(|_| name_of(base), |path| stem(&path)),
            sha256: None,
        };
    }
    let entry = hub::find(base);
    Base {
        name: base.to_owned(),
        sha256: entry.ok().map(|entry| entry.sha256),
    }
}

/// Whether a word names the model of a record: by its name, and by the files that both are read from.
pub(crate) fn is_named(model: &ModelRecord, word: &str) -> bool {
    let is_same = |path: &Path, known: &str| {
        let (path, known) = (path.canonicalize(), Path::new(known).canonicalize());
        path.is_ok_and(|path| known.is_ok_and(|known| known == path))
    };
    let (base, laid) = word::parts(word);
    let same_base = !looks_like_path(base) || is_same(Path::new(base), &model.path);
    let same_adapter = match (laid.map(word::adapter), &model.adapter) {
        (None, None) => true,
        (Some(Ok(laid)), Some(known)) => is_same(&laid.path, &known.path),
        _ => false,
    };
    same_base && same_adapter && model.name == name_of(word)
}

fn stem(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    stem.unwrap_or_else(|| "model".into())
}

/// Whether a word names a model, found out without fetching one; an adapter is looked for when it is needed.
///
/// # Errors
/// [`Usage`] with what would be said when it is needed.
pub(crate) fn known(word: &str) -> Result<(), Usage> {
    known_base(word::parts(word).0)
}

/// The same, and whether the adapter that it lays over the model is there.
///
/// # Errors
/// As [`known`], and [`Usage`] for an adapter that is not there.
pub(crate) fn known_with_adapter(word: &str) -> Result<(), Usage> {
    known(word)?;
    match word::parts(word).1.map(word::adapter) {
        Some(Err(error)) => Err(Usage(error.to_string())),
        _ => Ok(()),
    }
}

fn is_model(word: &str) -> bool {
    match looks_like_path(word) {
        true => Path::new(word).is_file(),
        false => hub::find(word).is_ok(),
    }
}

fn known_base(word: &str) -> Result<(), Usage> {
    match looks_like_path(word) {
        true => match Path::new(word) {
            file if file.is_file() => describable(file),
            _ => Err(Usage(format!("there is no file {word}"))),
        },
        false => hub::find(word)
            .map(|_| ())
            .map_err(|error| Usage(error.to_string())),
    }
}

fn looks_like_path(word: &str) -> bool {
    word.ends_with(".gguf") || word.contains(std::path::MAIN_SEPARATOR) || Path::new(word).is_file()
}

/// Refuses a file that is no model file, or a cut one. Only its header is read.
fn describable(path: &Path) -> Result<(), Usage> {
    let facts = Gguf::open(path).and_then(|file| ModelFacts::of(&file));
    facts.map(drop).map_err(|error| Usage(error.to_string()))
}

fn locate_file(path: &Path) -> Result<Located> {
    let refused = |cause: &dyn std::fmt::Display| {
        Usage(format!("cannot use the model {}: {cause}", path.display()))
    };
    let whole = path.canonicalize().map_err(|error| refused(&error))?;
    if !whole.is_file() {
        return Err(refused(&"it is not a file").into());
    }
    describable(path)?;
    Ok(Located {
        name: stem(&whole),
        path: whole,
        sha256: None,
        adapter: None,
    })
}

/// A loaded model with what its file says.
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) llama: Llama,
    pub(crate) load_ns: u64,
}

impl Loaded {
    /// Loads a model file; refuses one that cannot fit into memory.
    pub(crate) fn open(located: &Located, compute: &Compute, clock: &dyn Clock) -> Result<Loaded> {
        fits(&located.path, compute.device.as_deref())?;
        let started = clock.now_ns();
        let options = Options {
            name: located.name.clone(),
            threads: compute.threads,
            device: compute.device.clone(),
            adapter: located.adapter.clone(),
        };
        let llama = Llama::load(&located.path, &options)?.heeding(interrupt::sign());
        Ok(Loaded {
            name: located.name.clone(),
            llama,
            load_ns: clock.now_ns() - started,
        })
    }

    /// Its chat template, if it has a usable one.
    pub(crate) fn template(&self) -> Result<Option<Template>> {
        let source = self.llama.facts().chat_template.as_deref();
        source
            .map(Template::parse)
            .transpose()
            .with_context(|| format!("the chat template of {}", self.name))
    }

    /// The model as benchmarks take it.
    pub(crate) fn subject(&self, now: Option<jiff::civil::DateTime>) -> Result<bench::Subject<'_>> {
        let model: &dyn Model = &self.llama;
        Ok(bench::Subject {
            name: self.name.clone(),
            model,
            chat: self.template()?,
            now,
            load_ns: self.load_ns,
        })
    }
}

/// Refuses a model that is larger than the memory that is left. Weights are mapped, so it would not
/// crash: it would read the disk for every token. A graphics processor has to hold them in its own memory.
fn fits(path: &Path, device: Option<&str>) -> Result<()> {
    let bytes = std::fs::metadata(path)?.len();
    let Some(available) = llama::memory_for(device) else {
        return Ok(());
    };
    if bytes > available {
        let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
        if let Some(name) = device {
            anyhow::bail!(
                "{} needs {:.1} GiB for its weights and {name} has {:.1} GiB of memory; take a smaller quantisation, or --device cpu",
                path.display(),
                gib(bytes),
                gib(available)
            );
        }
        anyhow::bail!(
            "{} needs {:.1} GiB for its weights and {:.1} GiB of memory are free; close other programs or take a smaller quantisation",
            path.display(),
            gib(bytes),
            gib(available)
        );
    }
    Ok(())
}

/// The number of threads asked for, or as many as this process may use.
pub(crate) fn threads(asked: Option<usize>) -> usize {
    asked
        .unwrap_or_else(|| measure::probe::machine::usable_processors().unwrap_or(1))
        .max(1)
}
