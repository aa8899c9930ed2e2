"""Holds the candidate's program and answers calls of it.

This process is the candidate's: it may do with it whatever it likes, and everything that it sends is a
claim. It never sees a test, an expected value or a nonce.
"""

import ast
import builtins
import operator
import os
import sys

import whet_wire as wire

PROGRAM = "candidate.py"
OPERATIONS = {"iter": iter, "next": next, "len": len, "item": operator.getitem, "get": getattr, "set": setattr}


class Far:
    """A function of the tests that was given as an argument: calling it asks the checker."""

    def __init__(self, solver, number):
        self.solver = solver
        self.number = number

    def __call__(self, *args, **named):
        return self.solver.call_back(self.number, args, named)


class Solver:
    """The candidate's module and the values that could not leave it."""

    def __init__(self):
        self.module = type(sys)("candidate")
        self.support = {}
        self.values = []
        self.numbers = {}
        self.given = {}
        self.sequence = 0

    def run(self):
        """Executes the program, says how that went, and answers until the line closes."""
        try:
            sys.modules["candidate"] = self.module
            self.support = support()
            code, entry = program()
            exec(code, self.module.__dict__)
            if entry not in self.module.__dict__:
                raise NameError(f"the answer defines no `{entry}`")
        except BaseException as error:
            kind = "malformed" if isinstance(error, SyntaxError) and error.filename in (PROGRAM, None) else "raised"
            self.tell((0, kind) + told(error))
            return
        self.tell((0, "ready"))
        while True:
            self.serve(wire.receive())

    def serve(self, data):
        """Answers one request."""
        self.sequence += 1
        try:
            _, operation, target, args, named = wire.decode(data, self.foreign())
            before = self.encoded((args, named))
            value = self.perform(operation, target, args, named)
        except BaseException as error:
            self.tell((self.sequence, "raised") + told(error))
            return
        try:
            changed = None if self.encoded((args, named)) == before else (args, named)
            self.tell((self.sequence, "value", value, changed))
        except wire.TooLarge as error:
            self.tell((self.sequence, "too_large", str(error)))

    def perform(self, operation, target, args, named):
        if operation == "call":
            return target(*args, **named)
        return OPERATIONS[operation](target, *args)

    def call_back(self, number, args, named):
        self.tell((self.sequence, "callback", number, args, named))
        kind, value = wire.decode(wire.receive(), self.foreign())
        if kind == "value":
            return value
        raise getattr(builtins, value[0], RuntimeError)(value[1])

    def foreign(self):
        return {
            b"h": lambda number: self.values[int(number)],
            b"n": self.named,
            b"g": self.builtin,
            b"k": lambda number: Far(self, int(number)),
        }

    def named(self, name):
        if name in self.support:
            return self.support[name]
        if name not in self.module.__dict__:
            raise NameError(f"name '{name}' is not defined")
        return self.module.__dict__[name]

    def builtin(self, name):
        value = getattr(builtins, name)
        self.given[id(value)] = name
        return value

    def encoded(self, value):
        return wire.encode(value, self.handle)[0]

    def handle(self, value):
        """What is not plain stays here, under a number."""
        if type(value) is Far:
            return b"k", value.number
        if id(value) in self.given:
            return b"g", self.given[id(value)]
        number = self.numbers.get(id(value))
        if number is None:
            number = self.numbers[id(value)] = len(self.values)
            self.values.append(value)
        return b"h", number

    def tell(self, message):
        data, n_rebuilt = wire.encode(message + (0,), self.handle)
        if n_rebuilt:
            data, _ = wire.encode(message + (n_rebuilt,), self.handle)
        wire.send(data)


def support():
    """What the problem itself puts into this box, by name."""
    space = {"__name__": "support"}
    if os.path.exists("support.py"):
        with open("support.py", encoding="utf-8") as file:
            exec(compile(file.read(), "support.py", "exec"), space)
    return {name: value for name, value in space.items() if not name.startswith("_")}


def told(error):
    """An exception as names of its classes, a message and a line: plain texts."""
    names = tuple(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")
    try:
        message = str(error)[:2000]
    except BaseException:
        message = ""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM:
            line = trace.tb_lineno
        trace = trace.tb_next
    return names, f"{type(error).__name__}: {message}"[:2000], message, line


def program():
    """The candidate's program as code, without what a model writes around a function, and its name."""
    with open(PROGRAM, encoding="utf-8", errors="surrogateescape") as file:
        source = file.read()
    with open("entry.txt", encoding="utf-8") as file:
        entry = file.read()
    return compiled(source, entry), entry


def compiled(source, entry):
    """What is executed of a text."""
    return compile(tidied(longest(source), entry), PROGRAM, "exec")


def longest(source):
    """The syntax tree of the text, or of as many lines from its beginning as can be read."""
    first = None
    lines = source.split("\n")
    end = len(lines)
    while end > 0:
        try:
            tree = ast.parse("\n".join(lines[:end]), PROGRAM)
            if first is None or any(isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Assign)) for node in tree.body):
                return tree
            break
        except (SyntaxError, ValueError) as error:
            first = first or error
            end = min(end - 1, (getattr(error, "lineno", None) or end) - 1)
    if isinstance(first, SyntaxError):
        raise first
    raise SyntaxError(str(first))


def tidied(tree, entry):
    """Imports, classes, and what the entry point and the classes need; no example calls."""
    chosen = {}
    for node in tree.body:
        for name in defined(node):
            known = chosen.get(name)
            if known is None or (not returns(known) and returns(node)):
                chosen[name] = node
    wanted = [entry] + [name for name, node in chosen.items() if isinstance(node, ast.ClassDef)]
    kept = set()
    while wanted:
        node = chosen.get(wanted.pop())
        if node is not None and id(node) not in kept:
            kept.add(id(node))
            wanted.extend(part.id for part in ast.walk(node) if isinstance(part, ast.Name))
    tree.body = [node for node in tree.body if id(node) in kept or isinstance(node, (ast.Import, ast.ImportFrom))]
    return tree


def defined(node):
    """The names that a statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def returns(node):
    """Whether it is more than a function's bare beginning."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return True
    return any(isinstance(part, (ast.Return, ast.Yield, ast.YieldFrom)) for part in ast.walk(node))


def silence(*descriptors):
    """What a program prints or waits for is no part of its answer."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor)


def main():
    """The whole life of a solver."""
    silence(0, 1)
    try:
        Solver().run()
    except (wire.Closed, wire.TooLarge, wire.Malformed):
        pass
    finally:
        os._exit(0)
