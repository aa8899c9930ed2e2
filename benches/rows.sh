#!/usr/bin/env bash
#
# Times steps over 1 to 32 rows of one model through our engine and by calls of llama.cpp alone, in turns, and prints
# both curves.
#
#   benches/rows.sh MODEL.gguf [--threads N] [--rounds N] [--rows 1,2,3] [--yes]
#
# Both run the llama.cpp that our engine crate pins: ours as cargo builds it, the other as CMake builds it for this
# CPU. See README.md for what is compared with what.

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}
work=$root/target/llama-rows-build

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-tools.sh
. "$root/scripts/llama-tools.sh"

build() {
    local source
    source=$(engine_source)
    mkdir -p -- "$work"
    {
        env -u CMAKE_PROJECT_INCLUDE cmake -S "$here/rows" -B "$work" -DLLAMA_SOURCE="$source" \
            -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=ON -DGGML_OPENMP=ON \
            -DLLAMA_BUILD_COMMON=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=OFF \
            -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF &&
            cmake --build "$work" -j "$(cores)" --target direct
    } >"$work.log" 2>&1 || refuse "llama.cpp did not build; see $work.log"
}

model=''
threads=$(cores)
rounds=5
rows=1,2,3,4,5,6,7,8,9,12,15,16,17,24,32
while [ $# -gt 0 ]; do
    case $1 in
        --threads) threads=${2:?--threads needs a number} && shift ;;
        --rounds) rounds=${2:?--rounds needs a number} && shift ;;
        --rows) rows=${2:?--rows needs numbers} && shift ;;
        --yes) export CI=true ;;
        -h | --help)
            sed -n '3,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit
            ;;
        -*) refuse "there is no option $1; there are --threads, --rounds, --rows, --yes and --help" 2 ;;
        *) model=$1 ;;
    esac
    shift
done
[ -f "$model" ] || refuse "give the path of a GGUF file, not '$model'" 2
model=$(cd -- "$(dirname -- "$model")" && pwd -P)/$(basename -- "$model")

require_rust "$root"
require "compiler make cmake libclang python"
say "building llama.cpp (some minutes the first time; log in $work.log)"
build
cd -- "$root"
cargo bench --locked -p llama --bench rows --no-run >&2

# Raw output of every round stays here.
runs=$work/runs
rm -rf -- "$runs"
mkdir -p -- "$runs"
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds: our engine"
    cargo bench --quiet --locked -p llama --bench rows -- "$model" --threads "$threads" --rounds 1 --rows "$rows" \
        >"$runs/ours-$round.jsonl"
    say "round $round of $rounds: llama.cpp alone"
    "$work/direct" "$model" "$threads" 1 "$rows" >"$runs/theirs-$round.jsonl"
done
python3 "$here/rows/compare.py" "$runs"
