"""A checker that stays: the tests of one problem after another, in one process.

It is asked over descriptor 3, on which packets are kept apart: a question is a nonce and a problem, and with it
comes the line to a solver. What it says goes back the same way, the last packet marked as such. The line, the
link and every value that came over it are new for each question; what the tests themselves could leave behind
is ruled out by `whet_tame`. Whoever asks for another problem gets an empty answer and has it checked by a process
of its own. When anything that is looked at here is not as it was, this process ends.
"""

import builtins
import gc
import json
import os
import random
import sys

import _socket
import whet_checker
import whet_link
import whet_tame
import whet_wire

MOST_BYTES = 1 << 17
MORE, LAST = b"+", b"."
# Of a class that is no part of the interpreter itself (`Py_TPFLAGS_HEAPTYPE`).
HEAP_TYPE = 1 << 9


class Resident:
    """The line to whoever asks, and what must stay as it is."""

    def __init__(self, line, null):
        self.line = line
        self.null = null
        self.allowed = whet_tame.attributes()
        modules = [builtins, whet_checker, whet_link, whet_tame, whet_wire]
        modules += [sys.modules[name] for name in whet_tame.MODULES]
        # The same things behind the same names; equal ones count as the same.
        self.watched = [sys.modules, *map(vars, modules), *map(vars, classes(modules))]
        self.before = self.state()

    def state(self):
        return sys.getrecursionlimit(), gc.isenabled(), [dict(names) for names in self.watched]

    def is_as_before(self):
        limit, enabled, names = self.before
        return (limit, enabled, names) == (sys.getrecursionlimit(), gc.isenabled(), self.watched)

    def serve(self):
        """Answers until nobody asks any more."""
        while True:
            data = self.question()
            answer = self.answer(data)
            os.dup2(self.null, whet_wire.DESCRIPTOR)
            self.say(LAST, answer)
            # What a test left goes now, while nothing is at the other end of the line.
            gc.collect()
            whet_wire.forget()
            if not self.is_as_before():
                os._exit(1)

    def question(self):
        """The next question, whose line to a solver is laid where a checker expects it."""
        data, ancillary, _, _ = self.line.recvmsg(MOST_BYTES, _socket.CMSG_SPACE(4))
        if not data:
            os._exit(0)
        descriptor = int.from_bytes(ancillary[0][2][:4], sys.byteorder)
        os.dup2(descriptor, whet_wire.DESCRIPTOR)
        os.close(descriptor)
        return data

    def answer(self, data):
        nonce, _, text = data.decode().partition("\n")
        task = json.loads(text)
        if not whet_tame.of_task(task, self.allowed):
            return b""
        random.seed(0)
        return whet_checker.report(nonce, task, whet_checker.split, lambda part: self.say(MORE, part))

    def say(self, mark, part):
        os.write(self.line.fileno(), mark + part)


def classes(modules):
    """Classes that can be given other methods: those that are written in Python."""
    named = {id(kind): kind for names in map(vars, modules) for kind in names.values() if isinstance(kind, type)}
    return [kind for kind in named.values() if kind.__flags__ & HEAP_TYPE]


def main():
    """The whole life of a checker that stays."""
    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, os.dup(whet_wire.DESCRIPTOR))
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, whet_wire.DESCRIPTOR):
        os.dup2(null, descriptor)
    for name in whet_tame.MODULES:
        __import__(name)
    resident = Resident(line, null)
    gc.collect()
    gc.freeze()
    resident.serve()
