"""Which texts a checker that stays may run: tried on texts that leave something behind, and on ordinary ones."""

import random

import whet_tame as tame

ALLOWED = tame.attributes()

# Each of these could leave something behind, or reach something that could.
WILD = '''import os
import sys
import math.nothing
import builtins
from math import sys
from random import *
from os import path
from . import math
from typing import get_type_hints
from typing import ForwardRef
import random as __name__
math.pi = 3
candidate.total = 1
del candidate.total
random._inst = None
random.SystemRandom
math.__dict__
f.__globals__["x"] = 1
"".__class__.__base__
eval("1")
exec("x = 1")
open("x", "w")
__import__("os")
__builtins__
globals()
vars(math)["pi"] = 3
locals()
getattr(math, "__dict__")
setattr(math, "pi", 3)
delattr(math, "pi")
compile("1", "", "exec")
input()
breakpoint()
object.__subclasses__()
super
property
os.getcwd()
sys.setrecursionlimit(9)
warnings.simplefilter("error")
signal.alarm(1)
copy.copyreg
json.decoder
json.JSONEncoder
collections.abc
re.compile
re._cache
hashlib.new
string.Formatter
x = [open]
x = lambda: vars
x = {1: exec}
f"{math.__dict__}"
assert (y := eval)
class A: pass
async def f(): pass
with x: pass
def f(a=open): pass
def f(a: exec): pass
def f() -> exec: pass
@exec|def f(): pass
def __eq__(a, b): pass
def f(__a): pass
try: pass|except exec: pass
for x.y in [1]: pass
[x for x.y in [1]]
x.y += 1
x.y: int = 1
print(1, file=open("x"))
if 1:|    def f():|        return [exec for x in y]
type("A", (), {})
t = type
x = type(1)
assert (t := type(int)) is int
assert type("A", (), {}) is int
assert type(*x) is int
x = map(type, [1])
copy.copy(type("A", (), {"__reduce_ex__": lambda s, p: (lambda: type(f), (), (None, {"__bool__": lambda a: True}))})())
'''

ORDINARY = '''import math
import math, random
from math import sqrt as root
from typing import List, Tuple
from collections import Counter
METADATA = {"author": "jt", "dataset": "test"}
assert candidate([1, 2]) == [2, 1], "message"
assert abs(candidate(1.5) - 2.5) < 1e-6
assert math.isclose(candidate(3), 4, rel_tol=0.001)
assert set(candidate("abc")) == {"a"}
assert sorted(candidate([3, 1]), key=lambda x: -x) == [3, 1]
assert str(candidate(1)).startswith("x".upper())
random.seed(7)
letters = "".join(random.choice(string.ascii_letters) for _ in range(9))
x[0] = y[1:2]
x = copy.deepcopy([1])
print(f"{x!r:>9}", end="")
assert type(candidate(1)) is int
assert type(candidate(1)) == type(2) and int is type(candidate(3))
raise ValueError("x")
names = Stack().append(1)
def f(a, *b, c=1, **d): return lambda e: (yield)
try: candidate(1)|except (ValueError, KeyError) as error: assert error.args
for i in range(10):|    while True:|        break
'''


def task(**texts):
    plain = {"kind": "asserts", "support": "", "stub": "", "setup": "", "tests": ""}
    return plain | texts


def pieces(text):
    """Each line is a text; `|` ends a line of it."""
    return [line.replace("|", "\n") for line in text.splitlines()]


def is_tame(piece, place):
    return tame.of_task(task(**{place: piece}), ALLOWED)


def wild_texts_are_not():
    for piece in pieces(WILD):
        compile(piece, "wild", "exec")
        for place in ("stub", "setup", "tests"):
            assert not is_tame(piece, place), piece
        hidden = "x = 1\ndef check(candidate):\n" + "".join(f"    {line}\n" for line in piece.split("\n"))
        if "*" not in piece:
            assert not is_tame(hidden, "tests"), hidden


def ordinary_texts_are():
    for piece in pieces(ORDINARY):
        for place in ("stub", "setup", "tests"):
            assert is_tame(piece, place), piece


def what_is_executed_is_looked_at():
    # A stub may be a function without a body: then it is tried with one.
    assert is_tame("def f(x):\n", "stub") and is_tame("def f(x: int):\n    # nothing", "stub")
    assert not is_tame("import os\ndef f(x):\n", "stub")
    # What Python does not read, it does not run.
    assert is_tame("import os x", "tests")
    assert not tame.of_task(task(support="x = 1"), ALLOWED)
    assert not tame.of_task(task(kind="inputs"), ALLOWED)


def no_word_leads_further():
    for name, words in tame.MODULES.items():
        module = __import__(name)
        for word in words | ALLOWED:
            found = getattr(module, word, None)
            assert not isinstance(found, (type(random), dict, list, set)), (name, word)


for law in (wild_texts_are_not, ordinary_texts_are, what_is_executed_is_looked_at, no_word_leads_further):
    law()
    print(law.__name__)
