//! Families about words and characters, in no bundled suite.

use super::Family;
use super::draw::Draw;
use super::values::{Values, yes};

pub(super) const FAMILIES: [Family; 10] = [
    Family::new(
        "run_length_encoding",
        "medium",
        [
            "that compresses the string $text by run-length encoding: each run of equal letters becomes the letter followed by the length of the run, also where the length is 1. Print the result.",
            "that prints the run-length encoding of the string $text, in which aaab would become a3b1.",
            "that replaces every run of one letter in $text by that letter and its count, as x2y1 for xxy, and prints the new string.",
        ],
        |draw| Values::new().text("text", runs(draw)),
        |values| encoded(values.str("text")),
    ),
    Family::new(
        "run_length_decoding",
        "medium",
        [
            "that expands the run-length encoded string $code, in which a letter is followed by how often it is repeated, so that x2y1 stands for xxy. Print the expanded string.",
            "that takes the string $code as pairs of a letter and a digit and prints each letter as often as its digit says, without spaces.",
            "with a function that decodes strings such as a3b1, which means aaab. Decode $code and print the result.",
        ],
        |draw| Values::new().text("code", encoded(&runs(draw))),
        |values| decoded(values.str("code")),
    ),
    Family::new(
        "anagram",
        "medium",
        [
            "that checks whether $left and $right are anagrams, which means that they have the same letters in another order. Print yes if they are and no if they are not, in lower case.",
            "that sorts the letters of $left and those of $right and prints yes if the results are equal, and no otherwise, in lower case.",
            "with a function that says whether one string can be rearranged to the other. Print yes if it holds for $left and $right, and no if it does not.",
        ],
        |draw| {
            let left = draw.word();
            let mut letters = draw.shuffled(left.chars().collect());
            if draw.coin() {
                letters[0] = *draw.pick(&['a', 'e', 'i', 'o', 'r', 's', 't']);
            }
            Values::new()
                .text("left", left)
                .text("right", letters.iter().collect::<String>())
        },
        |values| yes(letters(values.str("left")) == letters(values.str("right"))),
    ),
    Family::new(
        "caesar_shift",
        "medium",
        [
            "that encrypts the text $text with a Caesar cipher: every letter is replaced by the one $shift places later in the alphabet, with a after z, and spaces stay. Print the encrypted text.",
            "that moves each letter of $text forward by $shift in the alphabet, going on at a after z and leaving spaces alone, and prints the result in lower case.",
            "with a function caesar for a text and a shift. Print what it makes of $text with the shift $shift, in lower case, letters wrapping around after z and spaces unchanged.",
        ],
        |draw| {
            let (text, shift) = (draw.words(1..=3).join(" "), draw.number(1..=25));
            Values::new().text("text", text).number("shift", shift)
        },
        |values| shifted(values.str("text"), values.n("shift") as u8),
    ),
    Family::new(
        "word_count",
        "easy",
        [
            "that counts the words in the text $text and prints how many there are.",
            "that splits the sentence $text at its spaces and prints the number of words.",
            "with a function that returns how many words a string holds. Call it with $text and print the result.",
        ],
        |draw| Values::new().text("text", draw.words(3..=9).join(" ")),
        |values| values.str("text").split(' ').count().to_string(),
    ),
    Family::new(
        "hamming_distance",
        "easy",
        [
            "that prints the Hamming distance of the strings $left and $right, which is the number of places at which their characters differ.",
            "that compares $left and $right character by character and prints at how many places they differ.",
            "with a function that counts the differing places of two equally long strings. Call it with $left and $right and print the result.",
        ],
        |draw| {
            let n = draw.number(5..=12);
            let of = *draw.pick(&["01", "acgt", "abc"]);
            let (left, right) = (draw.letters(n..=n, of), draw.letters(n..=n, of));
            Values::new().text("left", left).text("right", right)
        },
        |values| {
            let pairs = values.str("left").chars().zip(values.str("right").chars());
            pairs
                .filter(|(left, right)| left != right)
                .count()
                .to_string()
        },
    ),
    Family::new(
        "balanced_brackets",
        "hard",
        [
            "that checks whether the brackets in $text are balanced, each closed by its own kind in the right order. Print yes if they are and no otherwise, in lower case.",
            "with a stack that decides whether the string $text of (), [] and {} is properly nested. Print yes if it is, and no otherwise, in lower case.",
            "that prints yes if each bracket of the string $text has its partner of the same kind in the right place, and no if not.",
        ],
        |draw| Values::new().text("text", brackets(draw)),
        |values| yes(is_balanced(values.str("text"))),
    ),
    Family::new(
        "longest_common_prefix",
        "medium",
        [
            "that prints the longest beginning that all of these words share: $words.",
            "with a function that returns the longest common prefix of a list of strings. Call it for $words and print the result.",
            "that compares the words $words letter by letter from the left and prints the letters that all of them begin with.",
        ],
        |draw| {
            let word = draw.word();
            let stem = &word[..draw.number(2..=4) as usize];
            let mut endings = draw.words(3..=4);
            endings
                .iter_mut()
                .for_each(|ending| *ending = format!("{stem}{ending}"));
            Values::new().texts("words", endings)
        },
        |values| common_prefix(values.strs("words")),
    ),
    Family::new(
        "capitalise",
        "easy",
        [
            "that turns the first letter of every word in the text $text into a capital letter and prints the text.",
            "that prints the sentence $text with each word beginning with an upper-case letter and all else unchanged.",
            "with a function that capitalises each word of a string. Call it with $text and print the result.",
        ],
        |draw| Values::new().text("text", draw.words(2..=5).join(" ")),
        |values| {
            let capital = |word: &str| format!("{}{}", word[..1].to_uppercase(), &word[1..]);
            let words: Vec<String> = values.str("text").split(' ').map(capital).collect();
            words.join(" ")
        },
    ),
    Family::new(
        "letter_frequency",
        "medium",
        [
            "that counts how often the letter $letter stands in the text $text and prints the count.",
            "that goes through the string $text and prints the number of characters equal to $letter.",
            "with a function that counts one letter in a string. Call it for the letter $letter and the string $text, and print the result.",
        ],
        |draw| {
            let text = draw.words(3..=6).join(" ");
            let letter = draw.letters(1..=1, "aeinorst");
            Values::new().text("text", text).text("letter", letter)
        },
        |values| {
            values
                .str("text")
                .matches(values.str("letter"))
                .count()
                .to_string()
        },
    ),
];

/// Runs of letters, no longer than nine.
fn runs(draw: &mut Draw) -> String {
    let (mut text, mut last) = (String::new(), ' ');
    for _ in 0..draw.number(3..=5) {
        let letters: Vec<char> = ('a'..='e').filter(|letter| *letter != last).collect();
        last = *draw.pick(&letters);
        text.extend((0..draw.number(1..=5)).map(|_| last));
    }
    text
}

fn encoded(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let runs = letters.chunk_by(|left, right| left == right);
    runs.map(|run| format!("{}{}", run[0], run.len())).collect()
}

fn decoded(code: &str) -> String {
    let signs: Vec<char> = code.chars().collect();
    let pairs = signs.chunks_exact(2);
    let run = |pair: &[char]| {
        let n = pair[1].to_digit(10).expect("runs are no longer than nine");
        pair[0].to_string().repeat(n as usize)
    };
    pairs.map(run).collect()
}

fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters
}

fn shifted(text: &str, shift: u8) -> String {
    let moved = |letter: char| match letter {
        'a'..='z' => ((letter as u8 - b'a' + shift) % 26 + b'a') as char,
        other => other,
    };
    text.chars().map(moved).collect()
}

/// Brackets that are balanced half of the time; otherwise one of them is another one.
fn brackets(draw: &mut Draw) -> String {
    let (mut signs, mut open) = (Vec::new(), Vec::new());
    let n_pairs = draw.number(3..=6) as usize;
    let mut n_opened = 0;
    while n_opened < n_pairs || !open.is_empty() {
        let opens = n_opened < n_pairs && (open.is_empty() || draw.coin());
        if opens {
            let (left, right) = *draw.pick(&[('(', ')'), ('[', ']'), ('{', '}')]);
            signs.push(left);
            open.push(right);
            n_opened += 1;
        } else {
            signs.extend(open.pop());
        }
    }
    if draw.coin() {
        let place = draw.number(0..=signs.len() as i64 - 1) as usize;
        let others: Vec<char> = "()[]{}".chars().filter(|c| *c != signs[place]).collect();
        signs[place] = *draw.pick(&others);
    }
    signs.into_iter().collect()
}

fn is_balanced(text: &str) -> bool {
    let mut open = Vec::new();
    let fits = |sign: char| match sign {
        '(' => {
            open.push(')');
            true
        }
        '[' => {
            open.push(']');
            true
        }
        '{' => {
            open.push('}');
            true
        }
        closing => open.pop() == Some(closing),
    };
    text.chars().all(fits) && open.is_empty()
}

fn common_prefix(words: &[String]) -> String {
    let shares = |at: &usize| {
        let mut letters = words.iter().map(|word| word.as_bytes().get(*at));
        let first = letters.next().flatten();
        first.is_some() && letters.all(|letter| letter == first)
    };
    let n = (0..).take_while(shares).count();
    words[0][..n].to_owned()
}
