#: attacks: whatever called the script, by its frames, by the collector's lists and by what it still holds
#: profile: run
#: endings: exit 0
#: limits: cpu_ms=1500
import ctypes
import gc

gc.unfreeze()
libc = ctypes.CDLL(None, use_errno=True)
frame = sys._getframe()
seen = []
while frame:
    seen.append(frame.f_globals)
    frame = frame.f_back
seen += [thing for thing in gc.get_objects() if isinstance(thing, dict) and ("order" in thing or "serve" in thing)]
for names in seen:
    for name in ("serve", "receive"):
        if name in names and names is not globals():
            attempt("serve", lambda: names[name]())
    order = names.get("order")
    if hasattr(order, "descriptors"):
        for descriptor in order.descriptors:
            attempt("descriptor", lambda: os.fstat(descriptor) if descriptor > 2 else 1 // 0)
            for kind in (0, 0x20000, 0x20000000, 0x8000000):
                attempt("namespace", lambda: 1 // (libc.setns(descriptor, kind) == 0))
        for call in order.before + order.after:
            attempt("again", lambda: 1 // (call[1] in (165, 308) and libc.syscall(call[1], 0, 0, 0, 0, 0, 0) == 0))
for number in range(3, 64):
    attempt("descriptor", lambda: os.fstat(number))
