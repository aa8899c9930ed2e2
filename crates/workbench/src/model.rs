//! A model that was opened, ready to be measured or asked.

use std::io::Read;
use std::path::{Path, PathBuf};

use bench::Subject;
use engine::{
    CacheKind, CacheKinds, Completion, Ending, Lanes, Plain, Request, Sampling, Width, completions,
};
use ledger::record::{AdapterRecord, ModelRecord};
use llama::{Adapter, Llama, Options};
use measure::{Clock, SystemClock};
use sha2::{Digest, Sha256};
use task::chat::{Message, Specials, Template, Turn};
use task::prompt::{Rendered, Shape, SpecialText, StartToken};

use crate::Error;

/// A model in a GGUF file, loaded by llama.cpp.
pub struct Model {
    name: String,
    path: PathBuf,
    adapter: Option<Adapter>,
    llama: Llama,
    load_ns: u64,
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
        let clock = SystemClock::start();
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
        let options = Options {
            name: name.clone(),
            threads: threads.max(1),
            adapter: adapter.clone(),
        };
        let llama = Llama::load(path, &options)?;
        let model = Model {
            name,
            path: path.to_owned(),
            adapter,
            llama,
            load_ns: clock.now_ns(),
        };
        // A template that cannot be read is told now, and not after half of the work.
        model.template()?;
        Ok(model)
    }

    fn template(&self) -> Result<Option<Template>, Error> {
        let source = self.llama.facts().chat_template.as_deref();
        Ok(source.map(Template::parse).transpose()?)
    }

    /// What reports call it: the file's name without its ending, `FILE+ADAPTER` with an adapter.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model as the engine has it, for whatever is not offered here.
    pub fn engine(&self) -> &dyn engine::Model {
        &self.llama
    }

    /// Answers a question by the likeliest tokens: through the chat template if there is one, as it stands
    /// otherwise.
    ///
    /// # Errors
    /// Those of the template and of the engine.
    pub fn answer(&self, question: &str, max_tokens: usize) -> Result<Completion, Error> {
        let prompt = self.prompt(question)?;
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
        let mut all = completions(&Plain::new(&self.llama, lanes), &[request])?;
        all.pop()
            .ok_or_else(|| Error::Plan("the engine gave no answer".to_owned()))
    }

    fn prompt(&self, question: &str) -> Result<Vec<engine::Token>, Error> {
        let tokenizer = self.engine().tokenizer();
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
        self.llama.threads()
    }

    pub(crate) fn subject(&self) -> Result<Subject<'_>, Error> {
        Ok(Subject {
            name: self.name.clone(),
            model: &self.llama,
            chat: self.template()?,
            now: None,
            load_ns: self.load_ns,
        })
    }

    /// What a run's header says of it.
    pub(crate) fn record(&self) -> Result<ModelRecord, Error> {
        let facts = serde_json::to_value(self.llama.facts()).unwrap_or_default();
        let facts = facts.as_object().cloned().unwrap_or_default().into_iter();
        let told = facts.filter(|(name, value)| name != "chat_template" && !value.is_null());
        Ok(ModelRecord {
            name: self.name.clone(),
            path: self.path.display().to_string(),
            sha256: sha256(&self.path)?,
            file_bytes: self.llama.facts().file_bytes,
            facts: told.collect(),
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
