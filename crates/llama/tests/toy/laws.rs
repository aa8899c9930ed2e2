//! The laws of `engine`, for every pair of cache types.

use engine::laws::{self, Closeness};
use engine::{CacheKind, CacheKinds, Lanes, Model, Width};

use super::{text_tokens, toy};

/// Largest allowed difference of a logit between feeding at once and in pieces. Seen: none at all
/// (llama.cpp 0.6.0-dev, x86-64 with AVX-512); the room is for kernels of other machines, which may round
/// by shape, and a quantised cache makes steps of small differences.
fn bound(kinds: CacheKinds) -> f32 {
    let of = |kind| match kind {
        CacheKind::F16 => 0.02,
        CacheKind::Q8_0 => 0.2,
        CacheKind::Q4_0 => 0.5,
    };
    f32::max(of(kinds.k), of(kinds.v))
}

#[test]
fn every_pair_of_cache_types_obeys_the_laws_with_one_lane_and_with_four() {
    let (_folder, model) = toy();
    let text = text_tokens(&model);
    for k in CacheKind::ALL {
        for v in CacheKind::ALL {
            for n in [1, 4] {
                let cache = CacheKinds { k, v };
                let lanes = Lanes {
                    n,
                    capacity: 256,
                    width: Width::fixed(n),
                    cache,
                };
                let closeness = Closeness::Within(bound(cache));
                let checked = laws::check(&model, &text, closeness, lanes);
                assert_eq!(checked, Ok(()), "{cache:?}, {n} lanes");
            }
        }
    }
}

#[test]
fn a_cache_type_whose_blocks_do_not_divide_a_head_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("narrow.gguf");
    narrow_toy(&path);
    let model = llama::Llama::load(&path, &super::options(None)).unwrap();
    assert!(model.open(super::shape(1, 256)).is_ok());
    let narrow = engine::SessionShape {
        cache: CacheKinds::both(CacheKind::Q8_0),
        ..super::shape(1, 256)
    };
    let said = model.open(narrow).err().unwrap().to_string();
    assert!(said.contains("q8_0") && said.contains("32"), "{said}");
}

/// The toy with eight heads of 16 elements instead of four of 32.
fn narrow_toy(path: &std::path::Path) {
    let (_folder, whole) = super::toy_file(7);
    super::rewritten(&whole, path, &|key, value| {
        let value = match key {
            "llama.attention.head_count" => 8u32.into(),
            "llama.attention.head_count_kv" => 4u32.into(),
            "llama.rope.dimension_count" => 16u32.into(),
            _ => value.clone(),
        };
        Some((key.to_owned(), value))
    });
}

#[test]
fn whoever_guesses_the_text_is_the_models_own() {
    let (_folder, model) = toy();
    let (_other_folder, path) = super::toy_file(8);
    let draft = llama::Llama::load(&path, &super::options(None)).unwrap();
    let text = text_tokens(&model);
    for (n, width) in [(1, Width::DETERMINISTIC), (3, Width::DETERMINISTIC)] {
        let lanes = Lanes {
            n,
            capacity: 256,
            width,
            cache: CacheKinds::both(CacheKind::F16),
        };
        for guesses in [&model, &draft] {
            assert_eq!(
                laws::speculation(&model, guesses, &text, lanes),
                Ok(()),
                "{n}"
            );
        }
    }
}
