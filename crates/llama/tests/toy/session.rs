//! What a session costs, what it refuses, and many of them at once.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{CacheKind, CacheKinds, Error, Feed, Logits, Model, SessionShape};

use super::{rows, shape, text_tokens, toy};

/// llama.cpp tells the size of a buffer in MiB with two digits.
const PRECISION: f64 = 0.01 * 1024.0 * 1024.0;

fn formula(model: &dyn Model, shape: SessionShape) -> f64 {
    let elements = model.card().cache_elements.unwrap();
    let cells = shape.capacity.next_multiple_of(256) * shape.n_sequences;
    (elements.bytes(shape.cache) * cells as u64) as f64
}

#[test]
fn a_session_takes_as_many_bytes_as_the_formula_says() {
    let (_folder, model) = toy();
    for k in CacheKind::ALL {
        for v in CacheKind::ALL {
            for (n_sequences, capacity) in [(1, 1), (1, 256), (1, 257), (5, 700), (17, 4096)] {
                let shape = SessionShape {
                    n_sequences,
                    capacity,
                    cache: CacheKinds { k, v },
                };
                let told = model.open(shape).unwrap().cache_bytes() as f64;
                let wanted = formula(&model, shape);
                assert!(
                    (told - wanted).abs() <= PRECISION,
                    "{shape:?}: {told} told, {wanted} by the formula"
                );
            }
        }
    }
}

#[test]
fn a_session_that_cannot_be_is_an_error_and_not_a_crash() {
    let (_folder, model) = toy();
    let total = measure::probe::memory::total_bytes().unwrap() as usize;
    let per_token = formula(&model, shape(1, 256)) as usize / 256;
    for (n_sequences, capacity) in [
        (1, 0),
        (0, 256),
        (257, 256),
        (1, usize::MAX),
        (1, usize::MAX - 300),
        (usize::MAX, 1),
        (usize::MAX, usize::MAX),
        (1 << 33, 1 << 33),
        (1, 1 << 40),
        (1, 1 << 32),
        (1, (1 << 32) - 1),
        (1, (1 << 31) - 1),
        (256, 1 << 24),
        (1, 2 * total / per_token),
        (4, total / per_token / 4),
    ] {
        match model.open(shape(n_sequences, capacity)) {
            Err(Error::Open {
                n_sequences: n,
                capacity: c,
                cause,
            }) => {
                assert_eq!((n, c), (n_sequences, capacity));
                assert!(!cause.is_empty());
            }
            Err(other) => panic!("{n_sequences} × {capacity}: {other}"),
            Ok(session) => panic!(
                "{n_sequences} × {capacity} was opened with {} bytes",
                session.cache_bytes()
            ),
        }
    }
    assert!(model.open(shape(1, 256)).is_ok(), "and it goes on working");
}

#[test]
fn a_token_outside_of_the_vocabulary_is_an_error_and_not_a_crash() {
    let (_folder, model) = toy();
    for token in [260, 1 << 20, u32::MAX] {
        let mut session = model.open(shape(1, 256)).unwrap();
        let feed = Feed {
            sequence: 0,
            tokens: &[1, token],
            logits: Logits::Last,
        };
        let said = session.feed(&[feed], &mut |_| ()).unwrap_err();
        assert!(matches!(said, Error::Backend { .. }), "{said}");
    }
}

#[test]
fn sessions_of_several_threads_give_the_rows_of_one() {
    let (_folder, model) = toy();
    let text = text_tokens(&model);
    let alone = rows(&model, &text);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    assert_eq!(rows(&model, &text), alone);
                }
            });
        }
    });
}

#[test]
fn sessions_opened_at_once_on_two_models_report_their_own_bytes() {
    let ((_one, small), (_two, large)) = (toy(), toy());
    std::thread::scope(|scope| {
        for (model, capacity) in [(&small, 256), (&large, 8192)] {
            scope.spawn(move || {
                for _ in 0..60 {
                    let shape = shape(1, capacity);
                    let told = model.open(shape).unwrap().cache_bytes() as f64;
                    let wanted = formula(model, shape);
                    assert!((told - wanted).abs() <= PRECISION, "{told}, not {wanted}");
                }
            });
        }
    });
}

#[test]
fn many_open_sessions_do_not_disturb_each_other() {
    let (_folder, model) = toy();
    let text = text_tokens(&model);
    let alone = rows(&model, &text);
    let mut sessions: Vec<_> = (0..8).map(|_| model.open(shape(1, 256)).unwrap()).collect();
    let mut seen = vec![Vec::new(); sessions.len()];
    for (i, token) in text.iter().enumerate() {
        for (session, seen) in sessions.iter_mut().zip(&mut seen) {
            let feed = Feed {
                sequence: 0,
                tokens: &[*token],
                logits: Logits::Last,
            };
            session
                .feed(&[feed], &mut |row| seen.push(row.logits.to_vec()))
                .unwrap();
            assert_eq!(session.len(0), i + 1);
        }
    }
    assert!(seen.iter().all(|rows| *rows == seen[0]));
    let gap = super::largest_gap(&seen[0], &alone);
    assert!(gap < 0.05, "{gap}");
}

#[test]
fn a_text_longer_than_a_batch_of_llama_cpp_is_fed_in_pieces() {
    let (_folder, model) = toy();
    let text: Vec<_> = text_tokens(&model).into_iter().cycle().take(2500).collect();
    let mut session = model.open(shape(2, 2560)).unwrap();
    let mut places = Vec::new();
    let feeds = [0, 1].map(|sequence| Feed {
        sequence,
        tokens: &text[..text.len() - sequence],
        logits: Logits::All,
    });
    session
        .feed(&feeds, &mut |row| places.push((row.feed, row.offset)))
        .unwrap();
    let wanted: Vec<_> = (0..2500)
        .map(|i| (0, i))
        .chain((0..2499).map(|i| (1, i)))
        .collect();
    assert_eq!(places, wanted);
    assert_eq!((session.len(0), session.len(1)), (2500, 2499));
}

#[test]
fn a_long_feed_ends_after_the_piece_under_way_when_its_user_stops_it() {
    static SIGN: AtomicBool = AtomicBool::new(false);
    let (_folder, model) = toy();
    let model = model.heeding(&SIGN);
    let mut session = model.open(shape(1, 1280)).unwrap();
    let tokens = vec![65; 1200];
    let feed = |tokens| Feed {
        sequence: 0,
        tokens,
        logits: Logits::None,
    };
    session.feed(&[feed(&tokens)], &mut |_| ()).unwrap();
    session.rewind(0, 0).unwrap();
    SIGN.store(true, Ordering::Relaxed);
    let ended = session.feed(&[feed(&tokens)], &mut |_| ());
    assert!(matches!(ended, Err(Error::Stopped)), "{ended:?}");
    assert_eq!(session.len(0), 512);
    // What is short comes to its end: a benchmark may still have to look something up.
    session.feed(&[feed(&tokens[..500])], &mut |_| ()).unwrap();
}
