//! Several branches of one beginning: the beginning is read once, and each branch continues from it.
//!
//! This is how multiple choice is scored: the question is the beginning, the choices are the branches. A branch is a
//! [`Window`] whose last tokens are scored. With several sequences in the session the last one reads the beginning
//! and the others are forked from it, so that branches are read side by side; with one sequence they are read one
//! after another, and each is forgotten before the next. On an exact model both give the same bits.

use crate::score::{PIECE, Window, surprise};
use crate::{Error, Feed, Logits, Session};

/// Surprise of the scored tokens of each window, summed, in nats. Shape: (windows).
///
/// # Errors
/// [`Error::NotFinite`] for logits that are no distribution, with the place in the window; those of
/// [`Session::feed`].
pub fn nats_of_each(session: &mut dyn Session, windows: &[Window]) -> Result<Vec<f64>, Error> {
    let shared = shared(windows);
    let root = session.shape().n_sequences - 1;
    session.rewind(root, 0)?;
    for tokens in windows
        .first()
        .map_or(&[][..], |w| &w.tokens[..shared])
        .chunks(PIECE)
    {
        let feed = Feed {
            sequence: root,
            tokens,
            logits: Logits::None,
        };
        session.feed(&[feed], &mut |_| ())?;
    }
    let tails: Vec<Window> = windows.iter().map(|window| tail(window, shared)).collect();
    nats_after(session, root, &tails).map_err(|error| match error {
        Error::NotFinite { position } => Error::NotFinite {
            position: position + shared,
        },
        other => other,
    })
}

/// The same for windows that go on after what the sequence `root` holds, which it holds again in the end. Every
/// other sequence of the session is overwritten.
///
/// # Errors
/// Those of [`nats_of_each`], places counted from what is held.
pub fn nats_after(
    session: &mut dyn Session,
    root: usize,
    tails: &[Window],
) -> Result<Vec<f64>, Error> {
    let held = session.len(root);
    let all = 0..session.shape().n_sequences;
    let lanes: Vec<usize> = all.filter(|sequence| *sequence != root).collect();
    let mut nats = Vec::with_capacity(tails.len());
    for group in tails.chunks(lanes.len().max(1)) {
        if lanes.is_empty() {
            nats.extend(side_by_side(session, &[root], group)?);
            session.rewind(root, held)?;
            continue;
        }
        for lane in &lanes[..group.len()] {
            session.fork(root, *lane)?;
        }
        nats.extend(side_by_side(session, &lanes, group)?);
    }
    Ok(nats)
}

/// How many tokens at the beginning all windows share and none scores. The token before the first scored one is
/// not among them: its row is wanted by each.
pub fn shared(windows: &[Window]) -> usize {
    let Some((first, others)) = windows.split_first() else {
        return 0;
    };
    let most = windows.iter().map(Window::first).min().unwrap_or(0);
    let agrees = |place: &usize| {
        let token = first.tokens[*place];
        others.iter().all(|other| other.tokens[*place] == token)
    };
    (0..most.saturating_sub(1)).take_while(agrees).count()
}

/// A window without its first tokens, of which none is scored.
fn tail(window: &Window, from: usize) -> Window {
    Window {
        tokens: window.tokens[from..].to_vec(),
        n_scored: window.n_scored,
    }
}

/// Each tail in a sequence of its own, piece by piece, so that rows stay few.
fn side_by_side(
    session: &mut dyn Session,
    lanes: &[usize],
    tails: &[Window],
) -> Result<Vec<f64>, Error> {
    let mut nats = vec![0.0; tails.len()];
    let mut broken = None;
    // The last token is not fed: nobody asks what comes after it.
    let fed = |tail: &Window| tail.tokens.len().saturating_sub(1);
    let longest = tails.iter().map(fed).max().unwrap_or(0);
    let piece = (PIECE / tails.len().max(1)).max(1);
    for from in (0..longest).step_by(piece) {
        let going_on = |(at, tail): (usize, &'_ Window)| (fed(tail) > from).then_some(at);
        let who: Vec<usize> = tails.iter().enumerate().filter_map(going_on).collect();
        let feeds: Vec<Feed<'_>> = who
            .iter()
            .map(|&at| Feed {
                sequence: lanes[at],
                tokens: &tails[at].tokens[from..fed(&tails[at]).min(from + piece)],
                logits: Logits::From(tails[at].first().saturating_sub(from + 1)),
            })
            .collect();
        session.feed(&feeds, &mut |row| {
            // The row of a token predicts the one after it.
            let (at, place) = (who[row.feed], from + row.offset + 1);
            match surprise(row.logits, tails[at].tokens[place]) {
                Some(surprise) => nats[at] += surprise,
                None => broken = broken.or(Some(place)),
            }
        })?;
    }
    match broken {
        Some(position) => Err(Error::NotFinite { position }),
        None => Ok(nats),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::nats_in;
    use crate::toy::{F16, Toy};
    use crate::{Model, SessionShape, Token};

    fn open(toy: &Toy, n_sequences: usize) -> Box<dyn Session + '_> {
        let shape = SessionShape {
            n_sequences,
            capacity: 2000,
            cache: F16,
        };
        toy.open(shape).unwrap()
    }

    fn window(beginning: &str, branch: &str) -> Window {
        let bytes = beginning.bytes().chain(branch.bytes());
        Window {
            tokens: [256].into_iter().chain(bytes.map(Token::from)).collect(),
            n_scored: branch.len(),
        }
    }

    /// Of unequal lengths, one longer than a piece.
    fn windows() -> Vec<Window> {
        let long = "go on and on ".repeat(60);
        ["yes", "no", "a", long.as_str(), "perhaps not"]
            .map(|branch| window("Is it? ", branch))
            .to_vec()
    }

    #[test]
    fn reading_the_beginning_once_changes_nothing_and_neither_do_neighbours() {
        let toy = Toy::new(7);
        let windows = windows();
        let mut alone = open(&toy, 1);
        let sum =
            |window: &Window| -> f64 { nats_in(alone.as_mut(), 0, window).unwrap().iter().sum() };
        let wanted: Vec<f64> = windows.iter().map(sum).collect();
        for n_sequences in [1, 2, 3, 6, 9] {
            let mut session = open(&toy, n_sequences);
            for _ in 0..2 {
                let found = nats_of_each(session.as_mut(), &windows).unwrap();
                assert_eq!(found, wanted, "{n_sequences} sequences");
            }
        }
    }

    #[test]
    fn the_order_of_branches_does_not_change_what_each_is_worth() {
        let toy = Toy::new(7);
        let mut windows = windows();
        let mut session = open(&toy, 4);
        let found = nats_of_each(session.as_mut(), &windows).unwrap();
        windows.reverse();
        let mut back = nats_of_each(session.as_mut(), &windows).unwrap();
        back.reverse();
        assert_eq!(found, back);
    }

    #[test]
    fn contexts_that_differ_share_what_they_have_in_common() {
        let toy = Toy::new(7);
        let filled = |who: &str| window(&format!("so {who}"), " went home");
        let windows = [filled("Ann"), filled("Anselm"), filled("Bo")];
        assert_eq!(shared(&windows[..2]), "<so An".len());
        assert_eq!(shared(&windows), "<so ".len());
        assert_eq!(shared(&[]), 0);
        let same = [filled("Ann"), filled("Ann")];
        assert_eq!(
            shared(&same),
            "<so An".len(),
            "the last row is wanted by each"
        );
        let mut alone = open(&toy, 1);
        let found = nats_of_each(open(&toy, 3).as_mut(), &windows).unwrap();
        for (window, found) in windows.iter().zip(found) {
            let wanted: f64 = nats_in(alone.as_mut(), 0, window).unwrap().iter().sum();
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn what_the_root_held_it_holds_again() {
        let toy = Toy::new(7);
        for n_sequences in [1, 3] {
            let mut session = open(&toy, n_sequences);
            let root = n_sequences - 1;
            let tokens: Vec<Token> = "some text ".bytes().map(Token::from).collect();
            let feed = Feed {
                sequence: root,
                tokens: &tokens,
                logits: Logits::None,
            };
            session.feed(&[feed], &mut |_| ()).unwrap();
            let tails = [window("a", "bc"), window("a", "d")];
            let first = nats_after(session.as_mut(), root, &tails).unwrap();
            assert_eq!(session.len(root), tokens.len());
            assert_eq!(nats_after(session.as_mut(), root, &tails).unwrap(), first);
        }
    }

    #[test]
    fn a_window_without_context_is_scored_from_its_second_token() {
        let toy = Toy::new(7);
        let windows = [window("", "ab"), window("", "c")];
        let found = nats_of_each(open(&toy, 2).as_mut(), &windows).unwrap();
        assert!(found.iter().all(|nats| *nats > 0.0));
    }
}
