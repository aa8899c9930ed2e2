//! Where a draft went wrong, as files that others can train on.
//!
//! `collected.jsonl` is the record: one line for each prompt, on the disk before the next prompt is asked. The other
//! files follow from it and are written anew each time, in the shapes of the program whose names they have:
//! `failures.jsonl` (answers with at least one disagreement), `replay_buffer.jsonl` (the last [`REPLAY`] without one) and
//! `rate_tracker.json` (the last [`TRACKED`] rates).
//!
//! What that program calls a rate is accepted of proposed; here it is the share of places at which the draft agrees.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use decoder::export::write_whole;
use engine::agreement::Agreement;
use engine::{Token, Tokenizer};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Error;

/// The file of the record.
pub const RECORD: &str = "collected.jsonl";
/// Answers without a disagreement that are kept for replay.
pub const REPLAY: usize = 25;
/// Rates that the tracker keeps.
pub const TRACKED: usize = 100;
/// Tokens before a disagreement that are kept with it.
const CONTEXT: usize = 16;
/// What the target's logits are divided by in the record, as that program does.
const TEMPERATURE: f32 = 2.0;
/// From this chance on a wrong token of the draft counts as said with confidence.
pub const CONFIDENT: f64 = 0.4;

/// One place at which the draft would have said something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Counted from the answer's first token.
    pub position: usize,
    /// The draft's token.
    pub draft_token: Token,
    /// The target's token.
    pub target_token: Token,
    /// The draft's chance of its own token.
    pub draft_confidence: f64,
    /// The target's chance of its own token.
    pub target_confidence: f64,
    /// The tokens before it, at most 16.
    pub context_tokens: Vec<Token>,
    /// The target's ten likeliest tokens with their logits, divided by 2.
    pub target_logits: Vec<(Token, f32)>,
}

/// One prompt: a line of `collected.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collected {
    /// The prompt's name.
    pub id: String,
    /// Its text.
    pub prompt: String,
    /// The tokens that the models read of it.
    pub prompt_tokens: Vec<Token>,
    /// The target's answer.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// What the draft would have said at each place behind the target's text.
    pub draft_output: String,
    /// The share of places at which both agree; null for an empty answer.
    pub acceptance_rate: Option<f64>,
    /// Where they do not.
    pub disagreements: Vec<Disagreement>,
    /// Whether there is such a place.
    pub is_failure: bool,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Both models, by name and SHA-256.
    pub models: Pairing,
}

/// Who was held against whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// Name and SHA-256 of the target.
    pub target: (String, Option<String>),
    /// Name and SHA-256 of the draft.
    pub draft: (String, Option<String>),
    /// Tokens of an answer, at most.
    pub max_tokens: usize,
}

/// What is known of a prompt before both have read it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The prompt's name.
    pub id: &'a str,
    /// Its text.
    pub prompt: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
    /// The target's answer.
    pub answer: &'a [Token],
}

impl Collected {
    /// The record of one prompt.
    pub fn of(
        asked: Asked<'_>,
        found: &Agreement,
        (tokenizer, models, timestamp): (&dyn Tokenizer, &Pairing, u64),
    ) -> Self {
        let text = |tokens: &[Token]| {
            let bytes: Vec<u8> = tokens
                .iter()
                .flat_map(|&token| tokenizer.bytes(token))
                .collect();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let all = [asked.tokens, asked.answer].concat();
        let disagreements = found.disagreements.iter().map(|one| {
            let place = asked.tokens.len() + one.position;
            let halved = one
                .likeliest
                .iter()
                .map(|(token, logit)| (*token, logit / TEMPERATURE));
            Disagreement {
                position: one.position,
                draft_token: one.draft,
                target_token: one.target,
                draft_confidence: one.draft_chance,
                target_confidence: one.target_chance,
                context_tokens: all[place.saturating_sub(CONTEXT)..place].to_vec(),
                target_logits: halved.collect(),
            }
        });
        Self {
            id: asked.id.to_owned(),
            prompt: asked.prompt.to_owned(),
            prompt_tokens: asked.tokens.to_vec(),
            text: text(asked.answer),
            tokens: asked.answer.to_vec(),
            draft_output: text(&found.choices),
            acceptance_rate: found.rate(),
            disagreements: disagreements.collect(),
            is_failure: !found.disagreements.is_empty(),
            timestamp,
            models: models.clone(),
        }
    }

    fn of_suite(&self) -> serde_json::Value {
        json!({
            "id": self.id, "prompt": self.prompt, "draft_output": self.draft_output, "target_output": self.text,
            "acceptance_rate": self.acceptance_rate, "timestamp": self.timestamp, "prompt_tokens": self.prompt_tokens,
            "is_failure": self.is_failure, "metadata": self.models, "disagreements": self.disagreements,
            // Not that program's: with them the file can be trained on as it is.
            "tokens": self.tokens,
        })
    }
}

/// The folder of what was collected.
#[derive(Debug, Clone)]
pub struct Collection {
    folder: PathBuf,
    /// What is there, in the order in which it was collected.
    pub all: Vec<Collected>,
}

impl Collection {
    /// Opens a folder, made if it is not there. A last line that was cut off is dropped: its prompt is asked again.
    ///
    /// # Errors
    /// [`Error::File`], also for a line in the middle that cannot be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        let path = folder.join(RECORD);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::file(&path, error)),
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            write_whole(&path, &text.as_bytes()[..whole])?;
        }
        let parse = |(number, line): (usize, &str)| {
            let row = serde_json::from_str(line);
            row.map_err(|error| Error::file(&path, format!("line {}: {error}", number + 1)))
        };
        let all = text[..whole].lines().enumerate().map(parse);
        Ok(Self {
            folder: folder.to_owned(),
            all: all.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a prompt was asked already of the same models.
    pub fn holds(&self, prompt: &str, models: &Pairing) -> bool {
        let mut all = self.all.iter();
        all.any(|one| one.prompt == prompt && one.models == *models)
    }

    /// Appends a record; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn append(&mut self, one: Collected) -> Result<(), Error> {
        let path = self.folder.join(RECORD);
        let failed = |error: std::io::Error| Error::file(&path, error);
        let mut line = serde_json::to_vec(&one).map_err(|error| Error::file(&path, error))?;
        line.push(b'\n');
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed)?;
        file.write_all(&line).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        self.all.push(one);
        Ok(())
    }

    /// Writes the files that follow from the records.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self) -> Result<(), Error> {
        let lines = |of: &[&Collected]| -> String {
            of.iter()
                .map(|one| one.of_suite().to_string() + "\n")
                .collect()
        };
        let (failures, rest): (Vec<_>, Vec<_>) = self.all.iter().partition(|one| one.is_failure);
        let replay = &rest[rest.len().saturating_sub(REPLAY)..];
        let put = |name: &str, text: String| write_whole(&self.folder.join(name), text.as_bytes());
        put("failures.jsonl", lines(&failures))?;
        put("replay_buffer.jsonl", lines(replay))?;
        put("rate_tracker.json", self.tracker().to_string() + "\n")?;
        Ok(())
    }

    /// The last rates: mean, three percentiles, and how the later half differs from the earlier one.
    fn tracker(&self) -> serde_json::Value {
        let rates: Vec<f64> = self
            .all
            .iter()
            .filter_map(|one| one.acceptance_rate)
            .collect();
        let rates = &rates[rates.len().saturating_sub(TRACKED)..];
        let mean =
            |part: &[f64]| (!part.is_empty()).then(|| part.iter().sum::<f64>() / part.len() as f64);
        let (earlier, later) = rates.split_at(rates.len() / 2);
        let trend = mean(earlier)
            .zip(mean(later))
            .map(|(earlier, later)| later - earlier);
        let mut sorted = rates.to_vec();
        sorted.sort_by(f64::total_cmp);
        // The nearest rank, so that every percentile is a rate that was seen.
        let rank = |share: f64| {
            let place = (share * sorted.len() as f64).ceil() as usize;
            sorted.get(place.saturating_sub(1)).copied()
        };
        json!({
            "rates": rates, "mean": mean(rates), "trend": trend,
            "percentiles": {"p25": rank(0.25), "p50": rank(0.5), "p75": rank(0.75)},
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Pairing {
        Pairing {
            target: ("t".into(), None),
            draft: ("d".into(), None),
            max_tokens: 8,
        }
    }

    fn one(i: usize, rate: f64) -> Collected {
        Collected {
            id: format!("p{i}"),
            prompt: format!("prompt {i}"),
            prompt_tokens: vec![1],
            text: "a".into(),
            tokens: vec![2],
            draft_output: "b".into(),
            acceptance_rate: Some(rate),
            disagreements: Vec::new(),
            is_failure: rate < 1.0,
            timestamp: 0,
            models: models(),
        }
    }

    #[test]
    fn what_was_collected_is_found_again_and_a_torn_line_is_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut collection = Collection::open(folder.path()).unwrap();
        for i in 0..3 {
            collection.append(one(i, 0.5)).unwrap();
        }
        let path = folder.path().join("collected.jsonl");
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        let again = Collection::open(folder.path()).unwrap();
        assert_eq!(again.all.len(), 2);
        assert!(again.holds("prompt 1", &models()) && !again.holds("prompt 2", &models()));
        let other = Pairing {
            max_tokens: 9,
            ..models()
        };
        assert!(!again.holds("prompt 1", &other));
        let mut again = again;
        again.append(one(2, 0.5)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), text);
    }

    #[test]
    fn failures_replay_and_rates_follow_from_the_records() {
        let folder = tempfile::tempdir().unwrap();
        let mut collection = Collection::open(folder.path()).unwrap();
        for i in 0..30 {
            collection.append(one(i, 1.0)).unwrap();
        }
        (30..34).for_each(|i| collection.append(one(i, 0.5)).unwrap());
        collection.write().unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("failures.jsonl").lines().count(), 4);
        let replay = read("replay_buffer.jsonl");
        assert_eq!(replay.lines().count(), REPLAY);
        assert!(replay.lines().next().unwrap().contains("\"p5\""));
        let tracker: serde_json::Value = serde_json::from_str(&read("rate_tracker.json")).unwrap();
        assert_eq!(tracker["rates"].as_array().unwrap().len(), 34);
        assert_eq!(tracker["percentiles"]["p50"], 1.0);
        assert!(tracker["trend"].as_f64().unwrap() < 0.0);
    }
}
