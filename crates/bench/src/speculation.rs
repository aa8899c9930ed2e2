//! Speculative decoding: what guessing ahead gains on this machine, and whether it changes an answer.
//!
//! First the costs are measured (a step of the target over 1, 2, 3 … rows, a step of the draft) and how often
//! the draft's guesses come true on a few prompts; from both follows a forecast, and the length that it finds
//! best is the one that the draft uses. Then everyone answers every prompt: the target alone, and with each way of
//! guessing. They take turns at every prompt, in one order and the other way round, so that drift hits all alike.
//! Whoever learns begins every iteration anew: an answer given before must not be remembered.
//!
//! Every answer is on the disk before the next; a run that goes on has its costs and its answers from there.
//!
//! Greedy, one sequence. Every answer goes through the [`gate`].

mod answer;
mod cast;
mod costs;
pub mod gate;
pub mod prompts;
mod record;
mod turns;

use std::sync::atomic::Ordering;

use engine::speculate::{
    Costs, Drafter, Forecast, Guessing, Hybrid, Length, ModelDraft, Ngram, Speculative, Suffix,
};
use engine::{
    CacheKind, CacheKinds, Ending, Engine, Lanes, Plain, Request, Sampling, Token, Width,
};
use ledger::record::Warning;

use crate::Error;
use crate::desk::{Desk, Subject};
use crate::meter::Work;
use crate::noise::Watch;
use crate::plan::{Drafting, SpeculationPlan};
use crate::run::ended;
pub use cast::Cast;

use answer::{Answer, answer};
use costs::Steps;
use prompts::{Prompt, Prompts};

/// Tokens of a warm-up, as upstream.
const WARM_UP: usize = 32;
/// Prompts, tokens and guesses a pass by which the draft is known before it is used.
const TRIAL: (usize, usize, usize) = (5, 64, 8);
/// A chance is taken from at least so many guesses.
const FEW: usize = 8;

/// What the gate says of a whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gate {
    /// Answers that differ at a tie.
    pub n_ties: usize,
    /// Answers that differ without one.
    pub n_faults: usize,
}

/// A prompt with everyone's answers: for each mode, one an iteration.
struct Asked<'a> {
    prompt: &'a Prompt,
    request: Request,
    answers: Vec<Vec<Answer>>,
    written: bool,
}

/// Measures all modes of the plan.
///
/// # Errors
/// [`Error::Plan`] for a draft that does not fit or a mode without one; those of the engine and the ledger.
pub fn measure(
    cast: Cast<'_>,
    plan: &SpeculationPlan,
    prompts: &Prompts,
    desk: &mut Desk<'_>,
) -> Result<Gate, Error> {
    for doubt in cast.check()? {
        desk.warn(&Warning {
            kind: "large_draft".into(),
            message: doubt,
            advice: "a draft has to be several times cheaper than its target".into(),
        })?;
    }
    if let Some(mode) = plan
        .modes
        .iter()
        .find(|m| m.needs_draft() && cast.drafting(**m).is_none())
    {
        let name = mode.name();
        return Err(Error::Plan(format!(
            "the mode {name} needs a draft; name one with --draft"
        )));
    }
    let mut asked = asked(cast.target, plan, prompts)?;
    let needed = asked
        .iter()
        .map(|a| a.request.prompt.len() + plan.max_tokens);
    let stage = Stage {
        cast,
        plan,
        capacity: needed.max().unwrap_or(1).next_multiple_of(256),
    };
    desk.warn_beyond_context(cast.target, stage.capacity)?;
    desk.turn(0, Work::of(&cast.target.name, "speculation"));
    let watch = Watch::begin(desk);
    let mut gate = Gate::default();
    // An answer in the middle of which the engine was stopped is left; those before it are written down.
    let played = stage.play(&mut asked, &mut gate, desk);
    for warning in watch.end(desk) {
        desk.warn(&warning)?;
    }
    ended(played, desk)?;
    Ok(gate)
}

/// Writes down what everyone answered to a prompt.
type Write<'w> = dyn FnMut(&Asked<'_>, &mut Desk<'_>) -> Result<(), Error> + 'w;

fn asked<'a>(
    target: &Subject<'_>,
    plan: &SpeculationPlan,
    prompts: &'a Prompts,
) -> Result<Vec<Asked<'a>>, Error> {
    let n = plan.limit.unwrap_or(usize::MAX);
    let asked = |prompt: &'a Prompt| {
        Ok(Asked {
            prompt,
            request: request(prompts::tokens(target, prompt)?, plan.max_tokens),
            answers: vec![Vec::new(); plan.modes.len()],
            written: false,
        })
    };
    prompts.list.iter().take(n).map(asked).collect()
}

fn request(prompt: Vec<Token>, max_tokens: usize) -> Request {
    Request {
        prompt,
        n_shared: 0,
        sampling: Sampling::GREEDY,
        seed: 0,
        max_tokens,
        stop: Vec::new(),
        ending: Ending::Natural,
    }
}

/// How far ahead is guessed.
struct Rules {
    fixed: usize,
    costs: Costs,
    /// How often the draft's first, second … guess came true when it was tried; empty without one.
    trial: Vec<f64>,
}

/// Someone who answers.
enum Player<'a> {
    Alone(Plain<'a>),
    Guessing(Box<Speculative<'a>>),
}

impl Player<'_> {
    fn engine(&self) -> &dyn Engine {
        match self {
            Player::Alone(engine) => engine,
            Player::Guessing(engine) => engine.as_ref(),
        }
    }

    /// Takes in an answer of an earlier session.
    fn recall(&self, prompt: &[Token], answer: &[Token]) {
        if let Player::Guessing(engine) = self {
            engine.recall(&[prompt, answer].concat());
        }
    }
}

/// Where everyone answers.
struct Stage<'a> {
    cast: Cast<'a>,
    plan: &'a SpeculationPlan,
    capacity: usize,
}

impl<'a> Stage<'a> {
    fn lanes(&self) -> Lanes {
        Lanes {
            n: 1,
            capacity: self.capacity,
            width: match self.plan.whole_tiles {
                true => Width::DETERMINISTIC,
                false => Width::FAST,
            },
            cache: CacheKinds::both(CacheKind::F16),
        }
    }

    /// Rows that a pass may need.
    fn n_rows(&self) -> usize {
        self.plan.most_drafted + 1
    }

    /// Costs, answers and what follows from them, as far as the user lets it go.
    fn play(
        &self,
        asked: &mut [Asked<'_>],
        gate: &mut Gate,
        desk: &mut Desk<'_>,
    ) -> Result<(), Error> {
        let rules = self.rules(asked, desk)?;
        let book = record::Book {
            stage: self,
            rules: &rules,
        };
        let mut write = |asked: &Asked<'_>, desk: &mut Desk<'_>| {
            book.answers(asked, gate, desk)?;
            desk.keep_samples()
        };
        let added = self.answers(asked, &rules, desk, &mut write)?;
        // Those of a benchmark that was ended before its last iteration.
        for asked in asked.iter().filter(|asked| !asked.written) {
            write(asked, desk)?;
        }
        book.memory(&added, desk)
    }

    /// What guessing costs and how far ahead it pays: as an earlier session found, or found now and written down.
    fn rules(&self, asked: &[Asked<'_>], desk: &mut Desk<'_>) -> Result<Rules, Error> {
        let known = Steps::of_run(desk.earlier, &self.cast.target.name);
        let is_new = known.is_none();
        let steps = known.map_or_else(|| self.steps(asked, desk), Ok)?;
        let costs = steps.costs();
        let chances = match (self.cast.draft, is_new) {
            (None, _) => None,
            (_, true) => Some(self.chances(&costs, asked, desk)?),
            (_, false) => Some(record::chances_of(desk.earlier)),
        };
        let forecast = chances.map(|chances| {
            let forecast = Forecast::of(&costs, &chances, self.plan.most_drafted);
            (chances, forecast)
        });
        let best = forecast.as_ref().map_or(1, |(_, forecast)| forecast.best);
        let rules = Rules {
            fixed: self.plan.draft_length.unwrap_or(best),
            costs,
            trial: forecast
                .as_ref()
                .map_or(Vec::new(), |(chances, _)| chances.clone()),
        };
        if is_new {
            let book = record::Book {
                stage: self,
                rules: &rules,
            };
            book.costs(&steps, forecast.as_ref(), desk)?;
        }
        Ok(rules)
    }

    fn steps(&self, asked: &[Asked<'_>], desk: &mut Desk<'_>) -> Result<Steps, Error> {
        let (what, rounds) = ("cost of guessing and of looking", costs::ROUNDS as u64);
        desk.watcher.begin(what, rounds);
        let prompt = asked.first().map_or(&[][..], |asked| &asked.request.prompt);
        let models = (
            self.cast.target.model,
            self.cast.draft.map(|draft| draft.model),
        );
        let (stop, watcher) = (desk.stop, &mut desk.watcher);
        let rows = (self.n_rows(), self.lanes().width);
        Steps::time(models, prompt, rows, desk.clock, &mut |round| {
            watcher.advance(round as u64, "");
            !stop.load(Ordering::Relaxed)
        })
    }

    /// Lets the draft guess on a few prompts: how likely the first, second … guess comes true.
    fn chances(
        &self,
        costs: &Costs,
        asked: &[Asked<'_>],
        desk: &mut Desk<'_>,
    ) -> Result<Vec<f64>, Error> {
        let (n_prompts, n_tokens, n_guesses) = TRIAL;
        let n_guesses = n_guesses.min(self.plan.most_drafted);
        desk.watcher
            .begin("how often guesses come true", n_prompts as u64);
        let player = self.player(
            Drafting::Draft,
            &Rules {
                fixed: n_guesses,
                costs: costs.clone(),
                trial: Vec::new(),
            },
        )?;
        let mut passes = Vec::new();
        for (i, asked) in asked.iter().take(n_prompts).enumerate() {
            if desk.stopped() {
                break;
            }
            let request = Request {
                max_tokens: n_tokens.min(self.plan.max_tokens),
                ..asked.request.clone()
            };
            passes.extend(answer(player.engine(), &request, desk.clock)?.passes);
            desk.watcher.advance(i as u64 + 1, "");
        }
        let mut chances = Vec::new();
        for i in 0..n_guesses {
            let tried = passes
                .iter()
                .filter(|pass| pass.drafted > i && pass.accepted >= i);
            let right = passes.iter().filter(|pass| pass.accepted > i).count();
            match tried.count() {
                n if n >= FEW || i == 0 => chances.push(right as f64 / n.max(1) as f64),
                _ => break,
            }
        }
        Ok(chances)
    }

    fn player(&self, mode: Drafting, rules: &Rules) -> Result<Player<'a>, Error> {
        let (target, lanes) = (self.cast.target.model, self.lanes());
        let model = || -> Result<Option<ModelDraft<'a>>, Error> {
            let Some(model) = self.cast.drafting(mode) else {
                return Ok(None);
            };
            let draft = ModelDraft::new(model, 1, self.capacity, lanes.cache, Guessing::Likeliest)?;
            Ok(Some(draft))
        };
        let drafter: Box<dyn Drafter + 'a> = match (mode, model()?) {
            (Drafting::Target, _) => return Ok(Player::Alone(Plain::new(target, lanes))),
            (Drafting::Suffix, _) => Box::new(Suffix::new()),
            (Drafting::Hybrid, Some(draft)) => Box::new(Hybrid::new(Suffix::new(), draft)),
            (_, Some(draft)) => Box::new(draft),
            (_, None) => Box::new(Ngram::USUAL),
        };
        let length = match mode.adapts() {
            false => Length::Fixed(rules.fixed),
            true => Length::Adaptive {
                most: self.plan.most_drafted,
                costs: rules.costs.clone(),
                trial: rules.trial.clone(),
            },
        };
        let engine = Speculative::new(target, lanes, drafter, length);
        Ok(Player::Guessing(Box::new(engine)))
    }
}
