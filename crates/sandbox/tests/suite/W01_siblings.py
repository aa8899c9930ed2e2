#: attacks: the end of a run and the watch, by a sibling instead of a child, whose parent is outside of the box
#: profile: run
#: endings: exit 0
import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
clone = 56 if platform.machine() == "x86_64" else 220
for flags in (0x8000, 0x8000 | 17, 0x8000 | 0x100, 0x8000 | 0x10000):
    made = libc.syscall(clone, flags, 0, 0, 0, 0)
    if made == 0:
        import time

        time.sleep(1000)
    print("denied" if made < 0 else "reached a sibling", flush=True)
