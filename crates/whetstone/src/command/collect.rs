//! `whet collect`: where a draft would have said something else than its target.

use std::sync::atomic::Ordering;

use anyhow::Result;
use bench::Watcher as _;
use bench::speculation::Cast;
use bench::speculation::prompts::{self, Prompt, Prompts};
use engine::agreement::agreement;
use engine::{
    CacheKind, CacheKinds, Ending, Engine, Event, Lanes, Model, Plain, Request, Sampling,
    SessionShape, Token, Width,
};
use improve::collect::{Asked, CONFIDENT, Collected, Collection, Pairing};
use measure::SystemClock;

use crate::cli::Collect;
use crate::compute::Compute;
use crate::exit::{self, Exit, Usage, unusable};
use crate::interrupt;
use crate::subject::{Finder, Loaded, Located};
use crate::terminal::Terminal;
use crate::watch::Progress;

/// Asks, compares and writes down.
pub(crate) fn run(flags: &Collect, terminal: &Terminal, offline: bool) -> Result<Exit> {
    let prompts = chosen(flags)?;
    let stop = interrupt::listen()?;
    let finder = Finder {
        terminal,
        offline,
        stop,
    };
    let located = [finder.locate(&flags.target)?, finder.locate(&flags.draft)?];
    let clock = SystemClock::start();
    flags.device.say_fallback(terminal);
    let compute = Compute::asked(flags.threads, &flags.device);
    let open = |one: &Located| Loaded::open(one, &compute, &clock);
    let (target, draft) = (open(&located[0])?, open(&located[1])?);
    let pair = Pair {
        target: &target,
        draft: &draft,
        models: pairing(&located, flags.max_tokens),
    };
    pair.check(terminal)?;
    let mut collection = Collection::open(&flags.output)?;
    let missing: Vec<&Prompt> = prompts
        .iter()
        .filter(|prompt| !collection.holds(&prompt.prompt, &pair.models))
        .collect();
    let mut progress = Progress::new(terminal);
    progress.begin("collecting", missing.len() as u64);
    let (mut n_collected, mut first_failure) = (0, None);
    for (i, prompt) in (1..).zip(missing) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let one = match pair.collect(prompt, terminal) {
            Err(error) if exit::was_stopped(&error) => break,
            // The others are asked all the same: the same command asks this one again.
            Err(error) => {
                terminal.note(&format!(
                    "Warning: the prompt {} is left out: {error:#}",
                    prompt.id
                ));
                first_failure.get_or_insert(error);
                continue;
            }
            Ok(one) => one,
        };
        n_collected += 1;
        let rate = one.acceptance_rate.map_or(0.0, |rate| 100.0 * rate);
        collection.append(one)?;
        progress.advance(i, &format!("{rate:.0} % of tokens agree"));
    }
    progress.clear();
    collection.write()?;
    if let Some(error) = first_failure.filter(|_| n_collected == 0) {
        return Err(error.context("no prompt could be collected"));
    }
    terminal.result(&said(&collection, flags))?;
    Ok(match stop.load(Ordering::Relaxed) {
        true => Exit::Interrupted,
        false => Exit::Done,
    })
}

/// The prompts that are asked, drawn by the seed if there are too many.
fn chosen(flags: &Collect) -> Result<Vec<Prompt>> {
    let mut all = match &flags.prompts_file {
        _ if !flags.prompt.is_empty() => given(&flags.prompt)?,
        Some(path) => {
            let bytes = std::fs::read(path);
            let bytes =
                bytes.map_err(|error| Usage(format!("cannot read {}: {error}", path.display())))?;
            let read = Prompts::of_file(&path.display().to_string(), &bytes);
            read.map_err(unusable)?.list
        }
        None => Prompts::bundled().list,
    };
    if let Some(limit) = flags.limit {
        let order = |prompt: &Prompt| engine::seed::derive(flags.seed, &[&prompt.id], 0);
        all.sort_by_key(order);
        all.truncate(limit);
    }
    Ok(all)
}

/// Prompts of the command line, each as it stands: lines, indentation and a leading # belong to it.
fn given(texts: &[String]) -> Result<Vec<Prompt>> {
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(Usage("a -p holds no prompt; write its text behind it".into()).into());
    }
    let prompt = |(i, text): (usize, &String)| Prompt {
        id: format!("p-{i}"),
        category: "own".into(),
        prompt: text.clone(),
    };
    Ok((1..).zip(texts).map(prompt).collect())
}

fn pairing([target, draft]: &[Located; 2], max_tokens: usize) -> Pairing {
    let named = |one: &Located| (one.name.clone(), one.sha256.clone());
    Pairing {
        target: named(target),
        draft: named(draft),
        max_tokens,
    }
}

/// Both models.
struct Pair<'a> {
    target: &'a Loaded,
    draft: &'a Loaded,
    models: Pairing,
}

impl Pair<'_> {
    /// Refuses models that do not speak the same tokens.
    fn check(&self, terminal: &Terminal) -> Result<()> {
        let (target, draft) = (self.target.subject(None)?, self.draft.subject(None)?);
        let cast = Cast {
            target: &target,
            draft: Some(&draft),
            lora: None,
        };
        for doubt in cast.check().map_err(unusable)? {
            terminal.note(&format!("Warning: {doubt}"));
        }
        Ok(())
    }

    fn collect(&self, prompt: &Prompt, terminal: &Terminal) -> Result<Collected> {
        let max_tokens = self.models.max_tokens;
        let subject = self.target.subject(Some(jiff::Zoned::now().datetime()))?;
        let tokens = prompts::tokens(&subject, prompt)?;
        let answer = self.answer(&tokens, max_tokens)?;
        for doubt in self.beyond_context(tokens.len() + answer.len()) {
            terminal.note(&format!("Warning: the prompt {}: {doubt}", prompt.id));
        }
        let shape = SessionShape {
            n_sequences: 1,
            capacity: (tokens.len() + answer.len()).next_multiple_of(256),
            cache: CacheKinds::both(CacheKind::F16),
        };
        let (target, draft) = (&self.target.llama, &self.draft.llama);
        let (mut of_target, mut of_draft) = (target.open(shape)?, draft.open(shape)?);
        let read = (&tokens[..], &answer[..]);
        let found = agreement(of_target.as_mut(), of_draft.as_mut(), read)?;
        let asked = Asked {
            id: &prompt.id,
            prompt: &prompt.prompt,
            tokens: &tokens,
            answer: &answer,
        };
        let now = jiff::Timestamp::now().as_second().unsigned_abs();
        Ok(Collected::of(
            asked,
            &found,
            (target.tokenizer(), &self.models, now),
        ))
    }

    /// What has to be said where both read so many tokens and were not trained for them.
    fn beyond_context(&self, n_tokens: usize) -> Vec<String> {
        let mut doubts = Vec::new();
        for (name, llama) in [
            (&self.models.target.0, &self.target.llama),
            (&self.models.draft.0, &self.draft.llama),
        ] {
            let trained = llama.card().context_length;
            if trained > 0 && n_tokens > trained {
                doubts.push(format!("{name} was trained for {trained} tokens of context and reads {n_tokens}; ask for less with --max-tokens, or for shorter prompts"));
            }
        }
        doubts
    }

    /// The target's greedy answer, without the token that ended it.
    fn answer(&self, prompt: &[Token], max_tokens: usize) -> Result<Vec<Token>> {
        let lanes = Lanes {
            n: 1,
            capacity: (prompt.len() + max_tokens).next_multiple_of(256),
            width: Width::FAST,
            cache: CacheKinds::both(CacheKind::F16),
        };
        let request = Request {
            prompt: prompt.to_vec(),
            n_shared: 0,
            sampling: Sampling::GREEDY,
            seed: 0,
            max_tokens,
            stop: Vec::new(),
            ending: Ending::Natural,
        };
        let mut answer = Vec::new();
        Plain::new(&self.target.llama, lanes).generate(&[request], &mut |event: Event<'_>| {
            if let Event::Finished { completion, .. } = event {
                answer = completion.tokens;
            }
            std::ops::ControlFlow::Continue(())
        })?;
        Ok(answer)
    }
}

fn said(collection: &Collection, flags: &Collect) -> String {
    let all = &collection.all;
    let tokens: usize = all.iter().map(|one| one.tokens.len()).sum();
    let places = || all.iter().flat_map(|one| &one.disagreements);
    let confident = places()
        .filter(|one| one.draft_confidence > CONFIDENT)
        .count();
    let failures = all.iter().filter(|one| one.is_failure).count();
    let n = places().count();
    let share = |part: usize, of: usize| match of {
        0 => "–".to_owned(),
        of => format!("{:.1} %", 100.0 * part as f64 / of as f64),
    };
    format!(
        "{} prompts, {tokens} tokens, {} of them agreed on; {n} disagreements, {confident} of them with the draft more than {:.0} % sure; {failures} answers with one\n{}",
        all.len(),
        share(tokens - n, tokens),
        100.0 * CONFIDENT,
        flags.output.display()
    )
}
