# S12: patches writing, reading and encoding in its own process.
import json
import os
import sys
real_write = os.write
def entry_point(*args, **named):
    wire = sys.modules.get("whet_wire")
    if wire is not None:
        wire.encode = lambda value, foreign: (b"T", 0)
        wire.Writer.put = lambda self, value, depth=0: self.out.extend(b"T")
    json.load = json.loads = lambda *args, **named: {}
    os.write = lambda descriptor, data: real_write(descriptor, bytes(data).replace(b"F", b"T").replace(b"N", b"T"))
    return True
