//! The sixteen families of `cpp-demo`, each with the constants that the suite itself has.

use super::Family;
use super::values::{Values, joined, spaced, yes};

#[rustfmt::skip]
const GREETINGS: [&str; 10] = [
    "Hello", "Good morning", "Good evening", "Welcome", "Greetings", "Hi there", "Good night", "Goodbye", "Well done", "Thank you",
];

#[rustfmt::skip]
const ADDRESSED: [&str; 16] = [
    "Mars", "Anna", "everyone", "dear reader", "Oslo", "my friend", "Team Seven", "Universe", "Leo", "captain", "Paris",
    "students", "Maria", "neighbour", "Moon", "Robot",
];

#[rustfmt::skip]
const PALINDROMES: [&str; 30] = [
    "level", "radar", "civic", "kayak", "rotor", "refer", "madam", "noon", "deified", "reviver", "rotator", "redder",
    "stats", "tenet", "solos", "sagas", "peep", "deed", "toot", "minim", "repaper", "hannah", "otto", "sees", "tut",
    "murdrum", "terret", "shahs", "wow", "eve",
];

pub(super) const FAMILIES: [Family; 16] = [
    Family::new(
        "hello_world",
        "easy",
        [
            "that prints the line $text exactly as written here.",
            "whose only output is the following line, with the same letters and signs: $text",
            "that greets its user: it writes $text and ends the line.",
        ],
        |draw| {
            let (hello, whom) = (draw.pick(&GREETINGS), draw.pick(&ADDRESSED));
            let sign = draw.pick(&["!", "!!", "!!!"]);
            Values::new().text("text", format!("{hello}, {whom}{sign}"))
        },
        |values| values.str("text").to_owned(),
    )
    .like("hello_world", || Values::new().text("text", "Hello, World!")),
    Family::new(
        "sum_function",
        "easy",
        [
            "with a function that takes two integers and returns their sum. Call it with $a and $b and print the result.",
            "that defines a function add for two integers, calls it with the arguments $a and $b, and prints what it returns.",
            "that adds the integers $a and $b in a function of its own and prints their sum.",
        ],
        |draw| {
            let (a, b) = (draw.number(-200..=999), draw.number(1..=999));
            Values::new().number("a", a).number("b", b)
        },
        |values| (values.n("a") + values.n("b")).to_string(),
    )
    .like("sum_function", || Values::new().number("a", 5).number("b", 3)),
    Family::new(
        "count",
        "easy",
        [
            "that prints the whole numbers from $from to $to in rising order, each on a line of its own.",
            "that counts upwards from $from to $to, both included, and prints every number on its own line.",
            "with a loop that starts at $from, ends after $to, and prints one whole number per line.",
        ],
        |draw| {
            let from = draw.number(-20..=90);
            let to = from + draw.number(2..=11);
            Values::new().number("from", from).number("to", to)
        },
        |values| {
            let numbers: Vec<i64> = (values.n("from")..=values.n("to")).collect();
            joined(&numbers, "\n")
        },
    )
    .like("count_1_to_5", || Values::new().number("from", 1).number("to", 5)),
    Family::new(
        "factorial",
        "medium",
        [
            "with a function that computes the factorial of a whole number. Print the factorial of $n.",
            "that multiplies all whole numbers from 1 to $n and prints the product, the factorial of $n.",
            "that computes $n! (the factorial of $n) in a loop or by recursion and prints it.",
        ],
        |draw| Values::new().number("n", draw.number(1..=20)),
        |values| (1..=values.n("n")).product::<i64>().to_string(),
    )
    .like("factorial", || Values::new().number("n", 6)),
    Family::new(
        "fibonacci",
        "medium",
        [
            "that prints the first $n Fibonacci numbers, beginning with 0 and 1, on one line with single spaces between them.",
            "that prints $n numbers on one line, separated by single spaces: the beginning of the Fibonacci sequence 0 1 1 2 and so on.",
            "that starts with 0 and 1, forms each further number as the sum of the last two, and prints the first $n numbers on one line with single spaces between them.",
        ],
        |draw| Values::new().number("n", draw.number(3..=45)),
        |values| spaced(&fibonacci(values.n("n"))),
    )
    .like("fibonacci", || Values::new().number("n", 10)),
    Family::new(
        "reverse_string",
        "medium",
        [
            "that reverses the string $text and prints the reversed string.",
            "that prints the string $text backwards, from its last character to its first.",
            "with a function that turns a string around. Call it with $text and print what it returns.",
        ],
        |draw| Values::new().text("text", draw.words(1..=3).join(" ")),
        |values| values.str("text").chars().rev().collect(),
    )
    .like("reverse_string", || Values::new().text("text", "hello")),
    Family::new(
        "is_prime",
        "medium",
        [
            "that checks whether $n is a prime number. Print yes if it is and no if it is not, in lower case.",
            "with a function that says whether a number is prime. Print yes if $n is prime, otherwise no, in lower case.",
            "that tests the number $n for divisors other than 1 and $n. Print yes if there are none, so that it is prime, and no otherwise.",
        ],
        |draw| {
            let wanted = draw.coin();
            let mut n = draw.number(2..=997);
            while is_prime(n) != wanted {
                n = draw.number(2..=997);
            }
            Values::new().number("n", n)
        },
        |values| yes(is_prime(values.n("n"))),
    )
    .like("is_prime", || Values::new().number("n", 17)),
    Family::new(
        "array_sum",
        "easy",
        [
            "that stores the numbers $numbers in an array, adds them up and prints the sum.",
            "that computes the sum of the array $numbers with a loop and prints it.",
            "with a function that returns the sum of all elements of an array. Call it for the array $numbers and print the result.",
        ],
        |draw| Values::new().numbers("numbers", draw.numbers(4..=9, -9..=99)),
        |values| values.list("numbers").iter().sum::<i64>().to_string(),
    )
    .like("array_sum", || Values::new().numbers("numbers", [1, 2, 3, 4, 5])),
    Family::new(
        "max_element",
        "medium",
        [
            "that finds the largest element of the array $numbers and prints it.",
            "that goes through the array $numbers and prints its maximum.",
            "with a function that returns the greatest number of an array. Call it for $numbers and print what it returns.",
        ],
        |draw| Values::new().numbers("numbers", draw.numbers(5..=10, -50..=99)),
        |values| values.list("numbers").iter().copied().fold(i64::MIN, i64::max).to_string(),
    )
    .like("max_element", || Values::new().numbers("numbers", [3, 1, 4, 1, 5, 9, 2, 6])),
    Family::new(
        "bubble_sort",
        "medium",
        [
            "that sorts the array $numbers in rising order with bubble sort. Print the sorted numbers on one line with single spaces between them.",
            "that swaps neighbours of the array $numbers until no number is followed by a smaller one (bubble sort), and prints the array on one line, separated by single spaces.",
            "with a bubble sort function. Sort the numbers $numbers from the smallest to the largest with it and print them on one line with single spaces between them.",
        ],
        |draw| Values::new().numbers("numbers", draw.numbers(5..=9, 0..=99)),
        |values| {
            let mut numbers = values.list("numbers").to_vec();
            numbers.sort_unstable();
            spaced(&numbers)
        },
    )
    .like("bubble_sort", || Values::new().numbers("numbers", [5, 2, 8, 1, 9])),
    Family::new(
        "gcd",
        "medium",
        [
            "with a function that computes the greatest common divisor of two whole numbers. Print the greatest common divisor of $a and $b.",
            "that prints the greatest common divisor of $a and $b, found with Euclid's algorithm.",
            "that finds the largest whole number by which both $a and $b can be divided without a remainder, and prints it.",
        ],
        |draw| {
            let factor = draw.number(1..=24);
            let (a, b) = (draw.number(2..=40), draw.number(2..=40));
            Values::new().number("a", factor * a).number("b", factor * b)
        },
        |values| super::numbers::gcd(values.n("a"), values.n("b")).to_string(),
    )
    .like("gcd", || Values::new().number("a", 48).number("b", 18)),
    Family::new(
        "binary_search",
        "hard",
        [
            "that looks for the value $wanted in the sorted array $numbers with binary search. Print the index at which it was found, counted from 0.",
            "with a binary search function. Search the array $numbers, which is sorted, for $wanted and print its index, where the first element has the index 0.",
            "that halves the sorted array $numbers again and again (binary search) until it finds $wanted, and prints the index of that element, counted from 0.",
        ],
        |draw| {
            let numbers = draw.rising(5..=10, 1..=99);
            let wanted = *draw.pick(&numbers);
            Values::new().numbers("numbers", numbers).number("wanted", wanted)
        },
        |values| {
            let found = values.list("numbers").binary_search(&values.n("wanted"));
            found.expect("the wanted number is one of the array's").to_string()
        },
    )
    .like("binary_search", || {
        Values::new().numbers("numbers", [1, 3, 5, 7, 9, 11]).number("wanted", 7)
    }),
    Family::new(
        "palindrome",
        "medium",
        [
            "that checks whether the word $word is a palindrome. Print yes if it is and no if it is not, in lower case.",
            "with a function that says whether a word reads the same in both directions. Print yes if $word does, and no otherwise, in lower case.",
            "that compares the word $word with its reverse. Print yes if they are equal, so that it is a palindrome, and no if not.",
        ],
        |draw| {
            let word = match draw.coin() {
                true => *draw.pick(&PALINDROMES),
                false => draw.word(),
            };
            Values::new().text("word", word)
        },
        |values| {
            let word = values.str("word");
            yes(word.chars().eq(word.chars().rev()))
        },
    )
    .like("palindrome", || Values::new().text("word", "racecar")),
    Family::new(
        "count_vowels",
        "easy",
        [
            "that counts the vowels (a, e, i, o, u) in the string $text and prints how many there are.",
            "that prints how many of the letters of the string $text are vowels, which are a, e, i, o and u.",
            "with a function that counts the vowels a, e, i, o and u of a string. Call it with $text and print the count.",
        ],
        |draw| Values::new().text("text", draw.words(2..=4).join(" ")),
        |values| values.str("text").matches(['a', 'e', 'i', 'o', 'u']).count().to_string(),
    )
    .like("count_vowels", || Values::new().text("text", "hello world")),
    Family::new(
        "power_function",
        "easy",
        [
            "with a function that raises a whole number to a whole power. Print $base to the power of $exponent.",
            "that multiplies $base by itself so that $exponent factors $base stand in the product, and prints $base to the power of $exponent.",
            "that computes $base to the power of $exponent with whole numbers only, in a function called power, and prints it.",
        ],
        |draw| {
            let (base, exponent) = (draw.number(2..=12), draw.number(2..=9));
            Values::new().number("base", base).number("exponent", exponent)
        },
        |values| {
            let exponent = u32::try_from(values.n("exponent")).expect("exponents are small");
            values.n("base").pow(exponent).to_string()
        },
    )
    .like("power_function", || Values::new().number("base", 2).number("exponent", 10)),
    Family::new(
        "linked_list_sum",
        "hard",
        [
            "that builds a singly linked list with the values $numbers, walks through it adding up the values, and prints the sum.",
            "with a node type that holds a number and a pointer to the next node. Make a list of the values $numbers and print the sum of all values in it.",
            "that puts the numbers $numbers into a linked list of its own making and prints what they add up to.",
        ],
        |draw| Values::new().numbers("numbers", draw.numbers(3..=7, 1..=99)),
        |values| values.list("numbers").iter().sum::<i64>().to_string(),
    )
    .like("linked_list_sum", || Values::new().numbers("numbers", [1, 2, 3])),
];

fn fibonacci(n: i64) -> Vec<i64> {
    let pairs = std::iter::successors(Some((0, 1)), |&(here, next)| Some((next, here + next)));
    pairs.map(|(here, _)| here).take(n as usize).collect()
}

pub(super) fn is_prime(n: i64) -> bool {
    let mut divisors = (2..n).take_while(|d| d * d <= n);
    n > 1 && divisors.all(|d| n % d != 0)
}
