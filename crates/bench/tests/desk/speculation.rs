//! Speculative decoding on toys: the answers are the target's own, the forecast is arithmetic, a broken way
//! of guessing is found.

use bench::desk::Unwatched;
use bench::plan::{Drafting, SpeculationPlan};
use bench::speculation::prompts::Prompts;
use bench::speculation::{Cast, Gate, measure};
use bench::{Desk, Error, Meter, Watcher};
use engine::toy::Toy;
use engine::{Error as EngineError, Feed, Model, ModelCard, Row, Session, SessionShape, Tokenizer};
use ledger::record::{Measurement, Warning};
use ledger::{Run, RunFolder};
use measure::probe::gauge::{Gauge, Readings};
use measure::{FakeClock, Monitor};
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{folder, header, subject, values};

fn plan(modes: &[Drafting]) -> SpeculationPlan {
    SpeculationPlan {
        modes: modes.to_vec(),
        prompts: "bundled".into(),
        sha256: String::new(),
        limit: Some(5),
        max_tokens: 24,
        iterations: 2,
        draft_length: None,
        most_drafted: 6,
        whole_tiles: false,
        adapter: None,
        adapter_skipped: None,
    }
}

const ALL: [Drafting; 6] = [
    Drafting::Target,
    Drafting::Draft,
    Drafting::Adaptive,
    Drafting::Ngram,
    Drafting::Suffix,
    Drafting::Hybrid,
];

fn measured(
    target: &dyn Model,
    draft: Option<&dyn Model>,
    plan: &SpeculationPlan,
) -> Result<(Gate, Run), Error> {
    watched(target, draft, plan, &folder(), &mut Unwatched)
}

fn watched(
    target: &dyn Model,
    draft: Option<&dyn Model>,
    plan: &SpeculationPlan,
    root: &tempfile::TempDir,
    watcher: &mut dyn Watcher,
) -> Result<(Gate, Run), Error> {
    let header = header("run");
    let run_folder = RunFolder::create(root.path(), &header).unwrap();
    carried_out(
        (target, draft),
        plan,
        (run_folder, Run::new(header)),
        (watcher, None),
    )
}

fn carried_out(
    (target, draft): (&dyn Model, Option<&dyn Model>),
    plan: &SpeculationPlan,
    (mut run_folder, earlier): (RunFolder, Run),
    (watcher, monitor): (&mut dyn Watcher, Option<&Monitor>),
) -> Result<(Gate, Run), Error> {
    let stop = AtomicBool::new(false);
    let clock = FakeClock::stepping(1000);
    let mut desk = Desk {
        folder: &mut run_folder,
        earlier: &earlier,
        clock: &clock,
        sandbox: None,
        fast_ways: None,
        precedents: None,
        threads: 1,
        stop: &stop,
        watcher,
        meter: monitor.map(|monitor| Meter::new(monitor, &earlier, 0)),
    };
    let target = subject("target", target);
    let draft = draft.map(|model| subject("draft", model));
    let cast = Cast::new(&target, (draft.as_ref(), None));
    let gate = measure(cast, plan, &Prompts::bundled(), &mut desk)?;
    Ok((gate, ledger::read(run_folder.path()).unwrap()))
}

fn of_mode<'a>(run: &'a Run, metric: &str, mode: &str) -> Vec<&'a Measurement> {
    let mine = |m: &&Measurement| m.conditions.get("mode").and_then(|v| v.as_str()) == Some(mode);
    values(run, metric).into_iter().filter(mine).collect()
}

#[test]
fn everyone_answers_every_prompt_as_the_target_does() {
    let (target, draft) = (Toy::new(3), Toy::new(3));
    let (gate, run) = measured(&target, Some(&draft), &plan(&ALL)).unwrap();
    assert_eq!(gate, Gate::default());
    // Those about the machine are true of the one that tests.
    let of_machine = |warning: &&Warning| ["other_work", "steal"].contains(&warning.kind.as_str());
    let other = run.warnings.iter().find(|warning| !of_machine(warning));
    assert_eq!(other, None);
    for mode in ALL {
        let times = of_mode(&run, "end_to_end_ns", mode.name());
        assert_eq!(times.len(), 5, "{}", mode.name());
        assert!(times.iter().all(|m| m.values.len() == 2));
        let equal = of_mode(&run, "equal_to_target", mode.name());
        assert!(equal.iter().all(|m| m.values == [1.0, 1.0]));
    }
    let categories: Vec<&str> = of_mode(&run, "end_to_end_ns", "target")
        .iter()
        .map(|m| m.conditions["category"].as_str().unwrap())
        .collect();
    assert_eq!(categories, ["code", "edit", "repair", "prose", "json"]);
    // The draft is the target itself: every guess comes true.
    let sum = |metric: &str| -> f64 {
        let of = of_mode(&run, metric, "draft");
        of.iter().flat_map(|m| &m.values).sum()
    };
    assert!(sum("pass_drafted") > 0.0);
    assert_eq!(sum("pass_drafted"), sum("pass_accepted"));
}

#[test]
fn passes_add_up_to_the_tokens_of_the_answers() {
    let (target, draft) = (Toy::new(3), Toy::new(4));
    let (_, run) = measured(&target, Some(&draft), &plan(&ALL)).unwrap();
    for mode in &ALL[1..] {
        let sum = |metric: &str| -> f64 {
            let of = of_mode(&run, metric, mode.name());
            of.iter().flat_map(|m| &m.values).sum()
        };
        let passes = of_mode(&run, "pass_accepted", mode.name());
        let n_passes: usize = passes.iter().map(|m| m.values.len()).sum();
        let n_answers = 2.0 * 5.0;
        let told = sum("answer_tokens");
        let counted = n_answers + n_passes as f64 + sum("pass_accepted");
        // An answer may end with a token that is not part of it.
        assert!(
            told <= counted && counted <= told + n_answers,
            "{}",
            mode.name()
        );
    }
}

#[test]
fn costs_and_forecast_are_written_down_before_anybody_answers() {
    let (target, draft) = (Toy::new(3), Toy::new(3));
    let (_, run) = measured(&target, Some(&draft), &plan(&ALL)).unwrap();
    let rows = values(&run, "check_step_ns");
    assert_eq!(rows.len(), 7, "one more than is drafted");
    assert_eq!(values(&run, "draft_step_ns").len(), 2);
    let readings = values(&run, "draft_read_ns");
    assert_eq!((readings.len(), readings[0].values.len()), (1, 3));
    let speedups = values(&run, "predicted_speedup");
    assert_eq!(speedups.len(), 6);
    // The clock ticks alike for every step: c = 1 and v = 1, and all guesses come true. S(k) = (1 + k) / (k + 1).
    for speedup in speedups {
        assert!((speedup.values[0] - 1.0).abs() < 1e-9, "{speedup:?}");
    }
    assert_eq!(values(&run, "break_even_acceptance").len(), 1);
    let first_answer = run
        .measurements
        .iter()
        .position(|m| m.metric == "end_to_end_ns");
    let forecast = run
        .measurements
        .iter()
        .position(|m| m.metric == "predicted_speedup");
    assert!(forecast < first_answer);
}

#[test]
fn without_a_draft_the_other_ways_are_measured_and_a_mode_that_needs_one_is_refused() {
    let target = Toy::new(3);
    let free = [Drafting::Target, Drafting::Ngram, Drafting::Suffix];
    let (gate, run) = measured(&target, None, &plan(&free)).unwrap();
    assert_eq!(gate, Gate::default());
    assert!(values(&run, "predicted_speedup").is_empty());
    let refused = measured(&target, None, &plan(&ALL)).unwrap_err();
    assert!(refused.to_string().contains("needs a draft"), "{refused}");
}

/// A model that forgets nothing when it is told to rewind, as a broken engine would, or whose user stops it in the middle
/// of a step.
struct Faulty {
    toy: Toy,
    forgets: bool,
    /// Steps until it is stopped.
    n_steps: Cell<usize>,
}

impl Faulty {
    fn forgetless() -> Faulty {
        Faulty {
            toy: Toy::new(3),
            forgets: false,
            n_steps: Cell::new(usize::MAX),
        }
    }

    fn stopped_after(n_steps: usize) -> Faulty {
        Faulty {
            forgets: true,
            n_steps: Cell::new(n_steps),
            ..Faulty::forgetless()
        }
    }
}

struct FaultySession<'m>(Box<dyn Session + 'm>, &'m Faulty);

impl Model for Faulty {
    fn card(&self) -> &ModelCard {
        self.toy.card()
    }

    fn tokenizer(&self) -> &dyn Tokenizer {
        self.toy.tokenizer()
    }

    fn open(&self, shape: SessionShape) -> Result<Box<dyn Session + '_>, EngineError> {
        let shape = SessionShape {
            capacity: shape.capacity * 9,
            ..shape
        };
        Ok(Box::new(FaultySession(self.toy.open(shape)?, self)))
    }
}

impl Session for FaultySession<'_> {
    fn shape(&self) -> SessionShape {
        self.0.shape()
    }

    fn len(&self, sequence: usize) -> usize {
        self.0.len(sequence)
    }

    fn feed(
        &mut self,
        feeds: &[Feed<'_>],
        on_row: &mut dyn FnMut(Row<'_>),
    ) -> Result<(), EngineError> {
        let Some(n_left) = self.1.n_steps.get().checked_sub(1) else {
            return Err(EngineError::Stopped);
        };
        self.1.n_steps.set(n_left);
        self.0.feed(feeds, on_row)
    }

    fn fork(&mut self, from: usize, to: usize) -> Result<(), EngineError> {
        self.0.fork(from, to)
    }

    fn rewind(&mut self, sequence: usize, len: usize) -> Result<(), EngineError> {
        // Everything or nothing: the first wrong guess stays.
        match len {
            n if n == 0 || self.1.forgets => self.0.rewind(sequence, n),
            _ => Ok(()),
        }
    }

    fn cache_bytes(&self) -> u64 {
        self.0.cache_bytes()
    }
}

#[test]
fn whoever_is_stopped_in_the_middle_of_a_step_keeps_every_answer_before_it() {
    let plan = plan(&[Drafting::Target, Drafting::Ngram]);
    let mut n_kept = Vec::new();
    for n_steps in (0..).step_by(40) {
        let target = Faulty::stopped_after(n_steps);
        let (gate, run) = measured(&target, None, &plan).unwrap();
        assert_eq!(gate.n_faults, 0);
        n_kept.push(run.answers.len());
        if run.answers.len() == 2 * 2 * 5 {
            break;
        }
    }
    assert!(n_kept.is_sorted() && n_kept[0] == 0, "{n_kept:?}");
    assert!(n_kept.iter().any(|n| (1..20).contains(n)), "{n_kept:?}");
}

#[test]
fn an_engine_that_does_not_forget_wrong_guesses_fails_the_gate() {
    let (target, draft) = (Faulty::forgetless(), Toy::new(4));
    let modes = plan(&[Drafting::Target, Drafting::Draft]);
    let (gate, run) = measured(&target, Some(&draft), &modes).unwrap();
    assert!(gate.n_faults > 0 && gate.n_ties == 0, "{gate:?}");
    let warning = &run.warnings[0];
    assert_eq!(warning.kind, "unequal_answer");
    assert!(
        warning
            .message
            .contains("parts from the target alone at token"),
        "{}",
        warning.message
    );
    let gaps = values(&run, "difference_gap");
    let n_gaps: usize = gaps.iter().map(|m| m.values.len()).sum();
    assert_eq!(n_gaps, gate.n_faults);
}

/// Processors that run slower with each look at them.
struct Throttled(Arc<AtomicU64>);

impl Gauge for Throttled {
    fn read(&mut self, _now_ns: u64, into: &mut Readings) {
        let n_looks = self.0.fetch_add(1, Ordering::SeqCst);
        into.insert("cpu_busy_hz".to_owned(), 3e9 / (n_looks + 1) as f64);
    }
}

/// Goes on when the processors were looked at once more.
struct Patient(Arc<AtomicU64>);

impl Watcher for Patient {
    fn begin(&mut self, _: &str, _: u64) {}

    fn advance(&mut self, _: u64, _: &str) {
        let before = self.0.load(Ordering::SeqCst);
        let begun = std::time::Instant::now();
        while self.0.load(Ordering::SeqCst) == before {
            assert!(begun.elapsed() < Duration::from_secs(60), "nobody looks");
            std::thread::yield_now();
        }
    }
}

#[test]
fn what_the_hardware_does_meanwhile_is_written_down_and_a_frequency_that_falls_is_said() {
    let (target, root, looks) = (Toy::new(3), folder(), Arc::new(AtomicU64::new(0)));
    let gauges: Vec<Box<dyn Gauge>> = vec![Box::new(Throttled(looks.clone()))];
    let often = Duration::from_millis(1);
    let monitor = Monitor::start(gauges, FakeClock::stepping(1000), often).unwrap();
    let header = header("run");
    let run_folder = RunFolder::create(root.path(), &header).unwrap();
    let (_, run) = carried_out(
        (&target, None),
        &plan(&[Drafting::Target, Drafting::Ngram]),
        (run_folder, Run::new(header)),
        (&mut Patient(looks), Some(&monitor)),
    )
    .unwrap();
    let mut samples = run.hardware.iter();
    assert!(samples.any(|sample| sample.phase == "speculation"));
    assert!(run.warnings.iter().any(|one| one.kind == "frequency"));
}

/// Looks into the folder at every answer: how many prompts are written down by then.
struct Reader<'a>(&'a std::path::Path, Vec<usize>, bool);

impl Watcher for Reader<'_> {
    fn begin(&mut self, what: &str, _: u64) {
        self.2 = what == "answers";
    }

    fn advance(&mut self, _: u64, _: &str) {
        if self.2 {
            let run = ledger::read(&self.0.join("run")).unwrap();
            self.1.push(of_mode(&run, "end_to_end_ns", "target").len());
        }
    }
}

#[test]
fn a_prompt_is_on_the_disk_before_the_next_one_is_answered() {
    let target = Toy::new(3);
    let root = folder();
    let mut reader = Reader(root.path(), Vec::new(), false);
    let plan = SpeculationPlan {
        iterations: 1,
        ..plan(&[Drafting::Target, Drafting::Ngram])
    };
    watched(&target, None, &plan, &root, &mut reader).unwrap();
    assert_eq!(reader.1, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
}

/// Ends the process's part after so many answers, as kill -9 does: nothing is tidied up.
struct Killer(usize, bool);

impl Watcher for Killer {
    fn begin(&mut self, what: &str, _: u64) {
        self.1 = what == "answers";
    }

    fn advance(&mut self, _: u64, _: &str) {
        if self.1 {
            self.0 -= 1;
            assert!(self.0 > 0, "killed");
        }
    }
}

/// Goes on with what lies in a folder; returns the run and how many answers were asked for anew.
fn gone_on(
    target: &Toy,
    draft: &Toy,
    plan: &SpeculationPlan,
    root: &std::path::Path,
) -> (Gate, Run, usize) {
    let path = root.join("run");
    let (run_folder, earlier) = RunFolder::open(&path).unwrap();
    let n_before = earlier.answers.len() + earlier.repeats as usize;
    let models: (&dyn Model, Option<&dyn Model>) = (target, Some(draft));
    let (gate, run) =
        carried_out(models, plan, (run_folder, earlier), (&mut Unwatched, None)).unwrap();
    let lines = std::fs::read_to_string(path.join("answers.jsonl")).unwrap();
    (gate, run, lines.lines().count() - n_before)
}

#[test]
fn whoever_is_killed_at_any_answer_goes_on_and_ends_with_the_same_answers() {
    let (target, draft) = (Toy::new(3), Toy::new(4));
    let plan = SpeculationPlan {
        limit: Some(3),
        ..plan(&ALL)
    };
    let (n_modes, n_all) = (ALL.len(), 2 * 3 * ALL.len());
    let (_, whole) = measured(&target, Some(&draft), &plan).unwrap();
    let texts = |run: &Run| -> Vec<_> {
        let of = |a: &ledger::record::Answer| {
            (
                a.iteration,
                a.prompt.clone(),
                a.mode.clone(),
                a.tokens.clone(),
            )
        };
        let mut texts: Vec<_> = run.answers.iter().map(of).collect();
        texts.sort();
        texts
    };
    assert_eq!(whole.answers.len(), n_all);
    for n in [1, 4, n_modes, n_modes + 1, n_all / 2 + 1, n_all - 1, n_all] {
        let root = folder();
        let killed = std::panic::catch_unwind(AssertUnwindSafe(|| {
            watched(&target, Some(&draft), &plan, &root, &mut Killer(n, false))
        }));
        assert!(killed.is_err());
        let (gate, run, n_new) = gone_on(&target, &draft, &plan, root.path());
        assert_eq!(gate, Gate::default());
        // Who was killed amidst a prompt has it answered by everyone again.
        assert_eq!(n_new, n_all - n / n_modes * n_modes, "killed at answer {n}");
        assert_eq!(texts(&run), texts(&whole));
        assert_eq!(run.measurements.len(), whole.measurements.len());
        for mode in ALL {
            let equal = of_mode(&run, "equal_to_target", mode.name());
            assert_eq!(equal.len(), 3);
            assert!(equal.iter().all(|m| m.values == [1.0, 1.0]));
        }
        let is_said = run.warnings.iter().any(|w| w.kind == "guessing_gone_on");
        assert_eq!(
            is_said,
            (n_modes..n_all).contains(&n),
            "killed at answer {n}"
        );
    }
}

#[test]
fn costs_are_measured_once_and_known_from_then_on() {
    let (target, draft) = (Toy::new(3), Toy::new(4));
    let root = folder();
    let plan = plan(&[Drafting::Target, Drafting::Draft, Drafting::Adaptive]);
    let killed = std::panic::catch_unwind(AssertUnwindSafe(|| {
        watched(&target, Some(&draft), &plan, &root, &mut Killer(2, false))
    }));
    assert!(killed.is_err());
    let file = root.path().join("run/measurements.jsonl");
    let before = std::fs::read_to_string(&file).unwrap();
    let (_, run, _) = gone_on(&target, &draft, &plan, root.path());
    let after = std::fs::read_to_string(&file).unwrap();
    let n_costs = |text: &str| text.matches("check_step_ns").count();
    assert_eq!((n_costs(&before), n_costs(&after)), (7, 7));
    let drafted: Vec<f64> = of_mode(&run, "pass_drafted", "draft")
        .iter()
        .flat_map(|m| m.values.clone())
        .collect();
    let length = values(&run, "draft_length")[0].values[0];
    assert!(drafted.iter().all(|n| *n <= length), "{length} {drafted:?}");
}
