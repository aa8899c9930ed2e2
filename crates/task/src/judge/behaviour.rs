//! The judge of behaviours: did the answer do all that was expected of it?
//!
//! `behaviour_rate` is 1 if every expected behaviour was shown and 0 if one was not; beside it every kind of
//! behaviour that was expected has a score of its own. There is no stage: an answer is no program, and doing what was
//! expected is not being right. What cannot be told of an answer leaves it unscored, never failed.

use std::collections::BTreeMap;

use ledger::record::{AttemptKey, Verdict};

use super::evidence::Evidence;
use super::{Cause, blank};
use crate::behaviour::{Answer, Behaviour, longest_run};

/// Name and version.
pub const NAME: &str = "behaviour/1";

/// The score of an answer that does everything.
pub const RATE: &str = "behaviour_rate";

pub(super) fn judge(key: AttemptKey, expected: &[Behaviour], answer: Answer<'_>) -> Verdict {
    let mut verdict = blank(key, NAME, Cause::Pass);
    let mut scores: BTreeMap<String, f64> = BTreeMap::new();
    let mut lines = Vec::new();
    for behaviour in expected {
        let Some(shown) = behaviour.is_shown(answer) else {
            let name = behaviour.name();
            return verdict.unscored(format!(
                "{name} cannot be told: why the text ended is not known"
            ));
        };
        for metric in [behaviour.metric(), RATE] {
            let score = scores.entry(metric.to_owned()).or_insert(1.0);
            *score = score.min(f64::from(shown));
        }
        lines.push(line(behaviour, shown, answer.text));
    }
    if scores.get(RATE) == Some(&0.0) {
        verdict.0.cause = Cause::Unexpected.to_string();
    }
    let mut evidence = Evidence::default();
    evidence.add("expected", lines.join("\n").as_bytes());
    verdict.0.evidence = evidence.finish();
    verdict.0.scores = scores;
    verdict.0
}

fn line(behaviour: &Behaviour, shown: bool, text: &str) -> String {
    let word = if shown { "yes" } else { "no" };
    match behaviour {
        Behaviour::MaxRepeats(_) => format!(
            "{word}  {behaviour} (the longest run is {})",
            longest_run(text)
        ),
        _ => format!("{word}  {behaviour}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::record::Finish;

    fn said(lines: &[&str], text: &str, finish: Finish) -> Verdict {
        let expected: Vec<Behaviour> = lines
            .iter()
            .map(|line| Behaviour::parse(line).unwrap())
            .collect();
        let key = AttemptKey {
            model: "m".into(),
            suite: "s".into(),
            problem: "p".into(),
            attempt: 0,
        };
        judge(key, &expected, Answer { text, finish })
    }

    #[test]
    fn all_of_a_list_must_hold_and_each_kind_has_its_score() {
        let lines = ["stops_naturally", "contains: a", "contains: b"];
        let both = said(&lines, "a b", Finish::EndOfText);
        assert_eq!((both.cause.as_str(), both.stage), ("pass", None));
        assert!(both.scores.values().all(|score| *score == 1.0) && both.scores.len() == 3);
        let one = said(&lines, "a", Finish::EndOfText);
        assert_eq!(one.cause, "unexpected");
        assert_eq!(one.scores[RATE], 0.0);
        assert_eq!(one.scores["behaviour_contains"], 0.0);
        assert_eq!(one.scores["behaviour_stops_naturally"], 1.0);
        assert!(
            one.evidence.contains("yes  contains: a\nno  contains: b"),
            "{}",
            one.evidence
        );
    }

    #[test]
    fn what_cannot_be_told_is_unscored_and_not_failed() {
        let verdict = said(&["contains: x", "stops_naturally"], "a", Finish::Unknown);
        assert!(verdict.unscored.unwrap().contains("stops_naturally"));
        assert!(verdict.scores.is_empty());
    }

    #[test]
    fn hostile_words_of_a_file_are_written_out_in_the_evidence() {
        let verdict = said(&["contains: \u{1b}[2J"], "a", Finish::Length);
        assert!(
            verdict.evidence.contains("\\u{1b}[2J"),
            "{}",
            verdict.evidence
        );
    }
}
