"""Decodes random blocks of every stored type with the Python package gguf (0.19.0, numpy 1.24).

    pip install gguf==0.19.0
    python dequantise.py

writes beside this script:
    dequantise.json    per type: the stored bytes and the bits of the decoded floats, both in hex
"""

import json
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Kind
from gguf.quants import dequantize

HERE = Path(__file__).parent

# The type's number in a file, and where its half floats lie in a block.
TYPES = {
    "f32": (Kind.F32, None),
    "f16": (Kind.F16, None),
    "bf16": (Kind.BF16, None),
    "q4_0": (Kind.Q4_0, [0]),
    "q4_1": (Kind.Q4_1, [0, 2]),
    "q5_0": (Kind.Q5_0, [0]),
    "q5_1": (Kind.Q5_1, [0, 2]),
    "q8_0": (Kind.Q8_0, [0]),
    "q4_K": (Kind.Q4_K, [0, 2]),
    "q5_K": (Kind.Q5_K, [0, 2]),
    "q6_K": (Kind.Q6_K, [208]),
}


def blocks(kind, scales, rng):
    length, size = GGML_QUANT_SIZES[kind]
    if scales is None:
        values = rng.normal(size=64).astype(np.float32)
        if kind == Kind.F32:
            return values.view(np.uint8)
        if kind == Kind.F16:
            return values.astype(np.float16).view(np.uint8)
        return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    count = 6 if length == 32 else 2
    data = rng.integers(0, 256, size=(count, size), dtype=np.uint8)
    for at in scales:
        half = rng.normal(scale=0.05, size=(count, 1)).astype(np.float16)
        data[:, at : at + 2] = half.view(np.uint8)
    return data.reshape(-1)


def main():
    rng = np.random.default_rng(20261126)
    found = []
    for name, (kind, scales) in TYPES.items():
        data = blocks(kind, scales, rng)
        values = dequantize(data, kind).astype(np.float32).reshape(-1)
        found.append(
            {"type": name, "bytes": data.tobytes().hex(), "floats": values.tobytes().hex()}
        )
    (HERE / "dequantise.json").write_text(json.dumps(found, indent=0) + "\n")


main()
