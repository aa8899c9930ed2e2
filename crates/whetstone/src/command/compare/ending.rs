//! How a comparison ends: what became of all its claims together, in a word, in sentences and as an exit code.

use measure::gate::Outcome;
use report::gates::{self, Judged, Regressions};
use serde::Serialize;

use crate::exit::Exit;

/// What became of all claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    /// Nobody claimed anything.
    NoClaim,
    /// All of them hold.
    Met,
    /// One of them does not.
    Failed,
    /// None fails, and with so few values one can be neither confirmed nor refuted.
    Inconclusive,
    /// None fails, and one is about something of which there is no number at all.
    NotMeasured,
}

impl Ending {
    /// The worst of what became of them.
    pub(super) fn of(judged: &[Judged], regressions: Option<&Regressions>) -> Ending {
        let any = |outcome: Outcome| judged.iter().any(|one| one.outcome == outcome);
        // A claim that nothing could be held against is not met, and neither is one about a metric that was named.
        let is_silent = |found: &Regressions| found.is_empty() || !found.unjudged.is_empty();
        if judged.is_empty() && regressions.is_none() {
            Ending::NoClaim
        } else if any(Outcome::Failed) {
            Ending::Failed
        } else if has_silent(judged) || regressions.is_some_and(is_silent) {
            Ending::NotMeasured
        } else if any(Outcome::Inconclusive)
            || any(Outcome::NoNumber)
            || regressions.is_some_and(Regressions::is_inconclusive)
        {
            Ending::Inconclusive
        } else {
            Ending::Met
        }
    }

    /// Inconclusive is no failure unless somebody said so; what was asked for and not measured always is.
    pub(super) fn exit(self, fail_on_inconclusive: bool) -> Exit {
        match self {
            Ending::NoClaim | Ending::Met => Exit::Done,
            Ending::Failed => Exit::Gate,
            Ending::Inconclusive if !fail_on_inconclusive => Exit::Done,
            Ending::Inconclusive | Ending::NotMeasured => Exit::Inconclusive,
        }
    }
}

/// Whether there is a claim that has no number of any row for some model.
fn has_silent(judged: &[Judged]) -> bool {
    let is_of = |a: &Judged, b: &Judged| a.claim == b.claim && a.model == b.model;
    judged.iter().any(|one| {
        let mut all = judged.iter().filter(|other| is_of(one, other));
        all.all(|other| other.outcome == Outcome::NoNumber)
    })
}

/// Why claims could be neither met nor failed, each reason once.
pub(super) fn reasons(judged: &[Judged], regressions: Option<&Regressions>) -> Vec<String> {
    let mut found = gates::reasons(judged);
    let cautions = regressions.map_or(&[][..], |regressions| &regressions.cautions);
    for why in cautions {
        if !found.contains(why) {
            found.push(why.clone());
        }
    }
    found
}

/// What became of the claim that nothing became worse.
pub(super) fn in_words(found: &Regressions) -> String {
    let n = |outcome: Outcome| {
        let all = found.judged.iter();
        all.filter(|one| one.outcome == outcome).count()
    };
    let (worse, inconclusive) = (n(Outcome::Failed), n(Outcome::Inconclusive));
    let mut parts = vec![match worse {
        0 if found.is_empty() => "Nothing was held against the first run".to_owned(),
        0 if found.n_met + found.n_open + inconclusive == 0 => "Nothing could be told".to_owned(),
        0 => "Nothing became worse beyond what its interval leaves open".to_owned(),
        1 => "1 number became worse".to_owned(),
        worse => format!("{worse} numbers became worse"),
    }];
    let others = [
        (found.n_met, "did not become worse"),
        (inconclusive, "inconclusive"),
        (
            found.n_open,
            "open (with --noise-threshold they would be met or inconclusive)",
        ),
        (found.n_cautioned, "from which nothing follows"),
        (found.n_unjudged, "without an interval, not judged"),
        (found.n_missing, "not measured in both"),
    ];
    let by_chance = (found.n_by_chance > 1).then(|| by_chance(found.n_by_chance));
    parts.extend(
        others
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}")),
    );
    let words = format!("{}.", parts.join("; "));
    let named = [
        (
            &found.unjudged,
            "nothing can be said: not measured in both, or without a better side",
        ),
        (
            &found.without_interval,
            "nothing can be concluded: too few values for an interval",
        ),
    ];
    let named = named.into_iter().filter(|(names, _)| !names.is_empty());
    let named = named.map(|(names, what)| format!("Of {} {what}.", names.join(", ")));
    let all = [words].into_iter().chain(named).chain(by_chance);
    all.collect::<Vec<_>>().join(" ")
}

/// How many rows chance alone would make worse: the upper ends of one 95 % interval in forty.
fn by_chance(n: usize) -> String {
    format!(
        "Of {n} numbers that chance moves, about {:.1} come out worse though nothing changed; --metrics asks for those that matter.",
        n as f64 / 40.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(claim: &str, outcome: Outcome) -> Judged {
        Judged {
            claim: claim.into(),
            model: "b".into(),
            place: String::new(),
            value: None,
            interval: None,
            shown: String::new(),
            outcome,
            why: None,
        }
    }

    fn exits(judged: &[Judged], regressions: Option<&Regressions>) -> [Exit; 2] {
        let ending = Ending::of(judged, regressions);
        [false, true].map(|flag| ending.exit(flag))
    }

    #[test]
    fn inconclusive_is_no_failure_unless_it_was_asked_to_be_one() {
        let open = [one("a", Outcome::Met), one("b", Outcome::Inconclusive)];
        assert_eq!(exits(&open, None), [Exit::Done, Exit::Inconclusive]);
        let failed = [open.to_vec(), vec![one("c", Outcome::Failed)]].concat();
        assert_eq!(exits(&failed, None), [Exit::Gate; 2]);
        assert_eq!(exits(&open[..1], None), [Exit::Done; 2]);
        assert_eq!(exits(&[], None), [Exit::Done; 2]);
    }

    #[test]
    fn a_claim_without_any_number_fails_without_a_flag_and_one_with_some_is_open() {
        let none = [one("a", Outcome::Met), one("b", Outcome::NoNumber)];
        assert_eq!(exits(&none, None), [Exit::Inconclusive; 2]);
        let some = [one("b", Outcome::Met), one("b", Outcome::NoNumber)];
        assert_eq!(exits(&some, None), [Exit::Done, Exit::Inconclusive]);
    }

    #[test]
    fn regressions_that_nothing_was_held_against_fail_and_cautious_ones_are_open() {
        let empty = Regressions::default();
        assert_eq!(exits(&[], Some(&empty)), [Exit::Inconclusive; 2]);
        let apart = Regressions {
            n_met: 3,
            n_cautioned: 1,
            ..Regressions::default()
        };
        assert_eq!(exits(&[], Some(&apart)), [Exit::Done, Exit::Inconclusive]);
        let named = Regressions {
            n_met: 3,
            unjudged: vec!["pass_at_1".into()],
            ..Regressions::default()
        };
        assert_eq!(exits(&[], Some(&named)), [Exit::Inconclusive; 2]);
        // Without a threshold what is open is counted and decides nothing.
        let open = Regressions {
            n_open: 2,
            ..Regressions::default()
        };
        assert_eq!(exits(&[], Some(&open)), [Exit::Done; 2]);
    }
}
