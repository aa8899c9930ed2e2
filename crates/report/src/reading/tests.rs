use super::*;
use measure::Interval;

fn cell(value: Option<f64>, n: usize, interval: Option<(f64, f64)>) -> Cell {
    Cell {
        model: "m".into(),
        value,
        n,
        n_of: crate::view::Counted::Problems,
        interval: interval.map(|(lo, hi)| Interval {
            lo,
            hi,
            level: 0.95,
        }),
        standard_error: None,
        method: String::new(),
        reason: None,
        raw: Vec::new(),
    }
}

fn keywords(cell: &Cell) -> Option<String> {
    SCALES[0].read(cell, Unit::Ratio)
}

#[test]
fn a_band_begins_at_its_limit_and_says_where_it_ends() {
    for (value, wanted) in [
        (0.0, "poor: the task is missed (below 30 %)"),
        (0.2999, "poor: the task is missed (below 30 %)"),
        (0.3, "fair: the rough idea is there (30 % to 50 %)"),
        (0.7, "excellent: the task is understood (70 % and more)"),
        (1.0, "excellent: the task is understood (70 % and more)"),
    ] {
        let said = keywords(&cell(Some(value), 8, Some((value, value)))).unwrap();
        assert_eq!(said, wanted, "{value}");
    }
}

#[test]
fn an_interval_over_two_bands_decides_for_neither() {
    let said = keywords(&cell(Some(0.6), 8, Some((0.4, 0.8)))).unwrap();
    assert!(
        said.starts_with("undecided between fair") && said.contains("excellent"),
        "{said}"
    );
    let said = keywords(&cell(Some(0.6), 8, None)).unwrap();
    assert!(said.ends_with("by the value alone"), "{said}");
}

#[test]
fn nothing_is_read_from_what_is_absent_or_has_no_n() {
    for cell in [
        cell(None, 8, None),
        cell(Some(0.6), 0, None),
        cell(Some(f64::NAN), 8, None),
    ] {
        assert_eq!(keywords(&cell), None);
    }
}

#[test]
fn every_scale_is_of_a_metric_that_there_is_and_rises_from_nought() {
    for scale in &SCALES {
        assert!(
            measure::metric::find(scale.metric).is_some(),
            "{}",
            scale.metric
        );
        assert_eq!(scale.bands[0].0, 0.0);
        assert!(
            scale.bands.is_sorted_by(|a, b| a.0 < b.0),
            "{}",
            scale.metric
        );
        assert!(scale.by.contains("guide"), "a reading names whose it is");
    }
}
