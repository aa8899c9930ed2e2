use std::ops::ControlFlow;

use super::*;
use crate::laws::{self, Closeness};
use crate::toy::{F16, Toy};
use crate::{Completion, Ending, Finish, Sampling, Special};

fn lanes(n: usize, width: Width) -> Lanes {
    Lanes {
        n,
        capacity: 256,
        width,
        cache: F16,
    }
}

fn request(prompt: &str, max_tokens: usize) -> Request {
    let toy = Toy::new(0);
    Request {
        prompt: toy.tokenizer().encode(prompt, Special::Plain),
        n_shared: 0,
        sampling: Sampling::GREEDY,
        seed: 1,
        max_tokens,
        stop: Vec::new(),
        ending: Ending::AtLimit,
    }
}

fn completions(n: usize, width: Width, requests: &[Request]) -> Vec<Completion> {
    let toy = Toy::new(3);
    let mut done: Vec<Option<Completion>> = vec![None; requests.len()];
    let mut shown = vec![String::new(); requests.len()];
    let flow = Plain::new(&toy, lanes(n, width)).generate(requests, &mut |event: Event<'_>| {
        match event {
            Event::Token { request, text, .. } => shown[request] += text,
            Event::Finished {
                request,
                completion,
            } => {
                assert!(done[request].replace(completion).is_none(), "told twice");
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), Flow::Complete);
    let done: Vec<Completion> = done.into_iter().map(Option::unwrap).collect();
    for (completion, shown) in done.iter().zip(shown) {
        if completion.finish == Finish::Length {
            assert_eq!(completion.text, shown, "what was streamed is the text");
        }
    }
    done
}

#[test]
fn the_toy_obeys_every_law() {
    let toy = Toy::new(11);
    let text = toy
        .tokenizer()
        .encode("the quick brown fox jumps", Special::Plain);
    for n in [1, 2, 5] {
        laws::check(&toy, &text, Closeness::Exact, lanes(n, Width::fixed(n))).unwrap();
    }
}

#[test]
fn lanes_and_width_do_not_change_what_an_exact_model_says() {
    let requests: Vec<Request> = (0..9)
        .map(|i| request(&"ab ".repeat(1 + i / 3), 5 + i))
        .collect();
    let alone = completions(1, Width::FAST, &requests);
    assert_eq!(alone, completions(4, Width::FAST, &requests));
    assert_eq!(alone, completions(4, Width::fixed(7), &requests));
    assert_eq!(alone, completions(20, Width::fixed(1), &requests));
}

#[test]
fn a_completion_has_exactly_the_tokens_asked_for() {
    let done = completions(2, Width::FAST, &[request("x", 1), request("y", 17)]);
    assert_eq!(done[0].tokens.len(), 1);
    assert_eq!(done[1].tokens.len(), 17);
}

#[test]
fn declaring_a_shared_prefix_changes_nothing_in_an_exact_model() {
    let mut shared: Vec<Request> = (0..4)
        .map(|i| request(&format!("same head {i}"), 8))
        .collect();
    let plain = completions(3, Width::fixed(3), &shared);
    for request in &mut shared {
        request.n_shared = 9;
    }
    assert_eq!(plain, completions(3, Width::fixed(3), &shared));
}

#[test]
fn a_stop_string_ends_a_completion_and_is_not_part_of_it() {
    let whole = &completions(1, Width::FAST, &[request("stop test", 40)])[0].text;
    let stop = whole.chars().skip(7).take(2).collect::<String>();
    let mut asked = request("stop test", 40);
    asked.ending = Ending::Natural;
    asked.stop = vec![stop.clone()];
    let done = &completions(1, Width::FAST, &[asked])[0];
    assert_eq!(done.finish, Finish::StopString);
    assert_eq!(done.text, whole[..whole.find(&stop).unwrap()]);
}

#[test]
fn impossible_requests_are_refused_before_any_work() {
    let toy = Toy::new(0);
    let engine = Plain::new(&toy, lanes(2, Width::fixed(2)));
    let mut too_long = request("abc", 254);
    too_long.seed = 9;
    let mut bad_sampling = request("abc", 5);
    bad_sampling.sampling.top_p = 0.0;
    let mut shares_too_much = request("abc", 5);
    shares_too_much.n_shared = 4;
    for bad in [
        request("", 5),
        request("a", 0),
        too_long,
        bad_sampling,
        shares_too_much,
    ] {
        let mut n_events = 0;
        let result = engine.generate(&[request("fine", 5), bad], &mut |_: Event<'_>| {
            n_events += 1;
            ControlFlow::Continue(())
        });
        assert!(
            matches!(result, Err(Error::Request { index: 1, .. })),
            "{result:?}"
        );
        assert_eq!(n_events, 0);
    }
}

#[test]
fn a_sink_can_stop_at_any_event() {
    let toy = Toy::new(0);
    let engine = Plain::new(&toy, lanes(2, Width::fixed(2)));
    let requests = [request("one", 3), request("two", 3), request("three", 3)];
    for stop_after in 1..15 {
        let mut n_events = 0;
        let flow = engine.generate(&requests, &mut |_: Event<'_>| {
            n_events += 1;
            if n_events == stop_after {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(flow.unwrap(), Flow::Stopped);
        assert_eq!(n_events, stop_after, "no event after the answer to stop");
    }
}

/// The sequences of a feed, each with its number of tokens.
type Rows = Vec<Vec<(usize, usize)>>;

/// The toy, with every feed of its sessions written down.
pub(crate) struct Spied {
    toy: Toy,
    pub(crate) rows: std::rc::Rc<std::cell::RefCell<Rows>>,
    /// So many rows of a session are numbers; in later ones is one that is none.
    n_sound: usize,
}

impl Spied {
    pub(crate) fn new(seed: u64) -> Spied {
        Spied {
            toy: Toy::new(seed),
            rows: Default::default(),
            n_sound: usize::MAX,
        }
    }

    /// One whose sessions break after so many rows.
    pub(crate) fn breaking(n_sound: usize) -> Spied {
        Spied {
            n_sound,
            ..Spied::new(3)
        }
    }

    fn feeds(&self) -> Vec<Vec<usize>> {
        let sequences = |feed: &Vec<(usize, usize)>| feed.iter().map(|(s, _)| *s).collect();
        self.rows.borrow().iter().map(sequences).collect()
    }
}

struct SpiedSession<'m> {
    inner: Box<dyn Session + 'm>,
    rows: std::rc::Rc<std::cell::RefCell<Rows>>,
    n_sound: usize,
}

impl Model for Spied {
    fn card(&self) -> &ModelCard {
        self.toy.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.toy.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, Error> {
        let (inner, rows) = (self.toy.open(shape)?, self.rows.clone());
        let n_sound = self.n_sound;
        Ok(Box::new(SpiedSession {
            inner,
            rows,
            n_sound,
        }))
    }
}

impl Session for SpiedSession<'_> {
    fn shape(&self) -> SessionShape {
        self.inner.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.inner.len(sequence)
    }

    fn feed(
        &mut self,
        feeds: &[Feed<'_>],
        on_row: &mut dyn FnMut(crate::Row<'_>),
    ) -> Result<(), Error> {
        let rows = |feed: &Feed<'_>| (feed.sequence, feed.tokens.len());
        self.rows
            .borrow_mut()
            .push(feeds.iter().map(rows).collect());
        let n_sound = &mut self.n_sound;
        self.inner.feed(feeds, &mut |row| {
            let mut logits = row.logits.to_vec();
            if *n_sound == 0 {
                logits[7] = f32::NAN;
            }
            *n_sound = n_sound.saturating_sub(1);
            on_row(crate::Row {
                logits: &logits,
                ..row
            });
        })
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), Error> {
        self.inner.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), Error> {
        self.inner.rewind(sequence, len)
    }

    fn cache_bytes(&self) -> u64 {
        self.inner.cache_bytes()
    }
}

#[test]
fn steps_are_whole_tiles_of_neighbouring_sequences_and_shrink_with_the_work() {
    let spied = Spied::new(3);
    // The first requests end first, so that the busy lanes that are left have to move down.
    let requests: Vec<Request> = (0..12)
        .map(|i| request(&format!("{i}"), 5 + 6 * i))
        .collect();
    let width = Width {
        multiple: 4,
        least: 4,
    };
    let mut texts = vec![String::new(); requests.len()];
    let flow = Plain::new(&spied, lanes(12, width)).generate(&requests, &mut |event: Event<'_>| {
        if let Event::Finished {
            request,
            completion,
        } = event
        {
            texts[request] = completion.text;
        }
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), Flow::Complete);
    let feeds = spied.feeds();
    let steps: Vec<&Vec<usize>> = feeds
        .iter()
        .filter(|feed| feed.as_slice() != [12])
        .collect();
    for step in &steps {
        assert_eq!(
            **step,
            (0..step.len()).collect::<Vec<_>>(),
            "neighbours from 0 on"
        );
        assert_eq!(step.len() % 4, 0);
    }
    let widths: Vec<usize> = steps.iter().map(|step| step.len()).collect();
    assert!(widths.is_sorted_by(|a, b| a >= b), "{widths:?}");
    assert_eq!((widths[0], widths[widths.len() - 1]), (12, 4));
    let alone: Vec<String> = completions(1, Width::FAST, &requests)
        .into_iter()
        .map(|c| c.text)
        .collect();
    assert_eq!(texts, alone);
}

#[test]
fn prompts_that_are_asked_several_times_are_read_once() {
    let spied = Spied::new(3);
    let requests: Vec<Request> = (0..6)
        .map(|i| request(if i < 3 { "first" } else { "second" }, 4))
        .collect();
    let flow = Plain::new(&spied, lanes(2, Width::fixed(2)))
        .generate(&requests, &mut |_: Event<'_>| ControlFlow::Continue(()));
    assert_eq!(flow.unwrap(), Flow::Complete);
    let n_prompts = spied
        .feeds()
        .iter()
        .filter(|feed| feed.as_slice() == [2])
        .count();
    assert_eq!(n_prompts, 2);
}

#[test]
fn a_row_without_numbers_is_an_error_that_says_which_token_it_was_to_predict() {
    let asked = request("broken", 20);
    for n_sound in [0, 1, 9] {
        let spied = Spied::breaking(n_sound);
        let mut n_told = 0;
        let outcome = Plain::new(&spied, lanes(1, Width::FAST)).generate(
            std::slice::from_ref(&asked),
            &mut |event: Event<'_>| {
                n_told += usize::from(matches!(event, Event::Token { .. }));
                assert!(!matches!(event, Event::Finished { .. }), "nothing is whole");
                ControlFlow::Continue(())
            },
        );
        let position = match outcome {
            Err(Error::NotFinite { position }) => position,
            other => panic!("{other:?}"),
        };
        assert_eq!(n_told, n_sound, "what was chosen from numbers was told");
        assert_eq!(position, asked.prompt.len() + n_sound);
    }
}
