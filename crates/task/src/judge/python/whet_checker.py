"""Runs the tests of a function that lives in another box.

The tests are trusted, what comes over the line is not. The candidate is replaced by a proxy; values that
arrive are plain, or handles that can be called and looked into but never compared. What the solver does
wrong stains the test for good, so that no `except` of a test can forgive it. The report is one line that
begins with this run's nonce, which only this process was given; exit codes mean nothing.
"""

import ast
import builtins
import copy
import json
import math
import os
import random
import sys

import whet_wire as wire

TEST = "<test>"


class Fatal(BaseException):
    """Nothing more can be asked of the solver; the word says why."""

    def __init__(self, word, why):
        self.word = word
        self.why = why


class Stain(BaseException):
    """The test cannot be passed any more."""


class Handle:
    """A value of the solver that is no plain one: a number, or a name that only the answer defines."""

    __slots__ = ("_link", "_number")

    def __init__(self, link, number):
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args, **named):
        return self._link.ask("call", self, args, named)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._link.ask("get", self, (name,), {})

    def __setattr__(self, name, value):
        self._link.ask("set", self, (name, value), {})

    def __iter__(self):
        return self._link.ask("iter", self, (), {})

    def __next__(self):
        return self._link.ask("next", self, (), {})

    def __len__(self):
        return self._link.ask("len", self, (), {})

    def __getitem__(self, key):
        return self._link.ask("item", self, (key,), {})

    def __bool__(self):
        self._link.stain("not_plain", "the answer is no plain value")

    def __eq__(self, other):
        return self is other or self.__bool__()

    def __ne__(self, other):
        return self is not other and self.__bool__()

    __hash__ = object.__hash__


class Link:
    """The checker's end of the line."""

    def __init__(self, entry_point):
        self.entry_point = entry_point
        self.support = set()
        self.sequence = 0
        self.handles = {}
        self.functions = {}
        self.names = set()
        self.n_calls = 0
        self.n_rebuilt = 0
        self.stained = None
        self.dead = None
        self.born = {}
        self.last = ""

    def end(self, word, why):
        """Nothing more can be asked; remembered, because a test may catch everything."""
        self.dead = self.dead or Fatal(word, why)
        raise self.dead from None

    def greet(self):
        """Waits until the solver has executed its program."""
        hello = self.hear()
        if hello[1] == "ready" and len(hello) == 3:
            return
        if hello[1] not in ("malformed", "raised") or len(hello) != 7 or type(hello[3]) is not str:
            self.end("protocol_error", "the solver did not greet")
        line = hello[5]
        where = f" (line {line})" if type(line) is int and 0 < line < 1_000_000 else ""
        self.end("malformed" if hello[1] == "malformed" else "exception", f"{hello[3][:2000]}{where}")

    def hear(self):
        """The next message, which is a tuple that begins with the number of the request."""
        try:
            message = wire.decode(wire.receive(), self.foreign())
        except wire.Closed:
            self.end("gone", "the solver ended")
        except (wire.Malformed, MemoryError) as error:
            self.end("protocol_error", str(error))
        if type(message) is not tuple or len(message) < 3 or type(message[0]) is not int or message[0] != self.sequence:
            self.end("protocol_error", "a message that answers nothing")
        if type(message[1]) is not str or type(message[-1]) is not int:
            self.end("protocol_error", "a message of no known form")
        return message

    def ask(self, operation, target, args, named):
        """One request and its answer."""
        if self.dead:
            raise self.dead
        if self.stained:
            raise Stain
        self.sequence += 1
        self.n_calls += 1
        if operation == "call":
            name = target._number if type(target._number) is str else "it"
            self.last = f"{name}({shown(args, named)})"
        self.tell((self.sequence, operation, target, args, named))
        while True:
            message = self.hear()
            if message[1] != "callback" or len(message) != 6:
                value = self.accept(operation, message, (args, named))
                return self.allowed(operation, target, value)
            self.serve(*message[2:5])

    def tell(self, value):
        try:
            data, _ = wire.encode(value, self.give)
        except wire.CannotCross as error:
            self.end("unsplittable", str(error))
        except wire.TooLarge as error:
            self.end("unsplittable", f"an argument is too large: {error}")
        try:
            wire.send(data)
        except wire.Closed:
            self.end("gone", "the solver ended")

    def accept(self, operation, message, given):
        if message[1] == "value" and len(message) == 5:
            _, _, value, changed, n_rebuilt = message
            self.n_rebuilt += min(max(n_rebuilt, 0), wire.MEMBERS)
            if changed is not None:
                if type(changed) is not tuple or len(changed) != 2:
                    self.end("protocol_error", "a change that is none")
                settle(given, changed)
            if operation == "call":
                self.last += f" answered {short(value)}"
            return value
        if message[1] == "raised" and len(message) == 7:
            self.throw(operation, *message[2:6])
        if message[1] == "too_large":
            self.stain("too_large", "the answer is too large or nested too deep")
        self.end("protocol_error", "an answer of no known form")

    def allowed(self, operation, target, value):
        """Of the other names of the answer only classes are of use: what a function of the candidate's says
        must not decide a test."""
        is_named = type(target._number) is str and target._number not in self.support
        is_helper = is_named and target._number != self.entry_point
        if is_helper and (operation != "call" or type(value) is not Handle):
            self.stain("not_plain", f"the test needs `{target._number}`, which is not the function under test")
        return value

    def throw(self, operation, names, title, message, line):
        """Raises what the candidate raised, as the nearest exception that Python itself has."""
        if type(names) is not tuple or type(title) is not str or type(message) is not str:
            self.end("protocol_error", "an exception that is none")
        if operation == "next" and names[:1] == ("StopIteration",):
            raise StopIteration
        where = f" (line {line})" if type(line) is int and 0 < line < 1_000_000 else ""
        self.last += f" raised {title[:500]}{where}"
        error = exception(names, message)
        if error is None:
            self.stain("exception", f"{self.last}")
        self.born[id(error)] = error
        raise error

    def stain(self, word, why):
        self.stained = self.stained or (word, f"{why}: {self.last}" if self.last and self.last not in why else why)
        raise Stain

    def serve(self, number, args, named):
        """Calls a function of the tests for the solver."""
        function = self.functions.get(number) if type(number) is int else None
        if function is None or type(args) is not tuple or type(named) is not dict:
            self.end("protocol_error", "a call back of nothing")
        try:
            answer = ("value", function(*args, **named))
        except Exception as error:
            answer = ("raised", (type(error).__name__, str(error)))
        self.tell(answer)

    def give(self, value):
        """The form of an argument that is no plain value."""
        if type(value) is Handle:
            return b"n" if type(value._number) is str else b"h", value._number
        if callable(value) and getattr(builtins, getattr(value, "__name__", ""), None) is value:
            self.names.add(value.__name__)
            return b"g", value.__name__
        if callable(value):
            self.functions[id(value)] = value
            return b"k", id(value)
        raise wire.CannotCross(f"a value of type {type(value).__name__} cannot be sent to the solver")

    def foreign(self):
        return {b"h": self.handle, b"g": self.builtin, b"k": self.function}

    def handle(self, number):
        number = int(number)
        if number not in self.handles:
            self.handles[number] = Handle(self, number)
        return self.handles[number]

    def builtin(self, name):
        if name not in self.names:
            raise wire.Malformed("a name that was never given")
        return getattr(builtins, name)

    def function(self, number):
        if int(number) not in self.functions:
            raise wire.Malformed("a function that was never given")
        return self.functions[int(number)]


def exception(names, message):
    """An exception of the first of these classes that Python has; `None` if it must not be caught."""
    for name in names[:20]:
        kind = getattr(builtins, name, None) if type(name) is str else None
        if not isinstance(kind, type) or not issubclass(kind, BaseException):
            continue
        # Inside an iteration of the test these would end it quietly, and `all` of nothing is true.
        if issubclass(kind, (StopIteration, StopAsyncIteration)):
            return RuntimeError(message)
        if not issubclass(kind, Exception):
            return None
        try:
            return kind(message)
        except TypeError:
            continue
    return None


def settle(old, new):
    """Makes an argument what the call has made of it, in place where it can be; gives what stands there."""
    if type(old) is not type(new):
        return new
    if type(old) in (list, tuple) and len(old) == len(new):
        parts = [settle(*pair) for pair in zip(old, new)]
        if type(old) is list:
            old[:] = parts
        return old
    if type(old) is list or type(old) is bytearray:
        old[:] = new
        return old
    if type(old) is dict:
        parts = {key: settle(old[key], part) if key in old else part for key, part in new.items()}
        old.clear()
        old.update(parts)
        return old
    if type(old) is set:
        old.clear()
        old.update(new)
        return old
    return new


def short(value):
    """A value as a reader sees it, cut."""
    if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > 50:
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 4000:
        return "a huge int"
    try:
        text = repr(value[:300] if isinstance(value, (str, bytes)) else value)
    except Exception:
        return f"a {type(value).__name__}"
    return text if len(text) <= 200 else text[:200] + "..."


def shown(args, named):
    """Arguments as a reader sees them."""
    parts = [short(arg) for arg in args[:6]] + [f"{name}={short(arg)}" for name, arg in list(named.items())[:6]]
    return ", ".join(parts)


class Checker:
    """Tests, one after the other, and what is known of them."""

    def __init__(self, task, link, space, candidate):
        self.task = task
        self.link = link
        self.space = space
        self.candidate = candidate
        self.n_right = 0
        self.n_tests = 0
        self.failure = None
        self.groups = {}

    def trial(self, run):
        """One test; whether it is passed."""
        self.n_tests += 1
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
        self.run_text(compile(self.task["tests"], TEST, "exec"))
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
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test") and not node.args.args:
                self.trial(self.space[node.name])

    def between(self, code):
        """A statement that is no test, but that must not fail either."""
        if not self.trial(lambda: self.run_text(code)):
            return
        self.n_right -= 1
        self.n_tests -= 1

    def inputs(self):
        """Arguments of EvalPlus against what the solution answers."""
        space = {"__name__": "solution"}
        exec(compile(self.task["revive"], "<revive>", "exec"), space)
        exec(compile(self.task["solution"], "<solution>", "exec"), space)
        solution, revive = space[self.task["entry_point"]], space.get("revive", lambda inputs: inputs)
        groups = {name: revive(json.loads(self.task[name])) for name in ("base", "plus")}
        # All of them before a single byte of the solver is read.
        wanted = {name: [solution(*copy.deepcopy(args)) for args in calls] for name, calls in groups.items()}
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


def split(task):
    """The checker whose candidate lives at the other end of the line."""
    link = Link(task["entry_point"])
    # What the problem puts into the solver's box; its text is read here for its names only.
    link.support = names_in(compile(task["support"], "<support>", "exec"))
    space = prelude(task)
    setup = compile(task["setup"], "<setup>", "exec")
    asked = names_in(setup) | names_in(compile(task["tests"], TEST, "exec"))
    for name in asked:
        if name in sys.stdlib_module_names and name not in space:
            space[name] = __import__(name)
        elif name not in space and not hasattr(builtins, name):
            space[name] = Handle(link, name)
    candidate = space[task["entry_point"]] = Handle(link, task["entry_point"])
    checker = Checker(task, link, space, candidate)
    if task["kind"] != "inputs":
        link.greet()
    checker.between(setup)
    return checker


def report(nonce, task, begin):
    """One line for the judge, and evidence behind it."""
    checker = None
    try:
        checker = begin(task)
        checker.go()
        word, why = checker.failure or ("pass", "")
    except Fatal as fatal:
        word, why = fatal.word, fatal.why
    except BaseException as error:
        word, why = "broken", f"the problem's own text fails: {type(error).__name__}: {error}"
    counts = [0, 0, 0, 0]
    groups = {}
    if checker is not None:
        link = checker.link
        counts = [checker.n_right, checker.n_tests, link.n_calls, link.n_rebuilt]
        groups = checker.groups
        if link.last and link.last not in why:
            why += f"\nlast call: {link.last}"
    if word == "pass" and (counts[2] == 0 or counts[1] == 0):
        word, why = "broken", "the tests call nothing"
    marks = [str(groups.get(name, "-")) for name in ("base", "plus")]
    line = " ".join([nonce, word, *map(str, counts), *marks])
    return f"{line}\n{why[:3000]}".encode("utf-8", "backslashreplace")


def main():
    """The whole life of a checker."""
    nonce = sys.stdin.readline().strip()
    out = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    random.seed(0)
    with open("task.json", encoding="utf-8") as file:
        task = json.load(file)
    os.write(out, report(nonce, task, split))
    os._exit(0)
