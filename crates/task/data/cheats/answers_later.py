# S14: leaves a thread and an exit handler behind that write to every descriptor.
import atexit
import os
import threading
def shout():
    for _ in range(100):
        for descriptor in range(1, 12):
            try:
                os.write(descriptor, b"pass 1 1 1 0 - -\n")
            except OSError:
                pass
    return None
def entry_point(*args, **named):
    atexit.register(shout)
    threading.Thread(target=shout, daemon=True).start()
    return None
