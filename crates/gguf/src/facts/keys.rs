//! Typed look-ups of the metadata keys of one architecture, with bounds.
//!
//! The bounds are far above every published model and low enough that no product of them overflows
//! 64 bits, so the arithmetic of the facts needs no checks of its own.

use super::PerLayer;
use crate::{Array, Error, Gguf, Value};

/// llama.cpp's LLAMA_MAX_LAYERS.
const MAX_LAYERS: u64 = 512;
/// Heads, head sizes, widths of layers.
const MAX_WIDTH: u64 = 1 << 20;
/// Context lengths, windows, vocabularies.
const MAX_TOKENS: u64 = 1 << 40;

pub(super) struct Keys<'a> {
    pub(super) gguf: &'a Gguf,
    pub(super) architecture: &'a str,
}

impl<'a> Keys<'a> {
    pub(super) fn of(gguf: &'a Gguf) -> Result<Self, Error> {
        const KEY: &str = "general.architecture";
        let value = gguf.get(KEY).ok_or_else(|| Error::MissingKey {
            path: gguf.path().to_owned(),
            key: KEY.to_owned(),
        })?;
        let architecture = value
            .as_str()
            .ok_or_else(|| bad(gguf, KEY, value, "the name of an architecture"))?;
        Ok(Self { gguf, architecture })
    }

    /// The full key of this architecture, e.g. `llama.block_count`.
    pub(super) fn key(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.architecture)
    }

    pub(super) fn get(&self, suffix: &str) -> Option<&'a Value> {
        self.gguf.get(&self.key(suffix))
    }

    pub(super) fn missing(&self, suffix: &str) -> Error {
        Error::MissingKey {
            path: self.gguf.path().to_owned(),
            key: self.key(suffix),
        }
    }

    pub(super) fn layers(&self) -> Result<u32, Error> {
        const SUFFIX: &str = "block_count";
        let count = self
            .bounded(SUFFIX, MAX_LAYERS, "a number of layers from 1 to 512")?
            .ok_or_else(|| self.missing(SUFFIX))?;
        if count == 0 {
            return Err(bad(
                self.gguf,
                &self.key(SUFFIX),
                &Value::U64(0),
                "a number of layers from 1 to 512",
            ));
        }
        Ok(count as u32)
    }

    pub(super) fn width(&self, suffix: &str) -> Result<Option<u32>, Error> {
        Ok(self
            .bounded(suffix, MAX_WIDTH, "a whole number up to 2^20")?
            .map(|width| width as u32))
    }

    pub(super) fn tokens(&self, suffix: &str) -> Result<Option<u64>, Error> {
        self.bounded(suffix, MAX_TOKENS, "a whole number up to 2^40")
    }

    fn bounded(
        &self,
        suffix: &str,
        limit: u64,
        wanted: &'static str,
    ) -> Result<Option<u64>, Error> {
        let Some(value) = self.get(suffix) else {
            return Ok(None);
        };
        match value.as_u64().filter(|&number| number <= limit) {
            Some(number) => Ok(Some(number)),
            None => Err(bad(self.gguf, &self.key(suffix), value, wanted)),
        }
    }

    /// A finite float.
    pub(super) fn real(&self, suffix: &str) -> Result<Option<f64>, Error> {
        let Some(value) = self.get(suffix) else {
            return Ok(None);
        };
        match value.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(bad(self.gguf, &self.key(suffix), value, "a finite float")),
        }
    }

    /// A width that is one number for all layers or an array with one number per layer.
    pub(super) fn per_layer(&self, suffix: &str, layers: u32) -> Result<Option<PerLayer>, Error> {
        const WANTED: &str = "one whole number up to 2^20, or one for each layer";
        let Some(value) = self.get(suffix) else {
            return Ok(None);
        };
        let Some(array) = value.as_array() else {
            return Ok(self
                .width(suffix)?
                .map(|width| PerLayer(vec![width; layers as usize])));
        };
        let refuse = || bad(self.gguf, &self.key(suffix), value, WANTED);
        let numbers = whole_numbers(array)
            .filter(|all| all.len() == layers as usize)
            .ok_or_else(refuse)?;
        let widths = numbers
            .into_iter()
            .map(|n| u32::try_from(n).ok().filter(|&n| u64::from(n) <= MAX_WIDTH));
        widths
            .collect::<Option<Vec<_>>>()
            .map(|all| Some(PerLayer(all)))
            .ok_or_else(refuse)
    }

    /// One truth value for each layer, from an array of truth values or numbers; `None` when the key
    /// is absent or a single number.
    pub(super) fn flags(&self, suffix: &str, layers: u32) -> Result<Option<Vec<bool>>, Error> {
        let Some(value) = self.get(suffix) else {
            return Ok(None);
        };
        let Some(array) = value.as_array() else {
            return Ok(None);
        };
        let flags = match array {
            Array::Bool(flags) => Some(flags.clone()),
            other => whole_numbers(other).map(|all| all.into_iter().map(|n| n != 0).collect()),
        };
        match flags.filter(|all: &Vec<bool>| all.len() == layers as usize) {
            Some(flags) => Ok(Some(flags)),
            None => Err(bad(
                self.gguf,
                &self.key(suffix),
                value,
                "one truth value for each layer",
            )),
        }
    }
}

fn whole_numbers(array: &Array) -> Option<Vec<u64>> {
    (0..array.len())
        .map(|index| array.get(index)?.as_u64())
        .collect()
}

pub(super) fn bad(gguf: &Gguf, key: &str, value: &Value, wanted: &'static str) -> Error {
    Error::BadKey {
        path: gguf.path().to_owned(),
        key: key.to_owned(),
        found: value.describe(),
        wanted,
    }
}
