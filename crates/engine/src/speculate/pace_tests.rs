use super::*;

/// A draft that costs so much, in steps over one token and over two, and passes that cost hardly more than a step.
fn pace(draft: [f64; 2], trial: &[f64]) -> Pace {
    Pace::new(Length::Adaptive {
        most: 4,
        costs: Costs {
            draft,
            read: 0.05,
            check: vec![1.0, 1.05, 1.1, 1.15, 1.2],
        },
        trial: trial.to_vec(),
    })
}

const LONG: Entry = Entry {
    n_unread: 0,
    second: 0.0,
    n_left: 64,
};

/// Lives through passes with a drafter that is always so sure of its guesses, and of which all or none come true.
/// Returns the tokens, what they cost, and in how many passes guesses were looked at.
fn live(pace: &mut Pace, n: usize, confidence: f32, comes_true: bool) -> (f64, f64, usize) {
    let (mut tokens, mut cost, mut n_guessed) = (0.0, 0.0, 0);
    let mut second = 0.0;
    for _ in 0..n {
        pace.begin_pass(1);
        let mut draft = Draft::nothing();
        if pace.starts(Source::Model, Entry { second, ..LONG }) {
            draft.source = Source::Model;
            let guess = Guess {
                token: 0,
                confidence,
                drawn_from: None,
            };
            draft.guesses.push(guess.clone());
            while draft.guesses.len() < 4 && pace.goes_on(Source::Model, &draft.guesses) {
                draft.guesses.push(guess.clone());
            }
        }
        let n_checked = pace.keep(&draft);
        let accepted = if comes_true { n_checked } else { 0 };
        pace.saw(&draft, n_checked, accepted);
        let Length::Adaptive { costs, .. } = &pace.length else {
            panic!("it adapts");
        };
        if !draft.guesses.is_empty() {
            cost += costs.drafting(Source::Model, draft.guesses.len());
            cost += second * costs.second(Source::Model);
            let whole = accepted == draft.guesses.len();
            second = f64::from(u8::from(whole));
        }
        cost += costs.check(1 + n_checked);
        tokens += 1.0 + accepted as f64;
        n_guessed += usize::from(n_checked > 0);
    }
    (tokens, cost, n_guessed)
}

#[test]
fn a_second_row_of_the_draft_is_charged_in_the_pass_that_has_it() {
    let mut pace = pace([0.2, 2.2], &[0.95]);
    pace.begin_pass(1);
    let last = Entry { n_left: 3, ..LONG };
    assert!(pace.starts(Source::Model, last));
    let alone = pace.cost(&costs(&pace), Source::Model, 2);
    let behind = Entry {
        second: 1.0,
        ..last
    };
    assert!(!pace.starts(Source::Model, behind), "three tokens left");
    let second = pace.cost(&costs(&pace), Source::Model, 2);
    assert!((second - alone - 2.0).abs() < 1e-12, "{second} {alone}");
    assert_eq!(pace.cost(&costs(&pace), Source::Suffix, 2), 1.1);
    pace.begin_pass(1);
    assert_eq!(pace.cost(&costs(&pace), Source::Model, 2), alone);
}

fn costs(pace: &Pace) -> Costs {
    match &pace.length {
        Length::Adaptive { costs, .. } => costs.clone(),
        Length::Fixed(_) => panic!("it adapts"),
    }
}

#[test]
fn a_draft_that_only_pays_above_nine_in_ten_begins_where_the_trial_says_so() {
    let dear = [0.85; 2];
    assert!(!pace(dear, &[]).starts(Source::Model, LONG));
    assert!(!pace(dear, &[0.7]).starts(Source::Model, LONG));
    assert!(pace(dear, &[0.99]).starts(Source::Model, LONG));
    // Whoever is mostly wrong at the first place never comes to the others.
    assert!(!pace(dear, &[0.3, 0.99]).starts(Source::Model, LONG));
}

#[test]
fn where_nobody_has_tried_good_trials_follow_each_other_until_it_pays() {
    let mut pace = pace([0.85; 2], &[]);
    let (_, _, n_guessed) = live(&mut pace, 96, 0.9, true);
    assert_eq!(n_guessed, 1, "the first trial");
    let (tokens, cost, n_guessed) = live(&mut pace, 200, 0.9, true);
    assert_eq!(n_guessed, 200);
    assert!(tokens > 1.05 * cost, "{tokens} in {cost} steps");
}

#[test]
fn whoever_guesses_hardly_anything_is_lost_whatever_it_claims() {
    // Unsure guesses are dropped unlooked, sure ones are wrong, dear ones cost more than they can yield.
    let cases = [
        ([0.3, 0.6], 0.1, false),
        ([0.3, 0.6], 0.99, false),
        ([0.1, 0.1], 0.99, false),
        ([1.2, 1.9], 0.99, true),
    ];
    for (draft, confidence, comes_true) in cases {
        for trial in [&[][..], &[0.95], &[0.2]] {
            let mut pace = pace(draft, trial);
            let (tokens, cost, _) = live(&mut pace, 1000, confidence, comes_true);
            let share = tokens / cost;
            assert!(share > 0.98, "{draft:?} {confidence} {trial:?}: {share}");
        }
    }
}

#[test]
fn a_draft_that_was_wrong_and_becomes_right_is_used_again() {
    for draft in [[0.1; 2], [0.5, 0.6]] {
        let mut pace = pace(draft, &[0.9]);
        live(&mut pace, 200, 0.9, false);
        live(&mut pace, 400, 0.9, true);
        let (_, _, n_guessed) = live(&mut pace, 100, 0.9, true);
        assert_eq!(n_guessed, 100, "{draft:?}");
    }
}

#[test]
fn good_trials_take_away_no_experience_that_was_good() {
    let mut pace = pace([0.1; 2], &[0.5]);
    live(&mut pace, 50, 0.9, true);
    let source = Source::Model as usize;
    let before = pace.sources[source].usual(0, &[0.5]);
    pace.sources[source].trial = true;
    live(&mut pace, 1, 0.9, true);
    let after = pace.sources[source].usual(0, &[0.5]);
    assert!(after >= before, "{before} then {after}");
}

#[test]
fn a_text_to_read_is_weighed_against_the_answers_that_there_were() {
    let mut pace = pace([0.1; 2], &[0.9]);
    assert_eq!([pace.likely_left(4000), pace.likely_left(9)], [64, 9]);
    let entry = |pace: &Pace| Entry {
        n_unread: 300,
        n_left: pace.likely_left(4000),
        ..LONG
    };
    assert!(pace.starts(Source::Model, entry(&pace)));
    (0..20).for_each(|_| pace.ended(12));
    assert!(
        !pace.starts(Source::Model, entry(&pace)),
        "answers are short"
    );
    (0..40).for_each(|_| pace.ended(600));
    assert!(pace.starts(Source::Model, entry(&pace)), "answers are long");
}
