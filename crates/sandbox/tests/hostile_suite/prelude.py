# What the Python programs of the suite share; see prelude.hpp.
import os
import sys


def attempt(what, deed):
    try:
        deed()
    except BaseException as error:
        print("denied %s: %s" % (what, type(error).__name__), flush=True)
    else:
        print("reached %s" % what, flush=True)


def call(name, *words):
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*words) == -1:
        raise OSError(ctypes.get_errno(), name)


def told():
    return dict(line.split("=", 1) for line in sys.stdin.read().splitlines())
