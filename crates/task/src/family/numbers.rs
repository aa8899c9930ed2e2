//! Families about whole numbers, in no bundled suite.

use super::Family;
use super::demo::is_prime;
use super::values::{Values, spaced, yes};

pub(super) const FAMILIES: [Family; 10] = [
    Family::new(
        "lcm",
        "medium",
        [
            "with a function that computes the least common multiple of two whole numbers. Print the least common multiple of $a and $b.",
            "that finds the smallest positive number that both $a and $b divide without a remainder, and prints it.",
            "that prints the least common multiple of $a and $b.",
        ],
        |draw| {
            let (a, b) = (draw.number(4..=90), draw.number(4..=90));
            Values::new().number("a", a).number("b", b)
        },
        |values| {
            let (a, b) = (values.n("a"), values.n("b"));
            (a / gcd(a, b) * b).to_string()
        },
    ),
    Family::new(
        "digit_sum",
        "easy",
        [
            "with a function that adds up the decimal digits of a whole number. Print the digit sum of $n.",
            "that takes the number $n apart into its digits and prints the sum of these digits.",
            "that prints the sum of the digits of $n.",
        ],
        |draw| Values::new().number("n", draw.number(100..=999_999_999)),
        |values| digits(values.n("n")).iter().sum::<i64>().to_string(),
    ),
    Family::new(
        "collatz_length",
        "medium",
        [
            "that replaces an even n by n / 2 and an odd n by 3n + 1 until it is 1. Print how many such steps lead from $n to 1.",
            "that counts the steps of the Collatz sequence from $n to 1, where n / 2 follows an even n and 3n + 1 an odd one, and prints their number.",
            "that starts with $n and goes on with half of an even number and with 3n + 1 for an odd number n. Print the number of steps from $n to 1.",
        ],
        |draw| Values::new().number("n", draw.number(3..=300)),
        |values| collatz_steps(values.n("n")).to_string(),
    ),
    Family::new(
        "nth_prime",
        "medium",
        [
            "that prints the prime number with the place $n in the list 2, 3, 5, 7 and so on, in which 2 has the place 1.",
            "that goes through the prime numbers, counting 2 as number 1 and 3 as number 2, and prints prime number $n.",
            "with a function that finds the n-th prime number, so that it returns 2 for 1 and 3 for 2. Call it with $n and print the result.",
        ],
        |draw| Values::new().number("n", draw.number(5..=150)),
        |values| nth_prime(values.n("n")).to_string(),
    ),
    Family::new(
        "perfect_number",
        "medium",
        [
            "that adds up all divisors of $n that are smaller than $n. Print perfect if the sum is $n, abundant if it is larger and deficient if it is smaller.",
            "that compares $n with the sum of its divisors below $n and prints one word: deficient for a smaller sum, perfect for an equal one, abundant for a larger one.",
            "with a function that sums the proper divisors of a number. Print abundant if that sum is above $n for the number $n, deficient if it is below, and perfect if they are equal.",
        ],
        |draw| {
            let n = match draw.number(0..=5) {
                0 => *draw.pick(&[6, 28, 496, 8128]),
                1 | 2 => 12 * draw.number(1..=60),
                _ => draw.number(5..=900),
            };
            Values::new().number("n", n)
        },
        |values| kind(values.n("n")).to_owned(),
    ),
    Family::new(
        "leap_year",
        "easy",
        [
            "that checks whether the year $year is a leap year of the Gregorian calendar. Print yes if it is and no if it is not, in lower case.",
            "that prints yes if February $year has 29 days in the Gregorian calendar, and no if it has 28, in lower case.",
            "with a function for the rule that years divisible by 4 are leap years, except full centuries that cannot be divided by 400. Print yes if $year is one and no if not.",
        ],
        |draw| {
            let year = match draw.number(0..=3) {
                0 => 100 * draw.number(16..=32),
                1 => 4 * draw.number(400..=550),
                _ => draw.number(1600..=2200),
            };
            Values::new().number("year", year)
        },
        |values| {
            let year = values.n("year");
            yes(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        },
    ),
    Family::new(
        "binary_representation",
        "medium",
        [
            "that prints the number $n in binary, without leading zeros and without a prefix.",
            "that converts $n from decimal to base 2 and prints the binary digits, the first of which is 1.",
            "that divides $n by 2 again and again, collects the remainders, and prints them in reverse order, which is $n in binary.",
        ],
        |draw| Values::new().number("n", draw.number(9..=4095)),
        |values| format!("{:b}", values.n("n")),
    ),
    Family::new(
        "roman_numeral",
        "hard",
        [
            "that converts $n to a Roman numeral in capital letters, with IV for 4 and IX for 9, and prints it.",
            "that prints the number $n as the Romans wrote it, in capital letters and with subtraction, as in IV, XL and CM.",
            "with a function from whole numbers to Roman numerals such as XIV for 14. Print the numeral for $n in capital letters.",
        ],
        |draw| Values::new().number("n", draw.number(3..=3000)),
        |values| roman(values.n("n")),
    ),
    Family::new(
        "prime_factors",
        "medium",
        [
            "that splits $n into its prime factors. Print them in rising order on one line with single spaces between them, each as often as it divides $n.",
            "that prints the prime factorisation of $n: all factors from the smallest to the largest on one line, separated by single spaces, repeated ones repeatedly.",
            "that divides $n by 2, 3, 5 and so on as long as there is no remainder, and prints every divisor used, in this order, on one line with single spaces between them.",
        ],
        |draw| {
            let small = draw.numbers(2..=4, 2..=12);
            Values::new().number("n", small.iter().product())
        },
        |values| spaced(&prime_factors(values.n("n"))),
    ),
    Family::new(
        "clock_time",
        "easy",
        [
            "that prints $seconds seconds after midnight as a time of day in the form HH:MM:SS, with two digits each.",
            "that converts $seconds seconds to hours, minutes and seconds and prints them as HH:MM:SS, each with two digits and a leading zero if needed.",
            "with a function that formats a number of seconds as HH:MM:SS with two digits for each part. Print what it makes of $seconds.",
        ],
        |draw| Values::new().number("seconds", draw.number(61..=86_399)),
        |values| {
            let seconds = values.n("seconds");
            format!(
                "{:02}:{:02}:{:02}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60
            )
        },
    ),
];

pub(super) fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn digits(n: i64) -> Vec<i64> {
    let rests = std::iter::successors(Some(n), |n| Some(n / 10));
    rests.take_while(|n| *n > 0).map(|n| n % 10).collect()
}

fn collatz_steps(n: i64) -> usize {
    let next = |n: &i64| match n % 2 {
        _ if *n == 1 => None,
        0 => Some(n / 2),
        _ => Some(3 * n + 1),
    };
    std::iter::successors(Some(n), next).count() - 1
}

fn nth_prime(n: i64) -> i64 {
    let primes = (2..).filter(|n| is_prime(*n));
    primes.take(n as usize).last().unwrap_or_default()
}

fn kind(n: i64) -> &'static str {
    let sum: i64 = (1..n).filter(|d| n % d == 0).sum();
    match sum.cmp(&n) {
        std::cmp::Ordering::Less => "deficient",
        std::cmp::Ordering::Equal => "perfect",
        std::cmp::Ordering::Greater => "abundant",
    }
}

fn roman(mut n: i64) -> String {
    #[rustfmt::skip]
    const SIGNS: [(i64, &str); 13] = [
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
        (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ];
    let mut text = String::new();
    for (value, sign) in SIGNS {
        while n >= value {
            text += sign;
            n -= value;
        }
    }
    text
}

fn prime_factors(mut n: i64) -> Vec<i64> {
    let mut factors = Vec::new();
    let mut divisor = 2;
    while n > 1 {
        if n % divisor == 0 {
            factors.push(divisor);
            n /= divisor;
        } else {
            divisor += 1;
        }
    }
    factors
}
