//! Everyone answers every prompt, in turns.

use ledger::Run;
use ledger::record::Warning;

use super::answer::{Answer, answer};
use super::{Asked, Player, Rules, Stage, WARM_UP, Write};
use crate::Error;
use crate::desk::Desk;
use crate::plan::Drafting;
use engine::Request;

/// One prompt's turn.
struct Turn {
    iteration: usize,
    /// The last mode begins.
    backwards: bool,
    /// Answers that were there before.
    n_before: u64,
}

impl<'a> Stage<'a> {
    /// Everyone answers everything, in turns; each answer is written down before the next one, and what follows
    /// from those to a prompt in the last iteration. What an earlier session answered is not asked again.
    /// Returns what each mode added to memory, in bytes; nothing where it was stopped before.
    pub(super) fn answers(
        &self,
        asked: &mut [Asked<'_>],
        rules: &Rules,
        desk: &mut Desk<'_>,
        write: &mut Write<'_>,
    ) -> Result<Vec<u64>, Error> {
        let modes = &self.plan.modes;
        let n_turns = self.plan.iterations * asked.len();
        let mut added = vec![0; modes.len()];
        let mut n_done = 0;
        let n_known = self.known(asked, desk.earlier);
        let is_anybody_asked = n_known < n_turns && !desk.stopped();
        if is_anybody_asked {
            self.say_gone_on((n_known, n_turns), desk)?;
            self.warm_up(asked, rules, desk)?;
        }
        desk.watcher
            .begin("answers", (n_turns * modes.len()) as u64);
        for iteration in 0..self.plan.iterations {
            let players: Vec<Player<'_>> = modes
                .iter()
                .map(|mode| self.player(*mode, rules))
                .collect::<Result<_, _>>()?;
            for (i, asked) in asked.iter_mut().enumerate() {
                // A prompt is answered by all or by nobody, so that sums stay comparable.
                if desk.stopped() {
                    return Ok(Vec::new());
                }
                match self.answered(iteration, asked, desk.earlier) {
                    Some(answers) => {
                        n_done += answers.len() as u64;
                        for (at, answer) in answers.into_iter().enumerate() {
                            players[at].recall(&asked.request.prompt, &answer.tokens);
                            asked.answers[at].push(answer);
                        }
                    }
                    None => {
                        let turn = Turn {
                            iteration,
                            backwards: (i + iteration) % 2 == 1,
                            n_before: n_done,
                        };
                        n_done += self.take(turn, asked, &players, desk)?;
                    }
                }
                if iteration + 1 == self.plan.iterations {
                    write(asked, desk)?;
                    asked.written = true;
                }
            }
            for (added, (mode, player)) in added.iter_mut().zip(modes.iter().zip(&players)) {
                *added = self.added_bytes(*mode, player);
            }
        }
        Ok(added)
    }

    /// Everyone answers one prompt; returns how many answers that made.
    fn take(
        &self,
        turn: Turn,
        asked: &mut Asked<'_>,
        players: &[Player<'_>],
        desk: &mut Desk<'_>,
    ) -> Result<u64, Error> {
        let mut order: Vec<usize> = (0..players.len()).collect();
        if turn.backwards {
            order.reverse();
        }
        for (at, n_done) in order.into_iter().zip(turn.n_before + 1..) {
            let mode = self.plan.modes[at].name();
            let answer = answer(players[at].engine(), &asked.request, desk.clock)?;
            let record = answer.record(turn.iteration, &asked.prompt.id, mode);
            desk.folder.append_answer(&record)?;
            let rate = answer.tokens.len() as f64 * 1e9 / answer.total_ns.max(1) as f64;
            let note = format!("{mode}: {rate:.1} tok/s");
            desk.watcher.advance(n_done, &note);
            asked.answers[at].push(answer);
        }
        Ok(players.len() as u64)
    }

    /// What everyone answered to a prompt in an earlier session, in the order of the modes.
    fn answered(&self, iteration: usize, asked: &Asked<'_>, earlier: &Run) -> Option<Vec<Answer>> {
        let of = |mode: &Drafting| {
            let found = earlier.answers.iter().find(|answer| {
                answer.iteration == iteration as u64
                    && answer.prompt == asked.prompt.id
                    && answer.mode == mode.name()
            });
            found.map(Answer::of)
        };
        self.plan.modes.iter().map(of).collect()
    }

    /// How often a prompt was answered by everyone before.
    fn known(&self, asked: &[Asked<'_>], earlier: &Run) -> usize {
        if earlier.answers.is_empty() {
            return 0;
        }
        let turns =
            (0..self.plan.iterations).flat_map(|i| asked.iter().map(move |asked| (i, asked)));
        turns
            .filter(|(i, asked)| self.answered(*i, asked, earlier).is_some())
            .count()
    }

    /// What is not as it would have been without the interruption stands in the report.
    fn say_gone_on(
        &self,
        (n_known, n_turns): (usize, usize),
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        if n_known == 0 || !self.plan.modes.iter().any(|mode| mode.adapts()) {
            return Ok(());
        }
        Ok(desk.folder.append_warning(&Warning {
            kind: "guessing_gone_on".into(),
            message: format!(
                "the run was interrupted after {n_known} of {n_turns} turns: modes that adapt kept the texts, and not the experience of how guesses fared"
            ),
            advice: "answers are the same; for speeds of these modes to publish, measure in one go".into(),
        })?)
    }

    fn added_bytes(&self, mode: Drafting, player: &Player<'_>) -> u64 {
        let weights = self.cast.drafting(mode).map_or(0, |draft| {
            draft.card().weight_bytes + draft.card().adapter_bytes
        });
        match player {
            Player::Alone(_) => 0,
            Player::Guessing(engine) => weights + engine.drafter_bytes(),
        }
    }

    /// The beginning of one answer, without anybody looking.
    fn warm_up(
        &self,
        asked: &[Asked<'_>],
        rules: &Rules,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let Some(first) = asked.first() else {
            return Ok(());
        };
        let request = Request {
            max_tokens: WARM_UP.min(self.plan.max_tokens),
            ..first.request.clone()
        };
        for mode in &self.plan.modes {
            answer(self.player(*mode, rules)?.engine(), &request, desk.clock)?;
        }
        Ok(())
    }
}
