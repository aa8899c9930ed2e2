"""What a warm interpreter does before its first fork, so that each fork need not do it again.

An interpreter rewrites code that it executes for the types that it meets, and remembers what it has looked up.
In a fork every such note costs a page of memory of its own. So a small problem of ours is solved and checked a
few times in the process that forks, with solver and checker in one place and a list for the line. Nothing of a
candidate takes part, nothing is printed, and nothing stays but the notes.
"""

import json
import os
import random

import whet_checker as checker
import whet_solver as solver
import whet_wire as wire

TIMES = 12
STUB = '''from typing import List


def near(numbers: List[float], threshold: float) -> bool:
    """ Whether two of these numbers are nearer to each other than the threshold. """
'''
ANSWER = STUB + '''    numbers = sorted(numbers)
    for at, one in enumerate(numbers[1:]):
        if abs(one - numbers[at]) < threshold:
            return True
    return False
'''
WRONG = STUB + "    return len(numbers) > threshold\n"
ASSERTS = '''assert near([1.0, 2.0, 3.9, 4.0], 0.3) == True
assert near([1, 2, 3], 0.5) == False, "three"
assert near([], 1) == False
assert not near([5], 2)
assert near([n / 2 for n in range(5)], 0.7)
'''
CHECK = "def check(near):\n" + "".join(f"    {line}\n" for line in ASSERTS.splitlines())
TASK = {"entry_point": "near", "stub": STUB, "setup": "", "support": ""}
TASKS = [TASK | {"kind": "check", "tests": CHECK}, TASK | {"kind": "asserts", "tests": ASSERTS}]


class Here:
    """A line at whose other end the solver answers while the checker waits."""

    def __init__(self, far):
        self.far = far
        self.frames = []
        self.greeted = False

    def receive(self):
        if self.greeted:
            self.far.serve(self.frames.pop())
        self.greeted = True
        return self.frames.pop()


def once(task, answer):
    """One check from beginning to end; the report."""
    far = solver.Solver()
    line = Here(far)
    wire.send, wire.receive = line.frames.append, line.receive
    exec(solver.compiled(answer, task["entry_point"]), far.module.__dict__)
    far.tell((0, "ready"))
    return checker.report("nonce", json.loads(json.dumps(task)), checker.split)


def carry():
    """One frame over a real line."""
    back, forth = os.pipe()
    for wire.DESCRIPTOR, act in [(forth, lambda: wire.send(b"frame")), (back, wire.receive)]:
        act()
    os.close(back)
    os.close(forth)


def rehearse():
    """Does all of it often enough."""
    ways = wire.send, wire.receive
    for time in range(TIMES):
        once(TASKS[time % 2], WRONG if time % 4 == 3 else ANSWER)
    wire.send, wire.receive = ways
    line = wire.DESCRIPTOR
    for _ in range(TIMES):
        carry()
    wire.DESCRIPTOR = line
    random.seed()
