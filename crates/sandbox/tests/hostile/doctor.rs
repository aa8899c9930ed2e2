//! The doctor's attacks hold here, and do not hold where they should not.

use sandbox::{Held, Scripted, probe};

use super::*;

#[test]
fn every_attack_of_the_doctor_fails() {
    let checks = probe(cell(), &tools());
    assert!(checks.len() >= 25);
    for check in checks {
        assert_eq!(check.held, Held::Yes, "{}: {}", check.name, check.detail);
        assert!(check.remedy.is_none());
    }
}

fn tools() -> [Toolchain; 2] {
    [python().clone(), gpp().clone()]
}

#[test]
fn what_cannot_be_tried_is_neither_held_nor_broken() {
    let checks = probe(cell(), &tools()[..1]);
    let tried = |check: &&sandbox::Check| check.held != Held::NotTried;
    let (tried, not): (Vec<_>, Vec<_>) = checks.iter().partition(tried);
    assert!(tried.iter().all(|check| check.layer != "compile box"));
    assert!(not.iter().all(|check| check.detail.contains("not here")));
    assert_eq!(not.len(), 2);
    assert!(
        probe(cell(), &[])
            .iter()
            .all(|check| check.held == Held::NotTried)
    );
}

#[test]
fn an_attack_that_succeeds_or_did_not_happen_is_not_held() {
    for (said, ending) in [
        ("reached read: 'x'\ndone\n", Ending::Exited(0)),
        ("denied read: OSError\n", Ending::Exited(1)),
        ("done\n", Ending::Exited(0)),
        ("", Ending::Exited(0)),
        ("17\n", Ending::Exited(0)),
        ("denied read: OSError\ndone\nreached", Ending::Exited(0)),
    ] {
        let script = Scripted::new(|_: &Program, _: &Limits| Ok(Outcome::scripted(ending, said)));
        for check in probe(&script, &tools()) {
            assert_eq!(check.held, Held::No, "{said:?}: {}", check.name);
            assert!(check.remedy.is_some());
        }
    }
}

#[test]
fn a_box_that_shows_the_bait_is_caught() {
    let thief = Scripted::new(|program: &Program, _: &Limits| {
        let briefing = String::from_utf8(program.stdin.clone()).unwrap();
        let files = briefing
            .lines()
            .find_map(|line| line.strip_prefix("files="))
            .unwrap_or_default();
        let first = files.split(':').next().unwrap_or_default();
        let loot = std::fs::read_to_string(first).unwrap_or_default();
        Ok(Outcome::scripted(
            Ending::Exited(0),
            format!("denied {loot}\ndone\n"),
        ))
    });
    let checks = probe(&thief, &tools());
    let caught = checks
        .iter()
        .filter(|check| check.detail == "the bait was read");
    assert!(caught.count() >= 14);
    assert!(checks.iter().all(|check| check.held == Held::No));
    assert!(
        checks[0].detail.contains("bait was read"),
        "{}",
        checks[0].detail
    );
}
