//! Whether texts depend on the batch: a model of which it is true is found out, and the check costs few steps.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bench::Plan;
use bench::desk::Unwatched;
use bench::run::Ended;
use measure::FakeClock;

use super::author::{Author, Bent};
use super::{Tools, carry_out, complete, folder, machine, plan, subject, values};

/// The code benchmark alone: six problems of each of two suites, sixteen side by side.
fn code() -> Plan {
    let mut plan = plan();
    (plan.perplexity, plan.memory) = (None, None);
    if let Some(code) = &mut plan.code {
        (code.batch, code.limit) = (16, Some(6));
    }
    plan
}

#[test]
fn a_text_that_depends_on_the_number_of_rows_is_found_in_each_suite() {
    let (sound, bent) = (
        Author::new(1),
        Bent::new(1, |n_rows, logits| {
            if n_rows > 8 {
                logits[usize::from(b'z')] += 1e4;
            }
        }),
    );
    let root = folder();
    let subjects = [subject("sound", &sound), subject("bent", &bent)];
    let run = complete(root.path(), &subjects, &code()).unwrap();
    let shares = values(&run, "determinism_differing_share");
    assert_eq!(shares.len(), 4);
    for share in shares {
        // A text that ends with its first token has met no step.
        let n_differing = share.values.iter().sum::<f64>();
        assert_eq!(share.values.len(), 6);
        assert_eq!(share.model == "bent", n_differing >= 4.0, "{share:?}");
        assert_eq!(share.model == "sound", n_differing == 0.0, "{share:?}");
        assert_eq!(share.conditions["rows"], "16 and 8");
    }
}

/// Rows of steps since somebody set it to 0.
static N_ROWS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn rows_that_are_computed_anyway_have_a_text_each() {
    // Counts rows of steps; never a text of its own ends before its limit.
    let model = Bent::new(1, |n_rows, logits| {
        if n_rows > 1 {
            N_ROWS.fetch_add(1, Ordering::Relaxed);
        }
        logits[usize::from(b'z')] += 1e4;
    });
    let root = folder();
    let mut plan = code();
    if let Some(code) = &mut plan.code {
        code.judge = false;
    }
    complete(root.path(), &[subject("one", &model)], &plan).unwrap();
    // All is there but what the check recorded, so that its steps are counted alone.
    for name in ["progress.jsonl", "measurements.jsonl"] {
        std::fs::write(root.path().join("run").join(name), "").unwrap();
    }
    N_ROWS.store(0, Ordering::Relaxed);
    let mut tools = Tools {
        clock: &FakeClock::stepping(1000),
        sandbox: &machine(),
        stop: &AtomicBool::new(false),
        watcher: &mut Unwatched,
    };
    let ended = carry_out(root.path(), &[subject("one", &model)], &plan, &mut tools);
    assert_eq!(ended.unwrap(), Ended::Complete);
    // Twelve texts of 48 tokens, the first of each from its prompt: once in 16 rows, then in twice 8.
    assert_eq!(N_ROWS.load(Ordering::Relaxed), 47 * 16 + 2 * 47 * 8);
}
