//! The page's Content-Security-Policy: nothing may load, and only the page's own style and script,
//! known by their hashes, may act.

use sha2::{Digest, Sha256};

use super::base64::base64;

/// The policy for these two inline texts.
pub(super) fn policy(style: &str, script: &str) -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(style),
        digest(script)
    )
}

fn digest(text: &str) -> String {
    base64(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn the_digest_is_the_one_that_browsers_compute() {
        // Example of the CSP specification, level 2, section 7.17.1.
        assert_eq!(
            digest("alert('Hello, world.');"),
            "qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
        );
    }
}
