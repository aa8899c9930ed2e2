fn main() {
    let words: Vec<&str> = "the quick brown fox".split(' ').rev().collect();
    println!("{}", words.join(" "));
}
