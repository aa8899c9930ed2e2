# The driver of a warm interpreter: it imports what is wanted, then forks once for each order.
#
# It decides nothing. An order comes from the run's init with descriptors and holds the system calls that put
# the fork under the run's layers, ready to be made; the fork makes them in order, says that all of them
# succeeded (or which did not, and ends), waits for the init's word, and becomes the script. The interpreter
# that forks never reads anything that a candidate wrote: the script is read by the fork, inside.
blank = dict(globals())

import sys

for name in sys.argv[1:]:
    try:
        __import__(name)
    except ImportError:
        pass

wanted = set(sys.modules)

import atexit
import builtins
import ctypes
import gc
import io
import os
import signal

import _socket

LINE = 3
FOLDER = "/box"
NEWPID = 0x20000000
FORKED, READY, REFUSED, ENDED = 1, 2, 3, 4

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.syscall.argtypes = [ctypes.c_long] * 7
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, LINE)


def words(data, start, count):
    return [int.from_bytes(data[at : at + 8], "little") for at in range(start, start + 8 * count, 8)]


class Order:
    """What the init asks for, see `order.rs`."""

    def __init__(self, data, descriptors):
        self.descriptors = descriptors
        self.number, before, after, links, script, self.step = words(data, 0, 6)
        self.memory = ctypes.create_string_buffer(data, len(data))
        self.before = [words(data, 48 + 72 * at, 9) for at in range(before)]
        self.after = [words(data, 48 + 72 * at, 9) for at in range(before, before + after)]
        at = 48 + 72 * (before + after)
        self.links = [words(data, at + 16 * one, 2) for one in range(links)]
        at += 16 * links
        self.script = data[at : at + script].decode()
        self.base = ctypes.addressof(self.memory) + at + (script + 7) // 8 * 8
        for where, what in self.links:
            ctypes.c_uint64.from_address(self.base + where).value = self.base + what

    def say(self, *rest):
        said = (self.number,) + rest + (0,) * (4 - len(rest))
        os.write(LINE, b"".join(word.to_bytes(8, "little") for word in said))

    def argument(self, kind, value):
        if kind == 1:
            return self.base + value
        return self.descriptors[value] if kind == 2 else value

    def perform(self, calls):
        """Makes these calls; the first that is refused is the last."""
        for step, number, kinds, *values in calls:
            arguments = [self.argument(kinds >> 2 * at & 3, value) for at, value in enumerate(values)]
            if libc.syscall(number, *arguments) < 0:
                self.say(REFUSED, step, ctypes.get_errno())
                os._exit(1)


def receive():
    data, ancillary, _, _ = line.recvmsg(1 << 16, _socket.CMSG_SPACE(8 * 4))
    while len(data) == 8:  # the word for a fork that did not live to hear it
        data, ancillary, _, _ = line.recvmsg(1 << 16, _socket.CMSG_SPACE(8 * 4))
    if not data:
        os._exit(0)
    raw = b"".join(content for _, _, content in ancillary)
    return Order(data, [int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4)])


def serve():
    """Forks for each order and tells how the fork ended. Returns in the fork, with its order."""
    while True:
        order = receive()
        try:
            if libc.setns(order.descriptors[0], NEWPID) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            child = os.fork()
        except OSError as error:
            order.say(REFUSED, order.step, error.errno)
            child = None
        if child == 0:
            return order
        for descriptor in order.descriptors:
            os.close(descriptor)
        if child is not None:
            order.say(FORKED, child)
            _, status, used = os.wait4(child, 0)
            spent = int((used.ru_utime + used.ru_stime) * 1e9)
            order.say(ENDED, status, spent, used.ru_maxrss * 1024)


def stream(number, name, mode):
    """A standard stream as the interpreter makes it at its start."""
    like = getattr(sys, name)
    binary = io.open(number, mode + "b", -1, closefd=False)
    binary.raw.name = "<%s>" % name
    text = io.TextIOWrapper(
        binary, like.encoding, like.errors, "\n", number == 2 or binary.raw.isatty()
    )
    text.mode = mode
    setattr(sys, name, text)
    setattr(sys, "__%s__" % name, text)


def become(script):
    """Makes the interpreter look as it does before its script begins; returns the script's module."""
    for name in set(sys.modules) - wanted:
        del sys.modules[name]
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream(number, name, mode)
    sys.argv = [script]
    sys.orig_argv = sys.orig_argv[: len(sys.orig_argv) - arguments - 1] + [script]
    sys.path_importer_cache.clear()
    module = type(sys)("__main__")
    module.__dict__.clear()
    module.__dict__.update(blank)
    path = FOLDER + "/" + script
    module.__file__ = path
    module.__loader__ = type(blank["__loader__"])("__main__", path)
    if "__annotations__" in blank:
        module.__annotations__ = {}
    sys.modules["__main__"] = module
    return module


def unhandled(error):
    """Tells of an error that left the script, as the interpreter does; returns the exit code."""
    trace = error.__traceback__
    error.__traceback__ = trace.tb_next if trace else None
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit:
        raise
    except BaseException as other:
        other.__traceback__ = other.__traceback__.tb_next
        if other.__context__ is error:
            other.__context__ = None
        print("Error in sys.excepthook:", file=sys.stderr)
        sys.__excepthook__(type(other), other, other.__traceback__)
        print("\nOriginal exception was:", file=sys.stderr)
        sys.__excepthook__(type(error), error, error.__traceback__)
    if isinstance(error, KeyboardInterrupt):
        atexit._run_exitfuncs()
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 1


def unfit():
    """Whether this interpreter was started in a way that a fork could not look like."""
    flags = sys.flags
    return flags.interactive or flags.inspect or flags.utf8_mode or flags.dev_mode or sys.stdout.line_buffering


arguments = len(sys.argv) - 1
# Nobody may look into this process.
if unfit() or libc.prctl(4, 0, 0, 0, 0) < 0:
    sys.exit(1)
gc.collect()
gc.freeze()
os.write(LINE, READY.to_bytes(8, "little") * 5)
order = serve()
order.perform(order.before)
order.say(READY)
if not os.read(LINE, 8):
    os._exit(1)
order.perform(order.after)
module = become(order.script)
code = 0
try:
    with open(module.__file__, "rb") as source:
        program = compile(source.read(), module.__file__, "exec", dont_inherit=True)
    del source
    exec(program, module.__dict__)
except SystemExit:
    raise
except BaseException as error:
    code = unhandled(error)
if code:
    sys.exit(code)
