//! Writes the toy model: `cargo run --release -p gguf --example toy -- PATH SEED`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("give a path and a seed")?;
    let seed = arguments.next().ok_or("give a seed")?.parse()?;
    gguf::toy::write(path, seed)?;
    Ok(())
}
