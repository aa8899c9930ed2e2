//! The words of `--device`.

/// Where somebody wants models to compute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Device {
    /// On the first graphics processor that this build can use, else on the processor.
    #[default]
    Auto,
    /// On the processor.
    Processor,
    /// On a graphics processor.
    Graphics {
        /// The word that was typed.
        word: String,
        /// How it is reached, in llama.cpp's name; `None` for any way.
        backend: Option<&'static str>,
        /// Which of them, from 0.
        place: usize,
    },
}

/// Words for graphics processors, and llama.cpp's names of the backends they mean.
const WORDS: [(&str, Option<&str>); 6] = [
    ("gpu", None),
    ("vulkan", Some("Vulkan")),
    ("cuda", Some("CUDA")),
    ("rocm", Some("ROCm")),
    ("metal", Some("Metal")),
    ("mps", Some("Metal")),
];

/// Reads the word.
///
/// # Errors
/// A sentence, if it names no device.
pub(super) fn parse(word: &str) -> Result<Device, String> {
    let (kind, place) = word.split_once(':').unwrap_or((word, "0"));
    match (word, WORDS.iter().find(|(name, _)| *name == kind)) {
        ("auto", _) => Ok(Device::Auto),
        ("cpu", _) => Ok(Device::Processor),
        (_, Some((_, backend))) => Ok(Device::Graphics {
            word: word.to_owned(),
            backend: *backend,
            place: place
                .parse()
                .map_err(|_| format!("{place} is no number of a graphics processor"))?,
        }),
        _ => Err(format!(
            "there are auto and cpu, and {} where this build can use one; else these fall back to the processor",
            WORDS.map(|(name, _)| name).join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_say_which_of_several() {
        let second = |word: &str, backend| Device::Graphics {
            word: word.to_owned(),
            backend,
            place: 1,
        };
        assert_eq!(parse("gpu:1"), Ok(second("gpu:1", None)));
        assert_eq!(parse("vulkan:1"), Ok(second("vulkan:1", Some("Vulkan"))));
        assert_eq!(parse("auto"), Ok(Device::Auto));
        assert_eq!(parse("cpu"), Ok(Device::Processor));
    }

    #[test]
    fn a_word_that_names_nothing_is_refused() {
        for word in ["tpu", "gpu:x", "cpu:1", ""] {
            assert!(parse(word).is_err(), "{word}");
        }
    }
}
