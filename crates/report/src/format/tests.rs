//! Rounding, units and signs.

use measure::{Better, Interval, Unit};
use serde_json::json;

use super::{bytes, cell, comparison, conditions, decimals, fixed, p_value, quantity};
use crate::view::{Cell, Comparison, Counted, Kind, Row};

fn interval(lo: f64, hi: f64) -> Option<Interval> {
    Some(Interval {
        lo,
        hi,
        level: 0.95,
    })
}

fn a_cell(value: Option<f64>, interval: Option<Interval>) -> Cell {
    Cell {
        model: "m".into(),
        value,
        n: 24,
        n_of: Counted::Problems,
        interval,
        standard_error: None,
        method: String::new(),
        reason: value.is_none().then(|| "no counter".to_owned()),
        raw: vec![],
    }
}

fn a_row(unit: Unit, cells: Vec<Cell>) -> Row {
    Row {
        metric: "x".into(),
        title: "x".into(),
        unit,
        better: Better::Higher,
        conditions: Default::default(),
        cells,
        comparisons: vec![],
    }
}

fn text_of(unit: Unit, value: f64, lo: f64, hi: f64) -> String {
    let row = a_row(unit, vec![a_cell(Some(value), interval(lo, hi))]);
    let text = cell(&row.cells[0], &row);
    format!("{} {}", text.value, text.interval.unwrap_or_default())
}

#[test]
fn digits_follow_the_interval_and_not_the_machine() {
    assert_eq!(
        text_of(Unit::Ratio, 0.416666, 0.3123, 0.5261),
        "42 % [31, 53]"
    );
    assert_eq!(
        text_of(Unit::Ratio, 0.416666, 0.4111, 0.4223),
        "41.7 % [41.1, 42.2]"
    );
    assert_eq!(
        text_of(Unit::TokensPerSecond, 53.123, 52.9, 53.4),
        "53.12 tok/s [52.90, 53.40]"
    );
    assert_eq!(
        text_of(Unit::Nanoseconds, 1_530_000.0, 1_400_000.0, 1_700_000.0),
        "1.53 ms [1.40, 1.70]"
    );
    assert_eq!(
        text_of(Unit::BitsPerByte, 0.91234, 0.88, 0.95),
        "0.912 [0.880, 0.950]"
    );
}

#[test]
fn an_interval_without_width_does_not_invent_digits() {
    assert_eq!(
        text_of(Unit::Bytes, 1024.0 * 1024.0 * 48.0, 50331648.0, 50331648.0),
        "48 MiB [48, 48]"
    );
}

#[test]
fn a_row_has_one_scale() {
    let row = a_row(
        Unit::Bytes,
        vec![
            a_cell(Some(491400064.0), None),
            a_cell(Some(1117320768.0), None),
        ],
    );
    assert_eq!(cell(&row.cells[0], &row).value, "468.6 MiB");
    assert_eq!(cell(&row.cells[1], &row).value, "1066 MiB");
}

#[test]
fn an_absent_number_is_a_dash_with_a_reason_and_never_a_zero() {
    let row = a_row(Unit::Ratio, vec![a_cell(None, None)]);
    let text = cell(&row.cells[0], &row);
    assert_eq!((text.value.as_str(), text.n.as_str()), ("—", ""));
    assert_eq!(text.reason.as_deref(), Some("no counter"));
}

#[test]
fn single_quantities_pick_their_unit() {
    assert_eq!(bytes(0), "0 B");
    assert_eq!(bytes(1023), "1023 B");
    assert_eq!(bytes(1024), "1 KiB");
    assert_eq!(bytes(98_362_432), "93.81 MiB");
    assert_eq!(quantity(Unit::Nanoseconds, 999.0), "999 ns");
    assert_eq!(quantity(Unit::Nanoseconds, 61_250_000_000.0), "61.25 s");
    assert_eq!(quantity(Unit::Ratio, 1.0), "100 %");
}

#[test]
fn differences_carry_a_sign_and_ratios_a_cross() {
    let row = a_row(Unit::Ratio, vec![]);
    let mut found = Comparison {
        model: "b".into(),
        against: "a".into(),
        kind: Kind::Difference,
        value: Some(0.135),
        interval: interval(0.021, 0.249),
        p: Some(0.0312),
        smallest_detectable: Some(0.1634),
        n: 24,
        method: String::new(),
        reason: None,
        caution: None,
        identical: false,
    };
    let text = comparison(&found, &row);
    assert_eq!(text.value.as_deref(), Some("+14 pp"));
    assert_eq!(text.interval.as_deref(), Some("[+2, +25]"));
    assert_eq!(text.p.as_deref(), Some("p=0.031"));
    assert_eq!(text.detectable.as_deref(), Some("16 pp"));
    found.kind = Kind::Ratio;
    (found.value, found.interval) = (Some(1.3812), interval(1.31, 1.46));
    found.smallest_detectable = Some(1.0342);
    let text = comparison(&found, &row);
    assert_eq!(text.value.as_deref(), Some("1.38×"));
    assert_eq!(text.detectable.as_deref(), Some("1.034×"));
}

#[test]
fn zero_has_no_sign() {
    assert_eq!(fixed(-0.0001, 2), "0.00");
    assert_eq!(fixed(-0.01, 2), "-0.01");
    assert_eq!(super::signed(0.0, 1, super::Sign::Always), "0.0");
}

#[test]
fn small_p_values_are_a_bound() {
    assert_eq!(p_value(0.0002), "p<0.001");
    assert_eq!(p_value(1.0), "p=1.000");
}

#[test]
fn decimals_never_exceed_six_nor_fail_on_extremes() {
    for (value, half) in [
        (1e-300, Some(1e-301)),
        (1e300, Some(1e299)),
        (f64::MAX, None),
        (0.0, Some(0.0)),
    ] {
        assert!(decimals(value, half) <= 6);
    }
}

#[test]
fn conditions_read_like_words_and_hide_hashes() {
    let map = json!({"prompt_tokens": 512, "cache": "q8_0", "text_sha256": "ab", "threads": 2});
    let pairs = map
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), value));
    assert_eq!(conditions(pairs), "prompt 512 · threads 2 · q8_0");
}
