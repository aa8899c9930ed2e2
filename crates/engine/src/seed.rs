//! Seeds derived from one run seed by a written rule.
//!
//! The first eight bytes, little endian, of SHA-256 over the run seed (8 bytes, little endian),
//! then each part as its length (8 bytes, little endian) and its UTF-8 bytes, then the attempt
//! (8 bytes, little endian). The order of work and the size of a batch do not enter.

use sha2::{Digest, Sha256};

/// The seed of one attempt at one problem.
pub fn derive(run_seed: u64, parts: &[&str], attempt: u64) -> u64 {
    let mut hash = Sha256::new();
    hash.update(run_seed.to_le_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(attempt.to_le_bytes());
    let digest = hash.finalize();
    u64::from_le_bytes(std::array::from_fn(|i| digest[i]))
}

#[cfg(test)]
mod tests {
    use super::derive;

    #[test]
    fn every_part_of_the_name_changes_the_seed() {
        let seed = derive(42, &["cpp-demo", "gcd"], 0);
        assert_ne!(seed, derive(43, &["cpp-demo", "gcd"], 0));
        assert_ne!(seed, derive(42, &["cpp-demog", "cd"], 0));
        assert_ne!(seed, derive(42, &["cpp-demo", "gcd"], 1));
    }

    #[test]
    fn the_rule_is_fixed() {
        // python3.11: sha256(pack('<Q',42)+pack('<Q',1)+b'a'+pack('<Q',7)).digest()[:8], little endian
        assert_eq!(derive(42, &["a"], 7), GOLDEN);
    }

    const GOLDEN: u64 = 1_297_540_172_199_827_109;
}
