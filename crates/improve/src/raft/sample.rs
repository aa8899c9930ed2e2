//! Prompts, and what a judge said of the completions to them.
//!
//! A line of `samples.jsonl` carries the names that halo-forge gave such lines, so that its tools read ours,
//! and behind them what this room needs besides.

use ledger::record::{Attempt, Finish, Stage, Verdict};
use serde::{Deserialize, Serialize};
use task::Language;

use super::Ladder;

/// A problem that is sampled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prompt {
    /// Its suite.
    pub suite: String,
    /// Its id in the suite.
    pub id: String,
    /// What is asked, without wording and template.
    pub text: String,
    /// The exact output that is wanted, where that is what is compared.
    pub expected_output: Option<String>,
    /// The language of the answers.
    pub language: Language,
    /// Whether the text is code that an answer goes on with.
    pub is_stub: bool,
    /// The id of the problem to which it asks for the repair of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repairs: Option<String>,
}

impl Prompt {
    /// Suite and id in one word.
    pub fn key(&self) -> String {
        key(&self.suite, &self.id)
    }
}

/// A completion with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// [`Prompt::id`].
    pub prompt_id: String,
    /// [`Prompt::text`].
    pub prompt: String,
    /// [`Prompt::expected_output`].
    pub expected_output: Option<String>,
    /// The code that was judged.
    pub code: Option<String>,
    /// 0, 1, 2 … within the prompt.
    pub sample_idx: u32,
    /// Whether it compiles.
    pub compiles: bool,
    /// What it is worth by the plan's ladder; `None` if it could not be judged.
    pub reward: Option<f64>,
    /// What compiler and program said; empty where all was right. Untrusted.
    pub error: String,
    /// Whether everything that is checked is right.
    pub passes: bool,
    /// The first part of what the program printed, where it was run alone.
    pub actual_output: Option<String>,
    /// [`Prompt::suite`].
    pub suite: String,
    /// [`Prompt::language`].
    pub language: Language,
    /// The whole completion, as it was written.
    pub text: String,
    /// How far it got; `None` if it could not be judged.
    pub stage: Option<Stage>,
    /// The share of tests or of lines that were right, where some were looked at.
    pub right_share: Option<f64>,
    /// Why it ended.
    pub finish: Finish,
    /// Its tokens.
    pub tokens: u32,
    /// Whether it was found by repairing an answer that failed.
    #[serde(default, skip_serializing_if = "is_drawn")]
    pub repaired: bool,
}

fn is_drawn(repaired: &bool) -> bool {
    !repaired
}

impl Sample {
    /// What the records of a run say of one completion.
    pub fn of(
        prompt: &Prompt,
        (attempt, verdict): (&Attempt, Option<&Verdict>),
        ladder: Ladder,
    ) -> Sample {
        let stage = verdict.and_then(|verdict| verdict.stage);
        let evidence = verdict.map_or("", |verdict| verdict.evidence.as_str());
        let wanted = prompt.expected_output.as_deref();
        let printed = wanted.map(|_| printed(evidence));
        let tests = verdict.and_then(|verdict| verdict.scores.get("tests_right_share"));
        let lines = wanted.zip(printed).map(|(wanted, got)| lines(wanted, got));
        let passes = stage == Some(Stage::Right);
        let mut sample = Sample {
            prompt_id: prompt.id.clone(),
            prompt: prompt.text.clone(),
            expected_output: prompt.expected_output.clone(),
            code: verdict.and_then(|verdict| verdict.code.clone()),
            sample_idx: attempt.key.attempt,
            compiles: stage >= Some(Stage::CompilesWithWarnings),
            reward: None,
            error: if passes { "" } else { evidence }.to_owned(),
            passes,
            actual_output: printed.map(str::to_owned),
            suite: prompt.suite.clone(),
            language: prompt.language,
            text: attempt.text.clone(),
            stage,
            right_share: tests.copied().or(lines),
            finish: attempt.finish,
            tokens: attempt.n_tokens,
            repaired: false,
        };
        sample.reward = ladder.reward(&sample);
        sample
    }

    /// Suite and prompt in one word.
    pub fn key(&self) -> String {
        key(&self.suite, &self.prompt_id)
    }

    /// Whether it is whole: ended by the model, or by us where the judged block was, and not by the limit.
    pub fn ended(&self) -> bool {
        matches!(self.finish, Finish::EndOfText | Finish::StopString)
    }
}

fn key(suite: &str, id: &str) -> String {
    format!("{suite}/{id}")
}

/// The heads of what else the evidence may hold behind the program's standard output.
const OTHERS: [&str; 5] = [
    "\nprogram stderr:\n",
    "\nprogram ended:\n",
    "\ncompiler ended:\n",
    "\ncompiler stdout:\n",
    "\ncompiler stderr:\n",
];

/// What the evidence holds of the program's standard output.
fn printed(evidence: &str) -> &str {
    let Some((_, printed)) = evidence.split_once("program stdout:\n") else {
        return "";
    };
    let ends = OTHERS.iter().filter_map(|head| printed.find(head));
    printed[..ends.min().unwrap_or(printed.len())].trim_end()
}

/// The share of lines that stand where they should, of the longer of the two texts.
fn lines(wanted: &str, got: &str) -> f64 {
    let wanted: Vec<&str> = wanted.trim().lines().map(str::trim).collect();
    let got: Vec<&str> = got.trim().lines().map(str::trim).collect();
    let right = wanted.iter().zip(&got).filter(|(a, b)| a == b).count();
    right as f64 / wanted.len().max(got.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_where_they_stand_and_surplus_counts_against() {
        assert_eq!(lines("1\n2\n3", "1\n2\n3\n"), 1.0);
        assert_eq!(lines("1\n2", "1\n3"), 0.5);
        assert_eq!(lines("1", "1\n2\n3\n4"), 0.25);
        assert_eq!(lines("1\n2", ""), 0.0);
        assert_eq!(lines("", ""), 0.0);
    }

    #[test]
    fn what_the_program_printed_is_found_among_what_else_was_said() {
        let said =
            "compiler stderr:\nwarning\nprogram stdout:\nSum: 15\n\nx\nprogram stderr:\noops";
        assert_eq!(printed(said), "Sum: 15\n\nx");
        assert_eq!(printed("program stdout:\n8"), "8");
        let first = "program stdout:\n8\ncompiler stderr:\nmain.cpp: warning";
        assert_eq!(printed(first), "8");
        assert_eq!(printed("compiler stderr:\nerror"), "");
    }
}
