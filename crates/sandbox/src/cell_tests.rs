//! Every layer refused once: the answer is always a fault that names the layer, and never a run.

use super::*;

/// A program whose output would show that it ran.
fn telltale() -> Program {
    Program::new(["/bin/echo", "ran"])
}

#[test]
fn a_whole_cell_runs_the_telltale() {
    let outcome = Cell::open()
        .unwrap()
        .execute(&telltale(), &Limits::run())
        .unwrap();
    assert_eq!(
        (outcome.ending, outcome.stdout.bytes.as_slice()),
        (Ending::Exited(0), &b"ran\n"[..])
    );
}

#[test]
fn every_refused_layer_is_a_fault_that_names_it_and_nothing_runs() {
    for &step in Step::ALL
        .iter()
        .filter(|step| !matches!(step, Step::Kernel | Step::Look | Step::Warm))
    {
        let cell = Cell::sabotaged(step, Fittings::default()).unwrap();
        match cell.execute(&telltale(), &Limits::run()) {
            Err(Fault::Layer {
                step: named,
                remedy,
                ..
            }) => {
                assert_eq!(named, step);
                assert!(!remedy.is_empty());
            }
            other => panic!("{step:?}: {other:?}"),
        }
        assert!(
            cell.prove().is_err(),
            "{step:?}: such a cell cannot be opened"
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
    for &step in Step::ALL
        .iter()
        .filter(|step| !matches!(step, Step::Kernel | Step::Look))
    {
        let cell = Cell::sabotaged(step, fittings.clone()).unwrap();
        match cell.execute(&telltale, &Limits::run()) {
            Err(Fault::Layer { step: named, .. }) => assert_eq!(named, step),
            other => panic!("{step:?}: {other:?}"),
        }
    }
}

#[test]
fn an_old_kernel_is_refused() {
    for (release, good) in [
        ("6.18.44-fc", true),
        ("5.14.0", true),
        ("10.0", true),
        ("5.13.19-generic", false),
        ("4.19", false),
        ("", false),
        ("linux", false),
    ] {
        assert_eq!(check_kernel(release).is_ok(), good, "{release}");
    }
}

#[test]
fn another_list_of_mounts_is_another_policy() {
    let one = layout::draw(&[]).unwrap();
    let filters = Filters::new();
    let mut other = layout::draw(&[]).unwrap();
    other.lines.push("Folder /opt".to_owned());
    let base = policy(&one, 7, &filters);
    assert_eq!(base, policy(&one, 7, &filters));
    assert_ne!(base, policy(&other, 7, &filters));
    assert_ne!(base, policy(&one, 6, &filters));
    let mut shorter = Filters::new();
    shorter.cell.pop();
    assert_ne!(base, policy(&one, 7, &shorter));
}
