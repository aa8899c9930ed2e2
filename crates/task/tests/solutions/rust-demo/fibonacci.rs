fn main() {
    let mut numbers: Vec<u32> = vec![0, 1];
    while numbers.len() < 12 {
        numbers.push(numbers[numbers.len() - 1] + numbers[numbers.len() - 2]);
    }
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    println!("{}", words.join(" "));
}
