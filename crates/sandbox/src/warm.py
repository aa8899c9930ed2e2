# The driver of a warm interpreter: it imports what is wanted, then forks once for each order.
#
# It decides nothing. An order comes from the run's init with descriptors and holds the system calls that put
# the fork under the run's layers, ready to be made; the fork makes them in order, says that all of them
# succeeded (or which did not, and ends), waits for the init's word, and becomes the script. The interpreter
# that forks never reads anything that a candidate wrote: the script is read by the fork, inside.
blank = dict(globals())

import sys

given = []
for name in sys.argv[1:]:
    try:
        given.append(__import__(name))
    except ImportError:
        pass

wanted = set(sys.modules)

import ctypes
import gc

import _signal
import _socket
import atexit
import posix

LINE = 3
FOLDER = "/box"
NEWPID = 0x20000000
FORKED, READY, REFUSED, ENDED = 1, 2, 3, 4

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.syscall.argtypes = [ctypes.c_long] * 7
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET, 0, LINE)


class Order:
    """What the init asks for, see `order.rs`."""

    def __init__(self, data, descriptors):
        self.descriptors = descriptors
        table = memoryview(data).cast("Q").tolist()
        self.number, before, after, links, script, self.step = table[:6]
        calls = [table[at : at + 9] for at in range(6, 6 + 9 * (before + after), 9)]
        self.before, self.after = calls[:before], calls[before:]
        self.memory = ctypes.create_string_buffer(data, len(data))
        at = 6 + 9 * (before + after)
        name = 8 * (at + 2 * links)
        self.script = data[name : name + script].decode()
        self.base = ctypes.addressof(self.memory) + name + (script + 7) // 8 * 8
        for link in range(at, at + 2 * links, 2):
            ctypes.c_uint64.from_address(self.base + table[link]).value = self.base + table[link + 1]

    def say(self, *rest):
        said = (self.number,) + rest + (0,) * (4 - len(rest))
        posix.write(LINE, b"".join(word.to_bytes(8, "little") for word in said))

    def argument(self, kind, value):
        if kind == 1:
            return self.base + value
        return self.descriptors[value] if kind == 2 else value

    def perform(self, calls):
        """Makes these calls; the first that is refused is the last."""
        for step, number, kinds, *values in calls:
            if kinds:
                values = [self.argument(kinds >> 2 * place & 3, value) for place, value in enumerate(values)]
            if libc.syscall(number, *values) < 0:
                self.say(REFUSED, step, ctypes.get_errno())
                posix._exit(1)


def receive():
    data, ancillary, _, _ = line.recvmsg(1 << 16, _socket.CMSG_SPACE(9 * 4))
    while len(data) == 8:  # the word for a fork that did not live to hear it
        data, ancillary, _, _ = line.recvmsg(1 << 16, _socket.CMSG_SPACE(9 * 4))
    if not data:
        posix._exit(0)
    raw = b"".join(content for _, _, content in ancillary)
    return Order(data, [int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4)])


def serve():
    """Forks for each order and tells how the fork ended. Returns in the fork, with its order."""
    while True:
        order = receive()
        try:
            if libc.setns(order.descriptors[0], NEWPID) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            child = posix.fork()
        except OSError as error:
            order.say(REFUSED, order.step, error.errno)
            child = None
        if child == 0:
            return order
        for descriptor in order.descriptors:
            posix.close(descriptor)
        if child is not None:
            order.say(FORKED, child)
            _, status, used = posix.wait4(child, 0)
            spent = int((used.ru_utime + used.ru_stime) * 1e9)
            order.say(ENDED, status, spent, used.ru_maxrss * 1024)


def become(script):
    """Makes the interpreter look as it does before its script begins; returns the script's module.

    The standard streams are those of the interpreter's own start: it was started with streams of the same
    kinds as a program has.
    """
    for name in ours:
        del sys.modules[name]
    sys.argv = [script]
    sys.orig_argv = sys.orig_argv[: len(sys.orig_argv) - arguments - 1] + [script]
    # What it remembers of this folder was another's; of the library it may keep.
    for path in [path for path in sys.path_importer_cache if path.startswith(FOLDER)]:
        kept[path] = sys.path_importer_cache.pop(path)
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
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except SystemExit as leave:
        return code_of(leave)
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
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        posix.kill(posix.getpid(), _signal.SIGINT)
    return 1


def code_of(leave):
    """The exit code that SystemExit stands for; what is no number is told."""
    code = leave.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1


def finish(code):
    """Ends the process as the interpreter ends, but for taking itself down piece by piece.

    That costs more than most programs do and shows in nothing: what it would tell anybody is done here.
    """
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    sys.last_type = sys.last_value = sys.last_traceback = None
    for name in [name for name in sys.modules if name not in wanted or name == "__main__"]:
        del sys.modules[name]
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    posix._exit(code & 0xFF)


def unfit():
    """Whether this interpreter was started in a way that a fork could not look like."""
    flags = sys.flags
    return flags.interactive or flags.inspect or flags.utf8_mode or flags.dev_mode or sys.stdout.line_buffering


arguments = len(sys.argv) - 1
# Nobody may look into this process.
if unfit() or libc.prctl(4, 0, 0, 0, 0) < 0:
    sys.exit(1)


def gaps():
    """The sizes of small objects, and how many of each would find room among those that are there."""
    told = posix.memfd_create("told")
    stderr = posix.dup(2)
    posix.dup2(told, 2)
    sys._debugmallocstats()
    posix.dup2(stderr, 2)
    posix.close(stderr)
    posix.lseek(told, 0, 0)
    rows = [line.split() for line in posix.read(told, 1 << 16).decode().split("\n")]
    posix.close(told)
    return [(int(row[1]), int(row[4])) for row in rows if len(row) == 5 and "".join(row).isdigit()]


def filled(size, count):
    """So many objects of a size. With the gaps full, a fork writes to new pages one by one instead of copying
    an old one for each gap."""
    if size < 48:
        return [float(at) if size == 32 else object() for at in range(count)]
    return [bytes(size - 33) for _ in range(count)]


posix.unsetenv("LD_BIND_NOW")
posix.environ.pop(b"LD_BIND_NOW", None)
ours = set(sys.modules) - wanted
# The first compilation makes the types of the syntax tree; and nothing that is imported may be taken down.
compile("", "", "exec")
kept = dict(sys.modules)
# Whatever the interpreter notes down about code that it executes, a fork would have to note down again, and
# every note is a page of its own.
for module in given:
    if hasattr(module, "rehearse"):
        module.rehearse()
gc.collect()
fillings = [filled(size, count) for size, count in gaps()] if hasattr(sys, "_debugmallocstats") else []
gc.freeze()
posix.write(LINE, READY.to_bytes(8, "little") * 5)
order = serve()
order.perform(order.before)
order.say(READY)
if not posix.read(LINE, 8):
    posix._exit(1)
order.perform(order.after)
script = become(order.script)
code = 0
try:
    with open(script.__file__, "rb") as source:
        program = compile(source.read(), script.__file__, "exec", dont_inherit=True)
    del source
    exec(program, script.__dict__)
except SystemExit as leave:
    code = code_of(leave)
except BaseException as error:
    code = unhandled(error)
del script
try:
    finish(code)
except BaseException:
    # Something that only the interpreter itself tells rightly, such as output that went nowhere.
    sys.exit(code)
