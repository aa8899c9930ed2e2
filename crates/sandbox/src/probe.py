# The attackers of the doctor. Each tries what its name says and prints "denied WHAT: WHY" for every try
# that failed and "reached WHAT" for every one that did not; "done" shows that it came to its end.
import os
import signal
import socket
import sys

told = dict(line.split("=", 1) for line in sys.stdin.read().splitlines())


def attempt(what, deed):
    try:
        got = deed()
    except BaseException as error:
        print("denied %s: %s" % (what, type(error).__name__), flush=True)
    else:
        print("reached %s: %r" % (what, got), flush=True)


def need(holds):
    if not holds:
        raise ValueError
    return holds


def call(name, *words):
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    got = getattr(libc, name)(*words)
    if got == -1:
        raise OSError(ctypes.get_errno(), name)
    return got


def write(path):
    with open(path, "a") as file:
        return file.write("x")


def connect(family, kind, address):
    with socket.socket(family, kind) as one:
        one.settimeout(1)
        one.connect(address)
        one.send(b"x")


def find(path):
    # The folder may be there and empty: a parent of the interpreter's own.
    folder, name = os.path.split(path)
    return os.listdir(folder)[os.listdir(folder).index(name)]


def packages():
    for library in (sys.prefix + "/lib", "/usr/lib", "/usr/lib64", "/usr/local/lib"):
        for python in os.listdir(library) if os.path.isdir(library) else ():
            for kind in ("site-packages", "dist-packages"):
                folder = os.path.join(library, python, kind)
                if python.startswith("python") and os.path.isdir(folder):
                    yield folder


def read_bait():
    for path in told["files"].split(":"):
        attempt("read", lambda: open(path).read())
        attempt("list", lambda: find(path))
    if told["tier"] != "T2":
        for folder in packages():
            attempt("packages", lambda: need(os.listdir(folder)))
    attempt("shadow", lambda: open("/etc/shadow").read())
    attempt("proc", lambda: os.listdir("/proc"))
    attempt("sys", lambda: os.listdir("/sys"))


def write_outside():
    for path in told["files"].split(":") + ["/x", "/usr/x", "/etc/x", "/dev/x", "/usr/bin/env"]:
        attempt("write", lambda: write(path))
    for path in told["files"].split(":") + ["/usr/bin/env"]:
        attempt("chmod", lambda: os.chmod(path, 0o777))
        attempt("times", lambda: os.utime(path, (1, 1)))
        attempt("cut short", lambda: os.truncate(path, 0))
        attempt("remove", lambda: os.remove(path))
    for name in ("uid_map", "oom_score_adj", "mem"):
        attempt(name, lambda: open("/proc/self/" + name, "r+b"))


def call_network():
    attempt("tcp", lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", int(told["tcp"]))))
    attempt("udp", lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", int(told["udp"]))))
    attempt("tcp6", lambda: connect(socket.AF_INET6, socket.SOCK_STREAM, ("::1", int(told["tcp"]))))
    attempt("raw", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
    attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))


def call_local():
    attempt("path", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, told["socket"]))
    attempt("abstract", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + told["abstract"]))


def reach_processes():
    victim = int(told["victim"])
    attempt("signal", lambda: os.kill(victim, 0))
    attempt("trace", lambda: call("ptrace", 16, victim, 0, 0))
    attempt("trace init", lambda: call("ptrace", 16, 1, 0, 0))
    for pid in (1, victim):
        attempt("limit", lambda: call("prlimit", pid, 7, None, None))
    attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, victim, 19))
    attempt("processors", lambda: os.sched_setaffinity(victim, os.sched_getaffinity(0)))
    # Signals to the init and to everyone in the box: both must leave the host alone, and the attacker too.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    blows = [(pid, number) for pid in (1, os.getppid() or 1) for number in (signal.SIGKILL, signal.SIGSTOP)]
    # Without walls, everyone would be the user's whole session, and no answer tells whether it was reached.
    if told["tier"] != "T2":
        blows.append((-1, signal.SIGTERM))
    for pid, number in blows:
        try:
            os.kill(pid, number)
        except OSError:
            pass


def descriptors():
    for number in range(3, 1024):
        try:
            os.fstat(number)
        except OSError:
            continue
        print("reached descriptor %d" % number, flush=True)
    attempt("peer", lambda: os.write(3, b"x"))


def rare_calls():
    import platform

    buffer = bytes(256)
    numbers = {  # x86-64, arm64, arguments that succeed where nothing forbids it
        "io_uring": (425, 425, (4, bytes(256))),
        "userfaultfd": (323, 282, (1,)),
        "keyctl": (250, 219, (0, -3, 1)),
        "add_key": (248, 217, (b"user", b"x", b"y", 1, -2)),
        "shmget": (29, 194, (0, 4096, 0o600)),
        "memfd_create": (319, 279, (b"x", 0)),
        "pidfd_open": (434, 434, (os.getpid(), 0)),
        "personality": (135, 92, (0x0400000,)),
        "bpf": (321, 280, (0, buffer, 72)),
        "perf_event_open": (298, 241, (buffer, 0, -1, -1, 0)),
        "handle": (303, 264, (-100, b"/", buffer, buffer, 0)),
        "trace me": (101, 117, (0, 0, 0, 0)),
        "clone3": (435, 435, (buffer, 88)),
    }
    column = 0 if platform.machine() == "x86_64" else 1
    for name, (*number, words) in numbers.items():
        attempt(name, lambda: call("syscall", number[column], *words))


def foreign_entry():
    import ctypes
    import mmap

    code = mmap.mmap(-1, 4096, prot=7)
    code.write(b"\xb8\x14\0\0\0\xcd\x80\xc3")
    enter = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    print("reached", enter(), flush=True)


def privileges():
    import ctypes
    import platform

    libc = ctypes.CDLL(None, use_errno=True)
    head, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc.capget(head, sets)
    attempt("capability", lambda: need(any(sets)))
    attempt("user 0", lambda: need(0 in os.getresuid() + os.getresgid()))
    attempt("become root", lambda: os.setresuid(0, 0, 0))
    attempt("new privileges", lambda: need(libc.prctl(39, 0, 0, 0, 0) != 1))
    # By the old call: the filter denies the new one on this limit, even to read it.
    core, getrlimit = (ctypes.c_uint64 * 2)(), 97 if platform.machine() == "x86_64" else 163
    call("syscall", getrlimit, 4, core)
    attempt("core files", lambda: need(list(core) != [1, 1]))
    for number in range(41):
        attempt("ambient", lambda: need(libc.prctl(47, 2, number, 0, 0) == 0))
        if told["tier"] != "T2":
            attempt("bound", lambda: need(libc.prctl(23, number, 0, 0, 0) == 1))


def landlock_domains():
    import ctypes

    stacked = 0
    try:
        for _ in range(16):
            ruleset = call("syscall", 444, ctypes.byref(ctypes.c_uint64(1)), 8, 0)
            call("syscall", 446, ruleset, 0)
            stacked += 1
    except OSError:
        pass
    attempt("sixteen", lambda: need(stacked == 16))


def raise_limits():
    import resource

    for name in "AS CPU FSIZE NOFILE STACK NPROC MEMLOCK".split():
        if name == "NPROC" and told["tier"] == "T2":
            continue
        which = getattr(resource, "RLIMIT_" + name)
        _, hard = resource.getrlimit(which)
        attempt("no limit on " + name, lambda: need(hard == resource.RLIM_INFINITY))
        attempt("raise " + name, lambda: resource.setrlimit(which, (hard + 1, hard + 1)))


def plant():
    folders = [".", "/tmp", "/var/tmp", "/dev/shm", "/dev", "/usr/lib", os.path.expanduser("~")]
    names = [os.path.join(folder, told["abstract"]) for folder in folders]
    if told["round"] == "2":
        attempt("a file beside this one", lambda: need(len(os.listdir(".")) != 1))
        for name in names:
            attempt("find", lambda: open(name).read())
        return
    for name in names:
        try:
            with open(name, "w") as file:
                file.write("x")
        except OSError:
            pass


def collector():
    bait = told["files"].split(":")[0]
    os.symlink(bait, "link")
    os.mkfifo("pipe")
    os.mkdir("folder")
    with open("one", "w") as file:
        file.write("x")
    os.link("one", "double")
    print("left")


def nest():
    for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000):
        attempt("unshare", lambda: call("unshare", flag))
    attempt("root", lambda: os.setuid(0))
    attempt("chroot", lambda: os.chroot("/box"))


def mount():
    attempt("tmpfs", lambda: call("mount", b"none", b"/box", b"tmpfs", 0, None))
    attempt("remount", lambda: call("mount", None, b"/usr", None, 32 | 4096, None))
    attempt("umount", lambda: call("umount2", b"/usr", 2))
    attempt("device", lambda: os.mknod("/box/disk", 0o60666, os.makedev(8, 0)))


def environment():
    known = {"PATH", "HOME", "TMPDIR", "LANG", "TZ", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"}
    known |= {"OMP_NUM_THREADS", "GOMAXPROCS", "LC_CTYPE", "OPENSSL_CONF"}
    more = sorted(set(os.environ) - known)
    attempt("variables", lambda: more[0])


def forks():
    made = 1
    while True:
        try:
            if os.fork() == 0:
                signal.pause()
        except OSError:
            print(made)
            return
        made += 1


def memory():
    kept = []
    while True:
        kept.append(bytearray(b"x") * (1 << 22))


def memory_of_many():
    for _ in range(6):
        if os.fork() == 0:
            kept = bytearray(b"x") * (30 << 20)
            signal.pause()
    signal.pause()


def files():
    made = 0
    try:
        while True:
            open("file%d" % made, "x").close()
            made += 1
    except OSError:
        print(made)


def one_file():
    written = 0
    try:
        with open("large", "wb", 0) as file:
            while True:
                written += file.write(b"x" * (1 << 20))
    except OSError:
        print(written)


def burn():
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


def sleep():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        signal.sigtimedwait([signal.SIGUSR1], 1000)


def disk():
    written = 0
    try:
        for number in range(1000):
            with open("fill%d" % number, "wb") as file:
                for _ in range(15):
                    written += file.write(b"x" * (1 << 20))
                    file.flush()
    except OSError:
        pass
    print(sum(os.stat(name).st_size for name in os.listdir(".") if name.startswith("fill")))


def flood():
    while True:
        sys.stdout.write("x" * 65536)


def daemon():
    import ctypes

    mark = "left%d" % (int.from_bytes(os.urandom(4), "little"))
    if os.fork() == 0:
        try:
            os.setsid()
        except OSError:
            pass
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(15, mark.encode(), 0, 0, 0)
            for number in range(1, 32):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
    print("left", mark)


OUTWARD = {
    "read the bait": read_bait,
    "write outside": write_outside,
    "call the network": call_network,
    "call local sockets": call_local,
    "reach other processes": reach_processes,
    "nest namespaces": nest,
    "mount": mount,
    "read the environment": environment,
    "plant for the next run": plant,
    "inherit descriptors": descriptors,
    "rare kernel calls": rare_calls,
    "gain privileges": privileges,
    "count Landlock's domains": landlock_domains,
    "raise the limits": raise_limits,
}
INWARD = {
    "fork without end": forks,
    "touch twice the memory": memory,
    "fill the disk": disk,
    "write without end": flood,
    "leave a daemon": daemon,
    "touch memory by many": memory_of_many,
    "make many files": files,
    "write one large file": one_file,
    "burn the processor": burn,
    "sleep past the deadline": sleep,
    "foreign entry": foreign_entry,
    "trick the collector": collector,
}

if ATTACK in OUTWARD:
    OUTWARD[ATTACK]()
    print("done", flush=True)
else:
    INWARD[ATTACK]()
