fn is_prime(n: u32) -> bool {
    n > 1 && (2..n).take_while(|d| d * d <= n).all(|d| n % d != 0)
}

fn main() {
    let primes: Vec<String> = (0..30).filter(|&n| is_prime(n)).map(|n| n.to_string()).collect();
    println!("{}", primes.join(" "));
}
