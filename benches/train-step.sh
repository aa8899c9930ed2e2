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

# shellcheck source=benches/prologue.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/prologue.sh"
work=$root/target/train-step

find_python() {
    python=${TRAIN_STEP_PYTHON:-$work/venv/bin/python}
    [ -x "$python" ] && return
    say "installing PyTorch, transformers and PEFT into $work/venv"
    python3 -m venv "$work/venv" ||
        refuse "no virtual environment was made; install python3-venv, or name a Python by TRAIN_STEP_PYTHON"
    "$python" -m pip install --quiet --disable-pip-version-check torch transformers peft >&2
}

model='' batch=2 length=256 rank=16 steps=3 rounds=3 bf16=''
read_words model "batch length rank steps rounds bf16!" "$@"
model=$(whole_path "$model" "a GGUF file")

require_rust "$root"
require "compiler make cmake libclang python pip"
mkdir -p -- "$work"
find_python
(cd -- "$root" && cargo build --release --locked --quiet -p improve --example step)
"$python" "$here/train-step/compare.py" "$root/target/release/examples/step" "$model" \
    "$batch" "$length" "$rank" "$steps" "$rounds" "f32${bf16:+,bf16}"
