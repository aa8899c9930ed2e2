//! A model whose weights were trained becomes files: a GGUF file for llama.cpp, a folder for `transformers`.
//!
//! Both hold the weights as f32, as they were trained; whoever wants fewer bits quantises the file and measures it. The
//! GGUF file takes everything but the trained weights from the file that was trained: tokenizer, template, sizes. The
//! folder has no tokenizer, because a GGUF file does not hold one as `transformers` wants it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use gguf::{Gguf, ModelFacts, TensorType, Writer, quant};
use safetensors::tensor::{Dtype, View, serialize_to_file};
use serde_json::{Value, json};

use super::{put, rows_of_file, write_whole};
use crate::matrix::Matrix;
use crate::part::{Part, Weight};
use crate::{Error, Family, Shape, Target, Transformer};

/// What a file says of the one it came from and is not true of the new one.
const LEFT_OUT: [&str; 3] = ["general.file_type", "general.name", "general.description"];
/// What a folder says of the length of a context that its base does not name.
const USUAL_CONTEXT: u64 = 2048;
/// Keys of ours: seeds, hashes, that weights are random.
const OURS: &str = "whetstone.";

/// Writes the model as a GGUF file of that name; `base` is the file that it was loaded from.
///
/// # Errors
/// [`Error::Gguf`] when a file cannot be read or written, [`Error::Tensor`] for a number that is not finite.
pub fn model(model: &Transformer, base: &Path, name: &str, to: &Path) -> Result<(), Error> {
    let file = Gguf::open(base)?;
    let mut writer = Writer::new();
    for (key, value) in file.metadata() {
        if !LEFT_OUT.contains(&key.as_str()) && !key.starts_with(OURS) {
            writer.set(key, value.clone())?;
        }
    }
    writer.set("general.name", name)?;
    writer.set("general.file_type", 0_u32)?;
    let weights: HashMap<String, Weight<'_>> = model
        .weights()
        .into_iter()
        .map(|weight| (weight.part.in_gguf(), weight))
        .collect();
    for tensor in file.tensors() {
        let kind = match weights.contains_key(tensor.name()) {
            true => TensorType::F32,
            false => tensor.kind(),
        };
        writer.announce(tensor.name(), tensor.dims(), kind)?;
    }
    writer.write_with::<Error>(to, |name, sink| {
        let Some(weight) = weights.get(name) else {
            return Ok(sink.write(&file.tensor_bytes(name)?)?);
        };
        let values = in_order_of_file(weight, model.shape());
        let wrong = |what: &str| Error::Tensor {
            path: to.to_owned(),
            tensor: name.to_owned(),
            what: what.to_owned(),
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(wrong("it holds a number that is not finite"));
        }
        let bytes = quant::encode(TensorType::F32, &values).and_then(Result::ok);
        let bytes = bytes.ok_or_else(|| wrong("it cannot be stored as f32"))?;
        Ok(sink.write(&bytes)?)
    })?;
    Ok(())
}

fn in_order_of_file(weight: &Weight<'_>, shape: &Shape) -> Vec<f32> {
    let values = weight.values.values().to_vec();
    match weight.part {
        Part::Matrix(_, target) => rows_of_file(values, target, shape, weight.values.columns()),
        Part::Bias(_, target) => rows_of_file(values, target, shape, 1),
        _ => values,
    }
}

/// Writes `config.json` and `model.safetensors` into `folder`, which is made if it is not there.
///
/// # Errors
/// [`Error::Unsupported`] for a model that no class of `transformers` computes, [`Error::File`].
pub fn folder(model: &Transformer, base: &Path, folder: &Path) -> Result<(), Error> {
    let refuse = |what: &str| Error::Unsupported {
        path: base.to_owned(),
        what: what.to_owned(),
    };
    let weights = model.weights();
    if model.has_divisors {
        return Err(refuse("its table of rotations has no counterpart"));
    }
    let attention_bias = biases(&weights, model.shape()).map_err(refuse)?;
    std::fs::create_dir_all(folder).map_err(|source| Error::File {
        path: folder.to_owned(),
        what: format!("not made: {source}"),
    })?;
    let named = weights
        .iter()
        .map(|weight| (weight.part.in_transformers(), Stored(weight)));
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    put(&folder.join("model.safetensors"), |file| {
        serialize_to_file(named, Some(metadata), file.path())
    })?;
    let context = ModelFacts::of(&Gguf::open(base)?)?.context_length;
    let context = context.unwrap_or(USUAL_CONTEXT);
    let config = config(model, attention_bias, context);
    let config = serde_json::to_vec_pretty(&config);
    let config = config.expect("a value of strings and numbers is JSON");
    write_whole(&folder.join("config.json"), &config)
}

/// Whether attention has biases, if they stand where the family's class has them.
fn biases(weights: &[Weight<'_>], shape: &Shape) -> Result<bool, &'static str> {
    let of_first = weights.iter().filter_map(|weight| match weight.part {
        Part::Bias(0, target) => Some(target),
        _ => None,
    });
    let found: Vec<Target> = of_first.collect();
    let [query, key, value, output, ..] = Target::ALL;
    match shape.family {
        _ if found.is_empty() && shape.family == Family::Llama => Ok(false),
        Family::Llama if found == [query, key, value, output] => Ok(true),
        Family::Qwen2 if found == [query, key, value] => Ok(true),
        _ => Err("its biases stand elsewhere than those of the family"),
    }
}

fn config(model: &Transformer, attention_bias: bool, context: u64) -> Value {
    let shape = model.shape();
    let (class, kind) = match shape.family {
        Family::Llama => ("LlamaForCausalLM", "llama"),
        Family::Qwen2 => ("Qwen2ForCausalLM", "qwen2"),
    };
    let scaling = (shape.rope_stretch != 1.0)
        .then(|| json!({"type": "linear", "rope_type": "linear", "factor": shape.rope_stretch}));
    json!({
        "architectures": [class],
        "model_type": kind,
        "hidden_size": shape.width,
        "intermediate_size": shape.inner,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": context,
        "rms_norm_eps": shape.epsilon,
        "rope_theta": shape.rope_base,
        "rope_scaling": scaling,
        "attention_bias": attention_bias,
        "mlp_bias": false,
        "hidden_act": "silu",
        "tie_word_embeddings": model.is_tied(),
        "torch_dtype": "float32",
    })
}

/// A weight on its way into a file, one after another.
struct Stored<'a>(&'a Weight<'a>);

impl Stored<'_> {
    fn values(&self) -> &Matrix {
        self.0.values
    }
}

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        let dims = self.values().shape();
        match self.0.part.is_matrix() {
            true => dims,
            false => &dims[1..],
        }
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let values = self.values().values().iter();
        Cow::Owned(values.flat_map(|value| value.to_le_bytes()).collect())
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values().values())
    }
}
