# S04: leaves without any clean-up while it is called.
import os
def entry_point(*args, **named):
    os._exit(0)
    return None
