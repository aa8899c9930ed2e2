//! The six SmallCoder shapes with random weights: what they cost to run can be measured, what they know
//! cannot, because they know nothing.
//!
//! No trained checkpoint of the family was published, so its speed and memory are measured on files
//! that are marked *untrained* in their name and in a key of their own. Weights follow the family's
//! initialisation in their spread (`width^-0.5`, norms at 1, the padding row at 0); a sum of four
//! uniform numbers stands for the bell curve, because it needs additions only.
//!
//! The same shape, precision and seed give the same bytes on every machine: the generator is ChaCha8
//! with a stream of its own for each tensor, and sums, products and square roots round alike everywhere.
//! Nothing is measured here.

use std::path::Path;

use gguf::{Gguf, Value, Writer};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::attention::Rotation;
use crate::config::{Decoder, Family};
use crate::layout::{self, Wanted};
use crate::metadata::{self, Title};
use crate::pour::{PIECE, Pieces, Pour, Watch};
use crate::precision::Role;
use crate::{Error, Precision, tokenizer};

/// The key that marks a file as untrained.
pub const UNTRAINED: &str = "whetstone.untrained";
const SEED: &str = "whetstone.seed";
/// Tokens of every variant.
const VOCABULARY: u32 = 32_000;

/// One shape of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// The name on the command line and in file names.
    pub name: &'static str,
    /// The name as published.
    pub title: &'static str,
    width: u32,
    ffn: u32,
    layers: u32,
    heads: u32,
    context: u32,
}

const TINY: Variant = Variant {
    name: "smallcoder-tiny",
    title: "SmallCoder-Tiny",
    width: 768,
    ffn: 2048,
    layers: 12,
    heads: 12,
    context: 2048,
};
const SMALL: Variant = Variant {
    name: "smallcoder-small",
    title: "SmallCoder-Small",
    width: 960,
    ffn: 2688,
    layers: 16,
    heads: 12,
    context: 4096,
};
const MEDIUM: Variant = Variant {
    name: "smallcoder-medium",
    title: "SmallCoder-Medium",
    width: 1152,
    ffn: 3328,
    layers: 18,
    heads: 16,
    context: 4096,
};

/// All shapes, the smallest first; long contexts last. A long variant differs in its limit alone.
pub const ALL: [Variant; 6] = [
    TINY,
    SMALL,
    MEDIUM,
    long("smallcoder-tiny-lc", "SmallCoder-Tiny-LC", TINY),
    long("smallcoder-small-lc", "SmallCoder-Small-LC", SMALL),
    long("smallcoder-medium-lc", "SmallCoder-Medium-LC", MEDIUM),
];

const fn long(name: &'static str, title: &'static str, plain: Variant) -> Variant {
    Variant {
        name,
        title,
        context: 8192,
        ..plain
    }
}

/// Whether a file holds random weights of ours.
pub fn is_untrained(file: &Gguf) -> bool {
    file.get(UNTRAINED).and_then(Value::as_bool) == Some(true)
}

/// How often weights are drawn: four numbers of 16 bits make one.
const DRAWS: u32 = 4;
const STEPS: f32 = 65_536.0;

impl Variant {
    /// The shape of that name.
    pub fn find(name: &str) -> Option<Variant> {
        ALL.into_iter().find(|variant| variant.name == name)
    }

    /// Tokens that fit into its context.
    pub fn context(&self) -> u32 {
        self.context
    }

    /// Its layers.
    pub fn layers(&self) -> u32 {
        self.layers
    }

    /// Whether it differs from another shape in its context alone.
    pub fn is_long(&self) -> bool {
        self.name.ends_with("-lc")
    }

    /// Bytes of its weights in a file of that precision; what a file holds besides is small.
    pub fn tensor_bytes(&self, precision: Precision) -> u64 {
        let bytes = |wanted: &Wanted| {
            let row = wanted.dims.first().copied().unwrap_or(1);
            let kind = precision.kind(wanted.role, row);
            let n: u64 = wanted.dims.iter().product();
            n / kind.block_len() * kind.block_bytes()
        };
        layout::of(&self.decoder(), true).iter().map(bytes).sum()
    }

    /// The number of its weights; the token table counts once, as it is the output matrix as well.
    pub fn parameters(&self) -> u64 {
        let wanted = layout::of(&self.decoder(), true);
        wanted.iter().map(|w| w.dims.iter().product::<u64>()).sum()
    }

    /// Writes the shape with random weights; gives the file's length in bytes.
    ///
    /// # Errors
    /// [`Error::Gguf`] and [`Error::Stopped`]; a file that was at `path` before is then untouched.
    pub fn write(
        &self,
        path: &Path,
        precision: Precision,
        seed: u64,
        watch: &mut Watch<'_>,
    ) -> Result<u64, Error> {
        let decoder = self.decoder();
        let wanted = layout::of(&decoder, true);
        let mut writer = Writer::new();
        let vocabulary = tokenizer::placeholder(VOCABULARY);
        metadata::describe(
            &mut writer,
            &self.title_of(seed),
            &decoder,
            &vocabulary,
            precision,
        )?;
        writer.set(UNTRAINED, true)?;
        writer.set(SEED, seed)?;
        let pour = Pour {
            writer,
            wanted: &wanted,
            precision,
        };
        let pieces = |index, wanted: &Wanted| Ok(pieces(self.width, index, wanted, seed));
        pour.into_file(path, pieces, watch)
    }

    fn title_of(&self, seed: u64) -> Title {
        let description =
            "Untrained: random weights in the published shape, for measuring speed and memory only";
        Title {
            name: format!("{} untrained (random weights, seed {seed})", self.title),
            general: vec![("description", description.into())],
        }
    }

    fn decoder(&self) -> Decoder {
        Decoder {
            family: Family::Llama,
            layers: self.layers,
            width: self.width,
            ffn: self.ffn,
            heads: self.heads,
            kv_heads: 4,
            head: self.width / self.heads,
            vocabulary: VOCABULARY,
            context: self.context,
            epsilon: 1e-6,
            rope_base: 10_000.0,
            rotation: Rotation::Plain,
            tied: Some(true),
        }
    }
}

/// A tensor's values, drawn as they are asked for.
fn pieces(width: u32, index: usize, wanted: &Wanted, seed: u64) -> Pieces<'static> {
    let row = wanted.dims.first().copied().unwrap_or(1);
    let n: u64 = wanted.dims.iter().product();
    if wanted.role == Role::Vector {
        return Box::new(std::iter::once(Ok(vec![1.0; n as usize])));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index as u64);
    let factor = spread(width);
    let at_once = (PIECE / row).max(1) * row;
    let pads = wanted.role == Role::Table;
    Box::new((0..n.div_ceil(at_once)).map(move |piece| {
        let len = at_once.min(n - piece * at_once);
        let mut values: Vec<f32> = (0..len).map(|_| draw(&mut rng) * factor).collect();
        if pads && piece == 0 {
            values[..row as usize].fill(0.0);
        }
        Ok(values)
    }))
}

/// What a drawn sum is multiplied by, so that weights spread by `width^-0.5`.
fn spread(width: u32) -> f32 {
    // A uniform number of 65536 steps has the variance (65536² − 1) / 12.
    let variance = DRAWS as f32 * (STEPS * STEPS - 1.0) / 12.0;
    1.0 / (width as f32).sqrt() / variance.sqrt()
}

/// A whole number with mean 0, exact as a float.
fn draw(rng: &mut ChaCha8Rng) -> f32 {
    let bits = rng.next_u64();
    let parts = [bits, bits >> 16, bits >> 32, bits >> 48];
    let sum: u32 = parts.iter().map(|part| (part & 0xffff) as u32).sum();
    sum as f32 - DRAWS as f32 * (STEPS - 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shapes_have_as_many_weights_as_was_computed_for_them() {
        let counts = [100_092_672, 193_936_320, 303_654_528];
        for (variant, expected) in ALL.iter().zip(counts.iter().cycle()) {
            assert_eq!(variant.parameters(), *expected, "{}", variant.name);
            assert_eq!(Variant::find(variant.name), Some(*variant));
        }
        assert_eq!(Variant::find("smallcoder-huge"), None);
    }

    #[test]
    fn files_are_as_large_as_their_bits_and_long_shapes_as_plain_ones() {
        let tiny = ALL[0];
        let f16 = tiny.tensor_bytes(Precision::F16);
        // Two bytes a weight, and the few norms are wider.
        assert!((200_185_344..201_000_000).contains(&f16), "{f16}");
        assert!(tiny.tensor_bytes(Precision::Q4_0) < tiny.tensor_bytes(Precision::Q8_0));
        for (plain, long) in ALL.iter().zip(&ALL[3..]) {
            assert!(long.is_long() && !plain.is_long());
            assert_eq!(
                plain.tensor_bytes(Precision::Q8_0),
                long.tensor_bytes(Precision::Q8_0)
            );
        }
    }

    #[test]
    fn weights_have_mean_zero_and_the_spread_of_the_family() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let n = 200_000;
        let drawn: Vec<f64> = (0..n)
            .map(|_| f64::from(draw(&mut rng) * spread(768)))
            .collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(n);
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        let wanted = 768_f64.powf(-0.5);
        assert!(mean.abs() < wanted / 100.0, "{mean}");
        assert!((variance.sqrt() / wanted - 1.0).abs() < 0.01, "{variance}");
    }
}
