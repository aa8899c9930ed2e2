//! Energy and peaks from samples, by hand.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot find its row has failed"
)]

mod fixture;

use std::collections::BTreeMap;

use ledger::Run;
use ledger::record::{HardwareSample, Measurement};
use report::Scorecard;
use report::view::{Cell, Section};
use serde_json::{Value, json};

const S: u64 = 1_000_000_000;

/// A sample of the first session.
fn sample(seconds: u64, phase: &str, tokens: u64, readings: &[(&str, f64)]) -> HardwareSample {
    HardwareSample {
        session: 0,
        sample: seconds,
        at_ns: seconds * S,
        unix_ms: 1_700_000_000_000 + (seconds * 1000) as i64,
        phase: phase.to_owned(),
        model: (!["idle", "idle_after", "other"].contains(&phase)).then(|| "m".to_owned()),
        conditions: BTreeMap::new(),
        tokens,
        monitor_ns: Some(seconds * 1000),
        readings: readings
            .iter()
            .map(|(k, v)| ((*k).to_owned(), *v))
            .collect(),
    }
}

fn run(samples: Vec<HardwareSample>) -> Run {
    let mut run = Run::new(fixture::header(&["m"]));
    run.hardware = samples;
    run
}

fn section(run: &Run) -> Section {
    let sections = Scorecard::of(run).sections;
    sections
        .into_iter()
        .find(|one| one.benchmark == "hardware")
        .unwrap()
}

/// The cell of a metric under these conditions, whatever others it has.
fn cell(run: &Run, metric: &str, conditions: &Value) -> Cell {
    let rows = section(run).rows;
    let wanted = conditions.as_object().unwrap();
    let fits = |has: &BTreeMap<String, Value>| wanted.iter().all(|(k, v)| has.get(k) == Some(v));
    let mut found = rows
        .iter()
        .filter(|row| row.metric == metric && fits(&row.conditions));
    let row = found
        .next()
        .unwrap_or_else(|| panic!("{metric} {conditions}: {rows:#?}"));
    assert!(
        found.next().is_none(),
        "{metric} {conditions} names one row"
    );
    row.cells[0].clone()
}

/// 10 s at 2 W of rest; then prefill 30 J in 3 s for 100 tokens, and decode 16 J in 4 s for 8.
fn counted() -> Vec<HardwareSample> {
    vec![
        sample(0, "other", 0, &[]),
        sample(1, "other", 0, &[("cpu_joules", 5.0)]),
        sample(6, "idle", 0, &[("cpu_joules", 11.0)]),
        sample(11, "idle", 0, &[("cpu_joules", 9.0)]),
        sample(12, "prefill", 0, &[("cpu_joules", 10.0)]),
        sample(14, "prefill", 100, &[("cpu_joules", 20.0)]),
        sample(18, "decode", 8, &[("cpu_joules", 16.0)]),
        sample(19, "other", 0, &[("cpu_joules", 1.0)]),
    ]
}

#[test]
fn phases_have_their_own_energy_with_and_without_what_rest_takes() {
    let run = run(counted());
    let token = |phase: &str, idle: &str| {
        let conditions = json!({"phase": phase, "idle": idle, "device": "cpu"});
        cell(&run, "energy_per_token_joules", &conditions)
            .value
            .unwrap()
    };
    assert_eq!(token("prefill", "included"), 0.3);
    assert_eq!(token("prefill", "subtracted"), (30.0 - 6.0) / 100.0);
    assert_eq!(token("decode", "included"), 2.0);
    assert_eq!(token("decode", "subtracted"), (16.0 - 8.0) / 8.0);
    let of_run = |idle: &str| cell(&run, "energy_run_joules", &json!({"idle": idle})).value;
    assert_eq!(of_run("included"), Some(46.0));
    assert_eq!(of_run("subtracted"), Some(46.0 - 2.0 * 7.0));
    assert_eq!(cell(&run, "power_idle_watts", &json!({})).value, Some(2.0));
    let mean = cell(&run, "power_mean_watts", &json!({})).value.unwrap();
    assert!((mean - 46.0 / 7.0).abs() < 1e-12);
}

#[test]
fn rest_after_the_work_stands_beside_that_before_it_and_their_mean_is_subtracted() {
    let mut samples = counted();
    samples.push(sample(29, "idle_after", 0, &[("cpu_joules", 40.0)]));
    let run = run(samples);
    let watts = |when: &str| {
        let conditions = json!({"when": when});
        cell(&run, "power_idle_watts", &conditions).value
    };
    assert_eq!(watts("before the work"), Some(2.0));
    assert_eq!(watts("after the work"), Some(4.0));
    let rows = section(&run).rows;
    let mut all = rows.iter().filter(|row| row.metric == "power_idle_watts");
    let whole = &all.find(|row| row.conditions.len() == 1).unwrap().cells[0];
    assert_eq!((whole.value, whole.n), (Some(3.0), 2), "10 s and 10 s");
    let subtracted = json!({"idle": "subtracted"});
    let of_run = cell(&run, "energy_run_joules", &subtracted).value;
    assert_eq!(of_run, Some(46.0 - 3.0 * 7.0));
}

#[test]
fn what_measuring_the_machine_takes_is_no_models_memory_or_energy() {
    let reading = |at: u64, phase: &str, bytes: f64, joules: f64| {
        sample(
            at,
            phase,
            0,
            &[("process_bytes", bytes), ("cpu_joules", joules)],
        )
    };
    let bandwidth = HardwareSample {
        model: None,
        ..reading(12, "bandwidth", 300e6, 50.0)
    };
    let run = run(vec![
        reading(0, "other", 10e6, 0.0),
        reading(10, "latency", 40e6, 20.0),
        bandwidth,
        reading(13, "other", 40e6, 1.0),
    ]);
    assert_eq!(
        cell(&run, "process_peak_bytes", &json!({})).value,
        Some(40e6)
    );
    assert_eq!(
        cell(&run, "energy_run_joules", &json!({})).value,
        Some(20.0)
    );
    let notes = section(&run).notes.join("\n");
    assert!(notes.contains("took 20"), "{notes}");
}

#[test]
fn a_stretch_that_could_not_be_read_is_left_out_with_its_tokens_and_told() {
    let mut samples = counted();
    samples[5].readings.clear();
    let run = run(samples);
    let prefill = json!({"phase": "prefill", "idle": "included"});
    let absent = cell(&run, "energy_per_token_joules", &prefill);
    assert_eq!(absent.value, None);
    assert!(absent.reason.is_some());
    let of_run = cell(&run, "energy_run_joules", &json!({"idle": "included"}));
    assert_eq!(of_run.value, Some(16.0));
    let notes = section(&run).notes.join("\n");
    assert!(
        notes.contains("3 s") || notes.contains("3.000 s"),
        "{notes}"
    );
    assert!(notes.contains("could not be read"), "{notes}");
}

#[test]
fn a_resumed_run_adds_its_sessions_and_counts_nothing_between_them() {
    let mut samples = counted();
    let again = counted()
        .into_iter()
        .map(|one| HardwareSample { session: 1, ..one });
    samples.extend(again);
    let run = run(samples);
    let of_run = cell(&run, "energy_run_joules", &json!({"idle": "included"}));
    assert_eq!(of_run.value, Some(92.0));
    let decode = json!({"phase": "decode", "idle": "included"});
    let decode = cell(&run, "energy_per_token_joules", &decode);
    assert_eq!((decode.value, decode.n), (Some(2.0), 2));
}

#[test]
fn power_that_is_read_and_not_counted_becomes_an_area_and_short_phases_are_not_told() {
    let mut run = run(vec![
        sample(0, "other", 0, &[("gpu0_watts", 10.0)]),
        sample(4, "prefill", 100, &[("gpu0_watts", 30.0)]),
        sample(5, "decode", 8, &[("gpu0_watts", 50.0)]),
    ]);
    run.header.plan["device"] = json!("Vulkan0");
    let conditions = json!({"phase": "prefill", "device": "gpu0"});
    let prefill = cell(&run, "energy_per_token_joules", &conditions);
    assert_eq!(prefill.value, Some(80.0 / 100.0));
    let decode = cell(&run, "energy_per_token_joules", &json!({"phase": "decode"}));
    assert_eq!(decode.value, None);
    let reason = decode.reason.unwrap();
    assert!(reason.contains("shorter than 2 s"), "{reason}");
    let of_run = cell(&run, "energy_run_joules", &json!({}));
    assert_eq!(
        of_run.value,
        Some(120.0),
        "without rest there is nothing to subtract"
    );
}

/// Seen on an H200: its counter moves every 100 ms, and of phases of 7 ms most saw it stand still. The median
/// of such phases, less the power at rest, was -13 mJ a token with a narrow interval.
#[test]
fn phases_shorter_than_the_ticks_of_a_counter_have_no_energy_and_long_ones_do() {
    let ms = |at: u64, phase: &str, tokens: u64, joules: f64| HardwareSample {
        at_ns: at * 1_000_000,
        ..sample(at, phase, tokens, &[("gpu0_joules", joules)])
    };
    let mut samples = vec![ms(0, "other", 0, 0.0), ms(5_000, "idle", 0, 400.0)];
    for step in 0..30 {
        let at = 5_000 + step * 10;
        let tick = if step % 10 == 9 { 70.0 } else { 0.0 };
        samples.push(ms(at + 7, "decode", 64, tick));
        samples.push(ms(at + 10, "other", 0, 0.0));
    }
    samples.push(ms(8_000, "generate", 500, 1_900.0));
    let mut run = run(samples);
    run.header.plan["device"] = json!("Vulkan0");
    let of = |phase: &str| {
        let conditions = json!({"phase": phase, "idle": "subtracted"});
        cell(&run, "energy_per_token_joules", &conditions)
    };
    assert_eq!((of("decode").value, of("decode").interval), (None, None));
    assert!(of("decode").reason.unwrap().contains("moves too rarely"));
    let generate = of("generate").value.unwrap();
    assert!((generate - (1_900.0 - 80.0 * 2.7) / 500.0).abs() < 1e-9);
}

/// Seen on an H100: five seconds after other work it still took 104 W, and in a training on the processors 71 W. The
/// training had cost less than nothing.
#[test]
fn work_that_took_less_than_the_rest_before_it_has_no_energy_without_that_rest() {
    let gpu = |at: u64, phase: &str, tokens: u64, joules: f64| {
        sample(at, phase, tokens, &[("gpu0_joules", joules)])
    };
    let mut run = run(vec![
        gpu(0, "other", 0, 0.0),
        gpu(5, "idle", 0, 520.0),
        gpu(15, "generate", 1000, 710.0),
    ]);
    run.header.plan["device"] = json!("Vulkan0");
    for metric in ["energy_run_joules", "energy_per_token_joules"] {
        let net = cell(&run, metric, &json!({"idle": "subtracted"}));
        assert_eq!(net.value, None, "{metric}");
        assert!(
            net.reason.unwrap().contains("less than the rest"),
            "{metric}"
        );
    }
    let whole = cell(&run, "energy_run_joules", &json!({"idle": "included"}));
    assert_eq!(whole.value, Some(710.0));
}

#[test]
fn a_card_tells_nothing_of_what_the_processors_did() {
    let mut run = run(vec![
        sample(0, "other", 0, &[("gpu0_joules", 0.0)]),
        sample(10, "train", 1000, &[("gpu0_joules", 710.0)]),
    ]);
    let token = |run: &Run| cell(run, "energy_per_token_joules", &json!({}));
    assert_eq!(token(&run).value, None);
    assert!(token(&run).reason.unwrap().contains("on the processors"));
    let work = cell(&run, "energy_run_joules", &json!({}));
    assert_eq!(work.value, None, "nor of their work");
    run.header.plan["device"] = json!("Vulkan0");
    assert_eq!(token(&run).value, Some(0.71));
}

#[test]
fn several_devices_are_added_up_and_only_where_all_were_read() {
    let both = |cpu: f64, gpu: f64| vec![("cpu_joules", cpu), ("gpu0_joules", gpu)];
    let mut run = run(vec![
        sample(0, "other", 0, &[]),
        sample(2, "decode", 2, &both(3.0, 7.0)),
        sample(4, "decode", 2, &[("cpu_joules", 5.0)]),
    ]);
    let of = |device: &str| cell(&run, "energy_run_joules", &json!({"device": device})).value;
    assert_eq!(
        (of("all"), of("cpu"), of("gpu0")),
        (Some(10.0), Some(8.0), Some(7.0))
    );
    run.header.plan["device"] = json!("Vulkan0");
    let token = cell(&run, "energy_per_token_joules", &json!({}));
    assert_eq!(token.value, Some(5.0), "processors and card compute");
}

/// A card that computes nothing lends neither its watts nor its slow readings to what the processors do.
#[test]
fn tokens_and_answers_cost_what_the_devices_draw_that_compute_them() {
    let both = |cpu: f64, gpu: f64| vec![("cpu_joules", cpu), ("gpu0_watts", gpu)];
    let mut run = run(vec![
        sample(0, "other", 0, &both(0.0, 60.0)),
        sample(5, "idle", 0, &both(50.0, 60.0)),
        sample(6, "prefill", 100, &both(40.0, 60.0)),
        sample(10, "generate", 8, &both(160.0, 360.0)),
    ]);
    let token = |run: &Run, phase: &str, idle: &str| {
        let conditions = json!({"phase": phase, "idle": idle});
        cell(run, "energy_per_token_joules", &conditions).value
    };
    assert_eq!(token(&run, "prefill", "included"), Some(0.4), "in 1 s");
    assert_eq!(token(&run, "prefill", "subtracted"), Some(0.3));
    assert_eq!(token(&run, "generate", "subtracted"), Some(15.0));
    let mean = |run: &Run| cell(run, "power_mean_watts", &json!({}));
    assert_eq!(mean(&run).value, Some(40.0));
    let of = |device: &str| {
        let conditions = json!({"device": device, "idle": "included"});
        cell(&run, "energy_run_joules", &conditions).value
    };
    assert_eq!((of("cpu"), of("gpu0")), (Some(200.0), Some(900.0)));
    assert_eq!(of("all"), Some(1100.0));
    let notes = section(&run).notes.join("\n");
    assert!(notes.contains("took 200"), "{notes}");
    run.header.plan["device"] = json!("Vulkan0");
    assert_eq!(token(&run, "prefill", "included"), None, "of a card in 1 s");
    assert_eq!(token(&run, "generate", "included"), Some(125.0));
    assert_eq!(mean(&run).value, Some(220.0));
}

#[test]
fn a_package_that_holds_the_graphics_tells_what_models_cost_there() {
    let mut run = run(vec![
        sample(0, "other", 0, &[]),
        sample(2, "decode", 2, &[("cpu_joules", 3.0)]),
    ]);
    run.header.plan["device"] = json!("Vulkan0");
    let token = |run: &Run| cell(run, "energy_per_token_joules", &json!({})).value;
    assert_eq!(token(&run), None);
    let fact = ("graphics_in_package".to_owned(), json!(true));
    run.header.machine.extend([fact]);
    assert_eq!(token(&run), Some(1.5));
}

#[test]
fn energy_of_a_right_answer_is_that_of_generating_by_the_share_of_tokens() {
    let mut whole = fixture::run();
    let name = whole.header.models[0].name.clone();
    let mine = |sample: HardwareSample| HardwareSample {
        model: sample.model.map(|_| name.clone()),
        ..sample
    };
    whole.hardware = [
        sample(0, "other", 0, &[]),
        sample(10, "generate", 1000, &[("cpu_joules", 500.0)]),
        sample(20, "judge", 0, &[("cpu_joules", 9000.0)]),
    ]
    .map(mine)
    .to_vec();
    let of = |suite: Option<&str>| -> f64 {
        let own = whole.attempts.iter().filter(|a| a.key.model == name);
        let own = own.filter(|a| suite.is_none_or(|suite| a.key.suite == suite));
        own.map(|a| f64::from(a.n_tokens)).sum()
    };
    let is_right = |v: &&ledger::record::Verdict| {
        v.key.model == name && v.stage == Some(ledger::record::Stage::Right)
    };
    let right = whole.verdicts.iter().filter(is_right).count() as f64;
    let expected = 500.0 * of(Some("cpp-demo")) / of(None) / right;
    let found = cell(&whole, "energy_per_solved_joules", &json!({}));
    assert!(
        (found.value.unwrap() / expected - 1.0).abs() < 1e-12,
        "{found:?}"
    );
    for verdict in &mut whole.verdicts {
        verdict.stage = verdict.stage.map(|_| ledger::record::Stage::Runs);
    }
    let none = cell(&whole, "energy_per_solved_joules", &json!({}));
    assert_eq!(none.value, None);
    assert!(none.reason.unwrap().contains("no completion was right"));
}

#[test]
fn peaks_and_means_come_from_the_samples_of_the_model_alone() {
    let run = run(vec![
        sample(
            0,
            "other",
            0,
            &[("process_bytes", 9e9), ("cpu_busy_share", 0.9)],
        ),
        sample(
            1,
            "memory",
            0,
            &[
                ("process_bytes", 2e9),
                ("cpu_busy_share", 0.2),
                ("cpu_hz", 2e9),
            ],
        ),
        sample(
            4,
            "memory",
            0,
            &[
                ("process_bytes", 1e9),
                ("cpu_busy_share", 0.4),
                ("cpu_hz", 3e9),
            ],
        ),
    ]);
    let value = |metric: &str| cell(&run, metric, &json!({})).value.unwrap();
    assert_eq!(value("process_peak_bytes"), 2e9);
    assert!(
        (value("cpu_busy_share") - 0.35).abs() < 1e-12,
        "one second at 0.2, three at 0.4"
    );
    assert_eq!(
        (value("cpu_lowest_hz"), value("cpu_highest_hz")),
        (2e9, 3e9)
    );
    assert_eq!(value("monitor_share"), 4000.0 / (4.0 * S as f64));
    assert_eq!(cell(&run, "process_peak_bytes", &json!({})).n, 2);
}

#[test]
fn a_machine_that_tells_no_energy_has_one_row_with_reason_and_remedy() {
    let mut run = run(vec![
        sample(0, "other", 0, &[]),
        sample(1, "memory", 0, &[]),
    ]);
    run.measurements.push(Measurement {
        model: "m".into(),
        benchmark: "hardware".into(),
        metric: "energy_run_joules".into(),
        conditions: BTreeMap::new(),
        values: Vec::new(),
        reason: Some("no counter; fix: look on the host".into()),
        told: None,
        own: None,
    });
    let energy: Vec<_> = section(&run)
        .rows
        .into_iter()
        .filter(|row| row.metric.starts_with("energy") || row.metric.starts_with("power"))
        .collect();
    assert_eq!(energy.len(), 1);
    assert_eq!(energy[0].cells[0].value, None);
    assert_eq!(
        energy[0].cells[0].reason.as_deref(),
        Some("no counter; fix: look on the host")
    );
}

#[test]
fn no_samples_and_strange_samples_make_no_number_of_nothing() {
    assert!(Scorecard::of(&run(Vec::new())).sections.is_empty());
    let one = run(vec![sample(5, "decode", 10, &[("cpu_joules", 3.0)])]);
    assert_eq!(cell(&one, "energy_run_joules", &json!({})).value, None);
    // Time that stands still, and time that runs backwards.
    let strange = run(vec![
        sample(5, "decode", 0, &[("cpu_joules", 3.0)]),
        sample(5, "decode", 10, &[("cpu_joules", 3.0)]),
        sample(4, "decode", 10, &[("cpu_joules", 3.0)]),
    ]);
    assert_eq!(
        cell(&strange, "energy_run_joules", &json!({})).value,
        Some(3.0)
    );
    assert_eq!(cell(&strange, "power_mean_watts", &json!({})).value, None);
}

#[test]
fn the_csv_begins_with_the_published_columns_and_leaves_blank_what_was_not_read() {
    let mut samples = counted();
    samples[1]
        .readings
        .insert("system_used_bytes".into(), 2.5e9);
    samples[1].readings.insert("cpu_busy_share".into(), 0.25);
    let files = report::files(&run(samples)).unwrap();
    let (_, bytes) = files
        .iter()
        .find(|(name, _)| name == "hardware.csv")
        .unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    assert!(header.starts_with(
        "timestamp,gpu_util_pct,gpu_mem_used_gb,gpu_mem_total_gb,gpu_temp_c,gpu_power_w,sys_mem_used_gb,sys_mem_total_gb,cpu_util_pct,session,"
    ));
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("1700000000.000,,,,,,,,,0,0,0,other,")
    );
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("1700000001.000,,,,,,2.5,,25,0,1,")
    );
}
