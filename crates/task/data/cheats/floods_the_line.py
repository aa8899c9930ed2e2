# S13: sends frames without end.
import os
def entry_point(*args, **named):
    while True:
        try:
            os.write(3, b"\x00\x00\x00\x01T" * 10000)
        except OSError:
            os._exit(0)
    return None
