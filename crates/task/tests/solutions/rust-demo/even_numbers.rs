fn main() {
    for n in (2..=10).step_by(2) {
        println!("{n}");
    }
}
