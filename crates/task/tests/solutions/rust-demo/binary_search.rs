fn find(numbers: &[i32], wanted: i32) -> Option<usize> {
    let (mut low, mut high) = (0, numbers.len());
    while low < high {
        let middle = low + (high - low) / 2;
        match numbers[middle].cmp(&wanted) {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn main() {
    let numbers = [2, 5, 8, 12, 16, 23, 38];
    for wanted in [23, 24] {
        match find(&numbers, wanted) {
            Some(at) => println!("{at}"),
            None => println!("not found"),
        }
    }
}
