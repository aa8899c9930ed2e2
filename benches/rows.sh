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

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-programs.sh
. "$root/scripts/llama-programs.sh"

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
build_programs direct
cd -- "$root"
cargo bench --locked -p llama --bench rows --no-run >&2

# Raw output of every round stays here.
runs=$root/target/llama-rows-runs
rm -rf -- "$runs"
mkdir -p -- "$runs"
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds: our engine"
    cargo bench --quiet --locked -p llama --bench rows -- "$model" --threads "$threads" --rounds 1 --rows "$rows" \
        >"$runs/ours-$round.jsonl"
    say "round $round of $rounds: llama.cpp alone"
    "$programs/direct" "$model" "$threads" 1 "$rows" >"$runs/theirs-$round.jsonl"
done
python3 "$here/rows/compare.py" "$runs"
