#!/usr/bin/env bash
#
# Times steps over 1 to 32 rows of one model through our engine and by calls of llama.cpp alone, in turns, and prints
# both curves.
#
#   benches/rows.sh MODEL.gguf [--threads N] [--rounds N] [--rows 1,2,3] [--yes]
#
# Both run the llama.cpp that our engine crate pins: ours as cargo builds it, the other as CMake builds it for this
# CPU. See README.md for what is compared with what.

# shellcheck source=benches/prologue.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/prologue.sh"

model='' threads=$(cores) rounds=5 rows=1,2,3,4,5,6,7,8,9,12,15,16,17,24,32
read_words model "threads rounds rows" "$@"
model=$(whole_path "$model" "a GGUF file")

require_rust "$root"
require "compiler make cmake libclang python"
build_programs direct
cd -- "$root"
cargo bench --locked -p llama --bench rows --no-run >&2

# Raw output of every round stays here.
runs=$(empty_folder llama-rows-runs)
for ((round = 1; round <= rounds; round++)); do
    say "round $round of $rounds: our engine"
    cargo bench --quiet --locked -p llama --bench rows -- "$model" --threads "$threads" --rounds 1 --rows "$rows" \
        >"$runs/ours-$round.jsonl"
    say "round $round of $rounds: llama.cpp alone"
    "$programs/direct" "$model" "$threads" 1 "$rows" >"$runs/theirs-$round.jsonl"
done
python3 "$here/rows/compare.py" "$runs"
