//! Units as printed: in which of them a base value reads best.

use measure::Unit;

/// A unit as printed: the base value divided by `factor`, with `suffix` behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Base units in one printed unit.
    pub factor: f64,
    /// What follows the number, with its leading space.
    pub suffix: &'static str,
}

const fn scale(factor: f64, suffix: &'static str) -> Scale {
    Scale { factor, suffix }
}

const TIMES: [Scale; 4] = [
    scale(1e9, " s"),
    scale(1e6, " ms"),
    scale(1e3, " µs"),
    scale(1.0, " ns"),
];
const KIB: f64 = 1024.0;
const SIZES: [Scale; 4] = [
    scale(KIB * KIB * KIB, " GiB"),
    scale(KIB * KIB, " MiB"),
    scale(KIB, " KiB"),
    scale(1.0, " B"),
];
const FLOWS: [Scale; 4] = [
    scale(1e9, " GB/s"),
    scale(1e6, " MB/s"),
    scale(1e3, " kB/s"),
    scale(1.0, " B/s"),
];
const RATES: [Scale; 4] = [
    scale(1e12, " TFLOP/s"),
    scale(1e9, " GFLOP/s"),
    scale(1e6, " MFLOP/s"),
    scale(1.0, " FLOP/s"),
];

const FREQUENCIES: [Scale; 4] = [
    scale(1e9, " GHz"),
    scale(1e6, " MHz"),
    scale(1e3, " kHz"),
    scale(1.0, " Hz"),
];
/// A watt for an hour is 3,600 J.
const ENERGIES: [Scale; 4] = [
    scale(3600.0, " Wh"),
    scale(1.0, " J"),
    scale(1e-3, " mJ"),
    scale(1e-6, " µJ"),
];

/// The scale in which a value of this size reads best.
pub fn scale_of(unit: Unit, value: f64) -> Scale {
    let fitting = |scales: &[Scale; 4]| {
        let chosen = scales.iter().find(|scale| value.abs() >= scale.factor);
        chosen.copied().unwrap_or(scales[3])
    };
    match unit {
        Unit::Nanoseconds => fitting(&TIMES),
        Unit::Bytes => fitting(&SIZES),
        Unit::BytesPerSecond => fitting(&FLOWS),
        Unit::OperationsPerSecond => fitting(&RATES),
        Unit::Hertz => fitting(&FREQUENCIES),
        Unit::Joules => fitting(&ENERGIES),
        Unit::Watts => scale(1.0, " W"),
        Unit::Ratio => scale(0.01, " %"),
        Unit::Factor => scale(1.0, "×"),
        Unit::TokensPerSecond => scale(1.0, " tok/s"),
        Unit::Tokens => scale(1.0, " tokens"),
        Unit::Nats => scale(1.0, " nats"),
        Unit::BitsPerByte | Unit::Perplexity | Unit::Count => scale(1.0, ""),
    }
}
