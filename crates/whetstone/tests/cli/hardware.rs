//! Energy and hardware: on whatever machine the tests run, a number or a reason.

use serde_json::Value;

use crate::workplace::Workplace;

/// Whether anything on this machine tells its energy, as the doctor says.
fn tells_energy(found: &Value) -> bool {
    let power = found["power"].as_array().unwrap();
    power.iter().any(|source| source["energy"].is_string())
}

#[test]
fn the_doctor_names_every_source_of_power_with_how_it_is_read_or_why_not() {
    let place = Workplace::new();
    let found = place
        .whet(&["doctor", "--format", "json"])
        .with_code(0)
        .json();
    let power = found["power"].as_array().unwrap();
    assert_eq!(power[0]["device"], "cpu");
    for source in power {
        assert_ne!(
            source["energy"].is_string(),
            source["reason"].is_string(),
            "{source}"
        );
    }
    let findings = found["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["area"] == "power"));
    assert!(found["machine"]["unknown"].is_object());
    let asked = [
        "bench",
        "memory",
        "toy.gguf",
        "--energy",
        "--contexts",
        "16",
        "--threads",
        "1",
    ];
    if !tells_energy(&found) {
        let refused = place.whet(&asked).with_code(2);
        refused.saying(&["--energy", "tells its energy", "processor packages"]);
        assert!(
            place.runs("runs").is_empty(),
            "refused before anything was done"
        );
    }
}

#[test]
fn a_run_leaves_samples_a_table_and_a_section() {
    let place = Workplace::new();
    place
        .bench(&["--only", "memory,latency", "--preset", "smoke"])
        .with_code(0);
    let run = place.only_run("runs");
    let samples = std::fs::read_to_string(run.0.join("hardware.jsonl")).unwrap();
    let samples: Vec<Value> = samples
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert!(
        samples
            .iter()
            .any(|sample| sample["phase"] == "memory" && sample["model"] == "toy")
    );
    assert!(samples.iter().all(|sample| sample["session"] == 0));
    let resident = |sample: &Value| sample["readings"]["process_bytes"].as_f64();
    if cfg!(target_os = "linux") {
        assert!(samples.iter().filter_map(resident).any(|bytes| bytes > 1e6));
    }
    let table = std::fs::read_to_string(run.0.join("hardware.csv")).unwrap();
    assert!(table.starts_with("timestamp,gpu_util_pct,"));
    assert_eq!(table.lines().count(), samples.len() + 1);
    let card: Value =
        serde_json::from_slice(&std::fs::read(run.0.join("report.json")).unwrap()).unwrap();
    let sections = card["sections"].as_array().unwrap();
    let hardware = sections
        .iter()
        .find(|one| one["benchmark"] == "hardware")
        .unwrap();
    let rows = hardware["rows"].as_array().unwrap();
    let energy: Vec<&Value> = rows
        .iter()
        .filter(|row| row["metric"] == "energy_run_joules")
        .collect();
    let [first, ..] = energy[..] else {
        panic!("{rows:?}")
    };
    let cell = &first["cells"][0];
    assert!(cell["value"].is_number() || cell["reason"].as_str().is_some_and(|r| !r.is_empty()));
    assert!(
        card["provenance"]["machine"]
            .as_array()
            .unwrap()
            .iter()
            .any(|fact| fact["name"] == "power_sources")
    );
}
