fn sum(left: i32, right: i32) -> i32 {
    left + right
}

fn main() {
    println!("{}", sum(17, 25));
}
