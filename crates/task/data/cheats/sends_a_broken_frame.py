# S13: sends bytes that are no frame.
import os
def entry_point(*args, **named):
    os.write(3, b"\xff\xff\xff\xffl\xff\xff\xff\xff" + bytes(range(256)) * 64)
    return None
