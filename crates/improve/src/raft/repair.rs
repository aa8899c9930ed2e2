//! Self-repair: an answer that failed and what was said of it become a prompt; a repair that passes is a right
//! answer to the first prompt, and is kept as one.
//!
//! So problems that a model never solves at once get rows, too. Only the corrected answer is learnt, never the turn
//! in which it was corrected. What is wanted is shown where a program printed something else: then a repair may
//! print it without computing it, and is not kept ([`super::copied`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::copied::is_copied;
use super::{Prompt, Sample};

/// How failed answers are repaired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repairs {
    /// Repairs of each failed answer.
    pub samples: u32,
    /// Failed answers of each prompt that nobody solved.
    pub per_prompt: usize,
    /// Their temperature.
    pub temperature: f32,
}

/// Lines of a complaint.
const LINES: usize = 30;
/// Characters of a line; the rest says nothing.
const LINE: usize = 200;

/// Prompts for repairs: of each prompt without a right answer the best failed ones about which something was said.
pub(super) fn prompts(samples: &[Sample], asked: &[&Prompt], repairs: &Repairs) -> Vec<Prompt> {
    let mut failed: BTreeMap<String, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        failed.entry(sample.key()).or_default().push(sample);
    }
    failed.retain(|_, all| all.iter().all(|sample| !sample.passes));
    let of_prompt = |prompt: &&Prompt| {
        let mut all = failed.get(&prompt.key()).cloned().unwrap_or_default();
        all.sort_by(|a, b| b.reward.unwrap_or(0.0).total_cmp(&a.reward.unwrap_or(0.0)));
        let with_words = all.into_iter().filter_map(|sample| repair(prompt, sample));
        with_words.take(repairs.per_prompt).collect::<Vec<_>>()
    };
    // Code to go on with cannot hold a conversation.
    let in_words = asked.iter().filter(|prompt| !prompt.is_stub);
    in_words.flat_map(of_prompt).collect()
}

fn repair(prompt: &Prompt, sample: &Sample) -> Option<Prompt> {
    let code = sample.code.as_deref()?.trim_end();
    let complaint = complaint(sample)?;
    Some(Prompt {
        id: format!("{}~{}", prompt.id, sample.sample_idx),
        text: format!(
            "{}\n\nThis answer is wrong:\n\n```\n{code}\n```\n\n{complaint}\n\nWrite the whole corrected program.",
            prompt.text.trim_end()
        ),
        repairs: Some(prompt.id.clone()),
        ..prompt.clone()
    })
}

/// What is wrong with an answer, for whoever wrote it.
fn complaint(sample: &Sample) -> Option<String> {
    if !sample.compiles {
        let error = first_error(&sample.error)?;
        return Some(format!("The compiler says:\n\n```\n{error}\n```"));
    }
    if let (Some(wanted), Some(got)) = (&sample.expected_output, &sample.actual_output) {
        let (wanted, got) = (cut(wanted.lines()), cut(got.lines()));
        return Some(format!(
            "It prints:\n\n```\n{got}\n```\n\nIt has to print exactly:\n\n```\n{wanted}\n```"
        ));
    }
    let said = cut(sample.error.lines());
    (!said.is_empty()).then(|| format!("This is what was seen:\n\n```\n{said}\n```"))
}

/// The first error with what belongs to it, up to the next one.
fn first_error(said: &str) -> Option<String> {
    let is_error = |line: &&str| line.contains("error") || line.contains("Error");
    let mut lines = said.lines().skip_while(|line| !is_error(line));
    let first = lines.next()?;
    let rest = lines.take_while(|line| !is_error(line));
    Some(cut(std::iter::once(first).chain(rest)))
}

/// So many lines, short ones, without folders.
fn cut<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let short = |line: &str| -> String {
        let words = line.split(' ').map(|word| match word.rsplit_once('/') {
            Some((folder, name)) if folder.starts_with('/') || folder.is_empty() => name,
            _ => word,
        });
        let line = words.collect::<Vec<_>>().join(" ");
        line.chars().take(LINE).collect()
    };
    let lines: Vec<String> = lines.take(LINES).map(short).collect();
    lines.join("\n").trim_end().to_owned()
}

/// The repairs that pass, as answers to the prompts whose answers they repair.
pub(super) fn adopted(repaired: Vec<Sample>, prompts: &[Prompt], asked: &[&Prompt]) -> Vec<Sample> {
    let passing = repaired.into_iter().filter(|sample| sample.passes);
    let adopt = |(number, sample): (usize, Sample)| {
        let is_it = |prompt: &&Prompt| prompt.key() == sample.key();
        let of = prompts.iter().find(is_it)?.repairs.as_ref()?;
        let first = asked
            .iter()
            .find(|one| one.suite == sample.suite && one.id == *of)?;
        if is_copied(&sample, &first.text) {
            return None;
        }
        Some(Sample {
            prompt_id: first.id.clone(),
            prompt: first.text.clone(),
            // Behind all numbers of samples that were drawn.
            sample_idx: FIRST_REPAIR + number as u32,
            repaired: true,
            ..sample
        })
    };
    passing.enumerate().filter_map(adopt).collect()
}

const FIRST_REPAIR: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raft::made_up::{prompt, sample};
    use ledger::record::Stage;

    const REPAIRS: Repairs = Repairs {
        samples: 4,
        per_prompt: 2,
        temperature: 0.8,
    };

    fn failed(id: &str, idx: u32, error: &str) -> Sample {
        let mut one = sample(id, idx, Stage::Malformed);
        one.error = error.into();
        one
    }

    #[test]
    fn the_first_error_is_shown_without_folders_and_nothing_of_the_second() {
        let said = "compiler stderr:\n/a/b/main.cpp: In function 'int main()':\n/a/b/main.cpp:3:5: error: 'x' was not declared\n    3 |     x = 1;\n/a/b/main.cpp:4:5: error: and more";
        let asked = prompt("p", "Print x.");
        let found = prompts(&[failed("p", 3, said)], &[&asked], &REPAIRS);
        let text = &found[0].text;
        assert!(
            text.starts_with("Print x.\n\nThis answer is wrong:"),
            "{text}"
        );
        assert!(
            text.contains(
                "```\nmain.cpp:3:5: error: 'x' was not declared\n    3 |     x = 1;\n```"
            ),
            "{text}"
        );
        assert!(
            !text.contains("/a/b") && !text.contains("and more"),
            "{text}"
        );
        assert_eq!(
            (found[0].id.as_str(), found[0].repairs.as_deref()),
            ("p~3", Some("p"))
        );
    }

    #[test]
    fn a_program_that_prints_something_else_is_told_what_it_should_print() {
        let mut wrong = sample("p", 0, Stage::Runs);
        wrong.expected_output = Some("15".into());
        wrong.actual_output = Some("Sum: 15".into());
        let text = complaint(&wrong).unwrap();
        assert!(
            text.contains("Sum: 15") && text.contains("exactly:\n\n```\n15\n```"),
            "{text}"
        );
    }

    #[test]
    fn only_prompts_that_nobody_solved_are_repaired_and_so_many_answers_of_each() {
        let asked = [prompt("p", "p"), prompt("q", "q"), prompt("r", "r")];
        let mut samples: Vec<Sample> = (0..5).map(|i| failed("p", i, "error: no")).collect();
        samples.extend([failed("q", 0, "error: no"), sample("q", 1, Stage::Right)]);
        samples.push(failed("r", 0, "nothing to go by"));
        let asked: Vec<&Prompt> = asked.iter().collect();
        let found = prompts(&samples, &asked, &REPAIRS);
        let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["p~0", "p~1"]);
    }

    #[test]
    fn a_repair_that_only_prints_what_it_was_told_is_not_adopted() {
        let asked = prompt("p", "Print the sum of 6 and 9.");
        let repairs = prompts(&[failed("p", 2, "error: no")], &[&asked], &REPAIRS);
        let with_code = |idx, code: &str| {
            let mut one = sample("p~2", idx, Stage::Right);
            one.expected_output = Some("15\n".into());
            one.code = Some(code.into());
            one
        };
        let repaired = vec![with_code(0, "p(15);"), with_code(1, "p(6+9); // 156")];
        let found = adopted(repaired, &repairs, &[&asked]);
        let codes: Vec<&str> = found.iter().filter_map(|one| one.code.as_deref()).collect();
        assert_eq!(codes, ["p(6+9); // 156"]);
        let told = prompt("p", "Print 15.");
        let repaired = vec![with_code(0, "p(15);")];
        assert_eq!(adopted(repaired, &repairs, &[&told]).len(), 1);
    }

    #[test]
    fn a_repair_that_passes_is_an_answer_to_the_first_prompt() {
        let asked = prompt("p", "Print x.");
        let repairs = prompts(&[failed("p", 2, "error: no")], &[&asked], &REPAIRS);
        let repaired = vec![
            sample("p~2", 0, Stage::Runs),
            sample("p~2", 1, Stage::Right),
        ];
        let found = adopted(repaired, &repairs, &[&asked]);
        assert_eq!(found.len(), 1);
        let one = &found[0];
        assert_eq!(
            (one.prompt_id.as_str(), one.prompt.as_str()),
            ("p", "Print x.")
        );
        assert!(one.repaired && one.sample_idx >= FIRST_REPAIR && one.passes);
    }
}
