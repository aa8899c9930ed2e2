#: attacks: the powers that a warm interpreter needs and its forks must not have
#: profile: run
#: endings: exit 0
#: t2-endings: exit 1
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
head = (ctypes.c_uint32 * 2)(0x20080522, 0)
sets = (ctypes.c_uint32 * 6)()
assert libc.capget(head, sets) == 0
assert list(sets) == [0] * 6, list(sets)
assert libc.prctl(39, 0, 0, 0, 0) == 1, "no new privileges"
assert libc.prctl(21, 0, 0, 0, 0) == 2, "a filter"
for number in range(41):
    assert libc.prctl(47, 1, number, 0, 0) == 0, "no ambient power"
    assert libc.prctl(23, number, 0, 0, 0) == 0, "no bound"
for kind in (0x20000, 0x10000000, 0x20000000, 0x40000000):
    attempt("unshare", lambda: call("unshare", kind))
attempt("mount", lambda: call("mount", b"none", b"/box", b"tmpfs", 0, None))
attempt("chroot", lambda: os.chroot("/box"))
assert os.getpid() == 2 and os.getsid(0) == 2, (os.getpid(), os.getsid(0))
import resource

for which in (resource.RLIMIT_NPROC, resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
    soft, hard = resource.getrlimit(which)
    assert hard != resource.RLIM_INFINITY, which
    attempt("raise", lambda: resource.setrlimit(which, (hard + 1, hard + 1)))
