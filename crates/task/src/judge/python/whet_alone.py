"""Tests and candidate in one process, as in the published harnesses.

It can be deceived: the candidate can reach the tests, the nonce and everything else. It is there for what
cannot be split, and to measure what the splitting changes.
"""

import json
import os
import random
import sys

import whet_checker as checker
import whet_solver as solver


class Here:
    """The candidate itself, counted instead of reached."""

    def __init__(self):
        self.n_calls = 0
        self.n_rebuilt = 0
        self.stained = None
        self.dead = None
        self.born = {}
        self.last = ""

    def greet(self):
        pass


def counted(link, function):
    """The function, with its calls counted; a class stays itself."""
    if isinstance(function, type):
        link.n_calls += 1
        return function

    def call(*args, **named):
        link.n_calls += 1
        link.last = f"call({checker.shown(args, named)})"
        return function(*args, **named)

    return call


def together(task, ready):
    """The checker whose candidate lives in its own process, and is to blame for what that process uses."""
    link = Here()
    ready(checker.n_tests(task))
    module = solver.Solver().module
    sys.modules["candidate"] = module
    try:
        support = solver.support()
        code, entry = solver.program()
        exec(code, module.__dict__)
        candidate = module.__dict__[entry]
    except SyntaxError as error:
        raise checker.Fatal("malformed", f"{type(error).__name__}: {error}") from None
    except BaseException as error:
        raise checker.Fatal("exception", f"{type(error).__name__}: {error}") from None
    module.__dict__.update(support)
    candidate = module.__dict__[entry] = counted(link, candidate)
    # The tests see what the problem and the answer define. The answer sees what it has imported itself,
    # as it does when it is apart.
    space = checker.prelude(task)
    space.update((name, value) for name, value in module.__dict__.items() if not name.startswith("__"))
    judge = checker.Checker(task, link, space, candidate, ready)
    judge.between(compile(task["setup"], "<setup>", "exec"))
    return judge


def main():
    """The whole life of both."""
    nonce = sys.stdin.readline().strip()
    out = os.dup(1)
    solver.silence(0, 1)
    random.seed(0)
    with open("task.json", encoding="utf-8") as file:
        task = json.load(file)
    os.write(out, checker.report(nonce, task, together, lambda line: os.write(out, line)))
    os._exit(0)
