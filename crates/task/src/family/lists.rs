//! Families about lists, tables, stacks and queues, in no bundled suite.

use super::Family;
use super::draw::Draw;
use super::values::{Values, spaced};

pub(super) const FAMILIES: [Family; 10] = [
    Family::new(
        "second_largest",
        "medium",
        [
            "that finds the second largest element of the array $numbers and prints it.",
            "that prints the number that would be the largest of $numbers if the largest were left out.",
            "with a function that returns the second greatest number of an array. Call it for $numbers and print the result.",
        ],
        |draw| Values::new().numbers("numbers", draw.different(5..=9, -30..=99)),
        |values| {
            let numbers = sorted(values.list("numbers"));
            numbers[numbers.len() - 2].to_string()
        },
    ),
    Family::new(
        "median",
        "medium",
        [
            "that prints the median of the numbers $numbers, the one in the middle once they are sorted.",
            "that sorts the array $numbers and prints its middle element.",
            "with a function that returns the median of an odd number of integers. Call it for $numbers and print the result.",
        ],
        |draw| {
            let n = *draw.pick(&[5, 7, 9]);
            Values::new().numbers("numbers", draw.numbers(n..=n, 0..=99))
        },
        |values| {
            let numbers = sorted(values.list("numbers"));
            numbers[numbers.len() / 2].to_string()
        },
    ),
    Family::new(
        "rotate_array",
        "medium",
        [
            "that rotates the array $numbers to the left by $steps places, so that elements leaving at the front come back at the end. Print the result on one line with single spaces between the numbers.",
            "that moves the first element of the array $numbers to its end, does so $steps times in all, and prints the array on one line, separated by single spaces.",
            "that prints the array $numbers after a left rotation by $steps, on one line with single spaces between the numbers.",
        ],
        |draw| {
            let numbers = draw.different(5..=8, 1..=60);
            let steps = draw.number(1..=numbers.len() as i64 - 1);
            Values::new()
                .numbers("numbers", numbers)
                .number("steps", steps)
        },
        |values| {
            let mut numbers = values.list("numbers").to_vec();
            numbers.rotate_left(values.n("steps") as usize);
            spaced(&numbers)
        },
    ),
    Family::new(
        "unique_elements",
        "medium",
        [
            "that removes repeated numbers from the array $numbers and keeps the first of each. Print the rest in the old order on one line with single spaces between the numbers.",
            "that prints every number of $numbers once, in the order in which the numbers first appear, on one line with single spaces between them.",
            "that walks through $numbers and prints each number that was not there before, all on one line, separated by single spaces.",
        ],
        |draw| Values::new().numbers("numbers", draw.numbers(7..=11, 1..=7)),
        |values| {
            let mut seen: Vec<i64> = Vec::new();
            for number in values.list("numbers") {
                if !seen.contains(number) {
                    seen.push(*number);
                }
            }
            spaced(&seen)
        },
    ),
    Family::new(
        "merge_sorted",
        "medium",
        [
            "that merges the sorted arrays $left and $right into one sorted array. Print it on one line with single spaces between the numbers.",
            "with a merge function for two sorted arrays. Merge $left with $right and print all numbers in rising order on one line, separated by single spaces.",
            "that has the rising numbers $left in one array and $right in another, and prints all of them in rising order on one line with single spaces between them.",
        ],
        |draw| {
            let (left, right) = (draw.rising(3..=5, 1..=50), draw.rising(3..=5, 1..=50));
            Values::new().numbers("left", left).numbers("right", right)
        },
        |values| {
            spaced(&sorted(
                &[values.list("left"), values.list("right")].concat(),
            ))
        },
    ),
    Family::new(
        "matrix_trace",
        "easy",
        [
            "that stores the square matrix with the rows $matrix and prints its trace, the sum of the main diagonal.",
            "that adds up the elements on the diagonal from the upper left to the lower right of the matrix $matrix, given row by row, and prints the sum.",
            "with a function that returns the trace of a square matrix. Call it for the matrix with the rows $matrix and print the result.",
        ],
        |draw| {
            let n = draw.number(2..=4);
            Values::new()
                .rows("matrix", rows(draw, n, n))
                .number("n", n)
        },
        |values| {
            let rows = values.matrix("matrix").iter().enumerate();
            rows.map(|(at, row)| row[at]).sum::<i64>().to_string()
        },
    ),
    Family::new(
        "transpose",
        "medium",
        [
            "that transposes the matrix with the rows $matrix. Print each row of the result on a line of its own, with single spaces between the numbers.",
            "that turns the rows of the matrix $matrix into columns and prints the new matrix, one row per line, numbers separated by single spaces.",
            "that prints the columns of the matrix $matrix, which is given row by row, as lines: the first column first, with single spaces between the numbers.",
        ],
        |draw| {
            let (height, width) = (draw.number(2..=4), draw.number(2..=4));
            let matrix = rows(draw, height, width);
            Values::new()
                .rows("matrix", matrix)
                .number("height", height)
                .number("width", width)
        },
        |values| {
            let matrix = values.matrix("matrix");
            let column = |at: usize| matrix.iter().map(|row| row[at]).collect::<Vec<i64>>();
            let lines: Vec<String> = (0..matrix[0].len()).map(|at| spaced(&column(at))).collect();
            lines.join("\n")
        },
    ),
    Family::new(
        "pascal_row",
        "medium",
        [
            "that prints row $n of Pascal's triangle on one line with single spaces between the numbers, where row 0 is 1 and row 1 is 1 1.",
            "that builds Pascal's triangle from row 0, which is 1, to row $n and prints only that last row, numbers separated by single spaces.",
            "that prints the binomial coefficients of $n over 0 to $n over $n on one line with single spaces between them.",
        ],
        |draw| Values::new().number("n", draw.number(2..=28)),
        |values| {
            let mut row = vec![1_i64];
            for _ in 0..values.n("n") {
                let inner: Vec<i64> = row.windows(2).map(|pair| pair[0] + pair[1]).collect();
                row = [vec![1], inner, vec![1]].concat();
            }
            spaced(&row)
        },
    ),
    Family::new(
        "stack",
        "medium",
        [
            "that carries out these steps on an empty stack: $steps. Print what is left from the bottom to the top, on one line with single spaces between the numbers.",
            "with a stack that is empty at first. Do the following one after another: $steps. Then print the stack's numbers, the lowest first, on one line separated by single spaces.",
            "that simulates a stack for the operations $steps, where pop removes the number on top. Print the remaining numbers from bottom to top on one line with single spaces between them.",
        ],
        |draw| Values::new().texts("steps", steps(draw, "push", "pop")),
        |values| {
            spaced(&left_over(values.strs("steps"), |numbers| {
                numbers.len() - 1
            }))
        },
    ),
    Family::new(
        "queue",
        "medium",
        [
            "that carries out these steps on an empty queue: $steps. Print what is left from the front to the back, on one line with single spaces between the numbers.",
            "with a queue that is empty at first. Do the following one after another: $steps. Then print the queue's numbers, the oldest first, on one line separated by single spaces.",
            "that simulates a queue for the operations $steps, where dequeue removes the number at the front. Print the remaining numbers from front to back on one line with single spaces between them.",
        ],
        |draw| Values::new().texts("steps", steps(draw, "enqueue", "dequeue")),
        |values| spaced(&left_over(values.strs("steps"), |_| 0)),
    ),
];

fn sorted(numbers: &[i64]) -> Vec<i64> {
    let mut numbers = numbers.to_vec();
    numbers.sort_unstable();
    numbers
}

fn rows(draw: &mut Draw, height: i64, width: i64) -> Vec<Vec<i64>> {
    let row = |_| draw.numbers(width..=width, 1..=29);
    (0..height).map(row).collect()
}

/// Steps that never take from nothing and leave at least two numbers.
fn steps(draw: &mut Draw, put: &str, take: &str) -> Vec<String> {
    let (mut steps, mut n_held) = (Vec::new(), 0);
    for _ in 0..draw.number(5..=8) {
        if n_held > 0 && draw.number(0..=2) == 0 {
            steps.push(take.to_owned());
            n_held -= 1;
        } else {
            steps.push(format!("{put} {}", draw.number(1..=40)));
            n_held += 1;
        }
    }
    for _ in n_held..2 {
        steps.push(format!("{put} {}", draw.number(1..=40)));
    }
    steps
}

/// What such steps leave, if a number is taken from that place.
fn left_over(steps: &[String], taken_from: fn(&[i64]) -> usize) -> Vec<i64> {
    let mut numbers = Vec::new();
    for step in steps {
        match step
            .split_once(' ')
            .and_then(|(_, number)| number.parse().ok())
        {
            Some(number) => numbers.push(number),
            None => {
                numbers.remove(taken_from(&numbers));
            }
        }
    }
    numbers
}
