"""Runs the tests of a function that lives in another box.

The tests are trusted, what comes over the line (`whet_link`) is not. The candidate is replaced by a
handle. What is said to the judge are lines that begin with this run's nonce, which only this process was
given: that the tests begin and how many they are, before a byte of the candidate is read, and at last the
report. Exit codes mean nothing.
"""

import ast
import builtins
import copy
import json
import math
import os
import random
import sys

from whet_link import Fatal, Handle, Link, short, shown

TEST = "<test>"


class Checker:
    """Tests, one after the other, and what is known of them."""

    def __init__(self, task, link, space, candidate, ready):
        self.task = task
        self.ready = ready
        self.link = link
        self.space = space
        self.candidate = candidate
        self.code = None
        self.n_right = 0
        self.n_broken = 0
        self.failure = None
        self.groups = {}

    def trial(self, run):
        """One test; whether it is passed."""
        self.link.stained = None
        self.link.last = ""
        try:
            run()
            failure = self.link.stained
        except BaseException as error:
            if self.link.n_calls == 0 and not self.link.dead:
                raise
            failure = self.link.stained or self.failed(error)
        if self.link.dead:
            raise self.link.dead
        if failure is None:
            self.n_right += 1
        self.failure = self.failure or failure
        return failure is None

    def failed(self, error):
        """Cause and words of a test that ended badly."""
        place = self.line_of(error)
        if id(error) in self.link.born:
            return "exception", f"{place}{self.link.last}"
        title = type(error).__name__
        words = "" if isinstance(error, AssertionError) and not error.args else f"{title}: {short(str(error))}\n"
        return "wrong_answer", f"{place}{words}{self.link.last}"

    def line_of(self, error):
        """The line of the test in which it was raised."""
        line, trace = 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == TEST:
                line = trace.tb_lineno
            trace = trace.tb_next
        lines = self.task["tests"].split("\n") if line else []
        return lines[line - 1].strip()[:400] + "\n" if 0 < line <= len(lines) else ""

    def go(self):
        getattr(self, self.task["kind"])()

    def run_text(self, code):
        exec(code, self.space)

    def check(self):
        """`check(candidate)` of HumanEval."""
        # Where it calls the candidate by itself, a wrong answer fails here, and that is a test that failed.
        self.between(self.code or compile(self.task["tests"], TEST, "exec"))
        self.trial(lambda: self.space["check"](self.candidate))

    def asserts(self):
        """Statements of MBPP; a function whose name begins with `test` is a test, too."""
        tree = ast.parse(self.task["tests"], TEST)
        for node in tree.body:
            code = compile(ast.Module([node], []), TEST, "exec")
            if isinstance(node, ast.Assert):
                self.trial(lambda: self.run_text(code))
            else:
                self.between(code)
            if is_test_function(node):
                self.trial(self.space[node.name])

    def between(self, code):
        """A statement that is no test, but that must not fail either: then it counts as one more."""
        if self.trial(lambda: self.run_text(code)):
            self.n_right -= 1
        else:
            self.n_broken += 1

    def inputs(self):
        """Arguments of EvalPlus against what the solution answers."""
        space = {"__name__": "solution"}
        exec(compile(self.task["revive"], "<revive>", "exec"), space)
        exec(compile(self.task["solution"], "<solution>", "exec"), space)
        solution, revive = space[self.task["entry_point"]], space.get("revive", lambda inputs: inputs)
        groups = {name: revive(json.loads(self.task[name])) for name in ("base", "plus")}
        # All of them before a single byte of the solver is read: what they take is not the candidate's.
        wanted = {name: [solution(*copy.deepcopy(args)) for args in calls] for name, calls in groups.items()}
        self.ready(sum(map(len, groups.values())))
        self.link.greet()
        for name, calls in groups.items():
            for args, answer in zip(calls, wanted[name]):
                if not self.trial(lambda: self.compare(args, answer)):
                    self.groups[name] = 0
                    break
            else:
                self.groups[name] = 1 if calls else self.groups.get("base", 0)

    def compare(self, args, wanted):
        answer = self.candidate(*copy.deepcopy(args))
        atol = self.task["atol"]
        if self.task["accept"]:
            names = {"args": args, "answer": answer, "wanted": wanted, "atol": atol, "math": math}
            assert eval(self.task["accept"], names), f"wanted {short(wanted)}"
            return
        if atol == 0 and floating(wanted):
            atol = 1e-6
        assert answer == wanted or (atol != 0 and close(answer, wanted, atol)), f"wanted {short(wanted)}"


def is_test_function(node):
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.args.args


def n_tests(task):
    """How many tests the text holds; those of inputs are counted when the inputs are there."""
    if task["kind"] != "asserts":
        return 1
    nodes = ast.parse(task["tests"], TEST).body
    return sum(isinstance(node, ast.Assert) or is_test_function(node) for node in nodes)


def floating(value):
    """Whether it is a float, or a list or tuple of nothing else."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(part, float) for part in value)
    return isinstance(value, float)


def close(answer, wanted, atol):
    """Of one type and shape, and each number within `atol` plus a ten-millionth of what is wanted."""
    if type(answer) is not type(wanted):
        return False
    if isinstance(wanted, (list, tuple)):
        return len(answer) == len(wanted) and all(near(*pair, atol) for pair in zip(answer, wanted))
    return near(answer, wanted, atol)


def near(answer, wanted, atol):
    if isinstance(wanted, (list, tuple)):
        same = isinstance(answer, (list, tuple)) and len(answer) == len(wanted)
        return same and all(near(*pair, atol) for pair in zip(answer, wanted))
    if not isinstance(answer, (int, float, complex)) or not isinstance(wanted, (int, float, complex)):
        return False
    return answer == wanted or abs(answer - wanted) <= atol + 1e-7 * abs(wanted)


def prelude(task):
    """What the problem itself gives: imports and helpers of its stub, data of its tests."""
    space = {"__name__": "test"}
    for text in (task["stub"], task["stub"] + "\n    pass\n"):
        try:
            code = compile(text, "<stub>", "exec")
        except SyntaxError:
            continue
        exec(code, space)
        break
    return space


def names_in(code):
    """Every name that a code or a part of it asks for."""
    found = set(code.co_names)
    for part in code.co_consts:
        if isinstance(part, type(code)):
            found |= names_in(part)
    return found


def names_of(support):
    """What the problem's own text in the solver's box defines. What it only mentions is not its own."""
    found = set()
    if not support:
        return found
    for node in ast.parse(support, "<support>").body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {part.asname or part.name for part in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        else:
            names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
            found |= {part.id for part in names if isinstance(part.ctx, ast.Store)}
    return found


def split(task, ready):
    """The checker whose candidate lives at the other end of the line."""
    link = Link(task["entry_point"])
    link.support = names_of(task["support"])
    space = prelude(task)
    setup = compile(task["setup"], "<setup>", "exec")
    tests = compile(task["tests"], TEST, "exec")
    for name in names_in(setup) | names_in(tests):
        if name in sys.stdlib_module_names and name not in space:
            space[name] = __import__(name)
        elif name not in space and not hasattr(builtins, name):
            space[name] = Handle(link, name)
    candidate = space[task["entry_point"]] = Handle(link, task["entry_point"])
    checker = Checker(task, link, space, candidate, ready)
    checker.code = tests
    if task["kind"] != "inputs":
        ready(n_tests(task))
        link.greet()
    checker.between(setup)
    return checker


class Begun:
    """How many tests there are, told to the judge the first time."""

    def __init__(self, nonce, say):
        self.nonce = nonce
        self.say = say
        self.total = None

    def __call__(self, total):
        if self.total is None:
            self.say(f"{self.nonce} begin {total}\n".encode())
        self.total = total


def report(nonce, task, begin, say=lambda line: None):
    """One line for the judge, and evidence behind it; what is known before goes to `say`."""
    ready = Begun(nonce, say)
    checker = None
    try:
        checker = begin(task, ready)
        checker.go()
        word, why = checker.failure or ("pass", "")
    except Fatal as fatal:
        word, why = fatal.word, fatal.why
    except BaseException as error:
        word, why = undone(error, checker)
    total = ready.total or 0
    counts = [0, total, 0, 0]
    groups = {}
    if checker is not None:
        link = checker.link
        counts = [checker.n_right, total + checker.n_broken, link.n_calls, link.n_rebuilt]
        groups = checker.groups
        if link.last and link.last not in why:
            why += f"\nlast call: {link.last}"
    if word == "pass" and (counts[2] == 0 or counts[1] == 0):
        word, why = "broken", "the tests call nothing"
    marks = [str(groups.get(name, "-")) for name in ("base", "plus")]
    line = " ".join([nonce, word, *map(str, counts), *marks])
    return f"{line}\n{why[:3000]}".encode("utf-8", "backslashreplace")


def undone(error, checker):
    """Who is to blame that the tests themselves came to no end."""
    if isinstance(error, MemoryError) and checker is not None and checker.link.n_calls > 0:
        return "too_large", "the tests had no memory left for the answers"
    return "broken", f"the problem's own text fails: {type(error).__name__}: {error}"


def main():
    """The whole life of a checker."""
    nonce = sys.stdin.readline().strip()
    out = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    random.seed(0)
    with open("task.json", encoding="utf-8") as file:
        task = json.load(file)
    os.write(out, report(nonce, task, split, lambda line: os.write(out, line)))
    os._exit(0)
