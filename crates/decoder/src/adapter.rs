//! Low-rank adapters: for each chosen matrix two thin ones, A (rank × in) and B (out × rank), whose
//! product, times alpha / rank, is added to what the matrix gives.
//!
//! A starts random and B at zero, so a new adapter changes nothing. The order of parameters is fixed:
//! layer by layer, target by target, A before B; gradients, optimisers and checkpoints rely on it.

mod target;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Error;
use crate::matrix::Matrix;
use crate::shape::Shape;
pub use target::Target;

/// What adapter is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Lora {
    /// Columns of B and rows of A.
    pub rank: usize,
    /// The product of B and A is multiplied with `alpha / rank`.
    pub alpha: f64,
    /// Which matrices of every layer get factors.
    pub targets: Vec<Target>,
}

impl Lora {
    /// The factor of the product of B and A.
    pub fn scale(&self) -> f64 {
        self.alpha / self.rank as f64
    }

    /// Elements of all factors.
    pub(crate) fn elements(&self, shape: &Shape) -> u64 {
        let sides = |target: &Target| target.sides(shape).iter().sum::<usize>() as u64;
        let of_a_layer: u64 = self.targets.iter().map(sides).sum();
        of_a_layer * self.rank as u64 * shape.layers as u64
    }

    /// Checks it against a model.
    ///
    /// # Errors
    /// [`Error::Lora`] for no target, a rank that no matrix has or an alpha that is not positive.
    pub fn check(&self, shape: &Shape) -> Result<(), Error> {
        if self.targets.is_empty() {
            return Err(Error::Lora("it has no target".into()));
        }
        let sides = self.targets.iter().flat_map(|target| target.sides(shape));
        let most = sides.min().unwrap_or(0);
        if self.rank == 0 || self.rank > most {
            return Err(Error::Lora(format!(
                "its rank is {}; the targets' matrices allow 1 to {most}",
                self.rank
            )));
        }
        if !(self.alpha > 0.0 && self.alpha.is_finite()) {
            return Err(Error::Lora(format!(
                "alpha is {}, not positive",
                self.alpha
            )));
        }
        Ok(())
    }
}

/// The two factors of one matrix.
#[derive(Debug, Clone)]
pub(crate) struct Factors {
    /// Shape (rank, in).
    pub(crate) a: Matrix,
    /// Shape (out, rank).
    pub(crate) b: Matrix,
    /// What the product of A and B is multiplied with.
    pub(crate) scale: f32,
}

/// The factors of one layer.
#[derive(Debug, Clone, Default)]
pub(crate) struct LayerFactors([Option<Factors>; Target::ALL.len()]);

impl LayerFactors {
    pub(crate) fn of(&self, target: Target) -> Option<&Factors> {
        self.0[target as usize].as_ref()
    }

    /// A and B of each target, in the order of parameters.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Matrix> {
        self.0.iter().flatten().flat_map(|one| [&one.a, &one.b])
    }
}

/// The factors of all layers.
#[derive(Debug, Clone)]
pub struct Adapter {
    lora: Lora,
    pub(crate) layers: Vec<LayerFactors>,
}

/// Where a parameter belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The layer, counted from 0.
    pub layer: usize,
    /// The matrix.
    pub target: Target,
    /// A or B.
    pub factor: Factor,
}

/// Which of the two factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// Shape (rank, in).
    A,
    /// Shape (out, rank).
    B,
}

impl Adapter {
    /// A new adapter: A uniform with reach 1/√in (Kaiming's rule with slope √5), B zero. The same seed
    /// gives the same numbers everywhere.
    ///
    /// # Errors
    /// As [`Lora::check`].
    pub fn new(shape: &Shape, lora: &Lora, seed: u64) -> Result<Self, Error> {
        lora.check(shape)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let lora = lora.in_order();
        let mut layers = vec![LayerFactors::default(); shape.layers];
        for layer in &mut layers {
            for &target in &lora.targets {
                let [out, input] = target.sides(shape);
                let reach = 1.0 / (input as f32).sqrt();
                let a = uniform(&mut rng, lora.rank * input, reach);
                layer.0[target as usize] = Some(Factors {
                    a: Matrix::new([lora.rank, input], a),
                    b: Matrix::zeros([out, lora.rank]),
                    scale: lora.scale() as f32,
                });
            }
        }
        Ok(Self { lora, layers })
    }

    /// What adapter it is.
    pub fn lora(&self) -> &Lora {
        &self.lora
    }

    /// All parameters in their order, each with its place.
    pub fn parameters(&self) -> Vec<(Place, &Matrix)> {
        let targets = self.lora.targets.iter();
        let of_layer = targets.flat_map(|&target| [(target, Factor::A), (target, Factor::B)]);
        let places = (0..self.layers.len()).flat_map(|layer| {
            of_layer.clone().map(move |(target, factor)| Place {
                layer,
                target,
                factor,
            })
        });
        places
            .zip(self.layers.iter().flat_map(LayerFactors::parameters))
            .collect()
    }

    /// The same parameters in the same order, to be moved.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut Matrix> {
        let factors = self.layers.iter_mut().flat_map(|layer| layer.0.iter_mut());
        factors.flatten().flat_map(|one| [&mut one.a, &mut one.b])
    }

    /// The number of all parameters' elements.
    pub fn elements(&self) -> usize {
        let parameters = self.layers.iter().flat_map(LayerFactors::parameters);
        parameters
            .map(|one| one.dims().iter().product::<usize>())
            .sum()
    }
}

impl Lora {
    /// Targets in the order of [`Target::ALL`], each once.
    fn in_order(&self) -> Self {
        let wanted = |target: &Target| self.targets.contains(target);
        Self {
            targets: Target::ALL.into_iter().filter(wanted).collect(),
            ..self.clone()
        }
    }
}

/// `count` numbers between −reach and reach, from the generator's integers by exact steps.
fn uniform(rng: &mut ChaCha8Rng, count: usize, reach: f32) -> Vec<f32> {
    (0..count)
        .map(|_| {
            let unit = ((rng.next_u32() >> 9) as f32 + 0.5) / 8_388_608.0;
            (2.0 * unit - 1.0) * reach
        })
        .collect()
}
