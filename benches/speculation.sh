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

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-programs.sh
. "$root/scripts/llama-programs.sh"

target='' draft='' limit=5 max_tokens=64 rounds=1 threads=$(cores)
while [ $# -gt 0 ]; do
    case $1 in
        --limit) limit=${2:?--limit needs a number} && shift ;;
        --max-tokens) max_tokens=${2:?--max-tokens needs a number} && shift ;;
        --rounds) rounds=${2:?--rounds needs a number} && shift ;;
        --threads) threads=${2:?--threads needs a number} && shift ;;
        --yes) export CI=true ;;
        -h | --help)
            sed -n '3,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit
            ;;
        -*) refuse "there is no option $1; there are --limit, --max-tokens, --rounds, --threads, --yes and --help" 2 ;;
        *) if [ -z "$target" ]; then target=$1; else draft=$1; fi ;;
    esac
    shift
done
for model in "$target" "$draft"; do
    [ -f "$model" ] || refuse "give the paths of two GGUF files, target and draft; '$model' is none" 2
done

require_rust "$root"
require "compiler make cmake libclang python pip"
"$root/whet" --version >&2
build_programs llama-speculative-simple

# Raw output of every run stays here; whet's own run folders too.
runs=$root/target/llama-speculation-runs
rm -rf -- "$runs"
mkdir -p -- "$runs"
python3 "$here/speculation/compare.py" "$root/whet" "$programs/llama-speculative-simple" "$runs" "$target" "$draft" \
    "$limit" "$max_tokens" "$rounds" "$threads"
