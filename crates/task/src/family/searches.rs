//! Families whose best answer has to be searched for, in no bundled suite.

use super::Family;
use super::values::Values;
use strsim::levenshtein;

pub(super) const FAMILIES: [Family; 6] = [
    Family::new(
        "coin_change",
        "hard",
        [
            "that finds the smallest number of coins that make up the amount $amount, with coins of the values $coins, each as often as needed. Print that number.",
            "that pays exactly $amount with as few coins as possible. There are coins of $coins, as many as one likes. Print how many coins it takes.",
            "with a function that solves the coin change problem by dynamic programming. Print the fewest coins needed for $amount if the coins are worth $coins.",
        ],
        |draw| {
            let others = draw.rising(2..=3, 3..=25);
            let amount = draw.number(26..=90);
            let coins = [vec![1], others].concat();
            Values::new()
                .numbers("coins", coins)
                .number("amount", amount)
        },
        |values| fewest_coins(values.list("coins"), values.n("amount")).to_string(),
    ),
    Family::new(
        "lcs_length",
        "hard",
        [
            "that prints the length of the longest common subsequence of the strings $left and $right.",
            "that finds how many letters the longest string has that can be made from $left as well as from $right by leaving letters out, and prints that number.",
            "with a function that computes the length of a longest common subsequence by dynamic programming. Call it with $left and $right and print the result.",
        ],
        |draw| {
            let (left, right) = (draw.letters(5..=9, "abcd"), draw.letters(5..=9, "abcd"));
            Values::new().text("left", left).text("right", right)
        },
        |values| {
            lcs(
                values.str("left").as_bytes(),
                values.str("right").as_bytes(),
            )
            .to_string()
        },
    ),
    Family::new(
        "edit_distance",
        "hard",
        [
            "that prints the Levenshtein distance of the words $left and $right.",
            "that finds how many single letters have to be inserted, deleted or replaced at least to turn $left into $right, and prints that number.",
            "with a function that computes the edit distance of two strings (insertions, deletions and replacements count 1 each). Call it with $left and $right and print the result.",
        ],
        |draw| {
            let (left, right) = (draw.word(), draw.word());
            Values::new().text("left", left).text("right", right)
        },
        |values| levenshtein(values.str("left"), values.str("right")).to_string(),
    ),
    Family::new(
        "knapsack",
        "hard",
        [
            "that solves a knapsack problem: the items weigh $weights and are worth $worths, in the same order, each can be taken once, and at most the weight $capacity can be carried. Print the greatest total worth.",
            "that chooses among items with the weights $weights and the values $worths (first weight with first value and so on) so that they weigh $capacity or less together and are worth as much as possible. Print their total value.",
            "with a function for the 0/1 knapsack problem. Call it for the weights $weights, the values $worths and the capacity $capacity, and print the best total value.",
        ],
        |draw| {
            let n = draw.number(3..=5);
            let (weights, worths) = (draw.numbers(n..=n, 1..=9), draw.numbers(n..=n, 5..=40));
            let capacity = draw.number(9..=9 + 2 * n);
            let values = Values::new()
                .numbers("weights", weights)
                .numbers("worths", worths);
            values.number("capacity", capacity)
        },
        |values| {
            let items: Vec<_> = values
                .list("weights")
                .iter()
                .zip(values.list("worths"))
                .collect();
            most_worth(&items, values.n("capacity")).to_string()
        },
    ),
    Family::new(
        "max_subarray",
        "hard",
        [
            "that finds the largest sum of neighbouring elements of the array $numbers, of which at least one has to be taken, and prints that sum.",
            "that prints the maximum subarray sum of $numbers (Kadane's algorithm), where the subarray must not be empty.",
            "with a function that returns the greatest sum of any contiguous part of an array that has one element or more. Call it for $numbers and print the result.",
        ],
        |draw| Values::new().numbers("numbers", draw.numbers(6..=9, -9..=9)),
        |values| {
            let numbers = values.list("numbers");
            let from = |at: usize| (at + 1..=numbers.len()).map(move |end| &numbers[at..end]);
            let sums = (0..numbers.len())
                .flat_map(from)
                .map(|part| part.iter().sum());
            sums.max().unwrap_or(0_i64).to_string()
        },
    ),
    Family::new(
        "longest_rising",
        "hard",
        [
            "that prints the length of the longest strictly increasing subsequence of $numbers.",
            "that finds how many of the numbers $numbers can be kept at most so that each is larger than the one kept before it, without changing their order, and prints that count.",
            "with a function for the length of a longest strictly increasing subsequence, whose elements need not be neighbours. Call it for $numbers and print the result.",
        ],
        |draw| Values::new().numbers("numbers", draw.numbers(6..=10, 1..=30)),
        |values| longest_rising(values.list("numbers")).to_string(),
    ),
];

/// One of the coins must be worth 1.
fn fewest_coins(coins: &[i64], amount: i64) -> i64 {
    let mut fewest = vec![0];
    for sum in 1..=amount {
        let last = coins.iter().filter(|coin| **coin <= sum);
        let counts = last.map(|coin| fewest[(sum - coin) as usize] + 1);
        fewest.push(counts.min().expect("a coin is worth 1"));
    }
    fewest[amount as usize]
}

fn lcs(left: &[u8], right: &[u8]) -> usize {
    match (left, right) {
        ([], _) | (_, []) => 0,
        ([a, left @ ..], [b, right @ ..]) if a == b => 1 + lcs(left, right),
        ([_, rest @ ..], [_, others @ ..]) => lcs(rest, right).max(lcs(left, others)),
    }
}

fn most_worth(items: &[(&i64, &i64)], capacity: i64) -> i64 {
    let Some(((weight, worth), rest)) = items.split_first() else {
        return 0;
    };
    let without = most_worth(rest, capacity);
    match **weight <= capacity {
        true => without.max(**worth + most_worth(rest, capacity - **weight)),
        false => without,
    }
}

fn longest_rising(numbers: &[i64]) -> usize {
    let mut lengths: Vec<usize> = Vec::new();
    for (at, number) in numbers.iter().enumerate() {
        let before = (0..at).filter(|&earlier| numbers[earlier] < *number);
        let longest = before.map(|earlier| lengths[earlier]).max();
        lengths.push(longest.unwrap_or(0) + 1);
    }
    lengths.into_iter().max().unwrap_or(0)
}
