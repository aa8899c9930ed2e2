"""Runs both in turns: compare.py STEP MODEL BATCH LENGTH RANK STEPS ROUNDS KINDS. See ../train-step.sh."""

import json
import pathlib
import statistics
import subprocess
import sys

STEP, MODEL = sys.argv[1:3]
BATCH, LENGTH, RANK, STEPS, ROUNDS = map(int, sys.argv[3:8])
KINDS = sys.argv[8].split(",")
SETTINGS = [str(n) for n in (BATCH, LENGTH, RANK, STEPS + 1)]


def lines(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours():
    found = lines([STEP, MODEL, *SETTINGS, "json"])
    return found[0], found[1:]


def theirs(shape, kind):
    script = pathlib.Path(__file__).with_name("peft_step.py")
    return lines([sys.executable, script, json.dumps(shape), *SETTINGS, kind])


def rates(steps):
    """Tokens read per second; the first step warms up."""
    return [step["tokens"] / step["seconds"] for step in steps if "seconds" in step][1:]


def peak(steps):
    return next(step["peak_mib"] for step in steps if "peak_mib" in step)


def main():
    found = {"whet": [], **{f"torch {kind}": [] for kind in KINDS}}
    peaks = {name: 0 for name in found}
    for _ in range(ROUNDS):
        shape, steps = ours()
        runs = {"whet": steps, **{f"torch {kind}": theirs(shape, kind) for kind in KINDS}}
        for name, steps in runs.items():
            found[name].append(statistics.median(rates(steps)))
            peaks[name] = max(peaks[name], peak(steps))
    print(f"{shape['family']}, {shape['layers']} layers of {shape['width']}; {BATCH} x {LENGTH} tokens, rank {RANK}")
    print(f"medians of {STEPS} steps in {ROUNDS} rounds, in turns\n")
    print(f"{'':12}{'tok/s':>10}{'each round':>28}{'peak':>12}{'whet is':>12}")
    for name, each in found.items():
        ratios = [own / other for own, other in zip(found["whet"], each)]
        rounds = " ".join(f"{rate:.1f}" for rate in each)
        times = f"{statistics.median(ratios):.2f} x"
        print(f"{name:12}{statistics.median(each):>10.1f}{rounds:>28}{peaks[name]:>8} MiB{times:>12}")


main()
