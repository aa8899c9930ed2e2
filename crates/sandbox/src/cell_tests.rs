//! Every layer refused once: the answer is always a fault that names the layer, and never a run.

use super::*;
use crate::fittings::Warm;

/// A program whose output would show that it ran.
fn telltale() -> Program {
    Program::new(["/bin/echo", "ran"])
}

#[test]
fn a_whole_cell_runs_the_telltale() {
    for tier in [Tier::T2, Tier::T3] {
        let cell = Cell::at(tier, Fittings::default()).unwrap();
        let outcome = cell.execute(&telltale(), &Limits::run()).unwrap();
        assert_eq!(
            (outcome.ending, outcome.stdout.bytes.as_slice()),
            (Ending::Exited(0), &b"ran\n"[..]),
            "{tier}"
        );
        assert_eq!(cell.badge().tier, tier);
        assert_eq!(cell.badge().exceptions.is_empty(), tier == Tier::T3);
    }
}

/// The layers that a tier has.
fn layers(tier: Tier) -> impl Iterator<Item = Step> {
    let never: &[Step] = match tier {
        Tier::T2 => &[Step::Root, Step::Mounts, Step::Pivot],
        _ => &[Step::Tree],
    };
    let always = [Step::Kernel, Step::Look, Step::Warm];
    let there = move |step: &Step| !never.contains(step) && !always.contains(step);
    Step::ALL.iter().copied().filter(there)
}

#[test]
fn every_refused_layer_is_a_fault_that_names_it_and_nothing_runs() {
    let both = [Tier::T2, Tier::T3].map(|tier| layers(tier).map(move |step| (tier, step)));
    for (tier, step) in both.into_iter().flatten() {
        let cell = Cell::sabotaged(tier, step, Fittings::default()).unwrap();
        match cell.execute(&telltale(), &Limits::run()) {
            Err(Fault::Layer {
                step: named,
                remedy,
                ..
            }) => {
                assert_eq!(named, step);
                assert!(!remedy.is_empty());
            }
            other => panic!("{tier} {step:?}: {other:?}"),
        }
        assert!(
            cell.prove().is_err(),
            "{tier} {step:?}: such a cell cannot be opened"
        );
    }
}

/// A cell with a warm interpreter and a program whose output would show that it ran.
fn warm() -> (Fittings, Program) {
    let python = crate::toolchain::find(crate::toolchain::Language::Python).unwrap();
    let file = crate::File {
        name: "main.py".to_owned(),
        bytes: b"print('ran')".to_vec(),
        mode: crate::Mode::Plain,
    };
    let telltale = Program {
        warm: true,
        ..python.run(file)
    };
    let mut argv = telltale.argv.clone();
    argv.pop();
    let warm = Warm {
        argv,
        modules: Vec::new(),
        imports: Vec::new(),
    };
    let fittings = Fittings {
        readable: python.readable.clone(),
        warm: vec![warm],
    };
    (fittings, telltale)
}

#[test]
fn every_refused_layer_of_a_fork_is_a_fault_that_names_it_and_nothing_runs() {
    let (fittings, telltale) = warm();
    let good = Cell::with(fittings.clone()).unwrap();
    let outcome = good.execute(&telltale, &Limits::run()).unwrap();
    assert!(
        outcome.warm && outcome.stdout.bytes == b"ran\n",
        "{outcome:?}"
    );
    for step in layers(Tier::T3).chain([Step::Warm]) {
        let cell = Cell::sabotaged(Tier::T3, step, fittings.clone()).unwrap();
        match cell.execute(&telltale, &Limits::run()) {
            Err(Fault::Layer { step: named, .. }) => assert_eq!(named, step),
            other => panic!("{step:?}: {other:?}"),
        }
    }
}
