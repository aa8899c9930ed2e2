use std::collections::BTreeMap;

fn main() {
    let mut counts = BTreeMap::new();
    for letter in "banana".chars() {
        *counts.entry(letter).or_insert(0) += 1;
    }
    for (letter, count) in counts {
        println!("{letter}: {count}");
    }
}
