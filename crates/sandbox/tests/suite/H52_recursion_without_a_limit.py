#: attacks: the interpreter's stack, with its own limit lifted
#: profile: run
#: endings: signal 11, memory, cpu, exit 1
#: limits: cpu_ms=2000
sys.setrecursionlimit(10**8)


class Deep:
    def __repr__(self):
        return repr(self)


repr(Deep())
