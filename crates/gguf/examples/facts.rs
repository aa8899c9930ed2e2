//! Prints the facts of a model file: `cargo run --release -p gguf --example facts -- MODEL.gguf`.

use std::io::Write;

use gguf::{CacheType, Gguf, ModelFacts};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("give the path of a .gguf file")?;
    let facts = ModelFacts::of(&Gguf::open(path)?)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string_pretty(&facts)?)?;
    for kind in CacheType::ALL {
        writeln!(
            out,
            "cache {kind}: {} bytes per token",
            facts.kv_bytes_per_token(kind, kind)?
        )?;
    }
    Ok(())
}
