//! What is tried at growing context.

use engine::{CacheKind, ModelCard};
use serde::{Deserialize, Serialize};

/// Lengths that are tried unless others are asked for, as far as the model goes.
const USUAL: [usize; 5] = [2048, 4096, 8192, 16384, 32768];

/// Speed and recall at growing context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextPlan {
    /// Lengths in tokens; empty for the usual ones that a model was trained for.
    pub contexts: Vec<usize>,
    /// Cache types by name.
    pub caches: Vec<String>,
    /// Tokens that are read at once; the last such piece before a length is timed.
    pub piece_tokens: usize,
    /// Tokens decoded at each length.
    pub generate_tokens: usize,
    /// Timed runs at each length.
    pub repeats: usize,
    /// What is asked of a text that fills the context; `None` for nothing.
    pub recall: Option<RecallPlan>,
}

/// Questions about a text of keys and values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallPlan {
    /// Where in the text the keys stand that are asked for, in percent of its lines.
    pub places: Vec<usize>,
    /// Keys asked for at each place.
    pub keys: usize,
    /// Values of other keys that the right one has to be likelier than.
    pub rivals: usize,
}

impl ContextPlan {
    /// The usual lengths with an f16 cache, and 20 questions at each.
    pub fn usual() -> ContextPlan {
        ContextPlan {
            contexts: Vec::new(),
            caches: vec![CacheKind::F16.name().into()],
            piece_tokens: 512,
            generate_tokens: 32,
            repeats: 6,
            recall: Some(RecallPlan {
                places: vec![0, 25, 50, 75, 100],
                keys: 4,
                rivals: 9,
            }),
        }
    }

    /// The lengths for one model, ascending. Of the usual ones those that it was trained for; if even the
    /// shortest is too long, the longest that is not.
    pub fn lengths(&self, card: &ModelCard) -> Vec<usize> {
        let mut lengths = self.contexts.clone();
        if lengths.is_empty() {
            let fits = |n: &usize| card.context_length == 0 || *n <= card.context_length;
            lengths = USUAL.into_iter().filter(fits).collect();
            if lengths.is_empty() {
                lengths.push(card.context_length);
            }
        }
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }

    /// Tokens of a piece at that length: room must be left for what is decoded.
    pub fn piece_at(&self, length: usize) -> usize {
        self.piece_tokens
            .min(length.saturating_sub(self.generate_tokens))
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// A sentence that names the value and the remedy.
    pub fn check(&self) -> Result<(), String> {
        for cache in &self.caches {
            cache.parse::<CacheKind>()?;
        }
        if self.generate_tokens < 2 {
            return Err(
                "--generate-tokens must be at least 2: a decode speed needs two tokens".into(),
            );
        }
        for (value, flag) in [(self.piece_tokens, "--piece"), (self.repeats, "--repeats")] {
            if value == 0 {
                return Err(format!("{flag} must be at least 1"));
            }
        }
        if self.recall.as_ref().is_some_and(|recall| recall.keys == 0) {
            return Err("--keys must be at least 1; --no-recall asks nothing".into());
        }
        let least = self.generate_tokens + 1;
        match self.contexts.iter().find(|length| **length < least) {
            Some(length) => Err(format!(
                "--contexts {length} leaves no room for a prompt and {} tokens after it; ask for {least} or more",
                self.generate_tokens
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Model;

    fn card(context_length: usize) -> ModelCard {
        ModelCard {
            context_length,
            ..engine::toy::Toy::new(1).card().clone()
        }
    }

    #[test]
    fn the_usual_lengths_stop_at_the_models_context() {
        let plan = ContextPlan::usual();
        assert_eq!(plan.lengths(&card(8192)), [2048, 4096, 8192]);
        assert_eq!(plan.lengths(&card(40_000)), USUAL);
        assert_eq!(plan.lengths(&card(0)), USUAL, "the file does not say");
        assert_eq!(plan.lengths(&card(256)), [256]);
    }

    #[test]
    fn lengths_that_are_asked_for_are_taken_whatever_the_model_says() {
        let plan = ContextPlan {
            contexts: vec![4096, 512, 4096],
            ..ContextPlan::usual()
        };
        assert_eq!(plan.lengths(&card(2048)), [512, 4096]);
        assert_eq!(plan.piece_at(512), 480);
        assert_eq!(plan.piece_at(4096), 512);
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_remedy() {
        let said = |edit: fn(&mut ContextPlan)| {
            let mut plan = ContextPlan::usual();
            edit(&mut plan);
            plan.check().unwrap_err()
        };
        assert!(said(|plan| plan.contexts = vec![32]).contains("ask for 33 or more"));
        assert!(said(|plan| plan.caches = vec!["q5".into()]).contains("q5"));
        assert!(said(|plan| plan.generate_tokens = 1).contains("two tokens"));
        assert!(said(|plan| plan.repeats = 0).contains("--repeats"));
        assert!(said(|plan| plan.piece_tokens = 0).contains("--piece"));
        let no_keys = |plan: &mut ContextPlan| plan.recall.iter_mut().for_each(|r| r.keys = 0);
        assert!(said(no_keys).contains("--keys must be at least 1; --no-recall"));
        assert_eq!(ContextPlan::usual().check(), Ok(()));
    }
}
