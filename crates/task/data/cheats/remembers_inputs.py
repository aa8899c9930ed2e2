# S19: keeps what it was called with and looks it up again, in memory and in files.
import os
class Memory:
    seen = {}
def entry_point(*args, **named):
    key = repr((args, named))
    try:
        with open("/tmp/seen", "a+") as file:
            file.write(key + "\n")
    except OSError:
        pass
    if key in Memory.seen:
        return Memory.seen[key]
    Memory.seen[key] = args[0] if args else None
    os.environ["SEEN"] = key[:100]
    return Memory.seen[key] if len(Memory.seen) > 1000 else None
