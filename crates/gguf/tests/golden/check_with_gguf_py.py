"""Asks the independent Python package gguf (0.19.0, numpy 2.4) about our files and writes one of its own.

    pip install gguf==0.19.0
    cargo run --release -p gguf --example toy -- toy.gguf 7
    python check_with_gguf_py.py toy.gguf

writes beside this script:
    toy_seed_7.json       what the package reads in the toy file
    from_gguf_py.bin      a GGUF file written by the package, with every value type and some quantised tensors
    from_gguf_py.json     what is in it
"""

import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFReader, GGUFValueType, GGUFWriter
from gguf.quants import dequantize, quantize

HERE = Path(__file__).parent


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def content(path):
    reader = GGUFReader(path)
    fields = {}
    for name, field in reader.fields.items():
        if not name.startswith("GGUF."):
            types = [kind.name for kind in field.types]
            value = field.contents()
            fields[name] = {"types": types, "value": value}
    tensors = []
    for tensor in reader.tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype("<f4")
        tensors.append({
            "name": tensor.name,
            "kind": tensor.tensor_type.name,
            "dims": [int(n) for n in tensor.shape],
            "elements": int(tensor.n_elements),
            "bytes": int(tensor.n_bytes),
            "file_offset": int(tensor.data_offset),
            "sha256_of_bytes": sha(tensor.data),
            "sha256_of_f32": sha(values),
            "first": [float(v) for v in values.ravel()[:4]],
        })
    return {"package": "gguf " + importlib.metadata.version("gguf"), "fields": fields, "tensors": tensors}


def save(name, content):
    (HERE / name).write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n")


def samples():
    """Blocks that are easy to get wrong: zeros, a tie of extremes, one large value, tiny and ragged ones."""
    rng = np.random.default_rng(20240229)
    rows = [
        np.zeros(32), np.tile([1.5, -1.5], 16), np.r_[1000.0, np.full(31, 0.01)], rng.normal(0, 1e-6, 32),
        np.linspace(-8, 8, 32), np.linspace(-1, 0.9, 32), *rng.normal(0, 1, (30, 32)), *rng.normal(0, 50, (28, 32)),
    ]
    return np.stack(rows).reshape(16, 128).astype(np.float32)


def write_own(path):
    writer = GGUFWriter(path, "sample")
    writer.add_name("Grüße, 世界")
    for kind, value in [("uint8", 200), ("int8", -100), ("uint16", 60000), ("int16", -30000), ("uint32", 4000000000),
                        ("int32", -2000000000), ("uint64", 2**63 + 5), ("int64", -(2**62)), ("float32", 0.1),
                        ("float64", 0.1), ("bool", True)]:
        getattr(writer, "add_" + kind)("sample." + kind, value)
    for kind, values in [("UINT8", [1, 255]), ("INT8", [-1, 127]), ("UINT16", [65535]), ("INT16", [-5, 5]),
                         ("UINT32", [1, 2, 3]), ("INT32", [-1, 0, 1]), ("UINT64", [2**40]), ("INT64", [-(2**40)]),
                         ("FLOAT32", [0.5, -0.25]), ("FLOAT64", [1e300]), ("BOOL", [True, False, True]),
                         ("STRING", ["a", "", "ü€", "last"])]:
        writer.add_key_value("sample.array." + kind, values, GGUFValueType.ARRAY, GGUFValueType[kind])
    values = samples()
    writer.add_tensor("ragged", np.arange(15, dtype=np.float32).reshape(3, 5))
    writer.add_tensor("values", values)
    for kind in (Kind.F16, Kind.BF16, Kind.Q8_0, Kind.Q4_0, Kind.Q5_1):
        writer.add_tensor("values." + kind.name, quantize(values, kind), raw_dtype=kind)
    writer.add_tensor("cube", np.ones((2, 3, 4, 5), dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    save("toy_seed_7.json", content(sys.argv[1]))
    own = HERE / "from_gguf_py.bin"
    write_own(own)
    save("from_gguf_py.json", content(own))


main()
