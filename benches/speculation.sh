#!/usr/bin/env bash
#
# Guesses ahead with `whet bench spec` and with llama.cpp's own llama-speculative-simple, in turns, on the same pair of
# models and the same prompts, and prints both.
#
#   benches/speculation.sh TARGET.gguf DRAFT.gguf [--limit N] [--max-tokens N] [--rounds N] [--threads N] [--yes]
#
# Both run the llama.cpp that our engine crate pins: whet as cargo builds it, the other as CMake builds it for this
# CPU. See README.md for what is compared with what. Prompts: the first N of the bundled ones (default 5, one of each
# category).
#
# LLAMA_CPP_CHECKOUT=DIR  a checkout of llama.cpp, instead of fetching the source of the program with pip.

# shellcheck source=benches/prologue.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/prologue.sh"

target='' draft='' limit=5 max_tokens=64 rounds=1 threads=$(cores)
read_words "target draft" "limit max-tokens rounds threads" "$@"
target=$(whole_path "$target" "a GGUF file, the target")
draft=$(whole_path "$draft" "a second GGUF file, the draft")

prepare llama-speculative-simple

# Raw output of every run stays here; whet's own run folders too.
runs=$(empty_folder llama-speculation-runs)
python3 "$here/speculation/compare.py" "$root/whet" "$programs/llama-speculative-simple" "$runs" "$target" "$draft" \
    "$limit" "$max_tokens" "$rounds" "$threads"
