//! The records of answers, put together by mode and prompt.

use ledger::record::Measurement;
use serde_json::Value;

/// One way of guessing with its answers, in the order of the prompts.
pub(super) struct Mode {
    pub(super) name: String,
    pub(super) answers: Vec<Answered>,
}

impl Mode {
    /// The answers of a category, or all.
    pub(super) fn in_category(&self, category: Option<&str>) -> impl Iterator<Item = &Answered> {
        let fits = move |answer: &&Answered| category.is_none_or(|name| answer.category == name);
        self.answers.iter().filter(fits)
    }

    /// Times of the target alone, and of this mode, for the prompts whose answers are all the target's own.
    pub(super) fn paired(
        &self,
        alone: &Mode,
        category: Option<&str>,
        time: fn(&Answered) -> f64,
    ) -> (Vec<f64>, Vec<f64>) {
        let equal = self.in_category(category).filter(|a| a.all_equal());
        let pair = |answer: &Answered| {
            let mut bases = alone.answers.iter();
            let base = bases.find(|base| base.prompt == answer.prompt)?;
            Some((time(base), time(answer)))
        };
        equal
            .filter_map(pair)
            .filter(|(_, with)| *with > 0.0)
            .unzip()
    }
}

/// A prompt's answers by one mode, summed over the iterations.
#[derive(Debug, Default, Clone)]
pub(super) struct Answered {
    pub(super) prompt: String,
    pub(super) category: String,
    pub(super) n_answers: f64,
    pub(super) tokens: f64,
    pub(super) total_ns: f64,
    pub(super) first_ns: f64,
    pub(super) drafting_ns: f64,
    pub(super) first_drafting_ns: f64,
    pub(super) checking_ns: f64,
    /// One an answer: whether it is the target's own.
    pub(super) equal: Vec<f64>,
    drafted: Vec<f64>,
    accepted: Vec<f64>,
}

impl Answered {
    pub(super) fn all_equal(&self) -> bool {
        self.equal.iter().all(|equal| *equal == 1.0)
    }

    /// Time without the reading of the prompt, by the target before its first token and by a draft in its first pass.
    pub(super) fn decode_ns(&self) -> f64 {
        self.total_ns - self.first_ns - self.first_drafting_ns
    }

    pub(super) fn n_drafted(&self) -> f64 {
        self.drafted.iter().sum()
    }

    pub(super) fn n_accepted(&self) -> f64 {
        self.accepted.iter().sum()
    }

    pub(super) fn n_passes(&self) -> f64 {
        self.drafted.len() as f64
    }

    /// Guesses looked at and taken over, pass by pass.
    pub(super) fn passes(&self) -> impl Iterator<Item = (f64, f64)> {
        let pairs = self.drafted.iter().zip(&self.accepted);
        pairs.map(|(drafted, accepted)| (*drafted, *accepted))
    }

    fn take(&mut self, record: &Measurement) {
        let sum: f64 = record.values.iter().sum();
        match record.metric.as_str() {
            "end_to_end_ns" => {
                self.total_ns += sum;
                self.n_answers += record.values.len() as f64;
            }
            "time_to_first_token_ns" => self.first_ns += sum,
            "answer_tokens" => self.tokens += sum,
            "drafting_ns" => self.drafting_ns += sum,
            "first_drafting_ns" => self.first_drafting_ns += sum,
            "checking_ns" => self.checking_ns += sum,
            "equal_to_target" => self.equal.extend(&record.values),
            "pass_drafted" => self.drafted.extend(&record.values),
            "pass_accepted" => self.accepted.extend(&record.values),
            _ => {}
        }
    }
}

/// All modes in the order in which they were recorded; the target alone comes first.
pub(super) fn answered(records: &[&Measurement]) -> Vec<Mode> {
    let mut modes: Vec<Mode> = Vec::new();
    for record in records {
        let word = |name: &str| record.conditions.get(name).and_then(Value::as_str);
        let (Some(mode), Some(prompt)) = (word("mode"), word("prompt")) else {
            continue;
        };
        let at = modes.iter().position(|other| other.name == mode);
        let at = at.unwrap_or_else(|| {
            modes.push(Mode {
                name: mode.to_owned(),
                answers: Vec::new(),
            });
            modes.len() - 1
        });
        let answers = &mut modes[at].answers;
        let place = answers.iter().position(|other| other.prompt == prompt);
        let place = place.unwrap_or_else(|| {
            answers.push(Answered {
                prompt: prompt.to_owned(),
                category: word("category").unwrap_or_default().to_owned(),
                ..Answered::default()
            });
            answers.len() - 1
        });
        answers[place].take(record);
    }
    modes
}
