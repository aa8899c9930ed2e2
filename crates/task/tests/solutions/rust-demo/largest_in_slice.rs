fn largest(numbers: &[i32]) -> Option<i32> {
    numbers.iter().copied().max()
}

fn main() {
    for numbers in [&[7, -3, 19, 4][..], &[]] {
        match largest(numbers) {
            Some(number) => println!("{number}"),
            None => println!("none"),
        }
    }
}
