//! What models are asked: seeds, start tokens and shared beginnings of prompts.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use bench::run::Ended;
use bench::{Plan, Watcher};
use engine::Token;
use engine::Tokenizer;
use engine::toy::Bytes;
use ledger::record::Attempt;
use measure::FakeClock;
use task::prompt::{Rendered, Shape, SpecialText, StartToken};

use super::author::Author;
use super::{Tools, carry_out, complete, folder, machine, plan, subject};

/// Code only, several attempts, so many side by side.
fn code(samples: u32, batch: usize) -> Plan {
    let mut plan = plan();
    (plan.perplexity, plan.memory) = (None, None);
    if let Some(code) = &mut plan.code {
        (code.samples, code.batch) = (samples, batch);
        code.steps = bench::plan::Steps::Deterministic;
        // Words behind the program are what differs.
        code.whole_answers = true;
        code.limit = Some(3);
    }
    plan
}

fn attempts(plan: &Plan) -> Vec<Attempt> {
    let (folder, model) = (folder(), Author::new(1));
    let run = complete(folder.path(), &[subject("one", &model)], plan).unwrap();
    let mut attempts = run.attempts;
    attempts
        .iter_mut()
        .for_each(|attempt| attempt.decode_ns = 0);
    attempts.sort_by(|a, b| a.key.cmp(&b.key));
    attempts
}

#[test]
fn attempts_at_one_problem_differ_and_do_not_depend_on_the_batch() {
    let wanted = attempts(&code(4, 1));
    assert_eq!(wanted.len(), 2 * 3 * 4);
    let seeds: BTreeSet<u64> = wanted.iter().map(|attempt| attempt.seed).collect();
    assert_eq!(seeds.len(), wanted.len());
    let distinct = |attempts: &[Attempt]| -> usize {
        let texts: BTreeSet<&str> = attempts.iter().map(|a| a.text.as_str()).collect();
        texts.len()
    };
    // Some texts end at once, and two of those may be equal.
    assert!(
        wanted
            .chunks(4)
            .all(|of_one_problem| distinct(of_one_problem) > 1)
    );
    assert!(distinct(&wanted) > 20, "{wanted:?}");
    for batch in [2, 5, 8] {
        assert_eq!(attempts(&code(4, batch)), wanted, "{batch} side by side");
    }
}

#[test]
fn more_attempts_keep_those_that_were_there_before() {
    let few: Vec<Attempt> = attempts(&code(2, 3));
    let many = attempts(&code(4, 3));
    assert!(few.iter().all(|attempt| many.contains(attempt)));
    let mut reseeded = code(2, 3);
    reseeded.seed = 43;
    assert!(attempts(&reseeded).iter().all(|a| !few.contains(a)));
}

#[test]
fn greedy_attempts_at_one_problem_are_one_text() {
    let mut plan = code(3, 4);
    if let Some(code) = &mut plan.code {
        code.temperature = 0.0;
    }
    for of_one_problem in attempts(&plan).chunks(3) {
        assert!(
            of_one_problem
                .iter()
                .all(|a| a.text == of_one_problem[0].text)
        );
    }
}

fn rendered(text: &str, start_token: StartToken) -> Rendered {
    Rendered {
        text: text.into(),
        sha256: String::new(),
        shape: Shape::Stub,
        start_token,
        special_text: SpecialText::Plain,
    }
}

#[test]
fn a_prompt_gets_the_start_token_once_or_as_its_template_says() {
    let start = Bytes.start().unwrap();
    let added = bench::code::tokens(&Bytes, &rendered("ab", StartToken::Add));
    assert_eq!(added, [start, 97, 98]);
    let written = bench::code::tokens(&Bytes, &rendered("ab", StartToken::AsWritten));
    assert_eq!(written, [97, 98]);
}

/// The pieces in which prompts were read; a prompt that begins anew begins with the start token.
fn pieces(model: &Author) -> Vec<Vec<Token>> {
    model.read.borrow().clone()
}

#[test]
fn every_prompt_that_is_read_has_one_start_token_at_its_beginning() {
    let (folder, model) = (folder(), Author::new(1));
    complete(folder.path(), &[subject("one", &model)], &code(2, 4)).unwrap();
    let start = Bytes.start().unwrap();
    let pieces = pieces(&model);
    assert!(pieces.iter().any(|piece| piece[0] == start));
    for piece in &pieces {
        assert!(!piece[1..].contains(&start), "{piece:?}");
    }
}

/// Stops a run after so many completions.
struct After<'s> {
    n: u64,
    stop: &'s AtomicBool,
}

impl Watcher for After<'_> {
    fn begin(&mut self, _: &str, _: u64) {}

    fn advance(&mut self, _: u64, _: &str) {
        self.n = self.n.saturating_sub(1);
        self.stop
            .store(self.n == 0, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn prompts_are_read_in_the_same_pieces_whatever_is_missing() {
    let mut plan = code(1, 1);
    if let Some(code) = &mut plan.code {
        code.suites = vec!["cpp-demo".into()];
    }
    let whole = Author::new(1);
    let place = folder();
    complete(place.path(), &[subject("one", &whole)], &plan).unwrap();
    let wanted: BTreeSet<Vec<Token>> = pieces(&whole).into_iter().collect();

    let resumed = Author::new(1);
    let place = folder();
    let stop = AtomicBool::new(false);
    let mut after = After { n: 2, stop: &stop };
    let mut tools = Tools {
        clock: &FakeClock::stepping(1000),
        sandbox: &machine(),
        stop: &stop,
        watcher: &mut after,
    };
    let subjects = [subject("one", &resumed)];
    let ended = carry_out(place.path(), &subjects, &plan, &mut tools).unwrap();
    assert_eq!(ended, Ended::Interrupted);
    resumed.read.borrow_mut().clear();
    complete(place.path(), &subjects, &plan).unwrap();
    let seen = pieces(&resumed);
    let start = Bytes.start().unwrap();
    let shared = seen.iter().find(|piece| piece[0] == start).unwrap();
    let text: Vec<u8> = shared.iter().flat_map(|t| Bytes.bytes(*t)).collect();
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("You write complete C++17"), "{text}");
    assert!(
        !text.contains("Answer:"),
        "only what all prompts share: {text}"
    );
    assert!(seen.iter().all(|piece| wanted.contains(piece)));
}

#[test]
fn words_behind_the_program_change_no_verdict_and_are_not_waited_for() {
    let run = |whole_answers: bool| {
        let mut plan = code(3, 4);
        if let Some(code) = &mut plan.code {
            code.whole_answers = whole_answers;
        }
        let (folder, model) = (folder(), Author::new(1));
        let mut run = complete(folder.path(), &[subject("one", &model)], &plan).unwrap();
        run.attempts.sort_by(|a, b| a.key.cmp(&b.key));
        run.verdicts.sort_by(|a, b| a.key.cmp(&b.key));
        run
    };
    let (whole, short) = (run(true), run(false));
    let judged = |run: &ledger::Run| -> Vec<_> {
        let verdicts = run.verdicts.iter();
        verdicts
            .map(|it| (it.key.clone(), it.stage, it.cause.clone(), it.code.clone()))
            .collect()
    };
    assert_eq!(judged(&short), judged(&whole));
    let mut n_shorter = 0;
    for (short, whole) in short.attempts.iter().zip(&whole.attempts) {
        assert!(whole.text.starts_with(&short.text));
        if short.text != whole.text {
            assert!(short.text.ends_with("```"), "{}", short.text);
            assert_eq!(short.finish, ledger::record::Finish::StopString);
            assert!(short.n_tokens < whole.n_tokens);
            n_shorter += 1;
        }
    }
    assert!(n_shorter > 0);
}
