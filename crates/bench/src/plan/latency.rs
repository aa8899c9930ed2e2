//! What the speed benchmark sweeps.

use engine::CacheKind;
use serde::{Deserialize, Deserializer, Serialize};

/// Speed of reading prompts and of decoding after them, at every combination of the lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencyPlan {
    /// Prompt lengths in tokens.
    pub prompt_tokens: Vec<usize>,
    /// Tokens decoded after each; the first of them is the prompt's own.
    #[serde(deserialize_with = "one_or_more")]
    pub generate_tokens: Vec<usize>,
    /// Sequences that are read and decoded side by side.
    #[serde(default = "one")]
    pub batch: Vec<usize>,
    /// Tokens that each sequence holds before its prompt is read.
    #[serde(default = "zero")]
    pub depth: Vec<usize>,
    /// Threads of the engine; empty for as many as the run has.
    #[serde(default)]
    pub threads: Vec<usize>,
    /// Cache types by name.
    #[serde(alias = "cache", deserialize_with = "one_or_more")]
    pub caches: Vec<String>,
    /// Whether keys and values are kept from step to step. Without, each token reads everything anew.
    #[serde(default = "kept")]
    pub use_cache: Vec<bool>,
    /// Untimed runs first, at least.
    pub warmups: usize,
    /// Warm up until two runs in a row differ by at most this share.
    #[serde(default)]
    pub settle: Option<f64>,
    /// Timed runs.
    pub repeats: usize,
}

/// One combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Tokens of the prompt.
    pub n_prompt: usize,
    /// Tokens decoded.
    pub n_new: usize,
    /// Sequences side by side.
    pub batch: usize,
    /// Tokens held before.
    pub depth: usize,
    /// Threads.
    pub threads: usize,
    /// Cache type.
    pub cache: CacheKind,
    /// Whether the cache is used from step to step.
    pub use_cache: bool,
}

impl Point {
    /// Tokens that a sequence holds at the end.
    pub fn n_held(&self) -> usize {
        self.depth + self.n_prompt + self.n_new
    }

    /// Tokens that all sequences together feed in one run.
    pub fn n_fed(&self) -> usize {
        let decoded = match self.use_cache {
            true => self.n_new - 1,
            false => (1..self.n_new).map(|k| self.n_prompt + k).sum(),
        };
        self.batch * (self.n_prompt + decoded)
    }
}

impl LatencyPlan {
    /// Two lengths in a minute or two.
    pub fn quick() -> LatencyPlan {
        LatencyPlan {
            prompt_tokens: vec![128, 512],
            generate_tokens: vec![64],
            batch: one(),
            depth: zero(),
            threads: Vec::new(),
            caches: vec!["f16".into()],
            use_cache: kept(),
            warmups: 1,
            settle: None,
            repeats: 6,
        }
    }

    /// The same lengths measured as one would publish them.
    pub fn thorough() -> LatencyPlan {
        LatencyPlan {
            generate_tokens: vec![128],
            warmups: 3,
            settle: Some(0.02),
            repeats: 10,
            ..LatencyPlan::quick()
        }
    }

    /// Every combination; `threads` is what the run has. Caches that cannot be read are left out, which
    /// [`LatencyPlan::check`] would have said.
    pub fn points(&self, threads: usize) -> Vec<Point> {
        let threads = match self.threads.as_slice() {
            [] => vec![threads],
            asked => asked.to_vec(),
        };
        let caches: Vec<CacheKind> = self.caches.iter().flat_map(|name| name.parse()).collect();
        let mut points = vec![Point {
            n_prompt: 0,
            n_new: 0,
            batch: 1,
            depth: 0,
            threads: 1,
            cache: CacheKind::F16,
            use_cache: true,
        }];
        points = spread(points, &threads, |point, n| point.threads = n);
        points = spread(points, &caches, |point, kind| point.cache = kind);
        points = spread(points, &self.use_cache, |point, used| {
            point.use_cache = used
        });
        points = spread(points, &self.batch, |point, n| point.batch = n);
        points = spread(points, &self.depth, |point, n| point.depth = n);
        points = spread(points, &self.prompt_tokens, |point, n| point.n_prompt = n);
        spread(points, &self.generate_tokens, |point, n| point.n_new = n)
    }

    /// Checks what can be checked without a model.
    ///
    /// # Errors
    /// A sentence that names the value and the remedy.
    pub fn check(&self) -> Result<(), String> {
        for cache in &self.caches {
            cache.parse::<CacheKind>()?;
        }
        at_least("--prompt-tokens", &self.prompt_tokens, 1)?;
        at_least("--sequences", &self.batch, 1)?;
        at_least("--try-threads", &self.threads, 1)?;
        at_least("--repeats", &[self.repeats], 1)?;
        // A depth is tokens whose keys and values are kept, which is what is left out here.
        if self.use_cache.contains(&false) && self.depth.iter().any(|depth| *depth > 0) {
            return Err("--use-cache off and --depth exclude each other: a depth is a cache that is kept; put those tokens into --prompt-tokens, or measure with --use-cache on".into());
        }
        at_least("--generate-tokens", &self.generate_tokens, 2)
            .map_err(|cause| format!("{cause}: a decode speed needs two tokens"))
    }
}

fn at_least(flag: &str, values: &[usize], least: usize) -> Result<(), String> {
    match values.iter().find(|value| **value < least) {
        Some(_) => Err(format!("{flag} must be at least {least}")),
        None => Ok(()),
    }
}

/// Every point with every value.
fn spread<T: Copy>(points: Vec<Point>, values: &[T], set: fn(&mut Point, T)) -> Vec<Point> {
    let with = |point: &Point, value: T| {
        let mut point = point.clone();
        set(&mut point, value);
        point
    };
    points
        .iter()
        .flat_map(|point| values.iter().map(move |value| with(point, *value)))
        .collect()
}

fn one() -> Vec<usize> {
    vec![1]
}

fn zero() -> Vec<usize> {
    vec![0]
}

fn kept() -> Vec<bool> {
    vec![true]
}

/// Plans of earlier versions have one value where there is a list now.
fn one_or_more<'de, D, T>(source: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Many(Vec<T>),
        One(T),
    }
    Ok(match Either::deserialize(source)? {
        Either::Many(values) => values,
        Either::One(value) => vec![value],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_an_earlier_version_is_read_as_lists_of_one() {
        let text =
            r#"{"prompt_tokens":[8],"generate_tokens":4,"warmups":1,"repeats":2,"cache":"q8_0"}"#;
        let plan: LatencyPlan = serde_json::from_str(text).unwrap();
        assert_eq!(plan.generate_tokens, [4]);
        assert_eq!(plan.caches, ["q8_0"]);
        assert_eq!(plan.points(3).len(), 1);
        assert_eq!(plan.points(3)[0].threads, 3);
        let again = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<LatencyPlan>(&again).unwrap(), plan);
    }

    #[test]
    fn every_combination_occurs_once() {
        let plan = LatencyPlan {
            batch: vec![1, 4],
            depth: vec![0, 100],
            threads: vec![1, 2, 4],
            caches: vec!["f16".into(), "q4_0".into()],
            use_cache: vec![true, false],
            ..LatencyPlan::quick()
        };
        let points = plan.points(2);
        assert_eq!(points.len(), 2 * 2 * 3 * 2 * 2 * 2);
        for (at, point) in points.iter().enumerate() {
            assert!(!points[..at].contains(point), "{point:?}");
        }
    }

    #[test]
    fn a_depth_without_a_cache_to_hold_it_is_refused_with_a_remedy() {
        let plan = |use_cache: &[bool], depth: &[usize]| LatencyPlan {
            use_cache: use_cache.to_vec(),
            depth: depth.to_vec(),
            ..LatencyPlan::quick()
        };
        for used in [&[false][..], &[true, false]] {
            let said = plan(used, &[0, 2000]).check().unwrap_err();
            for words in ["--depth", "--use-cache", "--prompt-tokens"] {
                assert!(said.contains(words), "{words}: {said}");
            }
        }
        assert_eq!(plan(&[true, false], &[0]).check(), Ok(()));
        assert_eq!(plan(&[true], &[2000]).check(), Ok(()));
    }

    #[test]
    fn what_a_run_feeds_without_a_cache_grows_with_the_square() {
        let point = |use_cache| Point {
            n_prompt: 10,
            n_new: 4,
            batch: 2,
            depth: 5,
            threads: 1,
            cache: CacheKind::F16,
            use_cache,
        };
        assert_eq!(point(true).n_fed(), 2 * (10 + 3));
        assert_eq!(point(false).n_fed(), 2 * (10 + 11 + 12 + 13));
        assert_eq!(point(true).n_held(), 19);
    }
}
