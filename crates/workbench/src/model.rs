//! A model that was opened, ready to be measured or asked.
//!
//! Its weights may leave memory and come back: a run measures each of its models by itself, and what another one holds
//! would stand in its figures.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bench::Subject;
use engine::{
    CacheKind, CacheKinds, Completion, Ending, Lanes, Model as _, Plain, Request, Sampling,
    Tokenizer, Width, completions,
};
use ledger::record::{AdapterRecord, ModelRecord};
use llama::{Adapter, Llama, Options};
use measure::{Clock, SystemClock};
use serde_json::Value;
use sha2::{Digest, Sha256};
use task::chat::{Message, Specials, Template, Turn};
use task::prompt::{Rendered, Shape, SpecialText, StartToken};

use crate::Error;

/// A model in a GGUF file, loaded by llama.cpp.
pub struct Model {
    name: String,
    path: PathBuf,
    adapter: Option<Adapter>,
    threads: usize,
    facts: Facts,
    /// Nothing while it is put aside.
    loaded: Mutex<Option<Loaded>>,
}

/// What its file says, also while the weights are not in memory.
struct Facts {
    chat_template: Option<String>,
    file_bytes: u64,
    others: BTreeMap<String, Value>,
}

impl Facts {
    fn of(llama: &Llama) -> Facts {
        let all = serde_json::to_value(llama.facts()).unwrap_or_default();
        let all = all.as_object().cloned().unwrap_or_default().into_iter();
        let others = all.filter(|(name, value)| name != "chat_template" && !value.is_null());
        Facts {
            chat_template: llama.facts().chat_template.clone(),
            file_bytes: llama.facts().file_bytes,
            others: others.collect(),
        }
    }
}

/// Weights in memory, for as long as anybody has them.
#[derive(Clone)]
pub(crate) struct Loaded {
    llama: Arc<Llama>,
    load_ns: u64,
}

impl Loaded {
    fn load(
        name: &str,
        path: &Path,
        (threads, adapter): (usize, Option<&Adapter>),
    ) -> Result<Loaded, Error> {
        let clock = SystemClock::start();
        let options = Options {
            name: name.to_owned(),
            threads,
            device: None,
            adapter: adapter.cloned(),
        };
        Ok(Loaded {
            llama: Arc::new(Llama::load(path, &options)?),
            load_ns: clock.now_ns(),
        })
    }
}

impl Model {
    /// Opens a file on all processors.
    ///
    /// # Errors
    /// [`Error::Engine`] if it cannot be loaded, [`Error::Task`] if its chat template cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Model, Error> {
        let processors = measure::probe::machine::usable_processors();
        Model::open_on(path, processors.unwrap_or(1))
    }

    /// Opens a file on so many threads.
    ///
    /// # Errors
    /// Those of [`Model::open`].
    pub fn open_on(path: impl AsRef<Path>, threads: usize) -> Result<Model, Error> {
        Model::load(path.as_ref(), threads, None)
    }

    /// Opens a file with a LoRA adapter (GGUF) laid over it; 1 is the adapter as trained.
    ///
    /// # Errors
    /// Those of [`Model::open`], also for an adapter that does not fit.
    pub fn open_adapted(
        path: impl AsRef<Path>,
        threads: usize,
        (adapter, scale): (&Path, f32),
    ) -> Result<Model, Error> {
        let adapter = Adapter {
            path: adapter.to_owned(),
            scale,
        };
        Model::load(path.as_ref(), threads, Some(adapter))
    }

    fn load(path: &Path, threads: usize, adapter: Option<Adapter>) -> Result<Model, Error> {
        let stem = |path: &Path| {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let name = match &adapter {
            Some(adapter) => format!("{}+{}", stem(path), stem(&adapter.path)),
            None => stem(path),
        };
        let threads = threads.max(1);
        let loaded = Loaded::load(&name, path, (threads, adapter.as_ref()))?;
        let model = Model {
            name,
            path: path.to_owned(),
            adapter,
            threads,
            facts: Facts::of(&loaded.llama),
            loaded: Mutex::new(Some(loaded)),
        };
        // A template that cannot be read is told now, and not after half of the work.
        model.template()?;
        Ok(model)
    }

    fn template(&self) -> Result<Option<Template>, Error> {
        let source = self.facts.chat_template.as_deref();
        Ok(source.map(Template::parse).transpose()?)
    }

    /// What reports call it: the file's name without its ending, `FILE+ADAPTER` with an adapter.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model as the engine has it, for whatever is not offered here. It stays in memory until this is dropped.
    ///
    /// # Errors
    /// [`Error::Engine`] if it was put aside and cannot be loaded again.
    pub fn engine(&self) -> Result<Arc<dyn engine::Model>, Error> {
        Ok(self.loaded()?.llama)
    }

    /// Frees its memory until it is used again.
    pub fn put_aside(&self) {
        *self.slot() = None;
    }

    /// Its weights, loaded again if it was put aside.
    pub(crate) fn loaded(&self) -> Result<Loaded, Error> {
        let mut slot = self.slot();
        if let Some(loaded) = &*slot {
            return Ok(loaded.clone());
        }
        let how = (self.threads, self.adapter.as_ref());
        let loaded = Loaded::load(&self.name, &self.path, how)?;
        Ok(slot.insert(loaded).clone())
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a question by the likeliest tokens: through the chat template if there is one, as it stands
    /// otherwise.
    ///
    /// # Errors
    /// Those of the template and of the engine.
    pub fn answer(&self, question: &str, max_tokens: usize) -> Result<Completion, Error> {
        let loaded = self.loaded()?;
        let prompt = self.prompt(question, loaded.llama.tokenizer())?;
        let capacity = (prompt.len() + max_tokens.max(1)).next_multiple_of(256);
        let request = Request {
            prompt,
            n_shared: 0,
            sampling: Sampling::GREEDY,
            seed: 0,
            max_tokens: max_tokens.max(1),
            stop: Vec::new(),
            ending: Ending::Natural,
        };
        let lanes = Lanes {
            n: 1,
            capacity,
            width: Width::DETERMINISTIC,
            cache: CacheKinds::both(CacheKind::F16),
        };
        let mut all = completions(&Plain::new(&*loaded.llama, lanes), &[request])?;
        all.pop()
            .ok_or_else(|| Error::Plan("the engine gave no answer".to_owned()))
    }

    fn prompt(
        &self,
        question: &str,
        tokenizer: &dyn Tokenizer,
    ) -> Result<Vec<engine::Token>, Error> {
        let text = |token: Option<engine::Token>| token.map(|token| tokenizer.text(token));
        let rendered = match self.template()? {
            Some(template) => {
                let specials = Specials {
                    bos: text(tokenizer.start()),
                    eos: text(tokenizer.end()),
                    now: None,
                };
                let message = [Message::new("user", question)];
                rendered(
                    template.render(&message, &specials, Turn::AddAssistant)?,
                    Shape::ChatWithoutSystem,
                )
            }
            None => rendered(question.to_owned(), Shape::Stub),
        };
        Ok(bench::code::tokens(tokenizer, &rendered))
    }

    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// The model as benchmarks take it.
    pub(crate) fn subject<'l>(&self, loaded: &'l Loaded) -> Result<Subject<'l>, Error> {
        Ok(Subject {
            name: self.name.clone(),
            model: &*loaded.llama,
            chat: self.template()?,
            now: None,
            load_ns: loaded.load_ns,
        })
    }

    /// What a run's header says of it.
    pub(crate) fn record(&self) -> Result<ModelRecord, Error> {
        Ok(ModelRecord {
            name: self.name.clone(),
            path: self.path.display().to_string(),
            sha256: sha256(&self.path)?,
            file_bytes: self.facts.file_bytes,
            facts: self.facts.others.clone(),
            chat_template_sha256: self.template()?.map(|chat| chat.sha256().to_owned()),
            adapter: self.adapter.as_ref().map(adapter_record).transpose()?,
        })
    }

    /// The file of its adapter.
    pub(crate) fn adapter(&self) -> Option<&Path> {
        self.adapter.as_ref().map(|adapter| adapter.path.as_path())
    }
}

fn adapter_record(adapter: &Adapter) -> Result<AdapterRecord, Error> {
    let failed = |source| Error::File {
        path: adapter.path.clone(),
        source,
    };
    Ok(AdapterRecord {
        path: adapter.path.display().to_string(),
        scale: adapter.scale,
        sha256: sha256(&adapter.path)?,
        file_bytes: std::fs::metadata(&adapter.path).map_err(failed)?.len(),
    })
}

fn sha256(path: &Path) -> Result<String, Error> {
    const PIECE: usize = 1 << 20;
    let failed = |source| Error::File {
        path: path.to_owned(),
        source,
    };
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece).map_err(failed)? {
            0 => break,
            n => hash.update(&piece[..n]),
        }
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// A prompt for [`bench::code::tokens`], which looks at no hash.
fn rendered(text: String, shape: Shape) -> Rendered {
    let (start_token, special_text) = match shape {
        Shape::Stub => (StartToken::Add, SpecialText::Plain),
        _ => (StartToken::AsWritten, SpecialText::Parse),
    };
    Rendered {
        text,
        sha256: String::new(),
        shape,
        start_token,
        special_text,
    }
}
