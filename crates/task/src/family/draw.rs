//! Chance for constants: numbers, words, lists.
//!
//! Every number is a hash of where it is drawn: seed, family, which draw, which number of it. So it is the
//! same on every machine, and no draw depends on an earlier one. It is no source of chance for statistics.

use std::ops::RangeInclusive;

use sha2::{Digest, Sha256};

/// Moves when other constants are drawn for the same seed.
const VERSION: &str = "family/1";

/// Short plain words, no two of which are the same.
#[rustfmt::skip]
const WORDS: [&str; 96] = [
    "apple", "arrow", "autumn", "banana", "basket", "beach", "bird", "bottle", "bread", "bridge", "butter", "candle",
    "castle", "cherry", "circle", "cloud", "coffee", "copper", "cotton", "dance", "desert", "dragon", "dream", "eagle",
    "engine", "evening", "falcon", "feather", "field", "finger", "flower", "forest", "garden", "ginger", "glass", "grape",
    "guitar", "hammer", "harbor", "honey", "house", "island", "jacket", "jungle", "kettle", "kitchen", "ladder", "lemon",
    "letter", "light", "lizard", "market", "meadow", "melon", "mirror", "monkey", "moon", "morning", "mountain", "music",
    "needle", "night", "ocean", "onion", "orange", "paper", "pencil", "pepper", "piano", "planet", "pocket", "pumpkin",
    "quiet", "rabbit", "river", "rocket", "saddle", "school", "shadow", "silver", "spring", "stone", "summer", "table",
    "thunder", "tiger", "tomato", "tunnel", "valley", "velvet", "violin", "water", "window", "winter", "wooden", "yellow",
];

/// One draw of constants.
pub(super) struct Draw {
    place: String,
    n_numbers: u64,
}

impl Draw {
    pub(super) fn new(seed: u64, family: &str, number: u64) -> Draw {
        Draw {
            place: format!("{VERSION} {seed} {family} {number}"),
            n_numbers: 0,
        }
    }

    /// A number of the range. The bias of a remainder of 64 bits is far below anything that could be seen.
    pub(super) fn number(&mut self, range: RangeInclusive<i64>) -> i64 {
        let hash = Sha256::digest(format!("{} {}", self.place, self.n_numbers).as_bytes());
        self.n_numbers += 1;
        let first = hash.iter().take(8);
        let bits = first.fold(0, |bits, &byte| bits << 8 | u64::from(byte));
        let span = range.end().abs_diff(*range.start()) + 1;
        range.start().wrapping_add((bits % span) as i64)
    }

    /// A place in a list of so many.
    fn place(&mut self, n: usize) -> usize {
        self.number(0..=n as i64 - 1) as usize
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.place(from.len())]
    }

    /// Either, equally often.
    pub(super) fn coin(&mut self) -> bool {
        self.number(0..=1) == 1
    }

    /// So many numbers of the range, in the order drawn.
    pub(super) fn numbers(
        &mut self,
        n: RangeInclusive<i64>,
        range: RangeInclusive<i64>,
    ) -> Vec<i64> {
        let n = self.number(n);
        (0..n).map(|_| self.number(range.clone())).collect()
    }

    /// The same, all of them different: the range must hold more than are wanted.
    pub(super) fn different(
        &mut self,
        n: RangeInclusive<i64>,
        range: RangeInclusive<i64>,
    ) -> Vec<i64> {
        let n = self.number(n) as usize;
        let mut numbers = Vec::new();
        while numbers.len() < n {
            let number = self.number(range.clone());
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        numbers
    }

    /// Different numbers in rising order.
    pub(super) fn rising(
        &mut self,
        n: RangeInclusive<i64>,
        range: RangeInclusive<i64>,
    ) -> Vec<i64> {
        let mut numbers = self.different(n, range);
        numbers.sort_unstable();
        numbers
    }

    pub(super) fn word(&mut self) -> &'static str {
        self.pick::<&str>(&WORDS)
    }

    /// So many different words.
    pub(super) fn words(&mut self, n: RangeInclusive<i64>) -> Vec<String> {
        let places = self.different(n, 0..=WORDS.len() as i64 - 1);
        places
            .iter()
            .map(|&place| WORDS[place as usize].to_owned())
            .collect()
    }

    /// The same things in another order.
    pub(super) fn shuffled<T>(&mut self, mut things: Vec<T>) -> Vec<T> {
        for last in (1..things.len()).rev() {
            let other = self.place(last + 1);
            things.swap(last, other);
        }
        things
    }

    /// So many letters of these.
    pub(super) fn letters(&mut self, n: RangeInclusive<i64>, of: &str) -> String {
        let of: Vec<char> = of.chars().collect();
        let n = self.number(n);
        (0..n).map(|_| *self.pick(&of)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_fixed_by_its_place_for_ever() {
        // python3: int(hashlib.sha256(b"family/1 1 gcd 0 0").hexdigest()[:16], 16) % 100
        let mut draw = Draw::new(1, "gcd", 0);
        let drawn: Vec<i64> = (0..3).map(|_| draw.number(0..=99)).collect();
        assert_eq!(drawn, [32, 69, 53]);
    }

    #[test]
    fn every_number_of_a_range_is_drawn_about_equally_often() {
        let mut draw = Draw::new(7, "x", 0);
        let mut counts = [0; 5];
        for _ in 0..1000 {
            counts[(draw.number(-2..=2) + 2) as usize] += 1;
        }
        assert!(counts.iter().all(|n| (150..250).contains(n)), "{counts:?}");
    }

    #[test]
    fn different_numbers_differ_and_a_shuffle_loses_nothing() {
        let mut draw = Draw::new(7, "x", 1);
        let mut numbers = draw.different(20..=20, 1..=20);
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
        let mut shuffled = draw.shuffled(numbers.clone());
        assert_ne!(shuffled, numbers);
        shuffled.sort_unstable();
        assert_eq!(shuffled, numbers);
    }

    #[test]
    fn no_word_is_there_twice() {
        let words: std::collections::HashSet<_> = WORDS.iter().collect();
        assert_eq!(words.len(), WORDS.len());
    }
}
