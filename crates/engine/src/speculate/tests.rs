use std::ops::ControlFlow;

use super::*;
use crate::generate::Width;
use crate::laws;
use crate::request::Ending;
use crate::request::completions;
use crate::toy::{F16, Toy};
use crate::{Plain, Sampler, Sampling, Special};

fn lanes(n: usize, width: Width) -> Lanes {
    Lanes {
        n,
        capacity: 256,
        width,
        cache: F16,
    }
}

fn request(prompt: &str, max_tokens: usize, sampling: Sampling, seed: u64) -> Request {
    Request {
        prompt: Toy::new(0).tokenizer().encode(prompt, Special::Plain),
        n_shared: 0,
        sampling,
        seed,
        max_tokens,
        stop: Vec::new(),
        ending: Ending::AtLimit,
    }
}

fn by_model<'m>(draft: &'m dyn Model, n: usize, guessing: Guessing) -> Box<dyn Drafter + 'm> {
    Box::new(ModelDraft::new(draft, n, 300, F16, guessing).unwrap())
}

/// What each pass of some requests was.
fn passes(engine: &Speculative<'_>, requests: &[Request]) -> Vec<Pass> {
    let mut passes = Vec::new();
    let flow = engine.generate(requests, &mut |event: Event<'_>| {
        if let Event::Checked { pass, .. } = event {
            passes.push(pass);
        }
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), Flow::Complete);
    passes
}

#[test]
fn whoever_guesses_the_text_is_the_models_own() {
    let text = Toy::new(0)
        .tokenizer()
        .encode("ab ab ab ab cd", Special::Plain);
    for (n, width) in [
        (1, Width::FAST),
        (1, Width::DETERMINISTIC),
        (3, Width::FAST),
        (4, Width::DETERMINISTIC),
    ] {
        for (target, draft) in [(1, 1), (1, 2)] {
            let (target, draft) = (Toy::new(target), Toy::new(draft));
            laws::speculation(&target, &draft, &text, lanes(n, width)).unwrap();
        }
    }
}

#[test]
fn a_perfect_draft_is_taken_over_whole_and_a_pass_yields_one_token_more() {
    let toy = Toy::new(5);
    let draft = by_model(&toy, 1, Guessing::Likeliest);
    let engine = Speculative::new(&toy, lanes(1, Width::FAST), draft, Length::Fixed(4));
    let passes = passes(&engine, &[request("perfect", 21, Sampling::GREEDY, 0)]);
    // One token from the prompt, then four passes of five.
    assert_eq!(passes.len(), 4);
    for pass in passes {
        let expected = Pass {
            drafted: 4,
            accepted: 4,
            source: Source::Model,
        };
        assert_eq!(pass, expected);
    }
}

#[test]
fn what_was_said_before_is_guessed_from_its_suffix() {
    let toy = Toy::new(5);
    let engine = Speculative::new(
        &toy,
        lanes(1, Width::FAST),
        Box::new(Suffix::new()),
        Length::Fixed(8),
    );
    let asked = [request("the same again", 40, Sampling::GREEDY, 0)];
    let first = passes(&engine, &asked);
    let again = passes(&engine, &asked);
    assert!(again.len() * 5 < first.len(), "{first:?} then {again:?}");
    assert!(again.iter().all(|pass| pass.accepted == pass.drafted));
}

#[test]
fn drafting_that_never_pays_rests_after_a_few_passes_and_is_tried_again() {
    let (toy, stranger) = (Toy::new(5), Toy::new(6));
    let length = Length::Adaptive {
        most: 8,
        costs: Costs {
            draft: [0.1; 2],
            read: 0.0,
            check: vec![1.0, 1.05, 1.1],
        },
        trial: Vec::new(),
    };
    let draft = by_model(&stranger, 1, Guessing::Likeliest);
    let engine = Speculative::new(&toy, lanes(1, Width::FAST), draft, length);
    let passes = passes(&engine, &[request("a stranger", 200, Sampling::GREEDY, 0)]);
    let tried: Vec<usize> = (0..passes.len())
        .filter(|i| passes[*i].drafted > 0)
        .collect();
    // The toy is sure of nothing, so that little is tried from the beginning.
    assert!(!tried.is_empty() && tried.len() < 10, "{tried:?}");
    assert!(
        tried.iter().any(|i| *i > 60),
        "never tried again: {tried:?}"
    );
}

/// Passes of an answer that were guessed by a draft whose every guess would come true.
fn guessed_by_a_perfect_draft(prompt: &str, max_tokens: usize, read: f64) -> usize {
    let toy = Toy::new(5);
    let length = Length::Adaptive {
        most: 4,
        costs: Costs {
            draft: [0.1; 2],
            read,
            check: vec![1.0, 1.05, 1.1, 1.15, 1.2],
        },
        trial: Vec::new(),
    };
    let draft = by_model(&toy, 1, Guessing::Likeliest);
    let engine = Speculative::new(&toy, lanes(1, Width::FAST), draft, length);
    let passes = passes(&engine, &[request(prompt, max_tokens, Sampling::GREEDY, 0)]);
    passes.iter().filter(|pass| pass.drafted > 0).count()
}

#[test]
fn a_draft_that_must_read_more_than_the_answer_can_win_back_is_not_asked() {
    let prompt = "a long text that has to be read before the first guess can be made";
    assert!(guessed_by_a_perfect_draft(prompt, 40, 0.01) > 0);
    assert_eq!(guessed_by_a_perfect_draft(prompt, 40, 1.0), 0);
    assert!(
        guessed_by_a_perfect_draft("short", 150, 1.0) > 0,
        "little to read, much to come"
    );
}

/// A model that says what another says, bent by so much.
struct Bent(Toy, f32);

struct BentSession<'m>(Box<dyn Session + 'm>, f32);

impl Model for Bent {
    fn card(&self) -> &ModelCard {
        self.0.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.0.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        Ok(Box::new(BentSession(self.0.open(shape)?, self.1)))
    }
}

impl Session for BentSession<'_> {
    fn shape(&self) -> SessionShape {
        self.0.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.0.len(sequence)
    }

    fn feed(&mut self, feeds: &[Feed<'_>], on_row: &mut dyn FnMut(Row<'_>)) -> Result<(), Error> {
        let most = self.1;
        self.0.feed(feeds, &mut |row: Row<'_>| {
            let bend = |(i, x): (usize, &f32)| x + most * ((i * 7 % 5) as f32 - 2.0) / 2.0;
            let bent: Vec<f32> = row.logits.iter().enumerate().map(bend).collect();
            on_row(Row {
                logits: &bent,
                ..row
            });
        })
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.0.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        self.0.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.0.cache_bytes()
    }
}

/// How likely each continuation of three tokens is, computed row by row.
fn exact(toy: &Toy, prompt: &[Token], sampling: Sampling) -> Vec<(Vec<Token>, f64)> {
    let mut grown = vec![(Vec::new(), 1.0)];
    for _ in 0..3 {
        let mut longer = Vec::new();
        for (tokens, chance) in grown {
            let history: Vec<Token> = prompt.iter().chain(&tokens).copied().collect();
            let shape = SessionShape {
                n_sequences: 1,
                capacity: 64,
                cache: F16,
            };
            let mut sampler = Sampler::new(sampling, 0);
            let mut session = toy.open(shape).unwrap();
            let feed = Feed {
                sequence: 0,
                tokens: &history,
                logits: Logits::Last,
            };
            session
                .feed(&[feed], &mut |row: Row<'_>| {
                    let chances = sampler.chances(row.logits, &history);
                    for token in (0..258).filter(|token| chances.of(*token) > 0.0) {
                        let mut tokens = tokens.clone();
                        tokens.push(token);
                        longer.push((tokens, chance * chances.of(token)));
                    }
                })
                .unwrap();
        }
        grown = longer;
    }
    grown
}

/// The statistic of chi-square over those continuations, with its degrees of freedom.
fn chi_square(seen: &[Vec<Token>], expected: &[(Vec<Token>, f64)]) -> (f64, f64) {
    let n = seen.len() as f64;
    let term = |(tokens, chance): &(Vec<Token>, f64)| {
        let count = seen.iter().filter(|other| *other == tokens).count() as f64;
        (count - n * chance).powi(2) / (n * chance)
    };
    let sum = expected.iter().map(term).sum();
    (sum, expected.len() as f64 - 1.0)
}

#[test]
fn at_any_temperature_the_distribution_is_the_models_own() {
    let toy = Toy::new(8);
    let bent = Bent(Toy::new(8), 0.15);
    let stranger = Toy::new(9);
    // The toy's best logits lie close together: at this temperature they differ as words do.
    let mut sampling = Sampling::with_temperature(0.1);
    sampling.top_k = 4;
    sampling.top_p = 0.98;
    sampling.repetition_penalty = 1.2;
    let prompt = request("tv", 3, sampling, 0).prompt;
    let expected = exact(&toy, &prompt, sampling);
    let total: f64 = expected.iter().map(|(_, chance)| chance).sum();
    assert!((total - 1.0).abs() < 1e-9 && expected.len() >= 20);
    let drafts: [&dyn Model; 3] = [&toy, &bent, &stranger];
    for (i, draft) in drafts.into_iter().enumerate() {
        let drafter = by_model(draft, 1, Guessing::Drawn);
        let engine = Speculative::new(&toy, lanes(1, Width::FAST), drafter, Length::Fixed(2));
        let requests: Vec<Request> = (0..20_000)
            .map(|seed| request("tv", 3, sampling, seed))
            .collect();
        let done = completions(&engine, &requests).unwrap();
        let seen: Vec<Vec<Token>> = done.into_iter().map(|done| done.tokens).collect();
        let unexpected = seen
            .iter()
            .filter(|tokens| !expected.iter().any(|(other, _)| other == *tokens))
            .count();
        assert_eq!(unexpected, 0, "draft {i}: what the rule of choice excludes");
        let (statistic, freedom) = chi_square(&seen, &expected);
        // Mean n, variance 2n: four standard deviations above is one in some ten thousand.
        let bound = freedom + 4.0 * (2.0 * freedom).sqrt();
        assert!(statistic < bound, "draft {i}: {statistic} against {bound}");
    }
}

#[test]
fn a_draft_that_is_skewed_on_purpose_is_found_by_the_same_statistic() {
    let toy = Toy::new(8);
    let sampling = Sampling {
        top_k: 4,
        ..Sampling::with_temperature(0.1)
    };
    let skewed = Sampling {
        temperature: 0.11,
        ..sampling
    };
    let requests: Vec<Request> = (0..20_000)
        .map(|seed| request("tv", 3, skewed, seed))
        .collect();
    let done = completions(&Plain::new(&toy, lanes(1, Width::FAST)), &requests).unwrap();
    let seen: Vec<Vec<Token>> = done.into_iter().map(|done| done.tokens).collect();
    let expected = exact(&toy, &requests[0].prompt, sampling);
    let (statistic, freedom) = chi_square(&seen, &expected);
    assert!(
        statistic > freedom + 4.0 * (2.0 * freedom).sqrt(),
        "{statistic}"
    );
}

#[test]
fn drawn_guesses_are_taken_over_more_often_than_likeliest_ones() {
    let (toy, bent) = (Toy::new(8), Bent(Toy::new(8), 1.5));
    let sampling = Sampling::with_temperature(2.0);
    let requests: Vec<Request> = (0..200)
        .map(|seed| request("more often", 20, sampling, seed))
        .collect();
    let share = |guessing| {
        let draft = by_model(&bent, 1, guessing);
        let engine = Speculative::new(&toy, lanes(1, Width::FAST), draft, Length::Fixed(1));
        let passes = passes(&engine, &requests);
        let n: usize = passes.iter().map(|pass| pass.drafted).sum();
        passes.iter().map(|pass| pass.accepted).sum::<usize>() as f64 / n as f64
    };
    let (drawn, likeliest) = (share(Guessing::Drawn), share(Guessing::Likeliest));
    assert!(drawn > 3.0 * likeliest, "{drawn} against {likeliest}");
}

#[test]
fn a_sink_can_stop_at_any_event_and_hears_no_more() {
    let toy = Toy::new(0);
    let requests = [
        request("one", 5, Sampling::GREEDY, 0),
        request("two", 9, Sampling::GREEDY, 1),
    ];
    for stop_after in 1..20 {
        let draft = by_model(&toy, 2, Guessing::Likeliest);
        let engine = Speculative::new(&toy, lanes(2, Width::FAST), draft, Length::Fixed(3));
        let mut n_events = 0;
        let flow = engine.generate(&requests, &mut |_: Event<'_>| {
            n_events += 1;
            match n_events == stop_after {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        assert_eq!(flow.unwrap(), Flow::Stopped);
        assert_eq!(n_events, stop_after);
    }
}

#[test]
fn every_sequence_of_a_step_has_as_many_rows() {
    use crate::generate::tests::Spied;
    let spied = Spied::new(3);
    let hits = Toy::new(3);
    let draft = by_model(&hits, 3, Guessing::Likeliest);
    let lanes = lanes(3, Width::DETERMINISTIC);
    let engine = Speculative::new(&spied, lanes, draft, Length::Fixed(4));
    let requests: Vec<Request> = (0..5)
        .map(|i| request(&format!("{i}"), 9 + 4 * i, Sampling::GREEDY, 0))
        .collect();
    completions(&engine, &requests).unwrap();
    for feed in spied.rows.borrow().iter().filter(|feed| feed[0].0 != 3) {
        let rows: Vec<usize> = feed.iter().map(|(_, n)| *n).collect();
        assert!(rows.iter().all(|n| *n == rows[0]), "{feed:?}");
        assert_eq!(rows.iter().sum::<usize>() % 8, 0, "whole tiles");
    }
}

#[test]
fn a_row_without_numbers_is_an_error_also_where_guesses_stand_beside() {
    use crate::generate::tests::Spied;
    let hits = Toy::new(3);
    for (guessing, sampling) in [
        (Guessing::Likeliest, Sampling::GREEDY),
        (Guessing::Drawn, Sampling::with_temperature(0.8)),
    ] {
        for n_sound in [0, 1, 12] {
            let spied = Spied::breaking(n_sound);
            let draft = by_model(&hits, 1, guessing);
            let lanes = lanes(1, Width::FAST);
            let engine = Speculative::new(&spied, lanes, draft, Length::Fixed(3));
            let said = completions(&engine, &[request("broken", 30, sampling, 0)]);
            assert!(matches!(said, Err(Error::NotFinite { .. })), "{said:?}");
        }
    }
}

#[test]
fn other_vocabularies_are_refused_and_a_larger_draft_is_doubted() {
    let toy = Toy::new(0);
    assert_eq!(Pair::of(&toy, &toy).unwrap().doubt, None);
    assert_eq!(Pair::of(&toy, &toy).unwrap().n_common, 258);
    let padded = Recarded::new(|card| card.n_vocab += 128);
    assert_eq!(Pair::of(&toy, &padded).unwrap().n_common, 258);
    let other = crate::toy::Toy::new(0);
    let wordy = Worded(other);
    let said = Pair::of(&toy, &wordy).unwrap_err();
    assert!(
        said.contains("token 65 is \"B\" there and \"A\" in the target"),
        "{said}"
    );
    let larger = Recarded::new(|card| card.n_parameters = 10);
    let doubt = Pair::of(&toy, &larger).unwrap().doubt.unwrap();
    assert!(doubt.contains("more parameters"), "{doubt}");
}

/// The toy with two letters exchanged.
struct Worded(Toy);

impl Model for Worded {
    fn card(&self) -> &ModelCard {
        self.0.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        self.0.open(shape)
    }
}

impl Tokenizer for Worded {
    fn encode(&self, text: &str, special: Special) -> Vec<Token> {
        self.0.tokenizer().encode(text, special)
    }

    fn bytes(&self, token: Token) -> Vec<u8> {
        let swapped = match token {
            65 => 66,
            66 => 65,
            other => other,
        };
        self.0.tokenizer().bytes(swapped)
    }

    fn text(&self, token: Token) -> String {
        String::from_utf8_lossy(&self.bytes(token)).into_owned()
    }

    fn is_end(&self, token: Token) -> bool {
        self.0.tokenizer().is_end(token)
    }

    fn start(&self) -> Option<Token> {
        self.0.tokenizer().start()
    }

    fn end(&self) -> Option<Token> {
        self.0.tokenizer().end()
    }
}

/// The toy under another card.
struct Recarded(Toy, ModelCard);

impl Recarded {
    fn new(change: impl Fn(&mut ModelCard)) -> Recarded {
        let toy = Toy::new(0);
        let mut card = toy.card().clone();
        change(&mut card);
        Recarded(toy, card)
    }
}

impl Model for Recarded {
    fn card(&self) -> &ModelCard {
        &self.1
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.0.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        self.0.open(shape)
    }
}

#[test]
fn costs_go_on_as_steeply_beyond_what_was_measured() {
    let costs = Costs {
        draft: [0.0; 2],
        read: 0.0,
        check: vec![1.0, 1.5, 2.0],
    };
    assert_eq!([1, 2, 3, 5].map(|n| costs.check(n)), [1.0, 1.5, 2.0, 3.0]);
}

#[test]
fn a_pass_is_filled_up_where_a_whole_tile_costs_less_than_single_rows() {
    let costs = Costs {
        draft: [0.0; 2],
        read: 0.0,
        check: vec![1.0, 2.0, 3.0, 1.8, 2.8, 2.75],
    };
    assert_eq!(
        [1, 2, 3, 4, 5, 9].map(|n| costs.rows(n)),
        [1, 4, 4, 4, 5, 9]
    );
    assert_eq!([2, 3].map(|n| costs.check(n)), [1.8, 1.8]);
    let spied = crate::generate::tests::Spied::new(3);
    let draft = Toy::new(3);
    let costs = Costs {
        draft: [0.0; 2],
        read: 0.0,
        check: vec![1.0, 1.3, 1.4, 1.02],
    };
    let length = Length::Adaptive {
        most: 2,
        costs,
        trial: Vec::new(),
    };
    let drafter = by_model(&draft, 1, Guessing::Likeliest);
    let engine = Speculative::new(&spied, lanes(1, Width::FAST), drafter, length);
    completions(&engine, &[request("fill", 30, Sampling::GREEDY, 0)]).unwrap();
    let rows = spied.rows.borrow();
    let widths: Vec<usize> = rows.iter().skip(1).map(|feed| feed[0].1).collect();
    assert!(
        widths.iter().all(|n| [1, 4].contains(n)) && widths.contains(&4),
        "{widths:?}"
    );
}

/// A toy that knows the first ids only, and breaks at others.
struct Narrow(Toy, ModelCard);

impl Narrow {
    fn new(seed: u64, n_vocab: usize) -> Narrow {
        let toy = Toy::new(seed);
        let mut card = toy.card().clone();
        card.n_vocab = n_vocab;
        Narrow(toy, card)
    }
}

impl Model for Narrow {
    fn card(&self) -> &ModelCard {
        &self.1
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.0.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        Ok(Box::new(NarrowSession(self.0.open(shape)?, self.1.n_vocab)))
    }
}

struct NarrowSession<'m>(Box<dyn Session + 'm>, usize);

impl Session for NarrowSession<'_> {
    fn shape(&self) -> SessionShape {
        self.0.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.0.len(sequence)
    }

    fn feed(
        &mut self,
        feeds: &[crate::Feed<'_>],
        on_row: &mut dyn FnMut(crate::Row<'_>),
    ) -> Result<(), Error> {
        let n_vocab = self.1;
        let mut fed = feeds.iter().flat_map(|feed| feed.tokens);
        assert!(
            fed.all(|token| (*token as usize) < n_vocab),
            "an unknown id"
        );
        self.0.feed(feeds, &mut |row| {
            on_row(crate::Row {
                logits: &row.logits[..n_vocab],
                ..row
            });
        })
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.0.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        self.0.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.0.cache_bytes()
    }
}

#[test]
fn vocabularies_of_unequal_size_are_decoded_with_and_no_model_reads_an_id_that_it_lacks() {
    // The draft lacks ids of the target, and the target ids of the draft.
    for (of_target, of_draft) in [(258, 100), (100, 258)] {
        let (target, draft) = (Narrow::new(3, of_target), Narrow::new(4, of_draft));
        let warm = Sampling {
            temperature: 1.0,
            ..Sampling::GREEDY
        };
        for sampling in [Sampling::GREEDY, warm] {
            let asked = [request("AB AB", 60, sampling, 1)];
            let plain = Plain::new(&target, lanes(1, Width::FAST));
            let plain = completions(&plain, &asked).unwrap();
            for guessing in [Guessing::Likeliest, Guessing::Drawn] {
                let drafter = by_model(&draft, 1, guessing);
                let lanes = lanes(1, Width::FAST);
                let engine = Speculative::new(&target, lanes, drafter, Length::Fixed(3));
                let guessed = completions(&engine, &asked).unwrap();
                assert_eq!(guessed[0].tokens.len(), 60);
                if guessing == Guessing::Likeliest || sampling.temperature == 0.0 {
                    assert_eq!(guessed[0].tokens, plain[0].tokens);
                }
            }
        }
    }
}
