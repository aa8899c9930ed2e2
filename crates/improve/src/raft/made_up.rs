//! Samples and prompts for tests.

use ledger::record::{Finish, Stage};
use task::Language;

use super::{Ladder, Prompt, Sample};

/// A prompt of the suite `made-up`.
pub(crate) fn prompt(id: &str, text: &str) -> Prompt {
    Prompt {
        suite: "made-up".into(),
        id: id.into(),
        text: text.into(),
        expected_output: None,
        language: Language::Cpp,
        is_stub: false,
        repairs: None,
    }
}

/// A sample of that prompt that got so far, with a program of its own.
pub(crate) fn sample(id: &str, sample_idx: u32, stage: Stage) -> Sample {
    // Programs of one prompt have hardly a token in common.
    let words: Vec<String> = (0..12).map(|n| format!("{id}_{sample_idx}_{n}")).collect();
    let code = words.join(" ");
    let mut sample = Sample {
        prompt_id: id.into(),
        prompt: format!("write {id}"),
        expected_output: None,
        text: format!("```\n{code}\n```"),
        code: Some(code),
        sample_idx,
        compiles: stage >= Stage::CompilesWithWarnings,
        reward: None,
        error: String::new(),
        passes: stage == Stage::Right,
        actual_output: None,
        suite: "made-up".into(),
        language: Language::Cpp,
        stage: Some(stage),
        right_share: None,
        finish: Finish::EndOfText,
        tokens: 20,
        repaired: false,
    };
    sample.reward = Ladder::Strict.reward(&sample);
    sample
}
