#!/usr/bin/env python3
"""Writes N samples of HumanEval: published solutions, each changed in one place.

    mutants.py HumanEval.jsonl[.gz] N [SEED] > samples.jsonl

Right, wrong, raising and endless programs in a known mixture, for asking whether the same samples get
the same verdicts twice. Deterministic for one seed and one version of Python.
"""

import ast
import copy
import gzip
import json
import random
import sys

COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mod, ast.Mod: ast.FloorDiv}


def changes(tree):
    """Every single change of the tree, as functions that apply it to a copy by the node's place."""
    found = []
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
            found.append((place, other_comparison))
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            found.append((place, other_arithmetic))
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            found.append((place, one_more))
        elif isinstance(node, ast.While):
            found.append((place, for_ever))
        elif isinstance(node, ast.If):
            found.append((place, the_other_way))
        elif isinstance(node, ast.Return) and node.value is not None:
            found.append((place, nothing))
    return found


def other_comparison(node):
    node.ops[0] = COMPARE[type(node.ops[0])]()


def other_arithmetic(node):
    node.op = ARITHMETIC[type(node.op)]()


def one_more(node):
    node.value += 1


def for_ever(node):
    node.test = ast.Constant(True)


def the_other_way(node):
    node.test = ast.UnaryOp(ast.Not(), node.test)


def nothing(node):
    node.value = ast.Constant(None)


def changed(tree, place, change):
    tree = copy.deepcopy(tree)
    for at, node in enumerate(ast.walk(tree)):
        if at == place:
            change(node)
    return ast.unparse(ast.fix_missing_locations(tree))


def main():
    path, wanted = sys.argv[1], int(sys.argv[2])
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 42)
    text = (gzip.open if path.endswith(".gz") else open)(path, "rt").read()
    problems = [json.loads(line) for line in text.splitlines()]
    # An equal share of each problem, so that no run of samples is of one kind.
    for number in range(wanted):
        problem = problems[number % len(problems)]
        tree = ast.parse(problem["prompt"] + problem["canonical_solution"])
        # One in eight stays as it was published.
        options = changes(tree)
        if options and chance.randrange(8):
            code = changed(tree, *chance.choice(options))
        else:
            code = ast.unparse(tree)
        print(json.dumps({"task_id": problem["task_id"], "solution": code}))


main()
