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


def call(name, *words):
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*words) == -1:
        raise OSError(ctypes.get_errno(), name)
    return name


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


def read_bait():
    for path in told["files"].split(":"):
        attempt("read", lambda: open(path).read())
        attempt("list", lambda: find(path))
    attempt("shadow", lambda: open("/etc/shadow").read())
    attempt("proc", lambda: os.listdir("/proc"))
    attempt("sys", lambda: os.listdir("/sys"))


def write_outside():
    for path in told["files"].split(":") + ["/x", "/usr/x", "/etc/x", "/dev/x", "/usr/bin/env"]:
        attempt("write", lambda: write(path))
    attempt("chmod", lambda: os.chmod("/usr/bin/env", 0o777))
    attempt("remove", lambda: os.remove("/usr/bin/env"))


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
    attempt("limit init", lambda: call("prlimit", 1, 7, None, None))
    # Signals to the box's own init and to everyone in it: both must leave the host alone.
    os.kill(1, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    attempt("everyone", lambda: os.kill(-1, signal.SIGTERM))


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
        os.setsid()
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
}
INWARD = {
    "fork without end": forks,
    "touch twice the memory": memory,
    "fill the disk": disk,
    "write without end": flood,
    "leave a daemon": daemon,
}

if ATTACK in OUTWARD:
    OUTWARD[ATTACK]()
    print("done", flush=True)
else:
    INWARD[ATTACK]()
