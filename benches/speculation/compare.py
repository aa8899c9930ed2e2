"""Runs whet bench spec and llama-speculative-simple in turns on the same prompts and prints both speeds.

Called by ../speculation.sh: compare.py WHET PROGRAM RUNS TARGET DRAFT LIMIT MAX_TOKENS ROUNDS THREADS

Speeds are tokens per second behind the first one, prompts read by target and draft left out on both sides. The ratio
is one of sums over the prompts; its 95 % interval is a percentile bootstrap over prompts (fixed seed, so the same
files give the same table), from five prompts on.
"""

import json
import os
import pathlib
import random
import re
import subprocess
import sys

RESAMPLES = 10_000
THEIR_DEFAULT = 3

whet, program, runs, target, draft, limit, max_tokens, rounds, threads = sys.argv[1:10]
runs, rounds = pathlib.Path(runs), int(rounds)
bundled = pathlib.Path(__file__).parents[2] / "crates/bench/data/prompts/speculation.jsonl"
prompts = {row["id"]: row["prompt"] for row in map(json.loads, bundled.read_text().splitlines())}


def output(words, keep):
    """Standard output of a program; what it said on both streams stays in RUNS/keep."""
    ended = subprocess.run(words, capture_output=True, text=True)
    (runs / keep).write_text(ended.stdout + ended.stderr)
    if ended.returncode != 0:
        sys.exit(f"error: {words[0]} ended with {ended.returncode}; see {runs / keep}")
    return ended.stdout


def rendered(prompt):
    """What the target reads, chat template included."""
    return output([whet, "-q", "generate", target, "--chat", "-p", prompt, "--dry-run"], "rendered.txt")


def ours(turn):
    """Draft length, and by prompt and mode: (ns, tokens, text)."""
    words = [whet, "-q", "bench", "spec", target, "--draft", draft, "--skip-lora", "--modes", "draft,adaptive",
             "--limit", limit, "-m", max_tokens, "-t", threads, "--runs", str(runs / f"ours-{turn}"), "--format", "json"]
    output(words, f"ours-{turn}.txt")
    folder, = (runs / f"ours-{turn}").iterdir()
    answers = {}
    for row in map(json.loads, (folder / "answers.jsonl").read_text().splitlines()):
        ns = row["total_ns"] - row["first_ns"] - row["first_draft_ns"]
        answers[row["prompt"], row["mode"]] = (ns, len(row["tokens"]) - 1, row["text"])
    rows = map(json.loads, (folder / "measurements.jsonl").read_text().splitlines())
    length, = (int(row["values"][0]) for row in rows if row["metric"] == "draft_length")
    return length, answers


def theirs(prompt, length, keep):
    """(ns, tokens, text) of llama-speculative-simple."""
    words = [program, "-m", target, "-md", draft, "--spec-type", "draft-simple", "--spec-draft-n-max", str(length),
             "--no-escape", "-p", prompt, "-n", max_tokens, "-t", threads, "-td", threads, "-c", "4096", "--temp", "0",
             "--top-k", "1", "--color", "off", "-lv", "4"]
    output(words, keep)
    said = (runs / keep).read_text()
    tokens, seconds = re.search(r"decoded +(\d+) tokens in +([0-9.]+) seconds", said).groups()
    return float(seconds) * 1e9, int(tokens), said


def per_token(answers):
    return sum(ns for ns, _, _ in answers) / sum(tokens for _, tokens, _ in answers)


def interval(pairs):
    """Of the ratio of speeds, pairs of (theirs, ours) drawn again."""
    if len(pairs) < 5:
        return "fewer than 5 prompts"
    draw = random.Random(0)
    ratios = []
    for _ in range(RESAMPLES):
        drawn = draw.choices(pairs, k=len(pairs))
        ratios.append(per_token([a for they, _ in drawn for a in they]) / per_token([a for _, we in drawn for a in we]))
    ratios.sort()
    return f"{ratios[int(0.025 * RESAMPLES)]:.3f} .. {ratios[int(0.975 * RESAMPLES) - 1]:.3f}"


we, they, lengths = {}, {}, []
for turn in range(1, rounds + 1):
    print(f"round {turn} of {rounds}: whet", file=sys.stderr, flush=True)
    length, answers = ours(turn)
    lengths = sorted({THEIR_DEFAULT, length, *lengths})
    for key, answer in answers.items():
        we.setdefault(key, []).append(answer)
    asked = list(dict.fromkeys(prompt for prompt, _ in answers))
    for name in asked:
        text = rendered(prompts[name])
        for n in lengths:
            print(f"round {turn} of {rounds}: llama-speculative-simple, {n} guesses, {name}", file=sys.stderr, flush=True)
            they.setdefault((name, n), []).append(theirs(text, n, f"theirs-{turn}-{n}-{name}.txt"))

names = list(dict.fromkeys(prompt for prompt, _ in we))
print(f"{'':10} {'whet, tok/s':>12} {'guesses':>8} {'llama.cpp, tok/s':>17} {'ratio':>7}   95 % interval    prompts")
for mode in ("draft", "adaptive"):
    for n in lengths:
        pairs = [(they[name, n], we[name, mode]) for name in names if (name, n) in they]
        ns = [per_token([a for pair in pairs for a in pair[side]]) for side in (0, 1)]
        print(f"{mode:10} {1e9 / ns[1]:12.2f} {n:8} {1e9 / ns[0]:17.2f} {ns[0] / ns[1]:7.3f}   {interval(pairs):17}"
              f"{len(pairs):7}")
same = [we[name, "draft"][0][2].strip() in they[name, lengths[0]][0][2] for name in names]
print(f"the text of whet's draft is in llama.cpp's output: {sum(same)} of {len(same)} prompts")
