#!/usr/bin/env bash
#
# Times one model with `whet` and with llama.cpp's own llama-bench, in turns, and prints both.
#
#   benches/llama-bench.sh MODEL.gguf [--threads N] [--rounds N] [--yes]
#
# Both run the llama.cpp that our engine crate pins: whet as cargo builds it, llama-bench as CMake
# builds it for this CPU. What differs is our part: batching, sampling, text. See README.md for what
# is compared with what. Rounds go ABAB, so that a machine that warms up slows both down alike.
#
# LLAMA_BENCH_TOOLS=DIR  the tools/ folder of a llama.cpp checkout, instead of fetching the sources
# of llama-bench with pip.

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}
work=$root/target/llama-bench-build

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-tools.sh
. "$root/scripts/llama-tools.sh"

prompt_tokens=512
generate_tokens=64
repeats=5

find_tools() {
    if [ -n "${LLAMA_BENCH_TOOLS:-}" ]; then
        tools=$LLAMA_BENCH_TOOLS
        [ -f "$tools/llama-bench/llama-bench.cpp" ] || refuse "LLAMA_BENCH_TOOLS=$tools holds no llama-bench/llama-bench.cpp"
        return
    fi
    for tools in "$1/tools" "$work/tools"; do
        [ -f "$tools/llama-bench/llama-bench.cpp" ] && return
    done
    fetch_tools "$work" llama-bench batched-bench
}

build() {
    local source tools
    source=$(engine_source)
    find_tools "$source"
    mkdir -p -- "$work"
    {
        cmake -S "$here/llama-bench" -B "$work" -DLLAMA_SOURCE="$source" -DBENCH_TOOLS="$tools" \
            -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=ON -DGGML_OPENMP=ON \
            -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF \
            -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF &&
            cmake --build "$work" -j "$(cores)" --target llama-bench llama-batched-bench
    } >"$work.log" 2>&1 || refuse "llama-bench did not build; see $work.log"
}

# Prefill of an empty cache, then decoding behind a prompt, as whet measures them.
run_theirs() {
    local theirs=("$work/bin/llama-bench" -m "$model" -t "$threads" -r "$repeats" -o jsonl)
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
            sed -n '3,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
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
say "building llama-bench (some minutes the first time; log in $work.log)"
mkdir -p -- "$work"
build

# Raw output of every run stays here; whet's own run folders too.
runs=$work/runs
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
