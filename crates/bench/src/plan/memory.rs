//! What the memory benchmark sweeps.

use engine::{CacheElements, CacheKind, CacheKinds, SessionShape};
use serde::{Deserialize, Serialize};

use super::DivergencePlan;

/// Memory at every combination of the lists, and what each cache costs in quality.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryPlan {
    /// Tokens that each sequence holds.
    pub contexts: Vec<usize>,
    /// Sequences side by side.
    #[serde(default = "one")]
    pub sequences: Vec<usize>,
    /// Cache types by name, for keys and values alike.
    pub caches: Vec<String>,
    /// Whether the peak of the process is read.
    #[serde(default = "yes")]
    pub peak: bool,
    /// Whether the cache's own size is told, by formula and as allocated.
    #[serde(default = "yes")]
    pub kvcache: bool,
    /// Perplexity and divergence of every other cache from an f16 one, if wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<DivergencePlan>,
}

/// One combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filling {
    /// Tokens that each sequence holds.
    pub n_tokens: usize,
    /// Sequences.
    pub n_sequences: usize,
    /// How the cache is stored.
    pub cache: CacheKind,
}

impl Filling {
    /// The session that holds it.
    pub fn shape(&self) -> SessionShape {
        SessionShape {
            n_sequences: self.n_sequences,
            capacity: self.n_tokens,
            cache: CacheKinds::both(self.cache),
        }
    }

    /// Bytes of the cache by the formula.
    pub fn logical_bytes(&self, elements: CacheElements) -> u64 {
        elements
            .bytes(CacheKinds::both(self.cache))
            .saturating_mul(self.n_tokens as u64)
            .saturating_mul(self.n_sequences as u64)
    }
}

impl MemoryPlan {
    /// One sequence at these lengths, without quality.
    pub fn of(contexts: &[usize], caches: &[&str]) -> MemoryPlan {
        MemoryPlan {
            contexts: contexts.to_vec(),
            sequences: one(),
            caches: caches.iter().map(|name| (*name).to_owned()).collect(),
            peak: true,
            kvcache: true,
            quality: None,
        }
    }

    /// Every combination. Caches that cannot be read are left out, which [`MemoryPlan::check`] would
    /// have said.
    pub fn fillings(&self) -> Vec<Filling> {
        let caches: Vec<CacheKind> = self.caches.iter().flat_map(|name| name.parse()).collect();
        let mut all = Vec::new();
        for n_tokens in self.contexts.iter().copied() {
            for n_sequences in self.sequences.iter().copied() {
                all.extend(caches.iter().map(|cache| Filling {
                    n_tokens,
                    n_sequences,
                    cache: *cache,
                }));
            }
        }
        all
    }

    /// Tokens that all combinations together feed.
    pub fn n_fed(&self) -> f64 {
        let sum = |list: &[usize]| list.iter().map(|n| *n as f64).sum::<f64>();
        sum(&self.contexts) * sum(&self.sequences) * self.caches.len() as f64
    }

    /// The quality of every cache but f16, on the first chunks of the bundled code.
    pub fn bundled_quality(caches: &[String]) -> Option<DivergencePlan> {
        /// Enough for a mean divergence with its interval, and seconds to read.
        const CHUNKS: usize = 6;
        let other = |name: &&String| name.parse() != Ok(CacheKind::F16);
        let caches: Vec<String> = caches.iter().filter(other).cloned().collect();
        (!caches.is_empty()).then(|| DivergencePlan {
            texts: vec!["code".into()],
            caches,
            limit_chunks: Some(CHUNKS),
            ..DivergencePlan::bundled()
        })
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// A sentence that names the value and the remedy.
    pub fn check(&self) -> Result<(), String> {
        for cache in &self.caches {
            cache.parse::<CacheKind>()?;
        }
        for (flag, list) in [
            ("--contexts", &self.contexts),
            ("--sequences", &self.sequences),
        ] {
            if list.contains(&0) {
                return Err(format!("{flag} must be at least 1"));
            }
        }
        self.quality.as_ref().map_or(Ok(()), DivergencePlan::check)
    }
}

fn one() -> Vec<usize> {
    vec![1]
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_an_earlier_version_is_one_sequence_with_everything_but_quality() {
        let plan: MemoryPlan =
            serde_json::from_str(r#"{"contexts":[512],"caches":["f16","q8_0"]}"#).unwrap();
        assert_eq!(plan, MemoryPlan::of(&[512], &["f16", "q8_0"]));
        assert_eq!(plan.fillings().len(), 2);
    }

    #[test]
    fn every_combination_occurs_once_and_what_it_feeds_is_their_sum() {
        let plan = MemoryPlan {
            sequences: vec![1, 4],
            ..MemoryPlan::of(&[8, 16], &["f16", "q8_0", "q4_0"])
        };
        let all = plan.fillings();
        assert_eq!(all.len(), 12);
        for (at, filling) in all.iter().enumerate() {
            assert!(!all[..at].contains(filling), "{filling:?}");
        }
        let fed: usize = all.iter().map(|f| f.n_tokens * f.n_sequences).sum();
        assert_eq!(plan.n_fed(), fed as f64);
    }

    #[test]
    fn quality_holds_other_caches_against_f16_and_needs_one() {
        let names = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(MemoryPlan::bundled_quality(&names(&["f16", "fp16"])), None);
        let plan = MemoryPlan::bundled_quality(&names(&["f16", "q4_0"])).unwrap();
        assert_eq!(plan.caches, ["q4_0"]);
    }

    #[test]
    fn what_no_session_can_hold_is_refused() {
        let plan = MemoryPlan::of(&[8], &["f16"]);
        let refused = |plan: MemoryPlan| plan.check().unwrap_err();
        let said = refused(MemoryPlan {
            sequences: vec![1, 0],
            ..plan.clone()
        });
        assert!(said.contains("--sequences"), "{said}");
        assert!(refused(MemoryPlan::of(&[0], &["f16"])).contains("--contexts"));
        assert!(refused(MemoryPlan::of(&[8], &["f8"])).contains("q4_0"));
        assert_eq!(plan.check(), Ok(()));
    }
}
