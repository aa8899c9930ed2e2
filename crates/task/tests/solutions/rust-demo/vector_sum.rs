fn main() {
    let numbers = vec![4, 8, 15, 16, 23, 42];
    println!("{}", numbers.iter().sum::<i32>());
}
