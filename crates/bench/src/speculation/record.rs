//! What is written down of answers, costs and forecasts.

use engine::speculate::Forecast;
use engine::{Model, Pass};
use ledger::Run;
use ledger::record::{Measurement, Warning};

use super::costs::{DONE, Steps};
use super::gate::{Difference, difference};
use super::{Asked, Gate, Rules, Stage};
use crate::Error;
use crate::desk::{Desk, Place};
use crate::plan::Drafting;

/// How often the first, second … guess came true in the trial of an earlier session.
pub(super) fn chances_of(run: &Run) -> Vec<f64> {
    let of = |guess: u64| {
        let is_it = |m: &&Measurement| {
            let has = m.conditions.get("guess").and_then(|guess| guess.as_u64());
            m.metric == "trial_acceptance" && has == Some(guess)
        };
        run.measurements.iter().find(is_it)?.values.first().copied()
    };
    (1..).map_while(of).collect()
}

/// Writes under the target's name.
pub(super) struct Book<'s, 'a> {
    pub(super) stage: &'s Stage<'a>,
    pub(super) rules: &'s Rules,
}

impl Book<'_, '_> {
    fn place(&self) -> Place<'_> {
        Place::new(&self.stage.cast.target.name, "speculation")
    }

    fn of_mode(&self, mode: Drafting) -> Place<'_> {
        self.place().with("mode", mode.name())
    }

    /// Steps by their rows, and what they and the draft's luck promise.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn costs(
        &self,
        steps: &Steps,
        forecast: Option<&(Vec<f64>, Forecast)>,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        for (metric, times) in [
            ("check_step_ns", &steps.target_ns),
            ("draft_step_ns", &steps.draft_ns),
        ] {
            for (i, times) in times.iter().enumerate() {
                desk.record(&self.place().with("rows", i + 1), metric, times.clone())?;
            }
        }
        if !steps.draft_read_ns.is_empty() {
            let times = steps.draft_read_ns.clone();
            desk.record(&self.place(), "draft_read_ns", times)?;
        }
        // Of costs that were cut short nothing is promised.
        let Some((chances, forecast)) = forecast.filter(|_| !desk.stopped()) else {
            return self.done(desk);
        };
        for (i, chance) in chances.iter().enumerate() {
            let place = self.place().with("guess", i + 1);
            desk.record(&place, "trial_acceptance", vec![*chance])?;
        }
        for (i, speedup) in forecast.speedups.iter().enumerate() {
            let place = self.place().with("draft_length", i + 1);
            desk.record(&place, "predicted_speedup", vec![*speedup])?;
        }
        let (lever, with) = forecast.lever;
        let place = self.place().with("with", lever.words());
        desk.record(&place, "lever_speedup", vec![with])?;
        match forecast.break_even {
            Some(chance) => desk.record(&self.place(), "break_even_acceptance", vec![chance]),
            None => {
                let reason = "even with perfect guesses this draft would lose";
                desk.record_absent(&self.place(), "break_even_acceptance", reason.into())
            }
        }?;
        let length = self.rules.fixed as f64;
        desk.record(&self.place(), "draft_length", vec![length])?;
        self.done(desk)
    }

    /// Whoever stops meanwhile has taken fewer times than were wanted: they are taken again.
    fn done(&self, desk: &mut Desk<'_>) -> Result<(), Error> {
        match desk.stopped() {
            true => Ok(()),
            false => desk.done(&self.stage.cast.target.name, DONE),
        }
    }

    /// What each mode needs beside the target.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn memory(&self, added: &[u64], desk: &mut Desk<'_>) -> Result<(), Error> {
        for (mode, bytes) in self.stage.plan.modes.iter().zip(added).skip(1) {
            desk.record(&self.of_mode(*mode), "added_bytes", vec![*bytes as f64])?;
        }
        Ok(())
    }

    /// The answers to a prompt with their times, their passes and whether they are the target's own.
    ///
    /// # Errors
    /// Those of the engine, which looks at differences again, and of the ledger.
    pub(super) fn answers(
        &self,
        asked: &Asked<'_>,
        gate: &mut Gate,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        for at in 0..self.stage.plan.modes.len() {
            if !asked.answers[at].is_empty() {
                self.times(asked, at, desk)?;
                self.equality(asked, at, gate, desk)?;
            }
        }
        Ok(())
    }

    fn answer_place(&self, asked: &Asked<'_>, at: usize) -> Place<'_> {
        self.of_mode(self.stage.plan.modes[at])
            .with("category", asked.prompt.category.as_str())
            .with("prompt", asked.prompt.id.as_str())
    }

    fn times(&self, asked: &Asked<'_>, at: usize, desk: &mut Desk<'_>) -> Result<(), Error> {
        let place = self.answer_place(asked, at);
        let answers = &asked.answers[at];
        let each = |of: fn(&super::Answer) -> f64| answers.iter().map(of).collect::<Vec<f64>>();
        desk.record(&place, "end_to_end_ns", each(|a| a.total_ns as f64))?;
        desk.record(
            &place,
            "time_to_first_token_ns",
            each(|a| a.first_ns as f64),
        )?;
        desk.record(&place, "answer_tokens", each(|a| a.tokens.len() as f64))?;
        if at == 0 {
            return Ok(());
        }
        desk.record(&place, "drafting_ns", each(|a| a.draft_ns as f64))?;
        desk.record(
            &place,
            "first_drafting_ns",
            each(|a| a.first_draft_ns as f64),
        )?;
        desk.record(&place, "checking_ns", each(|a| a.check_ns as f64))?;
        let passes: Vec<&Pass> = answers.iter().flat_map(|a| &a.passes).collect();
        let of = |of: fn(&Pass) -> usize| passes.iter().map(|p| of(p) as f64).collect::<Vec<f64>>();
        desk.record(&place, "pass_drafted", of(|pass| pass.drafted))?;
        desk.record(&place, "pass_accepted", of(|pass| pass.accepted))
    }

    fn equality(
        &self,
        asked: &Asked<'_>,
        at: usize,
        gate: &mut Gate,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let model: &dyn Model = self.stage.cast.target.model;
        let alone = &asked.answers[0][0].tokens;
        let most_rows = self.stage.lanes().width.rows(self.stage.n_rows());
        let place = self.answer_place(asked, at);
        let equal = asked.answers[at]
            .iter()
            .map(|a| f64::from(a.tokens == *alone));
        desk.record(&place, "equal_to_target", equal.collect())?;
        let mut gaps = Vec::new();
        for answer in &asked.answers[at] {
            let answers = (alone.as_slice(), answer.tokens.as_slice());
            let found = difference(model, &asked.request.prompt, answers, most_rows)?;
            let Some(found) = found else { continue };
            if found.tie {
                gate.n_ties += 1;
            } else {
                gate.n_faults += 1;
            }
            gaps.push(found.gap);
            desk.folder
                .append_warning(&self.warning(asked, at, &found))?;
        }
        match gaps.is_empty() {
            true => Ok(()),
            false => desk.record(&place, "difference_gap", gaps),
        }
    }

    fn warning(&self, asked: &Asked<'_>, at: usize, found: &Difference) -> Warning {
        let (mode, prompt) = (self.stage.plan.modes[at].name(), &asked.prompt.id);
        let Difference { at, gap, noise, .. } = found;
        let seen = format!(
            "{mode} parts from the target alone at token {at} of {prompt}: the two best logits are {gap:.4} apart there, and rounding moves that by up to {noise:.4}"
        );
        let (kind, advice) = match found.tie {
            true => (
                "tie",
                "both tokens are right; --whole-tiles gives up speed for equal rounding",
            ),
            false => (
                "unequal_answer",
                "this is no rounding: do not trust this way of guessing, and report it",
            ),
        };
        Warning {
            kind: kind.into(),
            message: seen,
            advice: advice.into(),
        }
    }
}
