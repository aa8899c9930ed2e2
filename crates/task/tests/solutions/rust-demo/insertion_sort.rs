fn main() {
    let mut numbers = [9, 4, 7, 1, 8, 2];
    for end in 1..numbers.len() {
        let mut at = end;
        while at > 0 && numbers[at - 1] < numbers[at] {
            numbers.swap(at - 1, at);
            at -= 1;
        }
    }
    let words: Vec<String> = numbers.iter().map(|n| n.to_string()).collect();
    println!("{}", words.join(" "));
}
