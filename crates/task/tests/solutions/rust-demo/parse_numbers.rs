fn main() {
    let (mut sum, mut refused) = (0, 0);
    for word in ["10", "x7", "32"] {
        match word.parse::<i32>() {
            Ok(number) => sum += number,
            Err(_) => refused += 1,
        }
    }
    println!("{sum} {refused}");
}
