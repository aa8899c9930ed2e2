"""Surprise per token and a greedy continuation of SmolLM2-135M, without llama.cpp.

Reads the GGUF with the official Python package `gguf`, dequantises every tensor with it and runs the
Llama architecture in numpy, all in f32: RMS norm, rotary positions over neighbouring pairs (GGUF
files of this architecture hold the query and key rows in that order), grouped-query attention, SwiGLU,
output matrix tied to the embedding. The text is cut into tokens by byte pairs here as well, from the
vocabulary and merges in the file; the split before them follows the tokenizer's rule for ASCII
(digits one by one, then GPT-2's pattern).

Usage: python smollm2_reference.py MODEL.gguf > smollm2_reference.json
Made with the versions that the JSON names.
"""

import hashlib
import json
import re
import sys

import gguf
import numpy as np

TEXT = (
    "def fibonacci(n):\n"
    '    """Return the n-th number."""\n'
    "    if n < 2:\n"
    "        return n\n"
    "    return fibonacci(n - 1) + fibonacci(n - 2)\n"
)
PROMPT = "The days of the week are Monday, Tuesday,"
N_NEW = 10


class File:
    def __init__(self, path):
        self.reader = gguf.GGUFReader(path)
        self.tensors = {t.name: t for t in self.reader.tensors}

    def key(self, name):
        return self.reader.get_field(name).contents()

    def weights(self, name):
        tensor = self.tensors[name]
        return gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)


def byte_letters():
    """GPT-2's way to write every byte as a visible character."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters, extra = {b: chr(b) for b in plain}, 256
    for byte in range(256):
        if byte not in letters:
            letters[byte], extra = chr(extra), extra + 1
    return letters


def tokenize(file, text):
    vocabulary = {t: i for i, t in enumerate(file.key("tokenizer.ggml.tokens"))}
    ranks = {tuple(m.split(" ")): i for i, m in enumerate(file.key("tokenizer.ggml.merges"))}
    letters, ids = byte_letters(), []
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+"
    for part in re.split(r"([0-9])", text):
        for word in re.findall(pattern, part):
            pieces = [letters[b] for b in word.encode()]
            while len(pieces) > 1:
                pairs = list(zip(pieces, pieces[1:]))
                best = min(pairs, key=lambda pair: ranks.get(pair, 1 << 60))
                if best not in ranks:
                    break
                at = pairs.index(best)
                pieces[at : at + 2] = ["".join(best)]
            ids += [vocabulary[piece] for piece in pieces]
    return ids


def norm(x, weight, eps):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * weight


def rotate(x, base):
    """x has the shape (tokens, heads, head); pairs are (0, 1), (2, 3) …"""
    n, _, head = x.shape
    angles = np.arange(n)[:, None] * base ** (-np.arange(0, head, 2) / head)[None, :]
    cos, sin = (f(angles).astype(np.float32)[:, None, :] for f in (np.cos, np.sin))
    even, odd = x[..., 0::2], x[..., 1::2]
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)


class Llama:
    def __init__(self, file):
        get = lambda name: file.key("llama." + name)
        self.layers, self.heads = get("block_count"), get("attention.head_count")
        self.kv_heads, self.eps = get("attention.head_count_kv"), get("attention.layer_norm_rms_epsilon")
        self.base = get("rope.freq_base")
        self.w = {name: file.weights(name) for name in file.tensors}

    def attention(self, x, i):
        n, width = x.shape
        head = width // self.heads
        project = lambda name, heads: (x @ self.w[f"blk.{i}.attn_{name}.weight"].T).reshape(n, heads, head)
        q = rotate(project("q", self.heads), self.base)
        group = self.heads // self.kv_heads
        k = np.repeat(rotate(project("k", self.kv_heads), self.base), group, axis=1)
        v = np.repeat(project("v", self.kv_heads), group, axis=1)
        scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(np.float32(head))
        scores = np.where(np.tril(np.ones((n, n), bool)), scores, -np.inf)
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        p /= p.sum(axis=-1, keepdims=True)
        mixed = np.einsum("hij,jhd->ihd", p, v).reshape(n, width)
        return mixed @ self.w[f"blk.{i}.attn_output.weight"].T

    def feed_forward(self, x, i):
        gate = x @ self.w[f"blk.{i}.ffn_gate.weight"].T
        up = x @ self.w[f"blk.{i}.ffn_up.weight"].T
        return (gate / (1 + np.exp(-gate)) * up) @ self.w[f"blk.{i}.ffn_down.weight"].T

    def logits(self, ids):
        x = self.w["token_embd.weight"][ids]
        for i in range(self.layers):
            x = x + self.attention(norm(x, self.w[f"blk.{i}.attn_norm.weight"], self.eps), i)
            x = x + self.feed_forward(norm(x, self.w[f"blk.{i}.ffn_norm.weight"], self.eps), i)
        output = self.w.get("output.weight", self.w["token_embd.weight"])
        return norm(x, self.w["output_norm.weight"], self.eps) @ output.T


def surprises(model, ids):
    """Of each token but the first, in nats."""
    rows = model.logits(ids)[:-1].astype(np.float64)
    top = rows.max(axis=-1)
    total = np.log(np.exp(rows - top[:, None]).sum(axis=-1)) + top
    return [float(t - r[i]) for t, r, i in zip(total, rows, ids[1:])]


def greedy(model, ids, n_new):
    """Tokens, and how far each was ahead of the second best, in logits."""
    new, leads = [], []
    for _ in range(n_new):
        row = model.logits(ids + new)[-1]
        second, first = np.argsort(row)[-2:]
        new.append(int(first))
        leads.append(float(row[first] - row[second]))
    return new, leads


def main():
    path = sys.argv[1]
    file = File(path)
    model = Llama(file)
    ids, prompt = tokenize(file, TEXT), tokenize(file, PROMPT)
    new, leads = greedy(model, prompt, N_NEW)
    letters = {letter: byte for byte, letter in byte_letters().items()}
    names = file.key("tokenizer.ggml.tokens")
    written = bytes(letters[c] for i in new for c in names[i]).decode()
    json.dump(
        {
            "made_by": f"smollm2_reference.py, gguf {gguf_version()}, numpy {np.__version__}, "
            f"Python {sys.version.split()[0]}",
            "model_sha256": hashlib.sha256(open(path, "rb").read()).hexdigest(),
            "text": TEXT,
            "token_ids": ids,
            "nats": [round(n, 6) for n in surprises(model, ids)],
            "prompt": PROMPT,
            "prompt_ids": prompt,
            "greedy_ids": new,
            "greedy_text": written,
            "greedy_leads": [round(lead, 4) for lead in leads],
        },
        sys.stdout,
        indent=1,
    )
    print()


def gguf_version():
    from importlib.metadata import version

    return version("gguf")


if __name__ == "__main__":
    main()
