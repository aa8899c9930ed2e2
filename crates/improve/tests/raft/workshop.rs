//! A workshop without model, sandbox and trainer.
//!
//! Its "adapter" is a file with one line per row that it was trained on. A model with an adapter of n lines gets a
//! sample right whenever a number that follows from seed, prompt and attempt lies below n; so it is the same in
//! every session, and gets better with more rows. It works in small steps and can die before each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engine::seed;
use improve::raft::{
    Broken, Cost, Drift, Effort, HeldBack, Kept, Ladder, Lesson, Prompt, Sample, Sampled, Sampling,
    Taught, Trained, Workshop,
};
use ledger::record::{Finish, Stage};
use task::Language;

/// What a workshop can end with.
#[derive(Debug)]
pub(crate) enum Ended {
    Killed,
    Improve(improve::Error),
}

impl From<improve::Error> for Ended {
    fn from(error: improve::Error) -> Self {
        Ended::Improve(error)
    }
}

pub(crate) struct Made {
    /// Steps that are left to live.
    pub(crate) left: usize,
    /// Steps that were taken.
    pub(crate) taken: usize,
    /// Stops politely before this step.
    pub(crate) stop_at: Option<usize>,
    /// How many of 1000 a base model gets right.
    pub(crate) skill: usize,
    /// A suite of which nobody ever gets anything right.
    pub(crate) unsolved: Option<&'static str>,
    /// The same of repairs.
    pub(crate) of_repairs: i64,
    /// The training that is not finite.
    pub(crate) breaks_in: Option<&'static str>,
    /// What each line of an adapter adds to it, by cycle.
    pub(crate) gains: Vec<i64>,
    pub(crate) said: Vec<String>,
    pub(crate) lessons: Vec<(usize, f64)>,
    /// The problems that each lesson learnt and those that it held back.
    pub(crate) parted: Vec<[BTreeSet<String>; 2]>,
    /// Adapters that were sampled from.
    pub(crate) sampled_from: Vec<Option<String>>,
    /// Divergence, entropy and the base's for each answer, where an adapter is held against it.
    pub(crate) drift: Option<[Vec<f64>; 3]>,
    /// Phases in which one was.
    pub(crate) held_against_base: Vec<String>,
}

impl Made {
    pub(crate) fn new() -> Made {
        Made {
            left: usize::MAX,
            taken: 0,
            stop_at: None,
            skill: 200,
            unsolved: None,
            of_repairs: 0,
            breaks_in: None,
            gains: vec![10, 10, 10],
            said: Vec::new(),
            lessons: Vec::new(),
            parted: Vec::new(),
            sampled_from: Vec::new(),
            drift: None,
            held_against_base: Vec::new(),
        }
    }

    fn step(&mut self) -> Result<bool, Ended> {
        if self.left == 0 {
            return Err(Ended::Killed);
        }
        self.left -= 1;
        self.taken += 1;
        Ok(self.stop_at == Some(self.taken))
    }

    fn skill_of(&self, adapter: Option<&Path>) -> i64 {
        let Some(path) = adapter else {
            return self.skill as i64;
        };
        let text = std::fs::read_to_string(path).unwrap();
        let cycle = text
            .lines()
            .filter_map(|line| line.split(' ').next()?.parse::<usize>().ok());
        let cycle = cycle.max().unwrap_or(1);
        self.skill as i64 + self.gains[cycle - 1] * text.lines().count() as i64
    }
}

impl Workshop for Made {
    type Error = Ended;

    fn sample(&mut self, order: &Sampling<'_>, folder: &Path) -> Result<Option<Sampled>, Ended> {
        std::fs::create_dir_all(folder).unwrap();
        let name = |path: &Path| {
            path.parent()
                .unwrap()
                .parent()
                .unwrap()
                .file_name()
                .unwrap()
                .to_owned()
        };
        let from = order
            .adapter
            .as_deref()
            .map(|path| name(path).into_string().unwrap());
        self.sampled_from.push(from);
        let skill = self.skill_of(order.adapter.as_deref());
        let mut samples = Vec::new();
        for prompt in &order.prompts {
            // What an interrupted call has left is there; this one goes on behind it.
            let left = folder.join(format!("{}.begun", prompt.id));
            if !left.exists() {
                if self.step()? {
                    return Ok(None);
                }
                std::fs::write(&left, "").unwrap();
            }
            for attempt in 0..order.asking.samples_per_prompt {
                let skill = match prompt.repairs {
                    Some(_) => self.of_repairs,
                    None if self.unsolved == Some(prompt.suite.as_str()) => 0,
                    None => skill,
                };
                samples.push(sample(prompt, attempt, order.seed, skill));
            }
        }
        let effort = Effort {
            seconds: 2.0,
            costs: costs(&[("generate", 1.0), ("judge", 0.5)]),
            ..Effort::default()
        };
        if order.against_base {
            self.held_against_base.push(order.phase.to_owned());
        }
        let drift = self.drift.as_ref().filter(|_| order.against_base);
        let drift = drift.map(|[kl, own, base]| Drift::of([kl, own, base], order.seed));
        Ok(Some(Sampled {
            samples,
            drift: drift.flatten(),
            effort,
        }))
    }

    fn train(&mut self, lesson: &Lesson<'_>) -> Result<Taught, Ended> {
        self.lessons
            .push((lesson.rows.len(), lesson.recipe.learning_rate));
        let problems = |rows: &[Kept]| rows.iter().map(|row| row.sample.key()).collect();
        self.parted
            .push([lesson.rows, lesson.held_back].map(problems));
        std::fs::create_dir_all(&lesson.training).unwrap();
        std::fs::create_dir_all(&lesson.checkpoint).unwrap();
        let unfinished = lesson.training.join("checkpoint");
        let mut text = std::fs::read_to_string(&unfinished).unwrap_or_default();
        if self.breaks_in == Some(lesson.phase) {
            return Ok(Taught::Broken(Box::new(Broken {
                why: "step 2: the loss is NaN".into(),
                effort: Effort {
                    seconds: 1.0,
                    ..Effort::default()
                },
            })));
        }
        for row in &lesson.rows[text.lines().count()..] {
            if self.step()? {
                return Ok(Taught::Stopped);
            }
            text += &format!(
                "{} {} {}\n",
                row.cycle,
                row.sample.key(),
                row.sample.sample_idx
            );
            std::fs::write(&unfinished, &text).unwrap();
        }
        if self.step()? {
            return Ok(Taught::Stopped);
        }
        std::fs::write(lesson.checkpoint.join("adapter.gguf"), &text).unwrap();
        Ok(Taught::Trained(Box::new(Trained {
            steps: lesson.rows.len().div_ceil(8),
            most_steps: 40,
            end: improve::sft::End::NoGain,
            held_back: (!lesson.held_back.is_empty()).then(|| HeldBack {
                rows: lesson.held_back.len(),
                tokens: 12 * lesson.held_back.len(),
                before: 0.5,
                best: 0.25,
                best_step: 2,
            }),
            rows: lesson.rows.len(),
            too_long: 0,
            mean_loss: Some(0.75),
            first_loss: Some(1.0),
            last_loss: Some(0.5),
            tokens: 100,
            effort: Effort {
                seconds: 3.0,
                costs: costs(&[("train", 2.0), ("evaluate", 0.5)]),
                ..Effort::default()
            },
        })))
    }

    fn say(&mut self, text: &str) {
        self.said.push(text.to_owned());
    }
}

/// Twice as much processor time as time.
fn costs(all: &[(&str, f64)]) -> BTreeMap<String, Cost> {
    let cost = |(phase, seconds): &(&str, f64)| {
        let cost = Cost {
            seconds: *seconds,
            cpu_seconds: Some(2.0 * seconds),
        };
        ((*phase).to_owned(), cost)
    };
    all.iter().map(cost).collect()
}

fn sample(prompt: &Prompt, sample_idx: u32, of: u64, skill: i64) -> Sample {
    let drawn = seed::derive(of, &[&prompt.id], sample_idx.into());
    let stage = match (drawn % 1000) as i64 {
        number if number < skill => Stage::Right,
        number if number % 2 == 0 => Stage::Compiles,
        _ => Stage::Malformed,
    };
    let words: Vec<String> = (0..12)
        .map(|n| format!("w{}", drawn.rotate_left(n * 5)))
        .collect();
    let mut sample = Sample {
        prompt_id: prompt.id.clone(),
        prompt: prompt.text.clone(),
        expected_output: None,
        code: Some(words.join(" ")),
        sample_idx,
        compiles: stage >= Stage::Compiles,
        reward: None,
        error: "error: no".into(),
        passes: stage == Stage::Right,
        actual_output: None,
        suite: prompt.suite.clone(),
        language: Language::Cpp,
        text: words.join(" "),
        stage: Some(stage),
        right_share: None,
        finish: Finish::EndOfText,
        tokens: 12,
        repaired: false,
    };
    sample.reward = Ladder::Strict.reward(&sample);
    sample
}
