//! Loading a model file.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use engine::{CacheElements, Error, Model, ModelCard, Session, SessionShape, Tokenizer};
use gguf::facts::{Cache, CacheLayer};
use gguf::{Gguf, ModelFacts, Tensor};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};

use crate::graph;
use crate::graphics;
use crate::guard;
use crate::heap;
use crate::log;
use crate::session::{self, Buffers, LlamaSession};
use crate::tokenizer::Vocabulary;

/// How a model is loaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The name by which reports call it.
    pub name: String,
    /// Threads for every computation.
    pub threads: usize,
    /// The graphics processor that holds and computes the whole model, by its name in [`graphics()`];
    /// `None` for the processor.
    pub device: Option<String>,
    /// A LoRA adapter to lay over it.
    pub adapter: Option<Adapter>,
}

/// A LoRA adapter in a GGUF file.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    /// The file.
    pub path: PathBuf,
    /// Factor of its contribution; 1 is as trained.
    pub scale: f32,
}

/// A model loaded by llama.cpp. Weights are mapped, not read, so loading costs what the page cache
/// has not got.
pub struct Llama {
    model: Arc<LlamaModel>,
    adapter: Option<(Mutex<LlamaLoraAdapter>, f32)>,
    vocabulary: Vocabulary,
    card: ModelCard,
    facts: ModelFacts,
    path: PathBuf,
    threads: usize,
    stop: Option<&'static AtomicBool>,
    /// llama.cpp may write to the model while it makes a context: one at a time.
    opening: Mutex<()>,
}

impl Llama {
    /// Loads a GGUF file.
    ///
    /// # Errors
    /// [`Error::Load`] if the file is missing, cut, malformed, of an unknown architecture, if the adapter does not
    /// fit it, or if the device is not there.
    pub fn load(path: &Path, options: &Options) -> Result<Llama, Error> {
        let refused = |cause: String| Error::Load {
            path: path.display().to_string(),
            cause,
        };
        let file = Gguf::open(path).map_err(|error| refused(error.to_string()))?;
        let facts = ModelFacts::of(&file).map_err(|error| refused(error.to_string()))?;
        guard::model(&file, &facts.architecture).map_err(refused)?;
        let backend = backend().map_err(refused)?;
        log::begin();
        let place = place(options.device.as_deref()).map_err(refused)?;
        let mut model = LlamaModel::load_from_file(backend, path, &place)
            .map_err(|error| refused(log::complaint(&error.to_string())))?;
        let (adapter, adapter_bytes) = match &options.adapter {
            Some(adapter) => {
                let (laid, bytes) = load_adapter(&mut model, adapter, &facts.architecture)?;
                (Some((Mutex::new(laid), adapter.scale)), bytes)
            }
            None => (None, 0),
        };
        let model = Arc::new(model);
        let card = card(options, (&facts, adapter_bytes), &model);
        Ok(Llama {
            vocabulary: Vocabulary::new(Arc::clone(&model)),
            model,
            adapter,
            card,
            facts,
            path: path.to_owned(),
            threads: options.threads,
            stop: None,
            opening: Mutex::new(()),
        })
    }

    /// The same model, whose sessions look at a sign while they read: once it is set, a long feed ends with
    /// [`Error::Stopped`] after the piece under way, at most 512 tokens of one sequence. Feeds of one piece always end well.
    pub fn heeding(self, stop: &'static AtomicBool) -> Llama {
        Llama {
            stop: Some(stop),
            ..self
        }
    }

    /// What the file says about the model.
    pub fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    /// Threads that a session computes with unless it is opened with others.
    pub fn threads(&self) -> usize {
        self.threads
    }

    fn context(
        &self,
        shape: SessionShape,
        threads: usize,
    ) -> Result<(LlamaContext<'_>, Buffers), String> {
        let cells = guard::cells(shape, self.card.cache_elements, self.card.device.as_deref())?;
        let _one_at_a_time = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let params = session::params(shape, cells, threads);
        log::begin();
        let mut context = self
            .model
            .new_context(backend()?, params)
            .map_err(|error| log::complaint(&error.to_string()))?;
        let buffers = Buffers {
            cache: log::announced_bytes(log::CACHE).unwrap_or(0),
            scratch: log::announced_bytes(log::SCRATCH).unwrap_or(0),
        };
        if let Some((adapter, scale)) = &self.adapter {
            let mut adapter = adapter.lock().unwrap_or_else(PoisonError::into_inner);
            context
                .lora_adapter_set(&mut adapter, *scale)
                .map_err(|error| error.to_string())?;
        }
        Ok((context, buffers))
    }
}

impl Model for Llama {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        &self.vocabulary
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        self.open_with(shape, self.threads)
    }

    fn open_with(
        &self,
        shape: SessionShape,
        threads: usize,
    ) -> Result<Box<dyn Session + '_>, Error> {
        let (context, buffers) = self.context(shape, threads).map_err(|cause| Error::Open {
            n_sequences: shape.n_sequences,
            capacity: shape.capacity,
            cause,
        })?;
        Ok(Box::new(LlamaSession::new(
            (context, self.stop),
            shape,
            buffers,
        )))
    }

    fn give_back(&self) {
        heap::give_back();
    }
}

/// Every layer on one device. Left alone, llama.cpp would take each graphics processor that it finds.
fn place(device: Option<&str>) -> Result<LlamaModelParams, String> {
    let (layers, devices) = match device {
        Some(name) => (u32::MAX, vec![graphics::index(name)?]),
        None => (0, Vec::new()),
    };
    LlamaModelParams::default()
        .with_n_gpu_layers(layers)
        .with_devices(&devices)
        .map_err(|error| error.to_string())
}

fn card(
    options: &Options,
    (facts, adapter_bytes): (&ModelFacts, u64),
    model: &LlamaModel,
) -> ModelCard {
    ModelCard {
        name: options.name.clone(),
        architecture: facts.architecture.clone(),
        n_vocab: usize::try_from(model.n_vocab()).unwrap_or(0),
        // Not from the binding, which panics over a length that needs all 32 bits.
        context_length: facts
            .context_length
            .and_then(|n| usize::try_from(n).ok())
            .unwrap_or(0),
        n_parameters: facts.weights.parameters,
        weight_bytes: facts.weights.bytes,
        adapter_bytes,
        bytes_per_token: facts.weights.bytes_per_token,
        flops_per_token: facts.weights.flops_per_token,
        flops_per_row: graph::flops_per_row(facts),
        quantised_flops: facts.weights.quantised_flops,
        quantised_flops_per_row: graph::quantised_flops_per_row(facts),
        cache_elements: cache_elements(&facts.cache),
        device: options.device.clone(),
    }
}

fn cache_elements(cache: &Cache) -> Option<CacheElements> {
    let Cache::Layers(layers) = cache else {
        return None;
    };
    let sum = |dim: fn(&CacheLayer) -> u32| {
        layers
            .iter()
            .map(|layer| u64::from(layer.heads) * u64::from(dim(layer)))
            .sum()
    };
    Some(CacheElements {
        k: sum(|layer| layer.key_dim),
        v: sum(|layer| layer.value_dim),
    })
}

/// The adapter, and the bytes of its tensors.
fn load_adapter(
    model: &mut LlamaModel,
    adapter: &Adapter,
    architecture: &str,
) -> Result<(LlamaLoraAdapter, u64), Error> {
    let refused = |cause: String| Error::Load {
        path: adapter.path.display().to_string(),
        cause,
    };
    let file = Gguf::open(&adapter.path).map_err(|error| refused(error.to_string()))?;
    guard::adapter(&file, architecture).map_err(refused)?;
    log::begin();
    let laid = model
        .lora_adapter_init(&adapter.path)
        .map_err(|error| refused(log::complaint(&error.to_string())))?;
    Ok((laid, file.tensors().iter().map(Tensor::bytes).sum()))
}

/// llama.cpp's process-wide state, started once and never stopped.
fn backend() -> Result<&'static LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    log::install();
    BACKEND
        .get_or_init(|| LlamaBackend::init().map_err(|error| error.to_string()))
        .as_ref()
        .map_err(Clone::clone)
}
