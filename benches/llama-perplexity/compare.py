"""Runs whet and llama-perplexity in turns on the same chunks and prints both perplexities and times.

Called by ../llama-perplexity.sh: compare.py WHET LLAMA_PERPLEXITY RUNS MODEL TEXT CHUNKS THREADS ROUNDS
"""

import json
import re
import statistics
import subprocess
import sys
import time

whet, program, runs, model, text, chunks, threads, rounds = sys.argv[1:9]
chunks, rounds = int(chunks), int(rounds)


def ours(n):
    words = [whet, "-q", "bench", "perplexity", model, "--protocol", "llama-cpp", "--text", text, "--limit-chunks", str(n),
             "--threads", threads, "--format", "json", "-o", runs]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    rows = json.loads(ended.stdout)["sections"][0]["rows"]
    return next(row["cells"][0]["value"] for row in rows if row["metric"] == "perplexity")


def theirs(n):
    words = [program, "-m", model, "-f", text, "--chunks", str(n), "-t", threads]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    return float(re.search(r"PPL = ([0-9.]+)", ended.stdout + ended.stderr).group(1))


seconds = {"whet": [], "llama-perplexity": []}
values = {}
for _ in range(rounds):
    for name, run in (("whet", ours), ("llama-perplexity", theirs)):
        times = []
        for n in (chunks, 3 * chunks):
            started = time.monotonic()
            values[name] = run(n)
            times.append(time.monotonic() - started)
        seconds[name].append((times[1] - times[0]) / (2 * chunks))
        print(f"{name:17} {values[name]:.4f} over {3 * chunks} chunks, {seconds[name][-1]:.3f} s a chunk", flush=True)
medians = {name: statistics.median(each) for name, each in seconds.items()}
print(f"time, whet / llama-perplexity: {medians['whet'] / medians['llama-perplexity']:.3f}")
if abs(values["whet"] / values["llama-perplexity"] - 1) > 1e-4:
    sys.exit("error: the two perplexities differ within four digits")
