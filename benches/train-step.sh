#!/usr/bin/env bash
#
# Holds a LoRA training step of ours against PyTorch with PEFT: tokens per second of each, in turns.
#
#   benches/train-step.sh MODEL.gguf [--batch N] [--length N] [--rank N] [--steps N] [--rounds N] [--bf16] [--yes]
#
# PyTorch gets a model of the same shape with random weights; speed does not depend on their values. Both train
# all seven matrices of every layer in f32 with AdamW and learn the second half of each sequence. --bf16 adds PyTorch in
# bf16, which crawls on a processor without instructions for it.
#
# TRAIN_STEP_PYTHON=PROGRAM  a Python with torch, transformers and peft, instead of a virtual environment in target/
# into which pip installs them (about 200 MB for PyTorch without CUDA).

set -euo pipefail
unset CDPATH

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}
work=$root/target/train-step

# shellcheck source=scripts/prerequisites.sh
. "$root/scripts/prerequisites.sh"

find_python() {
    python=${TRAIN_STEP_PYTHON:-$work/venv/bin/python}
    [ -x "$python" ] && return
    say "installing PyTorch, transformers and PEFT into $work/venv"
    python3 -m venv "$work/venv" ||
        refuse "no virtual environment was made; install python3-venv, or name a Python by TRAIN_STEP_PYTHON"
    "$python" -m pip install --quiet --disable-pip-version-check torch transformers peft >&2
}

model='' batch=2 length=256 rank=16 steps=3 rounds=3 kinds=f32
while [ $# -gt 0 ]; do
    case $1 in
        --batch) batch=${2:?--batch needs a number} && shift ;;
        --length) length=${2:?--length needs a number} && shift ;;
        --rank) rank=${2:?--rank needs a number} && shift ;;
        --steps) steps=${2:?--steps needs a number} && shift ;;
        --rounds) rounds=${2:?--rounds needs a number} && shift ;;
        --bf16) kinds=f32,bf16 ;;
        --yes) export CI=true ;;
        -h | --help)
            sed -n '3,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
            exit
            ;;
        -*) refuse "there is no option $1; there are --batch, --length, --rank, --steps, --rounds, --bf16, --yes and --help" 2 ;;
        *) model=$1 ;;
    esac
    shift
done
[ -f "$model" ] || refuse "give the path of a GGUF file, not '$model'" 2

require_rust "$root"
require "compiler make cmake libclang python pip"
mkdir -p -- "$work"
find_python
(cd -- "$root" && cargo build --release --locked --quiet -p improve --example step)
"$python" "$here/train-step/compare.py" "$root/target/release/examples/step" "$model" \
    "$batch" "$length" "$rank" "$steps" "$rounds" "$kinds"
