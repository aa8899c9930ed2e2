//! What breaks around a run: the sandbox, the disk, a model that computes no numbers.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bench::Plan;
use bench::desk::Unwatched;
use bench::plan::LatencyPlan;
use bench::run::{self, Ended, Material};
use engine::toy::Toy;
use engine::{Error as EngineError, Model, ModelCard, Session, SessionShape, Tokenizer};
use ledger::record::Attempt;
use measure::FakeClock;
use sandbox::{Fault, Limits, Program, Sandbox, Scripted};

use super::author::{Author, Bent};
use super::{Tools, carry_out, folder, machine, outcome, plan, subject};

fn with(root: &Path, sandbox: &dyn Sandbox, model: &dyn Model) -> Result<Ended, bench::Error> {
    planned(root, &plan(), sandbox, model)
}

fn planned(
    root: &Path,
    plan: &Plan,
    sandbox: &dyn Sandbox,
    model: &dyn Model,
) -> Result<Ended, bench::Error> {
    let mut tools = Tools {
        clock: &FakeClock::stepping(1000),
        sandbox,
        stop: &AtomicBool::new(false),
        watcher: &mut Unwatched,
    };
    carry_out(root, &[subject("one", model)], plan, &mut tools)
}

#[test]
fn a_fault_of_the_sandbox_is_met_by_a_second_try_and_the_run_goes_on() {
    let (folder, model) = (folder(), Author::new(1));
    let n = AtomicU64::new(0);
    let sandbox =
        Scripted::new(
            |program: &Program, _: &Limits| match n.fetch_add(1, Ordering::Relaxed) {
                0 => Err(lost()),
                _ => Ok(outcome(program)),
            },
        );
    assert_eq!(
        with(folder.path(), &sandbox, &model).unwrap(),
        Ended::Complete
    );
    let run = ledger::read(&folder.path().join("run")).unwrap();
    assert!(run.verdicts.iter().all(|one| one.unscored.is_none()));
    let first: Vec<_> = run
        .verdicts
        .iter()
        .filter_map(|one| one.first_cause.as_deref())
        .collect();
    assert_eq!(first, ["harness_error"]);
    assert_eq!((run.verdicts.len(), run.attempts.len()), (4, 4));
    assert!(run.is_done("one", "perplexity/prose"), "it went on");
}

#[test]
fn what_a_broken_sandbox_left_unscored_is_judged_when_the_run_is_resumed() {
    let (folder, model) = (folder(), Author::new(1));
    let broken = Scripted::new(|_: &Program, _: &Limits| Err(lost()));
    with(folder.path(), &broken, &model).unwrap();
    let read = || ledger::read(&folder.path().join("run")).unwrap();
    let before = read();
    let unscored: Vec<_> = before
        .verdicts
        .iter()
        .filter_map(|one| one.unscored.as_ref())
        .collect();
    assert_eq!(unscored.len(), 2);
    assert!(unscored[0].contains("no report"), "{unscored:?}");
    with(folder.path(), &machine(), &model).unwrap();
    let after = read();
    assert!(after.verdicts.iter().all(|one| one.unscored.is_none()));
    assert_eq!((after.verdicts.len(), after.repeats), (4, 2));
    let kept = |run: &ledger::Run| {
        let scored = run.verdicts.iter().filter(|one| one.stage.is_none());
        let scored = scored.filter(|one| one.unscored.is_none());
        scored.map(|one| format!("{one:?}")).collect::<Vec<_>>()
    };
    assert_eq!(kept(&before), kept(&after), "what was judged stays");
}

fn lost() -> Fault {
    Fault::Lost {
        what: "no report".into(),
    }
}

/// Set in a child: the folder that it writes to.
const FOLDER: &str = "WHET_TEST_FULL_FOLDER";
const CHILD: &str = "faults::a_full_disk_stops_the_run_with_an_error_and_keeps_what_was_written";

/// Sixteen attempts, the first eight of which are more than the child may write.
fn long_plan() -> Plan {
    let mut plan = plan();
    (plan.memory, plan.perplexity) = (None, None);
    if let Some(code) = &mut plan.code {
        code.samples = 4;
    }
    plan
}

/// The disk is full for a child of this test, which may write files of two blocks only.
#[test]
fn a_full_disk_stops_the_run_with_an_error_and_keeps_what_was_written() {
    let (model, plan) = (Author::new(1), long_plan());
    if let Some(root) = std::env::var_os(FOLDER) {
        let said = planned(root.as_ref(), &plan, &machine(), &model).unwrap_err();
        assert!(matches!(said, bench::Error::Ledger(_)), "{said}");
        assert!(said.to_string().contains("attempts.jsonl"), "{said}");
        return;
    }
    let (folder, whole) = (folder(), super::folder());
    let limited = "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"";
    let child = std::process::Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .args([CHILD, "--exact"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    let kept = attempts(folder.path());
    assert!((1..8).contains(&kept.len()), "{}", kept.len());
    for root in [folder.path(), whole.path()] {
        let ended = planned(root, &plan, &machine(), &model);
        assert_eq!(ended.unwrap(), Ended::Complete);
    }
    let (resumed, wanted) = (attempts(folder.path()), attempts(whole.path()));
    assert_eq!((resumed.len(), wanted.len()), (16, 16));
    assert!(wanted.iter().all(|attempt| resumed.contains(attempt)));
    assert!(kept.iter().all(|attempt| wanted.contains(attempt)));
}

/// What was written, without times.
fn attempts(root: &Path) -> Vec<Attempt> {
    let run = ledger::read(&root.join("run")).unwrap();
    assert!(run.torn.is_empty());
    let untimed = |attempt: Attempt| Attempt {
        decode_ns: 0,
        ..attempt
    };
    run.attempts.into_iter().map(untimed).collect()
}

/// A model whose logits are not numbers.
fn broken() -> Bent {
    Bent::new(1, |_, logits| logits.fill(f32::NAN))
}

#[test]
fn a_model_that_computes_no_numbers_is_never_given_a_perplexity() {
    let (folder, model) = (folder(), broken());
    let mut plan = plan();
    plan.code = None;
    let ended = planned(folder.path(), &plan, &machine(), &model);
    let run = ledger::read(&folder.path().join("run")).unwrap();
    let nats = super::values(&run, "passage_nats");
    assert!(
        nats.iter()
            .all(|m| m.values.is_empty() && m.reason.is_some()),
        "{nats:?}"
    );
    let said = ended.unwrap_err().to_string();
    assert!(
        said.contains("prose, chunk 0") && said.contains("token 1 "),
        "{said}"
    );
}

#[test]
fn what_a_model_that_computes_no_numbers_would_have_said_is_neither_written_nor_judged() {
    let (folder, model) = (folder(), broken());
    let nothing_runs = Scripted::new(|_: &Program, _: &Limits| panic!("nothing is to be judged"));
    let said = with(folder.path(), &nothing_runs, &model).unwrap_err();
    assert!(said.to_string().contains("NaN or infinity"), "{said}");
    let run = ledger::read(&folder.path().join("run")).unwrap();
    assert_eq!((run.attempts, run.verdicts), (vec![], vec![]));
}

#[test]
fn a_plan_that_asks_for_nothing_of_a_kind_is_refused_before_it_runs() {
    let mut none = plan();
    if let Some(code) = &mut none.code {
        code.limit = Some(0);
    }
    assert!(none.check().unwrap_err().contains("--limit"));
    let mut idle = plan();
    if let Some(code) = &mut idle.code {
        code.judge_workers = 0;
    }
    assert!(idle.check().is_err());
    let mut empty = plan();
    if let Some(perplexity) = &mut empty.perplexity {
        perplexity.context = Some(0);
    }
    assert!(empty.check().unwrap_err().contains("--context"));
    let mut stray = plan();
    if let Some(perplexity) = &mut stray.perplexity {
        perplexity.stride = Some(5);
    }
    assert!(stray.check().unwrap_err().contains("sliding"));
}

/// Speed alone, at these lengths.
fn speed(prompt_tokens: &[usize]) -> Plan {
    let mut plan = plan();
    (plan.code, plan.memory, plan.perplexity) = (None, None, None);
    plan.latency = Some(LatencyPlan {
        prompt_tokens: prompt_tokens.to_vec(),
        generate_tokens: vec![4],
        repeats: 3,
        ..LatencyPlan::quick()
    });
    plan
}

/// A toy for whose sessions of more than a hundred tokens there is no room.
struct Narrow(Toy);

impl Model for Narrow {
    fn card(&self) -> &ModelCard {
        self.0.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.0.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, EngineError> {
        if shape.capacity > 100 {
            return Err(EngineError::Open {
                n_sequences: shape.n_sequences,
                capacity: shape.capacity,
                cause: "no room".into(),
            });
        }
        self.0.open(shape)
    }
}

#[test]
fn a_speed_without_room_is_refused_before_the_work_and_names_the_model() {
    let model = Narrow(Toy::new(1));
    let subject = subject("one", &model);
    let check = |plan: &Plan| run::check(&subject, plan, Material::default());
    let said = check(&speed(&[8, 500])).unwrap_err().to_string();
    for words in ["one", "504 tokens", "no room"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    check(&speed(&[8, 16])).unwrap();
}

#[test]
fn a_speed_for_which_room_is_gone_is_absent_with_the_cause_and_the_others_are_measured() {
    for lengths in [&[8, 500, 16][..], &[500]] {
        let (folder, model) = (folder(), Narrow(Toy::new(1)));
        let ended = planned(folder.path(), &speed(lengths), &machine(), &model);
        assert_eq!(ended.unwrap(), Ended::Complete);
        let run = ledger::read(&folder.path().join("run")).unwrap();
        let found = super::values(&run, "decode_tokens_per_s");
        assert_eq!(found.len(), lengths.len());
        for one in found {
            let fits = one.conditions["prompt_tokens"] != serde_json::json!(500);
            assert_eq!(one.values.len(), if fits { 3 } else { 0 });
            assert_eq!(
                one.reason.as_deref(),
                (!fits).then_some("not begun: no room")
            );
        }
    }
}

#[test]
fn speeds_of_a_model_that_computes_no_numbers_carry_one_warning() {
    let warned = |model: &dyn Model| {
        let folder = folder();
        planned(folder.path(), &speed(&[8, 16]), &machine(), model).unwrap();
        let run = ledger::read(&folder.path().join("run")).unwrap();
        assert_eq!(super::values(&run, "decode_tokens_per_s").len(), 2);
        let warnings = run.warnings.into_iter();
        let not_finite = warnings.filter(|warning| warning.kind == "not_finite");
        not_finite
            .map(|warning| warning.message)
            .collect::<Vec<_>>()
    };
    let said = warned(&broken());
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("logits of one"), "{said:?}");
    assert_eq!(warned(&Author::new(1)), Vec::<String>::new());
}
