#!/usr/bin/env bash
#
# Times one model with `whet` and with llama.cpp's own llama-bench, in turns, and prints both.
#
#   benches/llama-bench.sh MODEL.gguf [--threads N] [--rounds N] [--yes]
#
# Both run the llama.cpp that our engine crate pins: whet as cargo builds it, llama-bench as CMake
# builds it for this CPU. What differs is our part: batching, sampling, text, the flags and the kernel of
# engine-alone.cmake. See README.md for what is compared with what. Rounds go ABAB, so that a machine that
# warms up slows both down alike.
#
# LLAMA_CPP_CHECKOUT=DIR  a checkout of llama.cpp, instead of fetching the source of llama-bench with pip.

# shellcheck source=benches/prologue.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/prologue.sh"

prompt_tokens=512
generate_tokens=64
repeats=5

# Prefill of an empty cache, then decoding behind a prompt, as whet measures them.
run_theirs() {
    local theirs=("$programs/llama-bench" -m "$model" -t "$threads" -r "$repeats" -o jsonl)
    "${theirs[@]}" -p "$prompt_tokens" -n 0 &&
        "${theirs[@]}" -p 0 -n "$generate_tokens" -d "$prompt_tokens"
}

run_ours() {
    "$root/whet" bench "$model" --only latency --prompt-tokens "$prompt_tokens" \
        --generate-tokens "$generate_tokens" --repeats "$repeats" --threads "$threads" --format json
}

model='' threads=$(cores) rounds=2
read_words model "threads rounds" "$@"
model=$(whole_path "$model" "a GGUF file")

prepare llama-bench llama-batched-bench

# Raw output of every run stays here; whet's own run folders too.
runs=$(empty_folder llama-bench-runs)
cd -- "$runs"
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds: whet"
    run_ours >"ours-$round.json"
    say "round $round of $rounds: llama-bench"
    run_theirs >"theirs-$round.jsonl" 2>"theirs-$round.log" || refuse "llama-bench failed; see $runs/theirs-$round.log"
done
python3 "$here/llama-bench/compare.py" "$runs" "$prompt_tokens" "$generate_tokens"
