"""Tries what a checker reads from a solver that lies: seeds, and changes of them.

Whatever arrives, a request of the checker ends in one of four ways: with a plain value or a handle, with an
exception that the answer is held to have raised, with a stain, or with the end of the line and a word for it.

    python3 fuzz/rpc.py crates/task/src/judge/python fuzz/corpus/rpc 1000000

In the ordinary tests it runs in a box on the same seeds, for `ROUNDS` changes.
"""

import os
import random
import sys

MODULES, SEEDS, ROUNDS = (sys.argv[1:] + [".", ".", "6000"][len(sys.argv) - 1:])[:3]
sys.path.insert(0, MODULES)

import whet_link as link
import whet_solver as solver
import whet_wire as wire

PLAIN = tuple(wire.PLAIN) + (link.Handle,)
WORDS = ("protocol_error", "gone", "unsplittable", "malformed", "exception")


def seeds():
    """The bytes of every seed."""
    alone = SEEDS == "."
    names = sorted(name for name in os.listdir(SEEDS) if name.startswith("seed-") or not alone)
    found = []
    for name in names:
        with open(os.path.join(SEEDS, name), "rb") as file:
            found.append(file.read())
    return found


def changed(dice, seed, others):
    """A seed with a few changes, or none."""
    data = bytearray(seed)
    for _ in range(dice.randrange(5)):
        at = dice.randrange(len(data) + 1)
        kind = dice.randrange(5)
        if kind == 0 and data:
            data[at % len(data)] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del data[at:at + dice.randrange(1, 9)]
        elif kind == 2:
            data[at:at] = data[at:at + dice.randrange(1, 30)]
        elif kind == 3:
            data[at:at + 4] = dice.choice((0, 1, 255, 1 << 16, (1 << 32) - 1)).to_bytes(4, "big")
        else:
            other = dice.choice(others)
            data[at:] = other[dice.randrange(len(other) + 1):]
    return bytes(data)


def is_plain(value, depth=0):
    """Whether a value is of the checker's own making, to its last part."""
    if depth > 120:
        return False
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value) in PLAIN and all(is_plain(part, depth + 1) for part in value)
    if isinstance(value, dict):
        return type(value) is dict and all(is_plain(part, depth + 1) for pair in value.items() for part in pair)
    return type(value) in PLAIN or value in (twice, len)


def twice(x):
    """A function of the tests that is handed to the solver."""
    return x + x


def ask(frames, operation):
    """One request of a checker whose solver answers with these frames."""
    frames = list(frames)

    def receive():
        if not frames:
            raise wire.Closed
        return frames.pop(0)

    wire.send, wire.receive = lambda data: None, receive
    line = link.Link("f")
    target = link.Handle(line, "f")
    line.functions[7] = twice
    line.names.add("len")
    try:
        value = line.ask(operation, target, ([1, [2]], {"a": {3}}) if operation == "call" else (), {})
        assert is_plain(value), f"{type(value)} came out"
        assert line.dead is None and line.stained is None
    except link.Fatal as fatal:
        assert fatal is line.dead and fatal.word in WORDS, fatal.word
    except link.Stain:
        assert line.stained is not None
    except StopIteration:
        assert operation == "next"
    except Exception as error:
        assert id(error) in line.born, repr(error)


def hear_first(frame):
    """The greeting."""
    wire.receive = lambda: frame
    line = link.Link("f")
    try:
        line.greet()
    except link.Fatal as fatal:
        assert fatal is line.dead and fatal.word in WORDS, fatal.word


def serve(frame):
    """The other end: a request is answered, whatever it is."""
    said = []
    wire.send = said.append
    far = solver.Solver()
    far.module.f = twice
    try:
        far.serve(frame)
    except (wire.Closed, wire.TooLarge, wire.Malformed):
        return
    assert len(said) == 1, said


def main():
    """Every seed as it is, then changes of seeds."""
    dice = random.Random(1)
    known = seeds()
    cases = [(seed, known[0]) for seed in known]
    cases += [(changed(dice, dice.choice(known), known), dice.choice(known)) for _ in range(int(ROUNDS))]
    for first, second in cases:
        try:
            for operation in ("call", "next", "len"):
                ask((first, second), operation)
            hear_first(first)
            serve(first)
        except BaseException:
            print("broken by", first.hex(), second.hex(), flush=True)
            raise
    print(f"{len(cases)} cases", flush=True)
    print("held", flush=True)


main()
