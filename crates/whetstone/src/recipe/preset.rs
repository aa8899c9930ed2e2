//! Recipes to begin with, each commented and each a recipe like any other; and settings of trainings, likewise.

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
    /// A model, and an adapter that is trained on your answers, side by side
    Lora,
    /// A model that learns from its own right answers, and stands beside itself
    Raft,
    /// Settings for `whet train sft --config`
    #[value(alias = "sft-settings")]
    Sft,
    /// Settings for `whet train raft --config`
    RaftSettings,
}

/// Those that are recipes, and not the settings of a training.
pub(crate) const PRESETS: [Preset; 6] = [
    Preset::Quick,
    Preset::Paper,
    Preset::Variants,
    Preset::Speculative,
    Preset::Lora,
    Preset::Raft,
];

impl Preset {
    /// What the recipe's file is called.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Preset::Quick => "quick.yml",
            Preset::Paper => "paper.yml",
            Preset::Variants => "variants.yml",
            Preset::Speculative => "speculative.yml",
            Preset::Lora => "lora.yml",
            Preset::Raft => "raft.yml",
            Preset::Sft => "sft.yml",
            Preset::RaftSettings => "raft-settings.yml",
        }
    }

    /// The command that says what the file means.
    pub(crate) fn check(self, file: &str) -> String {
        match self {
            Preset::Sft => format!("whet train sft --config {file} --dry-run"),
            Preset::RaftSettings => format!("whet train raft --config {file} --dry-run"),
            _ => format!(
                "whet check {file}. For an editor: whet schema > {}",
                super::SCHEMA_FILE
            ),
        }
    }

    /// The recipe.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Preset::Quick => include_str!("../../recipes/quick.yml"),
            Preset::Paper => include_str!("../../recipes/paper.yml"),
            Preset::Variants => include_str!("../../recipes/variants.yml"),
            Preset::Speculative => include_str!("../../recipes/speculative.yml"),
            Preset::Lora => include_str!("../../recipes/lora.yml"),
            Preset::Raft => include_str!("../../recipes/raft.yml"),
            Preset::Sft => include_str!("../../recipes/sft.yml"),
            Preset::RaftSettings => include_str!("../../recipes/raft-settings.yml"),
        }
    }
}
