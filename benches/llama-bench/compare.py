"""Compares the speeds that whet and llama-bench measured: compare.py RUNS PROMPT_TOKENS GENERATE_TOKENS

Reads RUNS/ours-*.json (whet bench --format json) and RUNS/theirs-*.jsonl (llama-bench -o jsonl) and
prints medians over all repeats of all rounds, with the 95 % interval of their ratio (percentile
bootstrap, fixed seed, so the same files give the same table).
"""

import json
import pathlib
import random
import statistics
import sys

RESAMPLES = 10_000


def ours(text):
    """Tokens per second out of whet's report: {"pp": [...], "tg": [...]}."""
    names = {"prefill_tokens_per_s": "pp", "decode_tokens_per_s": "tg"}
    rates = {"pp": [], "tg": []}
    for section in json.loads(text)["sections"]:
        for row in section["rows"]:
            if row["metric"] in names:
                rates[names[row["metric"]]] += row["cells"][0]["raw"]
    return rates


def theirs(text):
    """The same out of llama-bench's lines, one test a line."""
    rates = {"pp": [], "tg": []}
    for line in filter(str.strip, text.splitlines()):
        test = json.loads(line)
        rates["pp" if test["n_prompt"] else "tg"] += test["samples_ts"]
    return rates


def gather(runs, pattern, read):
    rates = {"pp": [], "tg": []}
    for path in sorted(runs.glob(pattern)):
        for test, values in read(path.read_text()).items():
            rates[test] += values
    missing = [test for test, values in rates.items() if len(values) < 2]
    if missing:
        sys.exit(f"error: {runs}/{pattern} hold fewer than two values of {', '.join(missing)}")
    return rates


def ratio_interval(above, below):
    draw = random.Random(0)

    def ratio():
        return statistics.median(draw.choices(above, k=len(above))) / statistics.median(
            draw.choices(below, k=len(below))
        )

    ratios = sorted(ratio() for _ in range(RESAMPLES))
    return ratios[int(0.025 * RESAMPLES)], ratios[int(0.975 * RESAMPLES) - 1]


def main(runs, prompt_tokens, generate_tokens):
    we, they = gather(runs, "ours-*.json", ours), gather(runs, "theirs-*.jsonl", theirs)
    titles = {"pp": f"pp{prompt_tokens}", "tg": f"tg{generate_tokens} after {prompt_tokens}"}
    print(f"{'tokens per second':18} {'whet':>9} {'llama-bench':>12} {'ratio':>7}   95 % interval        n")
    for test, title in titles.items():
        low, high = ratio_interval(we[test], they[test])
        we_median, they_median = statistics.median(we[test]), statistics.median(they[test])
        counts = f"{len(we[test])} + {len(they[test])}"
        print(
            f"{title:18} {we_median:9.1f} {they_median:12.1f} {we_median / they_median:7.3f}"
            f"   {low:.3f} .. {high:.3f}   {counts:>9}"
        )


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3])
