"""Lays the curves of our engine and of llama.cpp alone beside each other: compare.py RUNS

Reads RUNS/ours-*.jsonl (the bench `rows` of crates/llama) and RUNS/theirs-*.jsonl (direct.cpp), a file for each round.
Prints medians in milliseconds, each curve in steps over the fewest rows, and the ratio of the two with its 95 %
interval (percentile bootstrap over rounds, fixed seed, so the same files give the same table); fewer than five rounds
give no interval.
"""

import json
import pathlib
import random
import statistics
import sys

RESAMPLES = 10_000
LEAST_ROUNDS = 5


def lines(runs, pattern):
    for path in sorted(runs.glob(pattern)):
        for line in filter(lambda line: line.startswith("{"), path.read_text().splitlines()):
            yield json.loads(line)


def gather(runs, pattern):
    """Milliseconds by shape and number of rows."""
    times = {"lanes": {}, "sequence": {}}
    for line in lines(runs, pattern):
        for shape, curve in times.items():
            curve.setdefault(line["rows"], []).extend(ns / 1e6 for ns in line[f"{shape}_ns"])
    return times


def interval(above, below):
    if min(len(above), len(below)) < LEAST_ROUNDS:
        return f"fewer than {LEAST_ROUNDS} rounds"
    draw = random.Random(0)

    def median(values):
        return statistics.median(draw.choices(values, k=len(values)))

    ratios = sorted(median(above) / median(below) for _ in range(RESAMPLES))
    return f"{ratios[int(0.025 * RESAMPLES)]:.2f} .. {ratios[int(0.975 * RESAMPLES) - 1]:.2f}"


TITLES = {"lanes": "as many sequences, a token each", "sequence": "so many tokens of one sequence"}


def main(runs):
    ours, theirs = gather(runs, "ours-*.jsonl"), gather(runs, "theirs-*.jsonl")
    for shape, title in TITLES.items():
        we, they = ours[shape], theirs[shape]
        if not we or we.keys() != they.keys():
            sys.exit(f"error: {runs} holds {sorted(we)} rows of ours and {sorted(they)} of llama.cpp alone")
        least = min(we)
        unit = f"v: steps over {least} row{'s' if least > 1 else ''}"
        print(f"{title} ({unit})")
        print("rows   whet ms       v   llama.cpp ms       v   llama.cpp / whet   95 % interval           n")
        for n in sorted(we):
            mine, other = statistics.median(we[n]), statistics.median(they[n])
            v = [mine / statistics.median(we[least]), other / statistics.median(they[least])]
            print(
                f"{n:4} {mine:9.1f} {v[0]:7.2f} {other:14.1f} {v[1]:7.2f} {other / mine:18.2f}"
                f"   {interval(they[n], we[n]):<18} {len(we[n]):5} + {len(they[n])}"
            )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
