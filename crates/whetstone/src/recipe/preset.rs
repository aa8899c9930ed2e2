//! Recipes to begin with, each commented and each a recipe like any other.

use clap::ValueEnum;

/// Recipes that come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preset {
    /// One model: perplexity, speed and memory in minutes
    Quick,
    /// Two models side by side, as one would publish them
    Paper,
    /// The six SmallCoder shapes
    Variants,
    /// What guessing ahead gains
    Speculative,
}

/// All of them.
pub(crate) const PRESETS: [Preset; 4] = [
    Preset::Quick,
    Preset::Paper,
    Preset::Variants,
    Preset::Speculative,
];

impl Preset {
    /// What the recipe's file is called.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Preset::Quick => "quick.yml",
            Preset::Paper => "paper.yml",
            Preset::Variants => "variants.yml",
            Preset::Speculative => "speculative.yml",
        }
    }

    /// The recipe.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Preset::Quick => include_str!("../../recipes/quick.yml"),
            Preset::Paper => include_str!("../../recipes/paper.yml"),
            Preset::Variants => include_str!("../../recipes/variants.yml"),
            Preset::Speculative => include_str!("../../recipes/speculative.yml"),
        }
    }
}
