"""Writes kl_golden.json: rows of logits with what SciPy and NumPy say of their divergence.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1 (the versions of the last run stand in the file). Run it in an
environment with `pip install numpy==2.4.6 scipy==1.17.1`:

    python kl_golden.py            # writes kl_golden.json beside this script

Independent here: scipy.special.log_softmax and rel_entr in float64 for each row, numpy.mean over all of them.
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy.special import log_softmax, rel_entr

rng = np.random.default_rng(20261126)
N_VOCAB, N_CHUNKS, N_TOKENS = 41, 5, 8
SPREADS = [0.0, 1e-4, 0.05, 1.0, 6.0]


def rounded(values):
    """float32 values with a short decimal form, so that both sides read the same numbers."""
    return np.round(values.astype(np.float64), 4).astype(np.float32)


chunks = []
for spread in SPREADS:
    reference = rounded(rng.normal(0.0, 4.0, (N_TOKENS, N_VOCAB)))
    candidate = rounded(reference + rng.normal(0.0, 1.0, reference.shape) * spread)
    tokens = rng.integers(0, N_VOCAB, N_TOKENS)
    p = log_softmax(reference.astype(np.float64), axis=1)
    q = log_softmax(candidate.astype(np.float64), axis=1)
    places = np.arange(N_TOKENS)
    chunks.append({
        "reference": reference.astype(np.float64).round(4).tolist(),
        "candidate": candidate.astype(np.float64).round(4).tolist(),
        "tokens": tokens.tolist(),
        "kl": rel_entr(np.exp(p), np.exp(q)).sum(axis=1).tolist(),
        "delta_p": (np.exp(q) - np.exp(p))[places, tokens].tolist(),
        "same_top": (p.argmax(axis=1) == q.argmax(axis=1)).tolist(),
        "reference_nats": (-p[places, tokens]).tolist(),
        "candidate_nats": (-q[places, tokens]).tolist(),
    })

every = np.concatenate([chunk["kl"] for chunk in chunks])
Path(__file__).with_name("kl_golden.json").write_text(json.dumps({
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
    "chunks": chunks,
    "mean": float(every.mean()),
}, indent=1) + "\n")
