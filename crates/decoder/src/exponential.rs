//! The exponential function, over and over.
//!
//! A training step of a model of half a billion weights takes 150 million of them. The system's function gives one at a
//! time; this one is a few multiplications without a branch, so that the compiler makes eight at once of a loop over a
//! slice. Reduction and polynomial are those of Cephes' `expf` (S. Moshier).

/// Below this the result is 0, and no subnormal number.
const LEAST: f32 = -87.336_54;
/// Above this the result is infinite: the last half power of two is given away, for which the exponent has no room.
const MOST: f32 = 88.376_2;
/// ln 2 in two parts: products of the first one with small whole numbers are exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// Added to a small number, it leaves the nearest whole one in the last bits.
const ROUNDER: f32 = 12_582_912.0;
/// (e^r - 1 - r) / r² for |r| ≤ ln 2 / 2, highest power first.
const TAIL: [f32; 6] = [
    1.987_569_1e-4,
    1.398_2e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    0.166_666_65,
    0.5,
];

/// e to the power of x, with a relative error of at most 2⁻²² (two units in the last place). NaN stays NaN.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let rest = x - whole * LN_2[0] - whole * LN_2[1];
    let tail = TAIL.iter().fold(0.0, |sum, factor| sum * rest + factor);
    let fraction = tail * rest * rest + rest + 1.0;
    // The whole part goes where a float keeps its exponent.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    let value = fraction * power;
    if x < LEAST {
        0.0
    } else if x > MOST {
        f32::INFINITY
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_right_to_two_units_in_the_last_place_over_its_whole_range() {
        let mut worst = 0.0f64;
        for i in -873_000..=883_700 {
            let x = i as f32 * 1e-4;
            let wanted = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) / wanted - 1.0).abs());
        }
        assert!(worst <= 2.0f64.powi(-22), "{worst:e}");
    }

    #[test]
    fn the_ends_are_those_of_the_function() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-1e30), 0.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(89.0), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan());
    }
}
