//! From readings of a power source to joules.
//!
//! Two kinds of source exist. A *counter* adds up the energy by itself; what passed between two readings is
//! their difference, also across the place where the counter starts over. A *power* reading says how
//! much flows at one moment; its energy is the area below time-stamped readings ([`trapezoid`]). A counter
//! is better wherever there is one: on some accelerators a power reading covers a part of the time only.
//!
//! Nothing is guessed: what cannot be told from two readings is `None`, never 0.

/// More than one socket or one accelerator draws. A step that would need more is no step of a counter
/// that started over, but one of a counter that was set back (a driver that was loaded anew, a
/// machine that slept).
const MOST_WATTS: f64 = 5_000.0;

/// A counter of energy between its readings.
#[derive(Debug, Clone, Default)]
pub struct Counter {
    /// Joules at which it starts over from 0; `None` if it never does.
    range: Option<f64>,
    last: Option<(u64, f64)>,
}

impl Counter {
    /// A counter that starts over behind `range` joules, or never.
    pub fn new(range: Option<f64>) -> Counter {
        Counter { range, last: None }
    }

    /// Joules since the reading before this one. `None` for the first reading, for one that follows a
    /// failed one, and for one that cannot have followed the one before.
    pub fn step(&mut self, now_ns: u64, joules: Option<f64>) -> Option<f64> {
        let now = joules.filter(|joules| joules.is_finite() && *joules >= 0.0);
        let last = self.last.take();
        self.last = now.map(|joules| (now_ns, joules));
        let ((then_ns, before), after) = (last?, now?);
        let grown = match after >= before {
            true => after - before,
            false => self.range? - before + after,
        };
        let seconds = now_ns.checked_sub(then_ns)? as f64 / 1e9;
        (grown >= 0.0 && plausible(grown, seconds)).then_some(grown)
    }
}

/// Counters move in ticks, so a single tick may fall into a very short time: a second's worth is let pass.
fn plausible(joules: f64, seconds: f64) -> bool {
    joules <= MOST_WATTS * seconds.max(1.0)
}

/// Joules between two readings of power in watts, so many nanoseconds apart: the area of the trapezoid
/// below them. `None` if one of them is no reading.
pub fn trapezoid(ns: u64, before: Option<f64>, after: Option<f64>) -> Option<f64> {
    let is_power = |watts: &f64| watts.is_finite() && *watts >= 0.0;
    let (before, after) = (before.filter(is_power)?, after.filter(is_power)?);
    Some((before + after) / 2.0 * ns as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn steps(range: Option<f64>, readings: &[(u64, Option<f64>)]) -> Vec<Option<f64>> {
        let mut counter = Counter::new(range);
        let step = |(ns, joules): &(u64, Option<f64>)| counter.step(*ns, *joules);
        readings.iter().map(step).collect()
    }

    #[test]
    fn a_counter_tells_what_passed_since_the_reading_before() {
        let readings = [(0, Some(10.0)), (S, Some(15.0)), (2 * S, Some(15.0))];
        assert_eq!(steps(None, &readings), [None, Some(5.0), Some(0.0)]);
    }

    #[test]
    fn a_counter_that_starts_over_loses_nothing() {
        let readings = [(0, Some(90.0)), (S, Some(98.0)), (2 * S, Some(3.0))];
        assert_eq!(steps(Some(100.0), &readings), [None, Some(8.0), Some(5.0)]);
    }

    #[test]
    fn a_counter_that_was_set_back_has_an_unknown_step_and_goes_on_after_it() {
        let readings = [(0, Some(90.0)), (S, Some(3.0)), (2 * S, Some(4.0))];
        assert_eq!(steps(None, &readings), [None, None, Some(1.0)], "no range");
        let readings = [(0, Some(9_000.0)), (S, Some(3.0)), (2 * S, Some(4.0))];
        let far = steps(Some(262_143.0), &readings);
        assert_eq!(far, [None, None, Some(1.0)], "253 kJ in a second");
    }

    #[test]
    fn a_failed_reading_hides_the_steps_on_both_sides_of_it() {
        let readings = [
            (0, Some(1.0)),
            (S, None),
            (2 * S, Some(5.0)),
            (3 * S, Some(6.0)),
        ];
        assert_eq!(steps(None, &readings), [None, None, None, Some(1.0)]);
        let garbage = [
            (0, Some(1.0)),
            (S, Some(f64::NAN)),
            (2 * S, Some(-4.0)),
            (3 * S, Some(6.0)),
        ];
        assert_eq!(steps(None, &garbage), [None; 4]);
    }

    #[test]
    fn time_in_tiny_steps_or_backwards_makes_no_energy_of_nothing() {
        let readings = [
            (5, Some(1.0)),
            (5, Some(1.0)),
            (6, Some(1.5)),
            (3, Some(2.0)),
        ];
        assert_eq!(steps(None, &readings), [None, Some(0.0), Some(0.5), None]);
    }

    #[test]
    fn many_small_steps_add_up_to_one_large_one() {
        let mut counter = Counter::new(Some(7.0));
        let mut sum = 0.0;
        for step in 0..10_000u64 {
            let joules = (step as f64 * 0.01) % 7.0;
            sum += counter.step(step * 1_000_000, Some(joules)).unwrap_or(0.0);
        }
        assert!((sum - 99.99).abs() < 1e-6, "{sum}");
    }

    #[test]
    fn the_area_below_two_readings_of_power() {
        assert_eq!(trapezoid(2 * S, Some(10.0), Some(20.0)), Some(30.0));
        assert_eq!(trapezoid(0, Some(10.0), Some(20.0)), Some(0.0));
        assert_eq!(trapezoid(S, None, Some(20.0)), None);
        assert_eq!(trapezoid(S, Some(f64::INFINITY), Some(20.0)), None);
        assert_eq!(trapezoid(S, Some(-1.0), Some(20.0)), None);
    }
}
