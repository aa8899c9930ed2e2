//! What every model must hold, written once and run for each implementation.
//!
//! Each law opens its own session. An exact implementation is held to bit equality; one whose
//! kernels round by batch shape is held to a bound on the logits, and to exactness only where
//! shapes are equal.

mod speculation;

use crate::{
    Ending, Engine, Error, Feed, Lanes, Logits, Model, Plain, Request, Sampling, Session,
    SessionShape, Token, Width, completions, score,
};

pub use speculation::speculation;

/// How equal two rows must be that were computed in different pieces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Closeness {
    /// Bit for bit.
    Exact,
    /// The largest difference of a logit.
    Within(f32),
}

/// Runs every law over a text of that model.
///
/// # Errors
/// A sentence that names the law and what was seen.
pub fn check(
    model: &dyn Model,
    text: &[Token],
    closeness: Closeness,
    lanes: Lanes,
) -> Result<(), String> {
    let said = |law: &'static str| move |error: Error| format!("{law}: {error}");
    chunked_is_whole(model, text, closeness, lanes).map_err(said("chunked = whole"))??;
    later_rows_are_the_rows(model, text, closeness, lanes).map_err(said("rows from = rows"))??;
    rewound_is_replayed(model, text, lanes).map_err(said("rewind = replay"))??;
    forked_is_original(model, text, closeness, lanes).map_err(said("fork = original"))??;
    neighbours_do_not_matter(model, text, lanes).map_err(said("neighbours"))??;
    too_long_is_refused(model, text, lanes).map_err(said("too long"))??;
    score_is_finite(model, text, lanes).map_err(said("score"))??;
    same_seed_same_text(model, text, lanes).map_err(said("same seed = same text"))?
}

type Law = Result<Result<(), String>, Error>;

fn open(
    model: &dyn Model,
    n_sequences: usize,
    lanes: Lanes,
) -> Result<Box<dyn Session + '_>, Error> {
    model.open(SessionShape {
        n_sequences,
        capacity: lanes.capacity,
        cache: lanes.cache,
    })
}

/// All rows after feeding `tokens` in pieces of `piece`.
fn rows(
    session: &mut dyn Session,
    sequence: usize,
    tokens: &[Token],
    piece: usize,
) -> Result<Vec<Vec<f32>>, Error> {
    let mut rows = Vec::new();
    for tokens in tokens.chunks(piece) {
        let feed = Feed {
            sequence,
            tokens,
            logits: Logits::All,
        };
        session.feed(&[feed], &mut |row| rows.push(row.logits.to_vec()))?;
    }
    Ok(rows)
}

fn compare(law: &str, a: &[Vec<f32>], b: &[Vec<f32>], closeness: Closeness) -> Result<(), String> {
    if a.len() != b.len() {
        return Err(format!("{law}: {} rows against {}", a.len(), b.len()));
    }
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        let gap = a
            .iter()
            .zip(b)
            .map(|(x, y)| (x - y).abs())
            .fold(0.0f32, f32::max);
        let bound = match closeness {
            Closeness::Exact => 0.0,
            Closeness::Within(bound) => bound,
        };
        if a.len() != b.len() || gap.is_nan() || gap > bound {
            return Err(format!("{law}: row {i} differs by {gap}, allowed {bound}"));
        }
    }
    Ok(())
}

/// Feeding token by token (cached) gives the rows of feeding all at once.
fn chunked_is_whole(model: &dyn Model, text: &[Token], closeness: Closeness, lanes: Lanes) -> Law {
    let mut session = open(model, 1, lanes)?;
    let whole = rows(session.as_mut(), 0, text, text.len())?;
    for piece in [1, 3] {
        session.rewind(0, 0)?;
        let chunked = rows(session.as_mut(), 0, text, piece)?;
        let law = format!("feeding in pieces of {piece} = feeding at once");
        if let Err(said) = compare(&law, &whole, &chunked, closeness) {
            return Ok(Err(said));
        }
    }
    Ok(Ok(()))
}

/// Asking only for the rows from some token on gives the last ones of all rows.
fn later_rows_are_the_rows(
    model: &dyn Model,
    text: &[Token],
    closeness: Closeness,
    lanes: Lanes,
) -> Law {
    let mut session = open(model, 1, lanes)?;
    let whole = rows(session.as_mut(), 0, text, text.len())?;
    for first in [0, text.len() / 2, text.len() - 1, text.len()] {
        session.rewind(0, 0)?;
        let (mut later, mut offsets) = (Vec::new(), Vec::new());
        let feed = Feed {
            sequence: 0,
            tokens: text,
            logits: Logits::From(first),
        };
        session.feed(&[feed], &mut |row| {
            offsets.push(row.offset);
            later.push(row.logits.to_vec());
        })?;
        let law = format!("rows from token {first} = the rows");
        if offsets != (first..text.len()).collect::<Vec<_>>() {
            return Ok(Err(format!("{law}: rows came for {offsets:?}")));
        }
        if let Err(said) = compare(&law, &whole[first..], &later, closeness) {
            return Ok(Err(said));
        }
    }
    Ok(Ok(()))
}

/// Going astray and rewinding leaves no trace: exact, because the shapes are the same.
fn rewound_is_replayed(model: &dyn Model, text: &[Token], lanes: Lanes) -> Law {
    let (head, tail) = text.split_at(text.len() / 2);
    let mut session = open(model, 1, lanes)?;
    rows(session.as_mut(), 0, head, head.len())?;
    let straight = rows(session.as_mut(), 0, tail, tail.len())?;
    session.rewind(0, head.len())?;
    let astray: Vec<Token> = tail.iter().rev().copied().collect();
    rows(session.as_mut(), 0, &astray, 2)?;
    session.rewind(0, head.len())?;
    if session.len(0) != head.len() {
        return Ok(Err(format!(
            "after rewinding to {} the length is {}",
            head.len(),
            session.len(0)
        )));
    }
    let replayed = rows(session.as_mut(), 0, tail, tail.len())?;
    Ok(compare(
        "rewind = replay",
        &straight,
        &replayed,
        Closeness::Exact,
    ))
}

/// A fork continues as its original does and is independent of it.
fn forked_is_original(
    model: &dyn Model,
    text: &[Token],
    closeness: Closeness,
    lanes: Lanes,
) -> Law {
    let (head, tail) = text.split_at(text.len() / 2);
    let mut session = open(model, 3, lanes)?;
    rows(session.as_mut(), 2, head, head.len())?;
    session.fork(2, 0)?;
    let fork = rows(session.as_mut(), 0, tail, tail.len())?;
    if session.len(2) != head.len() || session.len(0) != text.len() {
        return Ok(Err("fork = original: the fork is not independent".into()));
    }
    let original = rows(session.as_mut(), 2, tail, tail.len())?;
    Ok(compare("fork = original", &fork, &original, closeness))
}

/// In steps of equal width, what runs in the other lanes changes no bit.
fn neighbours_do_not_matter(model: &dyn Model, text: &[Token], lanes: Lanes) -> Law {
    let mut seen: Vec<Vec<Vec<f32>>> = Vec::new();
    for shift in [0usize, 1, 5] {
        let mut session = open(model, lanes.n, lanes)?;
        let mut mine = Vec::new();
        for (i, token) in text.iter().enumerate() {
            let other = [text[(i * 7 + shift) % text.len()]];
            let me = [*token];
            let feeds: Vec<Feed<'_>> = (0..lanes.n)
                .map(|lane| Feed {
                    sequence: lane,
                    tokens: if lane == 0 { &me } else { &other },
                    logits: Logits::Last,
                })
                .collect();
            session.feed(&feeds, &mut |row| {
                if row.feed == 0 {
                    mine.push(row.logits.to_vec());
                }
            })?;
            if shift == 5 && i % 3 == 0 {
                for lane in 1..lanes.n {
                    session.rewind(lane, 0)?;
                }
            }
        }
        seen.push(mine);
    }
    let law = "other lanes change nothing";
    Ok(
        compare(law, &seen[0], &seen[1], Closeness::Exact).and(compare(
            law,
            &seen[0],
            &seen[2],
            Closeness::Exact,
        )),
    )
}

fn too_long_is_refused(model: &dyn Model, text: &[Token], lanes: Lanes) -> Law {
    let mut session = open(model, 1, lanes)?;
    let long: Vec<Token> = text
        .iter()
        .cycle()
        .take(session.shape().capacity + 1)
        .copied()
        .collect();
    let feed = Feed {
        sequence: 0,
        tokens: &long,
        logits: Logits::None,
    };
    let refused = matches!(
        session.feed(&[feed], &mut |_| ()),
        Err(Error::TooLong { .. })
    );
    let untouched = session.len(0) == 0;
    Ok(if refused && untouched {
        Ok(())
    } else {
        Err("too long: a feed past the capacity was not refused cleanly".into())
    })
}

fn score_is_finite(model: &dyn Model, text: &[Token], lanes: Lanes) -> Law {
    let mut session = open(model, 1, lanes)?;
    let nats = score::nats_of(session.as_mut(), 0, &text[..1], &text[1..])?;
    let sane = nats.len() == text.len() - 1 && nats.iter().all(|n| n.is_finite() && *n >= -1e-6);
    Ok(if sane {
        Ok(())
    } else {
        Err(format!("score: {nats:?}"))
    })
}

/// The same request gives the same text alone, among others, and in any order (fixed width).
fn same_seed_same_text(
    model: &dyn Model,
    text: &[Token],
    lanes: Lanes,
) -> Result<Result<(), String>, Error> {
    let lanes = Lanes {
        width: Width::fixed(lanes.n),
        ..lanes
    };
    let mut sampling = Sampling::with_temperature(0.8);
    sampling.top_k = 40;
    let requests: Vec<Request> = (0..2 * lanes.n + 1)
        .map(|i| Request {
            prompt: text[..text.len() - i % 5].to_vec(),
            n_shared: (i % 3).min(text.len() / 2),
            sampling: if i % 2 == 0 {
                sampling
            } else {
                Sampling::GREEDY
            },
            seed: i as u64,
            max_tokens: 4 + i % 7,
            stop: Vec::new(),
            ending: Ending::Natural,
        })
        .collect();
    let engine = Plain::new(model, lanes);
    let together = texts(&engine, &requests)?;
    let reversed: Vec<Request> = requests.iter().rev().cloned().collect();
    let mut backwards = texts(&engine, &reversed)?;
    backwards.reverse();
    if together != backwards {
        return Ok(Err(
            "same seed = same text: the order of requests matters".into()
        ));
    }
    let fewer = Lanes {
        n: lanes.n.div_ceil(2),
        ..lanes
    };
    if texts(&Plain::new(model, fewer), &requests)? != together {
        return Ok(Err(
            "same seed = same text: the number of busy lanes matters".into(),
        ));
    }
    for (request, text) in requests.iter().zip(&together) {
        if texts(&engine, std::slice::from_ref(request))?[0] != *text {
            return Ok(Err(
                "same seed = same text: a request alone differs from the same among others".into(),
            ));
        }
    }
    Ok(Ok(()))
}

/// The tokens that each request became.
fn texts(engine: &dyn Engine, requests: &[Request]) -> Result<Vec<Vec<Token>>, Error> {
    let completions = completions(engine, requests)?.into_iter();
    Ok(completions.map(|completion| completion.tokens).collect())
}
