"""Writes golden.json: expected numbers for the crate `measure` from independent implementations.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1 (the versions of the last run stand in the
file as well). Run it in an environment with `pip install numpy==2.4.6 scipy==1.17.1`:

    python scipy_golden.py            # writes golden.json beside this script

What is independent here: SciPy and NumPy for everything they have; exact integers and fractions
for pass@k, the ranks of the median's interval, the sign-flip test and the sample sizes of
percentiles; a ChaCha8 written from RFC 8439's description (with 8 rounds and a 64-bit counter) for
the bootstrap, so that the promise "same seed, same interval" is held against something other than
the library in use.
"""

import itertools
import json
import math
import platform
from fractions import Fraction
from pathlib import Path

import numpy as np
import scipy
from scipy import optimize, stats

RESAMPLES = 10_000
rng = np.random.default_rng(20240607)


def rows(n, spread):
    """n skewed positive values with a finite decimal form."""
    return [round(float(v), 6) for v in rng.lognormal(3.0, spread, n)]


SAMPLES = [rows(n, s) for n, s in [(2, 0.3), (3, 0.5), (5, 0.1), (6, 0.4), (7, 0.4), (10, 0.2),
                                   (11, 1.0), (25, 0.3), (59, 0.3), (164, 0.5), (1000, 0.7)]]
SAMPLES.append([1.0, 1.0, 1.0, 2.0, 2.0, 5.0, 5.0, 5.0])
SAMPLES.append([-3.5, -1.25, 0.0, 0.0, 4.75, 1e6])


def wilson():
    out = []
    for n in [1, 2, 5, 20, 164, 378, 10_000]:
        for k in sorted({0, 1, n // 3, n // 2, n - 1, n}):
            for level in [0.5, 0.8, 0.95, 0.99]:
                ci = stats.binomtest(k, n).proportion_ci(confidence_level=level, method="wilson")
                out.append({"k": k, "n": n, "level": level, "lo": float(ci.low), "hi": float(ci.high)})
    return out


def mcnemar():
    pairs = [(0, 0), (1, 0), (0, 5), (5, 6), (6, 0), (3, 12), (10, 10), (7, 25), (40, 61), (100, 300)]
    return [{"b": b, "c": c, "p": float(stats.binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0}
            for b, c in pairs]


def paired_difference():
    """The score interval with a correction of one flip, from the likelihood itself and not from Tango's quadratic:
    the share of losses is where its slope changes sign, the end is where the statistic meets the normal quantile."""
    def losses(b, c, n, d):
        def slope(q):
            same = max(1 - 2 * q - d, 1e-300)
            return (b / (q + d) if b else 0) + (c / q if c else 0) - 2 * (n - b - c) / same
        low, high = max(0.0, -d), (1 - d) / 2
        inside = [low + (high - low) * share for share in (1e-13, 1 - 1e-13)]
        if slope(inside[0]) <= 0:
            return low
        return high if slope(inside[1]) >= 0 else optimize.brentq(slope, *inside, xtol=1e-16, rtol=1e-14)

    def upper(b, c, n):
        def statistic(d):
            variance = max((2 * losses(b, c, n, d) + d - d * d) / n, 1e-12)
            return (b - c + 1 - n * d) / n / math.sqrt(variance) + stats.norm.ppf(0.975)
        low, high = (b - c) / n, 1 - 1e-7
        return 1.0 if low == 1 or statistic(high) >= 0 else optimize.brentq(statistic, low, high, xtol=1e-14)

    out = []
    for n, gained, lost in [(164, 9, 4), (164, 0, 6), (20, 10, 3), (378, 30, 30), (4, 1, 0), (16, 4, 0), (164, 0, 4),
                            (8, 8, 0), (8, 0, 0), (24, 3, 1), (1, 1, 0)]:
        out.append({"n": n, "gained": gained, "lost": lost, "value": (gained - lost) / n,
                    "lo": -upper(lost, gained, n), "hi": upper(gained, lost, n)})
    return out


def t_intervals():
    out = []
    for values in SAMPLES:
        for level in [0.8, 0.95, 0.99]:
            lo, hi = stats.t.interval(level, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
            out.append({"values": values, "level": level, "lo": float(lo), "hi": float(hi)})
    return out


def median_ranks(n, level):
    """Ranks by exact integers: the largest j with 2 P(Bin(n, 1/2) < j) <= 1 - level."""
    alpha = 1 - Fraction(level).limit_denominator(1000)
    below, rank = 0, 0
    for j in range(1, n // 2 + 1):
        below += math.comb(n, j - 1)
        if Fraction(2 * below, 2**n) <= alpha:
            rank = j
    return rank


def summaries():
    out = []
    for values in SAMPLES:
        v = np.array(values)
        rank = median_ranks(len(values), 0.95)
        ordered = sorted(values)
        out.append({
            "values": values, "mean": float(v.mean()), "sd": float(v.std(ddof=1)),
            "quantiles": [[p, float(np.quantile(v, p, method="linear"))]
                          for p in [0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1]],
            "mad": float(stats.median_abs_deviation(v)),
            "interval": [ordered[rank - 1], ordered[-rank]] if rank else None,
        })
    return out


def pass_at_k():
    """Exact fractions; up to n = 8 also by looking at every choice of k samples."""
    out = []
    for n in range(1, 9):
        for c in range(n + 1):
            for k in range(1, n + 1):
                exact = 1 - Fraction(math.comb(n - c, k), math.comb(n, k))
                choices = list(itertools.combinations([True] * c + [False] * (n - c), k))
                assert exact == Fraction(sum(any(choice) for choice in choices), len(choices))
                out.append({"n": n, "c": c, "k": k, "value": float(exact)})
    for n, c, k in [(20, 3, 10), (200, 1, 100), (200, 37, 1), (200, 37, 10), (1000, 1, 1),
                    (1000, 999, 1), (100_000, 1, 2), (10_000, 5000, 30)]:
        exact = 1 - Fraction(math.comb(n - c, k), math.comb(n, k))
        out.append({"n": n, "c": c, "k": k, "value": float(exact)})
    return out


def sign_flip():
    out = []
    samples = [[0.5], [1, 2, 3], [-1, 2, -3, 4], [0, 0, 0.25, 0.5, -0.25], [0.1, 0.2, 0.3, -0.3],
               [0.1] * 14, [round(float(v), 3) for v in rng.normal(0.3, 1, 12)]]
    for values in samples:
        exact = [Fraction(str(v)) for v in values]
        observed = abs(sum(exact))
        patterns = list(itertools.product([1, -1], repeat=len(exact)))
        hits = sum(abs(sum(s * v for s, v in zip(p, exact))) >= observed for p in patterns)
        out.append({"values": [float(v) for v in values], "p": hits / len(patterns)})
    return out


def effects():
    out = []
    for n in [1, 164, 378, 542]:
        for share in [0.05, 0.1, 0.2, 1.0]:
            for power, alpha in [(0.8, 0.05), (0.9, 0.01)]:
                reach = stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power)
                out.append({"n": n, "share": share, "power": power, "alpha": alpha,
                            "effect": float(reach * np.sqrt(share / n))})
    return out


def percentile_samples():
    """Smallest n with max(p, 1 - p)^n <= 1 - level, by exact fractions."""
    out = []
    for p in ["0.1", "0.5", "0.9", "0.95", "0.99"]:
        for level in ["0.95", "0.99"]:
            q, rest, n = max(Fraction(p), 1 - Fraction(p)), 1 - Fraction(level), 1
            while q**n > rest:
                n += 1
            out.append({"p": float(p), "level": float(level), "n": n})
    return out


def chacha8_words(seed, count):
    """64-bit words of ChaCha8 with the seed in the first eight key bytes, counter and nonce 0."""
    blocks = -(-count // 8)
    key = np.zeros(8, dtype=np.uint32)
    key[0], key[1] = seed & 0xFFFFFFFF, seed >> 32
    state = np.zeros((16, blocks), dtype=np.uint32)
    state[:4] = np.frombuffer(b"expand 32-byte k", dtype="<u4")[:, None]
    state[4:12] = key[:, None]
    state[12] = np.arange(blocks, dtype=np.uint32)
    x = state.copy()

    def quarter(a, b, c, d):
        for add, to, by, turn in [(b, a, d, 16), (d, c, b, 12), (b, a, d, 8), (d, c, b, 7)]:
            x[to] += x[add]
            mixed = x[by] ^ x[to]
            x[by] = (mixed << np.uint32(turn)) | (mixed >> np.uint32(32 - turn))

    for _ in range(4):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    words = (x + state).T.reshape(-1).astype(np.uint64)
    return ((words[1::2] << np.uint64(32)) | words[0::2])[:count]


def draws(seed, n):
    """RESAMPLES rows of n indices: the high half of word times n."""
    words = chacha8_words(seed, RESAMPLES * n)
    return np.array([(int(w) * n) >> 64 for w in words]).reshape(RESAMPLES, n)


def expanded_tail(n, level):
    """Hesterberg's expanded percentiles: where Student's t would cut, on the scale of a bootstrap."""
    return float(stats.norm.cdf(-math.sqrt(n / (n - 1)) * stats.t.ppf(0.5 + level / 2, n - 1)))


def bootstrap():
    out = []
    for seed, level, n in [(0, 0.95, 5), (7, 0.95, 9), (2**63 + 12345, 0.9, 20)]:
        num = sorted(round(float(v), 4) for v in rng.uniform(0, 1, n))
        den = [round(float(v), 4) for v in rng.uniform(1, 3, n)]
        index = draws(seed, n)
        tails = [expanded_tail(n, level), 1 - expanded_tail(n, level)]
        means = np.quantile(np.array(num)[index].mean(axis=1), tails)
        ratios = np.quantile(np.array(num)[index].sum(axis=1) / np.array(den)[index].sum(axis=1), tails)
        out.append({"seed": str(seed), "level": level, "num": num, "den": den,
                    "mean": list(map(float, means)), "ratio": list(map(float, ratios))})
    return out


def runs():
    """One number per run on two sides: Welch's t on logarithms, by SciPy."""
    out = []
    for n_a, n_b, spread, step in [(3, 3, 0.02, 0.0), (3, 5, 0.05, -0.2), (4, 3, 0.3, 0.1), (10, 12, 0.01, 0.03)]:
        a = [round(float(v), 6) for v in rng.lognormal(4.0 + step, spread, n_a)]
        b = [round(float(v), 6) for v in rng.lognormal(4.0, 3 * spread, n_b)]
        for level in [0.8, 0.95, 0.99]:
            of_a, of_b = np.log(a), np.log(b)
            ci = stats.ttest_ind(of_a, of_b, equal_var=False).confidence_interval(level)
            alone = stats.t.interval(level, n_a - 1, loc=np.mean(of_a), scale=stats.sem(of_a))
            out.append({"a": a, "b": b, "level": level, "ratio": float(stats.gmean(a) / stats.gmean(b)),
                        "lo": math.exp(ci.low), "hi": math.exp(ci.high), "mean": float(stats.gmean(a)),
                        "mean_lo": math.exp(alone[0]), "mean_hi": math.exp(alone[1])})
    return out


golden = {
    "made_with": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
    "wilson": wilson(), "mcnemar": mcnemar(), "paired_difference": paired_difference(),
    "t_intervals": t_intervals(), "summaries": summaries(), "pass_at_k": pass_at_k(),
    "sign_flip": sign_flip(), "effects": effects(), "percentile_samples": percentile_samples(),
    "bootstrap": bootstrap(), "runs": runs(),
}
lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items())
Path(__file__).with_name("golden.json").write_text("{\n" + lines + "\n}\n")
